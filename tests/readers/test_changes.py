"""What the door asks of every row in one pass, beside the plain arithmetic on whole columns."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from hwan.readers import _changes, _extremes
from hwan.readers._changes import Watch, changes_beyond
from hwan.readers._extremes import Extremes, extremes_of
from hwan.readers._physics_lines import FEWEST_INSIDE, _Line, _may_hold_runs

NUMBERS = st.one_of(st.integers(-3, 3).map(float), st.floats(-10, 10, width=32), st.just(float("nan")))
COLUMN = st.lists(NUMBERS, min_size=2, max_size=40)


@pytest.fixture(autouse=True, params=[1, 3, 1 << 15])
def block(request: pytest.FixtureRequest) -> Iterator[int]:
    """Cut columns into blocks of few rows, so that every case has seams."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_changes, "BLOCK", request.param)
        patch.setattr(_extremes, "BLOCK", request.param)
        yield request.param


@settings(deadline=None)
@given(rows=st.lists(st.tuples(NUMBERS, NUMBERS), min_size=2, max_size=40), low=NUMBERS, high=NUMBERS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_changes_are_those_of_the_whole_column(
    rows: list[tuple[float, float]], low: float, high: float, dtype: type
) -> None:
    values, other = np.array(rows).T
    values = values.astype(dtype)
    plain, ahead = changes_beyond(Watch(values, low, high), Watch(values, low, high, less=other))
    for found, change in ((plain, np.diff(values)), (ahead, np.diff(values - other))):
        expected = np.flatnonzero((change < low) | (change > high))
        np.testing.assert_array_equal(found.rows, expected)
        np.testing.assert_array_equal(found.sizes, change[expected])
        assert found.sizes.dtype == change.dtype


@settings(deadline=None)
@given(values=st.lists(st.one_of(NUMBERS, st.none(), st.just(float("inf"))), min_size=1, max_size=20))
@pytest.mark.parametrize("dtype", [pl.Float32, pl.Float64])
def test_extremes_are_those_of_polars(values: list[float | None], dtype: type[pl.DataType]) -> None:
    clock = pl.Series("test_time_second", values, pl.Float64).cast(dtype)
    found = extremes_of(clock.to_frame(), [clock.name])[clock.name]
    nan_free = clock.min()
    assert (found.low is None) == (nan_free is None)
    assert found.nulls == clock.null_count()
    assert found.finite == bool(clock.drop_nulls().is_finite().all())
    assert found.falls == bool((clock.diff() < 0).any())
    if found.finite:
        assert (found.low, found.high) == (clock.min(), clock.max())


def test_columns_keep_their_order_whether_whole_or_not() -> None:
    frame = pl.DataFrame({"a": [1, None], "b": [1, 2], "c": [None, 2.0]})
    assert list(extremes_of(frame, frame.columns)) == ["a", "b", "c"]
    assert extremes_of(frame, ["b"]) == {"b": Extremes(1, 2)}


@settings(deadline=None)
@given(
    kinds=st.lists(st.tuples(st.booleans(), st.integers(1, 20)), min_size=1, max_size=12),
    seed=st.integers(0, 1000),
    begin=st.integers(0, FEWEST_INSIDE),
)
def test_every_eighth_row_tells_whether_eight_in_a_row_lie_on_lines(
    kinds: list[tuple[bool, int]], seed: int, begin: int
) -> None:
    time = np.cumsum(np.random.default_rng(seed).uniform(0.5, 2, sum(rows for _, rows in kinds) + 1 + 20))
    values = _bent(kinds, time, seed)[begin:]
    line = _Line(1e-9, 0.0, 1e-6)
    inside = line.holds(time[begin:], values)
    runs = "".join("x" if one else " " for one in inside)
    if "x" * FEWEST_INSIDE in runs:
        assert _may_hold_runs(line, time[begin:], values)
    elif inside[FEWEST_INSIDE - 1 :: FEWEST_INSIDE].mean() <= 0.25:
        assert not _may_hold_runs(line, time[begin:], values)


def _bent(kinds: list[tuple[bool, int]], time: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    """Return pieces, on a line or noise, that follow each other."""
    noise = np.random.default_rng(seed + 1)
    values = noise.normal(size=len(time))
    row = 10
    for straight, rows in kinds:
        if straight:
            values[row : row + rows] = values[row] + noise.uniform(1, 2) * (time[row : row + rows] - time[row])
        row += rows
    return values
