import hashlib

import pytest

from hwan.core import LANGUAGES, UNKNOWN, BadDefinition, Limit, Ruleset, UnknownName, from_json, to_json
from hwan.grading import load_ruleset, rulesets


@pytest.mark.parametrize("name", rulesets())
def test_packaged_rulesets_hold_the_id_of_their_file_and_round_trip(name):
    loaded = load_ruleset(name)
    assert loaded.id == name
    assert from_json(Ruleset, to_json(loaded)) == loaded
    assert all(rule.origin.source and rule.origin.read_on is not UNKNOWN for rule in loaded.rules)


def test_house_rules_are_shown_as_the_centres_own_with_every_number(house):
    assert house.own
    assert all(rule.value is not UNKNOWN for rule in house.rules if isinstance(rule, Limit))
    assert [entry.id for entry in house.classes] == ["remanufacture", "reuse", "recycle"]


def test_the_hash_is_that_of_the_bytes(house, house_text, tmp_path):
    assert house.sha256 == hashlib.sha256(house_text.encode()).hexdigest()
    own = tmp_path / "own.toml"
    own.write_text(house_text + "\n# a comment\n", encoding="utf-8")
    assert load_ruleset(own).sha256 != house.sha256
    assert load_ruleset(str(own)).rules == house.rules


def test_unknown_id_suggests_the_nearest():
    with pytest.raises(UnknownName, match="Did you mean 'house/1'"):
        load_ruleset("hous/1")


def test_a_path_that_is_not_there_is_a_file_problem():
    with pytest.raises(BadDefinition, match="cannot be read"):
        load_ruleset("nowhere.toml")


CONTRADICTIONS = [
    ("confidence = 0.95 ", "confidence = 0.5 ", "ruleset_confidence"),
    ("confidence = 0.95 ", "confidence = 1.0 ", "ruleset_confidence"),
    ("validity_days = 90 ", "validity_days = 0 ", "ruleset_decision"),
    ('id = "gate-visual"', 'id = "gate-insulation"', "ruleset_duplicate_id"),
    ('id = "reuse"', 'id = "recycle"', "ruleset_duplicate_id"),
    (', ko = "재사용"', "", "ruleset_label_missing"),
    ("value = 1\n", "value = 0\n", "ruleset_is_true_value"),
    ("value = 500", "value = nan", "definition_malformed"),
    ("value = 500", "value = -500", "definition_malformed"),
    ("value = 0.80", "value = 80", "definition_malformed"),
    ('unit = "ohm/V"', 'unit = "Mohm"', "ruleset_unit"),
    ('unit = "ohm"', 'unit = "mohm"', "ruleset_unit"),
    ("minimum = 20", "minimum = 40", "ruleset_number"),
    ('unit = "degC"', 'unit = "K"', "ruleset_unit"),
    ("limits = []", 'limits = ["health-reuse"]', "ruleset_last_class"),
    ('route = "recycle"', 'route = "reuse"', "ruleset_gate_needs_recycle"),
    ('route = "remanufacture"', 'route = "recycle"', "ruleset_class_order"),
    ("value = 0.60", "value = 0.90", "ruleset_class_order"),
    ('limits = ["health-reuse"]', 'limits = ["health-reuse", "gate-visual"]', "ruleset_gate_in_class"),
    ('limits = ["health-reuse"]', 'limits = ["health-remanufacture"]', "ruleset_class_order"),
    ("value = 0.1\nunit = \"V\"\nsafety = true", "value = 0.1\nunit = \"V\"", "ruleset_idle_limit"),
    ('bound = "at_least"\nvalue = 0.80', 'bound = "at_lest"\nvalue = 0.80', "definition_malformed"),
    ("validity_days", "validity_dayz", "definition_malformed"),
    ("own = true", "own = = true", "definition_not_toml"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "code"), CONTRADICTIONS)
def test_contradictions_are_named(house_text, tmp_path, old, new, code):
    assert old in house_text
    path = tmp_path / "own.toml"
    path.write_text(house_text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BadDefinition) as caught:
        load_ruleset(path)
    assert caught.value.code == code
    assert all(str(path) in caught.value.message(language) for language in LANGUAGES)


@pytest.mark.parametrize(
    ("old", "new", "near"),
    [
        ('condition = "temperature_celsius"', 'condition = "temprature_celsius"', "temperature_celsius"),
        ('limits = ["health-reuse"]', 'limits = ["helth-reuse"]', "health-reuse"),
        ('quantity = "insulation_resistance"', 'quantity = "insulation_resistence"', "insulation_resistance"),
        ('quantity = "energy"', 'quantity = "enregy"', "energy"),
    ],
)
def test_names_that_do_not_exist_suggest_the_nearest(house_text, tmp_path, old, new, near):
    path = tmp_path / "own.toml"
    path.write_text(house_text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(UnknownName, match=f"Did you mean '{near}'"):
        load_ruleset(path)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_percentage_is_told_how_to_be_a_fraction(house_text, tmp_path, language):
    path = tmp_path / "own.toml"
    path.write_text(house_text.replace("value = 0.80", "value = 80", 1), encoding="utf-8")
    with pytest.raises(BadDefinition) as caught:
        load_ruleset(path)
    said = caught.value.message(language)
    assert "health-remanufacture" in said
    assert "80" in said
    assert "0.8" in said.split("80", 1)[1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_which_rule_does_not_fit_is_told_without_inner_names(house_text, tmp_path, language):
    path = tmp_path / "own.toml"
    path.write_text(house_text.replace("read_on = 2026-11-21", 'read_on = "soon"', 1), encoding="utf-8")
    with pytest.raises(BadDefinition) as caught:
        load_ruleset(path)
    said = caught.value.message(language)
    assert "rules[0].origin.read_on" in said
    assert not any(word in said for word in ("typing", "hwan.core", "Literal", "unknown error"))


def test_a_rule_of_no_kind_is_told_the_kinds(house_text, tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(house_text.replace('kind = "parameter"', 'kind = "parametre"', 1), encoding="utf-8")
    with pytest.raises(BadDefinition, match=r"rules\[8\]\.kind is 'parametre'.*limit, requirement, parameter"):
        load_ruleset(path)
