"""Losses come out as they went in, whichever way the curve was measured."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hwan.core import Measurement, Refusal
from hwan.health.modes import Design, averaged, degradation_modes, degradation_modes_batch, without_drop
from hwan.health.modes._quantities import MODES, QUANTITIES

LOSSES = (0.12, 0.05, 0.08)
CAPACITIES = {"lithium_inventory": 3.0 * 0.88, "negative_electrode_capacity": 3.0 * 0.95,
              "positive_electrode_capacity": 3.2 * 0.92}  # fmt: skip


def discharged(curve):
    """The same curve as a discharge counted upward."""
    charge = np.asarray(curve.charge_ah)
    return replace(curve, charge_ah=charge[-1] - charge[::-1], voltage_volt=curve.voltage_volt[::-1])


@pytest.mark.parametrize("cells", ["layered", "phosphate"])
def test_losses_and_capacities_come_out_as_they_went_in(request, cells):
    made = request.getfixturevalue(cells)
    found = degradation_modes(made.curve(LOSSES), made.electrodes(), fresh=[made.curve(seed=2)])
    for name, loss in zip(MODES, LOSSES, strict=True):
        assert getattr(found, name).value == pytest.approx(loss, abs=0.01)
    for name, capacity in CAPACITIES.items():
        assert getattr(found, name).value == pytest.approx(capacity, rel=0.01)
        assert getattr(found, name).unit == "Ah"
    assert found.balance.residual_volt < found.balance.residual_limit_volt


def test_charge_and_discharge_and_either_sign_give_one_answer(layered):
    electrodes, fresh, charge = layered.electrodes(), layered.curve(seed=2), layered.curve(LOSSES)
    down = discharged(charge)
    negative = replace(charge, charge_ah=(charge.charge_ah - 1.7)[::-1], voltage_volt=charge.voltage_volt[::-1])
    found = [degradation_modes(each, electrodes, fresh=[fresh]) for each in (charge, down, negative)]
    for name in MODES:
        values = [getattr(each, name).value for each in found]
        assert values == pytest.approx([values[0]] * 3, abs=1e-6)
    assert [each.loss_of_lithium_inventory.conditions.direction for each in found] == [
        "charge", "discharge", "discharge",
    ]  # fmt: skip


def test_one_cell_is_a_batch_of_one(layered):
    electrodes, fresh = layered.electrodes(0.005), [layered.curve(seed=2)]
    curves = [layered.curve((0.01 * k, 0.02, 0.03), seed=k + 3) for k in range(4)]
    single = degradation_modes(curves[2], electrodes, fresh=fresh)
    row = degradation_modes_batch(curves, electrodes, fresh=fresh).row(2, named=True)
    for name in QUANTITIES:
        figure = getattr(single, name)
        if isinstance(figure, Refusal):
            assert row[name] is None
            assert row[f"{name}_refusal"] == figure.code
        else:
            assert row[name] == pytest.approx(figure.value, rel=1e-6)
            assert (row[f"{name}_low"], row[f"{name}_high"]) == pytest.approx(figure.interval, rel=1e-6)


def test_the_cell_against_itself_lost_nothing(layered):
    curve = layered.curve()
    found = degradation_modes(curve, layered.electrodes(), fresh=[curve])
    for name in MODES:
        assert getattr(found, name).value == pytest.approx(0, abs=1e-6)


def test_capacities_scale_with_charge_and_losses_do_not(layered):
    electrodes, fresh, curve = layered.electrodes(), layered.curve(seed=2), layered.curve(LOSSES)
    twice = [replace(each, charge_ah=2 * each.charge_ah) for each in (curve, fresh)]
    one = degradation_modes(curve, electrodes, fresh=[fresh])
    two = degradation_modes(twice[0], electrodes, fresh=[twice[1]])
    assert two.lithium_inventory.value == pytest.approx(2 * one.lithium_inventory.value, rel=1e-6)
    assert two.loss_of_lithium_inventory.value == pytest.approx(one.loss_of_lithium_inventory.value, abs=1e-7)


def test_a_figure_has_its_interval_method_and_conditions(layered):
    found = degradation_modes(layered.curve(LOSSES), layered.electrodes(0.005), fresh=[layered.curve(seed=2)])
    figure = found.loss_of_lithium_inventory
    assert isinstance(figure, Measurement)
    low, high = figure.interval
    assert low < figure.value < high
    assert (figure.method, figure.validation.status, figure.conditions.rate_per_hour) == (
        "modes.electrode_balance", "synthetic", 0.04,
    )  # fmt: skip


def test_a_larger_stated_error_of_the_tables_widens_the_interval(layered):
    curve, fresh = layered.curve(LOSSES), [layered.curve(seed=2)]
    widths = []
    for error in (1e-6, 0.003, 0.01):
        low, high = degradation_modes(curve, layered.electrodes(error), fresh=fresh).lithium_inventory.interval
        widths.append(high - low)
    assert widths[0] < widths[1] < widths[2]


def test_the_spread_of_fresh_cells_widens_the_losses(layered):
    curve, electrodes = layered.curve(LOSSES), layered.electrodes()
    alone = degradation_modes(curve, electrodes, fresh=[layered.curve(seed=2)])
    stated = degradation_modes(curve, electrodes, fresh=[layered.curve(seed=2)], fresh_spread=0.01)
    several = [layered.curve((k / 400, k / 300, -k / 500), seed=k + 5) for k in range(-2, 3)]
    measured = degradation_modes(curve, electrodes, fresh=several)
    width = [np.ptp(each.loss_of_lithium_inventory.interval) for each in (alone, stated, measured)]
    assert width[1] == pytest.approx(2 * 1.645 * 0.01 * 0.88, rel=0.1)
    assert width[2] > 3 * width[0]


def test_the_drop_of_the_current_is_taken_out(layered):
    curve = layered.curve(LOSSES)
    fast = replace(curve, voltage_volt=curve.voltage_volt + 0.03, rate_per_hour=0.1, current_ampere=0.3)
    fresh, electrodes = [layered.curve(seed=2)], layered.electrodes()
    assert degradation_modes(fast, electrodes, fresh=fresh).code == "modes_rate_above_limit"
    found = degradation_modes(without_drop(fast, 0.1), electrodes, fresh=fresh)
    assert found.loss_of_lithium_inventory.value == pytest.approx(LOSSES[0], abs=0.01)


def test_the_mean_of_charge_and_discharge_has_no_hysteresis(layered):
    curve = layered.curve(LOSSES)
    up = replace(curve, voltage_volt=curve.voltage_volt + 0.01, rate_per_hour=0.1)
    down = discharged(replace(curve, voltage_volt=curve.voltage_volt - 0.01, rate_per_hour=0.1))
    found = degradation_modes(averaged(up, down), layered.electrodes(), fresh=[layered.curve(seed=2)])
    assert found.loss_of_active_material_positive.value == pytest.approx(LOSSES[2], abs=0.01)


def test_without_a_fresh_curve_there_are_capacities_and_no_losses(layered):
    found = degradation_modes(layered.curve(LOSSES), layered.electrodes(0.005), design=Design(rated_capacity_ah=2.6))
    assert {getattr(found, name).code for name in MODES} == {"modes_no_fresh_curve"}
    for name, capacity in CAPACITIES.items():
        assert getattr(found, name).value == pytest.approx(capacity, rel=0.03)


def test_an_unstated_rate_is_a_finding(layered):
    curve = replace(layered.curve(LOSSES), rate_per_hour=layered.curve().temperature_celsius)
    assert [each.code for each in degradation_modes(curve, layered.electrodes()).findings] == ["modes_rate_unknown"]
