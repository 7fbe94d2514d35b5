"""Intervals that hold for cells never seen: conformal quantiles in which a cell counts once.

Rows of one cell err alike, so a hundred rows of ten cells are ten pieces of evidence. Each of K cells gets the
mass 1/(K+1), shared by its rows; the cell to come has the last share, and nothing is known of its error. The
quantile is exact for a row of a new cell when cells are exchangeable (Lee, Barber and Willett 2023,
hierarchical conformal prediction, arXiv:2306.06342).
"""

from __future__ import annotations

from math import ceil, inf
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

Floats = NDArray[np.float64]
ASSUMED_FACTOR: Final = 1.25
"""An interval from fewer cells than its claim needs is a normal law's, widened by this much: an own choice."""
LEAST_ASSUMED_CELLS: Final = 2


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
    score, weight, count = _weighed(scores, cells)
    reached = np.cumsum(weight) >= probability * (count + 1) - 1e-9
    return float(score[int(np.argmax(reached))]) if reached.any() else inf


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
    return ASSUMED_FACTOR * spread * float(stdtrit(count - 1, (1 + probability) / 2))


def _weighed(scores: ArrayLike, cells: ArrayLike) -> tuple[Floats, Floats, int]:
    """Return the scores in rising order, each row's share of its cell, and the number of cells."""
    values, (names, owner) = np.asarray(scores, dtype=float), np.unique(np.asarray(cells), return_inverse=True)
    share = 1 / np.bincount(owner)[owner]
    order = np.argsort(values, kind="stable")
    return values[order], share[order], len(names)
