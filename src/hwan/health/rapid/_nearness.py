"""Which responses are like the calibrated ones, and which are of another kind of battery."""

from __future__ import annotations

from math import inf
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hwan.health.rapid._conformal import cell_quantile
from hwan.health.rapid._model import Nearness
from hwan.health.rapid._protocol import Floats

PROBABILITY: Final = 0.975
SPREAD_FLOOR: Final = 0.05
"""No direction counts as narrower than this part of the widest: there the data are only too few."""
FEW_CELLS_FACTOR: Final = 1.5
"""With too few cells for the claim the largest distance seen is widened by this much: an own choice."""


def fit_nearness(raw: Floats, cells: NDArray[np.str_], name: str) -> Nearness:
    """Return how near a response must lie, from features of shape (rows, features).

    Each cell's distance is taken from the others; the limit is what a new cell of the population keeps.
    """
    found = [_distances(raw[cells != cell], raw[cells == cell]) for cell in np.unique(cells)]
    owners = [np.full(len(each), number) for number, each in enumerate(found)]
    limit = cell_quantile(np.concatenate(found), np.concatenate(owners), PROBABILITY)
    limit = limit if limit < inf else FEW_CELLS_FACTOR * float(max(each.max() for each in found))
    centre, axes = _axes(raw)
    digits = tuple(tuple(float(f"{value:.7g}") for value in axis) for axis in axes)
    return Nearness(name, tuple(float(f"{value:.7g}") for value in centre), digits, float(f"{limit:.5g}"), PROBABILITY)


def _distances(known: Floats, new: Floats) -> Floats:
    centre, axes = _axes(known)
    along = (new - centre) @ axes.T
    distance: Floats = np.sqrt((along**2).mean(axis=1))
    return distance


def _axes(raw: Floats) -> tuple[Floats, Floats]:
    """Return the middle, and the directions of spread, each over its standard deviation."""
    centre = np.median(raw, axis=0)
    scale = np.maximum(raw.std(axis=0), 1e-9)
    _, sizes, vectors = np.linalg.svd((raw - centre) / scale, full_matrices=False)
    spread = sizes / np.sqrt(len(raw))
    kept = np.maximum(spread, SPREAD_FLOOR * spread[0])
    return centre, vectors / kept[:, None] / scale
