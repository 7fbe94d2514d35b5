from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwan.core import Quantile
from hwan.grading._probability import central_interval, probability_met, usable

PROBABILITIES = (0.005, 0.05, 0.5, 0.95, 0.995)
VALUES = st.lists(st.floats(-1e3, 1e3), min_size=5, max_size=5).map(sorted)
LIMITS = st.floats(-1e4, 1e4)


def quantiles(values):
    return tuple(Quantile(p, value) for p, value in zip(PROBABILITIES, values, strict=True))


@given(st.floats(-2.5, 2.5))
def test_exact_for_a_normal_distribution(z):
    shape = NormalDist(0.8, 0.01)
    stored = quantiles([shape.inv_cdf(p) for p in PROBABILITIES])
    limit = 0.8 + 0.01 * z
    assert probability_met(stored, "at_most", limit) == pytest.approx(shape.cdf(limit), abs=1e-9)
    assert probability_met(stored, "at_least", limit) == pytest.approx(1 - shape.cdf(limit), abs=1e-9)


@given(VALUES, LIMITS, LIMITS)
def test_monotone_and_never_beyond_what_is_stored(values, one, other):
    stored = quantiles(values)
    low, high = sorted((one, other))
    assert probability_met(stored, "at_least", low) >= probability_met(stored, "at_least", high) - 1e-12
    assert probability_met(stored, "at_most", low) <= probability_met(stored, "at_most", high) + 1e-12
    for bound in ("at_least", "at_most"):
        assert 0.005 - 1e-12 <= probability_met(stored, bound, one) <= 0.995 + 1e-12


@given(VALUES, LIMITS)
def test_the_two_sides_overlap_only_on_the_limit(values, limit):
    stored = quantiles(values)
    both = probability_met(stored, "at_least", limit) + probability_met(stored, "at_most", limit)
    assert both >= 1 - 1e-9
    if limit not in values:
        assert both == pytest.approx(1)


def test_a_figure_that_equals_its_limit_meets_it():
    sure = quantiles([0.8] * 5)
    assert probability_met(sure, "at_least", 0.8) == pytest.approx(0.995)
    assert probability_met(sure, "at_most", 0.8) == pytest.approx(0.995)


@pytest.mark.parametrize(
    ("stored", "answer"),
    [
        ((), False),
        ((Quantile(0.5, 1.0),), True),
        ((Quantile(0.5, float("nan")),), False),
        ((Quantile(0.0, 1.0),), False),
        ((Quantile(0.05, 2.0), Quantile(0.95, 1.0)), False),
        ((Quantile(0.95, 1.0), Quantile(0.05, 2.0)), False),
    ],
)
def test_usable(stored, answer):
    assert usable(stored) is answer


def test_central_interval_falls_back_to_the_outermost():
    assert central_interval(quantiles([1, 2, 3, 4, 5])) == (2, 4)
    assert central_interval((Quantile(0.1, 1.0), Quantile(0.9, 3.0))) == (1.0, 3.0)
