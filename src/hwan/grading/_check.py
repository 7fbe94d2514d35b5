"""What a ruleset must hold to beyond its schema, checked when it is loaded, not when a battery waits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations, pairwise
from typing import Final

from hwan.core import (
    LANGUAGES,
    MEASURED,
    OBSERVED,
    BadDefinition,
    Limit,
    Quantity,
    Requirement,
    Rule,
    Ruleset,
    UnknownName,
    UsageError,
    is_known,
    outside,
)
from hwan.core.findings import Scalar
from hwan.grading._case import HALF_WIDTH
from hwan.grading._classes import implies

CONDITION_UNITS: Final = {
    "temperature_celsius": "degC",
    "rate_per_hour": "1/h",
    "current_ampere": "A",
    "state_of_charge": "1",
    "rest_before_second": "s",
    "upper_cutoff_volt": "V",
    "lower_cutoff_volt": "V",
    "end_of_charge_current_ampere": "A",
    "pulse_time_second": "s",
    HALF_WIDTH: "points",
}
BASES: Final = {"relative": Quantity("1", 0, 1.5), "points": Quantity("points", -100, 100)}
"""What a limit that is not absolute may be, whatever it is a limit of."""
QUANTITIES: Final = {**MEASURED, **OBSERVED}
ROUTE_ORDER: Final = ("remanufacture", "reuse", "recycle")

Problem = tuple[str, Mapping[str, Scalar]]


def check_ruleset(ruleset: Ruleset, source: str) -> None:
    """Raise the first contradiction found in a ruleset read from `source`."""
    for error in contradictions(ruleset, source):
        raise error


def contradictions(ruleset: Ruleset, source: str) -> Iterator[UsageError]:
    """Yield every contradiction; what follows only from a name that does not exist is left out."""
    for code, values in _problems(ruleset):
        yield BadDefinition(code, source=source, **values)
    unknown = tuple(_unknown_names(ruleset, source))
    yield from unknown
    if not unknown:
        for rule in ruleset.rules:
            yield from _rule_problems(rule, source)
        for code, values in _class_problems(ruleset):
            yield BadDefinition(code, source=source, **values)


def _problems(ruleset: Ruleset) -> Iterator[Problem]:
    yield from _duplicates("rule", [rule.id for rule in ruleset.rules])
    yield from _duplicates("class", [entry.id for entry in ruleset.classes])
    yield from _decision_problems(ruleset)
    yield from _label_problems("title", ruleset.title)
    for entry in ruleset.classes:
        yield from _label_problems(f"class {entry.id}", entry.label)
    for rule in ruleset.rules:
        if isinstance(rule, Limit):
            yield from _limit_problems(rule)


def _duplicates(kind: str, ids: Iterable[str]) -> Iterator[Problem]:
    seen: set[str] = set()
    for name in ids:
        if name in seen:
            yield "ruleset_duplicate_id", {"kind": kind, "id": name}
        seen.add(name)


def _decision_problems(ruleset: Ruleset) -> Iterator[Problem]:
    decision = ruleset.decision
    if not 0.5 < decision.confidence < 1:
        yield "ruleset_confidence", {"got": decision.confidence}
    if decision.digits < 0 or decision.validity_days < 1:
        yield "ruleset_decision", {"digits": decision.digits, "validity_days": decision.validity_days}


def _label_problems(where: str, label: Mapping[str, str]) -> Iterator[Problem]:
    for language in LANGUAGES:
        if not label.get(language):
            yield "ruleset_label_missing", {"where": where, "language": language}


def _limit_problems(limit: Limit) -> Iterator[Problem]:
    if limit.bound == "is_true" and limit.value != 1:
        yield "ruleset_is_true_value", {"rule": limit.id}


def _unknown_names(ruleset: Ruleset, source: str) -> Iterator[UnknownName]:
    limits = [rule.id for rule in ruleset.rules if isinstance(rule, Limit)]
    for entry in ruleset.classes:
        for name in entry.limits:
            if name not in limits:
                yield UnknownName("limit rule", name, limits, f"{source}, {entry.id}")
    for rule in ruleset.rules:
        if rule.quantity not in QUANTITIES:
            yield UnknownName("quantity", rule.quantity, QUANTITIES, f"{source}, {rule.id}")
        if isinstance(rule, Requirement) and rule.condition not in CONDITION_UNITS:
            yield UnknownName("condition", rule.condition, CONDITION_UNITS, f"{source}, {rule.id}")


def _rule_problems(rule: Rule, source: str) -> Iterator[BadDefinition]:
    expected = _unit(rule)
    if rule.unit != expected:
        yield BadDefinition("ruleset_unit", source=source, rule=rule.id, got=rule.unit, expected=expected)
    if isinstance(rule, Limit):
        yield from _number_problems(rule, source)
    if isinstance(rule, Requirement):
        yield from _bound_problems(rule, source)


def _unit(rule: Rule) -> str:
    return CONDITION_UNITS[rule.condition] if isinstance(rule, Requirement) else _quantity(rule).unit


def _quantity(rule: Rule) -> Quantity:
    quantity = QUANTITIES[rule.quantity]
    return BASES.get(rule.basis, quantity) if isinstance(rule, Limit) else quantity


def _number_problems(limit: Limit, source: str) -> Iterator[BadDefinition]:
    quantity = _quantity(limit)
    if is_known(limit.value) and not quantity.holds(limit.value):
        problem = outside(f"rules.{limit.id}.value", limit.value, quantity)
        yield BadDefinition("definition_malformed", problem, source=source)


def _bound_problems(rule: Requirement, source: str) -> Iterator[BadDefinition]:
    bounds = [bound for bound in (rule.minimum, rule.maximum) if is_known(bound)]
    if bounds != sorted(bounds):
        yield BadDefinition("ruleset_number", source=source, rule=rule.id, field="minimum, maximum")


def _class_problems(ruleset: Ruleset) -> Iterator[Problem]:
    if not ruleset.classes:
        # Without limits nothing is to be decided: such a ruleset lists what has to be stated.
        if any(isinstance(rule, Limit) for rule in ruleset.rules):
            yield "ruleset_no_class", {}
        return
    gates = {rule.id for rule in ruleset.rules if isinstance(rule, Limit) and rule.safety}
    for entry in ruleset.classes:
        for name in gates.intersection(entry.limits):
            yield "ruleset_gate_in_class", {"class_id": entry.id, "rule": name}
    yield from _last_class_problems(ruleset, bool(gates))
    yield from _order_problems(ruleset)
    yield from _idle_limits(ruleset)


def _last_class_problems(ruleset: Ruleset, gated: bool) -> Iterator[Problem]:
    last = ruleset.classes[-1]
    if last.limits:
        yield "ruleset_last_class", {"class_id": last.id}
    if gated and last.route != "recycle":
        yield "ruleset_gate_needs_recycle", {"class_id": last.id, "route": last.route}


def _order_problems(ruleset: Ruleset) -> Iterator[Problem]:
    for better, worse in pairwise(ruleset.classes):
        if ROUTE_ORDER.index(better.route) > ROUTE_ORDER.index(worse.route):
            yield "ruleset_class_order", {"better": better.id, "worse": worse.id}
    for better, worse in combinations(ruleset.classes, 2):
        if implies(worse, better, ruleset):
            yield "ruleset_class_order", {"better": better.id, "worse": worse.id}


def _idle_limits(ruleset: Ruleset) -> Iterator[Problem]:
    used = {name for entry in ruleset.classes for name in entry.limits}
    for rule in ruleset.rules:
        if isinstance(rule, Limit) and not rule.safety and rule.id not in used:
            yield "ruleset_idle_limit", {"rule": rule.id}
