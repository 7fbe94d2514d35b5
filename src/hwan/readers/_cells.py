"""Why the cells of a column are no numbers: a decimal comma or a unit throughout, or single bad cells."""

from __future__ import annotations

from typing import Final

import polars as pl

from hwan.core import ColumnProblem, Scalar

# Of all cells of a column; a kind that so many share is the column's, not a slip in a cell.
MOST_OF_A_COLUMN: Final = 0.9
_COMMA: Final = r"^[+-]?\d*,\d+(?:[eE][+-]?\d+)?$"
_UNIT: Final = r"^[+-]?\d*[.,]?\d+(?:[eE][+-]?\d+)?\s*([A-Za-zµμΩ°%][A-Za-zµμΩ°%/]{0,9})$"


def not_numbers(cells: pl.Series, bad: pl.Series, **where: Scalar) -> ColumnProblem:
    """Return the error that names the first cell in the rows `bad` and the step that mends their kind.

    `cells` is text without outer blanks; `where` holds source, line and column of that first cell.
    """
    first = str(cells[int(bad[0])])[:80]
    code, extra = _kind(cells)
    return ColumnProblem(code, **where, got=first, count=len(bad), **extra)


def _kind(cells: pl.Series) -> tuple[str, dict[str, Scalar]]:
    filled = cells.filter(cells.is_not_null() & (cells != ""))
    units = filled.str.extract(_UNIT).drop_nulls()
    if len(units) >= MOST_OF_A_COLUMN * len(filled):
        return "column_with_unit", {"unit": str(units.mode().sort()[0])}
    commas, points = filled.str.contains(_COMMA), filled.str.contains(r"\.")
    whole = filled.str.contains(r"^[+-]?\d+$")
    if not points.any() and int((commas | whole).sum()) >= MOST_OF_A_COLUMN * len(filled):
        return "column_decimal_comma", {}
    return "cell_not_a_number", {}
