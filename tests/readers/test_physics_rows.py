from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwan.core import LANGUAGES, Finding, text
from hwan.readers._door import pass_door
from hwan.readers._physics import physics
from hwan.synthetic import SyntheticTest


def _found(frame: pl.DataFrame) -> dict[str, Finding]:
    findings, _ = physics(frame)
    for each in findings:
        for language in LANGUAGES:
            assert "{" not in text("finding", each.code, language, each.values)
    return {each.code: each for each in findings}


def _under_current(frame: pl.DataFrame) -> int:
    """Return a row with long constant current around it."""
    flowing = frame.with_row_index().filter(pl.col("current_ampere") < -1)["index"]
    return int(flowing[len(flowing) // 2])


def test_a_gap_under_current_is_a_note(cell: SyntheticTest) -> None:
    row = _under_current(cell.samples)
    found = _found(pl.concat([cell.samples[:row], cell.samples[row + 30 :]]))
    gap = found["samples_gap"]
    assert (gap.severity, gap.values["count"], gap.values["rows"]) == ("note", 1, str(row + 1))
    before, after = cell.samples["test_time_second"][row - 1], cell.samples["test_time_second"][row + 30]
    assert gap.values["longest_second"] == pytest.approx(after - before, rel=1e-5)


def test_a_gap_at_rest_and_a_tester_that_writes_by_change_of_voltage_are_quiet(cell: SyntheticTest) -> None:
    rest = cell.samples.with_row_index().filter(pl.col("step_type") == "Rest")["index"]
    assert len(rest) == 0 or _found(pl.concat([cell.samples[: rest[5]], cell.samples[rest[40] :]])) == {}
    rng = np.random.default_rng(1)
    time = np.cumsum(np.exp(rng.normal(3, 1.2, 500)))
    frame = pl.DataFrame(
        {"test_time_second": time, "voltage_volt": 3.7 + 1e-3 * rng.normal(size=500), "current_ampere": np.ones(500)}
    )
    assert _found(frame).get("samples_gap") is None or _found(frame)["samples_gap"].severity == "note"


def test_rows_that_repeat_the_one_before(cell: SyntheticTest) -> None:
    numbered = cell.samples.with_columns(record_index=pl.int_range(pl.len()))
    twice = pl.concat([numbered[:100], numbered[99:101], numbered[100:]])
    assert _found(twice)["rows_duplicated"].values["rows"] == "101, 103"
    assert _found(numbered) == {}


@settings(max_examples=20, deadline=None)
@given(st.integers(3, 800), st.integers(0, 400))
def test_a_file_appended_to_itself(cell: SyntheticTest, rows: int, first: int) -> None:
    part = cell.samples[first : first + rows]
    found = _found(pl.concat([cell.samples[: first + rows], part]))
    repeated = found["rows_repeated"]
    assert (repeated.severity, repeated.values["count"], repeated.values["first"]) == ("warning", rows, first + 1)


def test_a_clock_that_goes_back_repeats_nothing(cell: SyntheticTest) -> None:
    half = cell.samples.height // 2
    back = pl.col("test_time_second") - pl.when(pl.int_range(pl.len()) >= half).then(1_000.0).otherwise(0.0)
    assert "rows_repeated" not in _found(cell.samples.with_columns(back))


@pytest.mark.parametrize("name", ["step_count", "step_id"])
def test_steps_that_change_with_every_row(cell: SyntheticTest, name: str) -> None:
    numbered = cell.samples.drop("step_count", "step_id").with_columns(pl.int_range(1, pl.len() + 1).alias(name))
    found = _found(numbered)["step_numbers_every_row"]
    assert (found.severity, found.values["column"]) == ("warning", name)


def test_cycles_of_two_pi_are_kept_raw_and_not_cut_to_six() -> None:
    frame = pl.DataFrame(
        {"test_time_second": [0.0, 1.0, 2.0], "voltage_volt": [3.7, 3.8, 3.9], "current_ampere": [1.0, 1.0, 1.0],
         "cycle_count": [2 * math.pi, 4 * math.pi, 6 * math.pi]}
    )  # fmt: skip
    passed, findings, _ = pass_door(frame, "sample")
    assert passed["raw_cycle_count"].to_list() == frame["cycle_count"].to_list()
    assert [(each.code, each.severity) for each in findings] == [("counter_not_whole", "warning")]
    whole = frame.with_columns(cycle_count=pl.Series([1.0, 1.0, 2.0]))
    assert pass_door(whole, "sample")[0]["cycle_count"].to_list() == [1, 1, 2]


def test_the_door_hands_over_findings_and_marks() -> None:
    anchors, grid = np.arange(0.0, 500.0, 25.0), np.arange(0.0, 475.0)
    voltage = np.interp(grid, anchors, np.random.default_rng(2).normal(3.7, 0.1, 20))
    frame = pl.DataFrame({"test_time_second": grid, "voltage_volt": voltage, "current_ampere": np.ones(475)})
    _, findings, marks = pass_door(frame, "sample")
    assert [each.code for each in findings] == ["rows_interpolated"]
    assert {(mark.column, mark.kind) for mark in marks} == {("voltage_volt", "interpolated")}


@settings(deadline=None)
@given(st.lists(st.tuples(*[st.one_of(st.none(), st.floats(-1e6, 1e6))] * 5), min_size=1, max_size=60))
def test_no_frame_makes_the_checks_fail(rows: list[tuple[float | None, ...]]) -> None:
    names = ("test_time_second", "voltage_volt", "current_ampere", "unix_time_second", "step_time_second")
    frame = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.Float64), orient="row")
    steps = frame.with_columns(step_id=pl.int_range(pl.len()) // 7, net_capacity_ah="voltage_volt")
    assert isinstance(_found(frame), dict)
    assert isinstance(_found(steps), dict)
