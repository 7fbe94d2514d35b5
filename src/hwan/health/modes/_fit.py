"""Least squares of many curves from many starts: a cheap search first, then the best starts, then all points.

Given the voltages at a curve's two ends, the negative's two stoichiometries fix the positive's, so that a grid of
two dimensions holds every solution (the positive's plateau apart, where the loop finds its way from any start).
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from hwan.health._levenberg import levenberg_marquardt
from hwan.health.modes._kernel import PARAMETERS, Floats, Points, Rows, Table, costs, look_up, normal_equations, some_of

SEARCH_POINTS: Final = 20
START_POINTS: Final = 48
LEVELS_X0: Final = 24
LEVELS_WX: Final = 12
LEVELS_WX_WIDE: Final = 28
LEAST_WIDTH: Final = 0.03
"""Share of an electrode that a curve must at least have moved: the lower bound where no capacity is known."""
LEVELS_SHARE: Final = 3
STARTS: Final = 8
"""Bands of x0, each with a start of its own."""
THIN_STEPS: Final = 20
THIN_GAIN: Final = 1e-3
STEPS: Final = 60
GAIN: Final = 1e-7
ENDS: Final = 3
"""Different minima that are carried on to all points."""
AT_ONCE: Final = 250
"""Curves that are fitted at a time: more would not stay in the processor's cache."""
AGREE: Final = 1.05
"""Starts whose residual is within 5 % of the best one agree with it."""
HOPELESS: Final = 100.0
APART: Final = 0.01
"""Minima nearer than this in every stoichiometry are one."""


class Bounds(NamedTuple):
    """Lower and upper ends of (x0, wx, y0, wy, s) for each curve, shape (curves, 5) each."""

    lower: Floats
    upper: Floats


class Minima(NamedTuple):
    """The best minima of each curve, best first; unused places have infinite cost.

    `parameters` (curves, ends, 5), `cost` in V² (curves, ends); `agreeing` of the starts (curves).
    """

    parameters: Floats
    cost: Floats
    agreeing: npt.NDArray[np.int64]


def fit(points: Points, negative: Table, positive: Table, bounds: Bounds, ends: int = ENDS) -> Minima:
    """Return the least-squares minima of every curve, some curves at a time."""
    parts = []
    for first in range(0, len(points.number), AT_ONCE):
        some = slice(first, first + AT_ONCE)
        few = some_of(points, some)
        parts.append(_fit(few, negative, positive, Bounds(bounds.lower[some], bounds.upper[some]), ends))
    return Minima(*(np.concatenate(each) for each in zip(*parts, strict=True)))


def _fit(points: Points, negative: Table, positive: Table, bounds: Bounds, ends: int) -> Minima:
    starts = search(points, negative, positive, bounds)
    curves, many = starts.shape[:2]
    curve = np.repeat(np.arange(curves), many)
    thin = picked(points, START_POINTS)
    first = _descend(starts.reshape(-1, PARAMETERS), curve, thin, negative, positive, bounds, THIN_STEPS, THIN_GAIN)
    found, cost = first[0].reshape(starts.shape), first[1].reshape(curves, many)
    agreeing = (cost <= AGREE**2 * cost.min(axis=1, keepdims=True)).sum(axis=1)
    kept = _distinct(found, cost, ends)
    curve, end = np.nonzero(kept >= 0)
    best = found[curve, kept[curve, end]]
    parameters, full = np.zeros((curves, ends, PARAMETERS)), np.full((curves, ends), np.inf)
    parameters[:] = found[np.arange(curves), kept[:, 0]][:, None]
    parameters[curve, end], full[curve, end] = _descend(best, curve, points, negative, positive, bounds, STEPS, GAIN)
    order = np.argsort(full, axis=1)
    sorted_ = np.take_along_axis(parameters, order[:, :, None], axis=1)
    return Minima(sorted_, np.take_along_axis(full, order, axis=1), agreeing)


def picked(points: Points, many: int) -> Points:
    """Return evenly picked points; means over blocks would bend a steep curve."""
    number = np.minimum(points.number, many)
    column = np.arange(min(many, points.z.shape[1]))[None, :]
    share = np.minimum(column / np.maximum(number - 1, 1)[:, None], 1.0)
    place = np.round((points.number[:, None] - 1) * share).astype(np.intp)
    z, voltage = (np.take_along_axis(each, place, axis=1) for each in (points.z, points.voltage_volt))
    return Points(z, voltage, number)


def _descend(
    starts: Floats, curve: Rows, points: Points, negative: Table, positive: Table, bounds: Bounds, steps: int,
    gain: float,
) -> tuple[Floats, Floats]:  # fmt: skip
    """Return where rows of starts end, and their costs."""
    fitted = levenberg_marquardt(
        lambda at, rows: normal_equations(at, curve[rows], points, negative, positive),
        starts, bounds.lower[curve], bounds.upper[curve], iterations=steps, gain=gain,
    )  # fmt: skip
    return fitted.parameters, fitted.cost


def search(points: Points, negative: Table, positive: Table, bounds: Bounds) -> Floats:
    """Return the best start in each band of x0, the best band first, shape (curves, starts, 5).

    Where no capacity is known each band is two, of narrow and of wide widths.
    """
    points = picked(points, SEARCH_POINTS)
    grid = _grid(points, negative, positive, bounds)
    curves, levels, widths = grid.shape[:3]
    flat = grid.reshape(-1, PARAMETERS)
    curve = np.repeat(np.arange(curves), levels * widths)
    cost = costs(flat, curve, points, negative, positive)
    halves = 2 if unbounded(bounds) else 1
    cost, bands = _banded(cost.reshape(curves, levels, widths, 1), halves)[..., 0], _banded(grid, halves)
    best, band = cost.argmin(axis=2), np.argsort(cost.min(axis=2), axis=1)
    chosen = np.take_along_axis(bands, best[:, :, None, None], axis=2)[:, :, 0]
    ordered: Floats = np.take_along_axis(chosen, band[:, :, None], axis=1)
    return ordered


def unbounded(bounds: Bounds) -> bool:
    """Return whether nothing is known of the electrodes' capacities."""
    return bool((bounds.lower[:, 1] <= LEAST_WIDTH).all())


def _banded(grid: Floats, halves: int) -> Floats:
    """Return a grid (curves, levels, widths, ...) as (curves, bands, candidates, ...)."""
    curves, levels, widths, size = grid.shape
    bands = grid.reshape(curves, STARTS, levels // STARTS, halves, widths // halves, size)
    return np.moveaxis(bands, 3, 2).reshape(curves, STARTS * halves, -1, size)


def _grid(points: Points, negative: Table, positive: Table, bounds: Bounds) -> Floats:
    """Return candidates (curves, x0 levels, widths, 5), the positive's ends from the voltages of the curve's."""
    shares = LEVELS_SHARE if len(negative.potential_volt) > 1 else 1
    low, high = bounds.lower[:, None, None], bounds.upper[:, None, None]
    part = np.linspace(0, 1, LEVELS_X0)[None, :, None] ** 2
    x0 = low[..., 0] + (high[..., 0] - low[..., 0]) * part
    many = LEVELS_WX_WIDE if unbounded(bounds) else LEVELS_WX
    reach = np.repeat(np.linspace(0, 1, many), shares)[None, None, :]
    widest = np.maximum(low[..., 1], np.minimum(high[..., 1], high[..., 0] - x0))
    wx = low[..., 1] + (widest - low[..., 1]) * reach
    x0 = np.broadcast_to(x0, wx.shape)
    mix = (np.tile(np.arange(shares), many)[None, None, :] + 0.5) / shares
    share = low[..., 4] + (high[..., 4] - low[..., 4]) * np.broadcast_to(mix, wx.shape)
    first, last = points.voltage_volt[:, 0], points.voltage_volt[np.arange(len(points.number)), points.number - 1]
    y0 = _inverse(positive, first[:, None, None] + _potential(negative, x0, share))
    y1 = _inverse(positive, last[:, None, None] + _potential(negative, x0 + wx, share))
    wy = np.clip(y0 - y1, low[..., 3], high[..., 3])
    return np.stack((x0, wx, np.clip(y1 + wy, low[..., 2], high[..., 2]), wy, share), axis=-1)


def _potential(table: Table, at: Floats, share: Floats) -> Floats:
    """Return potentials within the table; one line is quicker by np.interp."""
    if len(table.potential_volt) > 1:
        return look_up(table, at, share)[0]
    grid = table.low + table.step * np.arange(table.potential_volt.shape[1])
    values: Floats = np.interp(at, grid, table.potential_volt[0])
    return values


def _inverse(table: Table, potential_volt: Floats) -> Floats:
    """Return the stoichiometry at a potential, within the table."""
    line = np.minimum.accumulate(table.potential_volt[0])
    grid = table.low + table.step * np.arange(len(line))
    values: Floats = np.interp(potential_volt, line[::-1], grid[::-1])
    return values


def _distinct(found: Floats, cost: Floats, ends: int) -> Rows:
    """Return the places of the best minima that differ, shape (curves, ends); -1 where there is none.

    What is far above the best is left out: tables that far off are refused.
    """
    cost = np.where(cost <= HOPELESS * cost.min(axis=1, keepdims=True), cost, np.inf)
    kept = np.full((len(cost), ends), -1, dtype=np.intp)
    rows = np.arange(len(cost))
    for place in range(ends):
        best = cost.argmin(axis=1)
        kept[:, place] = np.where(np.isfinite(cost[rows, best]), best, -1)
        near = (np.abs(found - found[rows, best][:, None]) < APART).all(axis=2)
        cost[near] = np.inf
    return kept
