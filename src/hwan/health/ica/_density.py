"""Incremental capacity as a density: how much charge was moved at each voltage. Loops over numbers; see `_machine`.

The charge of each sample is laid on a fine grid of voltage and smoothed once. The kernel is a Gaussian of width h times
a polynomial, so that both the smoothing and the blur by the noise σ of the voltage cancel up to the sixth power of h:
its Fourier transform is exp(−h²ω²/2)·(1 + x + x²/2) with x = (h² + σ²)ω²/2.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from hwan.health.ica._grid import between, copied, distance, halved, laid_out, mirrored, refined
from hwan.health.ica._instrument import end_of

BINS_PER_WIDTH: Final = 2.5
"""Grid intervals in the narrowest bandwidth."""
FAR: Final = 3.0
"""Half of a rise of the voltage, in standard deviations of the noise, that noise hardly makes."""
REACH: Final = 4.5
"""A kernel ends at so many bandwidths."""
RUNGS: Final = 8
"""Bandwidths that are looked at, each √2 times the one before."""
MOST_RATIO: Final = 0.6
"""Each narrower bandwidth leaves at most this part of what the next one leaves."""
SMOOTH: Final = (0.6, 0.9)
"""A bandwidth that takes away at most this part of what the next wider one does; what it and all below take away..."""
EDGED: Final = (0.7, 5.5)
"""...and one that takes away this part, as at the edges of a plateau (2^-1/4 at a step), behind which more may hide."""
NODES: Final = 32
"""Points of the integrals over frequency."""
HIGHEST: Final = 6.0
"""They end where the Gaussian has fallen to exp(−18)."""
PAD: Final = 176
"""Places of the grid beyond each end: the reach of the widest kernel, and some."""
MOST_PLACES: Final = 6400
"""Places of the grid with both pads; a narrowest bandwidth that would need more is widened."""

Array = Any
Noise = tuple[float, float, float]
"""σ of the samples in V, the σ² that the kernel takes out, and how many samples err together."""


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
    charge: Array,
    voltage: Array,
    noise: Noise,
    width: float,
    grid: Array,
    density: Array,
    work: Array,
) -> tuple[int, int, float, tuple[float, float, float, float]]:
    """Write the density on the grid of voltage.

    `width` is the narrowest bandwidth in V. Returns the places of the grid, the rung of the bandwidth chosen, the mean
    squared error expected in (Ah/V)²·V, and, for each Ah/V of density, the variance factors of value, slope and what
    the rung beside it differs by; behind them what is lost (`lost_below`). No place: the curve has no span.
    """
    edge = max(4, min(40, len(charge) // 10))
    low = end_of(charge, voltage, 0, edge, charge[0])
    high = end_of(charge, voltage, len(charge) - edge, len(charge), charge[-1])
    size = math.ceil((high - low) / width * BINS_PER_WIDTH)
    if size < 6 or size + 2 * PAD >= work.shape[1]:
        return 0, 0, 0.0, (0.0, 0.0, 0.0, 0.0)
    step, count = (high - low) / size, size + 2 * PAD + 1
    mass = work[0, :count]
    squares = noise[2] * laid_out(charge, voltage, FAR * noise[0] / step, low, step, PAD, mass)
    charges = mass.sum()
    mirrored(mass, PAD, size, work[2, :count])
    rung, risk, lost = climbed(work[:, :count], PAD, size, step, width, noise, squares, density)
    for i in range(size + 1):
        grid[i] = low + i * step
    wide, part = width * 2 ** (0.5 * rung), squares / charges
    beside = wide * 2 ** (-0.5 if rung > 0 else 0.5)
    value, slope, apart = variance_factors(wide, beside, noise[0], noise[1] + step**2 / 6)
    return size + 1, rung, risk, (value * part, slope * part, apart * part, lost)


def left_at(work: Array, rung: int, place: float) -> tuple[float, float]:
    """Return the density at a place of the grid, and by how much the next narrower one differs; or else the wider."""
    beside = rung - 1 if rung > 0 else 1
    return density_at(work, rung, place), density_at(work, rung, place) - density_at(work, beside, place)


def density_at(work: Array, rung: int, place: float) -> float:
    """Return the density of a bandwidth at a place of the grid."""
    return between(work[5 + rung], (PAD + place) / 2 ** (rung // 2))


def climbed(
    work: Array,
    pad: int,
    size: int,
    step: float,
    width: float,
    noise: Noise,
    squares: float,
    best: Array,
) -> tuple[int, float, float]:
    """Widen the bandwidth until the error expected has grown; write the best density, return its rung, error and loss.

    A bandwidth h leaves the one of h/√2 by d² = ∫(f_h − f_h/√2)², less what noise puts between the two. These d add
    up to the bias of h: nothing makes them cancel. Those below the narrowest are a geometric series, by the
    ratio of the first two. The error is bias² and variance. `work`: charge, nothing, charge continued, kernel,
    a density on its own grid, then one of each bandwidth on the fine grid.
    """
    scale, count, added, least, rungs, before = 1, work.shape[1], 0.0, 1e300, 0, 1
    left, variance, grown = np.zeros(RUNGS), np.zeros(RUNGS), False
    for rung in range(RUNGS):
        wide = width * 2 ** (0.5 * rung)
        if REACH * wide > (pad - 16) * step or 6 * wide > size * step:
            break
        if rung >= 2 and rung % 2 == 0:
            half = halved(work[2], count, work[4])
            copied(work[4, :half], work[2, :half])
            count, scale = half, scale * 2
        spread = noise[1] + (step * scale) ** 2 / 6
        reach = kernel(wide, step * scale, spread, work[3])
        smoothed(work[2], work[3], reach, pad // scale, (pad + size) // scale + 1, work[5 + rung])
        value, _, between = variance_factors(wide, wide / math.sqrt(2.0), noise[0], spread)
        variance[rung] = value * squares
        if rung > 0:
            apart = distance(work[5 + rung], scale, work[4 + rung], before, pad, size) * step * scale
            left[rung] = math.sqrt(max(apart - between * squares, 0.0))
            added = added_up(left, rung)
        rungs, before = rung + 1, scale
        # One more than the first that errs more: what it leaves tells whether the curve has edges.
        if grown:
            break
        grown = rung >= 2 and added**2 + variance[rung] > least
        least = min(least, added**2 + variance[rung])
    if rungs == 1:
        # Nothing to compare it with: it could be all bias.
        work[6, :] = 0.0
    chosen, risk, lost = settled(left, variance, rungs)
    refined(work[5 + chosen], 2 ** (chosen // 2), pad, size, best)
    return chosen, risk, lost


def settled(left: Array, variance: Array, rungs: int) -> tuple[int, float, float]:
    """Return which bandwidth errs least, its squared error, no less than what the wider ones tell, and its loss."""
    chosen, risk = least_risk(left, variance, rungs)
    lost = lost_below(left, rungs, chosen)
    if lost > 0:
        risk = max(risk, variance[chosen] + (lost * left[chosen + 1]) ** 2)
    return chosen, risk, lost


def added_up(left: Array, rung: int) -> float:
    """Return the sum of what bandwidths up to one leave; each is lowered to what the next wider one leaves.

    A narrower bandwidth leaves less; where it seems to leave more, that is noise.
    """
    total, least = 0.0, 1e300
    for k in range(rung, 0, -1):
        least = min(least, left[k])
        left[k] = least
        total += least
    return total


def least_risk(left: Array, variance: Array, rungs: int) -> tuple[int, float]:
    """Return which bandwidth errs least and by how much, from what each leaves and varies."""
    ratio = min(left[1] / left[2], MOST_RATIO) if rungs > 2 and left[2] > 0 else MOST_RATIO
    bias, chosen, risk = left[1] * ratio / (1 - ratio), 0, 1e300
    for rung in range(rungs):
        bias += left[rung]
        if bias * bias + variance[rung] < risk:
            chosen, risk = rung, bias * bias + variance[rung]
    return chosen, risk


def lost_below(left: Array, rungs: int, chosen: int) -> float:
    """Return what a bandwidth and all below it take away, in parts of what the next wider one does; 0: there is none.

    The two wider ones tell whether the curve is smooth: noise hides the narrower ones. In simulations of smooth peaks
    and of plateaus with edges such parts erred least.
    """
    if chosen + 1 >= rungs:
        return 0.0
    if chosen + 2 >= rungs or left[chosen + 2] <= 0:
        return SMOOTH[1]
    edged = (left[chosen + 1] / left[chosen + 2] - SMOOTH[0]) / (EDGED[0] - SMOOTH[0])
    return float(SMOOTH[1] + min(max(edged, 0.0), 1.0) * (EDGED[1] - SMOOTH[1]))
