"""Peaks of a curve that is known with an error: places, valleys between them, and how far noise moves either.

Loops over numbers; see `_machine`. A peak stands out from the valleys on both sides by more than noise would make it.
"""

from __future__ import annotations

import math
from typing import Any, Final

CLEAR: Final = 5.0
"""A peak stands out by so many standard deviations of its difference from the valley..."""
LEAST_RISE: Final = 0.02
"""...and by this part of its height."""
MOST_PEAKS: Final = 12
FLAT: Final = 0.7
"""Places that differ from an extreme by this part of a standard deviation could as well be it."""
WIDENED: Final = 1.7
"""Errors of the edges are widened by this: in simulations they were so much larger than noise alone makes them."""
LEAST_SHARE: Final = 0.01
"""A peak holds this part of the charge at least."""
EDGE: Final = 3
"""A peak this near to an end of the curve is not seen whole."""

Array = Any


def found_peaks(curve: Array, deviation: Array, count: int, rise: float, top: Array, valley: Array) -> int:
    """Write the places of the peaks and of the valleys about them, return how many peaks there are.

    A curve is followed until it has fallen clearly below its highest place, then until it has risen clearly. With
    `rise` of 0 the least rise is a part of the height, else that much, for a curve of logarithms.
    """
    peaks, high, low, rising = 0, 0, 0, True
    valley[0] = 0
    for i in range(1, count):
        if rising:
            if curve[i] > curve[high]:
                high = i
            least = rise if rise > 0 else LEAST_RISE * curve[high]
            clear = max(CLEAR * math.hypot(deviation[i], deviation[high]), least)
            if curve[high] - curve[i] > clear:
                if high >= EDGE and peaks < MOST_PEAKS:
                    top[peaks] = high
                    peaks += 1
                low, rising = i, False
        else:
            if curve[i] < curve[low]:
                low = i
            least = rise if rise > 0 else LEAST_RISE * curve[i]
            clear = max(CLEAR * math.hypot(deviation[i], deviation[low]), least)
            if curve[i] - curve[low] > clear:
                valley[peaks] = low
                high, rising = i, True
    valley[peaks] = count - 1
    return peaks


def parabola(curve: Array, count: int, at: int, reach: int) -> tuple[float, float]:
    """Return where a parabola about a place has its extreme, and how it bends, in places of the grid."""
    low, high = max(at - reach, 0), min(at + reach, count - 1)
    n, s2, s4, t0, t1, t2 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    middle = 0.5 * (low + high)
    for i in range(low, high + 1):
        x = i - middle
        n += 1
        s2 += x * x
        s4 += x * x * x * x
        t0 += curve[i]
        t1 += x * curve[i]
        t2 += x * x * curve[i]
    determinant = n * s4 - s2 * s2
    if determinant <= 0 or s2 <= 0:
        return float(at), 0.0
    bend = 2 * (n * t2 - s2 * t0) / determinant
    place = middle - t1 / s2 / bend if bend != 0 else float(at)
    return min(max(place, float(low)), float(high)), bend


def shifted(slope_deviation: float, bend: float, curve: Array, deviation: Array, at: int, low: int, high: int) -> float:
    """Return by how many places noise moves an extreme: by its slope, and no less than the curve is flat there."""
    flat = 0
    limit = FLAT * deviation[at]
    i = at
    while i > low and abs(curve[i - 1] - curve[at]) <= limit:
        i -= 1
        flat += 1
    i = at
    while i < high and abs(curve[i + 1] - curve[at]) <= limit:
        i += 1
        flat += 1
    most = 0.25 * (high - low)
    return max(min(slope_deviation / abs(bend), most) if bend != 0 else most, min(0.5 * flat, most))


def edge(curve: Array, deviation: Array, top: float, at: int, valley: int, reach: int) -> tuple[float, float]:
    """Return where a curve falls to half of its height at a peak, or its valley where it does not; and the error.

    Both in places of the grid; the level moves with the height of the peak, whose standard error is `top`.
    """
    way = 1 if valley > at else -1
    level, i = 0.5 * curve[at], at
    while i != valley and curve[i] > level:
        i += way
    if curve[i] > level:
        flat = shifted(0.0, 1.0, curve, deviation, valley, min(at, valley), max(at, valley))
        return float(valley), WIDENED * max(flat, 1.0)
    rise = curve[i - way] - curve[i]
    place = i - way * (level - curve[i]) / rise if rise > 0 else float(i)
    low, high = max(min(i - way * reach, i), 0), min(max(i - way * reach, i), len(curve) - 1)
    steep = abs(curve[high] - curve[low]) / max(high - low, 1)
    unsure = WIDENED * math.hypot(deviation[i], 0.5 * top)
    return place, min(unsure / steep if steep > 0 else abs(at - i), 0.5 * abs(at - i))
