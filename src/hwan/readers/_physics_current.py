"""Values that a tester's range or channel made wrong: jumps by powers of ten, a voltage that stands still.

A wrong range multiplier changes the recorded current by a power of ten while the battery sees nothing.
The battery's own voltage is the witness: at a true change of current it moves by I times R.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from hwan.core import Finding, Severity
from hwan.readers._changes import Changes
from hwan.readers._physics_samples import LARGE_SHARE, Bools, Floats, Ints, Samples, at_rows, short, size_after

DECADES_MOST: Final = 3
DECADE_TOLERANCE: Final = 0.02
BESIDE: Final = 5
STEADY: Final = 0.05
"""A value stays where the `BESIDE` rows on one side spread by less than this part of it."""
FEWEST_STEADY: Final = 3
UNMOVED: Final = 0.2
"""The voltage moved by less than this part of what the file's other switches of current make of it."""
VISIBLE: Final = 3.0
"""A movement of fewer digits of the voltage than this would not be seen."""
LEAP: Final = 20.0
"""A counter that grows by so many of the increments around leaps."""
STUCK_ROWS: Final = 10
STUCK_SECOND: Final = 60.0
MOST_RUNS: Final = 100
MOST_ROWS: Final = 20_000
STILL_SECOND: Final = 1800.0
STILL_SHARE: Final = 0.2
"""A constant current that moves this part of the record's charge moves the voltage too."""
STILL_SPREAD: Final = 0.01


def ranges(samples: Samples) -> Iterator[Finding]:
    """Yield where current or a counter changed by a power of ten, and the voltage of the battery did not."""
    if samples.largest_current:
        changed = samples.current_changes.rows
        rows, powers = _decades(samples.current, changed, samples.largest_current, samples.starts)
        unmoved = _unmoved(samples, rows)
        rows, powers = rows[unmoved], powers[unmoved]
        stays = _stays(samples, samples.current, rows, powers)
        yield from _told("current_range_jumps", "current_ampere", rows[stays], powers[stays])
    for name, changes in samples.counter_changes.items():
        yield from _counter(samples, name, changes)


def _decades(values: Floats, changed: Ints, largest: float, starts: Ints) -> tuple[Ints, Floats]:
    """Return the rows before which a value changed by a power of ten inside a step, and the powers."""
    before, after = values[changed], values[changed + 1]
    with np.errstate(all="ignore"):
        ratio = after.astype(np.float64) / before
        powers = np.round(np.log10(ratio))
        jumps = np.abs(ratio / 10.0**powers - 1) <= DECADE_TOLERANCE
    jumps &= (np.abs(powers) >= 1) & (np.abs(powers) <= DECADES_MOST)
    jumps &= np.maximum(np.abs(before), np.abs(after)) >= LARGE_SHARE * largest
    jumps &= ~np.isin(changed + 1, starts)
    return changed[jumps] + 1, powers[jumps]


def _stays(samples: Samples, values: Floats, rows: Ints, powers: Floats) -> Bools:
    """Mark the jumps from one steady value to another, each inside its step."""
    bounds = np.concatenate(([0], samples.starts, [len(samples)]))
    found = np.zeros(len(rows), np.bool_)
    for number, row in enumerate(rows):
        place = np.searchsorted(bounds, row, side="right")
        before = values[max(row - BESIDE, bounds[place - 1]) : row]
        after = values[row : min(row + BESIDE, bounds[place])]
        if min(len(before), len(after)) >= FEWEST_STEADY and _steady(before) and _steady(after):
            ratio = float(np.median(after)) / float(np.median(before))
            found[number] = abs(ratio / 10.0 ** powers[number] - 1) <= DECADE_TOLERANCE
    return found


def _steady(values: Floats) -> bool:
    return float(np.ptp(values)) <= STEADY * float(np.abs(values).max())


def _unmoved(samples: Samples, rows: Ints) -> Bools:
    """Mark the jumps at which the voltage moved less than it does where the current truly switches."""
    if not len(rows):
        return np.zeros(0, np.bool_)
    moved = size_after(samples.voltage, rows - 1)
    quiet = moved <= _beside_usual(samples, rows)
    switches = np.setdiff1d(samples.switches, rows - 1)
    if not len(switches):
        return quiet
    per_ampere = float(np.median(size_after(samples.voltage, switches) / size_after(samples.current, switches)))
    expected = per_ampere * size_after(samples.current, rows - 1)
    unmoved: Bools = quiet & (moved < UNMOVED * expected) & (expected >= VISIBLE * _digit(samples))
    return unmoved


def _beside_usual(samples: Samples, rows: Ints) -> Floats:
    """Return by how much the voltage at most moves per row beside each jump, V, and a digit."""
    away = np.setdiff1d(np.arange(-BESIDE, BESIDE + 1), [0])
    around = np.clip(rows[:, None] - 1 + away, 0, len(samples) - 2)
    usual: Floats = np.nanmax(size_after(samples.voltage, around), axis=1) + _digit(samples)
    return usual


def _digit(samples: Samples) -> float:
    """Return the smallest change that the voltage shows, V; 0 where it never changes."""
    some = np.abs(np.diff(samples.voltage[:100_001]))
    return float(some[some > 0].min(initial=np.inf)) if (some > 0).any() else 0.0


def _told(code: str, column: str, rows: Ints, powers: Floats) -> Iterator[Finding]:
    for power in np.unique(powers):
        yield at_rows(code, "stop", rows[powers == power], column=column, factor=float(10.0**power))


def _counter(samples: Samples, name: str, changes: Changes) -> Iterator[Finding]:
    values, largest = samples.counter(name), samples.largest(name)
    changed = changes.rows[np.abs(changes.sizes) > 0.9 * LARGE_SHARE * largest]
    rows, powers = _decades(values, changed, largest, samples.starts)
    if not len(rows):
        return
    away = np.setdiff1d(np.arange(-BESIDE, BESIDE + 1), [0])
    around = np.clip(rows[:, None] - 1 + away, 0, len(samples) - 2)
    leaps = size_after(values, rows - 1) > LEAP * np.nanmax(size_after(values, around), axis=1)
    yield from _told("counter_range_jumps", name, rows[leaps], powers[leaps])


def stuck(samples: Samples) -> Iterator[Finding]:
    """Yield where the voltage repeats one value although the current switches, or flows on and on."""
    if not samples.largest_current or len(samples) < STUCK_ROWS:
        return
    level = _level(samples, samples.switches)
    runs = sorted({_run(samples, int(row)) for row in samples.switches[level][:MOST_RUNS]})
    runs = [run for run in runs if _lasts(samples, run) >= STUCK_SECOND]
    if runs and _shows(samples, samples.switches[~level]):
        yield _held("voltage_stuck", "stop", samples, runs)
        return
    yield from _still(samples)


def _level(samples: Samples, rows: Ints) -> Bools:
    """Mark the switches of current around which the voltage repeats one value."""
    around = np.clip(rows[:, None] + np.arange(1 - BESIDE, BESIDE + 1), 0, len(samples) - 1)
    level: Bools = np.ptp(samples.voltage[around], axis=1) == 0
    return level & (rows + 1 >= BESIDE) & (rows + BESIDE < len(samples))


def _run(samples: Samples, row: int) -> tuple[int, int]:
    """Return the first and the last row around `row` with its voltage."""
    value = samples.voltage[row]
    before, after = samples.voltage[:row] != value, samples.voltage[row:] != value
    first = row - int(np.argmax(before[::-1])) if before.any() else 0
    return first, row + int(np.argmax(after)) - 1 if after.any() else len(samples) - 1


def _lasts(samples: Samples, run: tuple[int, int]) -> float:
    return float(samples.time[run[1]] - samples.time[run[0]])


def _shows(samples: Samples, switches: Ints) -> bool:
    """Return whether the voltage is fine enough to show these switches of current; without any, it should."""
    moved = size_after(samples.voltage, switches)
    return not len(moved) or float(np.nanmedian(moved)) >= VISIBLE * _digit(samples)


def _still(samples: Samples) -> Iterator[Finding]:
    """Find long constant currents at one voltage; a battery held at its voltage takes ever less."""
    runs = [run for run in _long_runs(samples) if _constant(samples, *run)]
    if not runs:
        return
    flows = np.append(0.0, np.cumsum(np.nan_to_num(samples.current[1:] * samples.interval)))
    swing = float(np.ptp(flows))
    held = [run for run in runs if abs(flows[run[1]] - flows[run[0]]) >= STILL_SHARE * swing]
    if held:
        yield _held("voltage_stands_still", "warning", samples, held)


def _long_runs(samples: Samples) -> Iterator[tuple[int, int]]:
    """Yield the first and the last row of the longest runs of one voltage, looked for on some of the rows."""
    every = max(1, len(samples) // MOST_ROWS)
    voltage, time = samples.voltage[::every], samples.time[::every]
    ends = np.append(np.flatnonzero(voltage[1:] != voltage[:-1]), len(voltage) - 1)
    begins = np.append(0, ends[:-1] + 1)
    second = time[ends] - time[begins]
    if not (second >= STILL_SECOND).any():
        return
    for one in np.argsort(second)[-3:]:
        first, last = int(begins[one]) * every, int(ends[one]) * every
        if second[one] >= STILL_SECOND and np.ptp(samples.voltage[first : last + 1]) == 0:
            yield first, last


def _constant(samples: Samples, first: int, last: int) -> bool:
    inside = samples.current[first + 1 : last]
    size = float(np.abs(inside).max(initial=0.0))
    return size > LARGE_SHARE * samples.largest_current and float(np.ptp(inside)) <= STILL_SPREAD * size


def _held(code: str, severity: Severity, samples: Samples, runs: list[tuple[int, int]]) -> Finding:
    longest = max(runs, key=lambda run: _lasts(samples, run))
    second, volt = _lasts(samples, longest), float(samples.voltage[longest[0]])
    firsts = np.array([first for first, _ in runs], np.int64)
    return at_rows(code, severity, firsts, longest_second=short(second), value_volt=short(volt))
