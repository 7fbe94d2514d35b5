"""Fits with tables that are taken as exact: each curve alone, on all its points."""

from __future__ import annotations

import numpy as np

from hwan.health.modes._discrepancy import ERRORS
from hwan.health.modes._fit import ENDS, Bounds, fit
from hwan.health.modes._fits import Fits, Reference, followed, white
from hwan.health.modes._kernel import PARAMETERS, Floats, normal_equations, residuals
from hwan.health.modes._problem import Problem


def reference_exact(fresh: Problem, bounds: Bounds, starts: int) -> Reference:
    """Fit the fresh curves; `starts` minima of each are followed."""
    found = _fit(fresh, bounds, starts)
    best = np.array([np.flatnonzero(found.curve == one)[0] for one in range(len(fresh.charge_ah))])
    residual = found.residual_volt[best]
    return Reference(
        found.parameters[best], found.hessian[best], np.zeros(ERRORS), residual, residual, np.zeros(len(best)), 1.0,
        found.agreeing,
    )  # fmt: skip


def fits_exact(given: Problem, bounds: Bounds, reference: Reference | None) -> Fits:
    """Fit the curves, and set the fresh curves' fits beside each."""
    found = _fit(given, bounds, ENDS)
    if reference is None:
        return found
    rows, many = len(found.curve), PARAMETERS * (1 + len(reference.parameters))
    beside = np.broadcast_to(reference.parameters.ravel(), (rows, many - PARAMETERS))
    hessian = np.zeros((rows, many, many))
    hessian[:, :PARAMETERS, :PARAMETERS] = found.hessian
    for place, own in enumerate(reference.hessian, 1):
        mine = slice(PARAMETERS * place, PARAMETERS * (place + 1))
        hessian[:, mine, mine] = own
    return found._replace(parameters=np.concatenate((found.parameters, beside), axis=1), hessian=hessian)


def _fit(given: Problem, bounds: Bounds, starts: int) -> Fits:
    minima = fit(given.points, given.negative, given.positive, bounds, starts)
    curve, place = followed(minima)
    at = minima.parameters[curve, place]
    cost, _, hessian = normal_equations(at, curve, given.points, given.negative, given.positive)
    size, equivalent = _left_over(at, curve, given)
    best = np.unique(curve, return_index=True)[1]
    # One noise for all minima of a curve, else a worse fit would look as likely as the best.
    sigma = np.maximum(equivalent[best], given.noise_volt)[curve]
    return Fits(
        curve, at, np.zeros((len(at), ERRORS)), cost / sigma**2, hessian / sigma[:, None, None] ** 2, size,
        np.zeros(len(at)), np.ones(len(at)), minima.agreeing,
    )  # fmt: skip


def _left_over(at: Floats, curve: np.ndarray, given: Problem) -> tuple[Floats, Floats]:
    """Return the residuals' size and the white noise that is worth as much, V, some rows at a time."""
    parts = []
    for first in range(0, len(at), 1000):
        some = slice(first, first + 1000)
        left = residuals(at[some], curve[some], given.points, given.negative, given.positive)[0]
        parts.append(white(left, given.points.number[curve[some]]))
    size, equivalent = (np.concatenate(each) for each in zip(*parts, strict=True))
    return size, equivalent
