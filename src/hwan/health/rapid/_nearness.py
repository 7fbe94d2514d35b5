"""Which responses are like the calibrated ones, and which are of another battery, another batch, another visit.

The calibrated responses lie in a few clouds, one for each stretch of the state of charge, and not in one
ellipse. A mixture of normal laws describes them; how improbable a response is tells how far it lies.
"""

from __future__ import annotations

from math import inf
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hwan.health.rapid._conformal import cell_quantile
from hwan.health.rapid._model import Nearness
from hwan.health.rapid._predict import cloud_excess, robust_scaled
from hwan.health.rapid._protocol import Floats

PROBABILITY: Final = 0.95
CLOUDS: Final = (1, 2, 4, 6, 8)
LEAST_ROWS_PER_CLOUD: Final = 40
QUANTILES: Final = tuple(float(each) for each in np.round(np.linspace(0.05, 0.95, 19), 2))
FLOOR: Final = 0.05
"""Variance added along every direction: the data are too few to know how narrow a cloud is."""
ROUNDS: Final = 60
SPREAD_OF_MEDIAN: Final = 1.4826
FEW_CELLS_FACTOR: Final = 1.5
"""With too few cells for the claim the largest distance seen is widened by this much: an own choice."""
SERIES_RISK: Final = 1e-2
"""A series of tests is called shifted when so many far responses would come by chance this seldom."""
LEAST_SERIES: Final = 3
BEYOND: Final = 0.99
"""A battery beyond the limit counts as one of a hundred, not as rarer: the cells are too few to say so."""


def fit_nearness(raw: Floats, cells: NDArray[np.str_], fold: NDArray[np.int64], name: str) -> Nearness:
    """Return how near a response must lie.

    Parameters
    ----------
    raw
        Features, shape (rows, features).
    cells, fold
        The cell of each row, and its fold; distances are taken with a fold left out.
    name
        Of the features.
    """
    count, found = _best_count(raw, fold, name)
    limit = cell_quantile(found, cells, PROBABILITY)
    limit = limit if limit < inf else FEW_CELLS_FACTOR * float(found.max())
    usual = np.quantile(found, QUANTILES) / limit
    whole = _fitted(raw, name, count)
    return Nearness(
        name, whole.centre, whole.scale, whole.levels, whole.means, whole.roots,
        float(f"{limit:.6g}"), PROBABILITY, _numbers(usual),
    )  # fmt: skip


def _best_count(raw: Floats, fold: NDArray[np.int64], name: str) -> tuple[int, Floats]:
    """Return how many clouds tell left-out cells best, and the distance of each row with its fold left out."""
    best, least = (1, np.zeros(len(raw))), inf
    for count in (each for each in CLOUDS if each == 1 or each * LEAST_ROWS_PER_CLOUD <= len(raw)):
        found, cost = np.empty(len(raw)), 0.0
        for each in np.unique(fold):
            out = fold == each
            part = _fitted(raw[~out], name, count)
            found[out] = cloud_excess(part, raw[out])
            cost += float((found[out] ** 2 / 2 + np.log(part.scale).sum() + min(part.levels)).sum())
        if cost < least:
            best, least = (count, found), cost
    return best


def chance(near: Nearness, distance: ArrayLike) -> Floats:
    """Return how often a battery of the population lies as far or further, shape as given.

    From the distances that calibrated cells had while left out; never below what so many of them can tell.
    """
    found: Floats = 1 - np.interp(np.asarray(distance, dtype=float), (0.0, *near.usual, 1.0), (0.0, *QUANTILES, BEYOND))
    return found


def series_shifted(chances: ArrayLike) -> bool:
    """Return whether batteries tested alike lie further out than calibrated ones would by chance.

    Each may pass for itself; that all lie on the outer side does not happen by chance (Fisher 1925, combined
    probabilities). Then the others of the series are shifted too, although nothing shows it on each.

    Parameters
    ----------
    chances
        Of :func:`chance`, of each battery of the series, shape (batteries,); fewer than three tell nothing.

    Examples
    --------
    >>> series_shifted([0.5, 0.2, 0.9]), series_shifted([0.05, 0.03, 0.1]), series_shifted([0.01, 0.01])
    (False, True, False)
    """
    found = np.asarray(chances, dtype=float)
    if len(found) < LEAST_SERIES:
        return False
    from scipy.special import gammaincc

    return bool(gammaincc(len(found), -np.log(found).sum()) < SERIES_RISK)


def _fitted(raw: Floats, name: str, count: int) -> Nearness:
    """Return the clouds of the rows, without a limit (1)."""
    centre = np.median(raw, axis=0)
    scale = np.maximum(SPREAD_OF_MEDIAN * np.median(np.abs(raw - centre), axis=0), 1e-6)
    inputs = robust_scaled(raw, centre, scale)
    shares, means, roots, levels = _mixture(inputs, count)
    return Nearness(
        name,
        _numbers(centre),
        _numbers(scale),
        _numbers(levels - np.log(shares)),
        tuple(_numbers(each) for each in means),
        tuple(tuple(_numbers(row) for row in root) for root in roots),
        1.0,
        PROBABILITY,
        (),
    )


def _mixture(inputs: Floats, count: int) -> tuple[Floats, Floats, Floats, Floats]:
    """Return shares, means, inverse roots of the covariances and half their log determinants, by EM."""
    from scipy.cluster.vq import kmeans2

    _, group = kmeans2(inputs, count, seed=0, minit="++") if count > 1 else (0, np.zeros(len(inputs), dtype=int))
    belongs = np.eye(count)[group]
    for _ in range(ROUNDS):
        shares, means, roots, levels = _clouds(inputs, belongs)
        costs = _costs(inputs, means, roots) + levels - np.log(shares)
        belongs = np.exp(costs.min(axis=1, keepdims=True) - costs)
        belongs /= belongs.sum(axis=1, keepdims=True)
    return shares, means, roots, levels


def _clouds(inputs: Floats, belongs: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    weight = belongs.sum(axis=0) + 1e-9
    means = (belongs.T @ inputs) / weight[:, None]
    roots, levels = [], []
    for mean, own, total in zip(means, belongs.T, weight, strict=True):
        away = inputs - mean
        covariance = (away * own[:, None]).T @ away / total + FLOOR * np.eye(inputs.shape[1])
        lower = np.linalg.cholesky(covariance)
        roots.append(np.linalg.inv(lower))
        levels.append(float(np.log(np.diag(lower)).sum()))
    return weight / weight.sum(), means, np.array(roots), np.array(levels)


def _costs(inputs: Floats, means: Floats, roots: Floats) -> Floats:
    """Return half the squared distance of each row to each cloud, shape (rows, clouds)."""
    halves = [0.5 * (((inputs - mean) @ root.T) ** 2).sum(axis=1) for mean, root in zip(means, roots, strict=True)]
    return np.stack(halves, axis=1)


def _numbers(values: Floats) -> tuple[float, ...]:
    return tuple(float(f"{value:.6g}") for value in values)
