"""How wide each interval is: fitted so that the interval score is least, then held to cells by a conformal bound."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from hwan.health.rapid._fit import Owners
from hwan.health.rapid._protocol import Floats

MISS: Final = 0.1
"""The interval score is that of a 90 % interval."""
CALM: Final = 0.02
"""What straying from one width for all costs, as a part of the typical score."""
STEPS: Final = 1200


def fit_spread(seen: Floats, errors: Floats, owner: Owners) -> Floats:
    """Return the coefficients of the logarithm of the error's scale, shape (features,).

    Parameters
    ----------
    seen
        What the scale depends on, the first column ones, shape (rows, features).
    errors
        Errors with each row's cell left out, as fractions, shape (rows,).
    owner
        Number of the cell of each row, shape (rows,).
    """
    from scipy.optimize import minimize

    size = np.abs(errors)
    weight = 1 / np.bincount(owner)[owner]
    weight /= weight.sum()
    typical = float(np.quantile(size, 1 - MISS))
    middle, scale = seen.mean(axis=0), np.maximum(seen.std(axis=0), 1e-9)
    middle[0], scale[0] = 0.0, 1.0
    inputs = (seen - middle) / scale

    def score(place: Floats) -> float:
        half = np.exp(np.clip(inputs @ place, -9.0, 0.0))
        missed = 2 / MISS * np.maximum(size - half, 0)
        return float(weight @ (2 * half + missed)) + CALM * typical * float(place[1:] @ place[1:])

    first = np.zeros(seen.shape[1])
    first[0] = np.log(typical)
    options = {"maxiter": STEPS, "xatol": 1e-3, "fatol": 1e-6}
    found: Floats = minimize(score, first, method="Nelder-Mead", options=options).x / scale
    found[0] -= float(found[1:] @ middle[1:])
    return found


def crossed_scores(seen: Floats, errors: Floats, owner: Owners, folds: Sequence[int] | Owners) -> Floats:
    """Return each error over its scale, the scale fitted on the other folds, shape (rows,)."""
    fold = np.asarray(folds)
    found = np.empty_like(errors)
    for each in np.unique(fold):
        rows = fold == each
        place = fit_spread(seen[~rows], errors[~rows], np.unique(owner[~rows], return_inverse=True)[1])
        found[rows] = np.abs(errors[rows]) / np.exp(np.clip(seen[rows] @ place, -9.0, 0.0))
    return found
