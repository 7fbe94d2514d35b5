from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwan.synthetic import Clock


@given(offset=st.floats(-120, 120), drift=st.floats(-1e-4, 1e-4), time=st.floats(-500, 50_000))
def test_true_is_the_inverse_of_shown(offset: float, drift: float, time: float) -> None:
    clock = Clock(offset, drift)
    assert clock.true(clock.shown(time)) == pytest.approx(time, abs=1e-7)


def test_a_fast_clock_shows_more_than_has_passed() -> None:
    shown = Clock(5.0, 1e-3).shown(np.array([0.0, 1000.0]))
    assert shown.tolist() == pytest.approx([5.0, 1006.0])
