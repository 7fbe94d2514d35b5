"""Counters that only ever add, and cycle numbers that only ever go on."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.readers.writers import jet

from hwan import readers
from hwan.core import LANGUAGES, Finding, text
from hwan.readers._physics import physics
from hwan.synthetic import SyntheticTest, cell_test

CODES = {"counter_runs_backwards", "cycle_numbers_run_backwards"}
CHARGED = "step_charging_capacity_ah"
HOURS = 2
CYCLES = 6
NAMES = [name for name, _ in jet.NORMAL]
Write = Callable[[str, str | bytes], Path]


def _found(frame: pl.DataFrame) -> dict[str, Finding]:
    findings = [each for each in physics(frame)[0] if each.code in CODES]
    for each in findings:
        for language in LANGUAGES:
            assert "{" not in text("finding", each.code, language, each.values)
    return {each.code: each for each in findings}


def _read(path: Path) -> dict[str, Finding]:
    return {each.code: each for each in readers.read(path).findings if each.code in CODES}


def _columns(path: Path) -> dict[str, str]:
    """Return the rows of each finding by the column that it is about."""
    findings = [each for each in readers.read(path).findings if each.code in CODES]
    return {str(each.values.get("column", "cycle_count")): str(each.values["rows"]) for each in findings}


def _cycling() -> pl.DataFrame:
    """Cycles of an hour's charge and an hour's discharge at 1 A, a row a minute, with a charge counter per scope."""
    minute = np.arange(CYCLES * HOURS * 60)
    step, cycle = minute // 60, minute // (HOURS * 60)
    charged = np.where(step % 2 == 0, (minute % 60 + 1) / 60, 0.0)
    of_cycle = np.where(step % 2 == 0, charged, 1.0)
    return pl.DataFrame({
        "test_time_second": 60.0 * (minute + 1), "voltage_volt": 3.7 + 0.1 * np.sin(minute / 19),
        "current_ampere": np.where(step % 2 == 0, 1.0, -1.0), "step_count": step, "cycle_count": cycle,
        "step_charging_capacity_ah": charged, "cycle_charging_capacity_ah": of_cycle,
        "charging_capacity_ah": cycle + of_cycle, "charging_energy_wh": 3.7 * (cycle + of_cycle),
    })  # fmt: skip


def _lowered(frame: pl.DataFrame, name: str, row: int, amount: float) -> pl.DataFrame:
    """Return the frame with a counter lower by `amount` from a row (from 0) on."""
    later = pl.when(pl.int_range(pl.len()) >= row).then(amount).otherwise(0.0)
    return frame.with_columns(pl.col(name) - later)


def test_counters_of_every_scope_are_quiet() -> None:
    assert _found(_cycling()) == {}


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["lfp", "nmc622"]))
def test_any_cell_is_quiet(seed: int, chemistry: str) -> None:
    assert _found(cell_test(seed, chemistry=chemistry).samples) == {}


@pytest.mark.parametrize("scope", ["", "cycle_", "step_"])
def test_a_counter_that_falls_inside_a_step_is_a_warning(scope: str) -> None:
    name = f"{scope}charging_capacity_ah"
    told = _found(_lowered(_cycling(), name, 270, 0.25))["counter_runs_backwards"]
    assert (told.severity, told.values["rows"], told.values["count"], told.values["column"]) == (
        "warning", "271", 1, name,
    )  # fmt: skip
    assert told.values["total"] == told.values["largest"] == pytest.approx(0.25 - 1 / 60, rel=1e-5)
    assert told.values["unit"] == "Ah"


def test_energy_has_its_own_unit() -> None:
    told = _found(_lowered(_cycling(), "charging_energy_wh", 270, 2.0))["counter_runs_backwards"]
    assert (told.values["unit"], told.values["rows"]) == ("Wh", "271")


def test_a_counter_of_the_test_that_falls_between_cycles_to_what_it_had_before_is_a_warning() -> None:
    """The rows of another file: at a new cycle a counter of the test begins at zero, or goes on."""
    told = _found(_lowered(_cycling(), "charging_capacity_ah", 240, 1.0))["counter_runs_backwards"]
    assert (told.values["rows"], told.values["column"]) == ("241", "charging_capacity_ah")


@pytest.mark.parametrize(("labelled", "counts"), [("", "step_"), ("", "cycle_"), ("cycle_", "step_")])
def test_a_reset_where_another_scope_begins_is_right(labelled: str, counts: str) -> None:
    """Labels are often wrong; ∫I·dt proves the scope later."""
    frame = _cycling()
    relabelled = frame.with_columns(frame[f"{counts}charging_capacity_ah"].alias(f"{labelled}charging_capacity_ah"))
    assert _found(relabelled) == {}


def test_the_operators_reset_may_be_anywhere_but_is_to_zero() -> None:
    frame = _cycling().with_columns(schedule_charging_capacity_ah="charging_capacity_ah")
    row = pl.int_range(pl.len()) >= 270
    at_reset = float(frame["charging_capacity_ah"][269])
    reset = frame.with_columns(
        schedule_charging_capacity_ah=pl.col("charging_capacity_ah") - pl.when(row).then(at_reset).otherwise(0.0)
    )
    assert _found(reset) == {}
    halved = _found(_lowered(frame, "schedule_charging_capacity_ah", 270, 1.0))["counter_runs_backwards"]
    assert halved.values["column"] == "schedule_charging_capacity_ah"


def test_a_reset_inside_an_executed_step_is_told_and_of_a_step_of_the_programme_is_not() -> None:
    """A programme that repeats one step shows nothing in its number."""
    frame = _cycling()
    reset = _lowered(frame, CHARGED, 270, float(frame[CHARGED][269])).with_columns(pl.col(CHARGED).clip(0.0))
    assert _found(reset)["counter_runs_backwards"].values["rows"] == "271"
    assert _found(reset.rename({"step_count": "step_id"})) == {}


def test_records_of_work_steps_show_the_end_of_each_only() -> None:
    ends = _cycling().gather_every(60, offset=59).with_columns(step_charging_capacity_ah=pl.Series([3.0, 1.0, 2.0] * 4))
    assert _found(ends) == {}


def test_a_charge_counter_that_is_a_net_one_creeps_down() -> None:
    frame = _cycling()
    net = (frame["current_ampere"] / 60).cum_sum()
    told = _found(frame.with_columns(charging_capacity_ah=net))["counter_runs_backwards"]
    count, total = told.values["count"], told.values["total"]  # the last rows of each discharge are near zero
    assert isinstance(count, int)
    assert CYCLES * 58 < count <= CYCLES * 60
    assert total == pytest.approx(count / 60, rel=1e-5)
    assert str(told.values["rows"]).startswith("61, 62, 63, 64, 65")


def test_noise_of_the_last_digits_is_no_fall() -> None:
    frame = _cycling()
    noise = np.random.default_rng(1).normal(0, 2e-5, frame.height)
    assert _found(frame.with_columns(pl.col("charging_capacity_ah") + noise)) == {}
    assert _found(frame.with_columns(pl.col("charging_capacity_ah").cast(pl.Float32))) == {}


def test_a_fall_behind_absent_values_is_seen() -> None:
    lowered = _lowered(_cycling(), "charging_capacity_ah", 270, 0.5)
    absent = pl.when(~pl.int_range(pl.len()).is_between(265, 274)).then(pl.col("charging_capacity_ah"))
    assert _found(lowered.with_columns(absent))["counter_runs_backwards"].values["rows"] == "276"


def test_a_discharge_counter_below_zero_counts_all_the_same() -> None:
    frame = _cycling().with_columns(discharging_capacity_ah=-pl.col("charging_capacity_ah"))
    assert _found(frame) == {}
    risen = _found(_lowered(frame, "discharging_capacity_ah", 270, -0.5))["counter_runs_backwards"]
    assert (risen.values["column"], risen.values["rows"]) == ("discharging_capacity_ah", "271")


def test_net_counters_fall_whenever_the_battery_is_discharged() -> None:
    net = (_cycling()["current_ampere"] / 60).cum_sum()
    assert _found(_cycling().with_columns(net_capacity_ah=net, step_net_capacity_ah=net)) == {}


def test_a_test_that_begins_again_is_told_by_its_cycles_and_not_by_its_counters() -> None:
    twice = pl.concat([_cycling(), _cycling()])
    found = _found(twice)
    assert set(found) == {"cycle_numbers_run_backwards"}
    told = found["cycle_numbers_run_backwards"]
    row = CYCLES * HOURS * 60 + 1
    assert (told.severity, told.values["rows"]) == ("warning", str(row))
    assert (told.values["before"], told.values["after"]) == (CYCLES - 1, 0)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 9), min_size=2, max_size=40))
def test_every_row_at_which_a_cycle_number_goes_back_is_counted(numbers: list[int]) -> None:
    frame = _cycling().head(len(numbers)).with_columns(cycle_count=pl.Series(numbers))
    back = sum(after < before for before, after in pairwise(numbers))
    found = _found(frame).get("cycle_numbers_run_backwards")
    assert (found.values["count"] if found else 0) == back


def test_cycle_numbers_behind_absent_ones() -> None:
    frame = _cycling().head(6).with_columns(cycle_count=pl.Series([3, None, None, 4, None, 2]))
    assert _found(frame)["cycle_numbers_run_backwards"].values["rows"] == "6"


def test_a_file_in_which_a_counter_falls(cell: SyntheticTest, tmp_path: Path) -> None:
    charging = cell.samples.with_row_index().filter(pl.col("current_ampere") > 1)["index"]
    row = int(charging[len(charging) // 2])
    path, right = tmp_path / "falls.bdf.csv", tmp_path / "right.bdf.csv"
    cell.samples.write_csv(right)
    _lowered(cell.samples, CHARGED, row, 0.5 * float(cell.samples[CHARGED][row])).write_csv(path)
    assert _read(right) == {}
    assert _read(path)["counter_runs_backwards"].values["rows"].split(", ")[0] == str(row + 1)  # type: ignore[union-attr]


def test_a_result_file_in_which_counter_and_cycle_fall(write: Write) -> None:
    """With a charge that contradicts the current the reader leaves the scope of the counter open."""

    def change(tables: dict[str, jet.Table]) -> None:
        rows = [list(each) for each in tables["Channel_Normal_Table"].rows]
        rows[7][NAMES.index("Charge_Capacity")] = 0.0055  # after 0.0075, at 1 A and 9 s a row
        for row in rows[20:]:
            row[NAMES.index("Cycle_Index")] = 0
        tables["Channel_Normal_Table"].rows = [tuple(each) for each in rows]

    right, wrong = (_columns(write(name, content)) for name, content in (
        ("right.res", jet.result_file()), ("wrong.res", jet.result_file(change=change)),
    ))  # fmt: skip
    assert not any(name.endswith("capacity_ah") or name == "cycle_count" for name in right)
    assert (wrong["schedule_charging_capacity_ah"], wrong["cycle_count"]) == ("8", "21")


@settings(deadline=None)
@given(st.lists(st.tuples(*[st.one_of(st.none(), st.floats(-1e6, 1e6))] * 4), min_size=1, max_size=60))
def test_no_counter_makes_the_checks_fail(rows: list[tuple[float | None, ...]]) -> None:
    names = ("test_time_second", "voltage_volt", "current_ampere", "charging_capacity_ah")
    frame = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.Float64), orient="row")
    cycles = frame.with_columns(cycle_count=pl.int_range(pl.len()) // 5, step_charging_energy_wh="charging_capacity_ah")
    assert isinstance(_found(frame), dict)
    assert isinstance(_found(cycles.with_columns(step_count=pl.int_range(pl.len()) // 3)), dict)
