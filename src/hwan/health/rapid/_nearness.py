"""Which responses are like the calibrated ones, and which are of another battery, another batch, another visit.

The calibrated responses lie in a few clouds, one for each stretch of the state of charge, and not in one
ellipse. A mixture of normal laws describes them; how improbable a response is tells how far it lies.
"""

from __future__ import annotations

from math import inf
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.vq import kmeans2
from scipy.stats import binom

from hwan.health.rapid._conformal import cell_quantile
from hwan.health.rapid._model import Nearness, cloud_excess, robust_scaled
from hwan.health.rapid._protocol import Floats

PROBABILITY: Final = 0.95
CLOUDS: Final = 4
LEAST_ROWS_PER_CLOUD: Final = 40
FLOOR: Final = 0.05
"""Variance added along every direction: the data are too few to know how narrow a cloud is."""
ROUNDS: Final = 60
SPREAD_OF_MEDIAN: Final = 1.4826
FEW_CELLS_FACTOR: Final = 1.5
"""With too few cells for the claim the largest distance seen is widened by this much: an own choice."""
SERIES_RISK: Final = 1e-3
"""A series of tests is called shifted when so many far responses would come by chance this seldom."""
LEAST_SERIES: Final = 3


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
    found = np.empty(len(raw))
    for each in np.unique(fold):
        out = fold == each
        found[out] = cloud_excess(_fitted(raw[~out], name), raw[out])
    limit = cell_quantile(found, cells, PROBABILITY)
    limit = limit if limit < inf else FEW_CELLS_FACTOR * float(found.max())
    whole = _fitted(raw, name)
    return Nearness(
        name, whole.centre, whole.scale, whole.levels, whole.means, whole.roots, float(f"{limit:.6g}"), PROBABILITY
    )


def series_shifted(far: int, count: int) -> bool:
    """Return whether a series of `count` batteries tested alike has too many far responses to be like the calibrated.

    Of the calibrated population one in twenty is far. Where many are, the others of the series are
    shifted, too, although nothing shows it on each of them.

    >>> series_shifted(1, 20), series_shifted(6, 20), series_shifted(2, 2)
    (False, True, False)
    """
    return count >= LEAST_SERIES and float(binom.sf(far - 1, count, 1 - PROBABILITY)) < SERIES_RISK


def _fitted(raw: Floats, name: str) -> Nearness:
    """Return the clouds of the rows, without a limit (1)."""
    centre = np.median(raw, axis=0)
    scale = np.maximum(SPREAD_OF_MEDIAN * np.median(np.abs(raw - centre), axis=0), 1e-6)
    inputs = robust_scaled(raw, centre, scale)
    shares, means, roots, levels = _mixture(inputs)
    return Nearness(
        name,
        _numbers(centre),
        _numbers(scale),
        _numbers(levels - np.log(shares)),
        tuple(_numbers(each) for each in means),
        tuple(tuple(_numbers(row) for row in root) for root in roots),
        1.0,
        PROBABILITY,
    )


def _mixture(inputs: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Return shares, means, inverse roots of the covariances and half their log determinants, by EM."""
    count = max(1, min(CLOUDS, len(inputs) // LEAST_ROWS_PER_CLOUD))
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
