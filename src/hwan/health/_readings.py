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
from hwan.health._signals import Ints

LEAST_SAMPLES: Final = 3


@dataclass(frozen=True, slots=True)
class Readings:
    """Voltages of the cells at one moment, arrays of shape (cells,).

    NaN where a cell has no reading. `noise_volt` is the standard error of a reading, `clock_volt` what
    the doubt of a log's clock moves it at most, `first_sample` and `last_sample` the samples behind it.
    """

    numbers: tuple[int, ...]
    volts: Floats
    noise_volt: Floats
    clock_volt: Floats
    first_sample: int
    last_sample: int

    @property
    def heard(self) -> bool:
        """Whether any cell has a reading."""
        return bool(np.isfinite(self.volts).any())


def readings_at(analysis: Analysis, cells: Cells, last_sample: int, first_sample: int, seconds: float) -> Readings:
    """Return the cells' voltages at `last_sample`, from samples not before `first_sample` nor older than `seconds`."""
    time = analysis.data.time_second
    doubt, interval, step = _by_logs(analysis, cells)
    begin = int(np.searchsorted(time, time[last_sample] - max(seconds, LEAST_SAMPLES * interval)))
    begin = max(first_sample, min(begin, last_sample - LEAST_SAMPLES + 1), 0)
    picked = _apart(time, begin, last_sample, interval)
    volts = cell_voltages(analysis.recording.samples, cells.numbers, analysis.data.row[picked])
    value, slope, noise = _line_at_end(time[picked] - time[last_sample], volts, step or _step(volts))
    return Readings(cells.numbers, value, noise, np.abs(slope) * doubt, begin, last_sample)


def _step(volts: Floats) -> float:
    """Return the smallest change of any cell from one sample to the next in V: its resolution or less."""
    change = np.abs(np.diff(volts, axis=0))
    return float(change[change > 0].min(initial=np.inf)) if (change > 0).any() else 0.0


def _line_at_end(since: Floats, volts: Floats, step: float) -> tuple[Floats, Floats, Floats]:
    """Return value at 0 s, slope in V/s, and the standard error of the value, arrays of shape (cells,).

    Each cell has a line of its own through what it answered; a cell with too few readings for one has its
    last. The scatter is the median cell's. Readings that scatter less than their rounding to `step` volt
    are all off alike.
    """
    known = np.isfinite(volts)
    count = known.sum(axis=0)
    times = np.where(known, since[:, None], 0.0)
    filled = np.where(known, volts, 0.0)
    first, second = times.sum(axis=0), (times**2).sum(axis=0)
    spread = count * second - first**2
    lined = (count >= LEAST_SAMPLES) & (spread > 1e-9 * np.maximum(second, 1e-9))
    spread = np.where(lined, spread, 1.0)
    total, moment = filled.sum(axis=0), (times * filled).sum(axis=0)
    slope = np.where(lined, (count * moment - first * total) / spread, 0.0)
    last = volts[len(volts) - 1 - known[::-1].argmax(axis=0), np.arange(volts.shape[1])]
    value = np.where(lined, (second * total - first * moment) / spread, last)
    left = np.where(known, volts - value - slope * since[:, None], 0.0)
    scatter = _scatter((left**2).sum(axis=0)[lined], count[lined] - 2)
    rounded = step / np.sqrt(12)
    leverage = np.sqrt(np.where(lined, second / spread, 1.0))
    return value, slope, np.hypot(scatter * leverage, rounded if scatter < rounded else 0.0)


def _scatter(squares: Floats, spare: Ints) -> float:
    """Return the standard deviation of one reading from sums of squares with `spare` degrees of freedom, of many cells.

    The median of a sum of squares is not its mean (Wilson and Hilferty).
    """
    usual = spare * (1 - 2 / (9 * np.maximum(spare, 1))) ** 3
    return float(np.sqrt(np.median(squares / usual))) if len(squares) else 0.0


def _apart(time: Floats, first: int, last: int, interval: float) -> Ints:
    """Return samples from `last` backwards that are `interval` apart: a log's reading counts once."""
    samples = np.arange(first, last + 1)
    if not interval:
        return samples
    bins = np.floor((time[last] - time[samples]) / interval + 1e-6)
    picked: Ints = samples[np.append(bins[1:] != bins[:-1], True)]
    return picked


def _by_logs(analysis: Analysis, cells: Cells) -> tuple[Floats, float, float]:
    """Return by how many s each cell's time may be wrong, and the slowest interval in s and coarsest step in V of logs.

    All are zero for cells on the tester's own clock.
    """
    doubt, interval, step = np.zeros(len(cells.numbers)), 0.0, 0.0
    for finding in analysis.recording.findings:
        if finding.code == "cell_log_joined":
            own = np.array(cells.numbers) >= int(finding.values["first_cell"])
            doubt[own] = float(finding.values["half_width_second"])
            interval = max(interval, float(finding.values["interval_second"]))
            step = max(step, float(finding.values.get("resolution_volt", 0.0)))
    return doubt, interval, step


def log_interval(analysis: Analysis, cells: Cells) -> float:
    """Return the sampling interval in s of the slowest log, 0 for cells on the tester's own clock."""
    return _by_logs(analysis, cells)[1]
