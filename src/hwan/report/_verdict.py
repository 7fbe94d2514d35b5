"""The band at the top: what it is, what it is worth, where it goes, and why or why not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from hwan import core
from hwan.report._entry import Entry
from hwan.report._figures import SIGNS
from hwan.report._numbers import Shown, bounds_of, plain, shown
from hwan.report._tables import TONES, grouped_refusals, headline, ranked_findings
from hwan.report._words import Words

MOST_REASONS: Final = 4
_TONES: Final = {"graded": "passed", "undecided": "uncertain", "refused": "neutral"}
_ROUTE_TONES: Final = {"chosen": "passed", "leading": "uncertain", "refused": "neutral"}


@dataclass(frozen=True, slots=True)
class Notice:
    """A finding that qualifies the figures above it."""

    tone: str
    severity: str
    words: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Everything the band shows, in words."""

    battery: str
    facts: tuple[str, ...]
    notes: tuple[str, ...]
    quantity: str
    figure: Shown | None
    interval: str
    method: str
    grade: str
    grade_tone: str
    grade_note: str
    ruleset: str
    own: bool
    route: str
    route_tone: str
    route_value: str
    route_note: str
    route_status: str
    notices: tuple[Notice, ...]
    notices_left: str
    reasons: tuple[str, ...]
    tests: tuple[str, ...]


def verdict(entry: Entry, words: Words) -> Verdict:
    """Return the band of one battery."""
    assessment = entry.assessment
    best, grade, route = headline(assessment), assessment.grade, assessment.route
    figure = shown(best.value, bounds_of(best), best.unit) if best else None
    notices = tuple(_notices(assessment, words))
    return Verdict(
        battery=assessment.battery.id,
        facts=tuple(_facts(assessment.battery, words)),
        notes=tuple(words.name(note) for note in entry.notes),
        quantity=words.name(best.quantity) if best else words.ui("no_figure"),
        figure=figure,
        interval=words.interval(figure) if figure else "",
        method=words.say("method", best.method) if best else "",
        grade=grade_words(entry, words),
        grade_tone=grade_tone(entry),
        grade_note=_grade_note(grade, words),
        ruleset=ruleset_words(entry, words),
        own=is_own(entry),
        route=route_words(route, words),
        route_tone=_ROUTE_TONES[route.status],
        route_value=route_value(route, words),
        route_note=_route_note(route, words),
        route_status=words.ui("route_leading_brief") if route.status == "leading" else "",
        notices=notices[:MOST_REASONS],
        notices_left=words.ui("more", count=len(notices) - MOST_REASONS) if len(notices) > MOST_REASONS else "",
        reasons=tuple(_reasons(assessment, words))[:MOST_REASONS],
        tests=tuple(_tests(assessment, words))[:MOST_REASONS],
    )


def _facts(battery: core.Battery, words: Words) -> Iterable[str]:
    kind = battery.type
    yield words.ui("chemistry", name=words.chemistry(kind.chemistry))
    yield words.name(f"level_{battery.level}") if core.is_known(battery.level) else words.ui("level_unknown")
    rating = [plain(kind.rated_capacity_ah) + " Ah"] if core.is_known(kind.rated_capacity_ah) else []
    rating += [plain(kind.rated_energy_wh) + " Wh"] if core.is_known(kind.rated_energy_wh) else []
    yield words.ui("rating", rating=" · ".join(rating)) if rating else words.ui("rating_unknown")
    maker = [part for part in (kind.maker, kind.model) if core.is_known(part)]
    if maker:
        yield " ".join(maker)


def grade_words(entry: Entry, words: Words) -> str:
    """Return the class in words, or that there is none."""
    grade = entry.assessment.grade
    if grade.status != "graded" or not core.is_known(grade.grade_class):
        return words.ui(f"grade_{grade.status}")
    classes = entry.ruleset.classes if entry.ruleset else ()
    labels = next((each.label for each in classes if each.id == grade.grade_class), {})
    return words.labelled(labels, grade.grade_class)


def grade_tone(entry: Entry) -> str:
    """Return the colour of the grade: green only for a class that may be used again."""
    grade = entry.assessment.grade
    if grade.status == "graded" and entry.ruleset:
        for each in entry.ruleset.classes:
            if each.id == grade.grade_class:
                return "uncertain" if each.route == "recycle" else "passed"
    return _TONES[grade.status]


def _grade_note(grade: core.Grade, words: Words) -> str:
    parts = []
    if core.is_known(grade.probability) and grade.status != "refused":
        parts.append(words.ui("probability_of_class", percent=core.format_probability(grade.probability)))
    if core.is_known(grade.validity_days) and grade.status == "graded":
        parts.append(words.ui("valid_for", days=grade.validity_days))
    return " · ".join(parts)


def ruleset_words(entry: Entry, words: Words) -> str:
    """Return the ruleset's title and id."""
    name = entry.assessment.grade.ruleset_id
    return f"{words.labelled(entry.ruleset.title, name)} ({name})" if entry.ruleset else name


def is_own(entry: Entry) -> bool:
    """Return whether the limits are the centre's own, not a law's."""
    return entry.ruleset.own if entry.ruleset else entry.assessment.grade.ruleset_id.startswith("house/")


def route_words(route: core.Route, words: Words) -> str:
    """Return the chosen or leading way, or that there is none."""
    if route.status == "refused" or not core.is_known(route.choice):
        return words.ui("route_refused")
    return words.name(route.choice)


def route_value(route: core.Route, words: Words) -> str:
    """Return the value of the chosen way."""
    for each in route.alternatives:
        if route.status != "refused" and each.route == route.choice and core.is_known(each.central):
            bounds = (each.low, each.high) if core.is_known(each.low) and core.is_known(each.high) else None
            written = shown(each.central, bounds, each.unit)
            return f"{written.value} {written.unit}" + (f" ({words.interval(written)})" if bounds else "")
    return ""


def _route_note(route: core.Route, words: Words) -> str:
    parts = [words.ui("route_leading")] if route.status == "leading" else []
    if core.is_known(route.margin) and route.status != "refused":
        unit = route.alternatives[0].unit if route.alternatives else ""
        parts.append(words.ui("route_margin", margin=f"{plain(route.margin, 3)} {unit}"))
    return " · ".join(parts)


def _notices(assessment: core.Assessment, words: Words) -> Iterable[Notice]:
    """Yield what stops or qualifies the figures, those of the figures themselves first, the gravest first."""
    of_figures = {id(each) for entry in assessment.measurements for each in entry.findings}
    ranked = [each for each, _ in ranked_findings(assessment) if each.severity != "note" or id(each) in of_figures]
    for each in ranked:
        sentence = words.say("finding", each.code, each.values)
        yield Notice(TONES[each.severity], words.ui(f"severity_{each.severity}"), sentence)


def _reasons(assessment: core.Assessment, words: Words) -> Iterable[str]:
    """Yield what stands against a class, or what was nearest to standing against it."""
    against = [each for each in assessment.grade.outcomes if each.verdict in ("failed", "uncertain")]
    if assessment.grade.status == "graded":
        yield from (_outcome_reason(each, words) for each in against)
        return
    yield from (f"{names}: {words.refusal(each)}" for names, each in grouped_refusals(assessment, words))
    yield from (_outcome_reason(each, words) for each in against)


def _outcome_reason(each: core.RuleOutcome, words: Words) -> str:
    head = f"{SIGNS[each.verdict]} {words.rule(each)}: {words.ui('verdict_' + each.verdict)}"
    if each.verdict == "uncertain" and core.is_known(each.probability_met):
        head += f" ({words.ui('probability_met', percent=core.format_probability(each.probability_met))})"
    return f"{head}. {words.reason(each.reason, each.values)}" if each.reason else head


def _tests(assessment: core.Assessment, words: Words) -> Iterable[str]:
    """Return the tests that would settle what is open, each once."""
    if assessment.grade.status == "graded":
        return ()
    return dict.fromkeys(test for _, each in grouped_refusals(assessment, words) if (test := words.test_for(each)))
