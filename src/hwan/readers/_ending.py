"""The last line of a file that ends without a line end: a row that is whole, or one that was being written.

Many writers leave out the last line end, so that its absence alone says nothing. What tells is the row:
too few cells, or a last cell that stops earlier than this column's cells do.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import polars as pl

from hwan.core import Finding, Mark, Scalar
from hwan.readers._encoding import line_count
from hwan.readers._lines import cut_line, without_trailer
from hwan.readers._table import LONGEST_LINE, Sheet, cells

FEWEST_ROWS: Final = 20
"""Rows above the last that are needed to know how a column is written."""
MAY_BE_CUT: Final = "last_row_may_be_cut"
_WINDOW_BYTES: Final = 1 << 18
_DIGITS: Final = re.compile(r"\d+")


def ended(sheet: Sheet, numbers: Sequence[str]) -> tuple[Sheet, list[Finding]]:
    """Return the sheet without what the end of the file may have cut, each with a finding.

    A row with too few cells is left out, since its last cell may be cut, too. Of a row that has all its
    cells only the last is emptied; the finding says what stood there.
    """
    body = sheet.body
    start = body.rfind(b"\n") + 1
    if not start or not body[start:].strip(b" \r\t\x00\x1a") or body.endswith((b"\r", b"\x00", b"\x1a")):
        return sheet, []
    if body[start:].count(b'"') % 2 or without_trailer(sheet, numbers)[1]:
        return sheet, []
    short = cut_line(sheet)
    if short:
        line = _last_line(sheet)
        left_out = Finding("cut_row_left_out", "note", f"line {line}", {"line": line})
        return replace(sheet, body=body[:start]), [*short, left_out]
    return _without_cut_cell(sheet, start)


def mark_of_cut(frame: pl.DataFrame, name: str, findings: Sequence[Finding]) -> tuple[Mark, ...]:
    """Return the mark on the last cell of the file, which `name` holds, where it was emptied since it may be cut."""
    if name not in frame.columns or all(finding.code != MAY_BE_CUT for finding in findings):
        return ()
    return (Mark(name, "repaired", frame.height - 1, frame.height - 1),)


def _last_line(sheet: Sheet) -> int:
    return sheet.first_line + line_count(sheet.body) - 1


def _without_cut_cell(sheet: Sheet, start: int) -> tuple[Sheet, list[Finding]]:
    mark, place = sheet.dialect.delimiter, len(sheet.headings) - 1
    rows = [cells(row, mark) for row in _window(sheet.body, start)]
    above = [row[place] for row in rows if len(row) > place]
    last = cells(_text(sheet.body[start:]), mark)
    if len(last) != len(sheet.headings) or len(above) < FEWEST_ROWS or not stops_early(last[place], above):
        return sheet, []
    line = _last_line(sheet)
    values: dict[str, Scalar] = {
        "line": line, "heading": sheet.headings[place], "got": last[place][:80], "usual": above[-1][:80],
    }  # fmt: skip
    kept = sheet.body[: sheet.body.rfind(mark.encode()) + len(mark)]
    return replace(sheet, body=kept), [Finding(MAY_BE_CUT, "warning", f"line {line}", values)]


def _window(body: bytes, end: int) -> list[str]:
    """Return whole lines that stand above the last one, as many as a bounded look back gives."""
    begin = max(0, end - _WINDOW_BYTES)
    lines = body[begin:end].split(b"\n")[1 if begin else 0 : -1]
    return [_text(line) for line in lines if line.strip()]


def _text(line: bytes) -> str:
    return line[:LONGEST_LINE].decode("utf-8", errors="replace").rstrip("\r")


def stops_early(last: str, above: Sequence[str]) -> bool:
    """Say whether a cell looks like the beginning of what its column holds.

    >>> stops_early("3.6", ["3.652", "3.648"]), stops_early("3.6", ["3.65", "3.7"])
    (True, False)
    >>> stops_early("1.25E", ["1.25E-03", "4.00E+00"]), stops_early("CC_", ["CC_CV", "Rest"])
    (True, True)
    """
    known = set(above)
    if last in known:
        return False
    if len(known) == 1:
        return above[0].startswith(last)
    if not any(letter.isdigit() for letter in last):
        return all(above) and any(cell.startswith(last) for cell in known)
    forms = {_form(cell) for cell in known}
    return len(forms) == 1 and _begins(_form(last), forms.pop())


def _form(cell: str) -> tuple[str, tuple[int, ...]]:
    """Return a cell with every run of digits as one, and how long the runs are that a writer keeps at one length.

    Those are all but the first, or the only one.
    """
    runs = tuple(len(run) for run in _DIGITS.findall(cell))
    return _DIGITS.sub("0", cell).lstrip("+-").replace("+", "-"), runs[1:] or runs


def _begins(part: tuple[str, tuple[int, ...]], whole: tuple[str, tuple[int, ...]]) -> bool:
    (shape, runs), (usual, lengths) = part, whole
    if shape.count("0") == 1 < usual.count("0"):
        return usual.startswith(shape)  # it stops in or behind the first run, of which no length is known
    begun = usual.startswith(shape) and runs[:-1] == lengths[: len(runs) - 1] and runs[-1] <= lengths[len(runs) - 1]
    return begun and part != whole
