"""The commands of hwan rules, through the entry point."""

import json
from pathlib import Path

import pytest
import typer

import hwan.grading
from hwan.assess import evaluate
from hwan.cli import _main, _rules
from hwan.core import Observation, to_plain
from hwan.grading import load_ruleset, rulesets
from hwan.synthetic import cell_test

HOUSE = (Path(hwan.grading.__file__).parent / "rulesets" / "house-1.toml").read_text(encoding="utf-8")
SAFE = (
    Observation("visual_inspection", True),
    Observation("insulation_resistance", 900.0, "ohm/V"),
    Observation("cell_voltage_spread", 0.01, "V"),
)


@pytest.fixture(autouse=True)
def group(monkeypatch):
    """The group under an entry point of its own."""
    parent = typer.Typer()
    parent.add_typer(_rules.app, name="rules")
    monkeypatch.setattr(_main, "commands", lambda _words: typer.main.get_command(parent))
    monkeypatch.setenv("COLUMNS", "240")


@pytest.fixture
def own(tmp_path):
    def _own(*changes, name="own.toml"):
        text = HOUSE
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path / name

    return _own


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """Two synthetic cells, evaluated by house/1 and saved as the command does."""
    path = tmp_path_factory.mktemp("saved") / "evaluate.json"
    found = [
        evaluate([made.recording], made.battery, observations=SAFE, ruleset="house/1", prices="everbatt-2023-kr/1")
        for made in (cell_test(7), cell_test(8))
    ]
    document = {"schema": "hwan.evaluate/1", "assessments": [to_plain(each) for each in found], "failures": []}
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return path


def test_the_list_names_every_ruleset(call):
    found = call("rules", "list", "--json").document
    assert found["schema"] == "hwan.rules/1"
    assert [each["id"] for each in found["rulesets"]] == list(rulesets())
    assert all(name in call("rules", "list").out for name in rulesets())


@pytest.mark.parametrize("name", rulesets())
@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_rule_is_shown_with_its_origin(call, name, language):
    said = call("rules", "show", name, "--lang", language)
    assert said.code == 0
    shown = " ".join(said.out.split())
    for rule in load_ruleset(name).rules:
        assert rule.id in shown
        assert rule.origin.source in shown
    assert "rules_" not in shown
    assert "{" not in shown


def test_a_number_that_is_not_public_is_said(call):
    assert call("rules", "show", "kc-10031/2023").out.count("no public number") == 3
    assert call("rules", "show", "kc-10031/2023", "--lang", "ko").out.count("공개된 수치 없음") == 3
    assert "≤ 3 points" in call("rules", "show", "kc-10031/2023").out
    rules = call("rules", "show", "kr-3class/2026", "--json").document["ruleset"]["rules"]
    assert [each["value"] for each in rules if each["kind"] == "limit"] == ["unknown", "unknown"]


def test_an_unknown_id_suggests_the_nearest(call):
    said = call("rules", "show", "kc-10031/2022", "--json")
    assert said.code == 2
    assert "kc-10031/2023" in said.document["failures"][0]["message"]


def test_a_right_file_is_said_to_be_right(call, own):
    path = own()
    assert call("rules", "check", path).code == 0
    assert call("rules", "check", path, "--json").document["check"] == {"source": str(path), "problems": []}


WRONG = [
    ((('unit = "ohm/V"', 'unit = "Mohm"'),), {"rules.gate-insulation.unit": "ohm/V"}),
    ((('source = "own; no public number found"\n', ""),), {"rules[2].origin.source": "missing"}),
    ((('kind = "parameter"', 'kind = "parametre"'),), {"rules[8].kind": "limit, requirement, parameter"}),
    ((('quantity = "energy"', 'quantity = "enregy"'),), {"give-energy": "energy"}),
    ((("confidence = 0.95 ", "confidence = 0.3 "),), {"decision.confidence": "0.3"}),
    ((("value = 0.80", "value = 80"), ("minimum = 20", "minimum = 40")),
     {"rules.health-remanufacture.value": "0.8", "rules.method-temperature.minimum": "maximum"}),
    ((('read_on = 2026-11-21', 'read_on = "soon"'), ("risk = ", "rusk = ")),
     {"rules[0].origin.read_on": "soon", "decision.rusk": "field", "decision.risk": "missing"}),
    ((('title]', 'title'),), {"": "TOML"}),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "expected"), WRONG)
def test_each_problem_has_its_field_and_its_reason(call, own, changes, expected):
    said = call("rules", "check", own(*changes), "--json")
    assert said.code == 2
    problems = {each["field"]: each["reason"] for each in said.document["check"]["problems"]}
    for field, word in expected.items():
        matching = [reason for name, reason in problems.items() if name == field or name in field]
        assert any(word in reason for reason in matching), problems
    assert said.document["failures"]


def test_a_person_reads_the_problems_on_the_screen(call, own):
    said = call("rules", "check", own(('unit = "ohm/V"', 'unit = "Mohm"')), "--lang", "ko")
    assert said.code == 2
    assert "rules.gate-insulation.unit" in said.out
    assert "단위" in said.out


def test_the_difference_of_a_ruleset_with_itself_is_none(call):
    said = call("rules", "diff", "house/1", "house/1", "--json").document["difference"]
    assert (said["added"], said["removed"], said["changed"]) == ([], [], [])
    assert "No difference" in call("rules", "diff", "house/1", "house/1").out


def test_a_change_is_shown_old_and_new(call, own):
    said = call("rules", "diff", "house/1", own(("value = 0.60", "value = 0.70")))
    assert said.code == 0
    assert "rules.health-reuse.value: 0.6 → 0.7" in said.out


def test_the_batteries_whose_grade_would_change_are_named(call, own, saved):
    stricter = own(("value = 0.80", "value = 0.9999"), ('id = "house/1"', 'id = "house/2"'))
    said = call("rules", "diff", "house/1", stricter, "--assessments", saved, "--json")
    assert said.code == 0
    good, worn = said.document["grades"]
    assert (good["old"]["grade_class"], worn["old"]["grade_class"]) == ("remanufacture", "reuse")
    assert [each["check"] for each in (good, worn)] == ["reproduced", "reproduced"]
    assert (good["changes"], worn["changes"]) == (True, False)
    assert good["new"]["grade_class"] == "reuse"
    shown = call("rules", "diff", "house/1", stricter, "--assessments", saved).out
    assert "Remanufacture → Reuse" in shown
    assert "stays Reuse" in shown


def test_a_file_of_another_hash_is_said_and_the_old_grade_not_claimed(call, own, saved):
    edited = own(("# --- Safety gate.", "# --- A comment. Safety gate."))
    said = call("rules", "diff", edited, "house/1", "--assessments", saved, "--json")
    assert said.code == 4
    assert {each["check"] for each in said.document["grades"]} == {"other_file"}
    assert all(each["stored_sha256"] != each["old_sha256"] for each in said.document["grades"])
    assert "SHA-256" in call("rules", "diff", edited, "house/1", "--assessments", saved).out


def test_what_a_new_ruleset_cannot_say_is_said(call, saved):
    said = call("rules", "diff", "house/1", "kr-3class/2026", "--assessments", saved)
    assert said.code == 0
    assert "not public" in said.out
    assert "Remanufacture → refused" in said.out


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"schema": "hwan.evaluate/1"}', b'{"schema": "hwan.read/1", "assessments": []}', b"\xff\xfe",
     b"[" * 100_000, b'{"schema": "hwan.evaluate/1", "assessments": [NaN]}'],
)  # fmt: skip
def test_a_file_that_is_no_evaluation_is_unreadable(call, tmp_path, content):
    path = tmp_path / "evaluate.json"
    path.write_bytes(content)
    said = call("rules", "diff", "house/1", "house/1", "--assessments", path, "--json")
    assert said.code == 3
    assert said.document["failures"][0]["code"] == "assessments_malformed"


def test_a_battery_that_cannot_be_read_does_not_hide_the_others(call, tmp_path, saved):
    document = json.loads(saved.read_text(encoding="utf-8"))
    del document["assessments"][0]["grade"]
    path = tmp_path / "evaluate.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    said = call("rules", "diff", "house/1", "house/1", "--assessments", path, "--json")
    assert said.code == 3
    assert len(said.document["grades"]) == 1
    assert "assessments[0]" in said.document["failures"][0]["message"]
