from dataclasses import replace

import pytest

from hwan.assess import evaluate
from hwan.core import UNKNOWN, Assessment, Observation, from_json, to_json
from hwan.grading import compare_rulesets, grade, load_ruleset, regrade
from hwan.synthetic import cell_test

PRICES = "everbatt-2023-kr/1"


@pytest.fixture(scope="module")
def stored(gate):
    """One assessment as it comes back from its document."""
    made = cell_test(7)
    found = evaluate([made.recording], made.battery, observations=gate, ruleset="house/1", prices=PRICES)
    return from_json(Assessment, to_json(found))


@pytest.fixture
def stricter(house_text, tmp_path):
    path = tmp_path / "house-2.toml"
    text = house_text.replace('id = "house/1"', 'id = "house/2"').replace("value = 0.80", "value = 0.99")
    path.write_text(text.replace("value = 0.60", "value = 0.98"), encoding="utf-8")
    return load_ruleset(path)


def test_an_old_grade_recomputes_with_its_old_file(stored, house):
    found = regrade(stored, house, house)
    assert (found.check, found.changes, found.not_stored) == ("reproduced", False, ())
    assert found.new == stored.grade


def test_a_stricter_ruleset_changes_the_grade(stored, house, stricter):
    found = regrade(stored, house, stricter)
    assert found.check == "reproduced"
    assert found.changes
    assert found.new.grade_class == "recycle"
    assert found.new.ruleset_sha256 == stricter.sha256


def test_another_file_of_the_same_id_is_told_by_its_hash(stored, house, stricter):
    found = regrade(stored, replace(house, sha256="0" * 64), stricter)
    assert found.check == "other_file"


def test_a_grade_that_was_edited_is_not_reproduced(stored, house):
    edited = replace(stored, grade=replace(stored.grade, grade_class="remanufacture", probability=0.5))
    assert regrade(edited, house, house).check == "not_reproduced"


def test_readings_that_only_the_new_ruleset_asks_for_are_named(stored, house):
    found = regrade(stored, house, load_ruleset("kc-10031/2023"))
    assert found.not_stored == ("functional_safety_review",)
    assert found.new.status == "refused"
    assert {"safety_item_absent", "rule_without_public_number"} <= {each.code for each in found.new.refusals}


def test_a_failed_gate_stays_failed(stored, house, gate):
    readings = (
        Observation("visual_inspection", False),
        *gate[1:],
        Observation("insulation_resistance", 700.0, "ohm/V"),
    )
    failed = grade(stored.measurements, readings, house, findings=stored.findings, refusals=stored.refusals)
    assert failed.grade_class == "recycle"
    found = regrade(replace(stored, grade=failed, observations=readings), house, house)
    assert (found.check, found.new) == ("reproduced", failed)


def test_every_field_that_reads_otherwise_is_named(house, stricter):
    found = compare_rulesets(house, stricter)
    assert [(each.where, each.old, each.new) for each in found.changed] == [
        ("rules.health-remanufacture.value", 0.8, 0.99),
        ("rules.health-reuse.value", 0.6, 0.98),
    ]
    assert not found.added
    assert not found.removed


def test_a_rule_of_another_id_is_one_removed_and_one_added(house):
    first, *rest = house.rules
    renamed = replace(house, rules=(replace(first, id="gate-eyes"), *rest), decision=replace(house.decision, digits=2))
    found = compare_rulesets(house, renamed)
    assert [rule.id for rule in found.added] == ["gate-eyes"]
    assert [rule.id for rule in found.removed] == ["gate-visual"]
    assert [(each.where, each.old, each.new) for each in found.changed] == [("decision.digits", 3, 2)]


def test_a_changed_origin_is_a_change(house):
    first, *rest = house.rules
    read = replace(first, origin=replace(first.origin, clause="7.1"))
    (change,) = compare_rulesets(house, replace(house, rules=(read, *rest))).changed
    assert (change.where, change.old, change.new) == ("rules.gate-visual.origin.clause", "unknown", "7.1")
    assert first.origin.clause is UNKNOWN


def test_a_class_and_a_kind_that_changed_are_named(house):
    kind = load_ruleset("kr-3class/2026")
    wheres = {each.where for each in compare_rulesets(house, kind).changed}
    assert {"classes.remanufacture.limits", "classes.reuse.limits"} == wheres


def test_readings_are_kept_where_the_number_was_not_public_and_judged_once_it_is(stored, gate):
    hidden = load_ruleset("kc-10031/2023")
    readings = (
        *gate,
        Observation("insulation_resistance", 700.0, "ohm/V"),
        Observation("functional_safety_review", True),
    )
    refused = grade(stored.measurements, readings, hidden, findings=stored.findings, refusals=stored.refusals)
    numbers = {"kc-insulation": 1_000.0, "kc-cell-difference": 0.1, "kc-health": 0.5}
    rules = tuple(replace(rule, value=numbers[rule.id]) if rule.id in numbers else rule for rule in hidden.rules)
    found = regrade(
        replace(stored, grade=refused, observations=readings), hidden, replace(hidden, id="kc-own/1", rules=rules)
    )
    assert (found.check, found.old.status, found.not_stored) == ("reproduced", "refused", ())
    verdicts = {each.rule_id: (each.verdict, each.value) for each in found.new.outcomes}
    assert verdicts["kc-insulation"] == ("failed", 700.0)
    assert verdicts["kc-cell-difference"] == ("passed", 0.01)
    assert verdicts["kc-functional-safety"] == ("passed", True)
    assert found.new.grade_class == "fail"
