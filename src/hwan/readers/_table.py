"""Delimited text to numbers: bounded, strict, and able to say which line and column is wrong."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from hwan.core import DamagedFile, Finding, NothingInside
from hwan.readers._cells import not_numbers
from hwan.readers._detail import detail_of

MOST_COLUMNS: Final = 4096
LONGEST_LINE: Final = 1_000_000
_BOMS: Final = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the cells of a text table are written."""

    delimiter: str = ","
    decimal: str = "."
    null_tokens: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """A text table: its headings, the bytes under them (UTF-8) and where they stand.

    `first_line` is the 1-based line of the file on which the first row stands.
    """

    source: str
    headings: tuple[str, ...]
    body: bytes
    first_line: int
    dialect: Dialect
    preamble: tuple[str, ...] = ()

    def columns(self) -> list[str]:
        """Return private names, so that headings may repeat or be empty."""
        return [f"c{number}" for number in range(len(self.headings))]


def utf8_of(path: Path, encoding: str = "utf-8") -> bytes:
    """Return the text of a file as UTF-8 without a byte order mark, which wins over `encoding`.

    Raises
    ------
    DamagedFile
        A byte that `encoding` does not have, with its position.
    """
    data = path.read_bytes()
    for mark, name in _BOMS:
        if data.startswith(mark):
            data, encoding = data[len(mark) :], name
            break
    try:
        decoded = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DamagedFile(
            "text_not_decodable", source=path.name, encoding=encoding, line=line, byte=error.start
        ) from error
    data = data if encoding == "utf-8" else decoded.encode()
    return data if b"\n" in data else data.replace(b"\r", b"\n")  # the line ends of old Macs


def head_lines(head: bytes, encoding: str = "utf-8") -> list[str] | None:
    """Return the lines at the start of a file, or None when it is not text."""
    for mark, name in _BOMS:
        if head.startswith(mark):
            head, encoding = head[len(mark) :], name
            break
    if encoding.startswith("utf-8") and b"\x00" in head:
        return None
    return head.decode(encoding, errors="replace").splitlines()


def cells(line: str, delimiter: str) -> tuple[str, ...]:
    """Split one heading line as csv does.

    >>> cells('a; "b;c" ;d', ";")
    ('a', 'b;c', 'd')
    """
    try:
        row = next(csv.reader([line[:LONGEST_LINE]], delimiter=delimiter, skipinitialspace=True), [])
    except csv.Error:
        row = line.split(delimiter)
    return tuple(cell.strip() for cell in row)


def sheet_of(source: str, data: bytes, header: int, dialect: Dialect) -> Sheet:
    """Cut `data` under its line `header` (0-based), where the headings stand."""
    lines = data.split(b"\n", header + 1)
    heading_line = lines[header].decode("utf-8", errors="replace").rstrip("\r")
    headings = cells(heading_line, dialect.delimiter)
    if len(headings) > MOST_COLUMNS:
        raise DamagedFile("too_many_columns", source=source, got=len(headings), most=MOST_COLUMNS)
    body = lines[header + 1] if len(lines) > header + 1 else b""
    preamble = tuple(line.decode("utf-8", errors="replace").strip() for line in lines[:header])
    if not body.strip():
        raise NothingInside("headings_without_rows", source=source, headings=", ".join(headings)[:500])
    return Sheet(source, headings, body, header + 2, dialect, preamble)


def frame_of(sheet: Sheet, numbers: Sequence[str], texts: Sequence[str] = ()) -> tuple[pl.DataFrame, list[Finding]]:
    """Return the rows: `numbers` as Float64, `texts` as text, others as numbers if all cells are.

    Raises
    ------
    ColumnProblem
        A cell that is not a number, with its line, heading and text.
    DamagedFile
        A row with more cells than headings, with its line.
    """
    schema: dict[str, type[pl.DataType]] = {
        name: pl.Float64 if name in numbers else pl.String for name in sheet.columns()
    }
    try:
        frame = _parse(sheet, schema)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        frame = _slowly(sheet, numbers)
    cut = _cut_line(sheet)
    frame, blank = _without_blank_rows(frame, sheet)
    if frame.is_empty():
        raise NothingInside("headings_without_rows", source=sheet.source, headings=", ".join(sheet.headings)[:500])
    return _guess_types(frame, texts), [*cut, *blank]


def _parse(sheet: Sheet, schema: dict[str, type[pl.DataType]]) -> pl.DataFrame:
    return pl.read_csv(
        sheet.body,
        has_header=False,
        schema=schema,
        separator=sheet.dialect.delimiter,
        decimal_comma=sheet.dialect.decimal == ",",
        null_values=list(sheet.dialect.null_tokens) or None,
    )


def _slowly(sheet: Sheet, numbers: Sequence[str]) -> pl.DataFrame:
    """Read everything as text, then convert column by column, to name the cell that is wrong."""
    try:
        frame = _parse(sheet, dict.fromkeys(sheet.columns(), pl.String))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise _ragged(sheet, error) from error
    for name in numbers:
        frame = frame.with_columns(_as_number(frame, name, sheet))
    return frame


def _as_number(frame: pl.DataFrame, name: str, sheet: Sheet) -> pl.Series:
    text = frame[name].str.strip_chars()
    plain = text.str.replace(",", ".", literal=True) if sheet.dialect.decimal == "," else text
    tokens = ["", *sheet.dialect.null_tokens]
    numbers = plain.cast(pl.Float64, strict=False)
    bad = (numbers.is_null() & text.is_not_null() & ~text.is_in(tokens)).arg_true()
    if len(bad):
        row = int(bad[0])
        heading = sheet.headings[int(name[1:])]
        raise not_numbers(text, bad, source=sheet.source, line=sheet.first_line + row, column=heading)
    return numbers.alias(name)


def _ragged(sheet: Sheet, error: BaseException) -> DamagedFile:
    expected = len(sheet.headings)
    for number, line in enumerate(sheet.body.decode("utf-8", errors="replace").split("\n")):
        got = len(cells(line.rstrip("\r"), sheet.dialect.delimiter))
        if got > expected:
            return DamagedFile(
                "row_has_more_cells", source=sheet.source, line=sheet.first_line + number, got=got, expected=expected
            )
    return DamagedFile("table_unreadable", source=sheet.source, detail=detail_of(error))


def _cut_line(sheet: Sheet) -> list[Finding]:
    """Tell a last line with fewer cells than headings: the file ended while it was written."""
    body = sheet.body.rstrip(b"\r\n \t")
    last = body[body.rfind(b"\n") + 1 :][:LONGEST_LINE].decode("utf-8", errors="replace")
    got, expected = len(cells(last, sheet.dialect.delimiter)), len(sheet.headings)
    if got >= expected:
        return []
    line = sheet.first_line + body.count(b"\n")
    values: dict[str, str | int | float | bool] = {"line": line, "got": got, "expected": expected}
    return [Finding("last_row_cut_short", "warning", f"line {line}", values)]


def _without_blank_rows(frame: pl.DataFrame, sheet: Sheet) -> tuple[pl.DataFrame, list[Finding]]:
    if min((column.null_count() for column in frame), default=0) == 0:
        return frame, []
    blank = pl.all_horizontal(pl.all().is_null())
    rows = frame.select(pl.arg_where(blank)).to_series()
    if rows.is_empty():
        return frame, []
    lines = ", ".join(str(sheet.first_line + row) for row in rows.head(5)) + (", …" if len(rows) > 5 else "")
    finding = Finding("blank_rows_left_out", "note", f"lines {lines}", {"count": len(rows), "lines": lines})
    return frame.filter(~blank), [finding]


def _guess_types(frame: pl.DataFrame, texts: Sequence[str]) -> pl.DataFrame:
    open_ones = [name for name, dtype in frame.schema.items() if dtype == pl.String and name not in texts]
    numbers = frame.select(pl.col(name).str.strip_chars().cast(pl.Float64, strict=False) for name in open_ones)
    same = [name for name in open_ones if numbers[name].null_count() == frame[name].null_count()]
    return frame.with_columns(numbers[name] for name in same if frame[name].null_count() < frame.height)
