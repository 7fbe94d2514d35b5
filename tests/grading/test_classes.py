import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwan.grading._classes import class_probabilities

SHARE = st.floats(0, 1)
LADDER = [("a", "remanufacture", ("high",)), ("b", "reuse", ("low",)), ("c", "recycle", ())]


@given(SHARE, SHARE)
def test_one_quantity_is_differences_of_tails_and_adds_up_to_one(ruleset, limit, one, other):
    rules = ruleset([limit("high", "q", 0.8), limit("low", "q", 0.6)], LADDER)
    least, most = sorted((one, other))
    found = class_probabilities(rules, {"high": least, "low": most})
    assert list(found.values()) == pytest.approx([least, most - least, 1 - most])


@given(SHARE, SHARE)
def test_two_quantities_give_the_least_that_any_dependence_allows(ruleset, limit, one, other):
    rules = ruleset(
        [limit("q-limit", "q", 0.8), limit("r-limit", "r", 0.6, bound="at_most")],
        [("a", "reuse", ("q-limit", "r-limit")), ("b", "recycle", ())],
    )
    found = class_probabilities(rules, {"q-limit": one, "r-limit": other})
    assert found["a"] == pytest.approx(max(0, one + other - 1), abs=1e-12)
    assert found["b"] == pytest.approx(1 - min(one, other), abs=1e-12)


@given(st.lists(SHARE, min_size=3, max_size=3))
def test_never_more_than_one_in_all(ruleset, limit, shares):
    names = ("x", "y", "z")
    rules = ruleset(
        [limit(name, name, 0.5) for name in names],
        [("a", "reuse", ("x", "y")), ("b", "reuse", ("z",)), ("c", "recycle", ())],
    )
    found = class_probabilities(rules, dict(zip(names, shares, strict=True)))
    assert all(0 <= share <= 1 for share in found.values())
    assert sum(found.values()) <= 1 + 1e-9


def test_a_window_on_one_quantity_is_exact(ruleset, limit):
    rules = ruleset(
        [limit("from", "q", 0.6), limit("to", "q", 0.8, bound="at_most")],
        [("a", "reuse", ("from", "to")), ("b", "recycle", ())],
    )
    found = class_probabilities(rules, {"from": 0.9, "to": 0.7})
    assert found["a"] == pytest.approx(0.6)
