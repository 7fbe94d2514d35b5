"""Golden pairs by stem: what the vendor's own software exported, against what we read.

An export shows a limited number of digits. The tolerance of a value is half of its column's last
digit, plus 4e-7 of the value: single precision on our side and on the export's. Counters are
compared without their sign, which the export does not have; the sign is its own test.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from hwan import readers

STEMS = (
    "21_10_7_85", "SIM", "TESTCELL0001-Test_Data_Collection_Ndc17", "TestFile", "Unit27_Example_Corrupt",
    "interp-test", "nda8", "nda_v23", "new_nda_file", "test_2",
)  # fmt: skip
# Column: the export's label, its unit per BDF unit, its last digit, and the digits of single exports.
COLUMNS: dict[str, tuple[str, float, float, dict[str, float]]] = {
    "voltage_volt": ("Voltage(mV)", 1e3, 0.1, {}),
    "current_ampere": (
        "Current(uA)",
        1e6,
        0.1,
        {"test_2": 1, "TESTCELL0001-Test_Data_Collection_Ndc17": 1, "nda_v23": 1},
    ),
    "step_time_second": ("Time", 1.0, 1e-3, {}),
    "test_time_second": ("Total Time", 1.0, 1e-3, {}),
    # The export of TestFile counts in 0.1 µAh and 0.1 µWh.
    "step_net_capacity_ah": ("Capacity(mAs)", 3.6e6, 0.1, {"SIM": 1, "nda_v23": 1, "TestFile": 0.36}),
    "step_net_energy_wh": ("Energy(mWs)", 3.6e6, 0.1, {"TestFile": 0.36}),
}
SINGLE_PRECISION = 4e-7
# Its export was made with another cycle mode than the file's own (CycleMode 1 in NdaxConfig.xml).
OTHER_CYCLES = {"test_2"}
Pair = tuple[str, pl.DataFrame, pl.DataFrame]


@pytest.fixture(params=STEMS)
def pair(request: pytest.FixtureRequest, lab: Path) -> Pair:
    stem = str(request.param)
    (path,) = (lab / "neware").glob(f"{stem}.nda*")
    return stem, readers.read(path).samples.collect(), pl.read_parquet(lab / f"truth/fastnda/{stem}.parquet")


def test_every_truth_is_compared(lab: Path) -> None:
    stems = {path.stem for path in (lab / "truth/fastnda").glob("*.parquet")}
    assert stems == {*STEMS, "empty"}


def test_signals_times_and_counters_equal_the_vendors_export(pair: Pair) -> None:
    stem, ours, theirs = pair
    assert ours.height == theirs.height
    for name, (label, scale, digit, finer) in COLUMNS.items():
        got = ours[name].cast(pl.Float64).to_numpy() * scale
        expected = theirs[label].cast(pl.Float64).to_numpy()
        if "net" in name:
            got, expected = np.abs(got), np.abs(expected)
        tolerance = finer.get(stem, digit) / 2
        if "net" in name:  # a difference of two larger counters, each in single precision
            tolerance += SINGLE_PRECISION * float(expected.max())
        np.testing.assert_allclose(got, expected, rtol=SINGLE_PRECISION, atol=tolerance * 1.001, err_msg=name)


def test_counts_equal_the_vendors_export(pair: Pair) -> None:
    stem, ours, theirs = pair
    if stem not in OTHER_CYCLES:
        assert ours["cycle_count"].to_list() == theirs["Cycle Index"].cast(pl.Int64).to_list()
    assert ours["step_count"].to_list() == theirs["Step Count"].cast(pl.Int64).to_list()
    assert ours["step_id"].to_list() == theirs["Step Index"].cast(pl.Int64).to_list()
    words = theirs["Step Type"].cast(pl.String).str.replace_all("[ _]", "").to_list()
    assert [word.replace("_", "") for word in ours["step_type"]] == words


def test_counters_have_the_sign_of_the_current(pair: Pair) -> None:
    _, ours, _ = pair
    last = ours.group_by("step_count").agg(
        pl.col("current_ampere").mean(), pl.col("step_net_capacity_ah").last(), pl.col("step_type").first()
    )
    flows = last.filter(pl.col("step_net_capacity_ah").abs() > 1e-6, pl.col("step_type") != "SIM")
    assert (flows["current_ampere"].sign() == flows["step_net_capacity_ah"].sign()).all()


def test_temperature_equals_the_vendors_export(lab: Path) -> None:
    ours = readers.read(lab / "neware/TestFile.nda").samples.collect()["temperature_t1_celsius"]
    theirs = pl.read_parquet(lab / "truth/fastnda/TestFile.parquet")["T1"]
    np.testing.assert_allclose(ours.to_numpy(), theirs.to_numpy(), atol=6e-5)


def test_the_large_file_has_its_rows() -> None:
    folder = Path(os.environ.get("HWAN_LAB_DATA", "/nonexistent")) / "testers/neware"
    if not folder.is_dir():
        pytest.skip("HWAN_LAB_DATA is not set")
    frame = readers.read(folder / "BTS85-36-6-5-110-20240424.ndax").samples
    assert frame.select(pl.len(), pl.col("cycle_count").max()).collect().row(0) == (699_677, 15)
