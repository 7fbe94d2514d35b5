"""A negative of graphite and silicon: the share is a fifth parameter."""

from __future__ import annotations

import numpy as np
import pytest

from hwan.health.halfcells import blended, half_cell
from hwan.health.modes import Curve, Electrodes, degradation_modes

GRAPHITE, OXIDE = half_cell("graphite-ai2020/1"), half_cell("nmc811-chen2020/1")
SILICON = half_cell("silicon-lithiation-verbrugge2016/1")


def curve(share: float, negative: float, positive: float, lithium: float, seed: int) -> Curve:
    both = blended(GRAPHITE, SILICON, share)
    x = np.linspace(both.domain_low, both.domain_high, 100_001)
    y = (lithium - negative * x) / positive
    inside = (y > OXIDE.domain_low) & (y < OXIDE.domain_high)
    x, voltage = x[inside], (OXIDE.potential_at(y) - both.potential_at(x))[inside]
    x, voltage = x[(voltage > 2.8) & (voltage < 4.2)], voltage[(voltage > 2.8) & (voltage < 4.2)]
    charge = np.linspace(0, negative * (x[-1] - x[0]), 500)
    noise = 1e-3 * np.random.default_rng(seed).standard_normal(500)
    return Curve(charge, np.interp(charge, negative * (x - x[0]), voltage) + noise, rate_per_hour=0.04)


def test_the_share_and_the_losses_come_out_as_they_went_in():
    electrodes = Electrodes(GRAPHITE, OXIDE, SILICON, share_high=0.3)
    fresh = curve(0.12, 5.8, 8.5, 7.6, 1)
    found = degradation_modes(curve(0.07, 5.2, 8.0, 6.8, 2), electrodes, fresh=[fresh])
    assert found.silicon_share.value == pytest.approx(0.07, abs=0.01)
    assert found.loss_of_lithium_inventory.value == pytest.approx(1 - 6.8 / 7.6, abs=0.01)
    assert found.loss_of_active_material_negative.value == pytest.approx(1 - 5.2 / 5.8, abs=0.015)
    assert found.loss_of_active_material_positive.value == pytest.approx(1 - 8.0 / 8.5, abs=0.01)


def test_graphite_alone_does_not_explain_a_composite():
    fresh = curve(0.15, 5.8, 8.5, 7.6, 1)
    whole = degradation_modes(fresh, Electrodes(GRAPHITE, OXIDE, SILICON))
    alone = degradation_modes(fresh, Electrodes(GRAPHITE, OXIDE))
    assert whole.silicon_share.value == pytest.approx(0.15, abs=0.01)
    told = getattr(alone, "balance", None)
    assert (
        told is None or told.table_ratio > whole.balance.table_ratio or told.residual_volt > whole.balance.residual_volt
    )
