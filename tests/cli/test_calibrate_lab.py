"""Calibration on published pulse tests of retired cells, and on a tester's file of one of them."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from hwan.cli._calibrate_ask import Ask
from hwan.cli._calibrate_cells import frame_of_files
from hwan.health.rapid import load_model

NAME = "LMO_C_10_B_2_SOC_5-55_Part_1-1_ID_PIP15827A00221240.xlsx"
CELL, HEALTH = "PIP15827A00221240", 0.60513
KIND = ("--chemistry", "lmo", "--rated-capacity-ah", 10)


@pytest.fixture(scope="module")
def published(lab_data):
    return pl.read_parquet(lab_data / "retired" / "pulsebat" / "lmo10_w5000.parquet")


@pytest.fixture(scope="module")
def tester_file(lab_data):
    return lab_data / "retired" / "cycler_raw" / "nebula" / NAME


def test_a_tester_file_gives_the_rows_that_were_published(published, tester_file):
    asked = Ask(
        tester_file.parent / "m.json", "x/1", "lmo", 10.0, files=[tester_file],
        upper_voltage_volt=4.2, lower_voltage_volt=2.0,
    )  # fmt: skip
    protocol = asked.protocol()
    frame, failures = frame_of_files(asked, protocol)
    assert frame is not None
    assert not failures
    assert set(frame["soh"].round(4)) == {round(HEALTH, 4)}
    known = published.filter(pl.col("source_file").str.contains(CELL)).select(protocol.names).to_numpy()
    for row in frame.select(protocol.names).to_numpy():
        assert np.abs(known - row).max(axis=1).min() < 2e-4


def test_a_cell_left_out_is_answered_from_the_others(call, published, tester_file, tmp_path):
    others = published.filter(~pl.col("source_file").str.contains(CELL))
    names = others["cell"].unique().sort().to_list()[::4]
    others.filter(pl.col("cell").is_in(names)).write_parquet(tmp_path / "others.parquet")
    out, page = tmp_path / "model.json", tmp_path / "page.html"
    answer = call("calibrate", tmp_path / "others.parquet", *KIND, "--id", "some/1", "--out", out, "--report", page)
    assert answer.code == 0
    model = load_model(out)
    assert model.origin.cells == len(names)
    assert model.origin.calibrated_on <= date.today()
    assert model.card["mean_absolute_error"] < 0.5 * model.card["mean_predictor_error"]
    assert model.card["coverage"] >= 0.8
    assert page.stat().st_size < 1_000_000
    (found,) = call("evaluate", tester_file, *KIND, "--rapid-model", out, "--json").document["assessments"]
    told = [each for each in found["measurements"] if each["method"] == "rapid.pulses"]
    assert told or {each["code"] for each in found["refusals"]} & {"rapid_outside_population"}
    for each in told:
        ends = {one["probability"]: one["value"] for one in each["quantiles"]}
        assert ends[0.005] <= HEALTH <= ends[0.995]


def test_the_shipped_model_answers_the_file_and_no_other_type(call, tester_file):
    (found,) = call("evaluate", tester_file, *KIND, "--rapid", "--json").document["assessments"]
    (told,) = [each for each in found["measurements"] if each["method"] == "rapid.pulses"]
    assert abs(told["quantiles"][4]["value"] - HEALTH) < 0.1
    assert found["next_test"]["stage"] == "gate"
    other = ("--chemistry", "lto", "--rated-capacity-ah", 10, "--rapid", "--json")
    (found,) = call("evaluate", tester_file, *other).document["assessments"]
    assert "rapid_other_chemistry" in {each["code"] for each in found["refusals"]}
    assert "rapid_types_known" in {each["code"] for each in found["findings"]}
