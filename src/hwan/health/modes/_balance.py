"""The fit of one curve on its charge axis, for the picture and for whoever wants to check it."""

from __future__ import annotations

import numpy as np

from hwan.health.modes._curve import Prepared
from hwan.health.modes._discrepancy import EACH, waves
from hwan.health.modes._estimate import Estimates
from hwan.health.modes._kernel import look_up
from hwan.health.modes._problem import Problem
from hwan.health.modes._result import Balance


def balance_of(curve: Prepared, given: Problem, found: Estimates) -> Balance:
    """Return where the electrodes of the first curve stand."""
    x0, wx, y0, wy, share = found.parameters[0]
    z = curve.charge_ah / curve.charge_ah[-1]
    x, y = x0 + wx * z, y0 - wy * z
    shared, errors = found.shared[0], given.errors
    negative, n_slope, _ = look_up(given.negative, x, np.full_like(x, share))
    positive, p_slope, _ = look_up(given.positive, y, np.zeros_like(y))
    negative = negative + waves(given.negative, x, negative, n_slope, errors.negative_volt)[0] @ shared[:EACH]
    positive = positive + waves(given.positive, y, positive, p_slope, errors.positive_volt)[0] @ shared[EACH:]
    return Balance(
        curve.charge_ah, curve.voltage_volt, positive - negative, negative, positive, float(x0), float(x0 + wx),
        float(y0), float(y0 - wy), float(found.residual_volt[0]), float(found.limit_volt[0]), curve.noise_volt,
        float(found.table_ratio[0]), int(found.agreeing[0]), found.starts,
    )  # fmt: skip
