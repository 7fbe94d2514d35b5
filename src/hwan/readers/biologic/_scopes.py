"""Since when a counter counts: shown by the integral of the current in the same file, or not at all.

BioLogic's headings do not say when a counter returns to zero, and releases differ. Each scope that BDF
has is tried, from the widest; the first under which the counter equals the integral is its scope.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from hwan.readers._changes import BLOCK

Floats = NDArray[np.float64]
Flow = Literal["charging", "discharging", "net"]
Amount = Literal["capacity_ah", "energy_wh"]

TOLERANCE: Final = 0.01
"""Largest difference from the integral, as a share of the counter's own span."""


@dataclass(frozen=True, slots=True)
class Counter:
    """A counter by its heading: which flow, of what, and the factor to the unit of BDF."""

    flow: Flow
    amount: Amount
    factor: float

    def name(self, scope: str) -> str:
        """Return the column of BDF.

        >>> Counter("net", "capacity_ah", 1e-3).name("cycle_")
        'cycle_net_capacity_ah'
        """
        return f"{scope}{self.flow}_{self.amount}"


COUNTERS: Final[Mapping[str, Counter]] = {
    "(Q-Qo)/mA.h": Counter("net", "capacity_ah", 1e-3),
    "Q charge/mA.h": Counter("charging", "capacity_ah", 1e-3),
    "Q discharge/mA.h": Counter("discharging", "capacity_ah", 1e-3),
    "Energy charge/W.h": Counter("charging", "energy_wh", 1.0),
    "Energy discharge/W.h": Counter("discharging", "energy_wh", 1.0),
}


@dataclass(frozen=True, slots=True)
class Flows:
    """Charge that went in between each row and the one before it, in Ah; the voltage; and the numbers."""

    charge_ah: Floats
    voltage_volt: NDArray[np.floating[Any]]
    numbers: Mapping[str, NDArray[np.generic]] = field(default_factory=dict)

    def integral(self, counter: Counter) -> Floats:
        """Return what the counter should read if it had begun with the first row."""
        moved = self.charge_ah * self.voltage_volt if counter.amount == "energy_wh" else self.charge_ah
        if counter.flow != "net":
            moved = np.maximum(moved if counter.flow == "charging" else -moved, 0.0)
        total: Floats = np.cumsum(moved)
        return total if np.isfinite(total[-1]) else np.cumsum(np.nan_to_num(moved))


def turned(values: Floats, counter: Counter) -> float:
    """Return -1 for a discharging counter that some releases write with a minus, else 1."""
    written_negative = counter.flow == "discharging" and float(values.max()) <= 0 > float(values.min())
    return -1.0 if written_negative else 1.0


def scope_of(values: Floats, counter: Counter, flows: Flows) -> tuple[str, float] | None:
    """Return the scope's prefix (``""``: the test) and the share by which the counter misses; None when none fits."""
    if not np.any(flows.charge_ah):
        return None  # nothing flowed, so nothing is shown
    integral = flows.integral(counter)
    span = _largest(values) or _largest(integral) or 1.0
    for scope, base in _bases(integral, flows.numbers):
        missed = _furthest(integral, base, values) / span
        if missed <= TOLERANCE:
            return scope, missed
    missed = _missed_between_resets(values, integral)
    return ("schedule_", missed) if counter.flow != "net" and missed <= TOLERANCE else None


def _largest(values: Floats) -> float:
    """Return the largest magnitude of `values`."""
    return max(float(values.max()), -float(values.min()))


def _furthest(integral: Floats, base: Floats | float, values: Floats) -> float:
    """Return how far `values` are at most from the integral since its base; NaN where a value is."""
    furthest, buffer = 0.0, np.empty(min(BLOCK, len(values)))
    for first in range(0, len(values), BLOCK):
        rows = slice(first, first + BLOCK)
        away = buffer[: len(values[rows])]
        np.subtract(integral[rows], base if isinstance(base, float) else base[rows], out=away)
        np.subtract(away, values[rows], out=away)
        furthest = float(np.maximum(furthest, _largest(away)))
    return furthest


def _bases(integral: Floats, numbers: Mapping[str, NDArray[np.generic]]) -> Iterator[tuple[str, Floats | float]]:
    """Yield, for each scope, what the integral had reached before the scope began."""
    yield "", float(integral[0])
    for scope, number in numbers.items():
        begins = np.concatenate([[0], 1 + np.flatnonzero(number[1:] != number[:-1])])
        before = np.concatenate([integral[:1], integral[begins[1:] - 1]])
        yield scope, np.repeat(before, np.diff(begins, append=len(integral)))


def _missed_between_resets(values: Floats, integral: Floats) -> float:
    """Return the share that is missed where the counter does not fall; at a fall it must begin anew."""
    risen, moved = np.diff(values), np.diff(integral)
    falls = risen < 0
    total = float(moved.sum())
    if total <= 0:
        return float("inf")
    return float(np.abs(np.where(falls, values[1:], risen) - moved).sum()) / total
