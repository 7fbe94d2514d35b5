"""Noise, resolution and range of the voltmeter, as the curve itself shows them. Loops over numbers; see `_machine`."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

LOOKED_AT: Final = 1000
DIGITS: Final = 20.0
AROUND: Final = 0.1
MOSTLY: Final = 0.8
"""Changes of a rounded voltage, up to so many steps, lie so near to a whole number, and so many of them do."""

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


def span_of(voltage: Array) -> float:
    """Return the highest voltage less the lowest, in V."""
    low, high = voltage[0], voltage[0]
    for volt in voltage:
        low, high = min(low, volt), max(high, volt)
    return float(high - low)


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
