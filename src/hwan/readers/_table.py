"""Delimited text to numbers: bounded, strict, and able to say which line and column is wrong."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from hwan.core import DamagedFile, Finding, NothingInside, Scalar
from hwan.readers._cells import as_numbers, grouped_by, not_numbers, number_finding
from hwan.readers._detail import detail_of
from hwan.readers._encoding import LONGEST_LINE, blank_end, first_record, head_lines, line_count, line_start, utf8_of

__all__ = [
    "BLANKS", "LONGEST_LINE", "MOST_COLUMNS", "Dialect", "Sheet", "cells", "frame_of", "head_lines", "sheet_of",
    "utf8_of",
]  # fmt: skip

FREE_CELLS: Final = 1_000_000
MOST_COLUMNS: Final = 4096
BLANKS: Final = " "
"""As a delimiter: one or more blanks or tabs."""
_SAMPLE_ROWS: Final = 200
_PART: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the cells of a text table are written."""

    delimiter: str = ","
    decimal: str = "."
    null_tokens: tuple[str, ...] = ()
    thousands: str = ""


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

    def heading(self, column: str) -> str:
        """Return the heading of a private name."""
        return self.headings[int(column[1:])]


def cells(line: str, delimiter: str) -> tuple[str, ...]:
    """Split one heading line as csv does; `BLANKS` splits at runs of blanks and tabs.

    >>> cells('a; "b;c" ;d', ";"), cells("  1.5   2e3 ", " ")
    (('a', 'b;c', 'd'), ('1.5', '2e3'))
    """
    if delimiter == BLANKS:
        return tuple(line[:LONGEST_LINE].split())
    if '"' not in line:
        return tuple(cell.strip() for cell in line[:LONGEST_LINE].split(delimiter))
    try:
        row = next(csv.reader([line[:LONGEST_LINE]], delimiter=delimiter, skipinitialspace=True), [])
    except csv.Error:
        row = line.split(delimiter)
    return tuple(cell.strip() for cell in row)


def sheet_of(
    source: str, data: bytes, header: int, dialect: Dialect, below: int = 0, names: Sequence[str] = ()
) -> Sheet:
    """Cut `data` under its line `header` (0-based), where the headings stand.

    Parameters
    ----------
    header
        -1 when there is no line of headings; `names` are needed then.
    below
        Lines between the headings and the first row: units, a rule.
    names
        Headings in their order, instead of what stands on the line.
    """
    start = line_start(data, header + 1 + below)
    lines = data[:start].split(b"\n")
    heading_line = lines[header].decode("utf-8", errors="replace").rstrip("\r") if header >= 0 else ""
    headings = tuple(names) or cells(heading_line, dialect.delimiter)
    if len(headings) > MOST_COLUMNS:
        raise DamagedFile("too_many_columns", source=source, got=len(headings), most=MOST_COLUMNS)
    preamble = tuple(line.decode("utf-8", errors="replace").strip() for line in lines[: max(header, 0)])
    if not re.compile(rb"\S").search(data, start):
        raise NothingInside("headings_without_rows", source=source, headings=", ".join(headings)[:500])
    blank = blank_end(data, start)
    first = header + 2 + below + data.count(b"\n", start, blank)
    sheet = Sheet(source, headings, data[blank:], first, dialect, preamble)
    return _tabbed(sheet) if dialect.delimiter == BLANKS else sheet


def _tabbed(sheet: Sheet) -> Sheet:
    """Write runs of blanks as one tab."""
    body = re.sub(rb"(?m)^[ \t]+|[ \t]+\r?$", b"", sheet.body)
    return replace(sheet, body=re.sub(rb"[ \t]+", b"\t", body), dialect=replace(sheet.dialect, delimiter="\t"))


def frame_of(
    sheet: Sheet, numbers: Sequence[str], texts: Sequence[str] = (), lenient: Sequence[str] = ()
) -> tuple[pl.DataFrame, list[Finding]]:
    """Return the rows: `numbers` as Float64, `texts` as text, others as numbers if all cells are.

    Of the `lenient` numbers a wrong cell becomes empty, with a finding that names its line.

    Raises
    ------
    ColumnProblem
        A cell of the other `numbers` that is not a number, with its line, heading and text.
    DamagedFile
        A row with more cells than headings, with its line.
    """
    from hwan.readers._lines import cut_line, mended, without_trailer

    _check_width(sheet)
    sheet, findings = without_trailer(sheet, numbers)
    open_ones = [name for name in sheet.columns() if name not in numbers and name not in texts]
    guessed = _numeric_at_first(sheet, open_ones)
    frame = _fast(sheet, [*numbers, *guessed])
    if frame is None and guessed:
        frame = _fast(sheet, numbers)
    removed: frozenset[int] = frozenset()
    if frame is None:
        sheet, removed, found = mended(sheet, lenient=bool(lenient))
        frame, wrong = _slowly(sheet, numbers, lenient)
        findings += found + wrong
    findings += cut_line(sheet)
    # The library parses in parts, which NumPy would join anew for each check.
    frame, blank = _without_blank_rows(frame.rechunk(), sheet, removed)
    if frame.is_empty():
        raise NothingInside("headings_without_rows", source=sheet.source, headings=", ".join(sheet.headings)[:500])
    return _guess_types(frame, sheet, texts), [*findings, *blank]


def _check_width(sheet: Sheet) -> None:
    """Refuse a table whose rows are far shorter than its headings: filled up they would take all memory.

    A row with all its cells has a byte for each delimiter, so that an honest table always passes.
    """
    rows = line_count(sheet.body)
    if rows * len(sheet.headings) > max(FREE_CELLS, 2 * len(sheet.body)):
        raise DamagedFile("rows_far_too_short", source=sheet.source, rows=rows, columns=len(sheet.headings))


def _fast(sheet: Sheet, numbers: Sequence[str]) -> pl.DataFrame | None:
    if sheet.dialect.decimal == "," and b"." in sheet.body:
        return None  # the library would take a point for a decimal sign, also in 1.020,5 and 1.020
    chosen = set(numbers)
    try:
        return _parse(sheet, {name: pl.Float64 if name in chosen else pl.String for name in sheet.columns()})
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        return None


def _parse(sheet: Sheet, schema: dict[str, type[pl.DataType]]) -> pl.DataFrame:
    """Parse the body; cells beyond the headings are allowed where all of them are empty."""
    first = first_record(sheet.body).rstrip("\r\n")
    width = len(cells(first, sheet.dialect.delimiter))
    extra = [f"x{number}" for number in range(len(schema), width)]
    # The library takes the number of columns from the first line, so a line as wide as all goes before a short one,
    # and before a row that a line break inside quotes makes two.
    guided = width < len(schema) or "\n" in first
    guide = sheet.dialect.delimiter.join([*schema, *extra]).encode() + b"\n" if guided else b""
    frame = pl.read_csv(
        guide + sheet.body if guide else sheet.body,
        has_header=bool(guide),
        schema={**schema, **dict.fromkeys(extra, pl.String)},
        separator=sheet.dialect.delimiter,
        quote_char='"' if b'"' in sheet.body else None,  # without quotes the library need not look for them
        decimal_comma=sheet.dialect.decimal == ",",
        null_values=_possible(sheet.dialect.null_tokens, sheet.body) or None,
    )
    full = [
        name
        for name in extra
        if frame[name].null_count() < frame.height
        and frame[name].null_count() + int((frame[name].str.strip_chars() == "").sum()) < frame.height
    ]
    if full:
        raise pl.exceptions.ComputeError(f"cells beyond the headings in {len(full)} columns")
    return frame.drop(extra) if extra else frame


def _possible(tokens: Sequence[str], body: bytes) -> list[str]:
    """Return the tokens whose first letter stands in the body: the library compares every cell with each of them."""
    stands = {letter: letter.encode() in body for letter in {token[:1] for token in tokens}}
    return [token for token in tokens if stands[token[:1]]]


def _numeric_at_first(sheet: Sheet, names: Sequence[str]) -> list[str]:
    """Return the columns whose first cells are all numbers, so that they are parsed as such at once."""
    if not names:
        return []
    try:
        first = replace(sheet, body=sheet.body[: line_start(sheet.body, _SAMPLE_ROWS)])
        frame = _parse(first, dict.fromkeys(sheet.columns(), pl.String))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        return []
    frame = frame.select(names)
    plain = frame.select(as_numbers(pl.col(name), sheet.dialect.decimal) for name in names)
    return [name for name in names if plain[name].null_count() == frame[name].null_count() < frame.height]


def _slowly(sheet: Sheet, numbers: Sequence[str], lenient: Sequence[str] = ()) -> tuple[pl.DataFrame, list[Finding]]:
    """Read everything as text, then convert column by column, to name the cell that is wrong."""
    from hwan.readers._lines import ragged

    try:
        frame = _parse(sheet, dict.fromkeys(sheet.columns(), pl.String))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise ragged(sheet) or DamagedFile("table_unreadable", source=sheet.source, detail=detail_of(error)) from error
    findings: list[Finding] = []
    for name in numbers:
        series, found = _as_number(frame, name, sheet, lenient=name in lenient)
        frame, findings = frame.with_columns(series), findings + found
    return frame, findings


def _as_number(frame: pl.DataFrame, name: str, sheet: Sheet, *, lenient: bool) -> tuple[pl.Series, list[Finding]]:
    text = frame[name].str.strip_chars()
    tokens = ["", *sheet.dialect.null_tokens]
    decimal = sheet.dialect.decimal
    thousands = sheet.dialect.thousands or grouped_by(text, decimal)
    numbers = frame.select(as_numbers(pl.col(name), decimal, thousands)).to_series()
    bad = (numbers.is_null() & text.is_not_null() & ~text.is_in(tokens)).arg_true()
    if not len(bad):
        return numbers.alias(name), []
    where: dict[str, Scalar] = {
        "source": sheet.source,
        "line": sheet.first_line + int(bad[0]),
        "column": sheet.heading(name),
    }
    if not lenient:
        raise not_numbers(text, bad, **where)
    return numbers.alias(name), [number_finding(text, bad, sheet.first_line, sheet.heading(name))]


def _without_blank_rows(
    frame: pl.DataFrame, sheet: Sheet, removed: frozenset[int] = frozenset()
) -> tuple[pl.DataFrame, list[Finding]]:
    if min((column.null_count() for column in frame), default=0) == 0:
        return frame, []
    blank = pl.all_horizontal(pl.all().is_null())
    rows = frame.select(pl.arg_where(blank)).to_series()
    if rows.is_empty():
        return frame, []
    told = rows.filter(~rows.is_in(sorted(removed))) if removed else rows
    frame = frame.filter(~blank)
    if told.is_empty():
        return frame, []
    lines = ", ".join(str(sheet.first_line + row) for row in told.head(5)) + (", …" if len(told) > 5 else "")
    return frame, [Finding("blank_rows_left_out", "note", f"lines {lines}", {"count": len(told), "lines": lines})]


def _guess_types(frame: pl.DataFrame, sheet: Sheet, texts: Sequence[str]) -> pl.DataFrame:
    open_ones = [
        name
        for name, dtype in frame.schema.items()
        if dtype == pl.String and name not in texts and frame[name].null_count() < frame.height
    ]
    # One look at the start spares the rest of a column of words.
    likely = _all_numbers(frame.head(_SAMPLE_ROWS), open_ones, sheet.dialect.decimal).columns
    numbers = _all_numbers(frame, likely, sheet.dialect.decimal)
    return frame.with_columns(numbers)


def _all_numbers(frame: pl.DataFrame, names: Sequence[str], decimal: str) -> pl.DataFrame:
    """Return those of the columns as Float64 that are numbers in every cell."""
    numbers = frame.select(as_numbers(pl.col(name), decimal).alias(name) for name in names)
    return numbers.select(name for name in names if numbers[name].null_count() == frame[name].null_count())
