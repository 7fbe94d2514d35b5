"""The columns that the checks of physics look at, as arrays, made when first asked for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from hwan.core import Finding, Scalar, Severity
from hwan.readers._arrange import rows_text

Floats = NDArray[np.floating]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

UNIT_FACTORS: Final = (60.0, 1e3, 3.6e3, 8.64e4, 1e6, 3.6e6, 1e9)
UNIT_TOLERANCE: Final = 0.05
"""Two spans of time whose ratio is this near to a factor of units differ by a unit, not by chance."""

SWITCH_SHARE: Final = 0.1
"""The current switches where it changes by more than this part of its largest magnitude."""


@dataclass(frozen=True)
class Samples:
    """Samples of one recording; a value that is absent is NaN, a column that is absent None."""

    frame: pl.DataFrame

    def __len__(self) -> int:
        return self.frame.height

    def column(self, name: str) -> Floats | None:
        """Return a column in the precision in which it was read, or None."""
        return self.frame[name].to_numpy() if name in self.frame.columns else None

    def range(self, name: str) -> tuple[float, float]:
        """Return the lowest and the highest value of a column, 0 where it has none."""
        low, high = self.frame.select(pl.col(name).min(), high=pl.col(name).max()).row(0)
        return float(low or 0.0), float(high or 0.0)

    def largest(self, name: str) -> float:
        """Return the largest magnitude in a column, 0 where it has none."""
        low, high = self.range(name)
        return max(-low, high)

    @cached_property
    def time(self) -> Floats:
        """Test time in s."""
        return self.frame["test_time_second"].to_numpy()

    @cached_property
    def span(self) -> float:
        """Test time from the earliest to the latest row, s."""
        low, high = self.range("test_time_second")
        return high - low

    @cached_property
    def interval(self) -> Floats:
        """Test time from each row to the next, s."""
        return np.diff(self.time)

    @cached_property
    def usual_interval(self) -> float:
        """Median test time between some of the rows, s."""
        some = self.interval[:: max(1, len(self) // 10_000)]
        return float(np.median(some[some > 0])) if (some > 0).any() else 0.0

    @cached_property
    def stretch(self) -> Floats:
        """Each interval over the one before; not finite beside rows of the same time."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.interval[1:] / self.interval[:-1]

    @cached_property
    def wall(self) -> Floats | None:
        """Wall clock in s."""
        return self.column("unix_time_second")

    @cached_property
    def voltage(self) -> Floats:
        """Voltage in V."""
        return self.frame["voltage_volt"].to_numpy()

    @cached_property
    def voltage_change(self) -> Floats:
        """Change of voltage from each row to the next, V."""
        return np.diff(self.voltage)

    @cached_property
    def current(self) -> Floats:
        """Current in A."""
        return self.frame["current_ampere"].to_numpy()

    @cached_property
    def current_change(self) -> Floats:
        """Size of the change of current from each row to the next, A."""
        change = np.diff(self.current)
        return np.abs(change, out=change)

    @cached_property
    def switches(self) -> Ints:
        """Rows after which the current switches: by more than a tenth of its largest magnitude."""
        return np.flatnonzero(self.current_change > SWITCH_SHARE * self.largest_current)

    @cached_property
    def largest_current(self) -> float:
        """Largest magnitude of the current, A; 0 without one."""
        return self.largest("current_ampere")

    @cached_property
    def step_column(self) -> str | None:
        """The column that numbers the steps, ``step_count`` before ``step_id``."""
        return next((name for name in ("step_count", "step_id") if name in self.frame.columns), None)

    @cached_property
    def starts(self) -> Ints:
        """Rows at which the step's number changes; empty without step numbers."""
        if self.step_column is None:
            return np.empty(0, np.int64)
        number = self.frame[self.step_column].fill_null(strategy="forward").fill_null(0).to_numpy()
        return np.flatnonzero(number[1:] != number[:-1]) + 1


def near_unit(ratio: float) -> bool:
    """Return whether a ratio of two spans of time is a factor between units.

    >>> near_unit(1000.2), near_unit(1 / 60), near_unit(1.02)
    (True, True, False)
    """
    return any(abs(ratio / factor - 1) < UNIT_TOLERANCE for unit in UNIT_FACTORS for factor in (unit, 1 / unit))


def at_rows(code: str, severity: Severity, rows: Ints, **values: Scalar) -> Finding:
    """Return a finding with the number of `rows` (from 0) and the first of them as people count."""
    text = rows_text(pl.Series(rows[:5]), len(rows))
    return Finding(code, severity, f"rows {text}", {**values, "count": len(rows), "rows": text})


def short(value: float) -> float:
    """Return a figure with the digits that a sentence needs.

    >>> short(3599.98765)
    3599.99
    """
    return float(f"{float(value):.6g}")
