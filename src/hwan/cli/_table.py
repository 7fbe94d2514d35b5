"""A table of batteries, one per row: a spreadsheet saved as text, as people keep it.

A wrong heading stops the call, for it would be wrong in every row; a wrong row stops nobody else.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import Any, Final

from hwan.cli._battery import Stated
from hwan.cli._cells import COLUMNS, CellProblem, column_named, letters
from hwan.cli._evaluate import Job
from hwan.core import BadDefinition, Problem

MOST_BYTES: Final = 10_000_000
MOST_ROWS: Final = 20_000
DELIMITERS: Final = ",;\t"
ENCODINGS: Final = ("utf-8-sig", "cp949")
"""UTF-8 with or without a byte order mark, and what Korean spreadsheets save."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row that is not empty: the line it begins on, counted from 1, and its cells."""

    line: int
    cells: tuple[str, ...]


def load_table(path: Path, default: Stated) -> tuple[Job, ...]:
    """Read a table of batteries; a cell that is empty or not there is as `default` has it.

    Raises
    ------
    hwan.core.BadDefinition
        When the table as a whole cannot be used: its size, its text, its headings.
    """
    header, *rows = _rows(path, _text(path)) or [Row(1, ())]
    columns = _columns(path, header)
    if not rows:
        raise BadDefinition("batteries_missing", source=str(path))
    lines: dict[str, int] = {}
    return tuple(_job(path, columns, row, lines, default) for row in rows)


# Text ------------------------------------------------------------------------------------------------


def _text(path: Path) -> str:
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise BadDefinition("definition_too_large", source=str(path), got_bytes=size, most_bytes=MOST_BYTES)
        content = path.read_bytes()
    except OSError as error:
        detail = error.strerror or str(error)
        raise BadDefinition("definition_unreadable", source=str(path), detail=detail) from error
    found = _decoded(content)
    if found is None:
        raise BadDefinition("table_not_text", source=str(path))
    return found


def _decoded(content: bytes) -> str | None:
    """Return the text, None where it is none; a byte 0 is no text but a spreadsheet, or UTF-16."""
    for encoding in ENCODINGS if b"\0" not in content else ():
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _rows(path: Path, text: str) -> list[Row]:
    first = next((line for line in text.splitlines() if line.strip()), "")
    reader = csv.reader(StringIO(text, newline=""), delimiter=_delimiter(first), strict=True)
    try:
        rows = list(islice(_numbered(reader), MOST_ROWS + 2))
    except csv.Error as error:
        raise BadDefinition("table_malformed", source=str(path), line=reader.line_num, detail=str(error)) from error
    if len(rows) > MOST_ROWS + 1:
        raise BadDefinition("table_too_long", source=str(path), most=MOST_ROWS)
    return rows


def _numbered(reader: Any) -> Iterator[Row]:
    """Yield the rows that hold something; a quoted cell may go over several lines."""
    line = 1
    for cells in reader:
        row = Row(line, tuple(cell.strip() for cell in cells))
        line = reader.line_num + 1
        if any(row.cells):
            yield row


def _delimiter(headings: str) -> str:
    """Return what divides the headings into the most columns that are known."""

    def known(sign: str) -> int:
        return sum(column_named(word.strip().strip('"')) is not None for word in headings.split(sign))

    return max(DELIMITERS, key=known)


# Headings --------------------------------------------------------------------------------------------


def _columns(path: Path, header: Row) -> tuple[str | None, ...]:
    """Return the name of each column, None where a heading and all below it may be empty.

    Raises
    ------
    hwan.core.BadDefinition
        Names every heading that is unknown, there twice, or missing.
    """
    found = tuple(column_named(cell) for cell in header.cells)
    wrong = [
        *(_unknown(cell, header.line, index) for index, cell in enumerate(header.cells) if cell and not found[index]),
        *(("table_column_twice", {"field": name}) for name, count in Counter(found).items() if name and count > 1),
        *(("missing", {"field": name}) for name in ("battery", "files") if name not in found),
    ]
    if wrong:
        raise BadDefinition("table_headings", *wrong, source=str(path), line=header.line, available=", ".join(COLUMNS))
    return found


def _unknown(heading: str, line: int, index: int) -> Problem:
    near = get_close_matches(heading.lower(), COLUMNS, n=1, cutoff=0.5)
    values = {"field": f"{letters(index)}{line}", "got": heading}
    return ("table_column_unknown_near", {**values, "near": near[0]}) if near else ("table_column_unknown", values)


# Rows ------------------------------------------------------------------------------------------------


def _job(path: Path, columns: Sequence[str | None], row: Row, lines: dict[str, int], default: Stated) -> Job:
    """Return the job of a row; `lines` holds where each id was seen first."""
    found, wrong = _values(path, columns, row)
    name = str(found.pop("battery", ""))
    files = tuple(found.pop("files", ()))
    if name and lines.setdefault(name, row.line) != row.line:
        field = _field(columns.index("battery"), row, name="battery")
        wrong.append(("battery_twice", {"field": field, "got": name, "first": lines[name]}))
    stated = replace(default, **found)
    wrong += [*_window(columns, row, stated), *_logs(columns, row, files, stated)]
    error = BadDefinition("table_row", *wrong, source=str(path), line=row.line) if wrong else None
    return Job(name, name or f"{path}:{row.line}", files, error or stated)


def _window(columns: Sequence[str | None], row: Row, stated: Stated) -> Iterator[Problem]:
    """Yield the problem of a lower voltage that is not below the upper one, of the row or of the options."""
    lower, upper = stated.lower_voltage_volt, stated.upper_voltage_volt
    if lower is not None and upper is not None and lower >= upper:
        names = [name for name in columns if name in ("lower_voltage_volt", "upper_voltage_volt")]
        name = str(next(iter(names), "lower_voltage_volt"))
        field = _field(columns.index(name), row, name=name) if names else name
        yield "table_window", {"field": field, "lower_volt": lower, "upper_volt": upper}


def _logs(columns: Sequence[str | None], row: Row, files: Sequence[Path], stated: Stated) -> Iterator[Problem]:
    """Yield the problem of logs beside several tests: a log was written beside one."""
    if stated.cell_logs and len(files) > 1 and not stated.channels_in_parallel:
        yield "logs_of_which", {"field": _field(columns.index("cell_logs"), row, name="cell_logs"), "count": len(files)}


def _values(path: Path, columns: Sequence[str | None], row: Row) -> tuple[dict[str, Any], list[Problem]]:
    """Return the values of the cells that hold one, and what is wrong with the others."""
    found: dict[str, Any] = {}
    wrong: list[Problem] = []
    cells = dict(enumerate(row.cells))
    for index, cell in cells.items():
        name = columns[index] if index < len(columns) else None
        if cell and name is None:
            wrong.append(("table_cell_without_heading", {"field": _field(index, row), "got": cell[:60]}))
        elif cell and name:
            try:
                found[name] = COLUMNS[name].value(cell, path.parent)
            except CellProblem as error:
                wrong.append((error.code, {**error.values, "field": _field(index, row, name=name)}))
    return found, [*wrong, *_missing(columns, cells, row)]


def _missing(columns: Sequence[str | None], cells: Mapping[int, str], row: Row) -> Iterator[Problem]:
    for name in ("battery", "files"):
        index = columns.index(name)
        if not cells.get(index):
            yield "missing", {"field": _field(index, row, name=name)}


def _field(index: int, row: Row, name: str = "") -> str:
    """Return a cell as a spreadsheet calls it, and its column: ``D7 rated_capacity_ah``."""
    return f"{letters(index)}{row.line} {name}".strip()
