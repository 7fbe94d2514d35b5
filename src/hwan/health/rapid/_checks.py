"""Check cells: batteries of known capacity tested along, by which a shifted series is put right.

Another temperature, rest or contact moves all overpotentials by nearly the same factor. The factor under which
the check cells come out right on average is applied to the whole series.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from hwan.core import BadDefinition
from hwan.health.rapid._model import RapidModel
from hwan.health.rapid._predict import CALIBRATED_VISIT, Visit, predict
from hwan.health.rapid._protocol import Floats

FACTORS: Final = (0.7, 1.4)
"""Beyond these a test is no longer the one that was calibrated."""
USUAL: Final = 0.1
"""How far the logarithm of the factor usually lies from zero."""
CELL_SIGMA: Final = 0.03
"""How far a single cell's prediction usually lies from its reference."""
MOST_FAR: Final = 2.0
"""Later visits of calibrated cells lay up to 1.8 times as far as the limit, other types mostly further."""
MOST_OFF: Final = 0.06
"""So much of the state of health check cells may be off on average, when they have been put right."""
LEFT: Final = 0.5
"""So much of what may move is left when what all have in common is known: an own choice, since in the visits that
were seen growth moved half as much again as jumps did."""


def visit_of_checks(model: RapidModel, values: ArrayLike, reference: ArrayLike) -> Visit:
    """Return the visit under which check cells come out right on average.

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

    def cost(logarithm: float) -> float:
        predicted = predict(model, volts, replace(CALIBRATED_VISIT, factor=float(np.exp(logarithm)))).value
        bias = float(np.mean(predicted - known))
        return len(known) * (bias / CELL_SIGMA) ** 2 + (logarithm / USUAL) ** 2

    limits = tuple(np.log(FACTORS))
    best = minimize_scalar(cost, bounds=limits, method="bounded", options={"xatol": 1e-4}).x
    usual = Visit()
    return Visit(float(np.exp(best)), LEFT * usual.jump_sigma, LEFT * usual.growth_sigma, LEFT * usual.remainder_sigma)


def prove_checks(model: RapidModel, visit: Visit, values: Floats, reference: Floats, source: str) -> None:
    """Raise where the check cells are no such cells, or nothing puts them right.

    Parameters
    ----------
    model, values, reference
        As for :func:`visit_of_checks`.
    visit
        What it returned.
    source
        Where the check cells stand, for the error.

    Raises
    ------
    hwan.core.BadDefinition
        When their responses lie too far from the calibrated ones, or they stay off their references.
    """
    found = predict(model, values, visit)
    far, off = float(np.median(found.distance)), float(np.mean(found.value - reference))
    if far > MOST_FAR or abs(off) > MOST_OFF:
        raise BadDefinition("rapid_checks_off", source=source, model=model.id, far=far, points=100 * off)
