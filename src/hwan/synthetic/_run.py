"""Run a programme on a batch of strings: each step begins where the one before ended.

A step ends at the first instant at which the tester sees its limit, found by bisection, then on the
next multiple of the tester's tick.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from hwan.synthetic._cells import Cells
from hwan.synthetic._drive import JOULES, SOC, VOLT_SECONDS, Drive, Moment, Rows, Segment
from hwan.synthetic._hold import Bound, hold
from hwan.synthetic._ocv import Array
from hwan.synthetic._programme import Step
from hwan.synthetic._tester import Errors

BISECTIONS: Final = 60


@dataclass(frozen=True, slots=True)
class Run:
    """Executed steps of a batch of strings, with their true course."""

    cells: Cells
    steps: tuple[Step, ...]
    segments: tuple[Segment, ...]

    def segment(self, name: str) -> Segment:
        """Return the executed step called `name`."""
        return self.segments[[step.name for step in self.steps].index(name)]

    def at_end(self, name: str) -> Moment:
        """Return the instant at which the step called `name` ended."""
        segment = self.segment(name)
        return segment.at(self.rows, segment.duration)

    def ends(self, row: int) -> Array:
        """Return when each step of string `row` ended, since the test's beginning, (steps,), s."""
        ended: Array = np.cumsum([float(segment.duration[row]) for segment in self.segments])
        return ended

    @property
    def rows(self) -> Rows:
        """Every string once."""
        return np.arange(self.cells.shape[0])


@dataclass(frozen=True, slots=True)
class _Bench:
    """What a step needs beside itself."""

    cells: Cells
    errors: Errors
    rated_capacity_ah: float
    tick_second: float

    @property
    def series(self) -> int:
        return self.cells.shape[1]

    def ceiling(self) -> Bound:
        upper = self.cells.open_circuit.upper_volt
        return Bound(self.errors.true_cell_voltage(upper), self.errors.true_voltage(upper * self.series))

    def floor(self) -> Bound:
        lower = self.cells.open_circuit.lower_volt
        return Bound(self.errors.true_cell_voltage(lower), self.errors.true_voltage(lower * self.series))

    def current(self, step: Step) -> Array:
        """Return the true current of a step; a resting tester has opened its relay."""
        wanted = self.errors.true_current(step.rate_per_hour * self.rated_capacity_ah)
        return wanted if step.rate_per_hour else np.zeros_like(wanted)

    def ticked(self, duration: Array) -> Array:
        if not self.tick_second:
            return duration
        # The small amount keeps a duration that is a multiple already from growing by a tick.
        return np.ceil(duration / self.tick_second - 1e-6) * self.tick_second


def run(cells: Cells, errors: Errors, steps: tuple[Step, ...], rated_capacity_ah: float, tick_second: float) -> Run:
    """Run `steps` on `cells` (strings, series) with testers that have `errors`."""
    bench = _Bench(cells, errors, rated_capacity_ah, tick_second)
    state = np.zeros((6, *cells.shape))
    state[SOC] = cells.initial_soc
    segments: dict[str, Segment] = {}
    for step in steps:
        segment = _executed(bench, step, state, segments)
        segments[step.name] = segment
        state = segment.at(np.arange(cells.shape[0]), segment.duration).state.copy()
        state[[VOLT_SECONDS, JOULES]] = 0
    return Run(cells, steps, tuple(segments.values()))


def _executed(bench: _Bench, step: Step, state: Array, before: dict[str, Segment]) -> Segment:
    if step.ends == "hold":
        return _held(bench, step, state)
    current = bench.current(step)
    duration = np.full(state.shape[1], step.value)
    if step.ends == "voltage":
        duration = bench.ticked(_time_to_limit(bench, state, current))
    elif step.ends == "fraction":
        duration = bench.ticked(_time_to_fraction(bench, step, before["discharge"]))
    return Drive(bench.cells, state, current, duration)


def _held(bench: _Bench, step: Step, state: Array) -> Segment:
    end = bench.errors.true_current(step.value * bench.rated_capacity_ah)
    held = hold(bench.cells, state, bench.ceiling(), end)
    duration = crossing(held, lambda now: end[:, 0] - now.current, held.duration)
    return replace(held, duration=bench.ticked(duration))


def _time_to_limit(bench: _Bench, state: Array, current: Array) -> Array:
    # Beyond this state of charge every curve has left its window.
    far = np.where(current > 0, 1.2 - state[SOC], state[SOC] + 0.2)
    longest = (far * 3600 * bench.cells.charge_content_ah / np.abs(current)).min(axis=1)
    charging = bool((current > 0).all())
    limit, sign = (bench.ceiling(), 1.0) if charging else (bench.floor(), -1.0)
    drive = Drive(bench.cells, state, current, longest)
    return crossing(drive, lambda now: _beyond(now, limit, sign), longest)


def _beyond(now: Moment, limit: Bound, sign: float) -> Array:
    by_cell: Array = (sign * (now.cell_voltage - limit.cell)).max(axis=1)
    return np.maximum(by_cell, sign * (now.voltage - limit.string[:, 0]))


def _time_to_fraction(bench: _Bench, step: Step, discharge: Segment) -> Array:
    """Return when the tester's counter shows the fraction; both counters carry the same errors."""
    rows = np.arange(bench.cells.shape[0])
    gain, offset = 1 + bench.errors.current_gain[:, 0], bench.errors.current_offset[:, 0]
    counted = gain * discharge.at(rows, discharge.duration).charge_ah + offset * discharge.duration / 3600
    return -step.value * counted * 3600 / (step.rate_per_hour * bench.rated_capacity_ah)


def crossing(segment: Segment, beyond: Callable[[Moment], Array], longest: Array) -> Array:
    """Return when `beyond` rises through zero, (strings,), s; it must rise with time, 0 if it begins above."""
    rows = np.arange(len(longest))
    low, high = np.zeros_like(longest), longest.copy()
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        over = beyond(segment.at(rows, middle)) >= 0
        high, low = np.where(over, middle, high), np.where(over, low, middle)
    return high
