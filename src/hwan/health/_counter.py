"""∫I·dt and the tester's own counters: a counter is believed once its scope is proven.

Each hypothesis about when the counter resets (every step, every cycle, never, or where its own reading
falls back to zero) gives a charge per step. The one that agrees with ∫I·dt within `AGREEMENT` of the
throughput is proven; the label only decides which is tried first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from hwan.health._segments import without_stale_starts
from hwan.health._signals import Counter, Floats, Ints, Signals

AGREEMENT: Final = 0.01
"""Root-mean-square disagreement over the root-mean-square charge of the steps, up to which a scope is proven."""
RESET_FACTOR: Final = 5.0
"""A fall to zero larger than this many usual increments is a reset; a smaller one is a net counter passing zero."""
SECONDS_PER_HOUR: Final = 3600.0


@dataclass(frozen=True, slots=True)
class CounterCheck:
    """A counter's reading per step, the scope that was proven, and how far ∫ disagrees.

    `ratio` is counted over integrated throughput: 1000 means that the two differ in a prefix.
    """

    scope: str
    per_step: Floats
    residual: float
    ratio: float

    @property
    def proven(self) -> bool:
        """Whether counter and integral agree."""
        return self.residual <= AGREEMENT


def charge_increments(data: Signals, starts: Ints) -> Floats:
    """Return the charge in Ah that each sample adds to the one before, shape (samples,).

    Trapezoid inside a step; across a step's start the new current holds since the last sample.
    """
    return _increments(without_stale_starts(data.current_ampere, starts), data.time_second, starts)


def energy_increments(data: Signals, starts: Ints) -> Floats:
    """Return the energy in Wh that each sample adds, as :func:`charge_increments`."""
    return _increments(data.voltage_volt * without_stale_starts(data.current_ampere, starts), data.time_second, starts)


def _increments(rate: Floats, time: Floats, starts: Ints) -> Floats:
    added = np.empty_like(rate)
    added[0] = 0.0
    interval = np.maximum(np.diff(time), 0.0)
    added[1:] = (rate[1:] + rate[:-1]) * (0.5 / SECONDS_PER_HOUR) * interval
    edges = starts[1:]
    added[edges] = rate[edges] * interval[edges - 1] / SECONDS_PER_HOUR
    return added


def check_counter(
    data: Signals, counter: Counter | None, starts: Ints, lasts: Ints, integrated: Floats
) -> CounterCheck | None:
    """Return the counter's reading per step under the first proven scope, else the nearest; None without one."""
    if counter is None:
        return None
    order = sorted(("step", "cycle", "test", "schedule"), key=lambda scope: scope != counter.scope)
    tried = []
    for scope in order:
        tried.append(_under(scope, data, counter.net, starts, lasts, integrated))
        if tried[-1].proven:
            return tried[-1]
    return min(tried, key=lambda check: check.residual)


def _under(scope: str, data: Signals, net: Floats, starts: Ints, lasts: Ints, integrated: Floats) -> CounterCheck:
    per_step = _per_step(scope, data, net, starts, lasts)
    throughput = float(np.abs(integrated).sum())
    counted = float(np.abs(per_step).sum())
    if not throughput:
        return CounterCheck(scope, per_step, 0.0 if not counted else np.inf, 1.0)
    residual = float(np.linalg.norm(per_step - integrated) / np.linalg.norm(integrated))
    return CounterCheck(scope, per_step, residual, counted / throughput)


def _per_step(scope: str, data: Signals, net: Floats, starts: Ints, lasts: Ints) -> Floats:
    """Return what the counter counted in each step when it begins again at zero where `scope` says."""
    numbers = {"step": data.step, "cycle": data.cycle}.get(scope)
    if scope != "test" and numbers is None:
        counted: Floats = np.add.reduceat(_unwound(net), starts)
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
    usual = float(np.median(size[size > 0])) if size.any() else 0.0
    fallen = (np.abs(net) < size) & (size > RESET_FACTOR * usual)
    fallen[0] = False
    return np.where(fallen, net, added)
