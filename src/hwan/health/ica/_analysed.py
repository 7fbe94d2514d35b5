"""One curve from its samples to its incremental capacity and peaks. Loops over numbers; see `_machine`."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from hwan.health.ica._density import BINS_PER_WIDTH, MOST_PLACES, MOST_RATIO, PAD, RUNGS, density_of, instrument_of
from hwan.health.ica._peaks import LEAST_RISE, LEAST_SHARE, MOST_PEAKS, edge, found_peaks, parabola, shifted
from hwan.health.ica._regression import bend_variance, regressed

ANSWERED: Final = 0
NO_SPAN: Final = 1
DENSITY: Final = 0
REGRESSION: Final = 1
MOST_CELLS: Final = 128
CELL_SAMPLES: Final = 3
"""Samples in a cell of the regression, at least."""
PER_RESOLUTION: Final = 2.0
"""The narrowest bandwidth in steps of the voltmeter..."""
PER_NOISE: Final = 1.5
"""...and in standard deviations of its noise."""
LEAST_SPAN: Final = 2.0
"""Bandwidths that a curve spans at least."""
HONEST: Final = 0.5
"""The variance of the regression, at its lowered penalty, was two to three times its squared error in simulations."""
BELOW_NARROWEST: Final = MOST_RATIO / (1 - MOST_RATIO)
"""What all bandwidths below the narrowest leave, in parts of what the next wider one leaves."""
ROWS: Final = 5 + RUNGS
(STATUS, ESTIMATOR, NOISE, RESOLUTION, BANDWIDTH, WINDOW, ERROR, ERROR_DENSITY, ERROR_REGRESSION, PLACES, PEAKS,
 SPAN, RUNG) = range(13)  # fmt: skip
COLUMNS: Final = 13
PEAK_COLUMNS: Final = 7
"""Position, its error, height, its error (relative), area, its error, bandwidth."""

Array = Any


def analysed(charge: Array, voltage: Array, curve: Array, work: Array, told: Array, peaks: Array) -> None:
    """Write the curve (voltage, Ah/V, relative error), what is told of it, and its peaks.

    `charge` in Ah and `voltage` rise together; `curve` (3, MOST_PLACES), `work` (ROWS, MOST_PLACES), `told` (COLUMNS),
    `peaks` (MOST_PEAKS, PEAK_COLUMNS).
    """
    sigma, resolution = instrument_of(charge, voltage)
    span = voltage.max() - voltage.min()
    floor = max(sigma, resolution / math.sqrt(12.0), 1e-5 * span)
    told[:] = 0.0
    told[NOISE], told[RESOLUTION], told[SPAN] = sigma, resolution, span
    width = max(PER_RESOLUTION * resolution, PER_NOISE * floor, BINS_PER_WIDTH * span / (MOST_PLACES - 2 * PAD - 64))
    told[BANDWIDTH] = width
    places = 0
    if span > LEAST_SPAN * width:
        places, width, error, value, slope = density_of(
            charge, voltage, (floor, floor**2), width, curve[0], curve[1], work
        )
    if places == 0:
        told[STATUS] = NO_SPAN
        return
    told[ESTIMATOR], told[PLACES] = DENSITY, places
    told[RUNG] = math.floor(2 * math.log(width / told[BANDWIDTH]) / math.log(2.0) + 0.5)
    told[BANDWIDTH] = width
    signal = 0.0
    step = curve[0, 1] - curve[0, 0]
    for i in range(places):
        signal += curve[1, i] ** 2 * step
    told[ERROR_DENSITY] = math.sqrt(error / signal)
    count = min(MOST_CELLS, len(charge) // CELL_SAMPLES)
    theta, variance, matrix, cells = begun(curve, places, count)
    start, ratio, free = regressed(charge, voltage, floor, theta, variance, matrix, cells)
    wide = (charge[-1] - charge[0]) / count
    told[ERROR_REGRESSION] = math.sqrt(HONEST * max(ratio, 1.0) * squared_error(theta, variance, wide) / signal)
    if told[ERROR_REGRESSION] < told[ERROR_DENSITY]:
        told[ESTIMATOR], told[ERROR], told[PLACES] = REGRESSION, told[ERROR_REGRESSION], count
        told[WINDOW] = wide * count / free
        written(theta, variance, start, wide, max(ratio, 1.0), curve)
        peaks_of_regression(theta, matrix, wide, (floor, max(ratio, 1.0)), curve, told, peaks)
    else:
        told[ERROR] = told[ERROR_DENSITY]
        peaks_of_density(places, (value, slope), charge[-1] - charge[0], curve, told, peaks, work)


def begun(curve: Array, places: int, count: int) -> tuple[Array, Array, Array, Array]:
    """Return where the regression begins: the slopes that the density has at equal charges; and room for it."""
    theta, total = np.empty(count), 0.0
    for i in range(places):
        total += curve[1, i]
    least, j, reached = 1e-3 * total / places, 0, 0.0
    for i in range(places):
        reached += curve[1, i]
        while j < count and (reached >= (j + 0.5) / count * total or i == places - 1):
            theta[j] = -math.log(max(curve[1, i], least))
            j += 1
    return theta, np.empty(count), np.zeros((count + 4, 4)), np.empty((3, count))


def squared_error(theta: Array, variance: Array, wide: float) -> float:
    """Return the integral over voltage of the squared error expected, in (Ah/V)²·V."""
    total = 0.0
    for j in range(len(theta)):
        total += math.exp(-theta[j]) * variance[j] * wide
    return total


def written(theta: Array, variance: Array, start: float, wide: float, ratio: float, curve: Array) -> None:
    """Write voltage at the middle of each cell, Ah/V there and its relative standard error."""
    volt = start
    for j in range(len(theta)):
        rise = wide * math.exp(theta[j])
        curve[0, j] = volt + 0.5 * rise
        volt += rise
        curve[1, j] = math.exp(-theta[j])
        curve[2, j] = math.sqrt(ratio * variance[j])


def peaks_of_density(
    places: int, factors: tuple[float, float], charge: float, curve: Array, told: Array, peaks: Array, work: Array
) -> None:
    """Write the peaks of a density, and its relative standard error along the curve.

    To the error of a height belongs what the next narrower bandwidth makes of it; of the narrowest, what the next
    wider one takes away, and those below it would give.
    """
    total, step, density = 0.0, curve[0, 1] - curve[0, 0], curve[1, :places]
    deviation, gathered = work[3, :places], work[4, :places]
    for i in range(places):
        deviation[i] = math.sqrt(factors[0] * density[i])
        curve[2, i] = deviation[i] / max(density[i], 1e-12)
        total += density[i]
        gathered[i] = total
    top, valley = np.zeros(MOST_PEAKS + 1, dtype=np.int64), np.zeros(MOST_PEAKS + 2, dtype=np.int64)
    number, kept = found_peaks(density, deviation, places, 0.0, top, valley), 0
    reach = max(2, int(told[BANDWIDTH] / step))
    rung = int(told[RUNG])
    for k in range(number):
        at, low, high = top[k], valley[k], valley[k + 1]
        place, bend = parabola(density, places, at, reach)
        slope = math.sqrt(factors[1] * density[at]) * step
        if rung > 0:
            bias = work[4 + rung, (PAD + at) // 2 ** ((rung - 1) // 2)] - density[at]
        else:
            bias = BELOW_NARROWEST * (work[6, PAD + at] - density[at])
        unsure = math.hypot(deviation[at], bias)
        left, left_doubt = edge(density, deviation, unsure, at, low, reach)
        right, right_doubt = edge(density, deviation, unsure, at, high, reach)
        area = charge * (between(gathered, right) - between(gathered, left)) / total
        if area < LEAST_SHARE * charge:
            continue
        row = peaks[kept]
        row[0] = curve[0, 0] + place * step
        row[1] = shifted(slope, bend, density, deviation, at, low, high) * step
        row[2], row[3] = density[at], unsure / density[at]
        row[4] = area
        row[5] = 0.5 * density[at] * step * math.hypot(left_doubt, right_doubt)
        row[6] = told[BANDWIDTH]
        kept += 1
    told[PEAKS] = kept


def between(values: Array, place: float) -> float:
    """Return a value at a place between two of the grid."""
    left = min(int(place), len(values) - 2)
    return float(values[left] + (place - left) * (values[left + 1] - values[left]))


def peaks_of_regression(
    theta: Array, matrix: Array, wide: float, noise: tuple[float, float], curve: Array, told: Array, peaks: Array
) -> None:
    """Write the peaks of a regression; `noise` is σ in V, and what the record leaves over it, squared."""
    count = len(theta)
    logarithm, slope, right = -theta, np.exp(theta), np.zeros(count + 4)
    height, relative = curve[1, :count], curve[2, :count]
    deviation = height * relative
    top, valley = np.zeros(MOST_PEAKS + 1, dtype=np.int64), np.zeros(MOST_PEAKS + 2, dtype=np.int64)
    number, kept = found_peaks(logarithm, relative, count, LEAST_RISE, top, valley), 0
    reach = max(2, int(0.25 * told[WINDOW] / wide))
    level = noise[0] / math.sqrt(max(told[WINDOW] / wide, 1.0) * CELL_SAMPLES)
    for k in range(number):
        at, low, high = top[k], valley[k], valley[k + 1]
        place, bend = parabola(logarithm, count, at, reach)
        unsure = math.sqrt(noise[1] * bend_variance(matrix, slope, wide, at, reach, right)) / (2 * reach)
        begin, begin_doubt = edge(height, deviation, deviation[at], at, low, reach)
        end, end_doubt = edge(height, deviation, deviation[at], at, high, reach)
        if (end - begin) < LEAST_SHARE * count:
            continue
        row = peaks[kept]
        row[0] = curve[0, at] + (place - at) * wide * slope[at]
        row[1] = math.hypot(level, shifted(unsure, bend, logarithm, relative, at, low, high) * wide * slope[at])
        row[2], row[3] = height[at], relative[at]
        row[4], row[5] = wide * (end - begin), wide * math.hypot(begin_doubt, end_doubt)
        row[6] = told[WINDOW] / math.sqrt(12.0) * slope[at]
        kept += 1
    told[PEAKS] = kept


def all_analysed(
    charge: Array, voltage: Array, ends: Array, curve: Array, work: Array, told: Array, peaks: Array
) -> None:
    """Go through the curves of one long array, curve i from ends[i] to before ends[i + 1]; the last one is kept."""
    for i in range(len(told)):
        first, last = ends[i], ends[i + 1]
        analysed(charge[first:last], voltage[first:last], curve, work, told[i], peaks[i])
