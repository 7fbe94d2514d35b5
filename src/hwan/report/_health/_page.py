"""The page of a health method: one article for each curve, spectrum or record, with its pictures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from hwan import core
from hwan.report._cards import Card
from hwan.report._entry import Failure
from hwan.report._figures._picture import Picture
from hwan.report._palette import variables
from hwan.report._tables import TONES, Section
from hwan.report._words import Words


@dataclass(frozen=True, slots=True)
class Told:
    """A refusal or a finding, in words: its kind, its tone, the sentence, and the test that would lift it."""

    kind: str
    tone: str
    words: str
    next: str = ""


@dataclass(frozen=True, slots=True)
class HealthChapter:
    """One article of the page: what was examined, its headline figures, what is said of it, pictures and tables."""

    name: str
    facts: tuple[str, ...] = ()
    cards: tuple[Card, ...] = ()
    told: tuple[Told, ...] = ()
    pictures: tuple[Picture, ...] = ()
    sections: tuple[Section, ...] = ()


def health_page(
    title: str,
    chapters: Sequence[HealthChapter],
    *,
    language: str = "en",
    made_at: datetime,
    hwan_version: str,
    failures: Sequence[Failure] = (),
    origins: Sequence[tuple[str, str, str]] = (),
) -> str:
    """Return one HTML document with nothing outside it; all text is escaped, the same input gives the same bytes.

    Parameters
    ----------
    title
        Code of the title (kind ``ui``).
    made_at, hwan_version
        Shown at the foot; the clock is an argument.
    failures
        Sources that could not be read.
    origins
        Kind, name and sha256 of what the figures rest on beside the data: half-cell tables, profiles.

    Raises
    ------
    MissingExtra
        When jinja2 is not installed (extra ``report``).
    UnknownName
        When `language` is not one of the languages.
    """
    from hwan.report._page import environment

    if language not in core.LANGUAGES:
        raise core.UnknownName("language", language, core.LANGUAGES)
    words = Words(language)
    return environment().get_template("health.html").render(
        words=words,
        title=words.ui(title),
        chapters=chapters,
        failures=[replace(each, message=words.settled(each.message)) for each in failures],
        origins=origins,
        meaning=words.ui("interval_meaning"),
        made=words.moment(made_at),
        version=hwan_version,
        light=variables(0),
        dark=variables(1),
    )  # fmt: skip


def refused(refusal: core.Refusal, words: Words) -> Told:
    """Return a refusal as the page says it, with the test that would lift it."""
    sentence = words.say("refusal", refusal.code, refusal.values)
    return Told(words.name(refusal.quantity), "uncertain", sentence, words.test_for(refusal))


def refused_once(refusals: Iterable[core.Refusal], words: Words) -> Iterator[Told]:
    """Yield each reason once, with all that was refused for it."""
    every = list(refusals)
    for code in dict.fromkeys(each.code for each in every):
        alike = [each for each in every if each.code == code]
        kinds = dict.fromkeys(words.name(each.quantity) for each in alike)
        yield replace(refused(alike[0], words), kind=", ".join(kinds))


def found(finding: core.Finding, words: Words) -> Told:
    """Return a finding as the page says it."""
    severity = words.ui(f"severity_{finding.severity}")
    return Told(severity, TONES[finding.severity], words.say("finding", finding.code, finding.values))
