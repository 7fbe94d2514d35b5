"""Arbin's files from laboratories: golden numbers, what another reader reads, and what the numbers prove themselves."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.readers.writers import jet

from hwan.core import ColumnProblem, HwanError, stops
from hwan.readers import RawRecording, conformance
from hwan.readers._door import pass_door
from hwan.readers.arbin import ARBIN_CSV, ARBIN_RES

Write = Callable[[str, str | bytes], Path]

TWIN, TWIN_47 = "20160805_test001_45_cc_01.res", "20160805_test001_47_cc_01.res"
FULL_CELL, PACK, MITS7 = "20210210_FC_01_cc_02.res", "aux_multi_x.res", "mits7-0.res"
# Rows, steps, last test time / s, sums of voltage / V and current / A as the package access-parser reads them
# the proven scope of the counters, the channel.
GOLDEN = {
    TWIN: (10_261, 103, 859_077.2406, 5_506.644089777, -0.117138366, "cycle_", "176075 channel 3"),
    TWIN_47: (10_261, 103, 859_077.2406, 5_506.644089777, -0.117138366, "cycle_", "176075 channel 3"),
    FULL_CELL: (26_989, 369, 219_204.2743, 99_764.197134256, -1.000705240, "", "174091 channel 32"),
    PACK: (3_552, 2, 3_600.0098, 123_293.743183136, 0.0, "schedule_", "channel 1"),
    MITS7: (8, 1, 141.2641, 1.045117378, 0.0, "schedule_", "203439 channel 1"),
}


def _read(lab: Path, name: str) -> RawRecording:
    return ARBIN_RES.read(lab / "arbin" / name)


def _frame(lab: Path, name: str) -> pl.DataFrame:
    return _read(lab, name).frame.lazy().collect()


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_numbers(lab: Path, name: str) -> None:
    rows, steps, last, volts, amperes, scope, channel = GOLDEN[name]
    (raw,) = conformance.check(ARBIN_RES, lab / "arbin" / name)
    frame = raw.frame.lazy().collect()
    assert (frame.height, frame["step_count"][-1], raw.instrument.id) == (rows, steps, channel)
    assert frame["test_time_second"][-1] == pytest.approx(last, abs=1e-3)
    assert frame["voltage_volt"].sum() == pytest.approx(volts, rel=1e-9)
    assert frame["current_ampere"].sum() == pytest.approx(amperes, rel=1e-7)
    assert f"{scope}charging_capacity_ah" in frame.columns
    assert not stops(raw.findings)
    assert frame["record_index"].to_list() == list(range(1, rows + 1))


def test_values_are_those_of_another_reader(lab: Path) -> None:
    frame = _frame(lab, TWIN)
    truth = pl.read_parquet(lab / "truth/cellpy/loader_arbin_res/raw.parquet").sort("data_point")
    same = {
        "data_point": "record_index", "test_time": "test_time_second", "step_time": "step_time_second",
        "step_index": "step_id", "cycle_index": "cycle_count", "current": "current_ampere", "voltage": "voltage_volt",
        "charge_capacity": "cycle_charging_capacity_ah", "discharge_capacity": "cycle_discharging_capacity_ah",
        "charge_energy": "cycle_charging_energy_wh", "discharge_energy": "cycle_discharging_energy_wh",
        "internal_resistance": "internal_resistance_ohm", "dv_dt": "raw_dv_dt",
    }  # fmt: skip
    for theirs, ours in same.items():
        difference = (truth[theirs].cast(pl.Float64) - frame[ours].cast(pl.Float64)).abs().max()
        assert difference is not None, theirs
        assert difference <= 1e-12, theirs
    clock = truth["date_time"].dt.epoch("us") / 1e6
    assert (clock - frame["unix_time_second"]).abs().max() <= 1e-3


@pytest.mark.parametrize("name", [TWIN, FULL_CELL])
def test_counters_gain_what_the_current_gives(lab: Path, name: str) -> None:
    frame = _frame(lab, name)
    prefix = GOLDEN[name][5]
    current, time_s = frame["current_ampere"].to_numpy(), frame["test_time_second"].to_numpy()
    ampere_hours = current[1:] * np.diff(time_s) / 3600
    for sign, flow in ((1, "charging"), (-1, "discharging")):
        gains = np.diff(frame[f"{prefix}{flow}_capacity_ah"].to_numpy())
        integral = np.maximum(sign * ampere_hours, 0).sum()
        assert gains[gains > 0].sum() == pytest.approx(integral, rel=2e-3)
    within = frame.filter(pl.col("step_count").diff() == 0)
    assert within.height > 0.9 * frame.height


@pytest.mark.parametrize("name", [TWIN, FULL_CELL, PACK])
def test_the_clock_of_a_step_runs_with_the_test(lab: Path, name: str) -> None:
    frame = _frame(lab, name)
    same = (frame["step_count"].diff() == 0).fill_null(value=False)
    apart = (frame["test_time_second"].diff() - frame["step_time_second"].diff()).abs().filter(same).max()
    assert apart is not None
    assert apart < 0.1
    assert (frame["step_time_second"].diff().filter(same) >= 0).all()


@pytest.mark.parametrize(("name", "set_or_paused"), [(TWIN, 2), (FULL_CELL, 1)])
def test_the_wall_clock_runs_with_the_test(lab: Path, name: str, set_or_paused: int) -> None:
    frame = _frame(lab, name)
    ahead = (frame["unix_time_second"].diff() - frame["test_time_second"].diff()).drop_nulls()
    # The clock has whole seconds; it was set back twice by 7 s in one file, the other test paused for 67,422 s.
    assert int((ahead.abs() > 1.0).sum()) == set_or_paused


def test_rows_in_pages_of_any_order_are_put_in_order(lab: Path) -> None:
    raw = _read(lab, FULL_CELL)
    (found,) = [finding for finding in raw.findings if finding.code == "rows_put_in_order"]
    assert found.values["falls"] == 61
    assert raw.metadata["event.2"] == "97358.392 s: Unsafe"
    assert (raw.frame.lazy().collect()["test_time_second"].diff().drop_nulls() > 0).all()


def test_twelve_auxiliary_voltages_are_the_cells_of_the_pack(lab: Path) -> None:
    raw = _read(lab, PACK)
    frame = raw.frame.lazy().collect()
    cells = [name for name in frame.columns if name.startswith("cell_")]
    assert len(cells) == 12
    assert (frame.select(pl.sum_horizontal(cells)).to_series() / frame["voltage_volt"] - 1).abs().max() < 2e-3
    assert frame["temperature_t1_celsius"].min() == pytest.approx(26.0087, abs=1e-3)
    assert {"raw_aux_temperature_6_c", "raw_aux_temperature_8_c"} <= set(frame.columns)
    assert "samples_end_before_test" in {finding.code for finding in raw.findings}


def test_a_packed_file_of_a_laboratory(lab: Path, write: Write) -> None:
    path = write("mits7-0.res.gz", gzip.compress((lab / "arbin" / MITS7).read_bytes()))
    (raw,) = conformance.check(ARBIN_RES, path)
    assert raw.frame.lazy().collect().equals(_frame(lab, MITS7))
    assert raw.metadata["version.schema"] == "Results File 20171213"


@pytest.mark.parametrize("name", [MITS7, PACK])
def test_damage_of_a_laboratory_s_file(lab: Path, write: Write, name: str) -> None:
    good = (lab / "arbin" / name).read_bytes()
    refusals: list[str] = []
    for number in range(60):
        path = write("damaged.res", jet.mutated(good, number))
        start = time.perf_counter()
        try:
            for key in ARBIN_RES.keys(path)[:3]:
                pass_door(ARBIN_RES.read(path, key).frame, path.name)
        except HwanError as error:
            refusals.append(error.message("ko"))
        assert time.perf_counter() - start < 2, number
    assert refusals
    assert all(refusals)


# rows, last test time / s, highest counter of charge / Ah, first Unix time / s, clocks and columns
CSV = {
    "arbin/2017-05-09_test-TC-contact_CH33.csv": (287, 1022.8913, 0.60827, 1494377253.17, "charging_capacity_ah"),
    "arbin/sample_data_arbin.csv": (13, 301.214, 0.000400839, 1726821154.558, "schedule_charging_capacity_ah"),
    "galv-suite/arbin.csv": (21, 120.0007, 0.0, 1846431367.0, "schedule_charging_capacity_ah"),
}


@pytest.mark.parametrize("name", CSV)
def test_delimited_exports(lab: Path, name: str) -> None:
    rows, last, charge, clock, counter = CSV[name]
    (raw,) = conformance.check(ARBIN_CSV, lab / name)
    frame = raw.frame.lazy().collect()
    assert frame.height == rows
    assert frame["test_time_second"][-1] == pytest.approx(last)
    assert frame[counter].max() == pytest.approx(charge, rel=1e-5)
    assert frame["unix_time_second"][0] == pytest.approx(clock, abs=1e-3)
    assert "temperature_t1_celsius" in frame.columns


def test_what_lies_beside_the_samples_is_read_with_them(lab: Path) -> None:
    raw = ARBIN_CSV.read(lab / "arbin/2017-05-09_test-TC-contact_CH33.csv")
    assert raw.metadata["about.Schedule_File_Name"] == "20170509-6C_1C_36CV.sdu"
    assert raw.metadata["about.Item_ID"] == "EL150800460659"
    # The table beside the samples counts in Unix seconds, as the samples do: the clock is UTC.
    assert float(raw.metadata["about.First_Start_DateTime"]) == pytest.approx(1494377253.17, abs=1)
    with pytest.raises(ColumnProblem) as caught:
        ARBIN_CSV.read(lab / "arbin/2017-05-09_test-TC-contact_CH33_Metadata.csv")
    assert caught.value.code == "arbin_about_only"
