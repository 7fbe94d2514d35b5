"""From the columns of a source to BDF names and units, in one select; the rest stays as ``raw_*``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from hwan.core import COLUMNS, Finding, Severity, raw_name
from hwan.core.columns import RAW_PREFIX, WIDE_CELL

_LARGEST_WHOLE: Final = 2**53


@dataclass(frozen=True, slots=True)
class Target:
    """Where a source column goes: value × factor + offset, in the unit of `name`."""

    column: str
    name: str
    factor: float = 1.0
    offset: float = 0.0

    def expression(self) -> pl.Expr:
        """Return the conversion as an expression under the new name."""
        value = pl.col(self.column)
        if self.factor != 1.0:
            value = value * self.factor
        if self.offset:
            value = value + self.offset
        return value.alias(self.name)


def arrange(frame: pl.DataFrame, targets: Sequence[Target]) -> tuple[pl.DataFrame, list[Finding]]:
    """Return the frame under its new names; a counter with fractions is kept raw, with a finding."""
    frame = frame.select([target.expression() for target in targets])
    whole = [name for name, dtype in frame.schema.items() if dtype.is_integer() and _measures(name)]
    return whole_counters(frame.with_columns(pl.col(whole).cast(pl.Float64)) if whole else frame)


def _measures(name: str) -> bool:
    return WIDE_CELL.fullmatch(name) is not None or (name in COLUMNS and COLUMNS[name].dtype == pl.Float64)


def whole_counters(frame: pl.DataFrame) -> tuple[pl.DataFrame, list[Finding]]:
    """Make the columns that count whole numbers; one that does not count is no counter."""
    counters = [name for name in frame.columns if name in COLUMNS and COLUMNS[name].dtype == pl.Int64]
    frame = frame.with_columns(whole for name in counters if (whole := _whole(frame[name])) is not None)
    floats = [name for name in counters if frame.schema[name].is_float()]
    if not floats:
        return frame, []
    fraction = frame.select([_not_whole(name).any().alias(name) for name in floats]).row(0, named=True)
    broken = [name for name in floats if fraction[name]]
    findings = [_fraction_finding(frame, name) for name in broken]
    taken = set(frame.columns)
    frame = frame.with_columns(pl.col(name).cast(pl.Int64) for name in floats if name not in broken)
    return frame.rename({name: raw_free(name, taken) for name in broken}), findings


def _whole(column: pl.Series) -> pl.Series | None:
    """Return a counter as whole numbers; None where it has gaps or does not count, which is looked at closely."""
    if not column.dtype.is_float() or column.null_count() or column.is_empty():
        return None
    values = column.to_numpy()
    with np.errstate(invalid="ignore"):  # infinity and NaN become a number that they do not equal
        whole = values.astype(np.int64)
    counts = (whole == values).all() and whole.min() >= -_LARGEST_WHOLE and whole.max() <= _LARGEST_WHOLE
    return pl.Series(column.name, whole) if counts else None


def _not_whole(name: str) -> pl.Expr:
    # Beyond 2**53 a float no longer counts; infinity and NaN are no numbers of anything.
    value = pl.col(name)
    return ((value != value.round()) | ~value.is_finite() | (value.abs() > _LARGEST_WHOLE)).fill_null(value=False)


def _fraction_finding(frame: pl.DataFrame, name: str) -> Finding:
    rows = frame.select(pl.arg_where(_not_whole(name))).to_series()
    values = {"column": name, "value": str(frame[name][rows[0]]), "row": rows[0] + 1, "count": len(rows)}
    return Finding("counter_not_whole", "warning", f"column {name}", values)


def raw_free(heading: str, taken: set[str]) -> str:
    """Return a free ``raw_*`` name for a heading, and take it.

    >>> raw_free("Aux [V]", {"raw_aux_v"})
    'raw_aux_v_2'
    """
    base = heading if heading.startswith(RAW_PREFIX) else raw_name(heading)
    name, number = base, 1
    while name in taken:
        number += 1
        name = f"{base}_{number}"
    taken.add(name)
    return name


def rows_text(rows: pl.Series, count: int | None = None) -> str:
    """Write zero-based rows as people count them, a few of many.

    >>> rows_text(pl.Series([0, 4]), 9)
    '1, 5, …'
    """
    text = ", ".join(str(row + 1) for row in rows)
    return f"{text}, …" if count is not None and count > len(rows) else text


def rows_finding(code: str, severity: Severity, frame: pl.DataFrame, where: pl.Expr, **values: str) -> Finding:
    """Return a finding with the number of rows `where` holds, and the first of them."""
    rows = frame.select(pl.arg_where(where.fill_null(value=False))).to_series()
    text = rows_text(rows.head(5), len(rows))
    return Finding(code, severity, f"rows {text}", {**values, "count": len(rows), "rows": text})
