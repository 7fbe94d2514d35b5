"""What a rapid answer decides, what it sends to the full test, and how wrong the decided ones can be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
UPPER = 0.95


@dataclass(frozen=True, slots=True)
class Deferral:
    """How a set of batteries with known truth was decided.

    Parameters
    ----------
    rows, cells
        How many answers there were, of how many cells.
    decided
        Share of rows decided.
    wrong
        Share of the decided rows on the wrong side.
    wrong_rows, wrong_cells, decided_rows, decided_cells
        The counts behind it. A cell with one wrong decided row is a wrong cell.
    upper
        Upper end (95 %, one-sided, Clopper and Pearson) of the share of wrong cells among the decided cells:
        rows of one cell are no independent evidence.
    """

    rows: int
    cells: int
    decided: float
    wrong: float
    wrong_rows: int
    decided_rows: int
    wrong_cells: int
    decided_cells: int
    upper: float


def upper_bound(wrong: int, count: int, probability: float = UPPER) -> float:
    """Return the upper end of a share of which `wrong` of `count` were seen.

    >>> round(upper_bound(0, 59), 4), upper_bound(0, 0)
    (0.0495, 1.0)
    """
    from scipy.special import betaincinv

    return 1.0 if wrong >= count else float(betaincinv(wrong + 1, count - wrong, probability))


def by_limit(
    truth: ArrayLike, low: ArrayLike, high: ArrayLike, cells: ArrayLike, limit: float, *, known: ArrayLike = True
) -> Deferral:
    """Return how a limit was decided: where it lies outside the interval.

    Parameters
    ----------
    truth, low, high
        True figure and interval, shape (rows,), one unit.
    cells
        Which cell each row is of, shape (rows,).
    limit
        In the same unit.
    known
        False where the answer is deferred for another reason, for example outside the calibrated population.
    """
    true, lower, upper = (np.asarray(each, dtype=float) for each in (truth, low, high))
    above, below = lower >= limit, upper < limit
    wrong = (above & (true < limit)) | (below & (true >= limit))
    return _counted((above | below) & np.asarray(known, dtype=bool), wrong, np.asarray(cells))


def by_tolerance(
    truth: ArrayLike, value: ArrayLike, half: ArrayLike, cells: ArrayLike, tolerance: float, *, known: ArrayLike = True
) -> Deferral:
    """Return how a tolerance was kept: decided where half the interval fits in, wrong where the error does not."""
    true, given, width = (np.asarray(each, dtype=float) for each in (truth, value, half))
    decided = (width <= tolerance) & np.asarray(known, dtype=bool)
    return _counted(decided, np.abs(given - true) > tolerance, np.asarray(cells))


def _counted(decided: Flags, wrong: Flags, cells: NDArray[np.generic]) -> Deferral:
    bad = decided & wrong
    wrong_cells, decided_cells = len(np.unique(cells[bad])), len(np.unique(cells[decided]))
    return Deferral(
        rows=len(cells),
        cells=len(np.unique(cells)),
        decided=float(decided.mean()) if len(cells) else 0.0,
        wrong=float(bad.sum() / decided.sum()) if decided.any() else 0.0,
        wrong_rows=int(bad.sum()),
        decided_rows=int(decided.sum()),
        wrong_cells=wrong_cells,
        decided_cells=decided_cells,
        upper=upper_bound(wrong_cells, decided_cells),
    )


def minutes_per_battery(deferral: Deferral, minutes: Mapping[str, float]) -> float:
    """Return minutes of one battery on average: everyone takes the rapid test, the deferred the full one as well."""
    return minutes["rapid"] + (1 - deferral.decided) * minutes["full"]


def interval_score(truth: ArrayLike, low: ArrayLike, high: ArrayLike, probability: float = 0.9) -> Floats:
    """Return the interval score of each row, shape (rows,): width, and a fine for each miss (Winkler 1972).

    Lower is better, and no trade of width against coverage lowers it.
    """
    true, lower, upper = (np.asarray(each, dtype=float) for each in (truth, low, high))
    missed = np.maximum(lower - true, 0) + np.maximum(true - upper, 0)
    score: Floats = upper - lower + 2 / (1 - probability) * missed
    return score


def coverage_band(
    covered: ArrayLike, cells: ArrayLike, *, draws: int = 2000, seed: int = 0, probability: float = 0.9
) -> tuple[float, float, float]:
    """Return the share covered, and the ends of its interval when cells are drawn anew (bootstrap).

    Parameters
    ----------
    covered
        Whether each row's truth lay in its interval, shape (rows,).
    cells
        Which cell each row is of, shape (rows,).
    """
    inside, (names, owner) = np.asarray(covered, dtype=float), np.unique(np.asarray(cells), return_inverse=True)
    hits, sizes = np.bincount(owner, inside), np.bincount(owner)
    picked = np.random.default_rng(seed).integers(len(names), size=(draws, len(names)))
    shares = hits[picked].sum(axis=1) / sizes[picked].sum(axis=1)
    low, high = np.quantile(shares, [(1 - probability) / 2, (1 + probability) / 2])
    return float(inside.mean()), float(low), float(high)
