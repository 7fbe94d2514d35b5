"""The rules, each with its outcome, its limit and where it comes from."""

from __future__ import annotations

from typing import Final

from hwan import core
from hwan.report._certificate._parts import Section, left_out, table, unstated
from hwan.report._entry import Entry
from hwan.report._figures import SIGNS
from hwan.report._numbers import ABSENT, plain, with_unit
from hwan.report._tables import TONES, Cell, limit_words, outcome_value, probability_words
from hwan.report._words import Words

MOST_RULES: Final = 24
MOST_CLAUSE: Final = 70
HEADS: Final = (
    ("column_rule", 4.8), ("column_verdict", 1.9), ("column_value", 0), ("column_limit", 0),
    ("column_probability", 0), ("column_reason", 2.8),
)  # fmt: skip


def rules(entry: Entry, words: Words) -> Section:
    """Return the table of rules; the safety items stand with their readings."""
    known = {rule.id: rule for rule in entry.ruleset.rules} if entry.ruleset else {}
    others = [each for each in entry.assessment.grade.outcomes if not _is_gate(known.get(each.rule_id))]
    title = words.ui("certificate_rules")
    if not others:
        return Section(title, (unstated(words),))
    rows = [_row(each, known.get(each.rule_id), words) for each in others[:MOST_RULES]]
    return Section(title, (table(words, "", HEADS, rows, left_out(words, len(others) - len(rows))),))


def _is_gate(rule: core.Rule | None) -> bool:
    return isinstance(rule, core.Limit) and rule.safety


def _row(each: core.RuleOutcome, rule: core.Rule | None, words: Words) -> tuple[Cell, ...]:
    return (
        Cell(words.rule(each), _origin(each, rule)),
        Cell(f"{SIGNS[each.verdict]} {words.ui('verdict_' + each.verdict)}", tone=TONES[each.verdict]),
        outcome_value(each, words),
        Cell(_asked(rule) or limit_words(each, rule, words)),
        Cell(probability_words(each)),
        Cell(words.reason(each.reason, each.values) if each.reason else ABSENT),
    )


def _asked(rule: core.Rule | None) -> str:
    """Return the range that a requirement of the method asks for."""
    if not isinstance(rule, core.Requirement):
        return ""
    least, most = rule.minimum, rule.maximum
    if core.is_known(least) and core.is_known(most):
        return f"{plain(least)} – {with_unit(most, rule.unit)}"
    signs = (("≥", least), ("≤", most))
    return "".join(f"{sign} {with_unit(end, rule.unit)}" for sign, end in signs if core.is_known(end))


def _origin(each: core.RuleOutcome, rule: core.Rule | None) -> str:
    """Return the rule's id and its clause; without a clause, its source."""
    if rule is None:
        return each.rule_id
    clause = core.known_or(rule.origin.clause, rule.origin.source)
    clause = clause if len(clause) <= MOST_CLAUSE else clause[: MOST_CLAUSE - 1] + "…"
    return f"{each.rule_id} · {clause}"
