"""Invariants over rulesets that nobody wrote."""

from hypothesis import given
from hypothesis import strategies as st

from hwan.core import UNKNOWN
from hwan.grading import grade

NUMBERS = st.lists(st.floats(0.1, 1.2), min_size=1, max_size=4, unique=True).map(
    lambda found: sorted(found, reverse=True)
)


def ladder(limit, ruleset, numbers, quantity="state_of_health_capacity", **changes):
    rules = [limit(f"at-{index}", quantity, number, **changes) for index, number in enumerate(numbers)]
    classes = [(f"class-{index}", "reuse", (rule.id,)) for index, rule in enumerate(rules)]
    return ruleset(rules, [*classes, ("last", "recycle", ())])


@given(numbers=NUMBERS, health=st.floats(0, 1.4), step=st.floats(0, 0.3), spread=st.floats(1e-4, 0.2))
def test_more_health_never_makes_a_good_class_less_likely(limit, ruleset, measured, numbers, health, step, spread):
    rules = ladder(limit, ruleset, numbers)
    lower, higher = (
        grade([measured(value, spread)], (), rules).class_probabilities for value in (health, health + step)
    )
    for count in range(1, len(numbers) + 1):
        names = [f"class-{index}" for index in range(count)]
        assert sum(higher[name] for name in names) >= sum(lower[name] for name in names) - 1e-9


@given(numbers=NUMBERS, health=st.floats(0, 1.4), spread=st.floats(1e-4, 0.2))
def test_classes_of_one_quantity_add_up_to_one(limit, ruleset, measured, numbers, health, spread):
    found = grade([measured(health, spread)], (), ladder(limit, ruleset, numbers)).class_probabilities
    assert abs(sum(found.values()) - 1) < 1e-9
    assert all(0 <= value <= 1 for value in found.values())


@given(
    number=st.floats(0.1, 1.2), other=st.floats(0.1, 1.2), health=st.floats(0, 1.4), energy=st.floats(0, 1.4),
    spread=st.floats(1e-4, 0.2),
)  # fmt: skip
def test_classes_of_two_quantities_add_up_to_at_most_one(
    limit, ruleset, measured, number, other, health, energy, spread
):
    rules = [limit("a", "state_of_health_capacity", number), limit("b", "state_of_health_energy", other)]
    made = ruleset(rules, [("both", "reuse", ("a", "b")), ("one", "reuse", ("a",)), ("last", "recycle", ())])
    figures = [measured(health, spread), measured(energy, spread, "state_of_health_energy")]
    assert sum(grade(figures, (), made).class_probabilities.values()) <= 1 + 1e-9


@given(numbers=NUMBERS, hidden=st.integers(0, 3), health=st.floats(0, 1.4), spread=st.floats(1e-4, 0.2))
def test_one_number_that_is_not_public_refuses_the_grade(limit, ruleset, measured, numbers, hidden, health, spread):
    which = hidden % len(numbers)
    rules = ladder(limit, ruleset, [UNKNOWN if index == which else each for index, each in enumerate(numbers)])
    outcome = grade([measured(health, spread)], (), rules)
    assert (outcome.status, outcome.grade_class) == ("refused", UNKNOWN)
    assert outcome.outcomes[which].verdict == "not_assessable"
