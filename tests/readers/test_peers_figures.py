"""Clocks, units, counters and cycles gone wrong elsewhere, as public threads (owner/repository#number) tell.

See test_peers_failures.py for the files themselves, and for the list of what other tests show.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.readers.writers import jet

from hwan import cycles, steps
from hwan.core import ColumnProblem, Finding, Recording
from hwan.health import stream_recording
from hwan.readers import read
from hwan.synthetic import SyntheticTest

Write = Callable[[str, str | bytes], Path]
Given = Callable[..., Recording]
ROW = pl.int_range(pl.len())


@pytest.fixture
def given(cell: SyntheticTest, tmp_path: Path) -> Given:
    """Read a cell's test as BDF text, some columns otherwise than they should be."""

    def _given(*left_out: str, **columns: pl.Expr) -> Recording:
        begin = pl.col("test_time_second").first().over("step_count")
        clocks = {
            "unix_time_second": 1_700_000_000.0 + pl.col("test_time_second"),
            "step_time_second": pl.col("test_time_second") - begin,
        }
        path = tmp_path / "given.bdf.csv"
        cell.samples.with_columns(**clocks).with_columns(**columns).drop(left_out).write_csv(path)
        return read(path)

    return _given


def _found(recording: Recording) -> dict[str, Finding]:
    return {finding.code: finding for finding in recording.findings}


# --- Clocks


def test_the_end_of_summer_time_moves_no_charge(given: Given) -> None:
    """Solid-Energy-Systems/NewareNDA#96: the offset of the clock changes in the middle of a test."""
    plain = steps(given())
    turned = given(unix_time_second=pl.col("unix_time_second") - pl.when(ROW >= 800).then(3600.0).otherwise(0.0))
    assert steps(turned).equals(plain)
    assert _found(turned)["clock_jumps_an_hour"].severity == "note"
    assert _found(turned)["clock_runs_backwards"].values["rows"] == "801"


@pytest.fixture
def in_zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    def _in_zone(name: str) -> None:
        monkeypatch.setenv("TZ", name)
        time.tzset()

    yield _in_zone
    monkeypatch.undo()
    time.tzset()


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the zone of a process is set so on POSIX alone")
@pytest.mark.parametrize("name", ["nda", "ndax", "res"])
def test_the_zone_of_the_reading_computer_changes_no_time(
    request: pytest.FixtureRequest, write: Write, in_zone: Callable[[str], None], name: str
) -> None:
    """Solid-Energy-Systems/NewareNDA#57 and #96: some timestamps are converted to local time."""
    path = write("made.res", jet.result_file()) if name == "res" else request.getfixturevalue(name)
    times = []
    for zone in ("UTC", "Asia/Seoul", "America/St_Johns"):
        in_zone(zone)
        recording = read(path)
        clock = recording.samples.select("unix_time_second").collect().to_series()
        times.append((clock.to_list(), recording.started_at))
    assert times[0] == times[1] == times[2]


def test_a_clock_that_goes_back_stays_and_is_told(given: Given) -> None:
    """d-cogswell/NewareNDA#9: timestamps that go backward from one row to the next."""
    back = given(unix_time_second=pl.col("unix_time_second") - pl.when(ROW == 500).then(400.0).otherwise(0.0))
    clock = back.samples.select("unix_time_second").collect().to_series()
    assert clock[500] < clock[499]
    assert _found(back)["clock_runs_backwards"].severity == "warning"
    assert steps(back).equals(steps(given()))


def test_a_test_time_that_goes_back_gives_no_negative_charge(given: Given) -> None:
    """datalab-org/datalab#2075, the same for the time of the test: a loop that begins again."""
    plain, loop = steps(given()), given(test_time_second=pl.col("step_time_second"))
    assert _found(loop)["test_time_runs_backwards"].severity == "warning"
    table = steps(loop)
    assert (table["duration_second"] >= 0).all()
    assert table["charge_ah"].abs().sum() == pytest.approx(plain["charge_ah"].abs().sum(), rel=0.01)


# --- Units and columns


def test_milliseconds_labelled_seconds_stop_a_grade(given: Given) -> None:
    """battery-data-alliance/battery-data-format#65: the file agrees with itself and is wrong by a thousand."""
    found = _found(given(test_time_second=1e3 * pl.col("test_time_second")))
    assert found["clock_unit_suspect"].severity == "stop"
    assert found["clock_unit_suspect"].values["ratio"] == pytest.approx(1e-3, rel=1e-3)


def test_millivolts_labelled_volts_are_refused(given: Given) -> None:
    """jepegit/cellpy#1033: labels and units that change in silence."""
    with pytest.raises(ColumnProblem, match=r"voltage_volt .* factor = 0\.001"):
        given(voltage_volt=1e3 * pl.col("voltage_volt"))


@pytest.mark.parametrize(("name", "other"), [("step_count", "step_id"), ("step_id", "step_count")])
def test_a_count_of_points_in_the_column_of_steps_is_told(given: Given, name: str, other: str) -> None:
    """battery-data-alliance/battery-data-format#52, #54, #9: one column for steps of a programme and for points."""
    points = pl.int_range(1, pl.len() + 1).over("step_count")
    assert _found(given(other, **{name: points}))["step_numbers_every_row"].severity == "warning"


def test_the_programmes_step_in_the_column_of_executed_steps_costs_no_charge(cell: SyntheticTest, given: Given) -> None:
    """battery-data-alliance/battery-data-format#54: repeated numbers do not run together."""
    again = given("step_id", step_count=1 + (pl.col("step_count") - 1) % 3)
    plain = steps(given())
    assert steps(again).select("first_row", "kind", "charge_ah").equals(plain.select("first_row", "kind", "charge_ah"))
    assert cell.samples["step_count"].n_unique() > 3


def test_a_cycle_count_of_two_pi_is_no_count(given: Given) -> None:
    """battery-data-alliance/battery-data-format#56: the whole column is 6.283185307179586."""
    recording = given(cycle_count=pl.lit(6.283185307179586))
    assert _found(recording)["counter_not_whole"].severity == "warning"
    names = recording.samples.collect_schema().names()
    assert "raw_cycle_count" in names
    assert "cycle_count" not in names
    assert cycles(recording)["cycle_count"].null_count() == len(cycles(recording))


def test_cycle_numbers_that_fall_join_no_cycles(given: Given) -> None:
    """battery-data-alliance/battery-data-format#56: the cycle count goes backwards three times."""
    half = 1 + (pl.col("step_count") > 6).cast(pl.Int64)
    forward, back = cycles(given(cycle_count=half)), cycles(given(cycle_count=3 - half))
    assert forward.drop("cycle_count").equals(back.drop("cycle_count"))
    assert back["cycle_count"].to_list() == [2, 1]


# --- Counters


def _res(write: Write, change: Callable[[list[list[float]]], None]) -> Recording:
    def changed(tables: dict[str, jet.Table]) -> None:
        table = tables["Channel_Normal_Table"]
        rows = [list(row) for row in table.rows]
        change(rows)
        tables["Channel_Normal_Table"] = jet.Table(table.columns, rows, rows_per_page=9)

    return read(write("made.res", jet.result_file(None, changed)))


CYCLE, CURRENT, CHARGED, DISCHARGED = 6, 8, 10, 11
ONE_AMPERE_FOR_36_SECONDS = pytest.approx(0.01)


def _assert_true_cycles(recording: Recording) -> None:
    table = cycles(recording)
    for way in ("charging_capacity_ah", "discharging_capacity_ah"):
        assert table[way].to_list() == [ONE_AMPERE_FOR_36_SECONDS, ONE_AMPERE_FOR_36_SECONDS]


def test_a_forgotten_reset_doubles_no_capacity(write: Write) -> None:
    """jepegit/cellpy#989: the schedule did not reset the capacity at one cycle, and the capacity was double."""

    def forget(rows: list[list[float]]) -> None:
        ends = [max(row[column] for row in rows if row[CYCLE] == 1) for column in (CHARGED, DISCHARGED)]
        for row in rows:
            if row[CYCLE] == 2:
                row[CHARGED], row[DISCHARGED] = row[CHARGED] + ends[0], row[DISCHARGED] + ends[1]

    _assert_true_cycles(_res(write, forget))


def test_counters_reset_at_each_step_are_as_good(write: Write) -> None:
    """BattGenie/battetl#41: cycle figures fail where the charge capacity is reset on steps."""

    def at_each_step(rows: list[list[float]]) -> None:
        for row in rows:
            row[CHARGED] = row[CHARGED] if row[CURRENT] > 0 else 0.0
            row[DISCHARGED] = row[DISCHARGED] if row[CURRENT] < 0 else 0.0

    recording = _res(write, at_each_step)
    assert "charging_capacity_ah" not in recording.samples.collect_schema().names()
    _assert_true_cycles(recording)


def test_a_rest_that_the_tester_gives_to_the_next_cycle_makes_nothing_negative(write: Write) -> None:
    """be-smith/navani#31: half of the last rest lies in a new cycle with its capacity at zero."""

    def half_a_rest_on(rows: list[list[float]]) -> None:
        rest = [[*row] for row in rows[-4:]]
        for n, row in enumerate(rest, 1):
            row[1], row[2], row[3], row[4] = row[1] + 4, row[2] + 36, 9.0 * n, row[4] + 36 / 86_400
            row[5], row[CURRENT], row[9] = 5, 0.0, 3.65
            if n > 2:
                row[CYCLE], row[CHARGED], row[DISCHARGED], row[12], row[13] = 3, 0.0, 0.0, 0.0, 0.0
        rows += rest

    table = cycles(_res(write, half_a_rest_on))
    for way in ("charging_capacity_ah", "discharging_capacity_ah"):
        assert (table[way] >= 0).all()
        assert table[way].head(2).to_list() == [ONE_AMPERE_FOR_36_SECONDS, ONE_AMPERE_FOR_36_SECONDS]
        assert table[way].sum() == pytest.approx(0.02)


def test_small_drops_of_a_counter_are_not_subtracted(given: Given) -> None:
    """battery-data-alliance/battery-data-format#56: one to three tiny drops in the capacities."""
    drop = pl.when(ROW.is_in([700, 1500])).then(2e-4).otherwise(0.0)
    plain = cycles(given())["discharging_capacity_ah"].to_list()
    got = cycles(given(step_discharging_capacity_ah=pl.col("step_discharging_capacity_ah") - drop))
    assert got["discharging_capacity_ah"].to_list() == pytest.approx(plain, rel=1e-4)


# --- Steps and cycles


def test_one_cccv_step_has_its_share_of_constant_voltage(given: Given) -> None:
    """jepegit/cellpy#312: the share of the constant voltage cannot be taken from one step."""
    one = pl.when(pl.col("step_count") == 3).then(2).otherwise("step_count")
    recording = given("step_id", "step_type", step_count=one)
    table = stream_recording(recording).steps
    assert table["kind"].to_list()[1:3] == ["cc", "cv"]
    assert table["tester_step"].to_list()[1:3] == [2, 2]
    constant, held = table["charge_ah"].to_list()[1:3]
    assert table["cv_share"][2] == pytest.approx(held / (constant + held))
    assert table["cv_share"][2] > 0.001


def _record(write: Write, time_second: np.ndarray, ampere: np.ndarray) -> Recording:
    columns = {"Test Time / s": time_second, "Voltage / V": 3.7 + 0.05 * ampere, "Current / A": ampere}
    return read(write("record.bdf.csv", pl.DataFrame(columns).write_csv()))


def test_a_rest_within_a_charge_does_not_add_to_its_time(write: Write) -> None:
    """BattGenie/battetl#42: times of constant current and voltage are wrong with a rest between them."""
    ampere = np.repeat([0.0, 2.0, 0.0, 2.0, 0.0], 100)
    table = steps(_record(write, np.arange(500.0), ampere))
    assert table["kind"].to_list() == ["rest", "cc", "rest", "cc", "rest"]
    charging = table.filter(pl.col("direction") == "charge")
    assert charging["duration_second"].to_list() == [100.0, 100.0]


@pytest.mark.parametrize("hours", [0.1, 1.0, 100.0])
def test_a_rest_with_few_rows_moves_no_charge(write: Write, hours: float) -> None:
    """ROVI-org/battery-data-toolkit#132: trapezoids across the ends of a long rest."""
    time_second = np.concatenate([np.arange(361.0) * 10, 3600 + hours * 3600 + np.arange(361.0) * 10])
    ampere = np.repeat([2.0, -2.0], 361)
    ampere[0], ampere[361] = 0.0, 0.0
    table = cycles(_record(write, time_second, ampere))
    assert table["charging_capacity_ah"].sum() == pytest.approx(2.0, rel=5e-3)
    assert table["discharging_capacity_ah"].sum() == pytest.approx(2.0, rel=5e-3)
