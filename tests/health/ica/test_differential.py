"""dV/dQ on an even grid of charge, with the window beside it."""

from __future__ import annotations

import numpy as np
import pytest
from tests.health.ica.curves import made

from hwan.core import BadDefinition
from hwan.health.ica import DifferentialVoltage, differential_voltage, differential_voltages

CURVE = made()


def _error(found: DifferentialVoltage) -> np.ndarray:
    true = np.interp(found.charge_ah, CURVE.charge, 1 / CURVE.capacity)
    return (found.differential_voltage_volt_per_ah - true)[30:-30] / np.sqrt(np.mean(true[30:-30] ** 2))


def test_the_slope_is_near_the_truth():
    found = differential_voltage(CURVE.noisy(), CURVE.charge)
    assert np.sqrt(np.mean(_error(found) ** 2)) < 0.1
    assert np.allclose(np.diff(found.charge_ah), found.charge_ah[1])


def test_a_parabola_is_met_exactly():
    charge = np.sort(np.random.default_rng(3).uniform(0, 2, 800))
    found = differential_voltage(3 + 0.2 * charge + 0.1 * charge**2, charge, window_ah=0.2)
    true = 0.2 + 0.2 * (found.charge_ah + charge[0])
    assert found.window_ah == 0.2
    assert found.differential_voltage_volt_per_ah == pytest.approx(true, rel=1e-6)


def test_more_noise_needs_a_wider_window():
    quiet, loud = (differential_voltage(CURVE.noisy(1, noise, 0.0), CURVE.charge) for noise in (1e-4, 3e-3))
    assert quiet.window_ah < loud.window_ah


def test_charge_and_discharge_give_one_answer():
    volt = CURVE.noisy()
    up = differential_voltage(volt, CURVE.charge)
    down = differential_voltage(volt[::-1], CURVE.charge[-1] - CURVE.charge[::-1])
    assert down.differential_voltage_volt_per_ah == pytest.approx(up.differential_voltage_volt_per_ah, rel=1e-6)


def test_the_error_is_what_noise_does():
    found = [differential_voltage(CURVE.noisy(seed, 1e-3, 0.0), CURVE.charge, window_ah=0.2) for seed in range(30)]
    spread = np.std([each.differential_voltage_volt_per_ah for each in found], axis=0)[50:-50]
    told = np.mean([each.error_volt_per_ah for each in found], axis=0)[50:-50]
    assert np.median(spread / told) == pytest.approx(1, abs=0.15)


def test_a_row_of_many_curves_is_the_curve_alone():
    volts = [CURVE.noisy(seed) for seed in range(3)]
    many = differential_voltages([*volts, np.full(len(CURVE.charge), 3.7)], [CURVE.charge] * 4)
    assert many["refusal_code"].to_list() == [None, None, None, "ica_constant_voltage"]
    for row, volt in zip(many.head(3).iter_rows(named=True), volts, strict=True):
        alone = differential_voltage(volt, CURVE.charge)
        assert row["window_ah"] == alone.window_ah
        assert row["differential_voltage_volt_per_ah"] == alone.differential_voltage_volt_per_ah.tolist()


def test_curves_and_charges_must_be_as_many():
    with pytest.raises(BadDefinition):
        differential_voltages([CURVE.noisy()], [])
