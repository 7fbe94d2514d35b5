"""The normal law without SciPy is SciPy's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtr, ndtri

from hwan.health._normal import normal_distribution, normal_quantile


@given(st.lists(st.floats(-38, 38), max_size=20))
def test_the_distribution(z: list[float]) -> None:
    np.testing.assert_allclose(normal_distribution(z), ndtr(np.array(z)), rtol=1e-12, atol=1e-300)


def test_shapes_infinities_and_nothing() -> None:
    assert normal_distribution(np.zeros((2, 3))).shape == (2, 3)
    assert normal_distribution(0.0).shape == ()
    assert normal_distribution([]).shape == (0,)
    assert normal_distribution([-np.inf, np.inf]).tolist() == [0.0, 1.0]
    assert np.isnan(normal_distribution([np.nan])).all()


@given(st.floats(1e-9, 1 - 1e-9))
def test_the_quantile(probability: float) -> None:
    assert normal_quantile(probability) == pytest.approx(float(ndtri(probability)), rel=1e-12, abs=1e-14)


def test_the_ends_are_infinite() -> None:
    assert (normal_quantile(0.0), normal_quantile(1.0)) == (-np.inf, np.inf)
