"""Intervals that hold for cells never seen: conformal quantiles in which a cell counts once.

Rows of one cell err alike, so a hundred rows of ten cells are ten pieces of evidence: each cell has one share,
divided among its rows. Which quantile a new cell's row keeps is asked of the cells themselves: each is left out in
turn, and the level is the lowest at which the quantile of the others covers the rows left out as often as claimed.

A level of p (K+1)/K is certain never to be too low (hierarchical conformal prediction: Lee, Barber and Willett
2023, arXiv:2306.06342), and covers 99 % where 90 % is claimed of ten cells of many rows. Below the number of cells
that this certain level needs, nothing is claimed here either.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, inf
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
ASSUMED_FACTOR: Final = 1.25
"""An interval from fewer cells than its claim needs is a normal law's, widened by this much: an own choice."""
LEAST_ASSUMED_CELLS: Final = 2
LEVELS: Final = 401
NEARLY: Final = 1e-9


def least_cells(probability: float) -> int:
    """Return how many cells an interval of `probability` needs at least.

    >>> least_cells(0.9), least_cells(0.95), least_cells(0.99)
    (9, 19, 99)
    """
    return ceil(1 / (1 - probability) - 1e-9) - 1


def cell_quantile(scores: ArrayLike, cells: ArrayLike, probability: float) -> float:
    """Return the bound that the score of a new cell's row keeps with `probability`.

    Parameters
    ----------
    scores
        Errors out of fold, absolute or over their scale, shape (rows,).
    cells
        Which cell each row is of, shape (rows,).
    probability
        Between 0 and 1.

    Returns
    -------
    float
        Infinite where there are fewer cells than :func:`least_cells`.
    """
    owned = _weighed(scores, cells)
    if owned.count < least_cells(probability):
        return inf
    return owned.quantile(_level(owned, probability))


@dataclass(frozen=True, slots=True)
class _Weighed:
    """Scores in rising order, the cell of each, each row's share of its cell, and the number of cells."""

    scores: Floats
    owner: NDArray[np.intp]
    share: Floats
    count: int

    def quantile(self, level: float) -> float:
        reached = np.cumsum(self.share) / self.count
        return float(self.scores[min(int(np.searchsorted(reached, level - NEARLY)), len(self.scores) - 1)])


def _level(owned: _Weighed, probability: float) -> float:
    """Return the lowest level at which the quantile of the other cells covers each cell left out, on average."""
    if owned.count == 1:
        return 1.0
    levels = np.linspace(probability, 1.0, LEVELS)
    covered = np.zeros(LEVELS)
    for cell in range(owned.count):
        others, own = owned.owner != cell, owned.scores[owned.owner == cell]
        reached = np.cumsum(owned.share[others]) / (owned.count - 1)
        place = np.minimum(np.searchsorted(reached, levels - NEARLY), len(reached) - 1)
        covered += np.searchsorted(own, owned.scores[others][place], side="right") / len(own)
    enough = covered / owned.count >= probability - NEARLY
    return float(levels[int(np.argmax(enough))]) if enough.any() else 1.0


def assumed_bound(scores: ArrayLike, cells: ArrayLike, probability: float) -> float:
    """Return a bound that is assumed, not shown: by Student's law over the cells' own scores, widened.

    For two cells at least; infinite for one, of which nothing can be assumed.
    """
    values, (_, owner) = np.asarray(scores, dtype=float), np.unique(np.asarray(cells), return_inverse=True)
    count = int(owner.max()) + 1 if len(owner) else 0
    if count < LEAST_ASSUMED_CELLS:
        return inf
    squares = np.bincount(owner, values**2) / np.bincount(owner)
    spread = float(np.sqrt(squares.mean() * (1 + 1 / count)))
    from scipy.special import stdtrit

    return ASSUMED_FACTOR * spread * float(stdtrit(count - 1, (1 + probability) / 2))


def _weighed(scores: ArrayLike, cells: ArrayLike) -> _Weighed:
    values, (names, owner) = np.asarray(scores, dtype=float), np.unique(np.asarray(cells), return_inverse=True)
    order = np.argsort(values, kind="stable")
    share = 1 / np.bincount(owner)[owner]
    return _Weighed(values[order], owner[order], share[order], len(names))
