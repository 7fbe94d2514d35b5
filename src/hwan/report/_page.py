"""The whole page, in one string that needs nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from hwan import core
from hwan.report._entry import Entry, Failure
from hwan.report._figures import Picture, figures
from hwan.report._palette import variables
from hwan.report._tables import Section, sections
from hwan.report._verdict import Verdict, ruleset_words, verdict
from hwan.report._words import Words, harmless

if TYPE_CHECKING:
    from jinja2 import Environment


@dataclass(frozen=True, slots=True)
class Chapter:
    """One battery on the page."""

    id: str
    verdict: Verdict
    pictures: tuple[Picture, ...]
    sections: tuple[Section, ...]
    synthetic: bool


def html(
    entries: Sequence[Entry],
    *,
    language: str = "en",
    title: str | None = None,
    made_at: datetime,
    hwan_version: str,
    failures: Sequence[Failure] = (),
) -> str:
    """Return one HTML document about the batteries, with nothing outside it.

    No script, no font and no image is fetched, and a Content-Security-Policy forbids it. All text is
    escaped. The same input gives the same bytes.

    Parameters
    ----------
    entries
        One per battery; several get a summary with links first.
    language
        ``en`` or ``ko``.
    title
        Title of the page; by default that of a battery report.
    made_at, hwan_version
        Shown at the foot; the clock is an argument.
    failures
        Sources that gave no assessment.

    Raises
    ------
    MissingExtra
        When jinja2, matplotlib or tsdownsample is not installed (extra ``report``).
    UnknownName
        When `language` is not one of the languages.
    """
    if language not in core.LANGUAGES:
        raise core.UnknownName("language", language, core.LANGUAGES)
    words = Words(language)
    page = environment().get_template("page.html")
    return page.render(
        words=words,
        title=title or words.ui("title"),
        chapters=[_chapter(entry, words, f"battery-{number}") for number, entry in enumerate(entries, 1)],
        failures=[replace(each, message=words.settled(each.message)) for each in failures],
        made=words.moment(made_at),
        version=hwan_version,
        origins=_origins(entries, words),
        meaning=words.ui("interval_meaning"),
        light=variables(0),
        dark=variables(1),
    )


def _chapter(entry: Entry, words: Words, prefix: str) -> Chapter:
    pictures = figures(entry, words, prefix)
    return Chapter(prefix, verdict(entry, words), pictures, sections(entry, words), bool(entry.truth))


def _origins(entries: Sequence[Entry], words: Words) -> list[tuple[str, str, str]]:
    """Return rulesets, price lists and rapid models with their hashes, each once."""
    found: dict[tuple[str, str, str], None] = {}
    for entry in entries:
        grade, route = entry.assessment.grade, entry.assessment.route
        found[words.ui("ruleset"), ruleset_words(entry, words), grade.ruleset_sha256] = None
        found[words.ui("prices"), route.prices_id, entry.prices_sha256] = None
        for model, sha256 in entry.rapid_models.items():
            found[words.ui("rapid_model"), model, sha256] = None
    return list(found)


@cache
def environment() -> Environment:
    """Return the templates' environment: everything is escaped, what is missing is an error."""
    try:
        from jinja2 import Environment, FunctionLoader, StrictUndefined
    except ImportError as error:
        raise core.MissingExtra("jinja2", "report") from error
    return Environment(
        loader=FunctionLoader(_template),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalized,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _template(name: str) -> str:
    return (resources.files("hwan.report") / "templates" / name).read_text(encoding="utf-8")


def _finalized(value: Any) -> Any:
    return harmless(value) if type(value) is str else value
