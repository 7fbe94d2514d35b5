"""Check cells: batteries of known capacity tested along, by which a shifted series is put right.

Another temperature, rest or contact moves all overpotentials by nearly the same factor. The factor under which
the check cells come out right on average is applied to the whole series.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import minimize_scalar

from hwan.health.rapid._model import RapidModel, predict
from hwan.health.rapid._protocol import Floats

FACTORS: Final = (0.7, 1.4)
"""Beyond these a test is no longer the one that was calibrated."""
USUAL: Final = 0.1
"""How far the logarithm of the factor usually lies from zero: second visits moved up to 15 %."""
CELL_SIGMA: Final = 0.03
"""How far a single cell's prediction usually lies from its reference."""


def overpotential_factor(model: RapidModel, values: ArrayLike, reference: ArrayLike) -> float:
    """Return the factor on all overpotentials that makes check cells come out right on average.

    Pulled towards one by as much as a single cell may mislead.

    Parameters
    ----------
    model
        Of pulses.
    values
        Turning points of the check cells in V, shape (rows, len(model.protocol.names)).
    reference
        Their states of health by a full test, shape (rows,).
    """
    volts, known = np.asarray(values, dtype=float), np.asarray(reference, dtype=float)

    def cost(logarithm: float) -> float:
        predicted = predict(model, corrected(volts, float(np.exp(logarithm)))).value
        bias = float(np.mean(predicted - known))
        return len(known) * (bias / CELL_SIGMA) ** 2 + (logarithm / USUAL) ** 2

    found = minimize_scalar(cost, bounds=tuple(np.log(FACTORS)), method="bounded", options={"xatol": 1e-4})
    return float(np.exp(found.x))


def corrected(values: Floats, factor: float) -> Floats:
    """Return turning points with every difference to the first voltage multiplied, shape as given."""
    first = values[:, :1]
    found: Floats = first + factor * (values - first)
    return found
