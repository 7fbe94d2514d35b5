"""The checks on every file of the lab that hwan reads: where they fire, and nowhere else."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from hwan import readers
from hwan.core import HwanError
from hwan.readers._physics import physics
from hwan.readers.neware import _between

# What is wrong in these files was looked at row by row.
WRONG = {
    # Hours that were multiplied by 3600 twice.
    "testers/basytec/DLR__LiLNMOHydra0b__20221125__POCV__25degC__Basytec.bdf.csv": {"test_time_impossible"},
    # Step times that are dates of a spreadsheet.
    "testers/generic/custom_data_001.csv": {"step_time_disagrees"},
    # One row between two starts of the tester has a step time of 0.
    "testers/novonix/example_data.csv": {"step_time_disagrees"},
    # A simulation, drawn as straight lines between the solver's own times.
    "testers/ampworks-csv/hppc_discharge.csv": {"rows_interpolated"},
}
PAUSED = {
    "testers/maccor/PredictionDiagnostics_000151_paused.052": (45, 7200.98),
    "testers/neware/TestFile.nda": (3, 0),
}
FOLDERS = ("testers", "retired/cycler_raw")
# Text tables that belong to the files beside them, and what is no recording in time.
OTHERS = {".tsv", ".md", ".mps", ".000", ".parquet"}


def _files(lab_data: Path) -> list[Path]:
    found = (path for folder in FOLDERS for path in sorted((lab_data / folder).rglob("*")))
    return [path for path in found if path.is_file() and path.suffix not in OTHERS and "truth" not in path.parts]


def _severe(path: Path) -> set[str]:
    try:
        recordings = readers.read_all(path)
    except HwanError:
        return set()  # whether it should be read is the matter of its reader's tests
    frames = (recording.samples.collect() for recording in recordings)
    return {each.code for frame in frames for each in physics(frame)[0] if each.severity != "note"}


def test_the_checks_fire_on_what_is_wrong_and_nowhere_else(lab_data: Path) -> None:
    found = {str(path.relative_to(lab_data)): _severe(path) for path in _files(lab_data)}
    assert {name: codes for name, codes in found.items() if codes} == WRONG


@pytest.mark.parametrize("name", PAUSED)
def test_paused_tests_are_noted(lab_data: Path, name: str) -> None:
    row, second = PAUSED[name]
    findings = readers.read(lab_data / name).findings
    (pause,) = [each for each in findings if each.code == "clock_pauses"]
    assert str(pause.values["rows"]).split(", ")[0] == str(row)
    assert not second or pause.values["total_second"] == pytest.approx(second, abs=0.01)


def test_rows_of_the_interpolation_case_have_marks_on_times_and_counters_only(lab: Path) -> None:
    """The tester wrote 66 of 333 rows in full; voltage and current of all, as the vendor's export has them."""
    recording = readers.read(lab / "neware/interp-test.ndax")
    (told,) = [each for each in recording.findings if each.code == "rows_filled_between"]
    assert (told.values["count"], told.values["of"]) == (333 - 66, 333)
    assert {mark.column for mark in recording.marks} == set(_between.COLUMNS)
    of_times = [mark for mark in recording.marks if mark.column == "test_time_second"]
    assert sum(mark.last_row - mark.first_row + 1 for mark in of_times) == 333 - 66
    assert "rows_interpolated" not in {each.code for each in recording.findings}
    truth = pl.read_parquet(lab / "truth/fastnda/interp-test.parquet")["Voltage(mV)"].cast(pl.Float64).to_numpy()
    ours = recording.samples.collect()["voltage_volt"].cast(pl.Float64).to_numpy() * 1e3
    np.testing.assert_allclose(ours, truth, atol=0.05001)


@pytest.mark.parametrize("name", ["21_10_7_85", "test_2", "BTS85-36-6-5-110-20240424"])
def test_marks_of_ndax_are_the_rows_that_its_own_member_lacks(lab: Path, name: str) -> None:
    path = lab / f"neware/{name}.ndax"
    recording = readers.read(path)
    own = _between.own_rows(path)
    assert own is not None
    (told,) = [each for each in recording.findings if each.code == "rows_filled_between"]
    index = recording.samples.collect()["record_index"]
    assert told.values["count"] == len(set(index) - set(own))
    assert len(recording.marks) <= len(_between.COLUMNS) * _between.MOST_RANGES
    first = {mark.first_row for mark in recording.marks if mark.column == "unix_time_second"}
    assert index[min(first)] not in set(own)


def test_an_archive_whose_rows_are_whole_has_no_marks(lab: Path) -> None:
    for path in sorted((lab / "neware").glob("*.ndax")):
        with zipfile.ZipFile(path) as archive:
            whole = _between.MEMBER not in archive.namelist()
        assert whole is (_between.own_rows(path) is None)


def test_two_parts_of_a_real_test_are_one(lab_data: Path) -> None:
    """Two files of one cell, a month apart: the counters are the schedule's and stay, the test time goes on."""
    folder = lab_data / "retired/cycler_raw/calce_cs2"
    later, earlier = (readers.read(folder / f"CS2_35_{date}.xlsx") for date in ("2_4_11", "9_8_10"))
    joined = readers.continued([later, earlier])
    frame = joined.samples.collect()
    heights = [each.samples.collect().height for each in (earlier, later)]
    assert frame.height == sum(heights)
    begins = [each.values["first_row"] for each in joined.findings if each.code == "continued_part"]
    assert begins == [1, heights[0] + 1]
    away = (frame["unix_time_second"] - frame["test_time_second"]).to_numpy()
    assert abs(away[heights[0]] - away[heights[0] - 1]) < 2
    assert {"continued_gap", "continued_cycles_restart"} <= {each.code for each in joined.findings}
