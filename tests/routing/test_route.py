import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwan.core import (
    CHEMISTRIES,
    UNKNOWN,
    Grade,
    GradeClass,
    Refusal,
    Route,
    RuleOutcome,
    from_json,
    to_json,
)
from hwan.core.language import catalogue
from hwan.routing import route

FRACTION = st.floats(0.3, 1.1)
SPREAD = st.floats(1e-4, 0.1)
PRICED = ("nmc111", "nmc532", "nmc622", "nmc811", "nca", "lfp")


def way(outcome, name):
    return next(entry for entry in outcome.alternatives if entry.route == name)


def term(alternative, name):
    return next(entry for entry in alternative.terms if entry.name == name)


def codes(outcome):
    return [refusal.code for refusal in outcome.refusals]


@pytest.mark.parametrize(("chemistry", "printed"), [("nmc622", "+5.3"), ("lfp", "-13.0")])
def test_what_the_holder_receives_per_kwh(prices, pack, health, graded, chemistry, printed):
    outcome = route(graded("recycle"), pack(chemistry), [health(0.7)], prices)
    paid = term(way(outcome, "recycle"), "feed_price")
    assert f"{paid.central / 64:+.1f}" == printed
    assert paid.source.startswith("EverBatt 2023")


def test_price_per_kg_of_pack_is_that_of_the_workbook(prices, pack, health, graded):
    outcome = route(graded("recycle"), pack(), [health(0.7)], prices)
    recycle = way(outcome, "recycle")
    per_kg = term(recycle, "feed_price").central / term(recycle, "transport").values["mass_kg"]
    assert round(per_kg, 3) == 1.020


def test_published_ends_of_the_recycling_value(prices, pack, health, graded):
    paid = term(way(route(graded("recycle"), pack(), [health(0.7)], prices), "recycle"), "feed_price")
    assert (paid.low / 64, paid.high / 64) == (pytest.approx(-21.43), pytest.approx(21.91))


def test_reuse_by_hand(prices, pack, health, graded):
    outcome = route(graded("reuse"), pack(), [health(0.75)], prices)
    reuse = way(outcome, "reuse")
    assert term(reuse, "resale").central == pytest.approx(90 * 0.75 * 64)
    assert term(reuse, "repurposing").central == pytest.approx(-35.4 * 64)
    assert term(reuse, "test").central == pytest.approx(-15)
    assert term(reuse, "failure").central == pytest.approx(-0.03 * 90 * 64)
    later = term(reuse, "later_recycling").central
    assert later == pytest.approx(term(way(outcome, "recycle"), "feed_price").central / 1.08**10)
    assert outcome.choice == "reuse"


def test_remanufacture_by_hand(prices, pack, health, graded):
    outcome = way(route(graded("remanufacture"), pack(), [health(0.9)], prices), "remanufacture")
    assert term(outcome, "part_sale").central == pytest.approx(0.75 * 132 * 0.9 * 64)
    assert term(outcome, "replaced_modules").central == pytest.approx(-0.1 * 132 * 64)
    assert term(outcome, "disassembly").central == pytest.approx(-2.5 * 25)
    assert term(outcome, "disassembly").low == pytest.approx(-2.5 * 50)


def test_a_module_is_not_opened_and_weighs_less(prices, pack, health, graded):
    whole, module = (
        way(route(graded("remanufacture"), pack("lfp", level=level), [health(0.9)], prices), "remanufacture")
        for level in ("pack", "module")
    )
    assert term(module, "disassembly").central == 0
    assert term(module, "transport").central > term(whole, "transport").central
    assert term(module, "later_recycling").central > term(whole, "later_recycling").central


def test_a_stated_mass_is_used(prices, pack, health, graded):
    heavy = way(route(graded("recycle"), pack("lfp", mass_kg=500.0), [health(0.7)], prices), "recycle")
    assert term(heavy, "feed_price").central == pytest.approx(-1000)
    manganese = route(graded("recycle"), pack("lmo", mass_kg=500.0), [health(0.7)], prices)
    assert manganese.status == "chosen"


@given(chemistry=st.sampled_from(PRICED), fraction=FRACTION, spread=SPREAD)
def test_the_sum_of_the_terms_is_the_total(prices, pack, health, graded, chemistry, fraction, spread):
    outcome = route(graded("remanufacture"), pack(chemistry), [health(fraction, spread)], prices)
    for entry in outcome.alternatives:
        for end in ("low", "central", "high"):
            assert getattr(entry, end) == math.fsum(getattr(part, end) for part in entry.terms)
        assert entry.low <= entry.central <= entry.high
        assert all(part.low <= part.central <= part.high for part in entry.terms)
        assert all(part.unit == entry.unit == "USD" and part.source for part in entry.terms)


@given(chemistry=st.sampled_from(PRICED), one=FRACTION, other=FRACTION, spread=SPREAD)
def test_reuse_is_worth_more_the_healthier_the_battery(prices, pack, health, graded, chemistry, one, other, spread):
    worse, better = (
        route(graded("remanufacture"), pack(chemistry), [health(value, spread)], prices)
        for value in sorted((one, other))
    )
    for name in ("reuse", "remanufacture"):
        for end in ("low", "central", "high"):
            assert getattr(way(better, name), end) >= getattr(way(worse, name), end)
    assert way(better, "recycle") == way(worse, "recycle")


@given(chemistry=st.sampled_from(PRICED), fraction=FRACTION, one=SPREAD, other=SPREAD)
def test_a_wider_interval_never_narrows_the_range(prices, pack, health, graded, chemistry, fraction, one, other):
    narrow, wide = (
        route(graded("remanufacture"), pack(chemistry), [health(fraction, spread)], prices)
        for spread in sorted((one, other))
    )
    for inner, outer in zip(narrow.alternatives, wide.alternatives, strict=True):
        assert outer.low <= inner.low
        assert outer.high >= inner.high
        assert outer.central == inner.central


@given(fraction=FRACTION, cobalt=st.floats(0, 1000), nickel=st.floats(0, 1000), mass=st.floats(1, 5000))
def test_lfp_without_gate_fee_is_never_recycled_for_profit(
    prices, pack, health, graded, fraction, cobalt, nickel, mass
):
    free = replace(prices.feed.per_kg["lfp"], low=0.0, central=0.0, high=0.0)
    metals = replace(
        prices.metals,
        cobalt=replace(prices.metals.cobalt, low=cobalt, central=cobalt, high=cobalt),
        nickel=replace(prices.metals.nickel, low=nickel, central=nickel, high=nickel),
    )
    own = replace(prices, metals=metals, feed=replace(prices.feed, per_kg={"lfp": free}))
    for level in ("pack", "module"):
        outcome = route(graded("recycle"), pack("lfp", level=level, mass_kg=mass), [health(fraction)], own)
        assert way(outcome, "recycle").high <= 0


@given(seed=st.randoms(use_true_random=False), fraction=FRACTION)
def test_the_order_of_what_is_handed_over_changes_nothing(prices, pack, health, graded, seed, fraction):
    shuffle = seed.shuffle
    contents, fees = list(prices.contents.items()), list(prices.feed.per_kg.items())
    figures = [health(fraction), health(fraction - 0.1, quantity="state_of_health_energy")]
    expected = route(graded("reuse"), pack(), figures, prices)
    for listed in (contents, fees, figures):
        shuffle(listed)
    own = replace(prices, contents=dict(contents), feed=replace(prices.feed, per_kg=dict(fees)))
    assert route(graded("reuse"), pack(), figures, own) == expected
    for entry in expected.alternatives:
        terms = list(entry.terms)
        shuffle(terms)
        assert math.fsum(part.central for part in terms) == entry.central


@given(fraction=FRACTION, chemistry=st.sampled_from(PRICED))
def test_at_the_switching_price_reuse_equals_the_next_best(prices, pack, health, graded, fraction, chemistry):
    first = route(graded("remanufacture"), pack(chemistry), [health(fraction)], prices)
    price = first.switching_price_per_kwh
    if price < 0:
        return
    at = replace(prices.reuse.resale, low=price, central=price, high=price)
    again = route(
        graded("remanufacture"),
        pack(chemistry),
        [health(fraction)],
        replace(prices, reuse=replace(prices.reuse, resale=at)),
    )
    others = [entry.central for entry in again.alternatives if entry.route != "reuse"]
    assert way(again, "reuse").central == pytest.approx(max(others), rel=1e-9, abs=1e-6)


@given(fraction=FRACTION, spread=SPREAD, name=st.sampled_from(["remanufacture", "reuse", "recycle"]))
def test_the_choice_is_the_best_open_way_and_chosen_only_when_clear(
    prices, pack, health, graded, fraction, spread, name
):
    outcome = route(graded(name), pack(), [health(fraction, spread)], prices)
    opened = [entry for entry in outcome.alternatives if entry.allowed]
    best = way(outcome, outcome.choice)
    assert best.central == max(entry.central for entry in opened)
    others = [entry for entry in opened if entry is not best]
    assert (outcome.status == "chosen") == all(best.low > entry.high for entry in others)
    if others:
        assert outcome.margin == pytest.approx(best.central - max(entry.central for entry in others))
    else:
        assert outcome.margin is UNKNOWN


def test_a_clear_lead_is_chosen(prices, pack, health, graded):
    rich = replace(prices.reuse.resale, low=400.0, central=400.0, high=400.0)
    own = replace(prices, reuse=replace(prices.reuse, resale=rich))
    assert route(graded("reuse"), pack(), [health(0.75)], own).status == "chosen"
    assert route(graded("reuse"), pack(), [health(0.75)], prices).status == "leading"


@pytest.mark.parametrize(
    ("name", "reasons"),
    [
        ("remanufacture", ["class_reached", "below_class", "below_class"]),
        ("reuse", ["class_not_reached", "class_reached", "below_class"]),
        ("recycle", ["class_not_reached", "class_not_reached", "class_reached"]),
    ],
)
def test_a_battery_may_go_lower_than_its_class_never_higher(prices, pack, health, graded, name, reasons):
    outcome = route(graded(name), pack(), [health(0.99)], prices)
    assert [entry.reason for entry in outcome.alternatives] == reasons
    assert [entry.allowed for entry in outcome.alternatives] == [reason != "class_not_reached" for reason in reasons]


def test_below_the_safety_gate_only_recycling_is_open(prices, pack, graded):
    failed = RuleOutcome("gate", "limit", "failed", "visual_inspection", False, reason="safety_gate_failed")
    outcome = route(replace(graded("recycle"), outcomes=(failed,)), pack(), [], prices)
    assert (outcome.status, outcome.choice) == ("chosen", "recycle")
    assert [entry.reason for entry in outcome.alternatives] == [
        "safety_gate_failed",
        "safety_gate_failed",
        "class_reached",
    ]
    assert outcome.switching_price_per_kwh is UNKNOWN


def test_without_a_state_of_health_only_recycling_has_a_figure(prices, pack, graded):
    outcome = route(graded("remanufacture"), pack(), [], prices)
    assert [entry.reason for entry in outcome.alternatives] == ["health_unknown", "health_unknown", "below_class"]
    assert outcome.choice == "recycle"


def test_energy_comes_before_capacity_and_the_graded_test_before_later_ones(prices, pack, health, graded):
    capacity, later = health(0.9), health(0.6, row=100)
    energy, later_energy = (health(v, quantity="state_of_health_energy", row=r) for v, r in ((0.85, 0), (0.5, 100)))
    held = RuleOutcome("held", "limit", "passed", "state_of_health_capacity", 0.9)
    grade = replace(graded("reuse"), outcomes=(held,))

    def used(figures, verdict=grade):
        values = term(way(route(verdict, pack(), figures, prices), "reuse"), "resale").values
        return values["fraction_of"], values["remaining_fraction"]

    assert used([capacity, energy, later, later_energy]) == ("state_of_health_energy", 0.85)
    assert used([capacity, later]) == ("state_of_health_capacity", 0.9)
    assert used([capacity, later], graded("reuse")) == ("state_of_health_capacity", 0.6)


OBSTACLES = [
    ({"level": "cell"}, "level_is_cell"),
    ({"level": UNKNOWN}, "level_unknown"),
    ({"chemistry": "unknown"}, "chemistry_unknown"),
    ({"rated_energy_wh": UNKNOWN}, "rated_energy_unknown"),
    ({"rated_energy_wh": 0.0}, "rated_energy_unknown"),
    ({"chemistry": "lmo"}, "mass_unknown"),
    *(({"chemistry": name}, "chemistry_not_priced") for name in CHEMISTRIES if name not in (*PRICED, "lmo", "unknown")),
]


@pytest.mark.parametrize(("change", "code"), OBSTACLES)
def test_what_has_no_price_is_refused_never_defaulted(prices, pack, health, graded, change, code):
    chemistry = change.get("chemistry", "nmc622")
    rest = {name: value for name, value in change.items() if name != "chemistry"}
    outcome = route(graded("reuse"), pack(chemistry, **rest), [health(0.7)], prices)
    assert (outcome.status, outcome.choice, codes(outcome)) == ("refused", UNKNOWN, [code])
    assert [(entry.allowed, entry.reason, entry.terms) for entry in outcome.alternatives] == [(False, code, ())] * 3
    for language in ("en", "ko"):
        assert code in catalogue(language)["refusal"]
        assert code in catalogue(language)["reason"]
        for refusal in outcome.refusals:
            assert refusal.test_needed is UNKNOWN or refusal.test_needed in catalogue(language)["test"]


def test_all_obstacles_are_named(prices, pack, graded):
    outcome = route(graded("reuse"), pack("unknown", level=UNKNOWN, rated_energy_wh=UNKNOWN), [], prices)
    assert codes(outcome) == ["level_unknown", "rated_energy_unknown", "chemistry_unknown"]


@pytest.mark.parametrize("status", ["refused", "undecided"])
def test_without_a_grade_the_figures_stand_but_no_way_is_open(prices, pack, health, status):
    missing = Refusal("dc_resistance", "parameter_missing", ("dc_resistance",), "pulse_after_rest")
    grade = Grade(status, "house/1", "0" * 64, refusals=(missing,))
    outcome = route(grade, pack(), [health(0.7)], prices)
    assert (outcome.status, outcome.choice, codes(outcome)) == ("refused", UNKNOWN, [f"grade_{status}"])
    assert outcome.refusals[0].test_needed == "pulse_after_rest"
    assert all(not entry.allowed and entry.reason == f"grade_{status}" for entry in outcome.alternatives)
    assert all(isinstance(entry.central, float) for entry in outcome.alternatives)


def test_classes_with_names_of_their_own_need_their_ruleset(prices, pack, health, graded):
    named = GradeClass("B", "reuse", (), {})
    assert codes(route(graded("B"), pack(), [health(0.7)], prices)) == ["class_has_no_route"]
    assert route(graded("B"), pack(), [health(0.7)], prices, classes=[named]).choice == "reuse"


@pytest.mark.parametrize("name", ["reuse", "B"])
@pytest.mark.parametrize("level", ["pack", "cell"])
def test_routes_round_trip_through_json(prices, pack, health, graded, name, level):
    outcome = route(graded(name), pack(level=level), [health(0.7)], prices)
    assert from_json(Route, to_json(outcome)) == outcome


def test_every_term_and_reason_has_a_sentence(prices, pack, health, graded):
    outcome = route(graded("remanufacture"), pack(), [health(0.7)], prices)
    for language in ("en", "ko"):
        known = catalogue(language)
        assert {part.name for entry in outcome.alternatives for part in entry.terms} <= known["term"].keys()
        assert {entry.reason for entry in outcome.alternatives} <= known["reason"].keys()
