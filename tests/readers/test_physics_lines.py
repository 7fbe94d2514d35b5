from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwan.core import LANGUAGES, text
from hwan.readers._physics import physics
from hwan.synthetic import SyntheticTest


def _resampled(frame: pl.DataFrame, second: float) -> pl.DataFrame:
    """The record as somebody would make it who wants a row at equal times, without saying so."""
    time = frame["test_time_second"].to_numpy()
    grid = np.arange(time[0], time[-1], second)
    columns = {name: np.interp(grid, time, frame[name].to_numpy()) for name in ("voltage_volt", "current_ampere")}
    return pl.DataFrame({"test_time_second": grid, **columns})


def test_rows_between_others_are_found_and_marked(cell: SyntheticTest) -> None:
    frame = _resampled(cell.samples, 0.5)
    findings, marks = physics(frame)
    found = {each.values["column"]: each for each in findings if each.code == "rows_interpolated"}
    assert found["voltage_volt"].severity == "warning"
    for language in LANGUAGES:
        assert "{" not in text("finding", "rows_interpolated", language, found["voltage_volt"].values)
    assert {mark.kind for mark in marks} == {"interpolated"}
    assert int(found["voltage_volt"].values["total"]) > 0.5 * frame.height


def test_the_marks_are_on_computed_rows_only() -> None:
    rng = np.random.default_rng(3)
    anchors = np.arange(0.0, 1_000.0, 20.0)
    grid = np.arange(0.0, 981.0)
    columns = {name: np.interp(grid, anchors, rng.normal(3.7, 0.1, 50)) for name in ("voltage_volt", "current_ampere")}
    _, marks = physics(pl.DataFrame({"test_time_second": grid, **columns}))
    inside = {row for mark in marks for row in range(mark.first_row, mark.last_row + 1)}
    assert {mark.column for mark in marks} == {"voltage_volt", "current_ampere"}
    # One line in ten rises by what happens to be a whole number of steps: it is left unmarked.
    assert not any(row % 20 == 0 for row in inside)
    assert len(inside) > 0.7 * 980


@settings(deadline=None)
@given(st.integers(2, 5), st.floats(1e-6, 6e-4), st.sampled_from([pl.Float32, pl.Float64]), st.integers(0, 99))
def test_a_quantised_ramp_is_no_line(digits: int, slope: float, dtype: type[pl.DataType], seed: int) -> None:
    time = np.arange(3_000.0)
    noise = np.random.default_rng(seed).normal(0, 0.2 * 10.0**-digits, 3_000)
    voltage = np.round(3.0 + slope * time + noise, digits)
    frame = pl.DataFrame({"test_time_second": time, "voltage_volt": voltage, "current_ampere": np.ones(3_000)})
    findings, marks = physics(frame.with_columns(pl.col("voltage_volt").cast(dtype)))
    assert "rows_interpolated" not in {each.code for each in findings}
    assert marks == []


@pytest.mark.parametrize("quantum", [1e-3, 5.0 / 2**16, 1.525e-4])
def test_whole_steps_of_a_converter_are_no_line(quantum: float) -> None:
    time = np.arange(4_000.0)
    voltage = 3.0 + quantum * np.floor(np.cumsum(1.06 + (time // 500) % 3))
    frame = pl.DataFrame({"test_time_second": time, "voltage_volt": voltage, "current_ampere": np.ones(4_000)})
    assert "rows_interpolated" not in {each.code for each in physics(frame)[0]}


def test_one_straight_line_is_what_a_tester_may_have_been_told_to_follow() -> None:
    time = np.arange(2_000.0)
    frame = pl.DataFrame(
        {"test_time_second": time, "voltage_volt": np.linspace(2, 4, 2_000), "current_ampere": np.sin(time)}
    )
    assert physics(frame) == ([], [])


def test_smooth_curves_of_a_simulation_are_no_lines() -> None:
    time = np.arange(0.0, 5_000.0)
    voltage = 3.2 + 0.9 * np.exp(-time / 700) - 1e-5 * time
    frame = pl.DataFrame({"test_time_second": time, "voltage_volt": voltage, "current_ampere": -np.exp(-time / 900)})
    assert physics(frame) == ([], [])


def test_smooth_pulses_of_a_pack_in_single_precision_are_no_lines() -> None:
    time = np.arange(3_000.0)
    phase = time % 30
    voltage = 400 - np.where(phase < 10, 2 + 0.02 * phase + 0.2 * (1 - np.exp(-phase / 20)), 0.0) - 1e-4 * time
    columns = {"voltage_volt": voltage.astype(np.float32), "current_ampere": np.where(phase < 10, -9.0, 0.0)}
    frame = pl.DataFrame({"test_time_second": time, **columns})
    assert "rows_interpolated" not in {each.code for each in physics(frame)[0]}
