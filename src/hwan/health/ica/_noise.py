"""Noise of a voltage, and over how many samples it hangs together. Loops over numbers; see `_machine`.

Noise is what four samples leave of a parabola over their charges. White noise leaves the same however far the samples
are apart. Noise that hangs together (samples filled in between coarser ones, a filter, a drift) leaves more the farther
they are apart, up to all of it; a curve makes this grow much faster, and without an end.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

NEIGHBOURS: Final = (1000, 4, 16.0)
"""Of neighbours, so many places are looked at, and in so many rounds what is beyond so many variances is left out: the
steps of the curve."""
APART: Final = (250, 8, 6.25)
"""The same of samples further apart, where more of it is the curve..."""
CUT: Final = 0.935
"""...and what this leaves of a standard deviation."""
MOST_APART: Final = 1 / 48
"""The farthest that samples are apart, in parts of all of them."""
MOST_RUNGS: Final = 24
"""Distances, each twice the one before, at most."""
ENDED: Final = 1.25
"""Noise that has come to its end grows by less than this from one distance to the next..."""
STEADY: Final = 1.5
"""...a drift by less than this (√2 in the mean)..."""
FASTER: Final = 1.2
"""...and not by so many times the growth before."""
WHITE: Final = 1.35
"""Noise far apart that is at most so many times that of neighbours is white..."""
LOOK: Final = 1.2
"""...and for at most this at the farthest no other distance is looked at."""

Array = Any


def neighbours_noise(charge: Array, voltage: Array) -> float:
    """Return the noise in V that neighbours show."""
    return noise_at(charge, voltage, 1, NEIGHBOURS)


def noise_at(charge: Array, voltage: Array, apart: int, looked_at: tuple[int, int, float]) -> float:
    """Return the noise in V that samples `apart` from each other show."""
    places, rounds, far = looked_at
    every = 1 + len(voltage) // places
    count = max((len(voltage) - 3 * apart) // every, 0)
    squares = np.empty(count)
    for i in range(count):
        squares[i] = left_of_parabola(charge, voltage, i * every, apart)
    limit, sigma, before = 1e9, 0.0, 0
    for _ in range(rounds):
        total, kept = 0.0, 0
        for i in range(count):
            if squares[i] <= limit:
                total += squares[i]
                kept += 1
        sigma = math.sqrt(total / max(kept, 1))
        if kept == before:
            break
        limit, before = far * sigma * sigma, kept
    return sigma


def left_of_parabola(charge: Array, voltage: Array, k: int, apart: int) -> float:
    """Return the squared third divided difference of four samples from k on, scaled to the variance of one sample."""
    k1, k2, k3 = k + apart, k + 2 * apart, k + 3 * apart
    a, b, c = charge[k1] - charge[k], charge[k2] - charge[k1], charge[k3] - charge[k2]
    w0, w1 = b * c * (b + c), -(a + b) * (a + b + c) * c
    w2, w3 = a * (a + b + c) * (b + c), -a * b * (a + b)
    scale = w0 * w0 + w1 * w1 + w2 * w2 + w3 * w3
    # In voltages from the first: large equal numbers would leave their last digits behind.
    first = voltage[k]
    third = w1 * (voltage[k1] - first) + w2 * (voltage[k2] - first) + w3 * (voltage[k3] - first)
    return float(third * third / scale) if scale > 0 else 0.0


def correlated(charge: Array, voltage: Array, sigma: float) -> tuple[float, float]:
    """Return noise in V and over how many samples it hangs together; `sigma` and 1 where neighbours show all of it."""
    most, rungs = int(MOST_APART * len(voltage)), 1
    while 2**rungs <= most and rungs < MOST_RUNGS:
        rungs += 1
    if rungs == 1 or noise_at(charge, voltage, 2 ** (rungs - 1), APART) <= LOOK * CUT * sigma:
        return sigma, 1.0
    seen = np.zeros(rungs)
    for rung in range(rungs):
        seen[rung] = noise_at(charge, voltage, 2**rung, APART) / CUT
    reached = last_of_noise(seen)
    level = seen[reached]
    if reached > 0 and level > ENDED * seen[reached - 1]:
        # A drift has not come to its end: it is √2 as large, at least.
        level *= math.sqrt(2.0)
    return (level, together(seen, reached, level)) if level > WHITE * sigma else (sigma, 1.0)


def last_of_noise(seen: Array) -> int:
    """Return the farthest distance at which noise is seen and not the curve: it has come to its end, or drifts."""
    reached, before = 0, STEADY
    for rung in range(1, len(seen)):
        growth = seen[rung] / max(seen[rung - 1], 1e-12)
        drifts = seen[1] > LOOK * seen[0] and growth <= min(STEADY, FASTER * before)
        if growth <= ENDED or drifts:
            reached = rung
        before = growth
    return reached


def together(seen: Array, reached: int, level: float) -> float:
    """Return over how many samples noise hangs together: twice the distance at which half of its variance is seen."""
    rung, half = reached, level / math.sqrt(2.0)
    while rung > 0 and seen[rung - 1] > half:
        rung -= 1
    if rung == 0 or seen[rung] <= half:
        return float(2 ** (rung + 1))
    below = max(seen[rung - 1], 1e-12)
    return float(2.0 ** (rung + math.log(half / below) / math.log(seen[rung] / below)))
