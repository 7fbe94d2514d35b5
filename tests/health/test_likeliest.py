"""Probabilities against drawn errors, and what must not change them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwan.health._likeliest import distribution, greatest

DRAWS = 200_000


def drawn(values, gain, offset, sigma):
    random = np.random.default_rng(5)
    size = (DRAWS, len(values))
    errors = (
        gain * random.uniform(-1, 1, size) + offset * random.uniform(-1, 1, size) + sigma * random.normal(size=size)
    )
    return np.bincount((values + errors).argmax(axis=1), minlength=len(values)) / DRAWS


@pytest.mark.parametrize(
    ("values", "gain", "offset", "sigma"),
    [
        ([1.0, 1.001, 1.0005], [1e-3] * 3, [2e-3] * 3, [3e-4] * 3),
        ([1.0, 1.0002, 1.0001], [0.0] * 3, [0.0] * 3, [1e-4] * 3),  # noise alone
        ([1.0, 1.0002, 1.0001], [0.0] * 3, [2e-4] * 3, [0.0] * 3),  # offset alone
        ([1.0, 1.001, 0.5], [1e-4] * 3, [0.0] * 3, [0.0, 0.0, 3.0]),  # one far less known than the others
        ([3.7, 3.701], [1.8e-3, 1e-5], [2e-3, 0.0], [1e-4, 1e-3]),
    ],
)
def test_probabilities_are_those_of_drawn_errors(values, gain, offset, sigma):
    given_ = [np.array(each, dtype=float) for each in (values, gain, offset, sigma)]
    assert greatest(*given_) == pytest.approx(drawn(*given_), abs=4 * np.sqrt(0.25 / DRAWS))


def test_without_errors_the_greatest_is_certain_and_equals_share():
    none = np.zeros(2)
    assert greatest(np.array([1.0, 2.0]), none, none, none).tolist() == [0.0, 1.0]
    assert greatest(np.array([2.0, 2.0]), none, none, none).tolist() == [0.5, 0.5]


def test_the_distribution_has_the_moments_of_its_parts():
    x = np.linspace(-1.0, 1.0, 20_001)
    density = np.diff(distribution(x, np.array(0.2), np.array(0.1), np.array(0.05)))
    middle = (x[1:] + x[:-1]) / 2
    assert density.sum() == pytest.approx(1)
    assert middle @ density == pytest.approx(0, abs=1e-9)
    assert middle**2 @ density == pytest.approx(0.2**2 / 3 + 0.1**2 / 3 + 0.05**2, rel=1e-5)


readings = st.lists(st.floats(3.60, 3.61), min_size=2, max_size=12).map(np.array)


@settings(max_examples=40, deadline=None)
@given(values=readings, shift=st.floats(-1, 1), seed=st.integers(0, 99))
def test_probabilities_sum_to_one_and_know_neither_zero_nor_order(values, shift, seed):
    random = np.random.default_rng(seed)
    gain, offset, sigma = random.uniform(1e-4, 2e-3, (3, len(values)))
    found = greatest(values, gain, offset, sigma)
    assert found.sum() == pytest.approx(1)
    assert (found >= 0).all()
    assert greatest(values + shift, gain, offset, sigma) == pytest.approx(found, abs=1e-6)
    order = random.permutation(len(values))
    assert greatest(values[order], gain[order], offset[order], sigma[order]) == pytest.approx(found[order], abs=1e-9)
    assert greatest(1e-4 * values, 1e-4 * gain, 1e-4 * offset, 1e-4 * sigma) == pytest.approx(found, abs=1e-6)


@settings(max_examples=20, deadline=None)
@given(values=readings, more=st.floats(1e-4, 1e-2))
def test_a_higher_reading_is_never_less_likely(values, more):
    errors = (np.full(len(values), 1e-3),) * 3
    raised = values + more * (np.arange(len(values)) == 0)
    assert greatest(raised, *errors)[0] >= greatest(values, *errors)[0] - 1e-9
