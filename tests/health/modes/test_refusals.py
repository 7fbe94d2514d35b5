"""What a curve does not tell is refused, for each figure by itself, with the test that would tell it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.health.modes.conftest import half_cell_of, layered_volt, negative_volt

from hwan.core import Measurement, Refusal
from hwan.core.language import text
from hwan.health.modes import Electrodes, degradation_modes, degradation_modes_batch
from hwan.health.modes._quantities import MODES

LITHIUM, NEGATIVE, POSITIVE = MODES


@pytest.mark.parametrize("chemistry", ["li-s", "solid-state"])
def test_a_chemistry_without_a_model(layered, chemistry):
    found = degradation_modes(layered.curve(), layered.electrodes(), fresh=[layered.curve()], chemistry=chemistry)
    assert isinstance(found, Refusal)
    assert text("refusal", found.code, "ko", found.values) != found.code


@pytest.mark.parametrize("whose", ["curve", "fresh"])
def test_a_curve_faster_than_a_twentieth(layered, whose):
    slow, fast = layered.curve(), replace(layered.curve(), rate_per_hour=0.1)
    curve, fresh = (fast, slow) if whose == "curve" else (slow, fast)
    found = degradation_modes(curve, layered.electrodes(), fresh=[fresh])
    assert (found.code, found.test_needed) == ("modes_rate_above_limit", "modes_slow_full_charge")
    assert found.values["rate_per_hour"] == 0.1


def test_above_a_fifth_no_correction_helps(layered):
    curve = replace(layered.curve(), rate_per_hour=0.5, corrected=True)
    assert degradation_modes(curve, layered.electrodes()).code == "modes_rate_above_limit"


def test_half_cells_of_another_cell(layered):
    def other(y):
        return np.minimum.accumulate(layered_volt(y) - 0.06 * np.sin(7 * y))

    pair = Electrodes(
        half_cell_of(negative_volt, "negative", "graphite", 0.002), half_cell_of(other, "positive", "nmc622", 0.002)
    )
    found = degradation_modes(layered.curve(), pair, fresh=[layered.curve(seed=2)])
    assert isinstance(found, Refusal)
    assert found.code in ("modes_tables_do_not_fit", "modes_residual_too_large")
    assert found.test_needed == "modes_half_cells"


def test_exact_tables_that_leave_more_than_the_noise(layered):
    curve = layered.curve(noise=1e-4)
    bent = replace(curve, voltage_volt=curve.voltage_volt + 0.002 * np.sin(np.linspace(0, 25, 400)))
    found = degradation_modes(bent, layered.electrodes(), fresh=[curve])
    assert found.code == "modes_residual_too_large"
    assert found.values["residual_mv"] > found.values["limit_mv"]


def test_a_fresh_curve_that_does_not_fit_takes_all_losses_and_no_capacity(layered):
    fresh = layered.curve(noise=1e-4)
    bent = replace(fresh, voltage_volt=fresh.voltage_volt + 0.002 * np.sin(np.linspace(0, 25, 400)))
    found = degradation_modes(layered.curve((0.1, 0.05, 0.05)), layered.electrodes(), fresh=[bent])
    assert {getattr(found, name).code for name in MODES} == {"modes_reference_unfit"}
    assert isinstance(found.negative_electrode_capacity, Measurement)


@pytest.mark.parametrize("window", [(0.1, 0.9), (0, 0.9), (0.1, 1)])
@pytest.mark.parametrize("error", [1e-6, 0.003])
def test_a_plateau_without_both_ends_refuses_the_positive_only(phosphate, window, error):
    curve = phosphate.curve((0.1, 0.05, 0.05), window=window)
    found = degradation_modes(curve, phosphate.electrodes(error), fresh=[phosphate.curve(seed=2)])
    refusal = getattr(found, POSITIVE)
    assert (refusal.code, refusal.test_needed) == ("modes_plateau_without_ends", "modes_slow_full_charge")
    assert found.positive_electrode_capacity.code == "modes_plateau_without_ends"
    assert getattr(found, NEGATIVE).value == pytest.approx(0.05, abs=0.02)


def test_a_plateau_with_both_ends_is_answered(phosphate):
    found = degradation_modes(phosphate.curve((0.1, 0.05, 0.05)), phosphate.electrodes(), fresh=[phosphate.curve()])
    assert getattr(found, POSITIVE).value == pytest.approx(0.05, abs=0.02)


def test_a_narrow_window_with_tables_of_an_error(layered):
    curve = layered.curve((0.1, 0.05, 0.05), window=(0.4, 0.75))
    found = degradation_modes(curve, layered.electrodes(0.005), fresh=[layered.curve(seed=2)])
    codes = {getattr(found, name).code for name in MODES} if not isinstance(found, Refusal) else {found.code}
    assert codes <= {"modes_window_narrow", "modes_at_bound"}


def test_a_cell_that_gained(layered):
    found = degradation_modes(layered.curve(), layered.electrodes(), fresh=[layered.curve((0.08, 0.05, 0.06), seed=2)])
    assert {getattr(found, name).code for name in MODES} == {"modes_gain"}
    assert isinstance(found.lithium_inventory, Measurement)


def test_a_batch_keeps_its_order_with_refused_curves_between(layered):
    curves = [layered.curve((0.1, 0.02, 0.03), name="a"), layered.curve(rate_per_hour=0.3, name="b"),
              layered.curve((0.05, 0.02, 0.03), name="c")]  # fmt: skip
    found = degradation_modes_batch(curves, layered.electrodes(), fresh=[layered.curve(seed=2)])
    assert found["name"].to_list() == ["a", "b", "c"]
    assert found["refusal_code"].to_list() == [None, "modes_rate_above_limit", None]
    assert found[LITHIUM].to_list() == [pytest.approx(0.1, abs=0.01), None, pytest.approx(0.05, abs=0.01)]


def test_a_share_that_was_not_asked_for(layered):
    assert degradation_modes(layered.curve(), layered.electrodes()).silicon_share.code == "modes_no_silicon"


def test_a_bump_that_the_tables_do_not_have_is_seen_in_the_residual(layered):
    def bumped(y):
        return layered_volt(y) + 0.006 * np.exp(-0.5 * ((y - 0.4) / 0.02) ** 2)

    true, wrong = (
        Electrodes(
            half_cell_of(negative_volt, "negative", "graphite", 0.005), half_cell_of(volt, "positive", "nmc622", 0.005)
        )
        for volt in (layered_volt, bumped)
    )
    aged, fresh = layered.curve((0.12, 0.05, 0.08)), layered.curve(seed=2)
    good, bad = (degradation_modes_batch([aged, fresh], pair, fresh=[fresh]) for pair in (true, wrong))
    assert good["residual_features"].max() < 1 < bad["residual_features"].max()
    assert good["refusal_code"].to_list() == [None, None]
    assert bad["refusal_code"].to_list() == [None, "modes_features_unknown"]
    told = degradation_modes(aged, wrong, fresh=[fresh])
    assert {getattr(told, name).code for name in MODES} == {"modes_reference_unfit"}
    itself = degradation_modes(fresh, wrong)
    assert (itself.code, itself.test_needed) == ("modes_features_unknown", "modes_half_cells")
    assert itself.values["features"] > 1
