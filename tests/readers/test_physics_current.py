from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwan.core import LANGUAGES, Finding, text
from hwan.readers._physics import physics
from hwan.synthetic import SyntheticTest, cell_test, pack_test


def _found(frame: pl.DataFrame) -> dict[str, Finding]:
    findings, _ = physics(frame)
    for each in findings:
        for language in LANGUAGES:
            assert "{" not in text("finding", each.code, language, each.values)
    return {each.code: each for each in findings}


def _middle_of_discharge(frame: pl.DataFrame) -> tuple[int, int]:
    """Return a row in the middle of the longest step that discharges, and the row after its last."""
    steps = frame.with_row_index().filter(pl.col("current_ampere") < -1).group_by("step_count")
    longest = steps.agg(pl.col("index").min().alias("first"), pl.col("index").max().alias("last"))
    first, last = longest.sort(pl.col("last") - pl.col("first")).select("first", "last").row(-1)
    return (first + last) // 2, last + 1


def _scaled(column: str, first: int, last: int, factor: float) -> pl.Expr:
    row = pl.int_range(pl.len())
    return pl.when((row >= first) & (row < last)).then(pl.col(column) * factor).otherwise(pl.col(column))


def test_cells_and_packs_of_every_kind_are_quiet(cell: SyntheticTest, pack: SyntheticTest) -> None:
    assert _found(cell.samples) == {}
    assert _found(pack.samples) == {}


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["lfp", "nmc622"]))
def test_any_cell_is_quiet(seed: int, chemistry: str) -> None:
    assert physics(cell_test(seed, chemistry=chemistry).samples) == ([], [])


@pytest.mark.parametrize("factor", [1e-3, 1e-2, 0.1, 10.0, 100.0, 1e3])
def test_a_current_in_another_range_stops(cell: SyntheticTest, factor: float) -> None:
    middle, end = _middle_of_discharge(cell.samples)
    found = _found(cell.samples.with_columns(_scaled("current_ampere", middle, end, factor)))
    jump = found["current_range_jumps"]
    assert (jump.severity, jump.values["factor"], jump.values["rows"]) == (
        "stop",
        pytest.approx(factor),
        str(middle + 1),
    )


@pytest.mark.parametrize("factor", [0.5, 5.0, 12.0, 0.09])
def test_a_factor_that_no_range_has_is_not_a_range(cell: SyntheticTest, factor: float) -> None:
    middle, end = _middle_of_discharge(cell.samples)
    assert "current_range_jumps" not in _found(
        cell.samples.with_columns(_scaled("current_ampere", middle, end, factor))
    )


def _pulses(seconds: int, ohm: float, small: float = 1.0) -> pl.DataFrame:
    """A step whose programme goes from one current to ten times it and back, as the battery answers."""
    time = np.arange(float(seconds))
    current = np.where(time % 100 < 50, small, 10 * small)
    noise = np.random.default_rng(5).normal(0, 2e-5, seconds)
    voltage = np.round(3.6 + ohm * current + 1e-5 * np.cumsum(current) + noise, 4)
    return pl.DataFrame({"test_time_second": time, "voltage_volt": voltage, "current_ampere": current})


def test_a_true_change_by_ten_moves_the_voltage() -> None:
    assert _found(_pulses(600, ohm=0.002)) == {}


def test_a_voltage_too_coarse_to_show_the_change_accuses_nobody() -> None:
    """The switch by ten from 0.2 A would move 3.6 mV; the voltage shows 10 mV, and other switches of 90 mV."""
    pulses = _pulses(600, ohm=0.002)
    small = pl.when(pl.col("test_time_second") >= 500).then(0.2 * pl.col("current_ampere"))
    stepped = pulses.with_columns(
        small.otherwise(5 * pl.col("current_ampere")).alias("current_ampere"),
        step_count=pl.when(pl.col("test_time_second") >= 500).then(99).otherwise(pl.col("test_time_second") // 50),
    ).with_columns(
        voltage_volt=(3.6 + 0.002 * pl.col("current_ampere")).round(2), step_count=pl.col("step_count").cast(pl.Int64)
    )
    assert "current_range_jumps" not in _found(stepped)


def test_a_counter_in_another_range_stops(cell: SyntheticTest) -> None:
    middle, end = _middle_of_discharge(cell.samples)
    name = "step_discharging_capacity_ah"
    found = _found(cell.samples.with_columns(_scaled(name, middle, end, 10.0)))
    assert found["counter_range_jumps"].severity == "stop"
    assert (found["counter_range_jumps"].values["column"], found["counter_range_jumps"].values["factor"]) == (
        name,
        10.0,
    )
    assert "current_range_jumps" not in found


def test_a_counter_that_begins_again_with_a_step_is_right(cell: SyntheticTest) -> None:
    counters = [name for name in cell.samples.columns if name.startswith("step_") and name.endswith("_ah")]
    assert counters
    assert _found(cell.samples.drop("step_count", "step_id")) == {}


def test_a_stuck_voltage_stops(cell: SyntheticTest) -> None:
    row = pl.int_range(pl.len())
    half = cell.samples.height // 2
    stuck = pl.when(row < half).then(pl.col("voltage_volt")).otherwise(pl.col("voltage_volt").get(half))
    found = _found(cell.samples.with_columns(voltage_volt=stuck))
    assert (found["voltage_stuck"].severity, found["voltage_stuck"].values["rows"]) == ("stop", str(half + 1))
    everywhere = _found(cell.samples.with_columns(voltage_volt=pl.lit(3.7)))
    assert everywhere["voltage_stuck"].severity == "stop"


def test_a_voltage_that_stands_still_under_constant_current_is_a_warning() -> None:
    time = np.arange(0.0, 20_000.0, 10.0)
    voltage = 3.9 - time * 2e-5 + 1e-4 * np.sin(time)
    voltage[600:1_400] = voltage[600]
    frame = pl.DataFrame({"test_time_second": time, "voltage_volt": voltage, "current_ampere": np.full(2_000, -1.0)})
    found = _found(frame)["voltage_stands_still"]
    assert (found.severity, found.values["rows"], found.values["longest_second"]) == ("warning", "601", 7_990.0)


def test_a_voltage_that_is_held_takes_ever_less_current() -> None:
    time = np.arange(0.0, 20_000.0, 10.0)
    frame = pl.DataFrame(
        {"test_time_second": time, "voltage_volt": np.full(2_000, 4.2), "current_ampere": np.exp(-time / 3_000)}
    )
    assert _found(frame) == {}


def test_packs_with_logs_are_quiet() -> None:
    assert _found(pack_test(3, series=8, rated_capacity_ah=50.0).samples) == {}
