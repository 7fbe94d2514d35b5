"""∫I·dt and the tester's own counters: a counter is believed once its scope is proven.

Each hypothesis about when the counter resets (every step, every cycle, never, or where its own reading
falls back to zero) gives a charge per step. The one that agrees with ∫I·dt within `AGREEMENT` of the
throughput is proven; the label only decides which is tried first.

A record of work steps has only the start and the end of each. They give ∫I·dt of a constant current,
and the counter is proven on those steps. Of a step whose current changes (a CCCV; for the energy every
long step) they give limits: between them current and voltage do not leave the range of their ends. There
the counter must lie within the limits; its error is the one shown by the steps that it was proven on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hwan.health._segments import without_stale_starts
from hwan.health._signals import Counter, Floats, Ints, Signals

Bools = NDArray[np.bool_]

AGREEMENT: Final = 0.01
"""Root-mean-square disagreement over the root-mean-square charge of the steps, up to which a scope is proven."""
RESET_FACTOR: Final = 5.0
"""A fall to zero larger than this many usual increments is a reset; a smaller one is a net counter passing zero."""
ENDS: Final = 2
"""Where no step has more samples than this, the record shows the start and the end of each only."""
DIGITS: Final = 2
"""So many of its last digits may a counter that was read once per step be off: testers truncate what they print."""
PLACES: Final = 9
SECONDS_PER_HOUR: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Limits:
    """The least and the most that each step can have moved, in Ah or Wh, when only its ends are recorded."""

    least: Floats
    most: Floats

    def told(self, integrated: Floats) -> Bools:
        """Mark the steps whose ends give the integral: the limits are within `AGREEMENT` of it."""
        narrow: Bools = self.most - self.least <= 2 * AGREEMENT * np.abs(integrated)
        return narrow

    def beyond(self, amount: Floats) -> Floats:
        """Return how far an amount lies outside the limits, 0 inside."""
        outside: Floats = amount - np.clip(amount, self.least, self.most)
        return outside


@dataclass(frozen=True, slots=True)
class CounterCheck:
    """A counter's reading per step, the scope that was proven, and how far ∫ disagrees.

    `ratio` is counted over integrated throughput: 1000 means that the two differ in a prefix. Of a
    record of work steps `told` marks the steps that were compared, and `digit` is the counter's last.
    """

    scope: str
    per_step: Floats
    residual: float
    ratio: float
    digit: float = 0.0
    told: Bools | None = None

    @property
    def proven(self) -> bool:
        """Whether counter and integral agree."""
        return self.residual <= AGREEMENT

    def completed(self, integrated: Floats) -> Floats:
        """Return the integral, where the ends of a step do not give it, as a proven counter implies it."""
        return integrated if self.told is None else np.where(self.told, integrated, self.per_step / self.ratio)

    def readings(self, integrated: Floats) -> Floats:
        """Return the counter per step, NaN where its last digit is too coarse and the ends tell more."""
        if self.told is None:
            return self.per_step
        size = np.abs(integrated)
        coarse = self.told & (size > 0) & (0.5 * self.digit > AGREEMENT * size)
        return np.where(coarse, np.nan, self.per_step)


def charge_increments(data: Signals, starts: Ints) -> Floats:
    """Return the charge in Ah that each sample adds to the one before, shape (samples,).

    Trapezoid inside a step; across a step's start the new current holds since the last sample.
    """
    return increments(without_stale_starts(data.current_ampere, starts), _intervals(data), starts)


def energy_increments(data: Signals, starts: Ints) -> Floats:
    """Return the energy in Wh that each sample adds, as :func:`charge_increments`."""
    rate = data.voltage_volt * without_stale_starts(data.current_ampere, starts)
    return increments(rate, _intervals(data), starts)


def _intervals(data: Signals) -> Floats:
    interval: Floats = np.maximum(np.diff(data.time_second), 0.0)
    return interval


def increments(rate: Floats, interval: Floats, starts: Ints) -> Floats:
    """Return ∫rate·dt in rate·h that each sample adds to the one before; `interval` in s lies between them."""
    added = np.empty_like(rate)
    added[0] = 0.0
    inside = np.add(rate[1:], rate[:-1], out=added[1:])
    inside *= 0.5 / SECONDS_PER_HOUR
    inside *= interval
    edges = starts[1:]
    added[edges] = rate[edges] * interval[edges - 1] / SECONDS_PER_HOUR
    return added


def charge_limits(data: Signals, starts: Ints, lasts: Ints) -> Limits | None:
    """Return what the ends of each step allow in Ah; None for a record with samples between them."""
    return _limits(data, starts, lasts, np.ones(len(data)))


def energy_limits(data: Signals, starts: Ints, lasts: Ints) -> Limits | None:
    """Return what the ends of each step allow in Wh, as :func:`charge_limits`."""
    return _limits(data, starts, lasts, data.voltage_volt)


def _limits(data: Signals, starts: Ints, lasts: Ints, weight: Floats) -> Limits | None:
    if data.step is None or int((lasts - starts).max()) + 1 != ENDS:
        return None
    begin = np.append(data.time_second[:1], data.time_second[lasts[:-1]])
    hours = (data.time_second[lasts] - begin) / SECONDS_PER_HOUR
    ends = (starts, lasts)
    corners = np.stack([data.current_ampere[one] * weight[other] * hours for one in ends for other in ends])
    return Limits(corners.min(axis=0), corners.max(axis=0))


def check_counter(
    data: Signals,
    counter: Counter | None,
    starts: Ints,
    lasts: Ints,
    integrated: Floats,
    limits: Limits | None = None,
    unwound: Floats | None = None,
) -> CounterCheck | None:
    """Return the counter's reading per step under the first proven scope, else the nearest; None without one.

    `integrated` in Ah or Wh per step; `limits` only for a record of work steps. Where `data` holds
    only the ends of each step, `unwound` is what the counter itself shows that it counted in each.
    """
    if counter is None:
        return None
    order = sorted(("step", "cycle", "test", "schedule"), key=lambda scope: scope != counter.scope)
    tried = []
    for scope in order:
        per_step = _per_step(scope, data, counter.net, starts, lasts, unwound)
        if limits is None:
            tried.append(_compared(scope, per_step, integrated))
        else:
            tried.append(_within(limits, scope, per_step, integrated, _digit(counter.net)))
        if tried[-1].proven:
            return tried[-1]
    return min(tried, key=lambda check: check.residual)


def _compared(scope: str, per_step: Floats, integrated: Floats) -> CounterCheck:
    throughput = float(np.abs(integrated).sum())
    counted = float(np.abs(per_step).sum())
    if not throughput:
        return CounterCheck(scope, per_step, 0.0 if not counted else np.inf, 1.0)
    residual = float(np.linalg.norm(per_step - integrated) / np.linalg.norm(integrated))
    return CounterCheck(scope, per_step, residual, counted / throughput)


def _within(limits: Limits, scope: str, per_step: Floats, integrated: Floats, digit: float) -> CounterCheck:
    """Compare where the ends of a step give the integral; elsewhere the counter must lie within the limits."""
    told = limits.told(integrated)
    square = float(integrated[told] @ integrated[told])
    if not square:
        still = not per_step.any() and not integrated.any()
        return CounterCheck(scope, per_step, 0.0 if still else np.inf, 1.0, digit, told)
    apart = np.abs(np.where(told, per_step - integrated, limits.beyond(per_step)))
    residual = float(np.linalg.norm(np.maximum(apart - DIGITS * digit, 0.0))) / np.sqrt(square)
    # Weighted by their size: of a thousand short pulses the counter shows little but its last digit.
    ratio = float(per_step[told] @ integrated[told]) / square
    return CounterCheck(scope, per_step, max(residual, abs(ratio - 1)), ratio, digit, told)


def _digit(net: Floats) -> float:
    """Return the value of the last decimal place that a counter shows, 0 beyond `PLACES`."""
    exact = (place for place in range(PLACES + 1) if np.allclose(net, np.round(net, place), rtol=0, atol=1e-12))
    return next((10.0**-place for place in exact), 0.0)


def _per_step(
    scope: str, data: Signals, net: Floats, starts: Ints, lasts: Ints, unwound: Floats | None = None
) -> Floats:
    """Return what the counter counted in each step when it begins again at zero where `scope` says."""
    numbers = {"step": data.step, "cycle": data.cycle}.get(scope)
    if scope != "test" and numbers is None:
        counted: Floats = np.add.reduceat(_unwound(net), starts) if unwound is None else unwound
        return counted
    before = np.append(net[:1], net[lasts[:-1]])
    if numbers is not None:
        before[1:][np.diff(numbers[starts]) != 0] = 0.0
    per_step: Floats = net[lasts] - before
    return per_step


def _unwound(net: Floats) -> Floats:
    """Return what each sample adds to a counter that shows itself where it began again: by falling back to zero.

    The step's first sample may lie a row beside the reset, so that every sample is looked at.
    """
    added = np.diff(net, prepend=net[0])
    size = np.abs(added)
    usual = usual_increment(net)
    fallen = (np.abs(net) < size) & (size > RESET_FACTOR * usual)
    fallen[0] = False
    return np.where(fallen, net, added)


def usual_increment(net: Floats) -> float:
    """Return what a sample usually adds to a counter, in its unit: the median of what is not zero."""
    size = np.abs(np.diff(net))
    return float(np.median(size[size > 0])) if size.any() else 0.0
