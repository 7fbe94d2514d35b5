"""What is handed in wrongly is an error that says what, where, expected and what next."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hwan.core import BadDefinition, UnknownName
from hwan.core.language import catalogue
from hwan.health.modes import Curve, Design, Electrodes, averaged, degradation_modes, without_drop


def refused(code, call):
    with pytest.raises(BadDefinition) as caught:
        call()
    assert caught.value.code == code
    for language in ("en", "ko"):
        message = caught.value.message(language)
        assert ("Next" in message) or ("다음" in message)
        assert "{" not in message
    return caught.value.message()


def test_swapped_electrodes_are_named(layered):
    pair = layered.electrodes()
    message = refused("half_cells_sides", lambda: Electrodes(pair.positive, pair.negative))
    assert "positive" in message


def test_two_tables_of_one_side_are_named(layered):
    pair = layered.electrodes()
    refused("half_cells_sides", lambda: Electrodes(pair.negative, pair.negative))


def test_a_charge_that_falls_while_the_voltage_rises(layered):
    curve = layered.curve()
    wrong = replace(curve, charge_ah=-curve.charge_ah)
    refused("modes_sign", lambda: degradation_modes(wrong, layered.electrodes()))


def test_a_charge_said_to_be_a_discharge(layered):
    wrong = replace(layered.curve(), direction="discharge")
    message = refused("modes_direction", lambda: degradation_modes(wrong, layered.electrodes()))
    assert "discharge" in message


def test_too_few_points(layered):
    message = refused("modes_too_few_points", lambda: degradation_modes(layered.curve(points=12), layered.electrodes()))
    assert "12" in message
    assert "40" in message


def test_a_voltage_that_stands(layered):
    wrong = replace(layered.curve(), voltage_volt=np.full(400, 3.7))
    refused("modes_voltage_stands", lambda: degradation_modes(wrong, layered.electrodes()))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("field", ["charge_ah", "voltage_volt"])
def test_a_point_that_is_no_number(layered, field, bad):
    values = np.array(getattr(layered.curve(), field))
    values[6] = bad
    wrong = replace(layered.curve(), **{field: values})
    assert "row 7" in refused("modes_not_finite", lambda: degradation_modes(wrong, layered.electrodes()))


def test_columns_of_other_lengths(layered):
    wrong = replace(layered.curve(), voltage_volt=layered.curve().voltage_volt[:-1])
    refused("modes_shape", lambda: degradation_modes(wrong, layered.electrodes()))


def test_a_module_taken_for_a_cell(layered):
    wrong = replace(layered.curve(), voltage_volt=12 * layered.curve().voltage_volt)
    assert "12 cells in series" in refused(
        "modes_voltage_outside", lambda: degradation_modes(wrong, layered.electrodes())
    )


def test_a_voltage_in_millivolt(layered):
    wrong = replace(layered.curve(), voltage_volt=1000 * layered.curve().voltage_volt)
    refused("modes_voltage_outside", lambda: degradation_modes(wrong, layered.electrodes()))


@pytest.mark.parametrize(("design", "code"), [
    (Design(), "modes_charge_too_large"),
    (Design(rated_capacity_ah=2.6), "modes_charge_too_large"),
])  # fmt: skip
def test_a_charge_in_milliampere_hours(layered, design, code):
    wrong = replace(layered.curve(), charge_ah=1000 * layered.curve().charge_ah)
    refused(code, lambda: degradation_modes(wrong, layered.electrodes(), design=design))


def test_a_charge_in_milliampere_hours_of_a_small_cell(layered):
    wrong = replace(layered.curve(), charge_ah=100 * layered.curve().charge_ah)
    design = Design(rated_capacity_ah=0.26)
    refused("modes_charge_over_rated", lambda: degradation_modes(wrong, layered.electrodes(), design=design))


def test_two_runs_in_one(layered):
    curve = layered.curve()
    wrong = Curve(np.tile(curve.charge_ah, 2), np.tile(curve.voltage_volt, 2))
    refused("modes_charge_turns", lambda: degradation_modes(wrong, layered.electrodes()))


def test_a_chemistry_that_nobody_knows(layered):
    with pytest.raises(UnknownName) as caught:
        degradation_modes(layered.curve(), layered.electrodes(), chemistry="nmc623")
    assert "nmc622" in caught.value.message()


def test_half_cells_of_another_chemistry(layered):
    refused("modes_other_chemistry", lambda: degradation_modes(layered.curve(), layered.electrodes(), chemistry="lfp"))


def test_a_spread_in_per_cent(layered):
    refused("modes_spread", lambda: degradation_modes(layered.curve(), layered.electrodes(), fresh_spread=2))


def test_shares_that_are_no_shares(layered):
    pair = layered.electrodes()
    refused("modes_shares", lambda: Electrodes(pair.negative, pair.positive, share_low=0.4, share_high=0.2))


def test_a_resistance_that_is_none(layered):
    refused("modes_resistance_negative", lambda: without_drop(replace(layered.curve(), current_ampere=0.1), -0.05))
    refused("modes_resistance_negative", lambda: without_drop(layered.curve(), 0.05))


def test_a_charge_and_a_discharge_of_other_windows(layered):
    part = layered.curve(window=(0, 0.9))
    down = replace(part, charge_ah=part.charge_ah, voltage_volt=part.voltage_volt[::-1])
    refused("modes_average_apart", lambda: averaged(layered.curve(), down))


def test_every_code_of_the_method_has_a_sentence_in_both_languages():
    from hwan.health.modes._judge import TESTS

    for language in ("en", "ko"):
        told = catalogue(language)
        assert [code for code in TESTS if code not in told["refusal"]] == []
        assert [test for test in TESTS.values() if test not in told["test"]] == []
