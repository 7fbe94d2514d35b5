"""Voltage over charge as a smooth rising curve: the slope is positive, and smooth in its logarithm.

Loops over numbers; see `_machine`. The samples are gathered in cells of equal charge. Found is the curve that lies
nearest to them while the logarithm θ of its slope bends little: Σ w (v − V)² + λ Σ (second difference of θ)². The
penalty λ is the one that makes the record likeliest (restricted maximum likelihood).
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from hwan.health.ica._grid import copied

BAND: Final = 4
LIKELIEST: Final = 12
"""Steps of the search for the penalty, most."""
FACTOR: Final = 10.0**0.75
"""Ratio of two penalties that are compared."""
LEAST_GAIN: Final = 1.0
"""A step that gains less, in units of twice the log-likelihood, is the last."""
STIFFER: Final = 4.0
"""What a penalty so many times the likeliest takes away is given back: peaks are wanted, and smoothing lowers them."""
UNDERSMOOTHED: Final = 0.25
"""The variance is that of the likeliest penalty lowered to this part, which varies as much."""

Array = Any


def gathered(charge: Array, voltage: Array, sigma: float, weight: Array, mean: Array, place: Array) -> float:
    """Write weight in 1/V², mean voltage and mean place (0 to 1) of each cell; return a cell's charge in Ah."""
    cells = len(weight)
    wide = (charge[-1] - charge[0]) / cells
    per_ah = 1 / wide
    weight[:] = 0.0
    mean[:] = 0.0
    place[:] = 0.0
    here, samples, volts, places = 0, 0.0, 0.0, 0.0
    for k in range(len(charge)):
        x = (charge[k] - charge[0]) * per_ah
        j = min(int(x), cells - 1)
        if j != here:
            weight[here], mean[here], place[here] = samples, volts, places
            here, samples, volts, places = j, 0.0, 0.0, 0.0
        samples += 1
        volts += voltage[k]
        places += x - j
    weight[here], mean[here], place[here] = samples, volts, places
    for j in range(cells):
        if weight[j] > 0:
            mean[j] /= weight[j]
            place[j] /= weight[j]
        weight[j] /= sigma**2
    return float(wide)


def cost(theta: Array, cells: Array, wide: float, penalty: float, slope: Array) -> float:
    """Return the weighted squares and the penalty of a curve at its best level; write its slopes in V/Ah."""
    weight, mean, place = cells[0], cells[1], cells[2]
    volt, level, total, squares = 0.0, 0.0, 0.0, 0.0
    for j in range(len(theta)):
        slope[j] = math.exp(theta[j])
        left = mean[j] - volt - place[j] * wide * slope[j]
        volt += wide * slope[j]
        total += weight[j]
        level += weight[j] * left
        squares += weight[j] * left * left
    bends = 0.0
    for j in range(len(theta) - 2):
        bends += (theta[j] - 2 * theta[j + 1] + theta[j + 2]) ** 2
    return float(squares - level * level / total + penalty * bends)


def normal_equations(
    theta: Array, slope: Array, cells: Array, wide: float, penalty: float, matrix: Array, right: Array
) -> None:
    """Write the linearised problem in the voltages between the cells; `matrix` holds its diagonal and three above."""
    matrix[:] = 0.0
    right[:] = 0.0
    for j in range(len(theta)):
        weight, mean, b = cells[0, j], cells[1, j], cells[2, j]
        a = 1 - b
        matrix[j, 0] += weight * a * a
        matrix[j, 1] += weight * a * b
        matrix[j + 1, 0] += weight * b * b
        right[j] += weight * a * mean
        right[j + 1] += weight * b * mean
    i1, i2 = 1 / (wide * slope[0]), 1 / (wide * slope[1])
    for j in range(len(theta) - 2):
        i0, i1, i2 = i1, i2, 1 / (wide * slope[j + 2])
        p0, p1, p2, p3 = -i0, i0 + 2 * i1, -2 * i1 - i2, i2
        bend = penalty * (theta[j] - 2 * theta[j + 1] + theta[j + 2])
        matrix[j, 0] += penalty * p0 * p0
        matrix[j, 1] += penalty * p0 * p1
        matrix[j, 2] += penalty * p0 * p2
        matrix[j, 3] += penalty * p0 * p3
        matrix[j + 1, 0] += penalty * p1 * p1
        matrix[j + 1, 1] += penalty * p1 * p2
        matrix[j + 1, 2] += penalty * p1 * p3
        matrix[j + 2, 0] += penalty * p2 * p2
        matrix[j + 2, 1] += penalty * p2 * p3
        matrix[j + 3, 0] += penalty * p3 * p3
        right[j] -= bend * p0
        right[j + 1] -= bend * p1
        right[j + 2] -= bend * p2
        right[j + 3] -= bend * p3


def factored(matrix: Array) -> None:
    """Replace a banded matrix, three rows of zeros behind it, by 1/D and L of its LDLᵀ."""
    for i in range(len(matrix) - 3):
        pivot, a1, a2, a3 = max(matrix[i, 0], 1e-12), matrix[i, 1], matrix[i, 2], matrix[i, 3]
        inverse = 1 / pivot
        l1, l2, l3 = a1 * inverse, a2 * inverse, a3 * inverse
        matrix[i + 1, 0] -= l1 * a1
        matrix[i + 1, 1] -= l1 * a2
        matrix[i + 1, 2] -= l1 * a3
        matrix[i + 2, 0] -= l2 * a2
        matrix[i + 2, 1] -= l2 * a3
        matrix[i + 3, 0] -= l3 * a3
        matrix[i, 0], matrix[i, 1], matrix[i, 2], matrix[i, 3] = inverse, l1, l2, l3


def log_determinant(factors: Array) -> float:
    """Return log |matrix| of a factored matrix."""
    total = 0.0
    for i in range(len(factors) - 3):
        total -= math.log(factors[i, 0])
    return total


def solved(factors: Array, right: Array) -> None:
    """Replace the right side, three zeros behind it, by the solution."""
    count = len(factors) - 3
    for i in range(count):
        x = right[i]
        right[i + 1] -= factors[i, 1] * x
        right[i + 2] -= factors[i, 2] * x
        right[i + 3] -= factors[i, 3] * x
    right[count], right[count + 1], right[count + 2] = 0.0, 0.0, 0.0
    for i in range(count - 1, -1, -1):
        behind = factors[i, 1] * right[i + 1] + factors[i, 2] * right[i + 2] + factors[i, 3] * right[i + 3]
        right[i] = right[i] * factors[i, 0] - behind


def descended(
    theta: Array, cells: Array, wide: float, penalty: float, most: int, matrix: Array, right: Array, work: Array
) -> float:
    """Improve θ by Gauss and Newton, steps shortened until they help; return −2 log-likelihood of the penalty."""
    slope, trial, count = work[0], work[1], len(theta)
    value = cost(theta, cells, wide, penalty, slope)
    for _ in range(most):
        normal_equations(theta, slope, cells, wide, penalty, matrix, right)
        factored(matrix)
        solved(matrix, right)
        largest = 1e-12
        for j in range(count):
            work[2, j] = (right[j + 1] - right[j]) / (wide * slope[j]) - 1
            largest = max(largest, abs(work[2, j]))
        size, new = min(1.0, 1.5 / largest), value
        for _ in range(6):
            for j in range(count):
                trial[j] = theta[j] + size * work[2, j]
            new = cost(trial, cells, wide, penalty, slope)
            if new < value:
                break
            size *= 0.3
        if new >= value:
            break
        gain, value = value - new, new
        for j in range(count):
            theta[j] = trial[j]
        if gain < LEAST_GAIN:
            break
    total = 0.0
    for j in range(count):
        total += theta[j]
    return value + log_determinant(matrix) + 2 * total - (count - 2) * math.log(penalty)


def regressed(
    charge: Array, voltage: Array, sigma: float, theta: Array, variance: Array, matrix: Array, cells: Array
) -> tuple[float, float, float]:
    """Find θ, the logarithm of the slope in V/Ah of each cell, from its start; write its variance.

    Returns the voltage in V where the curve begins, the mean square of what it leaves over that of the noise, and
    how many free parameters the curve is worth. `matrix` keeps the factors, for the variance of anything else.
    """
    count = len(theta)
    work, right = np.empty((5, count)), np.zeros(count + 4)
    wide = gathered(charge, voltage, sigma, cells[0], cells[1], cells[2])
    penalty = likeliest(theta, cells, wide, matrix, right, work)
    descended(theta, cells, wide, penalty, 3, matrix, right, work)
    stiff = work[3]
    copied(theta, stiff)
    descended(stiff, cells, wide, STIFFER * penalty, 3, matrix, right, work)
    for j in range(count):
        theta[j] += theta[j] - stiff[j]
    cost(theta, cells, wide, 0.0, work[0])
    normal_equations(theta, work[0], cells, wide, UNDERSMOOTHED * penalty, matrix, right)
    factored(matrix)
    free = variances(matrix, cells, work[0], wide, variance)
    level, squares = levelled(cells, work[0], wide)
    return level, squares / max(count - free, 1.0), free


def levelled(cells: Array, slope: Array, wide: float) -> tuple[float, float]:
    """Return the voltage in V at which a curve of these slopes begins, and the weighted squares that it leaves."""
    total, level, squares, volt = 0.0, 0.0, 0.0, 0.0
    for j in range(len(slope)):
        left = cells[1, j] - volt - cells[2, j] * wide * slope[j]
        volt += wide * slope[j]
        total += cells[0, j]
        level += cells[0, j] * left
        squares += cells[0, j] * left * left
    return level / total, squares - level * level / total


def likeliest(theta: Array, cells: Array, wide: float, matrix: Array, right: Array, work: Array) -> float:
    """Return the likeliest penalty, θ brought near it: downhill, then a parabola through the lowest."""
    penalty = 10.0 * (len(theta) / 40.0) ** 3
    best = descended(theta, cells, wide, penalty, 12, matrix, right, work)
    kept, at_best = work[3], penalty
    copied(theta, kept)
    beside = np.zeros(2)
    for way in range(2):
        factor = FACTOR if way else 1 / FACTOR
        penalty = at_best
        copied(kept, theta)
        moved = False
        for _ in range(LIKELIEST):
            penalty *= factor
            value = descended(theta, cells, wide, penalty, 2, matrix, right, work)
            beside[way] = value
            if value >= best:
                break
            beside[1 - way], best, at_best, moved = best, value, penalty, True
            copied(theta, kept)
        if moved:
            break
    copied(kept, theta)
    bend = beside[0] + beside[1] - 2 * best
    moved_by = 0.5 * (beside[0] - beside[1]) / bend if bend > 0 else 0.0
    return float(at_best * FACTOR**moved_by)


def variances(factors: Array, cells: Array, slope: Array, wide: float, variance: Array) -> float:
    """Write the variance of each θ, and return how many cells' worth of freedom the curve takes.

    Only the band of the inverse is needed (Takahashi 1973): from the last row upwards.
    """
    count = len(slope)
    inverse = np.zeros((count + 4, BAND))
    taken = 0.0
    for i in range(count, -1, -1):
        l1, l2, l3 = factors[i, 1], factors[i, 2], factors[i, 3]
        z11, z12, z13 = inverse[i + 1, 0], inverse[i + 1, 1], inverse[i + 1, 2]
        z22, z23, z33 = inverse[i + 2, 0], inverse[i + 2, 1], inverse[i + 3, 0]
        inverse[i, 1] = -(l1 * z11 + l2 * z12 + l3 * z13)
        inverse[i, 2] = -(l1 * z12 + l2 * z22 + l3 * z23)
        inverse[i, 3] = -(l1 * z13 + l2 * z23 + l3 * z33)
        inverse[i, 0] = factors[i, 0] - l1 * inverse[i, 1] - l2 * inverse[i, 2] - l3 * inverse[i, 3]
        if i < count:
            here, next_, cross = inverse[i, 0], z11, inverse[i, 1]
            variance[i] = (here + next_ - 2 * cross) / (wide * slope[i]) ** 2
            b = cells[2, i]
            taken += cells[0, i] * ((1 - b) ** 2 * here + b * b * next_ + 2 * b * (1 - b) * cross)
    return taken


def bend_variance(factors: Array, slope: Array, wide: float, at: int, apart: int, right: Array) -> float:
    """Return the variance of (θ[at + apart] − θ[at − apart]), its ends kept inside."""
    count = len(slope)
    right[:] = 0.0
    for place, sign in ((min(at + apart, count - 1), 1.0), (max(at - apart, 0), -1.0)):
        right[place + 1] += sign / (wide * slope[place])
        right[place] -= sign / (wide * slope[place])
    solved(factors, right)
    total = 0.0
    for place, sign in ((min(at + apart, count - 1), 1.0), (max(at - apart, 0), -1.0)):
        total += sign * (right[place + 1] - right[place]) / (wide * slope[place])
    return total
