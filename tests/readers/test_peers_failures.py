"""What has gone wrong with testers' files elsewhere, as public threads tell it, and what happens to such a file here.

Each test names its thread as owner/repository#number; figures, clocks and counters follow in
test_peers_figures.py. The table maps what other tests show already.
"""

from __future__ import annotations

import importlib
import io
import random
import struct
import subprocess
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.readers.writers import jet
from tests.readers.writers import mpr as made

from hwan.core import LANGUAGES, DamagedFile, FormatNotRecognised, Mark, Recording
from hwan.readers import read

Write = Callable[[str, str | bytes], Path]

SHOWN_ELSEWHERE = {
    # interpolated rows that nothing labels
    "Solid-Energy-Systems/NewareNDA#61": (
        "readers.test_physics_lines", "test_rows_between_others_are_found_and_marked",
    ),
    "Solid-Energy-Systems/NewareNDA#104": (
        "readers.test_physics_lab", "test_marks_of_ndax_are_the_rows_that_its_own_member_lacks",
    ),
    # a step code that is in no table
    "Solid-Energy-Systems/NewareNDA#28": (
        "readers.test_neware", "test_an_unknown_step_code_is_kept_as_its_number",
    ),
    # an old file that makes the reader hang
    "Solid-Energy-Systems/NewareNDA#55": (
        "readers.test_neware", "test_a_tiny_file_in_bdf_columns_and_units",
    ),
    # an unknown column that ends the read, and several of them
    "echemdata/galvani#73": (
        "readers.test_biologic", "test_one_unknown_column_is_kept_by_its_width",
    ),
    "echemdata/galvani#115": (
        "readers.test_biologic", "test_several_unknown_columns_are_kept_as_bytes_and_the_others_are_read",
    ),
    # columns missing from a table, so that all values are jumbled
    "dgbowl/yadg#223": (
        "readers.test_biologic", "test_a_length_that_nothing_explains_is_refused",
    ),
    # values in other units than the heading is thought to say
    "datalab-org/datalab#424": (
        "readers.test_arbin_csv", "test_units_in_the_headings_count",
    ),
    "jepegit/cellpy#1025": (
        "readers.test_text_dialects", "test_units_in_headings",
    ),
    "jepegit/cellpy#1033": (
        "readers.test_text_dialects", "test_a_unit_that_nothing_says_is_assumed_aloud_and_stops_a_grade",
    ),
    # efficiencies of a test that begins in the middle
    "ROVI-org/battery-data-toolkit#134": (
        "health.test_cycles", "test_a_first_cycle_that_starts_half_charged_has_no_efficiency",
    ),
    # no cycle numbers in the file
    "dgbowl/yadg#150": (
        "health.test_cycles", "test_cycles_begin_with_a_charge_after_a_discharge",
    ),
    # no table per cycle beside the samples
    "battery-data-alliance/battery-data-format#17": (
        "cli.test_export", "test_tables",
    ),
}  # fmt: skip


@pytest.mark.parametrize("thread", SHOWN_ELSEWHERE)
def test_what_is_shown_elsewhere_is_there(thread: str) -> None:
    module, name = SHOWN_ELSEWHERE[thread]
    assert callable(getattr(importlib.import_module(f"tests.{module}"), name))


def _frame(recording: Recording) -> pl.DataFrame:
    return recording.samples.collect()


def _codes(recording: Recording) -> dict[str, str]:
    return {finding.code: finding.severity for finding in recording.findings}


# --- Neware


def _archive(content: bytes, **bytes_at: int) -> bytes:
    """Change single bytes of the samples in an archive."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        data = bytearray(archive.read("data.ndc"))
    for name, value in bytes_at.items():
        data[int(name.removeprefix("at_"))] = value
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.ndc", bytes(data))
    return sink.getvalue()


def test_a_layout_of_a_newer_version_is_refused_with_a_next_step(write: Write, ndax: Path) -> None:
    """d-cogswell/NewareNDA#5, #27, Solid-Energy-Systems/NewareNDA#91, datalab-org/datalab#1989: AttributeError."""
    with pytest.raises(DamagedFile) as caught:
        read(write("newer.ndax", _archive(ndax.read_bytes(), at_2=99)))
    for language, next_step in zip(LANGUAGES, ("Next: ", "다음: "), strict=True):
        said = caught.value.message(language)
        assert "newer.ndax" in said
        assert next_step in said


@pytest.mark.parametrize(("code", "milliampere"), [(250, 1e-2), (500, 1e-2), (25, 1e-3), (-40_000, 1e-2)])
def test_a_current_range_missing_in_a_table_has_its_unit(
    write: Write, ndax: Path, code: int, milliampere: float
) -> None:
    """Solid-Energy-Systems/NewareNDA#103, #97, #109, #107, #42 and #27: KeyError, or a current wrong by ten."""
    with zipfile.ZipFile(ndax) as archive:
        data = bytearray(archive.read("data.ndc"))
    record, page, head = 94, 512, 5
    for row in range(6):
        at = 512 + row // 5 * page + head + row % 5 * record
        data[at + record - 12 : at + record - 8] = struct.pack("<i", code)
    path = ndax.with_name("range.ndax")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("data.ndc", bytes(data))
    stored = np.array([0, 0, 1000, 1000, -1000, -1000])
    assert _frame(read(path))["current_ampere"].to_list() == pytest.approx((stored * milliampere / 1000).tolist())


def test_the_times_of_repeated_steps_go_on(make_ndax: Callable[..., Path]) -> None:
    """datalab-org/datalab#2075: timestamps were wrong where a programme loops."""
    rows = [(n + 1, 1 + n // 3, 1 + n // 3 % 2, n % 3, 3.7, 100.0 * (-1) ** (n // 3), 0.0) for n in range(24)]
    frame = _frame(read(make_ndax(rows=tuple(rows))))
    assert (np.diff(frame["unix_time_second"].to_numpy()) == 1).all()
    time = frame["test_time_second"].to_numpy()
    assert (np.diff(time) >= 0).all()
    assert time[-1] - time[0] >= 16
    assert frame["step_count"].n_unique() == 8


# --- BioLogic


@pytest.mark.parametrize(
    "columns",
    [
        [((182,), "<f8"), ((215,), "<f4")],  # 112, 126: harmonics and energies
        [((174,), "<f4")],  # 67, 109: the mean voltage
        [((27,), "<f4")],  # 74: a second technique's column
        [((475,), "<f4")],  # 112
        [((438,), "<f8")],  # 70: the step time of a newer BT-Lab
    ],
)
def test_a_column_number_that_ended_a_read_costs_nothing(
    write: Write, columns: Sequence[tuple[tuple[int, ...], str]]
) -> None:
    """echemdata/galvani#112, #126, #109, #67, #74 and #70: NotImplementedError, column is unknown."""
    plain = _frame(read(write("plain.mpr", made.mpr(made.cycling()))))
    fields = made.cycling()
    fields[6:6] = [(numbers, dtype, np.arange(40.0)) for numbers, dtype in columns]
    recording = read(write("more.mpr", made.mpr(fields)))
    frame = _frame(recording)
    common = [name for name in plain.columns if name in frame.columns]
    assert frame.select(common).equals(plain.select(common))
    assert {"voltage_volt", "current_ampere", "test_time_second"} <= set(common)
    more = set(frame.columns) - set(plain.columns)
    assert more
    assert all(name.startswith("raw_") for name in more)


def test_a_current_that_is_not_stored_follows_from_the_charge(write: Write) -> None:
    """echemdata/galvani#59, #42, #114, dgbowl/yadg#270: no current, no step, no cycle counters in the table."""
    whole = _frame(read(write("whole.mpr", made.mpr(made.cycling()))))
    recording = read(write("without.mpr", made.mpr(made.cycling(with_current=False))))
    frame = _frame(recording)
    inside = (whole["step_count"].diff() == 0).fill_null(value=False)
    got, expected = (each.filter(inside)["current_ampere"].to_list() for each in (frame, whole))
    assert got == pytest.approx(expected, abs=1e-9)
    assert Mark("current_ampere", "derived", 0, 39) in recording.marks
    assert frame["step_count"].to_list() == whole["step_count"].to_list()
    moved = (frame["current_ampere"].fill_null(0.0) * 10 / 3600).cum_sum()
    assert frame["net_capacity_ah"].to_list() == pytest.approx(moved.to_list(), abs=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_settings_that_nobody_knows_cost_no_sample(write: Write, seed: int) -> None:
    """dgbowl/yadg#211, #231, #218, #180, #176 and #185: ValueError, element '2' for parameter not understood."""
    strange = random.Random(seed).randbytes(1024)  # noqa: S311 - reproducible, no secret
    samples = made.module("VMP data", made.data([*made.cycling(), ((39,), "<u2", np.full(40, 178))]), 3)
    recording = read(write("set.mpr", made.SIGNATURE + made.module("VMP Set", strange) + samples))
    plain = _frame(read(write("plain.mpr", made.mpr(made.cycling()))))
    assert _frame(recording).select("voltage_volt", "current_ampere").equals(plain[["voltage_volt", "current_ampere"]])
    assert _codes(recording)["mpr_settings_unread"] == "note"


# --- Arbin


def test_a_database_is_read_without_tools_of_the_system(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """echemdata/galvani#41, #89, #23, jepegit/cellpy#226: could not locate the 'mdb-export' executable."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("another program was called")

    path = write("made.res", jet.result_file())
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(subprocess, "Popen", refuse)
    assert _frame(read(path)).height == len(jet.samples())


def test_a_column_that_a_newer_release_added_is_kept(write: Write) -> None:
    """echemdata/galvani#47: table Global_Table has no column named Log_Can_BMS_Data_Flag."""

    def change(tables: dict[str, jet.Table]) -> None:
        old = tables["Global_Table"]
        rows = [(*row, 7) for row in old.rows]
        tables["Global_Table"] = jet.Table((*old.columns, ("Log_Can_BMS_Data_Flag", jet.LONG)), rows)

    recording = read(write("newer.res", jet.result_file(None, change)))
    assert recording.metadata["global.Log_Can_BMS_Data_Flag"] == "7"
    assert _frame(recording).height == len(jet.samples())


def test_rows_in_any_order_of_pages_come_in_the_order_of_their_points(write: Write) -> None:
    """battery-data-alliance/battery-data-format#60: the tool returns rows out of data-point order."""

    def shuffle(tables: dict[str, jet.Table]) -> None:
        old = tables["Channel_Normal_Table"]
        rows = random.Random(1).sample(list(old.rows), len(old.rows))  # noqa: S311 - reproducible, no secret
        tables["Channel_Normal_Table"] = jet.Table(old.columns, rows, rows_per_page=9)

    plain, mixed = read(write("a.res", jet.result_file())), read(write("b.res", jet.result_file(None, shuffle)))
    assert _frame(mixed).equals(_frame(plain))
    assert _codes(mixed)["rows_put_in_order"] == "note"


# --- What no reader knows


@pytest.mark.parametrize("name", ["cell.047", "cell.078"])
def test_a_binary_of_maccor_is_named_and_not_guessed(write: Write, name: str) -> None:
    """Battery-Intelligence-Lab/galv#31: no reader of Maccor's own files; the error has to lead to their export."""
    content: Any = random.Random(3).randbytes(5000)  # noqa: S311 - reproducible, no secret
    with pytest.raises(FormatNotRecognised) as caught:
        read(write(name, b"\x03\x00\x07\x01" + content))
    said = caught.value.message("en")
    assert all(word in said for word in (name, "binary", "Maccor", "Next: "))
