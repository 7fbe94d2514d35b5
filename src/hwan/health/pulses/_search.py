"""Best time constants of none, one or two pairs: every pair of nodes tried, then refined in ln τ.

For given time constants the resistances follow linearly (variable projection; Golub and Pereyra 1973,
doi:10.1137/0710036), so that only ln τ is searched; the refinement is Kaufman's Gauss-Newton
(doi:10.1007/BF01932995), damped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from hwan.health._levenberg import Floats, Normal, Rows, levenberg_marquardt
from hwan.health.pulses._space import Space

CHUNK: Final = 1024
"""Items searched at once: all pairs of nodes of so many stay in a processor's cache or near it."""
RIDGE: Final = 1e-13
IMPOSSIBLE: Final = 1e200
"""Cost of a fit whose resistances are not all positive."""
ITERATIONS: Final = 40


@dataclass(frozen=True, slots=True)
class Data:
    """Responses in ohm in the coordinates of a space: among pairs, among instant columns, and what is left, squared."""

    pair: Floats
    instant: Floats
    left: Floats

    def __len__(self) -> int:
        return len(self.left)

    def of(self, rows: Rows) -> Data:
        """Return the data of some items."""
        return Data(self.pair[rows], self.instant[rows], self.left[rows])


@dataclass(frozen=True, slots=True)
class Found:
    """Fit of one number of pairs to all items; cost is `IMPOSSIBLE` where no positive resistances exist.

    Parameters
    ----------
    ln_tau, pair_ohm
        Shape (items, pairs), ordered by τ.
    cost
        Sum of squared residuals in ohm², shape (items).
    """

    ln_tau: Floats
    pair_ohm: Floats
    cost: Floats


def searched(space: Space, data: Data, pairs: int) -> Found:
    """Return the best fit of `pairs` pairs to every item."""
    if pairs == 0:
        empty = np.zeros((len(data), 0))
        return Found(empty, empty, np.einsum("ij,ij->i", data.pair, data.pair) + data.left)
    start, there = _starts(space, data, pairs)
    ln_tau, pair_ohm = np.full((len(data), pairs), np.nan), np.full((len(data), pairs), np.nan)
    cost = np.full(len(data), IMPOSSIBLE)
    rows = np.flatnonzero(there)
    if len(rows):
        normal = projected(space, data, rows)
        low, high = (np.full((1, pairs), edge) for edge in space.ln_tau[[0, -1]])
        fitted = levenberg_marquardt(normal, start[rows], low, high, iterations=ITERATIONS, gain=1e-9)
        order = np.argsort(fitted.parameters, axis=1)
        ln_tau[rows] = np.take_along_axis(fitted.parameters, order, axis=1)
        pair_ohm[rows] = linear(space, data.pair[rows], ln_tau[rows])[0]
        cost[rows] = fitted.cost
    return Found(ln_tau, pair_ohm, cost)


def projected(space: Space, data: Data, rows: Rows) -> Normal:
    """Return the normal equations in ln τ of the items `rows`, the resistances always at their best."""

    def normal(ln_tau: Floats, active: Rows) -> tuple[Floats, Floats, Floats]:
        items = rows[active]
        ohm, value, slope, gram = linear(space, data.pair[items], ln_tau)
        residual = np.einsum("ik,ikr->ir", ohm, value) - data.pair[items]
        jacobian = ohm[:, :, None] * slope
        across = np.einsum("ikr,ilr->ikl", value, jacobian)
        jacobian -= np.einsum("ikl,ikr->ilr", np.linalg.solve(gram, across), value)
        cost = np.einsum("ir,ir->i", residual, residual) + data.left[items]
        steep = np.einsum("ikr,ir->ik", jacobian, residual)
        return np.where((ohm > 0).all(axis=1), cost, IMPOSSIBLE), steep, np.einsum("ikr,ilr->ikl", jacobian, jacobian)

    return normal


def linear(space: Space, pair: Floats, ln_tau: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Return the best resistances, values and slopes among pair directions, and their Gram matrix."""
    value, slope = (each[:, :, : space.pairs] for each in space.at(ln_tau))
    gram = np.einsum("ikr,ilr->ikl", value, value)
    place = np.arange(ln_tau.shape[1])
    gram[:, place, place] *= 1 + RIDGE
    gram[:, place, place] += 1e-300
    ohm = np.linalg.solve(gram, np.einsum("ikr,ir->ik", value, pair)[:, :, None])[:, :, 0]
    return ohm, value, slope, gram


def _starts(space: Space, data: Data, pairs: int) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Return for each item the best nodes with positive resistances, and whether there are any."""
    nodes = space.values[space.nodes, : space.pairs]
    size = np.sqrt(np.einsum("kr,kr->k", nodes, nodes)) + 1e-300
    gains = _one_gain if pairs == 1 else _two_gain
    left, right = (space.nodes, space.nodes) if pairs == 1 else _node_pairs(space)
    best = [gains(data.pair[at : at + CHUNK] @ (nodes / size[:, None]).T, nodes / size[:, None])
            for at in range(0, len(data), CHUNK)]  # fmt: skip
    chosen, gain = (np.concatenate(each) for each in zip(*best, strict=True))
    start = space.ln_tau[np.stack((left[chosen], right[chosen])[:pairs], axis=1)]
    return start, gain > 0


def _node_pairs(space: Space) -> tuple[Rows, Rows]:
    first, second = np.triu_indices(len(space.nodes), 1)
    return space.nodes[first], space.nodes[second]


def _one_gain(along: Floats, _: Floats) -> tuple[Rows, Floats]:
    """Return the node of the largest fall of cost, and that fall; `along` are coordinates on unit nodes."""
    gain = np.where(along > 0, along**2, 0.0)
    chosen = gain.argmax(axis=1)
    return chosen, np.take_along_axis(gain, chosen[:, None], axis=1)[:, 0]


def _two_gain(along: Floats, nodes: Floats) -> tuple[Rows, Floats]:
    first, second = np.triu_indices(len(nodes), 1)
    cosine = (nodes @ nodes.T)[first, second]
    a, b = along[:, first], along[:, second]
    c, d = a - cosine * b, b - cosine * a
    gain = np.where((c > 0) & (d > 0), (a * c + b * d) / (1 - cosine**2), 0.0)
    chosen = gain.argmax(axis=1)
    return chosen, np.take_along_axis(gain, chosen[:, None], axis=1)[:, 0]
