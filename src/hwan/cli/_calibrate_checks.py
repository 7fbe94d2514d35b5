"""Check cells: a csv of what the rapid test said of cells whose capacity is known, day by day."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from io import StringIO
from itertools import islice
from math import isfinite
from pathlib import Path
from typing import Final

from hwan.cli._cells import letters
from hwan.cli._table import _text
from hwan.core import BadDefinition, Problem
from hwan.report import Check

COLUMNS: Final = ("date", "cell", "predicted", "reference")
MOST_CHECKS: Final = 5_000
MOST_HEALTH: Final = 1.5
MOST_PROBLEMS: Final = 8


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the file that is not empty, counted from 1."""

    number: int
    cells: dict[str, str]


def load_checks(path: Path) -> tuple[Check, ...]:
    """Return the check cells in the order of time.

    Raises
    ------
    hwan.core.BadDefinition
        Names the columns that are missing, or every cell that cannot be (the first eight of them).
    """
    lines = _lines(path, _text(path))
    problems: list[Problem] = []
    found = [each for line in lines for each in _check(line, problems)]
    if problems:
        raise BadDefinition("checks_malformed", *problems[:MOST_PROBLEMS], source=str(path))
    if not found:
        raise BadDefinition("checks_missing", source=str(path))
    return tuple(sorted(found, key=lambda each: each.at))


def _lines(path: Path, text: str) -> list[Line]:
    first = text.lstrip().partition("\n")[0]
    reader = csv.reader(StringIO(text.lstrip(), newline=""), delimiter=max(",;\t", key=first.count), strict=True)
    try:
        rows = list(islice(reader, MOST_CHECKS + 2))
    except csv.Error as error:
        raise BadDefinition("table_malformed", source=str(path), line=reader.line_num, detail=str(error)) from error
    heading = [word.strip().lower() for word in rows[0]] if rows else []
    missing = [name for name in COLUMNS if name not in heading]
    if missing:
        raise BadDefinition("checks_columns", source=str(path), missing=", ".join(missing), found=", ".join(heading))
    if len(rows) > MOST_CHECKS + 1:
        raise BadDefinition("table_too_long", source=str(path), most=MOST_CHECKS)
    told = (Line(number, dict(zip(heading, row, strict=False))) for number, row in enumerate(rows[1:], start=2))
    return [line for line in told if any(cell.strip() for cell in line.cells.values())]


def _check(line: Line, problems: list[Problem]) -> Iterator[Check]:
    """Yield the check of a line; what is wrong with it goes to `problems`."""
    before = len(problems)
    at = _date(line, problems)
    values = [_health(line, name, problems) for name in COLUMNS[2:]]
    if at is not None and len(problems) == before:
        yield Check(at, line.cells.get("cell", "").strip()[:60], *values)


def _date(line: Line, problems: list[Problem]) -> datetime | None:
    got = line.cells.get("date", "").strip()
    try:
        return datetime.fromisoformat(got).replace(tzinfo=None)
    except ValueError:
        problems.append(("no_date", {"field": _field("date", line), "got": got[:40]}))
        return None


def _health(line: Line, name: str, problems: list[Problem]) -> float:
    got = line.cells.get(name, "").strip()
    try:
        value = float(got)
    except ValueError:
        value = float("nan")
    if not isfinite(value) or not 0 < value <= MOST_HEALTH:
        problems.append(("no_fraction", {"field": _field(name, line), "got": got[:40]}))
    return value


def _field(name: str, line: Line) -> str:
    return f"{letters(list(line.cells).index(name))}{line.number} {name}" if name in line.cells else name
