"""Unit responses of a resistor-capacitor pair to one rectangular pulse, and what may stand behind them.

A pulse of 1 A flows from t = 0 to the width w. A pair of resistance 1 ohm and time constant τ answers with
1 − e^(−t/τ) while it flows and (1 − e^(−w/τ)) e^(−(t−w)/τ) after it; a resistance alone answers at once.
"""

from __future__ import annotations

from typing import Final, Literal

import numpy as np

from hwan.health._levenberg import Floats

Background = Literal["none", "constant", "charge", "drift"]
BACKGROUNDS: Final[tuple[Background, ...]] = ("none", "constant", "charge", "drift")
"""What is fitted beside the circuit: nothing; the rest voltage; and the open-circuit voltage moving with the
charge of the pulse; and the drift of a rest before the pulse that had not ended."""


def pair_responses(time_second: Floats, width_second: float, ln_tau: Floats) -> tuple[Floats, Floats]:
    """Return the responses of pairs in ohm per ohm and their slopes by ln τ, shapes (τ, samples)."""
    tau = np.exp(ln_tau)[:, None]
    since_on = np.maximum(time_second, 0.0) / tau
    since_off = np.maximum(time_second - width_second, 0.0) / tau
    value = np.expm1(-since_off) - np.expm1(-since_on)
    slope = since_off * np.exp(-since_off) - since_on * np.exp(-since_on)
    return value, slope


def instant_responses(
    time_second: Floats, width_second: float, span_second: float, rest_second: float, background: Background
) -> Floats:
    """Return the columns of the series resistance and of the background, shape (1 to 4, samples).

    What relaxes after an age of the rest has time constants of about that age: the drift bends with `rest_second`,
    and is straight where that is infinite.
    """
    flows = ((time_second >= 0) & (time_second < width_second)).astype(np.float64)
    charge = np.clip(time_second, 0.0, width_second) / width_second
    drift = time_second / span_second if np.isinf(rest_second) else -np.expm1(-time_second / rest_second)
    columns = (flows, np.ones_like(flows), charge, drift)
    return np.array(columns[: 1 + BACKGROUNDS.index(background)])
