"""What fuzzing and its reading of the parsers found: small files that asked for all the memory or the time there is."""

from __future__ import annotations

import io
import struct
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.readers import conftest as tiny
from tests.readers import test_workbooks as workbooks
from tests.readers.writers import mpr as byte_writer

from hwan import readers
from hwan.core import DamagedFile
from hwan.readers import _hdf5, _xlsx
from hwan.readers.neware import _archive, _auxiliary, _header, _metadata

REST = (1, 1, 4, 0, 3.7, 0.0, 0.0)
CHANNEL = b'<root><config><TestInfo><Aux1 AuxID="1" ChlType="103"/></TestInfo></config></root>'


def _write(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "found.bin"
    path.write_bytes(content)
    return path


def _refused(path: Path) -> str:
    start = time.process_time()
    with pytest.raises(DamagedFile) as caught:
        readers.read(path)
    assert time.process_time() - start < 2
    return caught.value.code


def _channel(numbers: list[int]) -> bytes:
    """Auxiliary rows of version 2: pages of 512 bytes with five records of 94."""
    records = [struct.pack("<8xI19xi6xhh49x", number, 37_000, 250, 250) for number in numbers]
    pages = [(bytes(5) + b"".join(records[at : at + 5])).ljust(512, b"\0") for at in range(0, len(records), 5)]
    return bytes([5, 0, 2]).ljust(512, b"\0") + b"".join(pages)


def test_auxiliary_rows_that_repeat_are_not_multiplied(tmp_path: Path) -> None:
    # 6,000 samples and 5,995 auxiliary rows with one number: joined, 36 million rows of a few kilobytes.
    bomb = tiny.ndax_bytes((REST,) * 6000, TestInfo__xml=CHANNEL, data_AUX_1_1_1__ndc=_channel([1] * 5995))
    assert len(bomb) < 20_000
    assert _refused(_write(tmp_path, bomb)) == "archive_too_large_ratio"


@pytest.mark.parametrize("numbers", [[1, 2, 3, 4], [1, 2, 3, 3, 3, 4, 5]])
def test_auxiliary_rows_of_honest_numbers_are_joined(numbers: list[int], tmp_path: Path) -> None:
    content = tiny.ndax_bytes(TestInfo__xml=CHANNEL, data_AUX_1_1_1__ndc=_channel(numbers))
    path = _write(tmp_path, content)
    _auxiliary.bound_join(path)
    temperatures = readers.read(path).samples.collect()["temperature_t1_celsius"].drop_nulls()
    assert temperatures.to_list() == pytest.approx([25.0] * len(numbers))


def test_a_million_empty_tags_cost_the_metadata_and_no_sample(tmp_path: Path) -> None:
    info = b"<root><config><TestInfo>" + b"<a/>" * 1_000_000 + b"</TestInfo></config></root>"
    start = time.process_time()
    recording = readers.read(_write(tmp_path, tiny.ndax_bytes(TestInfo__xml=info)))
    assert time.process_time() - start < 2
    (found,) = [one for one in recording.findings if one.code == "metadata_unreadable"]
    assert f"at most {_archive.MOST_XML_TAGS}" in str(found.values["detail"])
    assert recording.samples.collect().height == len(tiny.ROWS)


def test_what_a_nda_says_of_its_test_is_bounded_before_it_is_searched(tmp_path: Path) -> None:
    # Searched byte by byte, and in a run of digits from every digit on: seconds for a megabyte, or hours.
    head = bytearray(1024)
    head[:6], head[14] = b"NEWARE", 130
    head[34:50] = struct.pack("<QQ", 1024, 1_000_000)
    start = time.process_time()
    told = _metadata.told_by(_write(tmp_path, bytes(head) + b"\x01\x00" + b"1" * 1_000_000).rename(tmp_path / "a.nda"))
    assert time.process_time() - start < 2
    assert [one.code for one in told.findings] == ["metadata_unreadable"]
    assert str(_header.MOST_TOLD_BYTES) in str(told.findings[0].values["detail"])


def test_the_bytes_of_all_xml_members_are_bounded_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_archive, "MOST_XML_BYTES", 150)
    _archive.check(_write(tmp_path, tiny.ndax_bytes(a__xml=bytes(100))))
    assert _refused(_write(tmp_path, tiny.ndax_bytes(a__xml=bytes(100), b__xml=bytes(100)))).endswith("xml_bytes")


def test_a_first_step_without_a_value_is_counted_as_none(tmp_path: Path) -> None:
    step = workbooks._step
    full = step(1, 0, "충전", 0, 1.0) | {"step_type": "充电 CC-CV", "step_charging_capacity_ah": ""}
    path = _write(tmp_path, workbooks._nebula(full, step(2, 0, workbooks.R, 20, 0.0)))
    assert readers.read(path).metadata["pulse_test.first_charge_ah"] == "None"


# --- workbooks: the reading library lays out every cell up to the last


def _sheet(change: Callable[[bytes], bytes], **members: bytes) -> bytes:
    """A workbook of one channel whose sheet is changed, with members more."""
    buffer = io.BytesIO()
    whole = workbooks._book(Channel_1=workbooks.PART_1)
    with zipfile.ZipFile(io.BytesIO(whole)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = members.pop(name, old.read(name))
            new.writestr(name, change(content) if name.endswith("sheet1.xml") else content)
        for name, content in members.items():
            new.writestr(name, content)
    return buffer.getvalue()


def _with_rows(rows: bytes) -> Callable[[bytes], bytes]:
    return lambda content: content.replace(b"</sheetData>", rows + b"</sheetData>")


@pytest.mark.parametrize(
    "rows",
    [
        b'<row r="9"><c r="ALL0000000000000900000"><v>1</v></c></row>',  # noughts hide the number
        b'<row r="9"><c r="CV290000"><v>1</v></c></row>',  # below the limit, and gigabytes for one cell
        b'<row r="9">' + b"<c><v>1</v></c>" * 2000 + b'</row><row r="90000"><c r="A90000"><v>1</v></c></row>',
    ],
)
def test_cells_beyond_what_the_bytes_hold_are_refused(rows: bytes, tmp_path: Path) -> None:
    assert _refused(_write(tmp_path, _sheet(_with_rows(rows)))) in {"table_too_large", "workbook_unreadable"}


def test_one_long_text_in_many_cells_is_refused(tmp_path: Path) -> None:
    office = workbooks._OFFICE
    links = (
        f'<Relationships xmlns="{workbooks._LINKS}">'
        f'<Relationship Id="r1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="s" Type="{office}/sharedStrings" Target="sharedStrings.xml"/></Relationships>'
    )
    texts = f'<sst xmlns="{workbooks._MAIN}"><si><t>{"x" * 1_000_000}</t></si></sst>'
    cells = b'<row r="9">' + b'<c t="s"><v>0</v></c>' * 20_000 + b"</row>"
    bomb = _sheet(
        _with_rows(cells), **{"xl/_rels/workbook.xml.rels": links.encode(), "xl/sharedStrings.xml": texts.encode()}
    )
    assert len(bomb) < 10_000
    assert _refused(_write(tmp_path, bomb)) == "workbook_unreadable"


def test_a_sparse_sheet_of_honest_size_is_read(tmp_path: Path) -> None:
    rows = b'<row r="900"><c r="A900"><v>4</v></c><c r="B900"><v>60</v></c><c r="ZZ900"><v>1</v></c></row>'
    recording = readers.read(_write(tmp_path, _sheet(_with_rows(rows))))
    assert recording.samples.collect().height == 899


def test_a_child_that_takes_too_long_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_xlsx, "LONGEST_SECONDS", 0.001)
    assert _refused(_write(tmp_path, _sheet(bytes))) == "workbook_unreadable"


# --- HDF5: names may lead to one dataset, and what was never written needs no bytes


def _hdf5_file(path: Path, rows: int, blocks: int, chunk: int = 1000) -> Path:
    h5py = pytest.importorskip("h5py")
    names = ("time_s", "cell_current_a", "cell_voltage_v", *(f"x{number}" for number in range(blocks)))
    with h5py.File(path, "w") as file:
        group: Any = file.create_group("time_series_data")
        group.attrs["nblocks"] = blocks
        one = group.create_dataset(
            "block0_values", (rows, 1), "<f8", chunks=(chunk, 1), fillvalue=3.0, maxshape=(None, 1)
        )
        for number in range(blocks):
            group[f"block{number}_items"] = np.array([names[number].encode()])
            if number:
                group[f"block{number}_values"] = one
    return path


@pytest.mark.parametrize(("rows", "blocks", "chunk"), [(1_000_000, 200, 1000), (10, 3, 100_000_000)])
def test_datasets_are_bounded_together_and_by_their_chunks(rows: int, blocks: int, chunk: int, tmp_path: Path) -> None:
    assert _refused(_hdf5_file(tmp_path / "found.h5", rows, blocks, chunk)) == "tester_file_unreadable"


def test_datasets_of_honest_size_are_read(tmp_path: Path) -> None:
    assert readers.read(_hdf5_file(tmp_path / "few.h5", 1000, 3)).samples.collect().height == 1000


def test_names_of_columns_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_hdf5, "MOST_COLUMNS", 2)
    assert _refused(_hdf5_file(tmp_path / "many.h5", 1000, 3)) == "tester_file_unreadable"


# --- Parquet: a run of one value needs no bytes


def test_a_run_of_one_value_is_bounded_by_the_bytes_of_the_file(tmp_path: Path) -> None:
    rows = 4_000_000
    path = tmp_path / "found.parquet"
    columns = {
        name: pl.repeat(1.0, rows, eager=True) for name in ("test_time_second", "voltage_volt", "current_ampere")
    }
    pl.DataFrame(columns).write_parquet(path)
    assert path.stat().st_size < 100_000
    assert _refused(path) == "table_too_large"


def test_a_record_as_wide_as_a_wrong_length_says_is_refused(tmp_path: Path) -> None:
    """A declared length of petabytes made a record with one unknown column wider than any type of numbers."""
    fields: list[tuple[list[int], str, Any]] = [([4], "<f8", np.zeros(3)), ([9_999], "<f4", np.zeros(3))]
    content = byte_writer.data(fields, 11)
    whole = byte_writer.module("VMP data", content, 11, long=True, length=len(content) + 3 * 2**53)
    assert _refused(_write(tmp_path, byte_writer.SIGNATURE + whole)) == "mpr_layout_unknown"
