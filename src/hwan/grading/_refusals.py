"""What is missing, and the test that would give it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from hwan.core import UNKNOWN, Finding, Refusal, RuleOutcome, Ruleset, Unknown, is_known, known_or, stops
from hwan.core.findings import Scalar
from hwan.grading._case import HALF_WIDTH

_FULL, _PULSE, _CYCLE = "full_charge_rest_discharge", "pulse_after_rest", "full_cycle"
TEST_FOR: Final[Mapping[str, str]] = {
    "capacity": _FULL,
    "energy": _FULL,
    "state_of_health_capacity": _FULL,
    "state_of_health_energy": _FULL,
    "coulombic_efficiency": _CYCLE,
    "energy_efficiency": _CYCLE,
    "dc_resistance": _PULSE,
    "visual_inspection": "visual_inspection",
    "insulation_resistance": "insulation_measurement",
    "cell_voltage_spread": "cell_voltage_measurement",
    "surface_temperature": "surface_temperature_measurement",
    "self_discharge": "self_discharge_test",
    "open_circuit_voltage": "open_circuit_voltage_measurement",
    "functional_safety_review": "functional_safety_review",
    "bms_check": "bms_check",
    "history_review": "history_review",
    "calendar_life_check": "calendar_life_check",
    "polarity_check": "polarity_check",
}
SHARPER_TEST_FOR: Final[Mapping[str, str]] = {
    _FULL: "repeat_capacity_test_with_better_instrument",
    _PULSE: "repeat_pulse_test_with_better_instrument",
}
TEST_FOR_REASON: Final[Mapping[str, str]] = {
    "rule_without_public_number": "obtain_rule_number",
    "statistic_not_supported": "state_rule_for_single_value",
    "unit_mismatch": "repeat_reading_in_unit_of_rule",
    "rating_unknown": "state_the_rating",
    "interval_missing": "repeat_with_known_instrument",
    "condition_unknown": "repeat_with_conditions_recorded",
    "conditions_do_not_match": "repeat_under_required_conditions",
}

_OF_THE_FIGURE: Final = ("quantity_missing", "interval_missing", "rating_unknown")


def from_findings(findings: Iterable[Finding]) -> Iterator[Refusal]:
    """Yield a refusal for every finding that stops a grade."""
    for finding in stops(findings):
        values: dict[str, Scalar] = {"finding": finding.code, "where": finding.where}
        yield Refusal("grade", "finding_stops_grade", (finding.code,), "repair_source_data", values)


def from_outcomes(outcomes: Iterable[RuleOutcome], given: Iterable[Refusal]) -> Iterator[Refusal]:
    """Yield the refusals that follow from the outcomes; `given` are those of the missing figures themselves."""
    told = tuple(given)
    for entry in outcomes:
        if entry.reason == "quantity_missing":
            yield from _missing(entry, [refusal for refusal in told if refusal.quantity == entry.quantity])
        elif entry.kind == "parameter" and entry.verdict == "not_assessable":
            yield _refusal(entry, "parameter_missing", TEST_FOR_REASON[entry.reason], cause=entry.reason)
        elif entry.reason in ("safety_item_absent", "safety_item_undecided"):
            yield _refusal(entry, entry.reason, TEST_FOR.get(entry.quantity, UNKNOWN))
        elif entry.kind == "requirement" and entry.reason in ("condition_unknown", "conditions_do_not_match"):
            yield _condition(entry)
        elif entry.verdict == "not_assessable":
            yield _refusal(entry, entry.reason, TEST_FOR_REASON[entry.reason])


def without_classes(ruleset: Ruleset) -> Iterator[Refusal]:
    """Yield why a ruleset that only lists what has to be stated gives no grade."""
    if not ruleset.classes:
        values: dict[str, Scalar] = {"ruleset": ruleset.id}
        yield Refusal("grade", "ruleset_has_no_classes", ("class",), "choose_ruleset_with_classes", values)


def spanned(outcomes: Iterable[RuleOutcome], ruleset: Ruleset, top: str, probability: float) -> Iterator[Refusal]:
    """Yield why no class is decided: each limit that the interval spans, else the best class reached."""
    uncertain = [entry for entry in outcomes if entry.verdict == "uncertain"]
    for entry in uncertain:
        yield _refusal(entry, "grade_interval_spans_limit", _sharper(entry.quantity), **_interval(entry, ruleset))
    if not uncertain:
        values: dict[str, Scalar] = {
            "class_id": top,
            "probability": probability,
            "confidence": ruleset.decision.confidence,
        }
        yield Refusal("grade", "grade_class_not_decided", (), "repeat_with_better_instrument", values)


def _missing(entry: RuleOutcome, told: list[Refusal]) -> Iterator[Refusal]:
    """Yield the figure's own refusal where there is one: it knows better than the rule what is missing."""
    if entry.kind == "requirement":
        return  # The limit or parameter on the same quantity says it.
    if entry.kind == "parameter":
        test = next((known_or(refusal.test_needed, "") for refusal in told), "")
        cause = next((refusal.code for refusal in told), entry.reason)
        yield _refusal(entry, "parameter_missing", test or TEST_FOR.get(entry.quantity, UNKNOWN), cause=cause)
    elif not told:
        yield _refusal(entry, "graded_quantity_missing", TEST_FOR.get(entry.quantity, UNKNOWN))
    yield from told


def _condition(entry: RuleOutcome) -> Refusal:
    values = {name: value for name, value in entry.values.items() if name != "condition"}
    condition = str(entry.values["condition"])
    got: Scalar = "unknown" if isinstance(entry.value, Unknown) else entry.value
    return Refusal(
        entry.quantity,
        "conditions_do_not_match",
        (condition,),
        _sharper(entry.quantity) if condition == HALF_WIDTH else TEST_FOR_REASON[entry.reason],
        {
            "rule": entry.rule_id,
            "quantity": entry.quantity,
            "condition": condition,
            "got": got,
            "required": _bounds_text(values),
            "unit": entry.unit,
        },
    )


def _bounds_text(values: Mapping[str, Scalar]) -> str:
    low, high = values.get("minimum"), values.get("maximum")
    if low is not None and high is not None:
        return f"{low:g}–{high:g}"
    return f"≥ {low:g}" if high is None else f"≤ {high:g}"


def _refusal(entry: RuleOutcome, code: str, test: str | Unknown, **values: Scalar) -> Refusal:
    # Two limits on a figure that is missing are one reason, so the rule is left out of it.
    rule: dict[str, Scalar] = {} if entry.reason in _OF_THE_FIGURE else {"rule": entry.rule_id}
    stated = {**rule, "quantity": entry.quantity, **values}
    return Refusal(entry.quantity, code, (entry.quantity,), test, stated)


def _sharper(quantity: str) -> str:
    return SHARPER_TEST_FOR.get(TEST_FOR.get(quantity, ""), "repeat_with_better_instrument")


def _interval(entry: RuleOutcome, ruleset: Ruleset) -> dict[str, Scalar]:
    figures = {"limit": entry.limit, "low": entry.low, "high": entry.high, "probability": entry.probability_met}
    known = {name: value for name, value in figures.items() if is_known(value)}
    return {**known, "confidence": ruleset.decision.confidence}
