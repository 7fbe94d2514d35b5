"""The box at the head: the class or why there is none, the leading figure, the next life."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, Final

from hwan import core
from hwan.report._certificate._content import Issue, tested_on, valid_until
from hwan.report._certificate._parts import Fact, fact, outside
from hwan.report._entry import Entry
from hwan.report._numbers import ABSENT, bounds_of, shown
from hwan.report._tables import conditions, headline, validation
from hwan.report._verdict import grade_tone, grade_words, is_own, route_words, ruleset_words
from hwan.report._verdict import verdict as band
from hwan.report._words import Words

_FIGURE: Final = ("label", "value", "unit", "interval", "conditions", "method")


def verdict(entry: Entry, issue: Issue, words: Words) -> dict[str, Any]:
    """Return the box as plain texts."""
    said = band(entry, words)
    return {
        "label": words.ui("grade"),
        "grade": outside(grade_words(entry, words)),
        "tone": grade_tone(entry),
        "facts": [asdict(each) for each in _facts(entry, issue, words)],
        "figure": _figure(entry, words),
        "reasons_title": words.ui("reasons"),
        "reasons": list(said.reasons),
        "tests_title": words.ui("lifted_by"),
        "tests": list(said.tests),
    }


def _figure(entry: Entry, words: Words) -> dict[str, str]:
    best = headline(entry.assessment)
    if best is None:
        return {**dict.fromkeys(_FIGURE, ""), "label": words.ui("no_figure"), "value": ABSENT}
    written = shown(best.value, bounds_of(best), best.unit)
    return {
        "label": words.name(best.quantity),
        "value": written.value,
        "unit": written.unit,
        "interval": words.ui("interval_of", interval=words.interval(written)),
        "conditions": " · ".join(conditions(best.conditions, words)),
        "method": f"{words.say('method', best.method)} · {validation(best.validation, words)}",
    }


def _facts(entry: Entry, issue: Issue, words: Words) -> Iterable[Fact]:
    grade, route = entry.assessment.grade, entry.assessment.route
    yield fact(words, "ruleset", ruleset_words(entry, words), _issued_by(entry, words))
    yield fact(words, "legal_status", _legal_status(entry, words))
    if grade.status == "graded":
        probable = core.format_probability(grade.probability) if core.is_known(grade.probability) else ""
        yield fact(words, "probability", probable)
        yield _validity(entry, issue, words)
    leading = words.ui("route_leading") if route.status == "leading" else ""
    yield fact(words, "next_life", route_words(route, words), leading)


def _issued_by(entry: Entry, words: Words) -> str:
    return words.ui("certificate_issued_by", issuer=entry.ruleset.issuer) if entry.ruleset else ""


def _legal_status(entry: Entry, words: Words) -> str:
    """Say whether the limits are law, are planned, or are the centre's own, with how many rules are which."""
    if entry.ruleset is None:
        return words.ui("own_rules") if is_own(entry) else ""
    counts: Counter[str] = Counter(rule.origin.status for rule in entry.ruleset.rules)
    if set(counts) == {"own"}:
        return words.ui("own_rules")
    named = (("in force", "in_force"), ("planned", "planned"), ("own", "own"))
    return " · ".join(words.ui(f"certificate_{code}", count=counts[key]) for key, code in named if counts[key])


def _validity(entry: Entry, issue: Issue, words: Words) -> Fact:
    days, until, tested = entry.assessment.grade.validity_days, valid_until(entry), tested_on(entry)
    if not core.is_known(days):
        return fact(words, "validity")
    if not core.is_known(until) or not core.is_known(tested):
        return fact(words, "validity", words.ui("certificate_days", days=days))
    day, begun = core.format_date(until, words.language), core.format_date(tested, words.language)
    over = until < issue.issued_at.date()
    lines = words.ui("certificate_over" if over else "certificate_until", day=day)
    return fact(
        words, "validity", lines, words.ui("certificate_days_from", days=days, day=begun), "failed" if over else ""
    )
