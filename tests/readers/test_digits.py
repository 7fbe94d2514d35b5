"""Times of one width, digit by digit: the seconds as cell by cell, and nothing where a cell is laid out otherwise."""

from __future__ import annotations

from datetime import datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwan.readers._digits import WIDEST, clock_of_one_width, durations_of_one_width

FORM = "%Y-%m-%d %H:%M:%S%.f"
MOMENTS = st.lists(st.datetimes(datetime(1902, 1, 1), datetime(2200, 1, 1)), min_size=2, max_size=9)


def _cell_by_cell(cells: list[str], form: str) -> list[float]:
    moment = pl.col("text").str.to_datetime(form, time_unit="us", strict=False)
    return pl.DataFrame({"text": cells}).select(moment.dt.epoch("us") / 1e6).to_series().to_list()


@settings(deadline=None)
@given(MOMENTS, st.integers(0, 6))
def test_clocks_equal_those_of_the_library(moments: list[datetime], places: int) -> None:
    cells = [f"{moment:%Y-%m-%d %H:%M:%S.%f}"[: 20 + places if places else 19] for moment in moments]
    at_once = clock_of_one_width(pl.Series(cells), FORM)
    assert at_once is not None
    assert at_once.to_list() == _cell_by_cell(cells, FORM)


TIMES = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 86_399), st.integers(0, 9999)), min_size=1)


@settings(deadline=None)
@given(TIMES, st.sampled_from([0, 5]))
def test_durations_are_the_seconds_that_were_written(times: list[tuple[int, int, int]], width: int) -> None:
    cells = [
        f"{day:{width}d}d {second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}.{part:04d}"
        for day, second, part in times
    ]
    at_once = durations_of_one_width(pl.Series(cells))
    assert at_once is not None
    assert at_once.to_list() == [day * 86_400 + second // 60 * 60 + float(f"{second % 60}.{part:04d}")
                                 for day, second, part in times]  # fmt: skip


@pytest.mark.parametrize(
    ("cells", "seconds"),
    [
        (["0:00:01", "10:00:01"], [1.0, 36_001.0]),
        (["1-02:03:04", "0-00:00:00"], [93_784.0, 0.0]),
        (["00:00:01,50", "00:00:02,25"], [1.5, 2.25]),
        (["  0 d 00:00:01", " 11 d 00:00:01"], [1.0, 950_401.0]),
    ],
)
def test_durations_in_other_layouts(cells: list[str], seconds: list[float]) -> None:
    at_once = durations_of_one_width(pl.Series(cells))
    assert at_once is not None
    assert at_once.to_list() == seconds


@pytest.mark.parametrize(
    "cells",
    [
        ["00:00:01", None], ["00:00:01", "00 00:01"], ["00:00:01", "00:-1:01"], ["12.5", "13.5"], ["", ""],
        ["00:00:01", "1:00:00:00"], ["1 0:00:01", "1  :00:01"], ["한:00:01", "00:00:01"], ["9" * WIDEST + ":00:01"],
        ["1" * 20 + ":00:00"], [],
    ],
)  # fmt: skip
def test_durations_laid_out_otherwise_are_left_to_the_slow_way(cells: list[str | None]) -> None:
    assert durations_of_one_width(pl.Series(cells, dtype=pl.String)) is None


@pytest.mark.parametrize(
    ("cells", "form"),
    [
        (["2024-03-01 00:00:00.5"], "%Y/%m/%d %H:%M:%S%.f"), (["2024-02-30 00:00:00.5"], FORM),
        (["2024-03-01 24:00:00.5"], FORM), (["2024-03-01 00:00:60.5"], FORM), (["2024-03-01 00:00:00.5", None], FORM),
        (["2024-03-01 00:00:00.5", "2024-03-01 00:00:00,5"], FORM), (["2024-03-01 00:00:00.1234567"], FORM),
        (["2024-03-01 01:00:00.5 PM"], "%Y-%m-%d %I:%M:%S%.f %p"), (["2024"], "%Y"), (["2024 2024"], "%Y %Y"),
        (["2024-03-01 00:00:00.5", " 024-03-01 00:00:00.5"], FORM),
    ],
)  # fmt: skip
def test_clocks_laid_out_otherwise_are_left_to_the_slow_way(cells: list[str | None], form: str) -> None:
    assert clock_of_one_width(pl.Series(cells, dtype=pl.String), form) is None
