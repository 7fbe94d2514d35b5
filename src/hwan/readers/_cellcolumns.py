"""Columns of a sheet, given as cells, to series: numbers, texts and times, each wrong cell named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import zip_longest
from typing import Final

import polars as pl

from hwan.core import ColumnProblem, DamagedFile, NothingInside
from hwan.readers._table import MOST_COLUMNS
from hwan.readers._xlsx import Cell, Row

# Day 25569 of a workbook's calendar is 1970-01-01.
_EPOCH_DAY: Final = 25_569
_DAY_SECOND: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class CellTable:
    """The cells under one line of headings; `first_line` is the sheet's line of the first row, from 1."""

    source: str
    columns: dict[str, tuple[Cell, ...]]
    first_line: int = 2

    @property
    def height(self) -> int:
        """Number of rows."""
        return len(next(iter(self.columns.values()), ()))

    def numbers(self, heading: str) -> pl.Series:
        """Return a column as Float64, empty cells as null; a cell that is no number is an error."""
        return pl.Series(heading, [self._number(heading, n, cell) for n, cell in enumerate(self.columns[heading])],
                         dtype=pl.Float64)  # fmt: skip

    def texts(self, heading: str) -> pl.Series:
        """Return a column as text, empty cells as null."""
        return pl.Series(
            heading, [str(cell) if cell != "" else None for cell in self.columns[heading]], dtype=pl.String
        )

    def times(self, heading: str) -> pl.Series:
        """Return a column of dates as seconds since 1970, its clock taken as UTC."""
        return pl.Series(heading, [self._second(heading, n, cell) for n, cell in enumerate(self.columns[heading])],
                         dtype=pl.Float64)  # fmt: skip

    def plain(self, heading: str) -> pl.Series:
        """Return a column that nobody asked for: numbers if all its cells are, else text."""
        cells = self.columns[heading]
        number = all(cell == "" or (isinstance(cell, int | float) and not isinstance(cell, bool)) for cell in cells)
        return self.numbers(heading) if number else self.texts(heading)

    def _number(self, heading: str, row: int, cell: Cell) -> float | None:
        if isinstance(cell, int | float):
            return float(cell)
        if isinstance(cell, str):
            if not cell.strip():
                return None
            try:
                return float(cell)
            except ValueError:
                pass
        raise self._wrong("cell_not_a_number", heading, row, cell)

    def _second(self, heading: str, row: int, cell: Cell) -> float | None:
        if isinstance(cell, int | float) and not isinstance(cell, bool):
            return (cell - _EPOCH_DAY) * _DAY_SECOND
        if isinstance(cell, str) and not cell.strip():
            return None
        try:
            moment = cell if isinstance(cell, datetime) else datetime.fromisoformat(str(cell).strip())
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError) as error:
            raise self._wrong("cell_not_a_time", heading, row, cell) from error

    def _wrong(self, code: str, heading: str, row: int, cell: Cell) -> ColumnProblem:
        return ColumnProblem(
            code, source=self.source, line=self.first_line + row, column=heading,
            got=str(cell)[:80], count=1, expected="yyyy-mm-dd hh:mm:ss",
        )  # fmt: skip


def table_of(source: str, rows: Sequence[Row], line: int = 1) -> CellTable:
    """Return the table whose headings stand on `line` (from 1) of `rows`; a heading that repeats gets a number."""
    if len(rows) <= line:
        raise NothingInside("headings_without_rows", source=source, headings=", ".join(map(str, rows[-1:]))[:500])
    headings = [str(cell).strip() for cell in rows[line - 1]]
    if len(headings) > MOST_COLUMNS:
        raise DamagedFile("too_many_columns", source=source, got=len(headings), most=MOST_COLUMNS)
    columns: dict[str, tuple[Cell, ...]] = {}
    for number, (heading, cells) in enumerate(zip(headings, zip_longest(*rows[line:], fillvalue=""), strict=False), 1):
        name = heading or f"column {number}"
        while name in columns:
            name = f"{name} {number}"  # a heading that repeats gets a number
        columns[name] = cells
    return CellTable(source, columns, line + 1)
