"""Resolution and range of the voltmeter, as the curve itself shows them. Loops over numbers; see `_machine`."""

from __future__ import annotations

from typing import Any, Final

from hwan.health.ica._noise import neighbours_noise

LOOKED_AT: Final = 1000
DIGITS: Final = 20.0
AROUND: Final = 0.1
MOSTLY: Final = 0.8
"""Changes of a rounded voltage, up to so many steps, lie so near to a whole number, and so many of them do."""

Array = Any


def instrument_of(charge: Array, voltage: Array) -> tuple[float, float]:
    """Return noise and resolution of a voltage in V, from some thousand places of the curve."""
    smallest = 1e9
    for k in range(1, len(voltage)):
        change = abs(voltage[k] - voltage[k - 1])
        if 1e-6 < change < smallest:
            smallest = change
    resolution = smallest if is_digit(voltage, smallest) else 0.0
    return neighbours_noise(charge, voltage), resolution


def span_of(voltage: Array) -> float:
    """Return the highest voltage less the lowest, in V."""
    low, high = voltage[0], voltage[0]
    for volt in voltage:
        low, high = min(low, volt), max(high, volt)
    return float(high - low)


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
