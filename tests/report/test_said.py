"""What the page says of a battery: findings, probabilities, names in the reader's language."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest

from hwan import core
from hwan.core.language import catalogue
from hwan.report import Entry, html
from hwan.report._words import Words

LANGUAGES = pytest.mark.parametrize("language", core.LANGUAGES)


def page(*entries: Entry, language: str = "en") -> str:
    return html(entries, language=language, made_at=datetime(2026, 3, 1, tzinfo=UTC), hwan_version="0.1.0")


class Reader(HTMLParser):
    """Keeps what a person reads."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.feed(document)

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def read(document: str) -> str:
    return " ".join(Reader(document).words)


def band(document: str) -> str:
    """Return the words of the first battery's verdict."""
    return read(document.partition('<header class="band">')[2].partition("</header>")[0])


@LANGUAGES
def test_findings_of_a_figure_stand_in_the_verdict(plausible: Entry, language: str) -> None:
    found = core.Finding("cutoffs_from_record", "stop", "file")
    first, *others = plausible.assessment.measurements
    entries = (replace(first, findings=(found,)), *others)
    written = page(
        replace(plausible, assessment=replace(plausible.assessment, measurements=entries)), language=language
    )
    assert core.text("finding", "cutoffs_from_record", language) in band(written)
    assert core.text("finding", "cutoffs_from_record", language) not in band(page(plausible, language=language))


def test_more_findings_than_fit_are_counted(plausible: Entry) -> None:
    many = tuple(core.Finding("current_always_zero", "warning", values={"rows": n, "span_volt": 1.0}) for n in range(9))
    shown = band(page(replace(plausible, assessment=replace(plausible.assessment, findings=many))))
    assert shown.count("The current is zero") == 4
    assert "and 5 more" in shown


@LANGUAGES
def test_a_leading_route_says_so_in_the_summary(plausible: Entry, refused: Entry, language: str) -> None:
    brief = core.text("ui", "route_leading_brief", language)
    leading = replace(plausible.assessment.route, status="leading")
    unsure = replace(plausible, assessment=replace(plausible.assessment, route=leading))
    summary = page(unsure, refused, language=language).split("<article")[0]
    assert f'<span class="below">{brief}</span>' in summary
    assert brief not in page(plausible, refused, language=language).split("<article")[0]


@pytest.mark.parametrize(("probability", "words"), [(1.0, "≥ 99.9 %"), (0.995, "≥ 99.5 %"), (0.96, "96.0 %")])
def test_a_probability_at_the_clip_is_a_bound(plausible: Entry, probability: float, words: str) -> None:
    grade = replace(plausible.assessment.grade, probability=probability)
    shown = band(page(replace(plausible, assessment=replace(plausible.assessment, grade=grade))))
    assert f"probability of this class {words}" in shown


@pytest.mark.parametrize(("charge", "words"), [(-0.0000136, "0 % SOC"), (0.5003, "50 % SOC"), (0.996, "100 % SOC")])
def test_state_of_charge_is_rounded(plausible: Entry, charge: float, words: str) -> None:
    pulse = next(each for each in plausible.assessment.measurements if each.quantity == "dc_resistance")
    pulse = replace(pulse, conditions=replace(pulse.conditions, state_of_charge=charge))
    written = page(replace(plausible, assessment=replace(plausible.assessment, measurements=(pulse,))))
    said = set(re.findall(r"-?[0-9.]+ % SOC", read(written)))
    assert said == {words}


def codes_of_health() -> set[str]:
    """Return the names of error components and of what refusals lack, as the source writes them."""
    found: set[str] = {"current_gain", "current_offset", "voltage_gain", "voltage_offset", "the record itself"}
    for path in (Path(core.__file__).parent.parent / "health").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
                position = {"ErrorComponent": 0, "_own": 0, "Refusal": 2}.get(node.func.id, len(node.args))
                given = node.args[position : position + 1]
                found |= {each.value for one in given for each in ast.walk(one) if isinstance(each, ast.Constant)}
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == "_MISSING":
                found |= {name for each in node.value.values for name in lacks(each)}  # type: ignore[union-attr]
    return {each for each in found if isinstance(each, str) and not each.startswith(("_", "rated "))}


def lacks(value: ast.expr) -> list[object]:
    """Return what one refusal lacks: the names alone, or the names between its reason and its test."""
    names = value.elts[1] if isinstance(value, ast.Tuple) else value
    return [each.value for each in ast.walk(names) if isinstance(each, ast.Constant)]


def test_every_component_and_every_lack_has_a_name_in_both_languages() -> None:
    codes = codes_of_health()
    assert {"full charge", "sampling", "window", "cycle", "pulse after a rest"} <= codes
    for language in core.LANGUAGES:
        assert codes <= set(catalogue(language)["name"])
    assert all(re.search("[가-힣]", core.text("name", code, "ko")) for code in codes)


def test_a_finding_that_refuses_is_named_and_not_spelled_as_code(refused: Entry) -> None:
    values = {"finding": "scale_unverified", "where": "column current_ampere"}
    stop = core.Refusal("grade", "finding_stops_grade", ("scale_unverified",), "repair_source_data", values)
    grade = replace(refused.assessment.grade, refusals=(stop,))
    entry = replace(refused, assessment=replace(refused.assessment, grade=grade))
    korean = read(page(entry, language="ko"))
    assert "scale_unverified" not in korean
    assert "확인되지 않은 전류 크기 (current_ampere 열)" in korean
    assert "이 문제가 없는 기록" in korean


@pytest.mark.parametrize(
    ("words", "settled"),
    [
        ("파일이(가)", "파일이"), ("모듈-07이(가)", "모듈-07이"), ("2은(는)", "2는"), ("'용량'을(를)", "'용량'을"),
        ("서울(으)로", "서울로"), ("부산(으)로", "부산으로"), ("1(으)로 가고 3(으)로", "1로 가고 3으로"),
        ("a.csv이(가)", "a.csv이(가)"),
    ],
)  # fmt: skip
def test_korean_particles_follow_the_sound(words: str, settled: str) -> None:
    assert Words("ko").settled(words) == settled
    assert Words("en").settled(words) == words
