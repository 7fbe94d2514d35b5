from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwan.core import UnknownName, UsageError
from hwan.synthetic import Spread, draw_cells
from hwan.synthetic._cells import in_parallel, stack


def test_same_seed_same_cells_other_seed_others() -> None:
    first, again, other = draw_cells(4, 8), draw_cells(4, 8), draw_cells(5, 8)
    for a, b, c in zip(first.arrays(), again.arrays(), other.arrays(), strict=True):
        assert np.array_equal(a, b)
        assert not np.array_equal(a, c)


def test_unknown_chemistry_is_named() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'nmc622'"):
        draw_cells(1, 1, "nmc62")


@pytest.mark.parametrize(("count", "rated"), [(0, 50.0), (1, 0.0), (1, float("nan"))])
def test_impossible_parameters_are_refused(count: int, rated: float) -> None:
    with pytest.raises(UsageError, match="must be"):
        draw_cells(1, count, rated_capacity_ah=rated)


def test_refusal_speaks_korean() -> None:
    with pytest.raises(UsageError) as raised:
        draw_cells(1, 0)
    assert "count" in raised.value.message("ko")
    assert "합성 배터리" in raised.value.message("ko")


@given(seed=st.integers(0, 10_000))
def test_drawn_cells_are_plausible(seed: int) -> None:
    cells = draw_cells(seed, 4, rated_capacity_ah=50)
    assert np.all((cells.charge_content_ah > 28) & (cells.charge_content_ah < 56))
    assert np.all((cells.initial_soc >= 0.02) & (cells.initial_soc <= 0.9))
    assert all(np.all(array > 0) for array in cells.arrays())


def test_without_spread_cells_are_alike() -> None:
    cells = draw_cells(3, 6, spread=Spread(0, 0, 0))
    assert all(np.ptp(array) == 0 for array in cells.arrays())


def test_spread_has_the_stated_deviation() -> None:
    cells = draw_cells(3, 4000, spread=Spread(0.02, 0.05, 0.01))
    assert np.std(np.log(cells.charge_content_ah)) == pytest.approx(0.02, rel=0.05)
    assert np.std(np.log(cells.r0_ohm)) == pytest.approx(0.05, rel=0.05)
    assert np.std(cells.initial_soc) == pytest.approx(0.01, rel=0.05)


def test_parallel_cells_add_capacity_and_conductance() -> None:
    cells = draw_cells(2, 6)
    groups = in_parallel(cells, 3)
    assert groups.shape == (2,)
    assert groups.charge_content_ah.sum() == pytest.approx(cells.charge_content_ah.sum())
    assert groups.r0_ohm[0] == pytest.approx(1 / (1 / cells.r0_ohm[:3]).sum())
    held = (groups.charge_content_ah * groups.initial_soc).sum()
    assert held == pytest.approx((cells.charge_content_ah * cells.initial_soc).sum())


def test_stack_makes_one_row_per_string() -> None:
    batch = [draw_cells(seed, 3) for seed in (1, 2)]
    assert stack(batch).shape == (2, 3)
    assert np.array_equal(stack(batch).r0_ohm[1], batch[1].r0_ohm)
