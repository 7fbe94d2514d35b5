"""Readings of all cells of a pack at the moments that tell: ends of charge, rest, discharge and pulse.

The last samples before such a moment lie on a straight line, short as the window is: its value at the
moment is the reading, its scatter the noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from hwan.health._analysis import Analysis
from hwan.health._cells import Cells, Floats, cell_voltages
from hwan.health._noise import resolution
from hwan.health._signals import Ints

LEAST_SAMPLES: Final = 3


@dataclass(frozen=True, slots=True)
class Readings:
    """Voltages of the cells at one moment, arrays of shape (cells,).

    `noise_volt` is the standard error of a reading, `clock_volt` what the doubt of a log's clock moves
    it at most, `first_sample` and `last_sample` the samples behind it.
    """

    numbers: tuple[int, ...]
    volts: Floats
    noise_volt: float
    clock_volt: Floats
    first_sample: int
    last_sample: int


def readings_at(analysis: Analysis, cells: Cells, last_sample: int, first_sample: int, seconds: float) -> Readings:
    """Return the cells' voltages at `last_sample`, from samples not before `first_sample` nor older than `seconds`."""
    time = analysis.data.time_second
    doubt, interval = _clock_doubt(analysis, cells)
    begin = int(np.searchsorted(time, time[last_sample] - max(seconds, LEAST_SAMPLES * interval)))
    begin = max(first_sample, min(begin, last_sample - LEAST_SAMPLES + 1), 0)
    picked = _apart(time, begin, last_sample, interval)
    volts = cell_voltages(analysis.recording.samples, cells.numbers, analysis.data.row[picked])
    value, slope, noise = _line_at_end(time[picked] - time[last_sample], volts)
    return Readings(cells.numbers, value, noise, np.abs(slope) * doubt, begin, last_sample)


def _line_at_end(since: Floats, volts: Floats) -> tuple[Floats, Floats, float]:
    """Return value at 0 s, slope in V/s, and the pooled standard error of the value.

    A rounded reading scatters by its resolution/√12 at least.
    """
    complete = np.isfinite(volts).all(axis=1)
    if complete.any() and not complete.all():
        since, volts = since[complete], volts[complete]
    floor = resolution(volts.ravel()) / np.sqrt(12) / np.sqrt(len(volts))
    if len(volts) < LEAST_SAMPLES or np.ptp(since) == 0:
        return volts[-1], np.zeros(volts.shape[1]), float(floor)
    design = np.column_stack([np.ones_like(since), since])
    fit, *_ = np.linalg.lstsq(design, volts, rcond=None)
    left = volts - design @ fit
    spare = max(len(volts) - 2, 1)
    scatter = float(np.sqrt(np.nanmedian((left**2).sum(axis=0)) / spare))
    leverage = float(np.sqrt(np.linalg.inv(design.T @ design)[0, 0]))
    return fit[0], fit[1], float(np.hypot(scatter * leverage, floor))


def _apart(time: Floats, first: int, last: int, interval: float) -> Ints:
    """Return samples from `last` backwards that are `interval` apart: a log's reading counts once."""
    samples = np.arange(first, last + 1)
    if not interval:
        return samples
    bins = np.floor((time[last] - time[samples]) / interval + 1e-6)
    picked: Ints = samples[np.append(bins[1:] != bins[:-1], True)]
    return picked


def _clock_doubt(analysis: Analysis, cells: Cells) -> tuple[Floats, float]:
    """Return by how many s each cell's time may be wrong, and the sampling interval in s of the slowest log.

    Both are zero for cells on the tester's own clock.
    """
    doubt, interval = np.zeros(len(cells.numbers)), 0.0
    for finding in analysis.recording.findings:
        if finding.code == "cell_log_joined":
            own = np.array(cells.numbers) >= int(finding.values["first_cell"])
            doubt[own] = float(finding.values["half_width_second"])
            interval = max(interval, float(finding.values["interval_second"]))
    return doubt, interval
