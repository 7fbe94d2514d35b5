import string
import tomllib
from pathlib import Path

import pytest

import hwan.core
from hwan.core import Conditions, Finding, Quantile
from hwan.core.language import catalogue, text
from hwan.grading import _refusals, grade

FOLDER = Path(hwan.core.__file__).parent / "language"
ROOMS = ("grading", "routing")


def sentences(language, room):
    tables = tomllib.loads((FOLDER / language / f"{room}.toml").read_text(encoding="utf-8"))
    return {(kind, code): text for kind, entries in tables.items() for code, text in entries.items()}


def placeholders(text):
    return {(name, spec) for _, name, spec, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("room", ROOMS)
def test_both_languages_say_the_same_with_the_same_values(room):
    english, korean = sentences("en", room), sentences("ko", room)
    assert english.keys() == korean.keys()
    for key, template in english.items():
        assert placeholders(template) == placeholders(korean[key]), key
        assert template.strip()
        assert korean[key].strip()


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_sentence_declared_in_several_rooms_is_the_same_in_all(language):
    rooms = [path.stem for path in sorted((FOLDER / language).glob("*.toml"))]
    said = {}
    for room in rooms:
        for key, template in sentences(language, room).items():
            if room in ROOMS or said.get(key, (room,))[0] in ROOMS:
                assert said.get(key, (room, template))[1] == template, (key, room)
            said[key] = (room, template)


def test_every_test_and_rule_of_ours_has_a_sentence(house):
    needed = {*_refusals.TEST_FOR.values(), *_refusals.SHARPER_TEST_FOR.values(), *_refusals.TEST_FOR_REASON.values()}
    assert needed <= catalogue("en")["test"].keys()
    assert set(_refusals.TEST_FOR_REASON) <= catalogue("en")["reason"].keys()
    assert {rule.id for rule in house.rules} <= catalogue("en")["rule"].keys()
    assert {entry.id for entry in house.classes} <= catalogue("en")["name"].keys()


@pytest.mark.parametrize("language", ["en", "ko"])
def test_refusals_are_whole_sentences(house, gate, battery, language):
    hot = Conditions(temperature_celsius=45.0)
    stop = Finding("auxiliary_data_lost", "stop", "rows 3-4")
    narrow = tuple(Quantile(p, v) for p, v in ((0.05, 0.69), (0.95, 0.71)))
    cases = [
        grade([], [], house, findings=[stop]),
        grade(battery(0.8, 0.02), gate, house),
        grade(battery(0.8, conditions=hot), gate, house),
        grade(battery(0.7, quantiles=narrow), gate, house),
    ]
    for refusal in (each for case in cases for each in case.refusals):
        said = text("refusal", refusal.code, language, refusal.values)
        assert "{" not in said, said
        assert said != refusal.code
        assert text("test", refusal.test_needed, language) != refusal.test_needed
