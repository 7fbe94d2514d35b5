"""How far each cell is from the one that met the limit: charge missing to full, charge left when empty.

A series discharge shows the limits of two cells only. All others are placed on the curve of the cell
that met the limit: a cell whose rested voltage is that of the limiting cell q Ah before its limit has
q Ah to go. Rested voltages are compared, so that cells of other resistance are not misplaced; the
curve is the limiting cell's own voltage under constant current, shifted to its rested voltage. Beyond
what that curve observed a cell's charge has no upper bound here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from hwan.core import TapAccuracy
from hwan.health._analysis import Analysis
from hwan.health._cells import Floats, cell_voltages
from hwan.health._discharge import Run
from hwan.health._readings import Readings
from hwan.health._resistance import charge_course
from hwan.health._window import steady_part

CURVE_POINTS: Final = 400
STEADY_SHARE: Final = 0.15
"""The first part of a run is left out of the curve: its polarisation still grows."""
TAIL_SHARE: Final = 0.05
"""The slope at the end of a curve is taken over this part of it."""
CURVE_SHARE: Final = 0.03
"""Cells of one make have curves alike, but not the same: so much of a lag may be wrong by their shape."""
DOUBT_SIGMA: Final = 2.0


@dataclass(frozen=True, slots=True)
class Lags:
    """Charge in Ah that each cell has to go to the limit, arrays of shape (cells,).

    `limiting` is the position of the cell that met the limit. `central_ah` and `high_ah` are infinite where
    its curve does not reach a cell's voltage: such a cell has at least the whole curve, its `low_ah`, to go.
    """

    limiting: int
    central_ah: Floats
    low_ah: Floats
    high_ah: Floats

    def scaled(self, factor: Floats) -> Lags:
        """Return each cell's lag times a factor, shape (cells,)."""
        return Lags(self.limiting, self.central_ah * factor, self.low_ah * factor, self.high_ah * factor)


def of_own_size(held_ah: float, full: Lags, empty: Lags) -> tuple[Lags, Lags]:
    """Return both lags for cells of their own sizes.

    A lag was read off the limiting cell's curve, a state of charge of that cell: the same state of a
    larger cell is more charge. `held_ah` is what flowed between both limits.
    """
    own = held_ah + np.where(np.isfinite(full.central_ah + empty.central_ah), full.central_ah + empty.central_ah, 0.0)
    return full.scaled(own / own[full.limiting]), empty.scaled(own / own[empty.limiting])


@dataclass(frozen=True, slots=True)
class Curve:
    """Charge to go in Ah of the limiting cell against its rested voltage in V, rising towards the limit."""

    to_go_ah: Floats
    volts: Floats

    def to_go(self, volts: Floats) -> Floats:
        """Return the charge to go in Ah at rested voltages in V; infinite below the curve, none above it."""
        found: Floats = np.interp(volts, self.volts, self.to_go_ah, left=np.inf, right=0.0)
        return found

    def at_least(self, volts: Floats) -> Floats:
        """Return the same as a lower bound: below the curve a cell has the whole of it to go."""
        found: Floats = np.interp(volts, self.volts, self.to_go_ah, right=0.0)
        return found


def lags(
    analysis: Analysis, run: Run, at_end: Readings, rested: Readings, taps: TapAccuracy, drop_volt: float
) -> Lags | None:
    """Return the lags of all cells behind the one that ended `run`, or None where its curve is too short.

    Parameters
    ----------
    run
        The charge, or the discharge, to its cut-off.
    at_end, rested
        Readings of all cells at its end and at the end of the rest after it.
    drop_volt
        What the current of a constant-current step moves the limiting cell's voltage by, as seen where it
        stops; NaN where that was not seen.
    """
    sign = 1.0 if run.direction == "charge" else -1.0
    limiting = int(np.nanargmax(sign * at_end.volts))
    shapes = _curves(analysis, run, (at_end, rested), limiting, sign, drop_volt)
    if shapes is None:
        return None
    volts = sign * rested.volts
    doubt = _doubt(rested, limiting, taps)
    central = np.mean([shape.to_go(volts) for shape in shapes], axis=0)
    low = np.min([shape.at_least(volts + doubt) for shape in shapes], axis=0)
    high = np.max([shape.to_go(volts - doubt) for shape in shapes], axis=0)
    low, high = low * (1 - CURVE_SHARE), high * (1 + CURVE_SHARE)
    silent = ~np.isfinite(volts)
    central[silent], low[silent], high[silent] = np.inf, 0.0, np.inf
    central[limiting] = low[limiting] = high[limiting] = 0.0
    return Lags(limiting, central, low, high)


def _doubt(rested: Readings, limiting: int, taps: TapAccuracy) -> Floats:
    """Return by how much, in V, each cell's distance from the limiting one may be wrong (95 %)."""
    gain = taps.voltage_gain * np.abs(rested.volts)
    uniform = (gain**2 + taps.voltage_offset_volt**2) / 3
    normal = rested.noise_volt**2 + rested.clock_volt**2
    variance = uniform + normal
    doubt: Floats = DOUBT_SIGMA * np.sqrt(variance + variance[limiting])
    return doubt


def _curves(
    analysis: Analysis, run: Run, readings: tuple[Readings, Readings], limiting: int, sign: float, drop_volt: float
) -> tuple[Curve, ...] | None:
    """Return the limiting cell's curve to its limit, twice: with either of two ways to cross a held end.

    Without a constant-voltage phase both are one. With it, the curve ends where the hold begins, and
    the rested voltage there is what the slope so far leaves of the rested voltage at the end of the hold,
    or what `drop_volt` leaves of the voltage under current.
    """
    at_end, rested = readings
    found = steady_part(analysis, run)
    if found is None:
        return None
    first, last, held = found
    charge, volts = _constant_current(analysis, at_end.numbers[limiting], first, last, sign)
    if len(charge) < 5 or np.ptp(charge) == 0:
        return None
    end = sign * float(rested.volts[limiting])
    if not np.isfinite(end):
        return None
    if held == 0.0:
        return (_rising(charge, volts - (float(volts[-1]) - end)),)
    by_slope = min(end - _end_slope(charge, volts) * held, end)
    by_drop = min(float(volts[-1]) - drop_volt, end) if np.isfinite(drop_volt) else by_slope
    return tuple(
        _rising(np.append(charge + held, 0.0), np.append(volts - (float(volts[-1]) - begin), end))
        for begin in (by_slope, by_drop)
    )


def _constant_current(analysis: Analysis, number: int, first: int, last: int, sign: float) -> tuple[Floats, Floats]:
    """Return charge to go in Ah until `last`, falling, and the cell's voltage times `sign`, rising."""
    begin = first + int(STEADY_SHARE * (last - first))
    picked = np.unique(np.linspace(begin, last, min(CURVE_POINTS, last - begin + 1)).astype(np.int64))
    course = charge_course(analysis)
    volts = cell_voltages(analysis.recording.samples, (number,), analysis.data.row[picked])[:, 0]
    known = np.isfinite(volts)
    return np.abs(course[last] - course[picked])[known], sign * volts[known]


def _end_slope(charge: Floats, volts: Floats) -> float:
    """Return the slope in V/Ah over the last part of a curve."""
    tail = charge <= charge.min() + TAIL_SHARE * np.ptp(charge)
    if tail.sum() < 3:
        tail = np.arange(len(charge)) >= len(charge) - 3
    away = charge[tail] - charge[tail].mean()
    spread = float(away @ away)
    return max(-float(away @ volts[tail]) / spread, 0.0) if spread else 0.0


def _rising(to_go: Floats, volts: Floats) -> Curve:
    """Return the curve made monotone, as a charge under constant current is but for its noise."""
    return Curve(to_go, np.maximum.accumulate(volts))
