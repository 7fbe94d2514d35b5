"""Clocks that contradict each other: test time, wall clock, step time.

The wall clock is an independent witness of the test time: it shows another unit, drift, pauses and the
change to and from summer time. The step time is counted by the same tester and shows columns mixed up.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from hwan.core import Finding, Severity
from hwan.readers._changes import Changes, change_after
from hwan.readers._physics_samples import (
    LEAST_SECOND,
    STEP_TOLERANCE_SECOND,
    Floats,
    Ints,
    Samples,
    at_rows,
    near_unit,
    short,
)

CLOCKS: Final = ("unix_time_second", "test_time_second")
BLOCKS: Final = 20
"""The record is cut into so many blocks; the median ratio of their spans is not moved by a few pauses."""
FEWEST_ROWS: Final = 10
DRIFT_SHARE: Final = 1e-3
"""Clocks that differ by more than this part of the time passed, and by `LEAST_SECOND`, drift."""
HOUR_SECOND: Final = 3600.0
HOUR_TOLERANCE_SECOND: Final = 2.0
STEP_TOLERANCE_SHARE: Final = 0.01
LONGEST_YEARS: Final = 10.0
"""No recording of one test lasts longer: hours that were taken for seconds, or multiplied twice."""
SECONDS_PER_YEAR: Final = 365.25 * 86_400


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
    tick, far = samples.wall_tick, samples.clock_changes["unix_time_second"]
    hour = np.abs(np.abs(far.sizes) - HOUR_SECOND) <= HOUR_TOLERANCE_SECOND + tick
    yield from _drift(samples, far, tick)
    paused = ~hour & (far.sizes > 0)
    if paused.any():
        total, longest = short(far.sizes[paused].sum()), short(far.sizes[paused].max())
        yield at_rows("clock_pauses", "note", far.rows[paused] + 1, total_second=total, longest_second=longest)
    if hour.any():
        yield at_rows("clock_jumps_an_hour", "note", far.rows[hour] + 1)


def _ahead(samples: Samples) -> Floats:
    """Return by how much the wall clock went ahead of the test time from each row to the next, s."""
    assert samples.wall is not None  # noqa: S101  # its ratio is finite
    return np.nan_to_num(np.diff(samples.wall - samples.time), nan=0.0)


def _ahead_in_all(samples: Samples) -> float:
    """Return by how much the wall clock went ahead of the test time from the first row to the last, s."""
    assert samples.wall is not None  # noqa: S101
    ends = samples.wall[[0, -1]] - samples.time[[0, -1]]
    absent = any(samples.frame[name].null_count() for name in CLOCKS)
    return float(_ahead(samples).sum()) if absent else float(ends[1] - ends[0])


def _drift(samples: Samples, far: Changes, tick: float) -> Iterator[Finding]:
    # Every step may begin at a new tick of a clock that is written in whole seconds.
    least = LEAST_SECOND + tick * (len(samples.starts) + 1)
    total = _ahead_in_all(samples) - float(far.sizes.sum())
    if abs(total) <= max(least, DRIFT_SHARE * samples.span):
        return
    away, running = _ahead(samples), samples.interval > 0
    running[far.rows] = False
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
    away = samples.clock_changes["step_time_second"]
    allowed = STEP_TOLERANCE_SECOND + STEP_TOLERANCE_SHARE * change_after(samples.time, away.rows)
    rows = away.rows[np.abs(away.sizes) > allowed] + 1
    rows = rows[~np.isin(rows, _beside(samples.starts))]
    if samples.step_column == "step_id":
        # A programme that repeats one step shows nothing in its number; a true restart begins near zero.
        rows = rows[step_time[rows] > change_after(samples.time, rows - 1) + STEP_TOLERANCE_SECOND]
    if len(rows):
        yield at_rows("step_time_disagrees", "warning", rows)


def _beside(rows: Ints) -> Ints:
    return np.concatenate((rows - 1, rows, rows + 1))
