"""The lowest τ that data allow, where the highest is beyond what was observed: by the profile of the cost."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from hwan.health._levenberg import Floats, levenberg_marquardt
from hwan.health.pulses._search import Data, linear, projected
from hwan.health.pulses._space import Space

ITERATIONS: Final = 25
FAR: Final = 1e6
"""Further away than this in standard deviations, the straight line between two nodes says nothing."""


def slowest_low(space: Space, data: Data, ln_tau: Floats, rise: Floats) -> tuple[Floats, Floats]:
    """Return ln τ and resistance in ohm of the slowest pair at the low end of what the data allow, shape (items).

    Parameters
    ----------
    ln_tau
        Best fit, shape (items, pairs).
    rise
        So much may the cost rise, in ohm², shape (items).

    Notes
    -----
    The slowest τ is held at each node and the others refitted. Between two nodes the square root of the rise is
    taken as a straight line, which it is where the cost is a parabola.
    """
    nodes = np.broadcast_to(space.ln_tau[space.nodes], (len(ln_tau), len(space.nodes)))
    held = np.sort(np.hstack((nodes, ln_tau[:, -1:])), axis=1)
    cost, ohm = _held(space, data, ln_tau, held)
    away = np.sqrt(np.maximum(cost - cost.min(axis=1, keepdims=True), 0.0) / rise[:, None])
    below = np.where(held <= ln_tau[:, -1:], away, 0.0)
    bound = np.array([_crossing(x, y) for x, y in zip(held, below, strict=True)])
    at_bound = _held(space, data, ln_tau, bound[:, None])[1][:, 0]
    return bound, np.minimum(at_bound, np.where(away <= 1, ohm, np.inf).min(axis=1))


def reaches_beyond(space: Space, data: Data, ln_tau: Floats, rise: Floats) -> npt.NDArray[np.bool_]:
    """Return whether the slowest τ may be as long as what was observed: the cost rises by less than `rise`."""
    span = np.full((len(ln_tau), 1), np.log(space.grid.span_second))
    cost, _ = _held(space, data, ln_tau, np.hstack((span, ln_tau[:, -1:])))
    return (ln_tau[:, -1] >= span[:, 0]) | (cost[:, 0] - cost[:, 1] <= rise)


def _held(space: Space, data: Data, ln_tau: Floats, held: Floats) -> tuple[Floats, Floats]:
    """Return cost and slowest resistance in ohm, the slowest ln τ held and the others refitted, shapes as `held`."""
    items, pairs = ln_tau.shape
    start = np.repeat(ln_tau[:, None, :], held.shape[1], axis=1)
    start[:, :, -1] = held
    start[:, :, :-1] = np.minimum(start[:, :, :-1], held[:, :, None] - space.step)
    low, high = np.full_like(start, space.ln_tau[0]), np.full_like(start, space.ln_tau[-1])
    low[:, :, -1] = high[:, :, -1] = held
    flat = (each.reshape(-1, pairs) for each in (start, low, high))
    rows = np.repeat(np.arange(items), held.shape[1])
    fitted = levenberg_marquardt(projected(space, data, rows), *flat, iterations=ITERATIONS)
    ohm = linear(space, data.pair[rows], fitted.parameters)[0][:, -1]
    return fitted.cost.reshape(held.shape), ohm.reshape(held.shape)


def _crossing(ln_tau: Floats, away: Floats) -> float:
    """Return where `away` falls below 1 for good, going up."""
    above = np.flatnonzero(~(away <= 1))
    if not len(above):
        return float(ln_tau[0])
    last = int(above[-1])
    if away[last] > FAR or last + 1 == len(away):
        return float(ln_tau[last])
    part = (away[last] - 1) / (away[last] - away[last + 1])
    return float(ln_tau[last] + part * (ln_tau[last + 1] - ln_tau[last]))
