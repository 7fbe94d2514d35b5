"""Check cells: batteries of known capacity tested along, by which a shifted series is put right.

Another temperature, rest or contact moves all overpotentials by nearly the same factor. The factor under which
the check cells come out right on average is applied to the whole series.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from hwan.health.rapid._model import RapidModel, Visit, predict

FACTORS: Final = (0.7, 1.4)
"""Beyond these a test is no longer the one that was calibrated."""
CELL_SIGMA: Final = 0.03
"""How far a single cell's prediction usually lies from its reference."""
STEP: Final = 0.05


def visit_of_checks(model: RapidModel, values: ArrayLike, reference: ArrayLike) -> Visit:
    """Return the visit under which check cells come out right on average, and how well they tell it.

    Pulled towards the calibrated visit by as much as single cells may mislead. It puts right what moves all
    overpotentials alike; where a series moved otherwise, the check cells stay off and their chart says so.

    Parameters
    ----------
    model
        Of pulses.
    values
        Turning points of the check cells in V, shape (rows, len(model.protocol.names)).
    reference
        Their states of health by a full test, shape (rows,).
    """
    from scipy.optimize import minimize_scalar

    volts, known = np.asarray(values, dtype=float), np.asarray(reference, dtype=float)
    usual = Visit().sigma

    def bias(logarithm: float) -> float:
        return float(np.mean(predict(model, volts, Visit(float(np.exp(logarithm)), 0.0)).value - known))

    def cost(logarithm: float) -> float:
        return len(known) * (bias(logarithm) / CELL_SIGMA) ** 2 + (logarithm / usual) ** 2

    limits = tuple(np.log(FACTORS))
    best = float(minimize_scalar(cost, bounds=limits, method="bounded", options={"xatol": 1e-4}).x)
    slope = (bias(best + STEP) - bias(best - STEP)) / (2 * STEP)
    sigma = (1 / usual**2 + len(known) * (slope / CELL_SIGMA) ** 2) ** -0.5
    return Visit(float(np.exp(best)), float(sigma))
