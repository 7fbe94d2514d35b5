from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwan.core import LANGUAGES, Finding, text
from hwan.readers._physics import physics
from hwan.synthetic import SyntheticTest

BEGIN = 1_700_000_000.0


@pytest.fixture(scope="module")
def good(cell: SyntheticTest) -> pl.DataFrame:
    begin = pl.col("test_time_second").first().over("step_count")
    return cell.samples.with_columns(
        unix_time_second=pl.col("test_time_second") + BEGIN, step_time_second=pl.col("test_time_second") - begin
    )


def _found(frame: pl.DataFrame) -> dict[str, Finding]:
    findings, _ = physics(frame)
    for each in findings:
        for language in LANGUAGES:
            assert "{" not in text("finding", each.code, language, each.values)
    return {each.code: each for each in findings}


def _with(frame: pl.DataFrame, **columns: pl.Expr) -> dict[str, Finding]:
    return _found(frame.with_columns(**columns))


def _later(column: str, row: int, by: float) -> pl.Expr:
    return pl.col(column) + pl.when(pl.int_range(pl.len()) >= row).then(by).otherwise(0.0)


def test_clocks_that_agree_are_quiet(good: pl.DataFrame) -> None:
    assert _found(good) == {}
    whole = pl.col("unix_time_second").floor()
    assert _with(good, unix_time_second=whole) == {}


@pytest.mark.parametrize("factor", [1e3, 1 / 1e3, 60, 1 / 60, 3600, 1 / 3600])
def test_a_test_time_in_another_unit_stops(good: pl.DataFrame, factor: float) -> None:
    found = _with(good, test_time_second=pl.col("test_time_second") * factor)
    assert found["clock_unit_suspect"].severity == "stop"
    assert found["clock_unit_suspect"].values["ratio"] == pytest.approx(1 / factor, rel=1e-3)
    assert "clock_drifts" not in found


@pytest.mark.parametrize(("share", "told"), [(0.0, False), (5e-4, False), (2e-3, True), (-2e-3, True), (0.02, True)])
def test_a_drift_of_more_than_a_thousandth_is_a_warning(good: pl.DataFrame, share: float, told: bool) -> None:
    found = _with(good, unix_time_second=BEGIN + pl.col("test_time_second") * (1 + share))
    assert ("clock_drifts" in found) is told
    if told:
        assert found["clock_drifts"].severity == "warning"
        assert found["clock_drifts"].values["share"] == pytest.approx(share, rel=0.01)


def test_pauses_are_a_note_with_their_total_and_no_drift(good: pl.DataFrame) -> None:
    found = _with(
        good.with_columns(_later("unix_time_second", 500, 5_000.0)),
        unix_time_second=_later("unix_time_second", 900, 700.0),
    )
    pauses = found["clock_pauses"]
    assert (pauses.severity, pauses.values["count"], pauses.values["rows"]) == ("note", 2, "501, 901")
    assert (pauses.values["total_second"], pauses.values["longest_second"]) == (5_700.0, 5_000.0)
    assert set(found) == {"clock_pauses"}


@pytest.mark.parametrize("hour", [3600.0, -3600.0])
def test_an_hour_is_summer_time_and_no_pause(good: pl.DataFrame, hour: float) -> None:
    found = _with(good, unix_time_second=_later("unix_time_second", 700, hour))
    assert set(found) == {"clock_jumps_an_hour"}
    assert found["clock_jumps_an_hour"].values["rows"] == "701"


def test_a_wall_clock_in_whole_minutes_neither_pauses_nor_drifts(good: pl.DataFrame) -> None:
    assert _with(good, unix_time_second=(pl.col("unix_time_second") / 60).floor() * 60) == {}


def test_a_wall_clock_without_values_says_nothing(good: pl.DataFrame) -> None:
    holes = pl.when(pl.int_range(pl.len()) % 7 > 0).then(pl.col("unix_time_second"))
    assert _with(good, unix_time_second=holes) == {}
    assert _with(good, unix_time_second=pl.lit(None, pl.Float64)) == {}


def test_a_test_of_decades_stops() -> None:
    hours = np.arange(2_000) * 36_000.0
    frame = pl.DataFrame({"test_time_second": hours, "voltage_volt": np.sin(hours), "current_ampere": np.cos(hours)})
    assert _found(frame).keys() == set()
    found = _found(frame.with_columns(pl.col("test_time_second") * 10))
    assert found["test_time_impossible"].severity == "stop"
    assert found["test_time_impossible"].values["years"] == pytest.approx(22.8, rel=1e-3)


@pytest.mark.parametrize("factor", [1e3, 60, 1 / 60])
def test_a_step_time_in_another_unit_stops_only_where_no_wall_clock_clears_the_test_time(
    good: pl.DataFrame, factor: float
) -> None:
    wrong = good.with_columns(pl.col("step_time_second") * factor)
    assert _found(wrong)["step_time_unit_suspect"].severity == "warning"
    assert _found(wrong.drop("unix_time_second"))["step_time_unit_suspect"].severity == "stop"


def test_a_step_time_that_begins_again_inside_a_step(good: pl.DataFrame) -> None:
    row = good.height // 2 + 5
    again = _later("step_time_second", row, -300.0)
    found = _with(good, step_time_second=again)
    assert found["step_time_disagrees"].severity == "warning"
    assert str(row + 1) in str(found["step_time_disagrees"].values["rows"])


def test_a_programme_that_repeats_one_step_is_right() -> None:
    seconds = np.arange(300.0)
    current = np.cos(seconds)
    frame = pl.DataFrame(
        {
            "test_time_second": seconds, "voltage_volt": 3.7 + 0.01 * current, "current_ampere": current,
            "step_id": np.ones(300, np.int64), "step_time_second": seconds % 60,
        }
    )  # fmt: skip
    assert _found(frame) == {}
    garbage = _with(frame, step_time_second=(pl.col("test_time_second") * 7919) % 5_000)
    assert set(garbage) == {"step_time_disagrees"}
    counted = frame.rename({"step_id": "step_count"})
    assert _found(counted)["step_time_disagrees"].values["rows"] == "61, 121, 181, 241"


@settings(deadline=None)
@given(st.floats(-1e-3 * 0.9, 1e-3 * 0.9), st.floats(0, 1e9), st.sampled_from([0.0, 1.0, 60.0]))
def test_any_clock_within_the_limits_is_quiet(share: float, begin: float, tick: float) -> None:
    seconds = np.arange(0.0, 9_000.0, 3.0)
    wall = begin + seconds * (1 + share)
    wall = np.floor(wall / tick) * tick if tick else wall
    signal = np.sin(seconds / 50.0)
    frame = pl.DataFrame(
        {"test_time_second": seconds, "voltage_volt": signal, "current_ampere": signal, "unix_time_second": wall}
    )
    assert physics(frame) == ([], [])
