"""The lowest and highest value of each column, and whether all are there: what the door asks of every column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from hwan.readers._changes import BLOCK

CLOCKS: Final = ("test_time_second", "unix_time_second")


@dataclass(frozen=True, slots=True)
class Extremes:
    """Lowest and highest value, None where there is none, how many are absent, and whether all are finite.

    A clock tells, too, whether it ever goes back.
    """

    low: float | None
    high: float | None
    nulls: int = 0
    finite: bool = True
    falls: bool = False

    def are(self, value: float) -> bool:
        """Return whether the column holds nothing but `value`."""
        return self.low == value and self.high == value


def extremes_of(frame: pl.DataFrame, names: Sequence[str]) -> Mapping[str, Extremes]:
    """Return the extremes of numeric columns."""
    found = {name: _of_whole(frame[name]) for name in names}
    rest = [name for name, each in found.items() if each is None]
    slow = frame.select(_expression(name, frame.schema[name]) for name in rest).row(0, named=True) if rest else {}
    return {name: each or Extremes(**slow[name]) for name, each in found.items()}


def ranges_of(extremes: Mapping[str, Extremes]) -> dict[str, tuple[float, float]]:
    """Return the lowest and the highest value of each column that has any."""
    pairs = ((name, each.low, each.high) for name, each in extremes.items())
    return {name: (low, high) for name, low, high in pairs if low is not None and high is not None}


def _of_whole(column: pl.Series) -> Extremes | None:
    """Return the extremes of a column that is all numbers; NumPy finds them without a second look for NaN."""
    if column.null_count() or column.n_chunks() > 1 or not (column.dtype.is_float() or column.dtype.is_integer()):
        return None
    values, clock = column.to_numpy(), column.name in CLOCKS
    lows, highs, falls = [], [], False
    for first in range(0, len(values), BLOCK):
        block = values[first : first + BLOCK + 1]
        lows.append(block.min())
        highs.append(block.max())
        falls = falls or (clock and bool((block[1:] < block[:-1]).any()))
    low, high = np.min(lows).item(), np.max(highs).item()
    return Extremes(low, high, falls=falls) if np.isfinite(low) and np.isfinite(high) else None


def _expression(name: str, dtype: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    # A sum is finite exactly when every addend is, and it is several times cheaper than to ask each.
    finite = column.sum().is_finite() if dtype.is_float() else pl.lit(value=True)
    falls = (column.diff() < 0).any() if name in CLOCKS else pl.lit(value=False)
    low, high, nulls = column.min(), column.max(), column.null_count()
    fields: pl.Expr = pl.struct(low=low, high=high, nulls=nulls, finite=finite, falls=falls)
    return fields.alias(name)
