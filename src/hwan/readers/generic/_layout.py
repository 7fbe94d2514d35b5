"""How a text table is laid out: delimiter, decimal sign, line of headings, line of units, first row.

Decided by the lines themselves: rows are a run of lines with the same number of cells, several of them
numbers; headings are the words above them. Each decision says why.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from hwan.core import Scalar
from hwan.readers._contract import Recognition
from hwan.readers._table import BLANKS, MOST_COLUMNS, cells

PROPOSED: Final = "csv:proposed"
DELIMITERS: Final = ("\t", ";", ",", "|", BLANKS)
NUMBER: Final = re.compile(r"[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][+-]?\d+)?|[+-]?(?:nan|inf)", re.IGNORECASE)
_GROUPED: Final = re.compile(r"[+-]?\d{1,3}(?:[,.' ]\d{3})+(?:[.,]\d+)?")
_TIME: Final = re.compile(
    r"(?:\d+\s*[-d ]\s*)?\d+:\d{1,2}(?::\d{1,2}(?:[.,]\d*)?)?|.*\d{1,4}[-/.]\w{1,3}[-/.]\d{2,4}.*"
)
_COMMA: Final = re.compile(r"[+-]?\d+,\d+(?:[eE][+-]?\d+)?")
_POINT: Final = re.compile(r"[+-]?\d+\.\d+(?:[eE][+-]?\d+)?")
_UNIT_CELL: Final = re.compile(r"[\[(]?[A-Za-z:µμΩ°%#'./·*^²³0-9 -]{0,14}[\])]?")
_SAMPLE_ROWS: Final = 200
_LEAST_ROWS: Final = 2
_LONGEST_SEEN: Final = 100_000
_RIVAL: Final = 0.2
_MOST_TRIED: Final = 50


@dataclass(frozen=True, slots=True)
class Layout:
    """What was decided about the lines; `header` is 0-based, -1 when no line of headings was found.

    `marked` says that a sign of a comment stands before the headings.
    """

    delimiter: str
    decimal: str
    header: int
    below: int
    headings: tuple[str, ...]
    units: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    why: tuple[Recognition, ...]
    decimal_sure: bool = True
    marked: bool = False


def layout_of(lines: Sequence[str]) -> Layout | None:
    """Return the layout of the first table in `lines`, or None when there is none."""
    lines = [line[:_LONGEST_SEEN] for line in lines]
    runs = {mark: _runs(lines, mark) for mark in DELIMITERS}
    delimiter = max(DELIMITERS, key=lambda mark: max((run.score for run in runs[mark]), default=0.0))
    run = _headed(lines, delimiter, runs[delimiter])
    if run is None or run.width > MOST_COLUMNS or (run.end - run.start < _LEAST_ROWS and run.numbers < 3):
        return None
    rows = tuple(cells(line, delimiter) for line in lines[run.start : run.end] if line.strip())[:_SAMPLE_ROWS]
    header, below, headings, units = _headings(lines, run.start, delimiter, run.width)
    decimal, reason, sure = decimal_of(rows, delimiter)
    why: tuple[Recognition, ...] = (
        _why("decided_delimiter", {"delimiter": _shown(delimiter), "cells": run.width, "rows": run.end - run.start,
                                   "numbers": run.numbers}),
        _why(reason, {"decimal": decimal}, sure=sure),
        _why("decided_headings" if header >= 0 else "decided_no_headings",
             {"line": header + 1, "first": run.start + 1, "headings": ", ".join(headings)[:200]}),
    )  # fmt: skip
    if units:
        why += (_why("decided_units_line", {"line": header + 2, "units": ", ".join(filter(None, units))[:200]}),)
    marked = header >= 0 and cells(lines[header], delimiter) != headings
    return Layout(delimiter, decimal, header, below, headings, units, rows, why, sure, marked)


def _why(reason: str, values: dict[str, Scalar], *, sure: bool = True) -> Recognition:
    return Recognition(PROPOSED, "certain" if sure else "likely", reason, values)


def _shown(delimiter: str) -> str:
    return {"\t": "tab", BLANKS: "blanks"}.get(delimiter, delimiter)


@dataclass(frozen=True, slots=True)
class _Run:
    start: int = 0
    end: int = 0
    width: int = 0
    numbers: int = 0
    score: float = 0.0


def _headed(lines: Sequence[str], delimiter: str, runs: list[_Run]) -> _Run | None:
    """Return the first run as wide as the best one that has headings; a broken line may cut a table in two."""
    best = max(runs, key=lambda run: run.score, default=None)
    if best is None:
        return None
    order = [run for run in runs if run.width == best.width and run.end <= best.end]
    order += sorted((run for run in runs if run.score >= _RIVAL * best.score), key=lambda run: -run.score)
    return next((run for run in order[:_MOST_TRIED] if _headings(lines, run.start, delimiter, run.width)[0] >= 0), best)


def _runs(lines: Sequence[str], delimiter: str) -> list[_Run]:
    """Return the runs of lines that can be rows under this delimiter."""
    found: list[_Run] = []
    start, width = 0, 0
    numbers: list[int] = []
    shares: list[float] = []
    for number, line in enumerate((*lines, "")):
        row = cells(line, delimiter) if line.strip() else ()
        count = sum(_is_number(cell) for cell in row)
        fits = len(row) >= 2 and count >= 2
        if numbers and not (fits and len(row) == width):
            found.append(_scored(start, number, width, numbers, shares))
            numbers, shares = [], []
        if fits:
            start, width = (start, width) if numbers else (number, len(row))
            numbers.append(count)
            shares.append(_clean_share(row))
    return [run for run in found if run.score > 0]


def _clean_share(row: tuple[str, ...]) -> float:
    given = [cell for cell in row if cell]
    return sum(_is_number(cell) or _plain(cell) for cell in given) / max(1, len(given))


def _scored(start: int, end: int, width: int, numbers: list[int], shares: list[float]) -> _Run:
    # Cells that are neither numbers nor words betray a delimiter that cuts in the wrong places, or too seldom.
    typical = sorted(numbers)[len(numbers) // 2]
    clean = sum(shares) / len(shares)
    return _Run(start, end, width, typical, len(numbers) ** 0.5 * typical * clean**8)


def _is_number(cell: str) -> bool:
    return bool(NUMBER.fullmatch(cell) or _GROUPED.fullmatch(cell))


def _plain(cell: str) -> bool:
    return bool(_TIME.fullmatch(cell)) or not re.search(r"[;\t|]|\d,\d", cell)


def _headings(
    lines: Sequence[str], first: int, delimiter: str, width: int
) -> tuple[int, int, tuple[str, ...], tuple[str, ...]]:
    """Return the line of the headings, the lines below it, the headings and the cells of a line of units."""
    above = [n for n in range(first - 1, max(-1, first - 6), -1) if lines[n].strip()]
    for place, number in enumerate(above):
        row = _without_mark(cells(lines[number], delimiter), width)
        if not _fits(row, width):
            continue
        upper = above[place + 1] if place + 1 < len(above) else -1
        over = cells(lines[upper], delimiter) if upper >= 0 else ()
        if _fits(over, width) and _are_units(row) and not _are_units(over):
            return upper, first - upper - 1, over, row
        return number, first - number - 1, row, ()
    return -1, 0, (), ()


def _without_mark(row: tuple[str, ...], width: int) -> tuple[str, ...]:
    """Leave out the sign of a comment that stands before the headings as a cell of its own."""
    return row[1:] if len(row) == width + 1 and row[0] in ("#", "%", "//") else row


def _fits(row: tuple[str, ...], width: int) -> bool:
    words = sum(any(letter.isalpha() for letter in cell) for cell in row)
    return len(row) >= 2 and len(row) >= width - 1 and words >= max(2, 0.5 * sum(map(bool, row)))


def _are_units(row: tuple[str, ...]) -> bool:
    from hwan.readers.generic._units import is_unit

    given = [cell for cell in row if cell]
    return (
        bool(given)
        and sum(is_unit(cell) for cell in given) >= 0.6 * len(given)
        and all(_UNIT_CELL.fullmatch(cell) for cell in given)
    )


def decimal_of(rows: Sequence[tuple[str, ...]], delimiter: str) -> tuple[str, str, bool]:
    """Return the decimal sign of the rows, the code of the reason, and whether it is beyond doubt."""
    given = [cell for row in rows for cell in row]
    points = sum(bool(_POINT.fullmatch(cell)) for cell in given)
    if delimiter == ",":
        return ".", "decided_decimal_of_comma", True
    commas = [cell for cell in given if _COMMA.fullmatch(cell)]
    if not commas:
        return ".", "decided_decimal_point", True
    if points > len(commas):
        return ".", "decided_decimal_point", True
    # 1,234 may be a group of thousands; 0,123 and 12,5 may not.
    sure = any(
        cell.lstrip("+-").startswith("0") or not re.fullmatch(r"\d{1,3},\d{3}", cell.lstrip("+-")) for cell in commas
    )
    return ",", "decided_decimal_comma" if sure else "decided_decimal_comma_assumed", sure
