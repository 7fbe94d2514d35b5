"""From the true course to what the tester records: sampled, with its errors, noise and rounding.

A step's first point is the instant at which its current has begun to flow, its last the instant at
which it still does; the two points at the boundary of two steps therefore carry the same time. The
counters begin anew with each step and count at rest, too, where they see the offset of the current.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Final

import numpy as np
import polars as pl

from hwan.core import cell_column
from hwan.synthetic._drive import RISE, Rows, Segment
from hwan.synthetic._ocv import Array
from hwan.synthetic._programme import Programme, Step
from hwan.synthetic._run import Run
from hwan.synthetic._tester import Tester

CELLS_PER_SENSOR: Final = 8
# A point nearer to the step's end than this is the end itself.
NEAR_SECOND: Final = 1e-6
# Cells of one vectorised pass, which bounds the memory of a second's samples.
CELLS_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True)
class Course:
    """True course of one string at its recorded instants, (rows,), cells (rows, series)."""

    step: Rows
    time: Array
    step_time: Array
    current: Array
    voltage: Array
    charge_ah: Array
    energy_wh: Array
    volt_seconds: Array
    cell_voltage: Array
    rise: Array

    def take(self, rows: Rows) -> Course:
        """Return the course at `rows`."""
        return Course(*(getattr(self, each.name)[rows] for each in fields(self)))

    def then(self, later: Course) -> Course:
        """Return this course and `later` after it."""
        pairs = ((getattr(self, each.name), getattr(later, each.name)) for each in fields(self))
        return Course(*(np.concatenate(pair) for pair in pairs))


def courses(executed: Run, programme: Programme) -> Iterator[Course]:
    """Return the course of each string at the instants that `programme` records."""
    at_once = max(1, CELLS_AT_ONCE // executed.cells.shape[1])
    for first in range(0, len(executed.rows), at_once):
        yield from _courses(executed, executed.rows[first : first + at_once], programme)


def _courses(executed: Run, rows: Rows, programme: Programme) -> Iterator[Course]:
    parts = [_sampled(executed, rows, number, programme) for number in range(len(executed.steps))]
    strings, *columns = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.argsort(strings, kind="stable")
    bounds = np.searchsorted(strings[order], [*rows, rows[-1] + 1])
    for first, last in pairwise(bounds):
        here = order[first:last]
        yield Course(*(column[here] for column in columns))


def _sampled(executed: Run, rows: Rows, number: int, programme: Programme) -> tuple[Array | Rows, ...]:
    segment = executed.segments[number]
    began = sum((earlier.duration for earlier in executed.segments[:number]), np.zeros(len(executed.rows)))
    strings, time = _instants(segment, rows, executed.steps[number], programme)
    now = segment.at(strings, time)
    step = np.full(len(strings), number)
    rise = now.state[RISE]
    truth = (now.current, now.voltage, now.charge_ah, now.energy_wh, now.volt_seconds, now.cell_voltage, rise)
    return strings, step, began[strings] + time, time, *truth


def _instants(segment: Segment, rows: Rows, step: Step, programme: Programme) -> tuple[Rows, Array]:
    """Return the recorded instants of strings `rows`: the first, each interval, and the last of the step."""
    duration = segment.duration[rows]
    grid = _grid(step, programme, float(duration.max()))
    strings, columns = np.nonzero(grid < duration[:, None] - NEAR_SECOND)
    return np.concatenate([rows[strings], rows]), np.concatenate([grid[columns], duration])


def _grid(step: Step, programme: Programme, longest: float) -> Array:
    dense = min(programme.dense_sampling_second, programme.sampling_second)
    fine = _multiples(0.0, min(step.dense_second, longest), dense)
    return np.concatenate([fine, _multiples(step.dense_second, longest, programme.sampling_second)])


def _multiples(first: float, last: float, interval: float) -> Array:
    count = max(int(np.ceil((last - first) / interval - 1e-9)), 0)
    times: Array = np.round(first + np.arange(count) * interval, 9)
    return times


def frame(
    course: Course, tester: Tester, words: tuple[str, ...], ambient: float, seed: list[int], *, cells: bool = True
) -> pl.DataFrame:
    """Return what `tester` records of `course`, in BDF columns.

    Parameters
    ----------
    words
        The tester's word for each step.
    ambient
        True temperature around the battery, degC.
    seed
        Seed of the samples' noise.
    cells
        The file has columns for the cells of a string.
    """
    random = np.random.default_rng(seed)
    number = course.step + 1
    columns = {
        "test_time_second": np.round(course.time, 6),
        "voltage_volt": _voltage(course, tester, random),
        "current_ampere": _current(course, tester, random),
        "step_count": number,
        "step_id": number,
        "step_type": np.array(words)[course.step],
        "cycle_count": np.ones_like(number),
        **_counters(course, tester),
        "surface_temperature_celsius": _temperature(ambient + course.rise.mean(axis=1), tester, random),
        "ambient_temperature_celsius": _temperature(np.full(len(number), ambient), tester, random),
    }
    if cells and course.cell_voltage.shape[1] > 1:
        columns |= _cell_columns(course, tester, ambient, random)
    return pl.DataFrame(columns)


def _voltage(course: Course, tester: Tester, random: np.random.Generator) -> Array:
    seen = course.voltage * (1 + tester.voltage_gain) + tester.voltage_offset_volt
    return recorded(seen, tester.voltage_noise_volt, tester.voltage_resolution_volt, random)


def _current(course: Course, tester: Tester, random: np.random.Generator) -> Array:
    seen = course.current * (1 + tester.current_gain) + tester.current_offset_ampere
    return recorded(seen, tester.current_noise_ampere, tester.current_resolution_ampere, random)


def _temperature(true: Array, tester: Tester, random: np.random.Generator) -> Array:
    seen = true + tester.temperature_offset_kelvin
    return recorded(seen, tester.temperature_noise_kelvin, tester.temperature_resolution_kelvin, random)


def recorded(seen: Array, noise: float, resolution: float, random: np.random.Generator) -> Array:
    """Return `seen` with white noise of standard deviation `noise`, rounded to `resolution`."""
    noisy: Array = seen + noise * random.standard_normal(seen.shape) if noise else seen
    return rounded(noisy, resolution)


def rounded(values: Array, resolution: float) -> Array:
    """Return `values` rounded to multiples of `resolution`; 0 keeps every digit.

    >>> rounded(np.array([4.19996]), 1e-4).tolist()
    [4.2]
    """
    if not resolution:
        return values
    # Dividing by the inverse gives the nearest decimal number where multiplying would not.
    nearest: Array = np.rint(values / resolution) / (1 / resolution) + 0.0
    return nearest


def _counters(course: Course, tester: Tester) -> dict[str, Array]:
    """Integrate what the tester sees: charge, and energy as the product of its current and its voltage."""
    gain, offset = 1 + tester.current_gain, tester.current_offset_ampere
    charge = gain * course.charge_ah + offset * course.step_time / 3600
    watt_hours = gain * course.energy_wh + offset * course.volt_seconds / 3600
    energy = (1 + tester.voltage_gain) * watt_hours + tester.voltage_offset_volt * charge
    found = {}
    for name, net in (("capacity_ah", charge), ("energy_wh", energy)):
        counted = rounded(net, tester.counter_resolution)
        found[f"step_charging_{name}"] = np.maximum(counted, 0)
        found[f"step_discharging_{name}"] = np.maximum(-counted, 0) + 0.0
    return found


def _cell_columns(course: Course, tester: Tester, ambient: float, random: np.random.Generator) -> dict[str, Array]:
    series = course.cell_voltage.shape[1]
    gains = np.array(tester.cell_voltage_gains or (tester.voltage_gain,) * series)
    offsets = np.array(tester.cell_voltage_offsets_volt or (0.0,) * series)
    seen = course.cell_voltage * (1 + gains) + offsets
    volts = recorded(seen, tester.cell_voltage_noise_volt, tester.cell_voltage_resolution_volt, random)
    found = {cell_column(cell + 1, "voltage_volt"): volts[:, cell] for cell in range(series)}
    for cell in range(0, series, CELLS_PER_SENSOR):
        warm = _temperature(ambient + course.rise[:, cell], tester, random)
        found[cell_column(cell + 1, "temperature_celsius")] = warm
    return found
