"""What the data prove about a table: unit and sign of the current, unit of the time, scope of counters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

AGREEMENT: Final = 0.02
"""Root-mean-square disagreement of a counter with ∫I·dt, over the counter's own, up to which a scope is proven."""
_TIE: Final = 1.5
_LEAST_STEPS: Final = 3
_LEAST_SHARE: Final = 0.8
_SECONDS_PER_HOUR: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Samples:
    """Time in s, current (positive charges once its sign is known) and voltage of the rows that have all three."""

    second: Floats
    current: Floats
    volt: Floats
    cycle: Floats | None = None
    step: Floats | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """When a counter starts anew and what it counts: ``step`` and ``net``; `factor` is -1 where it counts down."""

    since: str
    flow: str
    residual: float
    factor: float = 1.0


def sign_of(data: Samples) -> tuple[int, int, int]:
    """Return 1, -1 or 0 (not to be told) for the sign of the current, the jumps that agree, and their number.

    Where current begins from rest the voltage goes with it: up when it charges.
    """
    scale = float(np.max(np.abs(data.current), initial=0.0))
    if scale == 0:
        return 0, 0, 0
    before, after = np.abs(data.current[:-1]) < 0.01 * scale, np.abs(data.current[1:]) > 0.05 * scale
    rows = np.flatnonzero(before & after)
    moves = (data.volt[rows + 1] - data.volt[rows]) * np.sign(data.current[rows + 1])
    moves = moves[moves != 0]
    if len(moves) < _LEAST_STEPS:
        moves = _slopes(data, scale)
    agree = int((moves > 0).sum())
    if len(moves) < _LEAST_STEPS or _LEAST_SHARE > agree / len(moves) > 1 - _LEAST_SHARE:
        return 0, agree, len(moves)
    return (1 if agree * 2 > len(moves) else -1), agree, len(moves)


def _slopes(data: Samples, scale: float) -> Floats:
    """Return the voltage's way over stretches of one sign, long enough to rise above noise: positive agrees."""
    sign = np.where(np.abs(data.current) > 0.05 * scale, np.sign(data.current), 0)
    edges = np.flatnonzero(np.diff(sign)) + 1
    found = []
    for rows in np.split(np.arange(len(sign)), edges):
        if len(rows) >= 10 and sign[rows[0]]:
            parts = np.array_split(data.volt[rows], 5)
            found += list(np.diff([float(np.mean(part)) for part in parts]) * sign[rows[0]])
    return np.array([move for move in found if move != 0])


def is_unsigned(data: Samples) -> bool:
    """Say whether the current is nowhere negative while the voltage, under current, falls and rises for long."""
    if np.any(data.current < 0) or not np.any(data.current > 0):
        return False
    moves = _slopes(data, float(np.max(data.current)))
    return bool(np.any(moves < -1e-3)) and bool(np.any(moves > 1e-3))


def ratio_of(counted: Floats, expected: Floats) -> float:
    """Return the usual ratio of what was counted to what was expected, where both moved; NaN when nothing did."""
    size = np.abs(expected)
    chosen = (size > 0.2 * np.max(size, initial=0.0)) & (counted != 0)
    if not np.any(chosen):
        return float("nan")
    ratios = np.abs(counted[chosen] / expected[chosen])
    return float(np.median(ratios))


def charge(data: Samples) -> Floats:
    """Return the charge that each row adds to the one before, in units of the current times hours."""
    step = np.diff(data.second)
    middle = (data.current[1:] + data.current[:-1]) / 2
    return np.concatenate([[0.0], middle * step]) / _SECONDS_PER_HOUR


def scope_of(counter: Floats, data: Samples, amount: str, *, energy: bool = False) -> Scope | None:
    """Return when a counter starts anew and what it counts, or None when the data do not tell.

    Every scope and flow that can be meant is computed from ∫I·dt (∫U·I·dt for energy). The one that agrees
    is proven; where several do because nothing started anew, a counter of one direction has scope ``schedule``.
    """
    if len(counter) < _LEAST_STEPS or not np.any(counter):
        return None
    fits = sorted(_fits(counter, data, amount, energy=energy), key=lambda scope: scope.residual)
    if not fits or fits[0].residual > AGREEMENT:
        return None
    alike = [scope for scope in fits if scope.residual <= max(_TIE * fits[0].residual, 1e-6)]
    if len({(scope.since, scope.flow, scope.factor) for scope in alike}) == 1:
        return alike[0]
    if len({scope.flow for scope in alike}) == 1 and alike[0].flow in ("charging", "discharging"):
        return Scope("schedule", alike[0].flow, alike[0].residual, alike[0].factor)
    return None


def _fits(counter: Floats, data: Samples, amount: str, *, energy: bool) -> list[Scope]:
    added = charge(data) * (data.volt if energy else 1.0)
    late = np.concatenate([[0.0], data.current[1:] * np.diff(data.second)]) / _SECONDS_PER_HOUR
    late = late * (data.volt if energy else 1.0)
    found = []
    for since, starts in _starts(data).items():
        for flow, factor in _flows(amount):
            residual = min(_residual(counter * factor, _count(way, flow, starts)) for way in (added, late))
            found.append(Scope(since, flow, residual, factor))
    return found


def _flows(amount: str) -> tuple[tuple[str, float], ...]:
    if amount == "either":
        return ("net", 1.0), ("net", -1.0), ("cumulative", 1.0), ("charging", 1.0), ("discharging", 1.0)
    return (amount, 1.0), (amount, -1.0)


def _starts(data: Samples) -> Mapping[str, NDArray[np.intp]]:
    """Return the rows at which a counter of each scope would start anew."""
    first: NDArray[np.intp] = np.zeros(1, dtype=np.intp)
    found = {"": first}
    if data.cycle is not None:
        found["cycle"] = np.concatenate([first, np.flatnonzero(np.diff(data.cycle)) + 1])
    if data.step is not None:
        changes = np.diff(data.step) != 0
        if data.cycle is not None:
            changes = changes | (np.diff(data.cycle) != 0)
        found["step"] = np.concatenate([first, np.flatnonzero(changes) + 1])
    return found


def _count(added: Floats, flow: str, starts: NDArray[np.intp]) -> Floats:
    parts = {"net": added, "cumulative": np.abs(added), "charging": np.maximum(added, 0),
             "discharging": np.maximum(-added, 0)}  # fmt: skip
    total = np.cumsum(parts[flow])
    # A row at which a step begins carries nothing of the step before.
    base = np.where(starts > 0, total[starts], 0.0)
    lengths = np.diff(np.append(starts, len(total)))
    counted: Floats = total - np.repeat(base, lengths)
    return counted


def _residual(counter: Floats, counted: Floats) -> float:
    size = float(np.sqrt(np.mean(counter**2)))
    return float(np.sqrt(np.mean((counter - counted) ** 2))) / size if size > 0 else float("inf")


def imaginary_sign(frequency: Floats, real: Floats, imaginary: Floats) -> int:
    """Return 1 when a capacitive imaginary part is negative, -1 when it was turned, 0 when it cannot be told.

    By Bode's relation the phase has the sign of the slope of ln|Z| over ln f: a capacitive impedance falls
    with the frequency.
    """
    sound = np.isfinite(frequency) & np.isfinite(real) & np.isfinite(imaginary) & (np.hypot(real, imaginary) > 0)
    frequency, real, imaginary = frequency[sound], real[sound], imaginary[sound]
    order = np.argsort(frequency)
    frequency, real, imaginary = frequency[order], real[order], imaginary[order]
    rising = np.concatenate([[True], np.diff(frequency) > 0])[: len(frequency)]
    frequency, real, imaginary = frequency[rising], real[rising], imaginary[rising]
    if len(frequency) < 5 or np.any(frequency <= 0):
        return 0
    slope = np.gradient(np.log(np.hypot(real, imaginary)), np.log(frequency))
    phase = np.arctan2(imaginary, real)
    share = float(np.mean(slope * phase > 0))  # points count alike: one bad point has a large slope
    if _LEAST_SHARE > share > 1 - _LEAST_SHARE:
        return 0
    return 1 if share >= _LEAST_SHARE else -1
