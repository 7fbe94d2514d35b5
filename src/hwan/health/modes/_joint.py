"""A curve and the fresh curves it is compared with, fitted together with one error of the tables for all.

A row holds the parameters of each of its curves, one after the other, then the coefficients of the tables' errors.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from hwan.health._levenberg import levenberg_marquardt
from hwan.health.modes._discrepancy import ERRORS, Errors, equations
from hwan.health.modes._fit import Bounds
from hwan.health.modes._kernel import PARAMETERS, Floats, Points, Rows, Table

ITERATIONS: Final = 60
GAIN: Final = 1e-6
FARTHEST: Final = 50.0
"""No coefficient lies so many standard deviations off; keeps a first step from running away."""
_AT_ONCE: Final = 2_000_000


class Model(NamedTuple):
    """What all rows share: points, tables and the size of their errors."""

    points: Points
    negative: Table
    positive: Table
    errors: Errors


class Joint(NamedTuple):
    """Where rows ended: parameters (m, size), -2 log of the posterior density, and its curvature (m, size, size)."""

    parameters: Floats
    cost: Floats
    hessian: Floats


def fit_together(
    starts: Floats, curves: Rows, sigma_volt: Floats, scale: Floats, model: Model, bounds: Bounds,
    iterations: int = ITERATIONS,
) -> Joint:  # fmt: skip
    """Fit rows of curves.

    Parameters
    ----------
    starts
        Shape (m, curves of a row x 5 + ERRORS).
    curves
        Which curves of `model.points` each row holds, shape (m, curves of a row).
    sigma_volt
        Standard deviation of the white part of the residual, for each curve of each row, as `curves`.
    scale
        By how much the tables' errors are larger than stated, for each row.
    bounds
        Of every curve of `model.points`.
    """
    wide = np.full((len(starts), ERRORS), FARTHEST)
    lower = np.concatenate((bounds.lower[curves].reshape(len(starts), -1), -wide), axis=1)
    upper = np.concatenate((bounds.upper[curves].reshape(len(starts), -1), wide), axis=1)
    fitted = levenberg_marquardt(
        lambda at, rows: _normal(at, curves[rows], sigma_volt[rows] ** -2, scale[rows] ** -2, model),
        starts, lower, upper, iterations=iterations, gain=GAIN,
    )  # fmt: skip
    # Rows with other noise and errors can then be compared: their densities are normalised.
    size = (model.points.number[curves] * np.log(sigma_volt**2)).sum(axis=1) + ERRORS * np.log(scale**2)
    return Joint(fitted.parameters, fitted.cost + size, fitted.hessian)


def _normal(at: Floats, curves: Rows, weight: Floats, prior: Floats, model: Model) -> tuple[Floats, Floats, Floats]:
    """Return cost, slope and curvature of rows, the prior of the errors included."""
    shared = at[:, -ERRORS:]
    cost = prior * np.einsum("mp,mp->m", shared, shared)
    slope = np.zeros(at.shape)
    slope[:, -ERRORS:] = prior[:, None] * shared
    hessian = np.zeros((*at.shape, at.shape[1]))
    hessian[:, -ERRORS:, -ERRORS:] = prior[:, None, None] * np.eye(ERRORS)
    width = max(1, _AT_ONCE // (model.points.z.shape[1] * ERRORS))
    for first in range(0, len(at), width):
        some = slice(first, first + width)
        for place in range(curves.shape[1]):
            mine = slice(PARAMETERS * place, PARAMETERS * (place + 1))
            residual, jacobian = equations(at[some, mine], shared[some], curves[some, place], *model)
            heavy = weight[some, place][:, None, None]
            down, residual = np.swapaxes(jacobian, 1, 2), residual[:, :, None]
            cost[some] += (heavy * (np.swapaxes(residual, 1, 2) @ residual))[:, 0, 0]
            _add(mine, heavy * (down @ residual), heavy * (down @ jacobian), slope[some], hessian[some])
    return cost, slope, hessian


def _add(mine: slice, down: Floats, square: Floats, slope: Floats, hessian: Floats) -> None:
    """Add one curve's part: its own parameters stand at `mine`, the errors of the tables at the end."""
    last, own, rest = slice(-ERRORS, None), slice(0, PARAMETERS), slice(PARAMETERS, None)
    slope[:, mine] += down[:, own, 0]
    slope[:, last] += down[:, rest, 0]
    hessian[:, mine, mine] += square[:, own, own]
    hessian[:, mine, last] += square[:, own, rest]
    hessian[:, last, mine] += square[:, rest, own]
    hessian[:, last, last] += square[:, rest, rest]
