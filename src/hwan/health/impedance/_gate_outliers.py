"""Single points of a spectrum that fit nothing."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import fdtrc

from hwan.health.impedance._gate_basis import Basis
from hwan.health.impedance._gate_solve import TINY, Solved, solved, values
from hwan.health.impedance._spectrum import Complexes, Floats

Bools = npt.NDArray[np.bool_]
Places = npt.NDArray[np.intp]

OUTLIER_PROBABILITY: Final = 0.001
MOST_OUTLIERS: Final = 0.1
"""Of the points: with more than this left out, the rest is no spectrum of its own."""
LIKELY: Final = 4
"""So many points of a spectrum that fails are tried as its single cause."""
MARGIN: Final = 3.0
"""A single point must explain so much more, in squares of the noise: e^1.5 times likelier."""
_LEAST_LEFT: Final = 1e-3


def outliers(columns: Basis, impedance: Complexes, weight: Floats, fit: Solved, tolerance: float) -> Bools:
    """Take out single points one by one, the worst first, while chance does not explain them, shape (n, f)."""
    outlier = np.zeros(impedance.shape, dtype=np.bool_)
    rows = np.arange(len(impedance))
    kept = weight
    for _ in range(int(MOST_OUTLIERS * impedance.shape[1]) + 1):
        worst = np.argmax(_deletion_sizes(columns, fit), axis=1)
        least = tolerance * np.abs(impedance[rows, worst]) * kept[np.arange(len(rows)), worst]
        found = _unexplained(columns, fit, kept, worst, least)
        rows, worst = rows[found], worst[found]
        if not len(rows):
            break
        outlier[rows, worst] = True
        kept = weight[rows] * ~outlier[rows]
        fit = solved(columns, impedance[rows], kept)
    return outlier


def explaining(columns: Basis, impedance: Complexes, weight: Floats, fit: Solved) -> Places:
    """Return for each spectrum the one point that explains more than drift and structure together; −1 where none does.

    A point at an end of the sweep is followed by the fit, and what is left of it looks like drift or structure; but
    true drift and structure are never explained better by a single point.
    """
    place, count = columns.consistent, columns.columns.shape[1] - columns.consistent
    obeying = Basis(columns.columns[:, :place], place, columns.drift_scale)
    remains = (impedance - values(columns, fit, place)) * weight
    inverse, coefficients = fit.inverse[:, :place, :place], fit.coefficients[:, :place]
    without = Solved(inverse, coefficients, remains, fit.variance, fit.freedom)
    likely = np.argsort(-_deletion_sizes(obeying, without), axis=1)[:, :LIKELY]
    squares = np.stack([_square(obeying, without, weight, each) for each in likely.T], axis=1)
    best = squares.argmax(1)
    row = np.arange(len(best))
    worst, by_point = likely[row, best], squares[row, best] / fit.variance
    by_columns = (fit.coefficients[:, place:] ** 2).sum(1) / fit.variance
    chance = fdtrc(2.0, fit.freedom, by_point / 2) * impedance.shape[1]
    single = (chance < OUTLIER_PROBABILITY) & (by_point - 2 - MARGIN > by_columns - count)
    return np.where(single, worst, -1)


def _deletion_sizes(columns: Basis, fit: Solved) -> Floats:
    """Return about how much each point would fall away from the fit of the others, by leverages at equal weights."""
    half = len(columns.columns) // 2
    real, imaginary = columns.columns[:half], columns.columns[half:]
    left = 1 - (real**2 + imaginary**2).sum(1) / 2
    sizes: Floats = np.abs(fit.remains) ** 2 / np.maximum(left, _LEAST_LEFT)
    return sizes


def _unexplained(columns: Basis, fit: Solved, weight: Floats, point: Places, least: Floats) -> Bools:
    """Return whether noise does not explain one point of each spectrum: external studentisation of both parts."""
    square = _square(columns, fit, weight, point)
    freedom = np.maximum(fit.freedom - 2, 1)
    others = np.maximum(fit.variance * fit.freedom - square, TINY) / freedom
    chance = fdtrc(2.0, freedom, square / 2 / others) * weight.shape[1]
    enough = fit.freedom - 2 > columns.columns.shape[1] / 4
    found: Bools = (chance < OUTLIER_PROBABILITY) & (square > least**2) & enough
    return found


def _square(columns: Basis, fit: Solved, weight: Floats, point: Places) -> Floats:
    """Return how much less the fit would leave, as a sum of squares, without one point of each spectrum."""
    row = np.arange(len(point))
    half = len(columns.columns) // 2
    both = np.stack([columns.columns[point], columns.columns[half + point]], axis=2) * weight[row, point, None, None]
    solved = fit.inverse @ both
    left = np.eye(2) * (1 + _LEAST_LEFT) - solved.transpose(0, 2, 1) @ solved
    remains = np.stack([fit.remains[row, point].real, fit.remains[row, point].imag], axis=1)
    square: Floats = (remains * np.linalg.solve(left, remains[:, :, None])[:, :, 0]).sum(1)
    return square
