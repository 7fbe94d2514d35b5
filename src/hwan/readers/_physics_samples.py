"""The columns that the checks of physics look at, as arrays, made when first asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from hwan.core import Finding, Scalar, Severity
from hwan.readers._arrange import rows_text
from hwan.readers._changes import Changes, Watch, change_after, changes_beyond

Floats = NDArray[np.floating]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

UNIT_FACTORS: Final = (60.0, 1e3, 3.6e3, 8.64e4, 1e6, 3.6e6, 1e9)
UNIT_TOLERANCE: Final = 0.05
"""Two spans of time whose ratio is this near to a factor of units differ by a unit, not by chance."""

SWITCH_SHARE: Final = 0.1
"""The current switches where it changes by more than this part of its largest magnitude."""
LARGE_SHARE: Final = 0.01
"""Currents and counters smaller than this part of the largest are the noise of zero."""
DIGIT_SHARE: Final = 1e-6
"""A change by less than this part of the largest reading is the last digit of a number in single precision."""
GAP_FACTOR: Final = 10.0
GAP_LEAST_SECOND: Final = 60.0
LEAST_SECOND: Final = 10.0
"""Clocks that differ by less are not told apart from the delay between reading and writing a row."""
STEP_TOLERANCE_SECOND: Final = 1.5
TICKS_SECOND: Final = (60.0, 1.0)

Range = tuple[float, float]


@dataclass(frozen=True)
class Samples:
    """Samples of one recording; a value that is absent is NaN, a column that is absent None.

    `ranges` are the lowest and highest values of columns as far as they are known; the others are looked for.
    Most recordings contradict themselves nowhere: what is asked of every row is one pass of
    :func:`changes_beyond`, and arrays of all rows are made only where it found something.
    """

    frame: pl.DataFrame
    ranges: Mapping[str, Range] = field(default_factory=dict)

    def __len__(self) -> int:
        return self.frame.height

    def column(self, name: str) -> Floats | None:
        """Return a column in the precision in which it was read, or None."""
        return self.frame[name].to_numpy() if name in self.frame.columns else None

    def range(self, name: str) -> Range:
        """Return the lowest and the highest value of a column, 0 where it has none."""
        if name in self.ranges:
            return self.ranges[name]
        low, high = self.frame.select(pl.col(name).min(), high=pl.col(name).max()).row(0)
        return float(low or 0.0), float(high or 0.0)

    def largest(self, name: str) -> float:
        """Return the largest magnitude in a column, 0 where it has none."""
        low, high = self.range(name)
        return max(-low, high)

    @cached_property
    def time(self) -> Floats:
        """Test time in s."""
        time = self.frame["test_time_second"]
        return (time if time.dtype.is_float() else time.cast(pl.Float64)).to_numpy()

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
        every = max(1, len(self) // 10_000)
        some = self.time[1::every] - self.time[:-1:every]
        return float(np.median(some[some > 0])) if (some > 0).any() else 0.0

    @cached_property
    def longest_usual_interval(self) -> float:
        """Test time between rows beyond which there may be a gap, s."""
        return max(GAP_LEAST_SECOND, GAP_FACTOR * self.usual_interval)

    @cached_property
    def clock_changes(self) -> Mapping[str, Changes]:
        """Rows after which a clock goes on as none should, s.

        The test time (its own name): not at all, back, or by more than is usual. Wall clock and step time,
        where they are recorded: by more or less than the test time, and more than `tolerance_second`.
        """
        time = self.time
        above_zero = float(np.finfo(time.dtype).smallest_subnormal)
        watched = {"test_time_second": Watch(time, above_zero, self.longest_usual_interval)}
        for name, tolerance in self.tolerance_second.items():
            column = self.column(name)
            if column is not None:
                watched[name] = Watch(column, -tolerance, tolerance, less=time)
        return dict(zip(watched, changes_beyond(*watched.values()), strict=True))

    @cached_property
    def tolerance_second(self) -> Mapping[str, float]:
        """Clocks that differ from the test time by less are not told apart from the delay in writing a row."""
        return {"unix_time_second": LEAST_SECOND + 1.5 * self.wall_tick, "step_time_second": STEP_TOLERANCE_SECOND}

    @cached_property
    def wall_tick(self) -> float:
        """The step in s with which the wall clock was written, 0 for a fraction of a second or no clock."""
        if self.wall is None:
            return 0.0
        some = self.wall[:: max(1, len(self) // 1_000)]
        some = some[np.isfinite(some)]
        return next((tick for tick in TICKS_SECOND if not np.mod(some, tick).any()), 0.0)

    @cached_property
    def wall(self) -> Floats | None:
        """Wall clock in s."""
        return self.column("unix_time_second")

    @cached_property
    def voltage(self) -> Floats:
        """Voltage in V."""
        return self.frame["voltage_volt"].to_numpy()

    @cached_property
    def current(self) -> Floats:
        """Current in A."""
        return self.frame["current_ampere"].to_numpy()

    @cached_property
    def current_changes(self) -> Changes:
        """Rows after which the current changes by more than the noise of zero, A."""
        noise = 0.9 * LARGE_SHARE * self.largest_current
        return changes_beyond(Watch(self.current, -noise, noise))[0]

    @cached_property
    def counter_changes(self) -> Mapping[str, Changes]:
        """By counter, the rows after which it falls, or rises by more than the noise of zero, Ah or Wh.

        Of net counters, which rise and fall, those after which it changes by more than that noise.
        """
        watched = {}
        for name in self.frame.columns:
            if name.endswith(("capacity_ah", "energy_wh")) and not name.startswith("raw_"):
                largest = self.largest(name)
                noise = 0.9 * LARGE_SHARE * largest
                low = noise if "net_" in name else DIGIT_SHARE * largest
                watched[name] = Watch(self.counter(name), -low, noise)
        return dict(zip(watched, changes_beyond(*watched.values()), strict=True)) if watched else {}

    def counter(self, name: str) -> Floats:
        """Return a counter whose absent values are the last before them; one that counts below zero is turned."""
        column = self.frame[name]
        if column.null_count():
            column = column.fill_null(strategy="forward").fill_null(0.0)
        low, high = self.range(name)
        values = column.to_numpy()
        return -values if high <= 0 > low and "net_" not in name else values

    @cached_property
    def cycle(self) -> NDArray[Any]:
        """Cycle numbers; an absent one is the last before it."""
        return self._numbers("cycle_count").to_numpy()

    @cached_property
    def cycle_changes(self) -> Changes:
        """Rows after which the cycle number changes; none without cycle numbers."""
        if "cycle_count" not in self.frame.columns:
            return Changes(np.empty(0, np.int64), np.empty(0))
        return changes_beyond(Watch(self.cycle, 0, 0))[0]

    @cached_property
    def turns(self) -> Ints:
        """Rows at which the cycle number changes."""
        return self.cycle_changes.rows + 1

    @cached_property
    def restarts(self) -> Ints:
        """Rows at which the test time goes back."""
        odd = self.clock_changes["test_time_second"]
        return odd.rows[odd.sizes < 0] + 1

    @cached_property
    def switches(self) -> Ints:
        """Rows after which the current switches: by more than a tenth of its largest magnitude."""
        changes = self.current_changes
        return changes.rows[np.abs(changes.sizes) > SWITCH_SHARE * self.largest_current]

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
        return changes_beyond(Watch(self._numbers(self.step_column).to_numpy(), 0, 0))[0].rows + 1

    def _numbers(self, name: str) -> pl.Series:
        numbers = self.frame[name]
        return numbers.fill_null(strategy="forward").fill_null(0) if numbers.null_count() else numbers


def size_after(values: Floats, rows: Ints) -> Floats:
    """Return the size of the change of `values` after each of `rows`."""
    return np.abs(change_after(values, rows))


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
