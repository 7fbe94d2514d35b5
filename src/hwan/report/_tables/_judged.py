"""Tables of what follows: rules, safety, terms of each route, findings, refusals."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from hwan import core
from hwan.report._entry import Entry
from hwan.report._figures import SIGNS
from hwan.report._numbers import ABSENT, decimals_for, fixed, plain, scale_of, shown, with_unit
from hwan.report._tables._table import Cell, Table, table
from hwan.report._words import Words

TONES: Final = {
    "passed": "passed", "failed": "failed", "uncertain": "uncertain", "not_assessable": "neutral", "given": "neutral",
    "note": "neutral", "warning": "uncertain", "stop": "failed",
}  # fmt: skip
_SEVERITIES: Final = ("stop", "warning", "note")


def rules(entry: Entry, words: Words) -> Iterable[Table | None]:
    """Return the safety items and the other rules, each with its outcome."""
    known = {rule.id: rule for rule in entry.ruleset.rules} if entry.ruleset else {}
    gates = {name for name, rule in known.items() if isinstance(rule, core.Limit) and rule.safety}
    outcomes = entry.assessment.grade.outcomes
    safety = [each for each in outcomes if each.rule_id in gates]
    others = [each for each in outcomes if each.rule_id not in gates]
    yield _rule_table(words.ui("table_safety"), safety, known, words, words.ui("safety_note"))
    yield _rule_table(words.ui("table_rules"), others, known, words)


def _rule_table(
    title: str, outcomes: list[core.RuleOutcome], known: dict[str, core.Rule], words: Words, note: str = ""
) -> Table | None:
    labels = (
        words.ui("column_rule"), words.ui("column_verdict"), f"#{words.ui('column_value')}",
        f"#{words.ui('column_limit')}", f"#{words.ui('column_distance')}", f"#{words.ui('column_probability')}",
        words.ui("column_reason"),
    )  # fmt: skip
    rows = [_rule_row(each, known.get(each.rule_id), words) for each in outcomes]
    return table(title, labels, rows, note=note)


def _rule_row(each: core.RuleOutcome, rule: core.Rule | None, words: Words) -> tuple[Cell, ...]:
    reason = words.reason(each.reason, each.values) if each.reason else ABSENT
    return (
        Cell(words.rule(each), words.ui("source_text", text=_origin(each, rule)) if rule else each.rule_id),
        Cell(f"{SIGNS[each.verdict]} {words.ui('verdict_' + each.verdict)}", tone=TONES[each.verdict]),
        outcome_value(each, words),
        Cell(limit_words(each, rule, words)),
        Cell(_distance(each, words)),
        Cell(probability_words(each)),
        Cell(reason),
    )


def probability_words(each: core.RuleOutcome) -> str:
    """Return the probability of a figure; a hand reading meets its limit or does not."""
    if not core.is_known(each.probability_met) or isinstance(each.value, bool):
        return ABSENT
    return core.format_probability(each.probability_met)


def _origin(each: core.RuleOutcome, rule: core.Rule) -> str:
    clause = rule.origin.clause
    return " · ".join((each.rule_id, rule.origin.source, *([clause] if core.is_known(clause) else [])))


def outcome_value(each: core.RuleOutcome, words: Words) -> Cell:
    """Return the figure or reading that a rule was held against."""
    if not core.is_known(each.value):
        return Cell(words.ui("unknown"), tone="neutral")
    if isinstance(each.value, bool):
        return Cell(words.ui("yes" if each.value else "no"))
    bounds = (each.low, each.high) if core.is_known(each.low) and core.is_known(each.high) else None
    written = shown(each.value, bounds, each.unit)
    return Cell(f"{written.value} {written.unit}", words.interval(written) if bounds else "")


def limit_words(each: core.RuleOutcome, rule: core.Rule | None, words: Words) -> str:
    """Return the limit with its sense."""
    if isinstance(each.value, bool) or (isinstance(rule, core.Limit) and rule.bound == "is_true"):
        return words.ui("yes")
    if not core.is_known(each.limit):
        return ABSENT
    signs = {"at_least": "≥ ", "at_most": "≤ "}
    sign = signs.get(rule.bound, "") if isinstance(rule, core.Limit) else ""
    return sign + with_unit(each.limit, each.unit)


def _distance(each: core.RuleOutcome, words: Words) -> str:
    if not core.is_known(each.distance) or isinstance(each.value, bool):
        return ABSENT
    size = each.value if core.is_known(each.value) else each.distance
    scale = scale_of(each.unit, float(size))
    sign = "+" if each.distance > 0 else ""
    return f"{sign}{plain(each.distance * scale.factor, 3)} {words.ui('points') if each.unit == '1' else scale.symbol}"


def terms(route: core.Route, words: Words) -> Iterable[Table | None]:
    """Return the terms of each alternative, the sum last."""
    labels = (
        words.ui("column_term"), f"#{words.ui('column_low')}", f"#{words.ui('column_central')}",
        f"#{words.ui('column_high')}", words.ui("column_source"),
    )  # fmt: skip
    for each in route.alternatives:
        allowed = "" if each.allowed else f": {words.ui('not_allowed')}"
        rows = [*(_term_row(term, words) for term in each.terms), *_sum_rows(each, words)]
        note = words.say("reason", each.reason) if each.reason else ""
        yield table(f"{words.name(each.route)}{allowed}", labels, rows, note=note)


def _term_row(term: core.Term, words: Words) -> tuple[Cell, ...]:
    return (Cell(words.term(term)), *_amounts(term.low, term.central, term.high, term.unit), Cell(term.source))


def _sum_rows(each: core.Alternative, words: Words) -> Iterable[tuple[Cell, ...]]:
    if core.is_known(each.low) and core.is_known(each.central) and core.is_known(each.high):
        yield (
            Cell(words.ui("route_sum"), tone="sum"), *_amounts(each.low, each.central, each.high, each.unit), Cell(""),
        )  # fmt: skip


def _amounts(low: float, central: float, high: float, unit: str) -> tuple[Cell, Cell, Cell]:
    decimals = min(2, decimals_for(high - low)) if high > low else 2
    first, last = Cell(fixed(low, decimals)), Cell(fixed(high, decimals))
    return first, Cell(f"{fixed(central, decimals)} {unit}"), last


def ranked_findings(assessment: core.Assessment) -> list[tuple[core.Finding, str]]:
    """Return every finding once, the gravest first, those of a figure with its quantity and before the others."""
    theirs = [(each, entry.quantity) for entry in assessment.measurements for each in entry.findings]
    own = [(each, "") for each in assessment.findings]
    return _once(sorted([*theirs, *own], key=lambda pair: _SEVERITIES.index(pair[0].severity)))


def findings(assessment: core.Assessment, words: Words) -> Table | None:
    """Return everything noticed, the gravest first."""
    rows = [
        (
            Cell(words.ui(f"severity_{each.severity}"), tone=TONES[each.severity]),
            Cell(words.say("finding", each.code, each.values), words.name(quantity) if quantity else ""),
            Cell(words.place(each.where)),
        )
        for each, quantity in ranked_findings(assessment)
    ]
    labels = (words.ui("column_severity"), words.ui("column_finding"), words.ui("column_where"))
    return table(words.ui("table_findings"), labels, rows)


def _once(pairs: list[tuple[core.Finding, str]]) -> list[tuple[core.Finding, str]]:
    """Leave out what was already said: the same finding of the file and of the figures made from it."""
    kept: list[tuple[core.Finding, str]] = []
    for finding, quantity in pairs:
        if finding not in [seen for seen, _ in kept]:
            kept.append((finding, quantity))
    return kept


def all_refusals(assessment: core.Assessment) -> tuple[core.Refusal, ...]:
    """Return the refusals of figures, grade and route, each once."""
    kept: list[core.Refusal] = []
    for each in (*assessment.grade.refusals, *assessment.route.refusals, *assessment.refusals):
        if each not in kept:
            kept.append(each)
    return tuple(kept)


def grouped_refusals(assessment: core.Assessment, words: Words) -> list[tuple[str, core.Refusal]]:
    """Return refusals for one and the same reason together, with the names of all their figures."""
    groups: dict[tuple[str, tuple[str, ...], str], list[core.Refusal]] = {}
    for each in all_refusals(assessment):
        groups.setdefault((words.refusal(each), each.missing, words.test_for(each)), []).append(each)
    named = ((dict.fromkeys(words.name(each.quantity) for each in group), group[0]) for group in groups.values())
    return [(" · ".join(names), first) for names, first in named]


def refusals(assessment: core.Assessment, words: Words) -> Table | None:
    """Return what could not be said, and the test that would say it."""
    rows = [
        (
            Cell(names),
            Cell(words.refusal(each)),
            Cell(", ".join(words.missing(name) for name in each.missing) or ABSENT),
            Cell(words.test_for(each) or ABSENT),
        )
        for names, each in grouped_refusals(assessment, words)
    ]
    labels = [words.ui(f"column_{each}") for each in ("quantity", "reason", "missing", "test_needed")]
    return table(words.ui("table_refusals"), labels, rows)
