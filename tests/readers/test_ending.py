"""A text that ends inside its last row: what was cut is never taken for what was measured."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from hwan import readers
from hwan.core import LANGUAGES, Recording
from hwan.core import text as sentence
from hwan.readers._ending import FEWEST_ROWS, stops_early

Write = Callable[[str, str | bytes], Path]
CODES = {"last_row_cut_short", "cut_row_left_out", "last_row_may_be_cut"}
HEADS = ("Test Time (s)", "Voltage (V)", "Current (A)", "Tag")


def rows(last: Callable[[int], str], mark: str = ",", count: int = 60) -> str:
    """A cell that rests and is charged; the last column is written by `last`."""
    lines = [mark.join(HEADS)]
    for row in range(count):
        current = 1.25 if row // 10 % 2 else 0.0
        lines.append(mark.join((f"{row * 10}.125", f"{3.6 + 0.001 * row:.4f}", f"{current:.3f}", last(row))))
    return "\n".join(lines)


LASTS: dict[str, Callable[[int], str]] = {
    "decimals": lambda row: f"{20 + row / 7:.3f}",
    "exponent": lambda row: f"{(-1) ** row * row / 7:.5E}",
    "moment": lambda row: f"2024-03-01 10:{row // 60:02d}:{row % 60:02d}",
    "padded": lambda row: f"{row:05d}",
    "constant": lambda row: "0.00000",  # noqa: ARG005
    "word": lambda row: ("Rest", "CC_Chg")[row // 10 % 2],
}


def _codes(recording: Recording) -> set[str]:
    return {finding.code for finding in recording.findings} & CODES


@pytest.mark.parametrize("name", LASTS)
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_no_cut_value_is_taken_for_a_measured_one(write: Write, name: str, mark: str) -> None:
    text = rows(LASTS[name], mark)
    whole = readers.read(write("a.csv", text + "\n"))
    true = whole.samples.collect()
    start = text.rfind("\n") + 1
    for end in range(start + 1, len(text)):
        recording = readers.read(write("a.csv", text[:end]))
        frame = recording.samples.collect()
        assert _codes(recording), text[start:end]
        if frame.height == true.height:
            assert frame[-1, :-1].equals(true[-1, :-1])
            assert frame[-1, -1] is None
        else:
            assert frame.equals(true[:-1].select(frame.columns))
    assert not _codes(whole)


@pytest.mark.parametrize("name", LASTS)
def test_a_whole_row_without_a_line_end_is_whole(write: Write, name: str) -> None:
    text = rows(LASTS[name])
    cut, whole = readers.read(write("a.csv", text)), readers.read(write("a.csv", text + "\n"))
    assert not _codes(cut)
    assert cut.samples.collect().equals(whole.samples.collect())


def test_the_emptied_cell_is_told_and_marked(write: Write) -> None:
    recording = readers.read(write("a.csv", rows(LASTS["decimals"])[:-2]))
    found = next(finding for finding in recording.findings if finding.code == "last_row_may_be_cut")
    assert dict(found.values) == {"line": 61, "heading": "Tag", "got": "28.4", "usual": "28.286"}
    assert found.severity == "warning"
    assert [(mark.column, mark.kind, mark.first_row, mark.last_row) for mark in recording.marks] == [
        ("raw_tag", "repaired", 59, 59)
    ]
    for language in LANGUAGES:
        said = sentence("finding", found.code, language, found.values)
        assert "28.4" in said
        assert "61" in said


def test_the_row_left_out_is_told(write: Write) -> None:
    recording = readers.read(write("a.csv", rows(LASTS["decimals"]).rsplit(",", 2)[0]))
    assert [finding.code for finding in recording.findings if finding.code in CODES] == [
        "last_row_cut_short", "cut_row_left_out",
    ]  # fmt: skip
    assert recording.samples.select(pl.len()).collect().item() == 59


OTHERS = {
    "bdf-csv": (
        "Test Time / s,Voltage / V,Current / A,Surface Temperature / degC",
        lambda row: f"{row * 10}.125,{3.6 + 0.001 * row:.4f},1.250,{20 + row / 7:.3f}",
    ),
    "arbin-csv": (
        "Data_Point,Test_Time(s),Cycle_Index,Step_Index,Voltage(V),Current(A),Charge_Capacity(Ah),Aux_Temperature_1(C)",
        lambda row: f"{row + 1},{row * 10}.125,1,1,{3.6 + 0.001 * row:.4f},1.250,0.0,{20 + row / 7:.3f}",
    ),
}


@pytest.mark.parametrize("reader", OTHERS)
def test_readers_with_headings_of_their_own_tell_it_too(write: Write, reader: str) -> None:
    headings, line = OTHERS[reader]
    whole = "\n".join([headings, *map(line, range(60))])
    recording = readers.read(write("a.csv", whole[:-2]))
    assert (recording.provenance.reader, _codes(recording)) == (reader, {"last_row_may_be_cut"})
    (mark,) = [mark for mark in recording.marks if mark.kind == "repaired"]
    assert (mark.first_row, mark.last_row) == (59, 59)
    assert recording.samples.collect()[mark.column][-1] is None
    short = readers.read(write("a.csv", whole.rsplit(",", 1)[0]))
    assert _codes(short) == {"last_row_cut_short", "cut_row_left_out"}
    assert short.samples.select(pl.len()).collect().item() == 59
    assert not _codes(readers.read(write("a.csv", whole)))


def test_a_short_row_that_has_its_line_end_stays(write: Write) -> None:
    recording = readers.read(write("a.csv", rows(LASTS["decimals"]).rsplit(",", 1)[0] + "\n"))
    assert _codes(recording) == {"last_row_cut_short"}
    assert recording.samples.select(pl.len()).collect().item() == 60


def test_words_under_the_table_are_no_cut_row(write: Write) -> None:
    recording = readers.read(write("a.csv", rows(LASTS["decimals"]) + "\nEnd of test"))
    assert not _codes(recording)
    assert recording.samples.select(pl.len()).collect().item() == 60


def test_few_rows_prove_nothing(write: Write) -> None:
    text = rows(LASTS["decimals"], count=FEWEST_ROWS)
    assert not _codes(readers.read(write("a.csv", text[:-1])))
    text = rows(LASTS["decimals"], count=FEWEST_ROWS + 1)
    assert _codes(readers.read(write("a.csv", text[:-1])))


@pytest.mark.parametrize(
    ("last", "above"),
    [
        ("0.5", ["0.25", "0.125", "3.0"]), ("7", ["8.5", "9.25"]), ("9", ["10", "9"]), ("0.5", ["0.25"]),
        ("1e-05", ["1e-05", "0.5"]), ("Rest", ["CC_Chg", "Rest"]), ("", ["", "1.5"]), ("12", ["9", "10"]),
        ("D", ["C", "R"]), ("Pause", ["Pause_", "Pause"]),
    ],
)  # fmt: skip
def test_cells_that_writers_write_so_are_whole(last: str, above: list[str]) -> None:
    assert not stops_early(last, above)


def test_files_of_laboratories_without_a_last_line_end_are_whole(lab: Path) -> None:
    names = (
        "galv-suite/preamble.csv", "galv-suite/headered.csv", "maccor/sample_data_maccor.csv",
        "neware/neware_uio.csv", "basytec/sample_data_basytec.txt",
    )  # fmt: skip
    for name in names:
        assert not (lab / name).read_bytes().endswith(b"\n")
        assert not _codes(readers.read(lab / name)), name
