"""Files of retired batteries: what the readers give equals what was published or counted independently."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from hwan import health
from hwan.core import BatteryType, Measurement, Recording, Refusal
from hwan.readers import conformance, explain, read
from hwan.readers._detect import choose
from hwan.readers._source import open_source
from hwan.readers._xlsx import rows_of
from hwan.readers.nebula import NEBULA_XLSX, pulse_test, work_steps
from hwan.readers.nebula._steps import pulse_voltages

SAMPLES = {
    "tju/*.csv": "csv:biologic",
    "leaf/*.csv": "csv:bitrode",
    "calce_cs2/*.xlsx": "arbin-xlsx",
    "nebula/*Part*.xlsx": "nebula-xlsx",
}


@pytest.fixture
def raw(lab_data: Path) -> Path:
    return lab_data / "retired/cycler_raw"


@pytest.mark.parametrize("pattern", SAMPLES)
def test_samples_are_recognised_and_conform(raw: Path, pattern: str) -> None:
    paths = sorted(raw.glob(pattern))
    assert paths
    for path in paths:
        reader = choose(open_source(path))
        assert reader.name == SAMPLES[pattern]
        assert [said.reader for said in explain(path) if said.confidence != "no"] == [reader.name]
        conformance.check(reader, path)


def test_a_newer_arbin_workbook(lab: Path) -> None:
    (path,) = (lab / "arbin").glob("*.xlsx")
    conformance.check(choose(open_source(path)), path)
    recording = read(path)
    assert (recording.provenance.key, recording.metadata["info.Creator"]) == ("11", "ben")
    assert recording.samples.collect().height == 4526


def _digits(column: str) -> pl.Expr:
    return pl.col(column).map_elements(lambda value: f"{value:.6g}", return_dtype=pl.String)


CAPACITIES = (("charging_capacity_ah", "charge_ah"), ("discharging_capacity_ah", "discharge_ah"))


@pytest.mark.parametrize("name", ["CS2_35_2_4_11.xlsx", "CS2_35_9_8_10.xlsx"])
def test_arbin_cycles_have_the_expected_capacities_to_six_digits(raw: Path, name: str) -> None:
    got, expected = _cycles(raw, name)
    for ours, theirs in CAPACITIES:
        assert _written(got, ours) == _written(expected, theirs)


@pytest.mark.parametrize("name", ["CY25-1_1-#3.csv", "CY25-1_1-#8.csv"])
def test_biologic_cycles_have_the_expected_capacities(raw: Path, name: str) -> None:
    got, expected = _cycles(raw, name)
    for ours, theirs in CAPACITIES:
        # Half of the last digit stated, and the 2 µAh of a cycle's first sample, which still counts as rest.
        assert got[ours].to_list() == pytest.approx(expected[theirs].to_list(), abs=5e-6 + 2e-6)
    (path,) = raw.glob(f"*/{name}")
    samples = (
        read(path).samples.group_by("cycle_count").agg(pl.col("^schedule_.*_ah$").max()).sort("cycle_count").collect()
    )
    for ours, theirs in CAPACITIES:
        assert _written(samples, f"schedule_{ours}") == _written(expected, theirs)


def _written(frame: pl.DataFrame, column: str) -> list[str]:
    return frame.select(_digits(column)).to_series().to_list()


def _cycles(raw: Path, name: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The cycles of a file and the expected ones, whose rows, voltages and completeness are compared here."""
    (path,) = raw.glob(f"*/{name}")
    recording = read(path)
    expected = pl.read_csv(raw / "expected_cycles.csv").filter(pl.col("file") == name)
    got = health.cycles(recording)
    assert got["cycle_count"].to_list() == expected["cycle"].to_list()
    # A first cycle that does not begin empty is no complete one here, though it has a charge and a discharge.
    assert got["complete"].to_list() == [False, *expected["complete"][1:]]
    _assert_rows_and_voltages(recording, expected)
    return got, expected


def _assert_rows_and_voltages(recording: Recording, expected: pl.DataFrame) -> None:
    volt = pl.col("voltage_volt")
    grouped = recording.samples.group_by("cycle_count").agg(pl.len(), low=volt.min(), high=volt.max())
    table = grouped.sort("cycle_count").collect()
    assert table["len"].to_list() == expected["rows"].to_list()
    assert _written(table, "low") == _written(expected, "v_min")
    assert _written(table, "high") == _written(expected, "v_max")


def test_arbin_says_who_measured_and_what_was_not_read(raw: Path) -> None:
    recording = read(raw / "calce_cs2/CS2_35_2_4_11.xlsx")
    assert recording.provenance.key == recording.instrument.id == "1-008"
    assert recording.metadata["info.Schedule_File_Name"] == "CS2_1C.sdu"
    assert str(recording.started_at) == "2011-01-31 10:51:35+00:00"
    told = {finding.code: finding.values for finding in recording.findings}
    assert told["sheets_not_read"]["sheets"] == "Statistics_1-008"
    assert "clock_without_zone" in told


def test_bitrode_charges_when_positive(raw: Path) -> None:
    (path,) = raw.glob("leaf/*.csv")
    frame = read(path).samples.collect()
    assert frame.filter(pl.col("step_type") == "CHRG")["current_ampere"].min() > 0
    assert frame.filter(pl.col("step_type") == "DCHG")["current_ampere"].max() < 0
    first = frame.filter(pl.col("step_id") == 4)
    assert first["voltage_volt"][-1] > first["voltage_volt"][0] + 0.5
    assert {"raw_loop", "raw_loop_2", "raw_loop_3", "raw_data"} <= set(frame.columns)


COUNTED = {
    "rows_below_header": "rows",
    "blank_rows": "blank_rows",
    "q_ah": "capacity_ah",
    "discharge_end_v": "discharge_end_volt",
    "first_charge_ah": "first_charge_ah",
    "soc_visits": "soc_visits",
    "pulses": "pulses",
    "missing_rests": "missing_rests",
    "double_rests": "double_rests",
    "manual_jump_steps": "manual_jumps",
    "zero_duration_pulses": "zero_duration_pulses",
    "v_max": "highest_voltage_volt",
    "t_max_c": "highest_temperature_celsius",
}


def test_nebula_counts_are_exact(raw: Path) -> None:
    rows = pl.read_csv(raw / "expected_nebula.csv").to_dicts()
    assert len(rows) == 3
    for row in rows:
        steps = work_steps(raw / "nebula" / row["file"])
        counted = pulse_test(steps)
        assert {name: getattr(counted, ours) for name, ours in COUNTED.items()} == {name: row[name] for name in COUNTED}
        assert counted.capacity_ah is not None
        assert counted.capacity_ah / row["q_nominal_ah"] == pytest.approx(row["soh"], abs=5e-6)
        clock = steps.select(pl.col("start_second").min(), pl.col("end_second").max()).row(0)
        assert clock == tuple(datetime.fromisoformat(row[name] + "+00:00").timestamp() for name in ("start", "end"))


def test_nebula_keeps_every_line_and_tells_what_is_odd(raw: Path) -> None:
    for row in pl.read_csv(raw / "expected_nebula.csv").to_dicts():
        recording = read(raw / "nebula" / row["file"])
        frame = recording.samples.collect()
        assert frame.height == 2 * (row["rows_below_header"] - row["blank_rows"]) + row["blank_rows"]
        assert frame["record_index"].unique().len() == row["rows_below_header"]
        told = {finding.code: finding.values.get("count") for finding in recording.findings}
        assert told.get("steps_ended_by_hand", 0) == row["manual_jump_steps"]
        assert told.get("pulses_without_duration", 0) == row["zero_duration_pulses"]
        assert told.get("blank_steps_kept", 0) == row["blank_rows"]
        assert told.get("rest_missing", 0) == row["missing_rests"]
        assert recording.metadata["pulse_test.pulses"] == str(row["pulses"])


CUTOFFS = {"LMO_C_10": 2.0, "LMO_C_25": 2.7, "NMC_C_21": 2.7}


def test_nebula_capacities_are_the_published_ones_once_the_cutoffs_are_stated(raw: Path) -> None:
    for row in pl.read_csv(raw / "expected_nebula.csv").to_dicts():
        recording = read(raw / "nebula" / row["file"])
        rated = BatteryType(rated_capacity_ah=float(row["q_nominal_ah"]))
        stated = replace(rated, upper_voltage_volt=4.2, lower_voltage_volt=CUTOFFS[row["file"][:8]])
        result = health.capacity(recording, stated)
        assert isinstance(result, Measurement)
        assert (result.method, result.evidence[0].first_row) == ("capacity.counter", 6)
        assert result.value == pytest.approx(row["q_ah"], rel=1e-6)
        assert result.interval[0] < row["q_ah"] < result.interval[1]
        refused = health.capacity(recording, rated)
        assert isinstance(refused, Refusal)  # one charge and one discharge show no cut-off
        assert refused.code in ("no_full_charge_recorded", "cutoff_not_reached")


def test_nebula_counters_are_the_testers_own_figures(raw: Path) -> None:
    for row in pl.read_csv(raw / "expected_nebula.csv").to_dicts():
        recording = read(raw / "nebula" / row["file"])
        steps = health.steps(recording)
        assert steps["counter_charge_ah"][1] == row["first_charge_ah"]
        assert steps["counter_charge_ah"][3] == -row["q_ah"]
        # Two points give a constant current, and no CCCV: 1.65 Ah of a straight line from 10 to 0.5 A would be 3.87.
        assert steps["charge_ah"][1] == pytest.approx(row["first_charge_ah"], rel=2e-3)
        assert steps["charge_ah"][3] == pytest.approx(-row["q_ah"], rel=1e-3)
        first = health.cycles(recording).row(0, named=True)
        charged, taken = first["charging_capacity_ah"], first["discharging_capacity_ah"]
        assert (charged, taken) == (row["first_charge_ah"], row["q_ah"])


def test_nebula_pulse_voltages_equal_the_published_ones(raw: Path) -> None:
    (features,) = (raw / "nebula").glob("expected_features*.xlsx")
    headings, *published = rows_of(features, "Sheet1")
    first = headings.index("U1")
    (path,) = (raw / "nebula").glob("LMO_C_10_B_2*.xlsx")
    voltages = pulse_voltages(work_steps(path))
    assert len(published) == 10
    assert voltages[:10] == [row[first : first + 21] for row in published]


@pytest.mark.parametrize(("pattern", "table"), [("LMO_C_10_B_2*", "lmo10"), ("NMC_C_21_B_6*", "nmc21")])
def test_nebula_pulse_voltages_equal_the_published_table(lab_data: Path, raw: Path, pattern: str, table: str) -> None:
    (path,) = (raw / "nebula").glob(pattern)
    cell = path.stem.split("_ID_")[1]
    frame = pl.read_parquet(lab_data / f"retired/pulsebat/{table}_w5000.parquet").filter(pl.col("cell") == cell)
    published = frame.sort("soc_nominal_pct").select([f"U{n}" for n in range(1, 22)]).rows()
    assert len(published) == 10
    assert [tuple(row) for row in pulse_voltages(work_steps(path))[:10]] == published


def test_features_are_no_work_steps(raw: Path) -> None:
    (features,) = (raw / "nebula").glob("expected_features*.xlsx")
    assert NEBULA_XLSX.recognise(features, features.read_bytes()[:65_536]).confidence == "no"
