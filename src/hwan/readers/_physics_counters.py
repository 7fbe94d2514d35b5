"""Counters that fall although they only ever add, and cycle numbers that go back.

A counter begins again at zero where its scope does: the test, a cycle, a step, or where the operator reset it.
Which of them it truly follows is proven later, against ∫I·dt; a fall that none of them explains is told here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from hwan.core import Finding
from hwan.readers._changes import change_after
from hwan.readers._physics_samples import LARGE_SHARE, Bools, Floats, Ints, Samples, at_rows, short

FALL_SHARE: Final = 1e-3
"""A counter that falls by less than this part of its largest reading shows its noise."""
FLOW_MOST: Final = 2.0
"""A counter that began again shows at most so many times what flows from the row before."""
SECONDS_PER_HOUR: Final = 3600.0
SCOPES: Final = ("step_", "cycle_", "schedule_")
FLOWS: Final = ("charging", "discharging", "cumulative")
"""Net counters fall whenever the battery is discharged."""


def counters(samples: Samples) -> Iterator[Finding]:
    """Yield counters that fall where no scope begins again, and where cycle numbers go back."""
    for name, changes in samples.counter_changes.items():
        if (changes.sizes < 0).any() and name.removeprefix(scope_of(name)).startswith(FLOWS):
            yield from _falls(samples, name, changes.rows[changes.sizes < 0] + 1)
    back = samples.cycle_changes.rows[samples.cycle_changes.sizes < 0] + 1
    if len(back):
        before, after = samples.cycle[back[0] - 1 : back[0] + 1].tolist()
        yield at_rows("cycle_numbers_run_backwards", "warning", back, before=int(before), after=int(after))


def scope_of(name: str) -> str:
    """Return what a counter's name says of its scope; the test has no word.

    >>> scope_of("step_net_capacity_ah"), scope_of("charging_energy_wh")
    ('step_', '')
    """
    return next((scope for scope in SCOPES if name.startswith(scope)), "")


def _falls(samples: Samples, name: str, rows: Ints) -> Iterator[Finding]:
    values, least = samples.counter(name), FALL_SHARE * samples.largest(name)
    again = _begins_again(samples, name, values, rows)
    wrong = rows[~again]
    if not len(wrong) or _deepest(values, rows[again]) <= least:
        return
    sizes = -change_after(values, wrong - 1)
    # Single falls stand out from noise; where there are none, the counter creeps down over all of them.
    told = sizes > least if (sizes > least).any() else sizes > 0
    amounts = {"total": short(sizes[told].sum()), "largest": short(sizes[told].max())}
    unit = "Ah" if name.endswith("_ah") else "Wh"
    yield at_rows("counter_runs_backwards", "warning", wrong[told], column=name, unit=unit, **amounts)


def _deepest(values: Floats, again: Ints) -> float:
    """Return how deep a counter falls below what it had shown, where it began again gone on with."""
    added = np.zeros(len(values))
    added[again] = -change_after(values, again - 1)
    level = values + np.cumsum(added)
    return float((np.maximum.accumulate(level) - level).max())


def _begins_again(samples: Samples, name: str, values: Floats, rows: Ints) -> Bools:
    """Mark the rows at which a counter begins again where a scope does.

    Where its own scope begins it may show anything: some records hold only the end of each. Elsewhere it is
    zero, or what flowed since the row before: at another scope's begin (labels are often wrong), and wherever
    nothing numbers the executed steps.
    """
    scope = scope_of(name)
    cycle, step = _beside(samples.turns), np.concatenate((_beside(samples.turns), _beside(samples.starts)))
    begins = np.isin(rows, {"cycle_": cycle, "step_": step}.get(scope, cycle[:0]))
    anew = _near_zero(samples, name, values, rows)
    if scope != "schedule_" and samples.step_column == "step_count":
        anew &= np.isin(rows, np.concatenate((step, _beside(samples.restarts))))
    either: Bools = begins | anew
    return either


def _near_zero(samples: Samples, name: str, values: Floats, rows: Ints) -> Bools:
    """Mark the rows whose reading is the noise of zero, or no more than flowed from the row before."""
    hours = np.abs(change_after(samples.time, rows - 1)) / SECONDS_PER_HOUR
    flowed = np.fmax(np.abs(samples.current[rows - 1]), np.abs(samples.current[rows])) * hours
    if name.endswith("_wh"):
        flowed = flowed * np.abs(samples.voltage[rows])
    near: Bools = values[rows] <= np.fmax(LARGE_SHARE * samples.largest(name), FLOW_MOST * flowed)
    return near


def _beside(rows: Ints) -> Ints:
    """Return the rows and their neighbours: some testers number the last row of a step as the next one's."""
    return np.concatenate((rows - 1, rows, rows + 1))
