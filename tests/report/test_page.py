"""The page as a document: whole, closed to the outside, escaped, the same each time, in both languages."""

from __future__ import annotations

import re
import string
import time
import tomllib
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from importlib import resources
from pathlib import Path

import pytest

from hwan import core, report
from hwan.core.language import catalogue
from hwan.report import Entry, Failure, html
from hwan.report._words import harmless

MADE_AT = datetime(2026, 3, 1, 14, 5, tzinfo=UTC)
VOID = {"meta", "br", "img", "link", "input", "hr"}
LANGUAGES = pytest.mark.parametrize("language", core.LANGUAGES)


def page(*entries: Entry, language: str = "en", failures: tuple[Failure, ...] = ()) -> str:
    return html(entries, language=language, made_at=MADE_AT, hwan_version="0.1.0", failures=failures)


class Outline(HTMLParser):
    """Reads a document strictly: every tag closed in order, every id once."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.text: list[str] = []
        self.feed(document)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._note(tag, attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._note(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style", "script"):
            self.text.append(data)

    def _note(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.ids += [value or "" for key, value in attrs if key == "id"]
        self.attributes += [(tag, key, value) for key, value in attrs]


@pytest.fixture(scope="module", params=core.LANGUAGES)
def everything(
    request: pytest.FixtureRequest, plausible: Entry, refused: Entry, empty: Entry, hostile: Entry, failure: Failure
) -> str:
    return page(plausible, refused, empty, hostile, plausible, language=request.param, failures=(failure,))


def test_tags_are_balanced_and_ids_stand_once(everything: str) -> None:
    outline = Outline(everything)
    assert len(outline.ids) == len(set(outline.ids))
    assert outline.tags.count("article") == 5


def test_every_reference_inside_the_page_has_its_target(everything: str) -> None:
    outline = Outline(everything)
    links = [value[1:] for _, key, value in outline.attributes if key == "href" and value and value.startswith("#")]
    labels = [
        name for _, key, value in outline.attributes if key == "aria-labelledby" for name in (value or "").split()
    ]
    urls = re.findall(r"url\(#([^)]+)\)", everything)
    assert links
    assert urls
    assert {*links, *labels, *urls} <= set(outline.ids)


def test_nothing_comes_from_outside(everything: str) -> None:
    outline = Outline(everything)
    assert not re.search(r"https?://|//[a-z]+\.", everything)
    assert "@import" not in everything
    assert not {"script", "img", "link", "iframe", "object", "base", "form"} & set(outline.tags)
    assert not [key for _, key, _ in outline.attributes if key.startswith("on") or key in ("src", "srcset")]
    policy = next(value for _, key, value in outline.attributes if key == "content" and value and "default" in value)
    assert policy.startswith("default-src 'none'")


def test_hostile_text_is_shown_and_harmless(hostile: Entry) -> None:
    written = page(hostile)
    shown = "".join(Outline(written).text)
    assert "<script>alert(1)</script>" in shown
    assert "{{7*7}}" in shown
    assert "$x_1$" in shown
    assert not re.search("[\u202e\x00\ud800-\udfff]", written)
    written.encode("utf-8")


@LANGUAGES
def test_same_input_same_bytes(plausible: Entry, language: str) -> None:
    assert page(plausible, language=language) == page(plausible, language=language)


def test_one_battery_is_small_and_fast(plausible: Entry) -> None:
    start = time.perf_counter()
    written = page(plausible)
    assert time.perf_counter() - start < 3
    assert 100_000 < len(written.encode()) < 600_000


@LANGUAGES
def test_language_is_declared_and_dates_follow_it(plausible: Entry, language: str) -> None:
    written = page(plausible, language=language)
    assert f'<html lang="{language}">' in written
    assert {"en": "1 March 2026 14:05 UTC", "ko": "2026년 3월 1일 14:05 UTC"}[language] in written


def test_unknown_language_is_refused() -> None:
    with pytest.raises(core.UnknownName, match="language"):
        page(language="fr")


def test_several_batteries_get_a_summary_that_links_to_each(plausible: Entry, refused: Entry) -> None:
    assert 'href="#battery-2"' in page(plausible, refused)
    assert 'href="#battery-1"' not in page(plausible)


def test_failures_are_listed_with_their_message(failure: Failure) -> None:
    shown = " ".join(Outline(page(failures=(failure,))).text)
    assert failure.message in shown
    assert failure.source in shown


def test_nothing_given_says_so() -> None:
    assert "No battery and no failure was given." in page()


def test_title_is_the_callers(plausible: Entry) -> None:
    written = html([plausible], title="A & B", made_at=MADE_AT, hwan_version="0")
    assert "<title>A &amp; B</title>" in written


def test_missing_package_is_named(plausible: Entry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    with pytest.raises(core.MissingExtra, match=r"hwan\[report\]"):
        page(plausible)


def test_public_surface() -> None:
    page = ["Entry", "Failure", "html"]
    calibration = ["Calibration", "Check", "calibration_page"]
    health = ["HealthChapter", "health_page"]
    assert sorted(report.__all__) == sorted([*page, *calibration, *health, "Certificate", "certificate", "content"])


def texts(language: str) -> dict[str, dict[str, str]]:
    file = resources.files("hwan.core.language") / language / "report.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))


def test_both_languages_say_the_same_things() -> None:
    english, korean = texts("en"), texts("ko")
    fields = lambda words: sorted(name for _, name, _, _ in string.Formatter().parse(words) if name)  # noqa: E731
    assert {kind: sorted(codes) for kind, codes in english.items()} == {
        kind: sorted(codes) for kind, codes in korean.items()
    }
    for kind, codes in english.items():
        for code, words in codes.items():
            assert fields(words) == fields(korean[kind][code]), code


def test_every_text_that_the_page_asks_for_exists() -> None:
    folder = Path(report.__file__).parent
    sources = "".join(path.read_text(encoding="utf-8") for path in folder.rglob("*") if path.suffix in (".py", ".html"))
    asked = set(re.findall(r"""ui\(["']([a-z_]+)["'][,)]""", sources))
    assert len(asked) > 80
    assert asked <= set(catalogue("en")["ui"])


@LANGUAGES
def test_no_key_of_the_page_is_left_untranslated(everything: str, language: str) -> None:
    shown = set(re.findall(r"\b[a-z]+(?:_[a-z]+)+\b", " ".join(Outline(everything).text)))
    assert not shown & {*texts(language)["ui"], *texts(language)["name"]}


def test_truth_stands_beside_the_estimate_and_is_labelled(plausible: Entry) -> None:
    written = page(plausible)
    assert "Synthetic truth" in written
    assert "17.44 Ah" in written
    assert "✓ inside" in written
    assert "✗ outside" in written
    assert "synthetic battery" in page(replace(plausible, notes=()))
    assert "Synthetic" not in page(replace(plausible, truth=None))


def test_refusal_says_why_and_which_test_lifts_it(refused: Entry) -> None:
    shown = " ".join(Outline(page(refused)).text)
    assert "refused" in shown
    assert core.text("test", "full_charge_rest_discharge") in shown
    assert core.text("test", "insulation_measurement") in shown


def test_house_rules_are_called_the_centres_own(plausible: Entry) -> None:
    assert "the centre&#39;s own limits" in page(plausible)
    law = replace(plausible, ruleset=replace(plausible.ruleset, own=False))  # type: ignore[type-var]
    assert "the centre&#39;s own limits" not in page(law)


def test_truth_is_not_held_against_one_of_several_conditions(plausible: Entry) -> None:
    shown = " ".join(Outline(page(replace(plausible, truth={"dc_resistance": 0.0139}))).text)
    assert "several conditions" in shown
    assert "✗ outside" not in shown
    one = next(each for each in plausible.assessment.measurements if each.conditions.pulse_time_second == 10.0)
    only = replace(plausible, assessment=replace(plausible.assessment, measurements=(one,)))
    assert "✓ inside" in page(replace(only, truth={"dc_resistance discharge 10.0": 0.0139}))


def test_one_reason_for_many_figures_is_said_once(refused: Entry) -> None:
    capacity = refused.assessment.refusals[0]
    energy = replace(capacity, quantity="energy")
    shown = " ".join(
        Outline(page(replace(refused, assessment=replace(refused.assessment, refusals=(capacity, energy))))).text
    )
    assert "Capacity · Energy" in shown
    assert shown.count(core.text("test", "full_charge_rest_discharge")) == 2


NAMES = (
    "say \"hi\" & 'bye'.csv",
    "</title></style><b>x</b>.ndax",
    "long-" * 400 + ".csv",
    "a\nb\t\u202egnp.csv",
    "-->]]>.nda",
)


@pytest.mark.parametrize("name", NAMES, ids=["quotes", "tags", "long", "controls", "ends"])
@LANGUAGES
def test_a_name_that_is_no_name_leaves_the_page_whole(plausible: Entry, language: str, name: str) -> None:
    sources = (replace(plausible.assessment.sources[0], source_name=name),)
    assessment = replace(plausible.assessment, battery=replace(plausible.assessment.battery, id=name), sources=sources)
    entry = replace(plausible, assessment=assessment, samples=None, cycles=None)
    written = html(
        [entry, entry],
        language=language,
        title=name,
        made_at=MADE_AT,
        hwan_version="0",
        failures=[Failure(name, "c", name)],
    )
    outline = Outline(written)
    assert len(outline.ids) == len(set(outline.ids))
    assert not {"b", "script", "img"} & set(outline.tags)
    assert " ".join(outline.text).count(harmless(name)) >= 6
