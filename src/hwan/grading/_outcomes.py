"""What each rule says of one case."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from hwan.core import Limit, Measurement, Parameter, Requirement, Rule, RuleOutcome, Unknown, is_known
from hwan.core.decision import Verdict
from hwan.grading._case import HALF_WIDTH, Case, Figure, condition_value, figures, is_met, tolerance_of
from hwan.grading._probability import central_interval, meets, probability_met, usable

# A stored probability of 0.95 must count as 0.95, although 1 - 0.05 is not 0.95 in binary.
ROUNDING: Final = 1e-9
_WORST_FIRST: Final = ("failed", "not_assessable", "uncertain", "passed", "given")


def outcome(rule: Rule, case: Case) -> RuleOutcome:
    """Return the outcome of any rule."""
    if isinstance(rule, Limit):
        return _limit(rule, case)
    if isinstance(rule, Requirement):
        return _requirement(rule, case)
    return _parameter(rule, case)


def _said(rule: Rule, verdict: Verdict, reason: str) -> RuleOutcome:
    return RuleOutcome(rule.id, rule.kind, verdict, rule.quantity, unit=rule.unit, reason=reason)


def _limit(limit: Limit, case: Case) -> RuleOutcome:
    if not is_known(limit.value):
        return _without_number(limit, case)
    if limit.statistic != "value":
        return replace(_said(limit, "not_assessable", "statistic_not_supported"), limit=limit.value)
    number = limit.value
    verdicts = [replace(_held_against(limit, number, figure, case), limit=number) for figure in figures(case, limit)]
    if not verdicts:
        absent = "safety_item_absent" if limit.safety else "quantity_missing"
        return replace(_said(limit, "not_assessable", absent), limit=number)
    if limit.safety:
        # At the gate every reading counts: a good one does not take a bad one back.
        return min(verdicts, key=lambda entry: _WORST_FIRST.index(entry.verdict))
    return verdicts[-1]


def _without_number(limit: Limit, case: Case) -> RuleOutcome:
    """State the figure all the same: it can be held against the number once there is one."""
    said = _said(limit, "not_assessable", "rule_without_public_number")
    given = [figure for figure in figures(case, limit) if isinstance(figure, Figure)]
    if not given:
        return said
    worst = min if limit.bound == "at_least" else max
    figure = worst(given, key=lambda each: each.value) if limit.safety else given[-1]
    if not usable(figure.quantiles):
        return replace(said, value=figure.value)
    low, high = central_interval(figure.quantiles)
    return replace(said, value=figure.value, low=low, high=high)


def _held_against(limit: Limit, number: float, figure: Figure | str, case: Case) -> RuleOutcome:
    if isinstance(figure, str):
        return _said(limit, "not_assessable", figure)
    if not figure.measured:
        return _compared(limit, number, figure)
    if not usable(figure.quantiles):
        return replace(_said(limit, "not_assessable", "interval_missing"), value=figure.value)
    return _weighed(limit, number, figure, case.ruleset.decision.confidence)


def _compared(limit: Limit, number: float, figure: Figure) -> RuleOutcome:
    """Hold a hand reading against its limit: it has no interval, so there is no probability."""
    verdict: Verdict = "passed" if meets(figure.value, limit.bound, number) else "failed"
    said = _said(limit, verdict, _reason(limit, verdict))
    return replace(said, value=figure.value, distance=float(figure.value) - number)


def _weighed(limit: Limit, number: float, figure: Figure, confidence: float) -> RuleOutcome:
    probability = probability_met(figure.quantiles, limit.bound, number)
    verdict = _verdict(probability, confidence)
    low, high = central_interval(figure.quantiles)
    return replace(
        _said(limit, verdict, _reason(limit, verdict)),
        value=figure.value,
        low=low,
        high=high,
        probability_met=probability,
        distance=figure.value - number,
    )


def _verdict(probability: float, confidence: float) -> Verdict:
    if probability >= confidence - ROUNDING:
        return "passed"
    return "failed" if probability <= 1 - confidence + ROUNDING else "uncertain"


def _reason(limit: Limit, verdict: Verdict) -> str:
    if verdict == "failed":
        return "safety_gate_failed" if limit.safety else "limit_not_met"
    if verdict == "passed":
        return "limit_met"
    return "safety_item_undecided" if limit.safety else "interval_spans_limit"


def _requirement(rule: Requirement, case: Case) -> RuleOutcome:
    measurement = case.measurement(rule.quantity)
    if measurement is None:
        return _said(rule, "not_assessable", "quantity_missing")
    got = condition_value(rule, measurement)
    verdict, reason = _condition_verdict(rule, got, measurement)
    bounds = {"minimum": rule.minimum, "maximum": rule.maximum, "tolerance": tolerance_of(rule)}
    values = {name: bound for name, bound in bounds.items() if is_known(bound)}
    return replace(_said(rule, verdict, reason), value=got, values={"condition": rule.condition, **values})


def _condition_verdict(rule: Requirement, got: float | Unknown, measured: Measurement) -> tuple[Verdict, str]:
    if not is_known(rule.minimum) and not is_known(rule.maximum):
        return "not_assessable", "rule_without_public_number"
    if not is_known(got):
        return "not_assessable", "interval_missing" if rule.condition == HALF_WIDTH else "condition_unknown"
    if is_met(rule, measured, exactly=True):
        return "passed", "conditions_match"
    if is_met(rule, measured):
        return "passed", "conditions_match_within_tolerance"
    return "failed", "conditions_do_not_match"


def _parameter(rule: Parameter, case: Case) -> RuleOutcome:
    measurement = case.measurement(rule.quantity)
    if measurement is not None:
        interval = central_interval(measurement.quantiles) if measurement.quantiles else ()
        return _stated(rule, measurement.value, measurement.unit, interval)
    readings = case.readings(rule.quantity)
    if not readings or isinstance(readings[-1].value, Unknown):
        return _said(rule, "not_assessable", "quantity_missing")
    return _stated(rule, readings[-1].value, readings[-1].unit, ())


def _stated(rule: Parameter, value: float | bool, unit: str, interval: tuple[float, ...]) -> RuleOutcome:
    if unit != rule.unit:
        return _said(rule, "not_assessable", "unit_mismatch")
    given = replace(_said(rule, "given", "given"), value=value)
    return replace(given, low=interval[0], high=interval[-1]) if interval else given
