"""Both languages say the same things, every code in the source has a sentence, and no sentence is said twice."""

from __future__ import annotations

import ast
import string
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import hwan
from hwan.core import HwanError, errors
from hwan.core.language import LANGUAGES, catalogue, format_date, format_number, format_probability, text

SOURCE = Path(hwan.__file__).parent
FOLDER = SOURCE / "core" / "language"
KINDS = {"Finding": "finding", "Refusal": "refusal"}


def _placeholders(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def test_both_languages_have_the_same_sentences():
    english, korean = catalogue("en"), catalogue("ko")
    assert {(kind, code) for kind in english for code in english[kind]} == {
        (kind, code) for kind in korean for code in korean[kind]
    }


def test_both_languages_need_the_same_values():
    english, korean = catalogue("en"), catalogue("ko")
    different = [
        code
        for kind, entries in english.items()
        for code, template in entries.items()
        if _placeholders(template) != _placeholders(korean[kind][code])
    ]
    assert different == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_code_has_two_sentences(language):
    seen: dict[tuple[str, str], str] = {}
    for file in sorted((FOLDER / language).glob("*.toml")):
        for kind, entries in tomllib.loads(file.read_text(encoding="utf-8")).items():
            for code, template in entries.items():
                assert seen.setdefault((kind, code), template) == template, f"{file.name}: {kind}.{code}"


def test_korean_sentences_are_korean():
    sentences = [template for kind in ("finding", "error", "refusal") for template in catalogue("ko")[kind].values()]
    assert all(any("가" <= letter <= "힣" for letter in sentence) for sentence in sentences)


def _codes() -> Iterator[tuple[str, str, str]]:
    """Yield kind, code and place of every finding, refusal and error that the source makes."""
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name | ast.Attribute):
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
            position = 1 if name == "Refusal" else 0
            kind = KINDS.get(name) or ("error" if name in ERRORS else "")
            if kind and len(node.args) > position:
                argument = node.args[position]
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield kind, argument.value, f"{path.name}:{node.lineno}"


CLASSES = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, HwanError)]
ERRORS = {each.__name__ for each in CLASSES if each is HwanError or "__init__" not in vars(each)}


def test_every_code_in_the_source_has_a_sentence():
    codes = list(_codes())
    english = catalogue("en")
    assert len(codes) > 40
    assert [found for found in codes if found[1] not in english.get(found[0], {})] == []


def test_a_code_of_a_plug_in_is_shown_with_its_values():
    assert text("finding", "strange_smell", "ko", {"level": 3}) == "strange_smell {'level': 3}"


def test_a_missing_value_does_not_hide_the_sentence():
    assert "{got}" in text("error", "unknown_name", "en", {"kind": "ruleset"})


@pytest.mark.parametrize(
    ("value", "digits", "written"),
    [(0, 3, "0"), (1234567.0, 3, "1,234,567"), (0.012345, 2, "0.012"), (-3.14159, 3, "-3.14"), (99.99, 3, "100.0")],
)
def test_numbers(value, digits, written):
    assert format_number(value, digits) == written


@pytest.mark.parametrize(
    ("probability", "written"),
    [(0.995, "≥ 99.5 %"), (0.99, "≥ 99.0 %"), (0.99999999, "≥ 99.9 %"), (1.0, "≥ 99.9 %"), (0.9899, "99.0 %"),
     (0.005, "≤ 0.5 %"), (0.0, "≤ 0.1 %"), (0.5, "50.0 %")],
)  # fmt: skip
def test_a_probability_never_claims_more_than_is_stored(probability, written):
    assert format_probability(probability) == written


def test_dates():
    from datetime import date

    assert format_date(date(2026, 11, 1), "ko") == "2026년 11월 1일"
