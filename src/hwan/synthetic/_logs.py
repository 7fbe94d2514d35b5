"""What a battery management system writes of a run: its cells, its current sensor, by its own clock."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from hwan.core import cell_column
from hwan.synthetic._bms import DrawnBms
from hwan.synthetic._drive import Glimpse
from hwan.synthetic._ocv import Array
from hwan.synthetic._run import Run
from hwan.synthetic._samples import CELLS_PER_SENSOR, recorded, rounded

TEMPERATURE_NOISE_KELVIN: Final = 0.1
TEMPERATURE_RESOLUTION_KELVIN: Final = 1.0
# How much of the discharge a log sees that ends too early.
TRUNCATED_AT: Final = 0.6


def log_frame(
    executed: Run, row: int, system: DrawnBms, ambient: float, seed: list[int], *, truncated: bool = False
) -> pl.DataFrame:
    """Return what `system` writes of string `row` from its switching on to the test's end, or until it broke off.

    Parameters
    ----------
    ambient
        True temperature around the battery, degC.
    seed
        Seed of the readings' noise.
    truncated
        The log ends when 60 % of the discharge are done.
    """
    random, limits = np.random.default_rng(seed), system.limits
    shown = _instants(executed, row, system, truncated)
    seen = _course(executed, row, system, system.clock.true(shown))
    volts = _volts(seen, system, random)
    columns = {
        "test_time_second": shown,
        "voltage_volt": rounded(volts.sum(axis=0), limits.voltage_resolution_volt),
        "current_ampere": _current(seen, system, random),
        "surface_temperature_celsius": _temperature(ambient + seen.rise.mean(axis=1), system, random),
    }
    columns |= {cell_column(number, "voltage_volt"): own for number, own in enumerate(volts, 1)}
    for cell in range(0, len(volts), CELLS_PER_SENSOR):
        warm = _temperature(ambient + seen.rise[:, cell], system, random)
        columns[cell_column(cell + 1, "temperature_celsius")] = warm
    return pl.DataFrame(columns)


def _instants(executed: Run, row: int, system: DrawnBms, truncated: bool) -> Array:
    ends = executed.ends(row)
    true_end = ends[-1]
    if truncated:
        number = [step.name for step in executed.steps].index("discharge")
        true_end = ends[number] - (1 - TRUNCATED_AT) * float(executed.segments[number].duration[row])
    lasting = float(system.clock.shown(true_end)) - system.phase_second
    rows = np.arange(int(lasting // system.limits.sampling_second) + 1)
    times: Array = np.round(system.phase_second + rows * system.limits.sampling_second, 6)
    return times


def _course(executed: Run, row: int, system: DrawnBms, true: Array) -> Glimpse:
    """Return the truth at `true` (rising): each step's part, one after the other."""
    ends = executed.ends(row)
    bounds = np.concatenate([[0], np.searchsorted(true, ends[:-1]), [len(true)]])
    own = slice(system.cells.start - 1, system.cells.stop - 1)
    parts = []
    for number, segment in enumerate(executed.segments):
        # Before the test the battery was at rest, as it is at the first step's beginning.
        since = true[bounds[number] : bounds[number + 1]] - (ends[number - 1] if number else 0.0)
        parts.append(segment.glimpse(row, own, np.maximum(since, 0)))
    return Glimpse.joined(parts)


def _volts(seen: Glimpse, system: DrawnBms, random: np.random.Generator) -> Array:
    """Return the readings of the cells, (cells, rows): a column of the log is then one piece of memory."""
    gains, offsets = np.array([system.voltage_gains]).T, np.array([system.voltage_offsets_volt]).T
    measured = np.ascontiguousarray(seen.cell_voltage.T) * (1 + gains) + offsets
    limits = system.limits
    return recorded(measured, limits.voltage_noise_volt, limits.voltage_resolution_volt, random)


def _current(seen: Glimpse, system: DrawnBms, random: np.random.Generator) -> Array:
    measured = seen.current * (1 + system.current_gain) + system.current_offset_ampere
    limits = system.limits
    return recorded(measured, limits.current_noise_ampere, limits.current_resolution_ampere, random)


def _temperature(true: Array, system: DrawnBms, random: np.random.Generator) -> Array:
    measured = true + system.temperature_offset_kelvin
    return recorded(measured, TEMPERATURE_NOISE_KELVIN, TEMPERATURE_RESOLUTION_KELVIN, random)
