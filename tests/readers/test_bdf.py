from __future__ import annotations

import contextlib
import io
import tempfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwan import readers
from hwan.core import BY_LABEL, COLUMNS, ColumnProblem, DamagedFile, InputError, NothingInside
from hwan.readers._arrange import whole_counters

Write = Callable[[str, str | bytes], Path]
HEAD = "test_time_second,voltage_volt,current_ampere"


def _codes(recording: object) -> list[str]:
    return [finding.code for finding in recording.findings]  # type: ignore[attr-defined]


def test_values_and_text_arrive(bdf_csv: Path) -> None:
    frame = readers.read(bdf_csv).samples.collect()
    assert frame["voltage_volt"].to_list()[:3] == [3.70, 3.75, 3.80]
    assert frame["cycle_count"].to_list() == [1, 1, 1, 1, 2, 2, 2, 2]
    assert frame["step_type"].to_list()[0] == "Rest"


def test_parquet_and_csv_agree(bdf_csv: Path, bdf_parquet: Path) -> None:
    csv, parquet = (readers.read(path).samples.collect() for path in (bdf_csv, bdf_parquet))
    assert csv.equals(parquet)


def test_every_label_is_its_machine_name(write: Write) -> None:
    rows = "\n".join(",".join(str(1 + row + number % 3) for number in range(len(COLUMNS))) for row in range(3))
    labels = write("labels.csv", ",".join(BY_LABEL) + "\n" + rows)
    names = write("names.csv", ",".join(COLUMNS) + "\n" + rows)
    first, second = (readers.read(path).samples.collect() for path in (labels, names))
    assert first.equals(second)
    assert set(first.columns) == set(COLUMNS)


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", "utf-16"])
def test_byte_order_marks(write: Write, mark: bytes | str) -> None:
    text = f"{HEAD},Bemerkung\n0,3.7,1,größer\n1,3.8,1,kleiner\n"
    content = text.encode(mark) if isinstance(mark, str) else mark + text.encode()
    frame = readers.read(write("marked.csv", content)).samples.collect()
    assert frame["raw_bemerkung"].to_list() == ["größer", "kleiner"]


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_other_delimiters(write: Write, delimiter: str) -> None:
    text = f"{HEAD}\n0,3.7,1\n1,3.8,1\n".replace(",", delimiter)
    assert readers.read(write("other.csv", text)).samples.collect().height == 2


def test_line_ends_of_every_kind(write: Write) -> None:
    text = f"{HEAD}\n0,3.7,1\n1,3.8,1\n"
    ids = []
    for end in ("\n", "\r\n", "\r"):
        ids.append(readers.read(write("ends.csv", text.replace("\n", end))).samples.collect().rows())
    assert ids[0] == ids[1] == ids[2] == [(0.0, 3.7, 1.0), (1.0, 3.8, 1.0)]


def test_earlier_names_are_converted_and_noted(write: Write) -> None:
    text = "test_time_millisecond,voltage_volt,current_ampere,date_time_millisecond,cycle_dimensionless,step_index\n"
    recording = readers.read(write("old.csv", text + "1500,3.7,1,1719933538046,1,2\n2500,3.8,1,1719933539046,1,2\n"))
    frame = recording.samples.collect()
    assert frame["test_time_second"].to_list() == pytest.approx([1.5, 2.5])
    assert frame["unix_time_second"][0] == pytest.approx(1719933538.046)
    assert (frame["cycle_count"][0], frame["step_id"][0]) == (1, 2)
    assert _codes(recording) == ["heading_converted"] * 4


def test_unknown_columns_and_doubles_stay_raw(write: Write) -> None:
    text = f"{HEAD},Aux [V],Aux (V),Voltage / V,\n0,3.7,1,1,2,9,x\n1,3.8,1,1,2,9,y\n"
    recording = readers.read(write("raw.csv", text))
    frame = recording.samples.collect()
    assert frame.columns[3:] == ["raw_aux_v", "raw_aux_v_2", "raw_voltage_v", "raw_c6"]
    assert frame["voltage_volt"].to_list() == [3.7, 3.8]
    assert _codes(recording) == ["columns_kept_raw"]


def test_wide_cell_columns(write: Write) -> None:
    text = f"{HEAD},cell_001_voltage_volt,cell_002_voltage_volt\n0,7.4,1,3.7,3.7\n1,7.6,1,3.8,3.8\n"
    assert "cell_002_voltage_volt" in readers.read(write("pack.csv", text)).samples.collect_schema()


@pytest.mark.parametrize(
    ("text", "kind", "values"),
    [
        (f"{HEAD}\n0,3.7,1\n1,3x7,1\n", ColumnProblem, {"line": 3, "column": "voltage_volt", "got": "3x7"}),
        (f"{HEAD}\n0,3.7,1\n1,3,7,1\n", DamagedFile, {"line": 3, "got": 4, "expected": 3}),
        (f"{HEAD}\n", NothingInside, {"headings": HEAD.replace(",", ", ")}),
        (f"{HEAD}\n\n\n", NothingInside, {}),
        ("test_time_second,voltage_volt\n0,3.7\n", ColumnProblem, {"missing": "current_ampere"}),
    ],
)
def test_errors_name_the_place(write: Write, text: str, kind: type[InputError], values: dict[str, object]) -> None:
    with pytest.raises(kind) as caught:
        readers.read(write("bad.csv", text))
    assert values.items() <= caught.value.values.items()


def test_bytes_that_are_not_utf8_are_placed(write: Write) -> None:
    with pytest.raises(DamagedFile, match="line 2"):
        readers.read(write("latin.csv", f"{HEAD},note\n".encode() + "0,3.7,1,größer\n".encode("latin-1")))


def test_a_last_row_cut_short_and_blank_lines_are_findings(write: Write) -> None:
    recording = readers.read(write("cut.csv", f"{HEAD}\n0,3.7,1\n,,\n1,3.8,1\n2,3."))
    assert _codes(recording) == ["last_row_cut_short", "cut_row_left_out", "blank_rows_left_out"]
    assert recording.findings[0].values["line"] == 5
    assert recording.findings[2].values["lines"] == "3"
    assert recording.samples.collect().height == 2


def test_cells_with_spaces_and_null_words(write: Write) -> None:
    frame = readers.read(write("spaces.csv", f"{HEAD},power_watt\n0, 3.7 ,1,NA\n1,3.8,1, 4 \n")).samples.collect()
    assert frame["voltage_volt"].to_list() == [3.7, 3.8]
    assert frame["power_watt"].to_list() == [None, 4.0]


def test_a_counter_with_fractions_is_no_counter(write: Write) -> None:
    recording = readers.read(write("pi.csv", f"{HEAD},cycle_count\n0,3.7,1,1\n1,3.8,1,6.283\n"))
    assert _codes(recording) == ["counter_not_whole"]
    assert recording.samples.collect()["raw_cycle_count"].to_list() == [1.0, 6.283]


def test_whole_counters_leaves_empty_cells() -> None:
    frame, findings = whole_counters(pl.DataFrame({"cycle_count": [1.0, None, 2.0]}))
    assert frame["cycle_count"].to_list() == [1, None, 2]
    assert findings == []


@pytest.mark.parametrize("odd", [0.5, 2.0**53 + 2, 1e300, float("inf"), float("nan")])
def test_whole_counters_keep_what_does_not_count(odd: float) -> None:
    frame, findings = whole_counters(pl.DataFrame({"cycle_count": [1.0, odd, -(2.0**53)]}))
    assert frame["raw_cycle_count"].len() == 3
    assert [finding.code for finding in findings] == ["counter_not_whole"]
    counted, none = whole_counters(pl.DataFrame({"cycle_count": [1.0, 2.0**53, -(2.0**53)]}))
    assert (counted["cycle_count"].to_list(), none) == ([1, 2**53, -(2**53)], [])


def test_parquet_with_text_in_a_numeric_column(tmp_path: Path) -> None:
    frame = pl.DataFrame({"test_time_second": [0.0], "voltage_volt": ["high"], "current_ampere": [1.0]})
    frame.write_parquet(tmp_path / "text.parquet")
    with pytest.raises(ColumnProblem, match="numbers were expected"):
        readers.read(tmp_path / "text.parquet")


def test_parquet_without_rows(tmp_path: Path) -> None:
    pl.DataFrame({name: [] for name in HEAD.split(",")}).write_parquet(tmp_path / "none.parquet")
    with pytest.raises(NothingInside, match="no rows"):
        readers.read(tmp_path / "none.parquet")


def test_the_samples(lab: Path) -> None:
    landt = readers.read(next(lab.glob("landt/*.bdf.csv")))
    assert landt.samples.collect().height == 25_162
    assert "temperature_column_dead" in _codes(landt)
    bug = readers.read(next(lab.glob("bdf/*Time_Bug.bdf.csv")))
    assert "test_time_runs_backwards" in _codes(bug)
    legacy = readers.read(lab / "bdf/legacy.bdf.parquet").samples.collect()
    assert legacy["test_time_second"].to_list()[:3] == [0.0, 1.0, 2.0]


GOOD = (HEAD + ",cycle_count,note\n" + "".join(f"{n},3.{n % 10},1,{n},a\n" for n in range(20))).encode()


@settings(deadline=None)
@given(cut=st.integers(0, len(GOOD)), at=st.integers(0, len(GOOD) - 1), byte=st.integers(0, 255))
def test_mutated_and_truncated_csv_raises_only_input_errors(cut: int, at: int, byte: int) -> None:
    content = bytearray(GOOD)
    content[at] = byte
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mutant.csv"
        path.write_bytes(bytes(content[:cut]))
        with contextlib.suppress(InputError):
            assert readers.read(path).samples.collect().height <= 20


def _parquet() -> bytes:
    buffer = io.BytesIO()
    pl.read_csv(GOOD).write_parquet(buffer)
    return buffer.getvalue()


PARQUET = _parquet()


def test_a_page_that_would_abort_the_process_is_refused(write: Write) -> None:
    content = bytearray(PARQUET)
    content[230] = 0x7F  # asks the decoder for 2**61 bytes
    with pytest.raises(DamagedFile):
        readers.read(write("abort.parquet", bytes(content)))


@settings(max_examples=12, deadline=None)
@given(cut=st.integers(0, len(PARQUET)), at=st.integers(0, len(PARQUET) - 1), byte=st.integers(0, 255))
def test_mutated_and_truncated_parquet_raises_only_input_errors(cut: int, at: int, byte: int) -> None:
    content = bytearray(PARQUET)
    content[at] = byte
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mutant.parquet"
        path.write_bytes(bytes(content[:cut] if cut % 2 else content))
        with contextlib.suppress(InputError):
            readers.read(path).samples.collect()
