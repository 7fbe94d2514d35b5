"""One curve from its samples to its incremental capacity and peaks. Loops over numbers; see `_machine`."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from hwan.health.ica._density import (
    BINS_PER_WIDTH,
    MOST_PLACES,
    MOST_RATIO,
    PAD,
    RUNGS,
    density_at,
    density_of,
    left_at,
)
from hwan.health.ica._grid import between
from hwan.health.ica._instrument import instrument_of, span_of
from hwan.health.ica._noise import correlated
from hwan.health.ica._peaks import LEAST_RISE, LEAST_SHARE, MOST_PEAKS, edge, found_peaks, parabola, shifted
from hwan.health.ica._regression import bend_variance, regressed

ANSWERED: Final = 0
NO_SPAN: Final = 1
HIDDEN: Final = 2
DENSITY: Final = 0
REGRESSION: Final = 1
MOST_CELLS: Final = 112
CELL_SAMPLES: Final = 3
"""Samples in a cell of the regression, at least."""
PER_RESOLUTION: Final = 2.0
"""The narrowest bandwidth in steps of the voltmeter..."""
PER_NOISE: Final = 1.5
"""...and in standard deviations of its noise."""
LEAST_SPAN: Final = 2.0
"""Bandwidths that a curve spans at least."""
CELLS_AROUND: Final = 2
"""What a density leaves is averaged over so many cells to either side."""
LEFT: Final = 4.0
"""What a density errs by, in parts of what two bandwidths differ by; in simulations such weights erred least."""
LEAST_DENSITY: Final = 0.01
"""A density is no less than this part of the regression: its kernel may touch zero."""
HONEST: Final = 0.65
"""The variance of the regression, at its lowered penalty, was 1.5 to 2.5 times its squared error in simulations."""
SURER: Final = 1.4
"""A density answers when it errs this much less: its bias is known less surely."""
MOST_ERROR: Final = (0.9, 0.5)
"""A density and a regression that are expected to err by more, in parts of the curve, are hidden by noise."""
BELOW_NARROWEST: Final = MOST_RATIO / (1 - MOST_RATIO)
"""What all bandwidths below the narrowest leave, in parts of what the next wider one leaves."""
HIDES: Final = 1.4
"""Of what is lost at the edges of a peak: by so much more a plateau hidden there was higher, in simulations."""
ROWS: Final = 5 + RUNGS
(STATUS, ESTIMATOR, NOISE, RESOLUTION, BANDWIDTH, WINDOW, ERROR, ERROR_DENSITY, ERROR_REGRESSION, PLACES, PEAKS,
 SPAN, RUNG, TOGETHER) = range(14)  # fmt: skip
COLUMNS: Final = 14
PEAK_COLUMNS: Final = 7
"""Position, its error, height, its error (relative), area, its error, bandwidth."""

Array = Any


def analysed(charge: Array, voltage: Array, curve: Array, work: Array, told: Array, peaks: Array) -> None:
    """Write the curve (voltage, Ah/V, relative error), what is told of it, and its peaks.

    `charge` in Ah and `voltage` rise together; `curve` (3, MOST_PLACES), `work` (ROWS, MOST_PLACES), `told` (COLUMNS),
    `peaks` (MOST_PEAKS, PEAK_COLUMNS).
    """
    told[:] = 0.0
    floor, width = seen(charge, voltage, told)
    places = 0
    if told[SPAN] > LEAST_SPAN * width:
        noise = (floor, floor**2, told[TOGETHER])
        places, rung, error, factors = density_of(charge, voltage, noise, width, curve[0], curve[1], work)
    if places == 0:
        told[STATUS] = NO_SPAN
        return
    told[PLACES], told[RUNG] = places, rung
    told[BANDWIDTH] = width * 2 ** (0.5 * rung)
    signal, step = 0.0, curve[0, 1] - curve[0, 0]
    for i in range(places):
        signal += curve[1, i] ** 2 * step
    told[ERROR_DENSITY] = math.sqrt(error / signal)
    # Samples that err together tell no more than one of them.
    alike = floor * math.sqrt(told[TOGETHER])
    count = min(MOST_CELLS, len(charge) // CELL_SAMPLES)
    theta, variance, matrix, cells = begun(curve, places, count)
    start, ratio, free = regressed(charge, voltage, alike, theta, variance, matrix, cells)
    ratio, wide = max(ratio, 1.0), (charge[-1] - charge[0]) / count
    told[ERROR_REGRESSION] = math.sqrt(HONEST * ratio * squared_error(theta, variance, wide) / signal)
    told[ESTIMATOR] = REGRESSION if told[ERROR_REGRESSION] < SURER * told[ERROR_DENSITY] else DENSITY
    told[ERROR] = told[ERROR_REGRESSION] if told[ESTIMATOR] == REGRESSION else told[ERROR_DENSITY]
    if told[ERROR] > MOST_ERROR[int(told[ESTIMATOR])]:
        told[STATUS] = HIDDEN
        return
    if told[ESTIMATOR] == REGRESSION:
        told[PLACES], told[WINDOW] = count, wide * count / free
        low = curve[0, 0]
        written(theta, variance, start, wide, ratio, curve)
        weighed(low, step, rung, factors, curve[:, :count], work)
        peaks_of_regression(theta, matrix, wide, (alike, ratio), curve, told, peaks)
    else:
        peaks_of_density(places, factors, charge[-1] - charge[0], curve, told, peaks, work)


def seen(charge: Array, voltage: Array, told: Array) -> tuple[float, float]:
    """Write what the curve shows of its voltmeter; return its error in V and the narrowest bandwidth."""
    sigma, resolution = instrument_of(charge, voltage)
    span = span_of(voltage)
    floor, together = correlated(charge, voltage, max(sigma, resolution / math.sqrt(12.0), 1e-5 * span))
    width = max(PER_RESOLUTION * resolution, PER_NOISE * floor, BINS_PER_WIDTH * span / (MOST_PLACES - 2 * PAD - 64))
    told[NOISE] = floor if together > 1 else sigma
    told[RESOLUTION], told[SPAN], told[TOGETHER], told[BANDWIDTH] = resolution, span, together, width
    return floor, width


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


def weighed(
    low: float, step: float, rung: int, factors: tuple[float, float, float, float], curve: Array, work: Array
) -> None:
    """Draw a regression towards the density where that is known better; where a plateau is lost in noise, mostly.

    The errors of both are noise of the same samples, and that of the density is mostly one-sided: a weight by their
    inverse squares would trust the worse one too much. It is by the fourth power.
    """
    density, bias, count = work[0], work[1], curve.shape[1]
    for j in range(count):
        density[j], left = left_at(work, rung, (curve[0, j] - low) / step)
        density[j] = max(density[j], LEAST_DENSITY * curve[1, j])
        bias[j] = left * left - factors[2] * density[j]
    for j in range(count):
        total, first, last = 0.0, max(j - CELLS_AROUND, 0), min(j + CELLS_AROUND, count - 1)
        for i in range(first, last + 1):
            total += bias[i] / (last + 1 - first)
        doubt = LEFT**2 * max(total, 0.0) + factors[0] * density[j]
        own = (curve[2, j] * curve[1, j]) ** 2
        weight = own * own / (own * own + doubt * doubt)
        value = curve[1, j] + weight * (density[j] - curve[1, j])
        curve[2, j] = ((1 - weight) * math.sqrt(own) + weight * math.sqrt(doubt)) / value
        curve[1, j] = value


def peaks_of_density(
    places: int,
    factors: tuple[float, float, float, float],
    charge: float,
    curve: Array,
    told: Array,
    peaks: Array,
    work: Array,
) -> None:
    """Write the peaks of a density, and its relative standard error along the curve.

    To the error of a height belongs what the next narrower bandwidth makes of it and, by what the next wider one takes
    away, what all narrower ones would give; to that of a position, how far the next wider one moves it.
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
        bias, moved = biases(work, rung, factors[3], at, reach)
        unsure = math.hypot(deviation[at], bias)
        left, left_doubt = edge(density, deviation, unsure, at, low, reach)
        right, right_doubt = edge(density, deviation, unsure, at, high, reach)
        unsure = max(unsure, HIDES * factors[3] * most_taken(work, rung, int(left), int(right), factors[3]))
        area = charge * (between(gathered, right) - between(gathered, left)) / total
        if area < LEAST_SHARE * charge:
            continue
        row = peaks[kept]
        row[0] = curve[0, 0] + place * step
        shift = shifted(slope, bend, density, deviation, at, low, high)
        row[1] = math.hypot(shift, min(moved / max(abs(bend), 1e-300), 0.25 * (high - low))) * step
        row[2], row[3] = density[at], unsure / density[at]
        row[4] = area
        row[5] = 0.5 * density[at] * step * math.hypot(left_doubt, right_doubt)
        row[6] = told[BANDWIDTH]
        kept += 1
    told[PEAKS] = kept


def biases(work: Array, rung: int, lost: float, at: int, reach: int) -> tuple[float, float]:
    """Return by how much the bandwidth may lower a peak, and tilt it for each place of the grid."""
    _, beside = left_at(work, rung, float(at))
    bias = abs(beside) * (1.0 if rung > 0 else BELOW_NARROWEST)
    if lost == 0:
        return bias, 0.0
    low, high = wider_takes(work, rung, at - reach), wider_takes(work, rung, at + reach)
    return max(bias, lost * abs(wider_takes(work, rung, at))), abs(high - low) / (2 * reach)


def most_taken(work: Array, rung: int, first: int, last: int, lost: float) -> float:
    """Return the most that the next wider bandwidth takes away between two places: behind an edge a peak may hide."""
    most = 0.0
    if lost > 0:
        for i in range(first, last + 1):
            most = max(most, abs(wider_takes(work, rung, i)))
    return most


def wider_takes(work: Array, rung: int, at: int) -> float:
    """Return what the next wider bandwidth takes away at a place."""
    return density_at(work, rung, float(at)) - density_at(work, rung + 1, float(at))


def peaks_of_regression(
    theta: Array, matrix: Array, wide: float, noise: tuple[float, float], curve: Array, told: Array, peaks: Array
) -> None:
    """Write the peaks of a regression; `noise` is σ in V, and what the record leaves over it, squared."""
    count = len(theta)
    height, relative = curve[1, :count], curve[2, :count]
    logarithm, slope, deviation, right = np.empty(count), np.empty(count), np.empty(count), np.zeros(count + 4)
    for j in range(count):
        logarithm[j], slope[j], deviation[j] = math.log(height[j]), math.exp(theta[j]), height[j] * relative[j]
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
