"""What cannot be answered is refused, what cannot be a curve is an error; both in both languages."""

from __future__ import annotations

import numpy as np
import pytest
from tests.health.ica.curves import made

from hwan.core import BadDefinition, Refusal, UnknownName, text
from hwan.core.language import catalogue
from hwan.health.ica import IncrementalCapacity, differential_voltage, incremental_capacities, incremental_capacity

CURVE = made(600)
CHARGE = np.linspace(0, 2, 600)
NOISE = 1e-3 * np.random.default_rng(0).standard_normal(600)
REFUSED = {
    "ica_too_few_samples": (CURVE.volt[::40], CURVE.charge[::40], "unknown"),
    "ica_constant_voltage": (np.full(600, 3.3), CHARGE, "unknown"),
    "ica_span_too_small": (3.3 + NOISE, CHARGE, "lfp"),
    "ica_no_charge": (CURVE.volt, np.zeros(600), "unknown"),
    "ica_outside_cell_window": (14 * CURVE.volt, CURVE.charge, "unknown"),
}


@pytest.mark.parametrize("code", REFUSED)
@pytest.mark.parametrize("method", [incremental_capacity, differential_voltage])
def test_refused_with_a_reason_and_a_test(code, method):
    volt, charge, chemistry = REFUSED[code]
    found = method(volt, charge, chemistry=chemistry)
    assert isinstance(found, Refusal)
    assert found.code == code
    for language in ("en", "ko"):
        said = text("refusal", found.code, language, found.values)
        assert "{" not in said
        assert str(found.test_needed) in catalogue(language)["test"]


def test_peaks_that_noise_hides_are_refused_with_what_hides_them():
    flat = made(3000, ((1.5, 3.4, 0.0008),))
    found = incremental_capacity(flat.noisy(), flat.charge)
    assert isinstance(found, Refusal)
    assert found.code == "ica_hidden"
    assert found.values["error"] > found.values["most"]
    for language in ("en", "ko"):
        assert "{" not in text("refusal", found.code, language, found.values)
        assert str(found.test_needed) in catalogue(language)["test"]
    table = incremental_capacities([flat.noisy()], [flat.charge])
    assert table["refusal_code"].to_list() == ["ica_hidden"]
    assert table["peak_volt"].is_null().all()


def test_a_cell_of_another_chemistry_is_not_taken_for_one_of_this():
    assert isinstance(incremental_capacity(CURVE.volt, CURVE.charge, chemistry="nmc811"), IncrementalCapacity)
    found = incremental_capacity(CURVE.volt, CURVE.charge, chemistry="lto")
    assert isinstance(found, Refusal)
    assert found.code == "ica_outside_cell_window"


def test_a_refused_curve_is_one_row_of_a_batch():
    volts = [CURVE.noisy(), np.full(600, 3.3), CURVE.noisy()[:20]]
    table = incremental_capacities(volts, [CURVE.charge, CHARGE, CURVE.charge[:20]])
    assert table["refusal_code"].to_list() == [None, "ica_constant_voltage", "ica_too_few_samples"]
    assert table["peak_volt"].is_null().to_list() == [False, True, True]


WRONG = {
    "ica_shapes_differ": (CURVE.volt[:-1], CURVE.charge),
    "ica_no_numbers": (["a"] * 600, CURVE.charge),
    "ica_not_finite": (np.where(np.arange(600) == 7, np.nan, CURVE.volt), CURVE.charge),
    "ica_charge_turns_back": (np.append(CURVE.volt, CURVE.volt[::-1]), np.append(CURVE.charge, CURVE.charge[::-1])),
}


@pytest.mark.parametrize("code", WRONG)
@pytest.mark.parametrize("language", ["en", "ko"])
def test_no_curve_is_an_error_that_says_what_is_wrong(code, language):
    with pytest.raises(BadDefinition) as caught:
        incremental_capacity(*WRONG[code])
    assert [problem for problem, _ in caught.value.problems] == [code]
    assert "{" not in caught.value.message(language)


def test_the_error_of_a_batch_names_the_curve():
    with pytest.raises(BadDefinition) as caught:
        incremental_capacities([CURVE.volt, CURVE.volt[:-1]], [CURVE.charge, CURVE.charge])
    assert "curve 1" in caught.value.message()


def test_a_batch_of_unequal_lists_is_an_error():
    with pytest.raises(BadDefinition):
        incremental_capacities([CURVE.volt], [])


@pytest.mark.parametrize("window", [0.0, -1.0, 100.0])
def test_a_window_that_cannot_be_is_an_error(window):
    with pytest.raises(BadDefinition) as caught:
        differential_voltage(CURVE.volt, CURVE.charge, window_ah=window)
    assert caught.value.problems[0][0] == "ica_window"


def test_an_unknown_chemistry_is_told_the_nearest():
    with pytest.raises(UnknownName, match="nmc811"):
        incremental_capacity(CURVE.volt, CURVE.charge, chemistry="nmc81")


def test_an_empty_batch_is_an_empty_table():
    assert incremental_capacities([], []).height == 0
