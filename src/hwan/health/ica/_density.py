"""Incremental capacity as a density: how much charge was moved at each voltage. Loops over numbers; see `_machine`.

The charge of each sample is laid on a fine grid of voltage and smoothed once. The kernel is a Gaussian of width h times
a polynomial, so that both the smoothing and the blur by the noise σ of the voltage cancel up to the sixth power of h:
its Fourier transform is exp(−h²ω²/2)·(1 + x + x²/2) with x = (h² + σ²)ω²/2.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

BINS_PER_WIDTH: Final = 2.5
"""Grid intervals in the narrowest bandwidth."""
LOOKED_AT: Final = 1000
DIGITS: Final = 20.0
AROUND: Final = 0.1
MOSTLY: Final = 0.8
"""Changes of a rounded voltage, up to so many steps, lie so near to a whole number, and so many of them do."""
FAR: Final = 3.0
"""Half of a rise of the voltage, in standard deviations of the noise, that noise hardly makes."""
REACH: Final = 4.5
"""A kernel ends at so many bandwidths."""
RUNGS: Final = 8
"""Bandwidths that are looked at, each √2 times the one before."""
MOST_RATIO: Final = 0.6
"""Each narrower bandwidth leaves at most this part of what the next one leaves."""
NODES: Final = 48
"""Points of the integrals over frequency."""
HIGHEST: Final = 6.0
"""They end where the Gaussian has fallen to exp(−18)."""
PAD: Final = 176
"""Places of the grid beyond each end: the reach of the widest kernel, and some."""
MOST_PLACES: Final = 6400
"""Places of the grid with both pads; a narrowest bandwidth that would need more is widened."""

Array = Any


def instrument_of(charge: Array, voltage: Array) -> tuple[float, float]:
    """Return noise and resolution of a voltage in V, from some thousand places of the curve.

    Noise is what four neighbours leave of a parabola over their charges; what is far out is a step of the curve.
    """
    smallest = 1e9
    for k in range(1, len(voltage)):
        change = abs(voltage[k] - voltage[k - 1])
        if 1e-6 < change < smallest:
            smallest = change
    every = 1 + len(voltage) // LOOKED_AT
    count = max((len(voltage) - 3) // every, 0)
    squares = np.empty(count)
    for i in range(count):
        squares[i] = left_of_parabola(charge, voltage, i * every)
    limit, sigma = 1e9, 0.0
    for _ in range(4):
        total, kept = 0.0, 0
        for i in range(count):
            if squares[i] <= limit:
                total += squares[i]
                kept += 1
        sigma = math.sqrt(total / max(kept, 1))
        limit = 16 * sigma * sigma
    return sigma, smallest if is_digit(voltage, smallest) else 0.0


def left_of_parabola(charge: Array, voltage: Array, k: int) -> float:
    """Return the squared third divided difference of samples k..k+3, scaled to the variance of one sample."""
    a, b, c = charge[k + 1] - charge[k], charge[k + 2] - charge[k + 1], charge[k + 3] - charge[k + 2]
    w0, w1 = b * c * (b + c), -(a + b) * (a + b + c) * c
    w2, w3 = a * (a + b + c) * (b + c), -a * b * (a + b)
    scale = w0 * w0 + w1 * w1 + w2 * w2 + w3 * w3
    # In voltages from the first: large equal numbers would leave their last digits behind.
    first = voltage[k]
    third = w1 * (voltage[k + 1] - first) + w2 * (voltage[k + 2] - first) + w3 * (voltage[k + 3] - first)
    return float(third * third / scale) if scale > 0 else 0.0


def is_digit(voltage: Array, step: float) -> bool:
    """Return whether the changes of a voltage are whole numbers of steps, as those of a voltmeter are.

    Else the smallest change is that of a smooth curve between two samples. Changes of many steps tell nothing.
    """
    whole, count = 0, 0
    for k in range(1, len(voltage), 1 + len(voltage) // LOOKED_AT):
        steps = abs(voltage[k] - voltage[k - 1]) / step
        if 0.5 < steps < DIGITS:
            count += 1
            if abs(steps - round(steps)) < AROUND:
                whole += 1
    return whole > MOSTLY * count


def end_of(charge: Array, voltage: Array, first: int, last: int, at: float) -> float:
    """Return the voltage at a charge by the straight line through samples first..last-1."""
    count, mean_q, mean_v = float(last - first), 0.0, 0.0
    for k in range(first, last):
        mean_q += charge[k] / count
        mean_v += voltage[k] / count
    above, below = 0.0, 0.0
    for k in range(first, last):
        above += (charge[k] - mean_q) * (voltage[k] - mean_v)
        below += (charge[k] - mean_q) ** 2
    return mean_v + (above / below * (at - mean_q) if below > 0 else 0.0)


def laid_out(
    charge: Array, voltage: Array, far: float, low: float, step: float, pad: int, mass: Array, square: Array
) -> None:
    """Lay the charge of each sample on the grid; `square` takes the squares of these charges, for the variance.

    Where half a rise from sample to sample is more than `far`, in places, the charge lies evenly between them: half of
    each interval belongs to either end. Where noise shuffles it, the charge lies at the sample: to take neighbours into
    account would lessen a noise that the kernel takes out.
    """
    mass[:] = 0.0
    square[:] = 0.0
    last, most = len(voltage) - 1, len(mass) - 2
    for k in range(last + 1):
        before, after = max(k - 1, 0), min(k + 1, last)
        place = (voltage[k] - low) / step + pad
        left = 0.5 * (voltage[before] - voltage[k]) / step
        right = 0.5 * (voltage[after] - voltage[k]) / step
        if max(abs(left), abs(right)) < far:
            spread(mass, 0.5 * (charge[after] - charge[before]), place, 0.0)
        else:
            spread(mass, 0.5 * (charge[k] - charge[before]), place, left)
            spread(mass, 0.5 * (charge[after] - charge[k]), place, right)
        square[min(max(int(place), 0), most)] += (0.5 * (charge[after] - charge[before])) ** 2


def spread(mass: Array, part: float, place: float, wide: float) -> None:
    """Lay a charge evenly between a place of the grid and the one `wide` beside it."""
    pieces, most = max(1, int(2 * abs(wide))), len(mass) - 2
    for piece in range(pieces):
        x = min(max(place + (piece + 0.5) / pieces * wide, 0.0), float(most))
        left = int(x)
        mass[left] += part / pieces * (1 - (x - left))
        mass[left + 1] += part / pieces * (x - left)


def mirrored(mass: Array, pad: int, size: int, whole: Array) -> None:
    """Continue a curve evenly beyond both of its ends, pad and pad+size on the grid; else it falls there."""
    last = pad + size
    for i in range(len(mass)):
        whole[i] = mass[i]
        for at in (2 * pad - i, 2 * last - i):
            if 0 <= at < len(mass):
                whole[i] += mass[at]
    # On an end itself its own mirror image lies as well.
    whole[pad], whole[last] = 2 * mass[pad], 2 * mass[last]


def halved(fine: Array, size: int, coarse: Array) -> int:
    """Write `fine` on a grid of twice the step, its even places kept; return how many places that are."""
    half = (size + 1) // 2
    for i in range(half):
        total = fine[2 * i]
        if i > 0:
            total += 0.5 * fine[2 * i - 1]
        if 2 * i + 1 < size:
            total += 0.5 * fine[2 * i + 1]
        coarse[i] = total
    return half


def kernel(width: float, step: float, variance: float, weights: Array) -> int:
    """Write the kernel, in 1/V, from its middle on; return how many weights it has on one side."""
    reach = min(math.ceil(REACH * width / step), len(weights) - 1)
    a = 0.5 * (1 + variance / width**2)
    for i in range(reach + 1):
        u = (i * step / width) ** 2
        shape = 1 + a * (1 - u) + 0.5 * a * a * (u * u - 6 * u + 3)
        weights[i] = shape * math.exp(-0.5 * u) / (width * math.sqrt(2 * math.pi))
    return reach


def smoothed(mass: Array, weights: Array, reach: int, first: int, last: int, density: Array) -> None:
    """Write the density in Ah/V at places first..last of the grid, `reach` places of it lying beyond each."""
    middle, total = mass[first : last + 1], density[first : last + 1]
    for i in range(len(middle)):
        total[i] = weights[0] * middle[i]
    for k in range(1, reach + 1):
        weight, left, right = weights[k], mass[first - k : last + 1 - k], mass[first + k : last + 1 + k]
        for i in range(len(middle)):
            total[i] += weight * (left[i] + right[i])


def variance_factors(width: float, narrower: float, sigma: float, variance: float) -> tuple[float, float, float]:
    """Return what Σ charge² per V times is a variance: of the density, of its slope, of what a narrower one differs by.

    Only the noise of the voltage makes samples vary: ∫|K̂|²(1 − exp(−σ²ω²))dω/2π, for the slope with ω², and for
    the difference with K̂ − K̂'.
    """
    step, value, slope, apart = HIGHEST / narrower / NODES, 0.0, 0.0, 0.0
    for i in range(NODES):
        w = ((i + 0.5) * step) ** 2
        x, y = 0.5 * (width**2 + variance) * w, 0.5 * (narrower**2 + variance) * w
        own = math.exp(-0.5 * width**2 * w) * (1 + x + 0.5 * x * x)
        other = math.exp(-0.5 * narrower**2 * w) * (1 + y + 0.5 * y * y)
        seen = (1 - math.exp(-(sigma**2) * w)) * step / math.pi
        value += own * own * seen
        slope += w * own * own * seen
        apart += (own - other) ** 2 * seen
    return value, slope, apart


def density_of(
    charge: Array, voltage: Array, noise: tuple[float, float], width: float, grid: Array, density: Array, work: Array
) -> tuple[int, float, float, float, float]:
    """Write the density on the grid of voltage.

    `noise` is σ of the samples, and the σ² that the kernel takes out; `width` the narrowest bandwidth, in V. Returns
    the places of the grid, the bandwidth chosen in V, the mean squared error expected in (Ah/V)²·V, and the variance
    factors of value and slope, in Ah²/V² and Ah²/V⁴ for each Ah/V of density. No place: the curve has no span.
    """
    edge = max(4, min(40, len(charge) // 10))
    low = end_of(charge, voltage, 0, edge, charge[0])
    high = end_of(charge, voltage, len(charge) - edge, len(charge), charge[-1])
    size = math.ceil((high - low) / width * BINS_PER_WIDTH)
    if size < 6 or size + 2 * PAD >= work.shape[1]:
        return 0, width, 0.0, 0.0, 0.0
    step, count = (high - low) / size, size + 2 * PAD + 1
    mass, square = work[0, :count], work[1, :count]
    laid_out(charge, voltage, FAR * noise[0] / step, low, step, PAD, mass, square)
    squares, charges = square.sum(), mass.sum()
    mirrored(mass, PAD, size, work[2, :count])
    chosen, risk = climbed(work[:, :count], PAD, size, step, width, noise, squares, density)
    for i in range(size + 1):
        grid[i] = low + i * step
    value, slope, _ = variance_factors(chosen, chosen, noise[0], noise[1] + step**2 / 6)
    return size + 1, chosen, risk, value * squares / charges, slope * squares / charges


def climbed(
    work: Array, pad: int, size: int, step: float, width: float, noise: tuple[float, float], squares: float, best: Array
) -> tuple[float, float]:
    """Widen the bandwidth until the error expected has grown; write the best density and return width and error.

    A bandwidth h leaves the one of h/√2 by d² = ∫(f_h − f_h/√2)², less what noise puts between the two. These d add
    up to the bias of h: nothing makes them cancel. Those below the narrowest are a geometric series, by the
    ratio of the first two. The error is bias² and variance. `work`: charge, its squares, charge continued, kernel,
    a density on its own grid, then one of each bandwidth on the fine grid.
    """
    scale, count, added, least, rungs, before = 1, work.shape[1], 0.0, 1e300, 0, 1
    left, variance = np.zeros(RUNGS), np.zeros(RUNGS)
    for rung in range(RUNGS):
        wide = width * 2 ** (0.5 * rung)
        if REACH * wide > (pad - 16) * step or 6 * wide > size * step:
            break
        if rung >= 2 and rung % 2 == 0:
            half = halved(work[2], count, work[4])
            work[2, :half] = work[4, :half]
            count, scale = half, scale * 2
        spread = noise[1] + (step * scale) ** 2 / 6
        reach = kernel(wide, step * scale, spread, work[3])
        smoothed(work[2], work[3], reach, pad // scale, (pad + size) // scale + 1, work[5 + rung])
        value, _, between = variance_factors(wide, wide / math.sqrt(2.0), noise[0], spread)
        variance[rung] = value * squares
        if rung > 0:
            apart = distance(work[5 + rung], scale, work[4 + rung], before, pad, size) * step * scale
            left[rung] = math.sqrt(max(apart - between * squares, 0.0))
            added += left[rung]
        rungs, before = rung + 1, scale
        if rung >= 2 and added**2 + variance[rung] > least:
            break
        least = min(least, added**2 + variance[rung])
    chosen, risk = least_risk(left, variance, rungs)
    refined(work[5 + chosen], 2 ** (chosen // 2), pad, size, best)
    return width * 2 ** (0.5 * chosen), risk


def least_risk(left: Array, variance: Array, rungs: int) -> tuple[int, float]:
    """Return which bandwidth errs least and by how much, from what each leaves and varies."""
    ratio = min(left[1] / left[2], MOST_RATIO) if rungs > 2 and left[2] > 0 else MOST_RATIO
    bias, chosen, risk = left[1] * ratio / (1 - ratio), 0, 1e300
    for rung in range(rungs):
        bias += left[rung]
        if bias * bias + variance[rung] < risk:
            chosen, risk = rung, bias * bias + variance[rung]
    return chosen, risk


def refined(coarse: Array, scale: int, pad: int, size: int, fine: Array) -> None:
    """Write a density of a coarser grid on the fine one, nowhere negative; `pad` is a multiple of the scale."""
    part = 1.0 / scale
    for i in range(size // scale + 1):
        start = coarse[pad // scale + i]
        rise = (coarse[pad // scale + i + 1] - start) * part
        for k in range(min(scale, size + 1 - i * scale)):
            fine[i * scale + k] = max(start + k * rise, 0.0)


def distance(one: Array, scale: int, other: Array, finer: int, pad: int, size: int) -> float:
    """Return the sum of squares between two densities at the places of the coarser grid."""
    every = scale // finer
    mine, theirs = one[pad // scale :], other[pad // finer :]
    total = 0.0
    for i in range(size // scale + 1):
        total += (mine[i] - theirs[every * i]) ** 2
    return total
