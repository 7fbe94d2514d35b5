"""From fits to figures with intervals: minima weighed against each other, and what speaks against each figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri, stdtrit

from hwan.health.modes._discrepancy import Errors
from hwan.health.modes._exact import fits_exact, reference_exact
from hwan.health.modes._fit import AT_ONCE, STARTS, Bounds, unbounded
from hwan.health.modes._fits import Fits, Reference
from hwan.health.modes._kernel import PARAMETERS, Floats
from hwan.health.modes._problem import Design, Problem, at_bounds, bounds_of, part_of
from hwan.health.modes._quantities import QUANTITIES, deviations, figures
from hwan.health.modes._shared import Beside, assumed_noise, fits_shared, reference_shared

EXACT_VOLT: Final = 5e-5
"""Tables with a smaller stated error are taken as exact: simulated ones."""
WIDER: Final = 1.1
"""Intervals from windows are too narrow by as much to first order, found on draws of our own: bench/modes.py."""
SEEN: Final = 1.12
"""A residual so many times the assumed noise shows structure that the tables do not have."""
LOW_MISSED_VOLT: Final = 0.1
HIGH_MISSED_VOLT: Final = 0.02
WORST: Final = 4.0
"""Tables whose squared errors are so many times the stated are not this cell's."""
ODD: Final = 1.0
"""A residual whose lowest waves are so many times the expected has features that the tables do not have."""
UNLIKELY: Final = 1e-3
"""A minimum with less weight is left out."""
Bools = npt.NDArray[np.bool_]


class _Part(NamedTuple):
    """The arrays of :class:`Estimates` for some curves."""

    weight: Floats
    mean: Floats
    deviation: Floats
    parameters: Floats
    shared: Floats
    residual_volt: Floats
    limit_volt: Floats
    features: Floats
    table_ratio: Floats
    agreeing: npt.NDArray[np.int64]
    at_bound: Bools
    unexplained: Bools


class Estimates(NamedTuple):
    """Figures of all curves.

    `weight` (n, minima), `mean` and `deviation` (n, minima, 7): what each minimum says and how likely it is, the
    likeliest first. Of the likeliest: `parameters` (n, 5), `shared` (n, ERRORS), `residual_volt`, `limit_volt`,
    `features`, `table_ratio`, `agreeing`, `at_bound` and `unexplained`, where a window leaves more than noise (n).
    `reference` is the fresh curves' fit, `reference_bad` whether it cannot be built on, `starts` from how many each
    was begun.
    """

    weight: Floats
    mean: Floats
    deviation: Floats
    parameters: Floats
    shared: Floats
    residual_volt: Floats
    limit_volt: Floats
    features: Floats
    table_ratio: Floats
    agreeing: npt.NDArray[np.int64]
    at_bound: Bools
    unexplained: Bools
    reference: Reference | None
    reference_bad: bool
    starts: int


def estimate(given: Problem, fresh: Problem | None, design: Design, fresh_spread: float) -> Estimates:
    """Fit all curves and weigh their minima; `fresh_spread` is the relative spread of fresh cells of the type."""
    exact = is_exact(given.errors)
    beside, bad = None, False
    known: tuple[float, ...] = ()
    if fresh is not None:
        bounds = bounds_of(fresh, design)
        reference = (reference_exact if exact else reference_shared)(fresh, bounds, STARTS)
        beside, bad = Beside(fresh, bounds, reference), _unusable(fresh, bounds, reference)
        known = tuple(float(np.median(fresh.charge_ah / reference.parameters[:, place])) for place in (1, 3))
    spread = _spread(beside, fresh_spread)
    limits = bounds_of(given, design, known)
    parts = []
    for first in range(0, len(given.charge_ah), AT_ONCE):
        some = slice(first, first + AT_ONCE)
        few = Bounds(limits.lower[some], limits.upper[some])
        parts.append(_part(part_of(given, some), few, beside, exact, spread))
    starts = STARTS * (2 if unbounded(limits) else 1)
    return _together(parts, beside.reference if beside else None, bad, starts)


def _part(given: Problem, bounds: Bounds, beside: Beside | None, exact: bool, spread: Floats) -> _Part:
    """Fit and weigh some curves."""
    fits = fits_exact(given, bounds, beside and beside.reference) if exact else fits_shared(given, bounds, beside)
    charge = given.charge_ah[fits.curve][:, None]
    if beside is not None:
        others = np.broadcast_to(beside.fresh.charge_ah, (len(charge), len(beside.fresh.charge_ah)))
        charge = np.concatenate((charge, others), axis=1)
    values, slope = figures(fits.parameters, charge)
    deviation, size = deviations(values, slope, fits.hessian, spread)
    partial = np.zeros(len(given.charge_ah), dtype=np.bool_) if exact else _partial(given, beside)
    deviation *= np.where(partial, WIDER, 1.0)[fits.curve][:, None]
    place, weight = _weighed(fits, size, len(given.charge_ah))
    first = place[:, 0]
    own = fits.parameters[first, :PARAMETERS]
    unexplained = partial & (fits.residual_volt[first] > SEEN * assumed_noise(given))
    return _Part(
        weight, values[place], deviation[place], own, fits.shared[first], fits.residual_volt[first], limit_of(given),
        fits.features[first], fits.table_ratio[first], fits.agreeing, at_bounds(own, bounds), unexplained,
    )  # fmt: skip


def _together(parts: Sequence[_Part], reference: Reference | None, bad: bool, starts: int) -> Estimates:
    """Lay parts end to end, with room for as many minima as any has."""
    most = max(part.weight.shape[1] for part in parts)

    def wide(array: npt.NDArray[Any], padded: bool) -> npt.NDArray[Any]:
        if not padded:
            return array
        return np.pad(array, [(0, 0), (0, most - array.shape[1]), *[(0, 0)] * (array.ndim - 2)], mode="edge")

    columns = [np.concatenate([wide(part[at], at in (1, 2)) for part in parts]) for at in range(1, len(_Part._fields))]
    weights = [np.pad(part.weight, ((0, 0), (0, most - part.weight.shape[1]))) for part in parts]
    merged = _Part(np.concatenate(weights), *columns)
    return Estimates(*merged, reference, bad, starts)


def _unusable(fresh: Problem, bounds: Bounds, reference: Reference) -> bool:
    """Return whether nothing can be built on the fresh curves' fit."""
    left = reference.residual_volt <= limit_of(fresh)
    resting = at_bounds(reference.parameters, bounds)
    odd = reference.features > ODD
    return bool(not left.all() or resting.any() or odd.any() or reference.table_ratio > WORST)


def _partial(given: Problem, beside: Beside | None) -> Bools:
    """Return which curves are windows: an end that the fresh curves reach is missing."""
    if beside is None:
        return np.zeros(len(given.charge_ah), dtype=np.bool_)
    low, high = _ends(given)
    fresh_low, fresh_high = _ends(beside.fresh)
    found: Bools = (low > fresh_low.min() + LOW_MISSED_VOLT) | (high < fresh_high.max() - HIGH_MISSED_VOLT)
    return found


def _ends(given: Problem) -> tuple[Floats, Floats]:
    voltage, rows = given.points.voltage_volt, np.arange(len(given.charge_ah))
    return voltage[:, 0], voltage[rows, given.points.number - 1]


def _spread(beside: Beside | None, stated: float) -> Floats:
    """Return the relative standard deviation of a cell's fresh state about the reference, shape (3).

    Of several fresh curves the spread is measured: about their mean a further cell lies with √(1 + 1/n) times
    their standard deviation, widened by Student's t as their number is small.
    """
    if beside is None or len(beside.fresh.charge_ah) < 2:
        return np.full(3, stated)
    many = len(beside.fresh.charge_ah)
    values, _ = figures(beside.reference.parameters, beside.fresh.charge_ah[:, None])
    measured = np.std(np.log(values[:, 3:6]), axis=0, ddof=1) * np.sqrt(1 + 1 / many)
    wider: Floats = np.maximum(measured * stdtrit(many - 1, 0.95) / ndtri(0.95), stated)
    return wider


def is_exact(errors: Errors) -> bool:
    """Return whether the tables' errors are negligible."""
    return bool(np.hypot(*errors) < EXACT_VOLT)


def limit_of(given: Problem) -> Floats:
    """Return the largest residual that noise and the tables' stated errors explain, V, for each curve.

    Times 1.3 for 1,000 points, more for fewer, whose noise is known less well.
    """
    expected = np.hypot(given.noise_volt, np.hypot(*given.errors))
    limit: Floats = expected * (1.2 + 3 / np.sqrt(given.points.number))
    return limit


def quantile(weight: Floats, mean: Floats, deviation: Floats, probability: float) -> Floats:
    """Return the quantile of each figure, shape (n, 7), over weighed normal minima."""
    single: Floats = mean[:, 0] + ndtri(probability) * deviation[:, 0]
    several = np.flatnonzero(weight[:, 0] < 1 - UNLIKELY)
    if not len(several):
        return single
    share, centre, width = weight[several][..., None], mean[several], np.maximum(deviation[several], 1e-12)
    reach = np.where(share > 0, centre, centre[:, :1])
    low, high = (reach - 8 * width).min(axis=1), (reach + 8 * width).max(axis=1)
    for _ in range(50):
        middle = (low + high) / 2
        below = (share * ndtr((middle[:, None] - centre) / width)).sum(axis=1) < probability
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    single[several] = (low + high) / 2
    return single


def _weighed(fits: Fits, size: Floats, curves: int) -> tuple[npt.NDArray[np.intp], Floats]:
    """Return the rows of each curve, likeliest first (n, most), and their weights (n, most), zero where unused.

    The weight of a minimum is its posterior mass, by Laplace: density times width. Minima that ran together
    count once.
    """
    mass = -0.5 * (fits.cost + size)
    most = int(np.bincount(fits.curve).max())
    order = np.lexsort((-mass, fits.curve))
    first = np.searchsorted(fits.curve[order], np.arange(curves))
    number = np.bincount(fits.curve, minlength=curves)
    column = np.arange(most)[None, :]
    used = column < number[:, None]
    place = order[np.where(used, first[:, None] + column, first[:, None])]
    weight = np.where(used, np.exp(mass[place] - mass[place[:, :1]]), 0.0)
    for later in range(1, most):
        near = np.abs(fits.parameters[place[:, :later], :4] - fits.parameters[place[:, later], None, :4]).max(axis=2)
        weight[(near < 0.003).any(axis=1), later] = 0.0
    weight[weight < UNLIKELY] = 0.0
    return place, weight / weight.sum(axis=1, keepdims=True)


__all__ = ["QUANTITIES", "Estimates", "estimate", "is_exact", "limit_of", "quantile"]
