"""Cells of text to numbers, and why they are none: a decimal comma or a unit throughout, or single bad cells."""

from __future__ import annotations

from typing import Final

import polars as pl

from hwan.core import ColumnProblem, Finding, Scalar

# Of all cells of a column; a kind that so many share is the column's, not a slip in a cell.
MOST_OF_A_COLUMN: Final = 0.9
_COMMA: Final = r"^[+-]?\d*,\d+(?:[eE][+-]?\d+)?$"
# T stands for the thousands separator, D for the decimal sign.
_GROUPED: Final = r"^[+-]?\d{1,3}(?:(?:T\d{3})+D\d+|(?:T\d{3}){2,})$"
_GROUPED_ANY: Final = r"^[+-]?\d{1,3}(?:T\d{3})+(?:D\d+)?$"
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


def as_numbers(cell: pl.Expr, decimal: str = ".", thousands: str = "") -> pl.Expr:
    """Return text as Float64, null where it is no number.

    A thousands separator that is not announced is read only where it cannot be anything else:
    groups of three after the first, and a decimal sign or a second group behind them (``1,020.00``).
    """
    plain = cell.str.strip_chars()
    mark = thousands or ("." if decimal == "," else ",")
    grouped = _GROUPED_ANY if thousands else _GROUPED
    pattern = grouped.replace("T", "\\" + mark).replace("D", "\\" + decimal)
    without = plain.str.replace_all(mark, "", literal=True)
    plain = pl.when(plain.str.contains(pattern)).then(without).otherwise(plain)
    if decimal == ",":
        # A point is no decimal sign here: 1.020 may mean 1020.
        plain = pl.when(~plain.str.contains(".", literal=True)).then(plain.str.replace(",", ".", literal=True))
    return plain.cast(pl.Float64, strict=False)


def grouped_by(cells: pl.Series, decimal: str) -> str:
    """Return the thousands separator that some cells show beyond doubt, else nothing."""
    mark = "." if decimal == "," else ","
    pattern = _GROUPED.replace("T", "\\" + mark).replace("D", "\\" + decimal)
    return mark if cells.str.contains(pattern).any() else ""


def number_finding(cells: pl.Series, bad: pl.Series, first_line: int, heading: str) -> Finding:
    """Return the finding for cells of an optional column that are no numbers and were emptied."""
    line = first_line + int(bad[0])
    values: dict[str, Scalar] = {
        "column": heading,
        "line": line,
        "got": str(cells[int(bad[0])])[:80],
        "count": len(bad),
    }
    return Finding("cells_not_numbers", "warning", f"line {line}, column {heading}", values)
