from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from hwan.core import ErrorComponent
from hwan.health import PROBABILITIES, Figure
from hwan.health._uncertainty import merged

P = np.array(PROBABILITIES)


def uniform(effect, key=""):
    return ErrorComponent("part", effect, "uniform", "test", key)


def normal(effect, key=""):
    return ErrorComponent("part", effect, "normal", "test", key)


def offsets(*components):
    return np.array([quantile.value for quantile in Figure(0.0, components).quantiles()])


def triangular(p):
    """Quantiles of the sum of two uniform draws on [-1, 1]."""
    return np.where(p < 0.5, -2 + np.sqrt(8 * np.minimum(p, 0.5)), 2 - np.sqrt(8 * np.minimum(1 - p, 0.5)))


def uniform_and_normal(p, half, sigma):
    """Quantile of U(-half, half) + N(0, sigma), whose distribution is an integral of the normal one."""

    def above(z):
        return z * ndtr(z) + np.exp(-z * z / 2) / np.sqrt(2 * np.pi)

    def cdf(x):
        return sigma * (above((x + half) / sigma) - above((x - half) / sigma)) / (2 * half) - p

    return brentq(cdf, -half - 9 * sigma, half + 9 * sigma, xtol=1e-12)


@pytest.mark.parametrize("effect", [1.0, -1.0, 1e-9, 1e9])
def test_one_uniform(effect):
    assert offsets(uniform(effect)) == pytest.approx((2 * P - 1) * abs(effect), abs=2e-3 * abs(effect))


def test_two_equal_uniforms_are_triangular():
    assert offsets(uniform(1.0), uniform(-1.0)) == pytest.approx(triangular(P), abs=4e-3)


@pytest.mark.parametrize("sigma", [1.0, -1.0, 1e-6])
def test_a_normal(sigma):
    found = offsets(normal(sigma))
    assert found == pytest.approx(ndtri(P) * abs(sigma), abs=1e-3 * np.ptp(found))


@pytest.mark.parametrize("sigma", [0.01, 0.1, 0.3, 1.0, 5.0])
def test_uniform_and_normal_against_the_closed_form(sigma):
    exact = np.array([uniform_and_normal(p, 1.0, sigma) for p in P])
    assert offsets(uniform(1.0), normal(sigma)) == pytest.approx(exact, abs=1e-3 * np.ptp(exact))


def test_many_unequal_sources_against_a_million_draws():
    random = np.random.default_rng(1)
    halves = (1.0, -0.7, 0.3, 0.05)
    draws = sum(half * random.uniform(-1, 1, 1_000_000) for half in halves) + 0.2 * random.standard_normal(1_000_000)
    found = offsets(*(uniform(half) for half in halves), normal(0.12), normal(-0.16))
    assert found == pytest.approx(np.quantile(draws, P), abs=5e-3)


@pytest.mark.parametrize("count", [100, 20_000])
def test_the_sum_of_many_small_uniforms_is_normal(count):
    sigma = np.sqrt(count / 3)
    assert offsets(*[uniform(1.0)] * count) == pytest.approx(sigma * ndtri(P), abs=1e-2 * sigma)


@pytest.mark.parametrize("components", [(), (uniform(0.0),), (normal(0.0), uniform(0.0))])
def test_without_error_every_quantile_is_the_value(components):
    assert [quantile.value for quantile in Figure(3.5, components).quantiles()] == [3.5] * len(PROBABILITIES)


effects = st.floats(-1e3, 1e3)


@given(st.floats(-1e3, 1e3), st.lists(st.builds(uniform, effects) | st.builds(normal, effects), max_size=12))
def test_quantiles_are_finite_in_order_and_even_around_the_value(value, components):
    figure = Figure(value, tuple(components))
    found = np.array([quantile.value for quantile in figure.quantiles()])
    assert np.isfinite(found).all()
    assert (np.diff(found) >= 0).all()
    width = np.ptp(found)
    assert found + found[::-1] == pytest.approx(2 * value, abs=2e-3 * width + 1e-9 * abs(value))
    assert figure.quantiles()[4].value == pytest.approx(value, abs=1e-3 * width + 1e-12)


@given(st.lists(st.builds(uniform, effects), min_size=1, max_size=5), st.floats(0.01, 100))
def test_scaling_scales_value_and_quantiles(components, factor):
    figure = Figure(2.0, tuple(components))
    scaled = [quantile.value for quantile in figure.scaled(factor).quantiles()]
    width = max(abs(part.effect) for part in components) * factor
    expected = [factor * quantile.value for quantile in figure.quantiles()]
    assert scaled == pytest.approx(expected, rel=1e-9, abs=1e-6 * width)


def test_one_draw_adds_with_its_sign_and_own_draws_stay_apart():
    parts = merged([uniform(1.0, "a"), uniform(-0.4, "a"), uniform(1.0), uniform(1.0), normal(2.0, "b")])
    assert sorted(part.effect for part in parts) == pytest.approx([0.6, 1.0, 1.0, 2.0])
    assert merged([uniform(1.0, "gain"), uniform(-1.0, "gain")])[0].effect == 0.0


def test_a_shared_gain_cancels_in_a_ratio_and_an_own_one_does_not():
    shared = Figure(40.0, (uniform(0.04, "gain"),)).over(Figure(50.0, (uniform(0.05, "gain"),)))
    assert shared.value == pytest.approx(0.8)
    assert shared.quantiles()[0].value == pytest.approx(shared.quantiles()[-1].value)
    own = Figure(40.0, (uniform(0.04),)).over(Figure(50.0, (uniform(0.05),)))
    assert np.ptp([quantile.value for quantile in own.quantiles()]) > 1e-3


def test_one_gain_of_a_pack_adds_over_its_modules():
    module = Figure(10.0, (uniform(0.01, "gain"),))
    alone = Figure(10.0, (uniform(0.01),))
    together = Figure(40.0, merged(module.components * 4)).quantiles()
    apart = Figure(40.0, merged(alone.components * 4)).quantiles()
    assert together[6].value - 40 == pytest.approx(0.036, rel=5e-3)
    assert apart[6].value < together[6].value
