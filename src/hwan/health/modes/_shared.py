"""Fits with tables of a stated error: a curve, its fresh curves and one error of both tables, together.

The first guess comes from tables that the fresh curves have already corrected. What a first fit leaves over tells how
large the white part of the residual is, and how much larger than stated the tables' errors are; where either is
larger than was assumed the fit is made again with it.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import chdtri

from hwan.health.ica._noise import correlated, neighbours_noise
from hwan.health.modes._curve import MOST_POINTS
from hwan.health.modes._discrepancy import EACH, ERRORS, equations, waves
from hwan.health.modes._fit import APART, Bounds, fit, picked, search
from hwan.health.modes._fits import LOWEST, Fits, Reference, followed, lowest_waves, white
from hwan.health.modes._joint import Joint, Model, fit_together
from hwan.health.modes._kernel import PARAMETERS, Floats, Points, Rows, Table
from hwan.health.modes._problem import Problem, ends

JOINT_POINTS: Final = 200
SMALL_VOLT: Final = 1e-3
"""Tables with a smaller error: noise counts as much as they do, and all points are taken."""
FEW_POINTS: Final = 64
FEW_STEPS: Final = 10
NEAREST: Final = 4
"""Starts of the search that are followed beside the minima, where fresh curves have corrected the tables."""
FOLLOWED: Final = 4
"""Starts of a curve that are followed to the end, of all that took a few steps on few points."""
ROUGH: Final = 0.05
"""Part of a table's error that is too fine for the waves."""
BY_CHANCE: Final = 1e-3
LEAST_FREE: Final = 4.0
LARGER: Final = 1.15
"""A residual so much above the assumed noise is believed instead of it."""
STRUCTURE: Final = 3.0
"""What a residual shows that is no noise stands for more of it that the fit has taken up."""
HOPELESS: Final = 100.0
"""A minimum whose -2 log density lies so far above the best one's is not fitted again."""
WORSE: Final = 2.0
"""Squared errors of the tables so many times the stated are believed instead of them."""


class Beside(NamedTuple):
    """The fresh curves, their bounds and their own fit."""

    fresh: Problem
    bounds: Bounds
    reference: Reference


def reference_shared(fresh: Problem, bounds: Bounds, starts: int) -> Reference:
    """Fit the fresh curves together with the tables' error; `starts` minima of each are followed."""
    minima = fit(fresh.points, fresh.negative, fresh.positive, bounds, starts)
    begun = search(fresh.points, fresh.negative, fresh.positive, bounds)
    real = np.isfinite(minima.cost).sum(axis=1)
    place = np.minimum(np.arange(starts)[None, :], real[:, None] - 1)
    own = np.take_along_axis(minima.parameters, place[:, :, None], axis=1)
    # A wrong table can take the right minimum away: the search's own starts are followed too.
    own = np.swapaxes(np.concatenate((own, begun), axis=1), 0, 1)
    rows, many = own.shape[:2]
    at = np.concatenate((own.reshape(rows, -1), np.zeros((rows, ERRORS))), axis=1)
    curves = np.broadcast_to(np.arange(many), (rows, many))
    model = Model(picked(fresh.points, _many(fresh)), fresh.negative, fresh.positive, fresh.errors)
    sigma = np.broadcast_to(assumed_noise(fresh), (rows, many))
    found, sigma, ratio = _twice(at, curves, sigma, np.ones(rows), model, bounds)
    best = int(found.cost.argmin())
    seen = np.full(many, _seen(found, np.sqrt(ratio))[best])
    parameters = found.parameters[best, :-ERRORS].reshape(many, PARAMETERS)
    left = [_left_over(found, curves, one, model)[::2] for one in range(many)]
    size, waves = np.array([[each[best] for each in both] for both in left]).T
    return Reference(
        parameters, np.zeros((many, 5, 5)), found.parameters[best, -ERRORS:], sigma[best], size,
        _features(waves, curves[best], seen, fresh, model.points), float(ratio[best]), minima.agreeing,
    )  # fmt: skip


def fits_shared(given: Problem, bounds: Bounds, beside: Beside | None) -> Fits:
    """Fit the curves, each together with all fresh curves."""
    shared = beside.reference.shared if beside else np.zeros(ERRORS)
    negative = _corrected(given.negative, shared[:EACH], given.errors.negative_volt)
    positive = _corrected(given.positive, shared[EACH:], given.errors.positive_volt)
    minima = fit(given.points, negative, positive, bounds)
    curve, place = followed(minima)
    begun = search(given.points, negative, positive, bounds)[:, : NEAREST if beside else None]
    start = np.concatenate((minima.parameters[curve, place], begun.reshape(-1, PARAMETERS)))
    curve = np.concatenate((curve, np.repeat(np.arange(len(begun)), begun.shape[1])))
    start, curve = _promising(start, curve, shared, given, bounds)
    start, curves, sigma, scale, points, bounds = _with(beside, start, curve, given, bounds)
    start = np.concatenate((start, np.broadcast_to(shared, (len(start), ERRORS))), axis=1)
    model = Model(points, given.negative, given.positive, given.errors)
    found, _, ratio = _twice(start, curves, sigma, scale, model, bounds)
    size, _, waves = _left_over(found, curves, 0, model)
    return Fits(
        curves[:, 0], found.parameters[:, :-ERRORS], found.parameters[:, -ERRORS:], found.cost, found.hessian, size,
        _features(waves, curves[:, 0], _seen(found, np.sqrt(ratio)), given, points), ratio, minima.agreeing,
    )  # fmt: skip


def _with(
    beside: Beside | None, start: Floats, curve: Rows, given: Problem, bounds: Bounds
) -> tuple[Floats, Rows, Floats, Floats, Points, Bounds]:
    """Set the fresh curves beside each row: starts, curves, noise, size of errors, all points, all bounds."""
    points, sigma, rows = picked(given.points, _many(given)), assumed_noise(given)[curve][:, None], len(curve)
    if beside is None:
        return start, curve[:, None], sigma, np.ones(rows), points, bounds

    def wide(row: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return np.broadcast_to(row.ravel(), (rows, row.size))

    others = len(given.charge_ah) + np.arange(len(beside.fresh.charge_ah))
    return (
        np.concatenate((start, wide(beside.reference.parameters)), axis=1),
        np.concatenate((curve[:, None], wide(others)), axis=1),
        np.concatenate((sigma, wide(beside.reference.white_volt)), axis=1),
        np.full(rows, np.sqrt(beside.reference.table_ratio)),
        _side_by_side(points, picked(beside.fresh.points, _many(given))),
        Bounds(*(np.concatenate(pair) for pair in zip(bounds, beside.bounds, strict=True))),
    )


def _promising(start: Floats, curve: Rows, shared: Floats, given: Problem, bounds: Bounds) -> tuple[Floats, Rows]:
    """Return where starts have come after a few steps on few points, the best of each curve; and of which curve."""
    model = Model(picked(given.points, FEW_POINTS), given.negative, given.positive, given.errors)
    at = np.concatenate((start, np.broadcast_to(shared, (len(start), ERRORS))), axis=1)
    sigma = assumed_noise(given)[curve][:, None]
    begun = fit_together(at, curve[:, None], sigma, np.ones(len(at)), model, bounds, FEW_STEPS)
    at = begun.parameters[:, :PARAMETERS]
    order = np.lexsort((begun.cost, curve))
    place = np.arange(len(order)) - np.searchsorted(curve[order], curve[order])
    before = order[np.maximum(np.arange(len(order)) - 1, 0)]
    best = order[np.arange(len(order)) - place]
    apart = (np.abs(at[order, :4] - at[before, :4]) >= APART).any(axis=1) | (place == 0)
    near = begun.cost[order] < begun.cost[best] + HOPELESS
    kept = order[apart & near & (place < FOLLOWED)]
    return at[kept], curve[kept]


def _twice(
    at: Floats, curves: Rows, sigma: Floats, scale: Floats, model: Model, bounds: Bounds
) -> tuple[Joint, Floats, Floats]:
    """Fit; where the residual or the tables' errors come out larger than assumed, fit again with what came out.

    Returns the fits, the white noise of each curve of each row, V, and the squared size of the tables' errors over
    the stated.
    """
    found = fit_together(at, curves, sigma, scale, model, bounds)
    each = [_left_over(found, curves, place, model)[1] for place in range(curves.shape[1])]
    left = np.stack(each, axis=1)
    ratio = _size_of_errors(found, scale)
    noisier, worse = left > LARGER * sigma, ratio > WORSE * scale**2
    sigma, scale = np.where(noisier, STRUCTURE * left, sigma), np.where(worse, np.sqrt(ratio), scale)
    again = np.flatnonzero((noisier.any(axis=1) | worse) & _hopeful(found.cost, curves[:, 0]))
    if len(again):
        more = fit_together(found.parameters[again], curves[again], sigma[again], scale[again], model, bounds)
        for old, new in zip(found, more, strict=True):
            old[again] = new
    return found, sigma, np.maximum(scale**2, 1.0)


def _hopeful(cost: Floats, curve: Rows) -> npt.NDArray[np.bool_]:
    """Return which rows are near the best of their curve."""
    best = np.full(int(curve.max()) + 1, np.inf)
    np.minimum.at(best, curve, cost)
    near: npt.NDArray[np.bool_] = cost < best[curve] + HOPELESS
    return near


def _size_of_errors(found: Joint, assumed: Floats) -> Floats:
    """Return the mean square of the coefficients over what the curves can tell of them (1 as stated).

    `assumed` is the size that the fit took them to have, for each row.
    """
    shared = found.parameters[:, -ERRORS:]
    ratio: Floats = np.einsum("mp,mp->m", shared, shared) / np.maximum(_seen(found, assumed), 4.0)
    return ratio


def _seen(found: Joint, assumed: Floats) -> Floats:
    """Return how many coefficients of the tables' errors the curves tell."""
    diagonal = np.einsum("mpp->mp", found.hessian)
    scale = 1 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    matrix = found.hessian * scale[:, :, None] * scale[:, None, :] + 1e-12 * np.eye(found.hessian.shape[1])
    np.einsum("mpp->mp", matrix)[diagonal <= 0] = 1.0
    inverse = np.linalg.inv(matrix)
    kept = (np.einsum("mpp->mp", inverse) * scale**2)[:, -ERRORS:].sum(axis=1)
    seen: Floats = ERRORS - kept / assumed**2
    return seen


def _left_over(found: Joint, curves: Rows, place: int, model: Model) -> tuple[Floats, Floats, Floats]:
    """Return size and white equivalent of the residual of the curves at one place of the rows, V; its low waves, V²."""
    mine = slice(PARAMETERS * place, PARAMETERS * (place + 1))
    parts = []
    for first in range(0, len(curves), 500):
        some = slice(first, first + 500)
        at, curve = found.parameters[some], curves[some, place]
        residual, _ = equations(at[:, mine], at[:, -ERRORS:], curve, *model)
        count = model.points.number[curve]
        parts.append((*white(residual, count), lowest_waves(residual, count)))
    size, equivalent, low = (np.concatenate(each) for each in zip(*parts, strict=True))
    return size, equivalent, low


def _features(waves: Floats, curve: Rows, seen: Floats, given: Problem, points: Points) -> Floats:
    """Return the lowest waves of residuals over what may be left there: noise, by chance too, and what is too fine.

    `seen` is how many coefficients of the tables' errors each row's fit has used up.
    """
    number, noise = points.number[curve], given.noise_volt[curve] ** 2
    fine = number / LOWEST * (ROUGH * np.hypot(*given.errors)) ** 2 / 2
    free = np.maximum(LOWEST - PARAMETERS + 1 - seen, LEAST_FREE)
    chance = chdtri(free, BY_CHANCE) / LOWEST * (1 + 2 / np.sqrt(number))
    found: Floats = waves / (fine + chance * noise)
    for each in np.unique(curve[found > 1]).tolist():
        mine = curve == each
        found[mine] = (waves / (fine + chance * _low_noise(given.points, each, int(number[mine][0]))))[mine]
    return found


def _low_noise(points: Points, curve: int, picked_number: int) -> float:
    """Return the variance of one picked point that noise has in the lowest waves, V²: noise may hang together."""
    some = slice(0, int(points.number[curve]))
    z, voltage = points.z[curve, some], points.voltage_volt[curve, some]
    sigma, together = correlated(z, voltage, neighbours_noise(z, voltage))
    return float(sigma**2 * max(together * picked_number / len(z), 1.0))


def _many(given: Problem) -> int:
    """Return on how many points curves and tables are fitted together."""
    return JOINT_POINTS if np.hypot(*given.errors) >= SMALL_VOLT else MOST_POINTS


def assumed_noise(given: Problem) -> Floats:
    """Return the white part that is assumed at first, V."""
    noise: Floats = np.hypot(given.noise_volt, ROUGH * np.hypot(*given.errors) / np.sqrt(2))
    return noise


def _corrected(table: Table, coefficients: Floats, error_volt: float) -> Table:
    """Return a table with an error taken out."""
    grid, potential = np.linspace(*ends(table), table.potential_volt.shape[1]), table.potential_volt
    at = np.broadcast_to(grid, potential.shape)
    error = waves(table, at, potential, np.zeros(potential.shape), error_volt)[0] @ coefficients
    return table._replace(potential_volt=np.ascontiguousarray(potential + error))


def _side_by_side(one: Points, other: Points) -> Points:
    width = max(one.z.shape[1], other.z.shape[1])

    def both(first: Floats, second: Floats) -> Floats:
        padded = (np.pad(each, ((0, 0), (0, width - each.shape[1]))) for each in (first, second))
        return np.concatenate(tuple(padded))

    z, voltage = both(one.z, other.z), both(one.voltage_volt, other.voltage_volt)
    return Points(z, voltage, np.concatenate((one.number, other.number)))
