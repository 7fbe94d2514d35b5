from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad

from hwan.synthetic import OPEN_CIRCUITS

SOC = np.linspace(-0.02, 1.02, 2001)


def test_voltage_rises_with_charge_everywhere(chemistry: str) -> None:
    assert np.all(np.diff(OPEN_CIRCUITS[chemistry].voltage(SOC)) > 0)


def test_integral_agrees_with_quadrature(chemistry: str) -> None:
    curve = OPEN_CIRCUITS[chemistry]
    for low, high in ((0.0, 0.1), (0.1, 0.9), (0.9, 1.0)):
        expected, _ = quad(lambda s: float(curve.voltage(np.array(s))), low, high, epsabs=1e-12)
        got = curve.integral(np.array(high)) - curve.integral(np.array(low))
        assert float(got) == pytest.approx(expected, rel=1e-10)


def test_window_lies_near_the_ends(chemistry: str) -> None:
    curve = OPEN_CIRCUITS[chemistry]
    assert float(curve.voltage(np.array(0.0))) == pytest.approx(curve.lower_volt, abs=0.05)
    assert float(curve.voltage(np.array(1.0))) == pytest.approx(curve.upper_volt, abs=0.05)


def test_ends_are_steep_and_lfp_is_flat_between(chemistry: str) -> None:
    slope = np.gradient(OPEN_CIRCUITS[chemistry].voltage(SOC), SOC)
    middle = np.median(slope[(SOC > 0.3) & (SOC < 0.9)])
    assert slope[0] > 10 * middle
    if chemistry == "lfp":
        assert middle < 0.1
        assert slope[-1] > 10 * middle
