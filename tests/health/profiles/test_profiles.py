"""The packaged chemistries, and a laboratory's own."""

from __future__ import annotations

import pytest

from hwan.core import CHEMISTRIES, LANGUAGES, Refusal, Requirement, UnknownName, is_known, text
from hwan.core.language import catalogue
from hwan.grading import load_ruleset
from hwan.health.halfcells import half_cell
from hwan.health.profiles import METHODS, applicable, check_profile, profile, profiles
from hwan.health.profiles._profile import CAUTIONS, REASONS, TESTS
from hwan.health.rapid import populations
from hwan.health.rapid._evaluate import is_of_chemistry
from hwan.synthetic._ocv import OPEN_CIRCUITS


def test_every_chemistry_of_the_design_has_a_profile():
    assert profiles() == CHEMISTRIES


def test_a_packaged_profile_contradicts_nothing(chemistry):
    assert check_profile(chemistry) == ()
    found = profile(chemistry)
    assert found.id == chemistry
    assert set(found.methods) == set(METHODS)
    assert len(found.sha256) == 64
    assert is_known(found.window.source) or found.window.note["ko"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("kind", "codes"), [("refusal", REASONS), ("reason", CAUTIONS), ("test", TESTS)])
def test_every_code_has_a_sentence(language, kind, codes):
    assert [code for code in codes if code not in catalogue(language)[kind]] == []


def test_every_code_is_used_or_offered_to_a_file_of_ones_own():
    entries = [entry for name in profiles() for entry in profile(name).methods.values()]
    used = {entry.reason for entry in entries} | {entry.lifted_by for entry in entries}
    assert {*REASONS, *CAUTIONS, *TESTS} - used == {"profile_not_validated", "validation_on_the_chemistry"}


def test_a_method_is_refused_with_what_would_lift_it(chemistry):
    for method in METHODS:
        refusal = applicable(chemistry, method)
        assert (refusal is None) == (profile(chemistry).of(method).status != "refused")
        if refusal:
            for language in LANGUAGES:
                said = text("refusal", refusal.code, language, refusal.values)
                assert "{" not in said
                assert said.startswith({"en": "Cannot evaluate: ", "ko": "평가할 수 없습니다: "}[language])
                assert refusal.test_needed in catalogue(language)["test"]


@pytest.mark.parametrize("chemistry_", ["li-s", "solid-state", "lto", "lmo", "nmc111", "nmc622", "unknown"])
def test_modes_are_refused_where_no_open_half_cell_is(chemistry_):
    assert isinstance(applicable(chemistry_, "modes"), Refusal)
    assert profile(chemistry_).half_cells == ()


def test_half_cells_of_ones_own_lift_the_want_of_tables_and_nothing_else():
    refused = {name for name in profiles() if applicable(name, "modes")}
    lifted = {name for name in refused if applicable(name, "modes", own_half_cells=True) is None}
    assert lifted == {"nmc111", "nmc622", "lmo", "lto", "unknown"}
    assert applicable("nca", "rapid", own_half_cells=True)


def test_what_needs_no_half_cell_is_given_for_every_chemistry(chemistry):
    assert all(applicable(chemistry, method) is None for method in ("capacity", "resistance", "ica", "impedance"))


@pytest.mark.parametrize("chemistry_", ["li-s", "solid-state"])
def test_names_of_peaks_and_arcs_are_not_carried_over(chemistry_):
    found = profile(chemistry_)
    assert [found.of(method).status for method in ("ica", "impedance", "pulses")] == ["describes"] * 3


def test_the_plan_meets_the_house_rules(chemistry):
    plan = profile(chemistry).plan
    stated = {
        "temperature_celsius": plan.temperature_celsius,
        "rate_per_hour": plan.rate_per_hour,
        "rest_before_second": 60 * plan.rest_minute,
    }
    rules = [rule for rule in load_ruleset("house/1").rules if isinstance(rule, Requirement)]
    assert {rule.condition for rule in rules} == set(stated)
    for rule in rules:
        assert not is_known(rule.minimum) or stated[rule.condition] >= rule.minimum
        assert not is_known(rule.maximum) or stated[rule.condition] <= rule.maximum


@pytest.mark.parametrize("name", OPEN_CIRCUITS)
def test_the_synthetic_cells_have_the_same_window(name):
    window, made = profile(name).window, OPEN_CIRCUITS[name]
    assert (window.lower_volt, window.upper_volt) == (made.lower_volt, made.upper_volt)


def test_rapid_answers_where_a_model_was_calibrated(chemistry):
    calibrated = any(is_of_chemistry(chemistry, each.chemistry) for each in populations().values())
    assert (applicable(chemistry, "rapid") is None) == calibrated


def test_an_unknown_chemistry_gets_the_nearest():
    with pytest.raises(UnknownName, match="Did you mean 'lfp'"):
        profile("lpf")
    with pytest.raises(UnknownName, match="method"):
        applicable("lfp", "gitt")


def test_a_chemistry_of_ones_own_with_half_cells_of_ones_own(lmfp):
    path = lmfp()
    found = profile(path)
    assert found.id == "lmfp"
    assert applicable(found, "modes") is None
    assert half_cell(found.half_cells[0].positive).chemistry == "lmfp"
    assert applicable(str(path), "rapid") is None
