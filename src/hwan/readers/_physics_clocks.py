"""Clocks that contradict each other: test time, wall clock, step time.

The wall clock is an independent witness of the test time: it shows another unit, drift, pauses and the
change to and from summer time. The step time is counted by the same tester and shows columns mixed up.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from hwan.core import Finding, Severity
from hwan.readers._physics_samples import Floats, Ints, Samples, at_rows, near_unit, short

BLOCKS: Final = 20
"""The record is cut into so many blocks; the median ratio of their spans is not moved by a few pauses."""
FEWEST_ROWS: Final = 10
DRIFT_SHARE: Final = 1e-3
"""Clocks that differ by more than this part of the time passed, and by `LEAST_SECOND`, drift."""
LEAST_SECOND: Final = 10.0
"""Clocks that differ by less are not told apart from the delay between reading and writing a row."""
HOUR_SECOND: Final = 3600.0
HOUR_TOLERANCE_SECOND: Final = 2.0
STEP_TOLERANCE_SECOND: Final = 1.5
STEP_TOLERANCE_SHARE: Final = 0.01
LONGEST_YEARS: Final = 10.0
"""No recording of one test lasts longer: hours that were taken for seconds, or multiplied twice."""
SECONDS_PER_YEAR: Final = 365.25 * 86_400
TICKS_SECOND: Final = (60.0, 1.0)


def clocks(samples: Samples) -> Iterator[Finding]:
    """Yield where test time, wall clock and step time contradict each other or what can be."""
    years = samples.span / SECONDS_PER_YEAR
    if years > LONGEST_YEARS:
        yield Finding("test_time_impossible", "stop", "column test_time_second", {"years": short(years)})
    witness = _wall_ratio(samples)
    if near_unit(witness):
        yield Finding("clock_unit_suspect", "stop", "column test_time_second", {"ratio": short(witness)})
    elif np.isfinite(witness):
        yield from _wall(samples)
    yield from _step_time(samples, witnessed=bool(abs(witness - 1) < 0.5))


def _wall_ratio(samples: Samples) -> float:
    """Return how many seconds of the wall clock pass in one of the test time, NaN where nothing tells."""
    if samples.wall is None or len(samples) < FEWEST_ROWS:
        return float("nan")
    edges = np.unique(np.linspace(0, len(samples) - 1, BLOCKS + 1).astype(np.int64))
    return _usual_ratio(np.diff(samples.wall[edges]), np.diff(samples.time[edges]))


def _usual_ratio(over: Floats, under: Floats) -> float:
    usable = (under > 0) & np.isfinite(over)
    return float(np.median(over[usable] / under[usable])) if usable.any() else float("nan")


def _wall(samples: Samples) -> Iterator[Finding]:
    """Find drift, pauses of the test and jumps of an hour; how often the wall clock goes back the door tells."""
    away = _ahead(samples)
    tick = _tick(samples)
    hold = LEAST_SECOND + 1.5 * tick
    lowest, highest = float(away.min()), float(away.max())
    far = np.flatnonzero((away > hold) | (away < -hold)) if highest > hold or lowest < -hold else np.empty(0, np.int64)
    hour = np.abs(np.abs(away[far]) - HOUR_SECOND) <= HOUR_TOLERANCE_SECOND + tick
    yield from _drift(samples, away, far, tick)
    paused = far[~hour & (away[far] > 0)]
    if len(paused):
        total, longest = short(away[paused].sum()), short(away[paused].max())
        yield at_rows("clock_pauses", "note", paused + 1, total_second=total, longest_second=longest)
    if hour.any():
        yield at_rows("clock_jumps_an_hour", "note", far[hour] + 1)


def _ahead(samples: Samples) -> Floats:
    """Return by how much the wall clock went ahead of the test time from each row to the next, s."""
    assert samples.wall is not None  # noqa: S101  # its ratio is finite
    away = np.diff(samples.wall - samples.time)
    return away if np.isfinite(away.sum()) else np.nan_to_num(away, nan=0.0)


def _tick(samples: Samples) -> float:
    """Return the step in s with which the wall clock was written, 0 for a fraction of a second."""
    assert samples.wall is not None  # noqa: S101
    some = samples.wall[:: max(1, len(samples) // 1_000)]
    some = some[np.isfinite(some)]
    return next((tick for tick in TICKS_SECOND if not np.mod(some, tick).any()), 0.0)


def _drift(samples: Samples, away: Floats, far: Ints, tick: float) -> Iterator[Finding]:
    # Every step may begin at a new tick of a clock that is written in whole seconds.
    least = LEAST_SECOND + tick * (len(samples.starts) + 1)
    total = float(away.sum() - away[far].sum())
    if abs(total) <= max(least, DRIFT_SHARE * samples.span):
        return
    running = samples.interval > 0
    running[far] = False
    total, passed = float(away[running].sum()), float(samples.interval[running].sum())
    if abs(total) > max(least, DRIFT_SHARE * passed):
        values = {"share": total / passed, "total_second": short(total)}
        yield Finding("clock_drifts", "warning", "column unix_time_second", values)


def _step_time(samples: Samples, *, witnessed: bool) -> Iterator[Finding]:
    """Compare step time and test time inside the steps; a wall clock shows which of the two is wrong."""
    step_time = samples.column("step_time_second")
    if step_time is None or samples.step_column is None or len(samples) < FEWEST_ROWS:
        return
    ends = np.append(samples.starts, len(samples)) - 1
    begins = np.append(0, samples.starts)
    ratio = _usual_ratio(step_time[ends] - step_time[begins], samples.time[ends] - samples.time[begins])
    if near_unit(ratio):
        severity: Severity = "warning" if witnessed else "stop"
        yield Finding("step_time_unit_suspect", severity, "column step_time_second", {"ratio": short(ratio)})
        return
    away = np.diff(step_time - samples.time)
    np.abs(away, out=away)
    rows = np.flatnonzero(away > STEP_TOLERANCE_SECOND)
    rows = rows[away[rows] > STEP_TOLERANCE_SECOND + STEP_TOLERANCE_SHARE * samples.interval[rows]] + 1
    rows = rows[~np.isin(rows, _beside(samples.starts))]
    if samples.step_column == "step_id":
        # A programme that repeats one step shows nothing in its number; a true restart begins near zero.
        rows = rows[step_time[rows] > samples.interval[rows - 1] + STEP_TOLERANCE_SECOND]
    if len(rows):
        yield at_rows("step_time_disagrees", "warning", rows)


def _beside(rows: Ints) -> Ints:
    return np.concatenate((rows - 1, rows, rows + 1))
