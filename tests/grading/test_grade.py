from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwan.core import (
    UNKNOWN,
    Clause,
    Conditions,
    Denominator,
    Finding,
    Grade,
    Observation,
    Parameter,
    Quantile,
    Refusal,
    Requirement,
    from_json,
    to_json,
)
from hwan.grading import grade

AS_REQUIRED = Conditions(temperature_celsius=25.0, rate_per_hour=1 / 3, rest_before_second=1800.0)


def codes(outcome):
    return [refusal.code for refusal in outcome.refusals]


def rule(outcome, name):
    return next(entry for entry in outcome.outcomes if entry.rule_id == name)


@pytest.mark.parametrize(
    ("health", "expected"),
    [(0.95, "remanufacture"), (0.70, "reuse"), (0.50, "recycle")],
)
def test_each_class_is_reached(house, gate, battery, health, expected):
    outcome = grade(battery(health), gate, house)
    assert (outcome.status, outcome.grade_class, outcome.validity_days) == ("graded", expected, 90)
    assert outcome.probability >= 0.95
    assert outcome.class_probabilities[expected] == outcome.probability
    assert sum(outcome.class_probabilities.values()) == pytest.approx(1)
    assert outcome.ruleset_sha256 == house.sha256
    assert len(outcome.outcomes) == len(house.rules)
    assert not outcome.refusals


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"rate_per_hour": 0.5}, "conditions_match"),
        ({"rate_per_hour": 0.500066}, "conditions_match_within_tolerance"),
        ({"rate_per_hour": 0.0496}, "conditions_match_within_tolerance"),
        ({"rate_per_hour": 0.506}, "conditions_do_not_match"),
        ({"rest_before_second": 599.9925}, "conditions_match_within_tolerance"),
        ({"rest_before_second": 593.0}, "conditions_do_not_match"),
        ({"temperature_celsius": 30.4}, "conditions_do_not_match"),
    ],
)
def test_a_requirement_has_a_tolerance_and_says_when_it_was_used(house, gate, battery, changes, reason):
    outcome = grade(battery(0.95, conditions=replace(AS_REQUIRED, **changes)), gate, house)
    (condition,) = changes
    (entry,) = (each for each in outcome.outcomes if each.values.get("condition") == condition)
    assert entry.reason == reason
    assert entry.verdict == ("failed" if reason == "conditions_do_not_match" else "passed")
    assert entry.values["tolerance"] == 0.01
    assert (outcome.status == "refused") == (reason == "conditions_do_not_match")


def test_certainty_is_never_claimed(house, gate, battery):
    assert grade(battery(0.99, 1e-9), gate, house).probability == pytest.approx(0.995)


def test_outcome_carries_figure_limit_distance_and_probability(house, gate, battery):
    entry = rule(grade(battery(0.81), gate, house), "health-remanufacture")
    assert (entry.verdict, entry.value, entry.limit, entry.unit) == ("passed", 0.81, 0.8, "1")
    assert entry.distance == pytest.approx(0.01)
    assert entry.low < 0.81 < entry.high
    assert entry.probability_met == pytest.approx(0.9772, abs=1e-4)


def test_an_interval_across_a_limit_is_undecided_and_names_the_test(house, gate, battery):
    outcome = grade(battery(0.80, 0.02), gate, house)
    assert (outcome.status, outcome.grade_class, outcome.validity_days) == ("undecided", UNKNOWN, UNKNOWN)
    [refusal] = outcome.refusals
    assert refusal.code == "grade_interval_spans_limit"
    assert refusal.test_needed == "repeat_capacity_test_with_better_instrument"
    assert refusal.values["rule"] == "health-remanufacture"
    assert refusal.values["low"] < refusal.values["limit"] < refusal.values["high"]


def test_quantiles_too_narrow_for_a_middle_class_are_undecided(house, gate, battery):
    stored = tuple(Quantile(p, v) for p, v in ((0.05, 0.69), (0.5, 0.70), (0.95, 0.71)))
    outcome = grade(battery(0.70, quantiles=stored), gate, house)
    assert outcome.status == "undecided"
    assert codes(outcome) == ["grade_class_not_decided"]
    assert outcome.refusals[0].values["class_id"] == "reuse"


@given(health=st.floats(0.3, 1.1), spread=st.floats(1e-4, 0.2))
def test_a_better_battery_is_never_in_a_worse_class(house, gate, battery, health, spread):
    order = {"remanufacture": 0, "reuse": 1, "recycle": 2}
    lower, higher = (grade(battery(value, spread), gate, house) for value in (health, health + 0.01))
    tails = [outcome.class_probabilities for outcome in (lower, higher)]
    assert tails[1]["remanufacture"] >= tails[0]["remanufacture"] - 1e-12
    assert tails[1]["recycle"] <= tails[0]["recycle"] + 1e-12
    if lower.status == higher.status == "graded":
        assert order[higher.grade_class] <= order[lower.grade_class]


@given(health=st.floats(0.3, 1.1), spread=st.floats(1e-4, 0.2), seed=st.randoms(use_true_random=False))
def test_the_order_of_readings_and_of_other_figures_changes_nothing(house, gate, battery, health, spread, seed):
    figures, readings = battery(health, spread), list(gate)
    expected = grade(figures, readings, house)
    seed.shuffle(figures)
    seed.shuffle(readings)
    assert grade(figures, readings, house) == expected


@pytest.mark.parametrize("missing", range(3))
def test_an_absent_safety_item_is_not_assessable_never_safe(house, gate, battery, missing):
    readings = [reading for position, reading in enumerate(gate) if position != missing]
    outcome = grade(battery(0.95), readings, house)
    assert outcome.status == "refused"
    assert codes(outcome) == ["safety_item_absent"]
    assert outcome.refusals[0].quantity == gate[missing].quantity
    assert outcome.refusals[0].test_needed is not UNKNOWN
    unknown = [*readings, replace(gate[missing], value=UNKNOWN)]
    assert grade(battery(0.95), unknown, house) == outcome


BAD = [
    Observation("visual_inspection", False),
    Observation("insulation_resistance", 499.0, "ohm/V"),
    Observation("cell_voltage_spread", 0.11, "V"),
]


@pytest.mark.parametrize("bad", BAD, ids=lambda reading: reading.quantity)
@pytest.mark.parametrize("first", [True, False])
def test_a_failed_safety_item_ends_every_reuse_whatever_else_is_said(house, gate, battery, bad, first):
    readings = [bad, *gate] if first else [*gate, bad]
    stop = Finding("auxiliary_data_lost", "stop")
    for figures, findings in ((battery(0.99), ()), ([], ()), (battery(0.99), (stop,))):
        outcome = grade(figures, readings, house, findings=findings)
        assert (outcome.status, outcome.grade_class) == ("graded", "recycle")
        assert outcome.probability is UNKNOWN
        assert [o.quantity for o in outcome.outcomes if o.reason == "safety_gate_failed"] == [bad.quantity]


@pytest.mark.parametrize(
    "reading",
    [Observation("insulation_resistance", 2.0, "Mohm"), Observation("insulation_resistance", True, "ohm/V")],
)
def test_readings_in_another_unit_are_not_converted(house, gate, battery, reading):
    outcome = grade(battery(0.95), [gate[0], gate[2], reading], house)
    assert codes(outcome) == ["unit_mismatch"]


def test_a_stop_finding_refuses_wherever_it_stands(house, gate, battery):
    stop = Finding("auxiliary_data_lost", "stop", "rows 3-4")
    assert codes(grade(battery(0.95), gate, house, findings=[stop])) == ["finding_stops_grade"]
    inside = grade(battery(0.95, findings=(stop,)), gate, house, findings=[stop])
    assert codes(inside) == ["finding_stops_grade"]
    assert inside.refusals[0].values["finding"] == "auxiliary_data_lost"
    assert grade(battery(0.95), gate, house, findings=[Finding("x", "warning")]).status == "graded"


def test_every_reason_is_collected_not_only_the_first(house):
    outcome = grade([], [], house, findings=[Finding("auxiliary_data_lost", "stop")])
    assert sorted(codes(outcome)) == sorted(
        ["finding_stops_grade", *["safety_item_absent"] * 3, "graded_quantity_missing", *["parameter_missing"] * 2]
    )
    assert all(refusal.test_needed is not UNKNOWN for refusal in outcome.refusals)


def test_a_missing_figures_own_refusal_is_carried(house, gate, battery):
    own = Refusal("state_of_health_capacity", "no_full_charge_recorded", ("full charge",), "full_charge_rest_discharge")
    outcome = grade(battery(0.9)[1:], gate, house, refusals=[own, Refusal("other", "not_wanted")])
    assert outcome.refusals == (own,)
    resistance = Refusal("dc_resistance", "no_pulse_recorded", ("pulse",), "pulse_after_rest")
    outcome = grade([battery(0.9)[0], battery(0.9)[2]], gate, house, refusals=[resistance])
    assert codes(outcome) == ["parameter_missing", "no_pulse_recorded"]
    assert outcome.refusals[0].values["cause"] == "no_pulse_recorded"
    assert outcome.refusals[0].test_needed == "pulse_after_rest"


@pytest.mark.parametrize(
    ("change", "got"),
    [
        ({"temperature_celsius": 12.0}, 12.0),
        ({"temperature_celsius": UNKNOWN}, "unknown"),
        ({"rate_per_hour": 1.0}, 1.0),
        ({"rate_per_hour": 0.01}, 0.01),
        ({"rest_before_second": 60.0}, 60.0),
    ],
)
def test_a_condition_unmet_or_unknown_refuses(house, gate, battery, change, got):
    outcome = grade(battery(0.95, conditions=replace(AS_REQUIRED, **change)), gate, house)
    [refusal] = outcome.refusals
    assert refusal.code == "conditions_do_not_match"
    assert refusal.missing == tuple(change)
    assert refusal.values["got"] == got


def test_bounds_of_conditions_are_included(house, gate, battery):
    edge = Conditions(temperature_celsius=20.0, rate_per_hour=0.5, rest_before_second=600.0)
    assert grade(battery(0.95, conditions=edge), gate, house).status == "graded"


def test_the_last_figure_made_as_required_is_graded(house, gate, battery, measured):
    fast = measured(0.55, conditions=replace(AS_REQUIRED, rate_per_hour=2.0))
    outcome = grade([measured(0.95), *battery(0.9), fast], gate, house)
    assert (outcome.grade_class, rule(outcome, "health-reuse").value) == ("remanufacture", 0.9)


def test_a_figure_without_interval_is_not_assessable(house, gate, battery):
    assert codes(grade(battery(0.95, quantiles=()), gate, house)) == ["interval_missing"]


def test_a_parameter_in_another_unit_is_missing(house, gate, battery, measured):
    figures = [*battery(0.9)[:2], measured(50.0, 0.2, "energy", "kWh")]
    [refusal] = grade(figures, gate, house).refusals
    assert (refusal.code, refusal.values["cause"]) == ("parameter_missing", "unit_mismatch")


def test_a_rule_without_a_public_number_is_never_guessed(ruleset, limit, measured):
    rules = ruleset([limit("secret", "q", UNKNOWN)], [("a", "reuse", ("secret",)), ("b", "recycle", ())])
    outcome = grade([measured(0.9, quantity="q")], [], rules)
    assert outcome.status == "refused"
    assert (rule(outcome, "secret").verdict, rule(outcome, "secret").limit) == ("not_assessable", UNKNOWN)
    assert codes(outcome) == ["rule_without_public_number"]
    without = Requirement("secret-window", "requirement", "q", "temperature_celsius", "degC", Clause("test"))
    rules = ruleset([limit("known", "q", 0.5), without], [("a", "reuse", ("known",)), ("b", "recycle", ())])
    assert codes(grade([measured(0.9, quantity="q")], [], rules)) == ["rule_without_public_number"]


@pytest.mark.parametrize("statistic", ["mean", "maximum", "p95"])
def test_statistics_of_a_series_are_refused_clearly(ruleset, limit, measured, statistic):
    rules = ruleset(
        [limit("series", "q", 0.5, statistic=statistic)], [("a", "reuse", ("series",)), ("b", "recycle", ())]
    )
    assert codes(grade([measured(0.9, quantity="q")], [], rules)) == ["statistic_not_supported"]


def with_rating(rating):
    return replace(AS_REQUIRED, denominator=Denominator("capacity", rating, "Ah", "maker"))


@pytest.mark.parametrize(
    ("basis", "bound", "number", "unit"), [("relative", "at_least", 0.8, "1"), ("points", "at_most", 20.0, "points")]
)
@pytest.mark.parametrize(("value", "expected"), [(85.0, "a"), (75.0, "b")])
def test_relative_and_points_are_counted_from_the_rating(
    ruleset, limit, measured, basis, bound, number, unit, value, expected
):
    held = limit("held", "capacity", number, basis=basis, bound=bound, unit=unit)
    rules = ruleset([held], [("a", "reuse", ("held",)), ("b", "recycle", ())])
    figure = measured(value, 0.5, "capacity", "Ah", conditions=with_rating(100.0))
    outcome = grade([figure], [], rules)
    assert outcome.grade_class == expected
    entry = rule(outcome, "held")
    assert entry.value == pytest.approx(value / 100 if basis == "relative" else 100 - value)
    assert entry.low < entry.value < entry.high
    assert codes(grade([replace(figure, conditions=AS_REQUIRED)], [], rules)) == ["rating_unknown"]


def test_a_fraction_is_already_relative(ruleset, limit, measured):
    rules = ruleset(
        [limit("held", "q", 20.0, basis="points", bound="at_most", unit="points")],
        [("a", "reuse", ("held",)), ("b", "recycle", ())],
    )
    assert grade([measured(0.85, quantity="q")], [], rules).grade_class == "a"


def test_a_measured_safety_item_whose_interval_spans_the_limit_is_not_safe(ruleset, limit, measured):
    held = limit("gate", "surface_temperature", 45.0, bound="at_most", unit="degC", safety=True)
    rules = ruleset([held], [("a", "recycle", ())])
    figure = measured(45.0, 1.0, "surface_temperature", "degC")
    assert codes(grade([figure], [], rules)) == ["safety_item_undecided"]
    assert codes(grade([figure], [Observation("surface_temperature", 20.0, "degC")], rules)) == [
        "safety_item_undecided"
    ]
    hot = grade([figure], [Observation("surface_temperature", 60.0, "degC")], rules)
    assert rule(hot, "gate").reason == "safety_gate_failed"


def test_hand_readings_may_bound_a_class_or_be_a_parameter(ruleset, limit):
    held = limit("leak", "self_discharge", 5.0, bound="at_most", unit="mV/day")
    stated = Parameter("stated", "parameter", "surface_temperature", "degC", Clause("test"))
    rules = ruleset([held, stated], [("a", "reuse", ("leak",)), ("b", "recycle", ())])
    warm = Observation("surface_temperature", 25.0, "degC")
    slow, fast = (Observation("self_discharge", value, "mV/day") for value in (3.0, 9.0))
    assert grade([], [slow, warm], rules).grade_class == "a"
    assert grade([], [slow, fast, warm], rules).grade_class == "b"
    assert codes(grade([], [slow], rules)) == ["parameter_missing"]


@pytest.mark.parametrize("health", [0.95, 0.80, None])
def test_grades_round_trip_through_json(house, gate, battery, health):
    outcome = grade(battery(health, 0.02) if health else [], gate, house)
    assert from_json(Grade, to_json(outcome)) == outcome
