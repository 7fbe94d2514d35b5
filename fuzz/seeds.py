"""What the fuzzer begins with: small valid files from the tests' own byte writers, none of a laboratory."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import polars as pl
from tests.readers import conftest as tiny
from tests.readers import test_arbin_csv as arbin_csv
from tests.readers import test_arbin_hdf5 as hdf5
from tests.readers import test_biologic as biologic
from tests.readers import test_text_dialects as dialects
from tests.readers import test_workbooks as workbooks
from tests.readers.writers import jet, mpr

Seeds = Sequence[bytes]


def mprs() -> Seeds:
    """Return every layout, one without a current and cut before its log, and a spectrum."""
    spectrum: list[mpr.Field] = [
        ((32,), "<f4", [1e3, 1e2, 1.0]), ((37,), "<f4", [1.0, 2, 3]), ((38,), "<f4", [0.1, 0.2, -0.1]),
    ]  # fmt: skip
    return [
        *(mpr.mpr(mpr.cycling(), version) for version in mpr.LAYOUTS),
        mpr.mpr(mpr.cycling(12, with_current=False), 3, ended=False, comments="a cell"),
        mpr.mpr(spectrum, 11),
    ]


def ress() -> Seeds:
    """Return both versions of Jet, one with rows moved and deleted, auxiliary samples and a long memo."""

    def auxiliary(tables: dict[str, jet.Table]) -> None:
        normal = tables["Channel_Normal_Table"]
        normal.moved, normal.deleted, normal.stale_page = frozenset({3}), frozenset({5}), True
        tables["Global_Table"].rows = [(1, 3, jet.START_DAY, True, "cell", "n" * 500, "a.sdu", "1", 0.5)]
        rows = [(1, point, 0, 1, 25.0 + point) for point in range(1, 33)]
        tables["Auxiliary_Table"] = jet.Table(jet.AUXILIARY, rows)
        tables["Aux_Global_Data_Table"] = jet.Table(jet.AUXILIARY_NAMES, [(3, 0, 1, "surface", "C")])

    return [
        jet.result_file(),
        jet.result_file(jet.Writer(jet4=False)),
        jet.result_file(jet.Writer(indirect_map=True), auxiliary),
    ]


def arbin_hdf5() -> Seeds:
    """Return two tests in one appendable frame, with a frame of facts."""
    return [_written(hdf5._arbin)]


def indigo_hdf5() -> Seeds:
    """Return one fixed frame."""
    return [_written(hdf5._indigo)]


def _written(write: Callable[[Any, Path], Path]) -> bytes:
    import h5py

    with tempfile.TemporaryDirectory() as folder:
        return write(h5py, Path(folder) / "seed.h5").read_bytes()


def ndas() -> Seeds:
    """Return version 8."""
    return [tiny.nda_bytes()]


def ndaxs() -> Seeds:
    """Return samples alone, and with facts in XML."""
    info = b'<?xml version="1.0"?><root><config><TestInfo DevType="24" DevID="1" UnitID="1" ChlID="2"/></config></root>'
    return [tiny.ndax_bytes(), tiny.ndax_bytes(TestInfo__xml=info)]


def arbin_xlsx() -> Seeds:
    """Return two channels, one of them in two parts."""
    book = workbooks._book
    return [
        book(Info=workbooks.INFO, Channel_1__008_2=workbooks.PART_2, Channel_1__008_1=workbooks.PART_1),
        book(Info=workbooks.INFO, Channel_1__008=workbooks.PART_1, Channel_1__009=workbooks.PART_2),
    ]


def nebula_xlsx() -> Seeds:
    """Return a rest, a charge, a pulse and a blank line."""
    step = workbooks._step
    return [
        workbooks._nebula(
            step(1, 0, workbooks.R, 0, 0.0) | {"备注": "x"},
            step(2, 0, "充电 CC-CV", 20, 1.0),
            step(3, 1, workbooks.C, 40, 1.0),
            {"step_charging_capacity_ah": 0.0},
            step(4, 1, workbooks.D, 60, -1.0, raw_result="手动跳转"),
        )
    ]


def bdf_parquet() -> Seeds:
    """Return the samples plain, and packed in two ways."""
    frame = pl.read_csv(io.StringIO(tiny.BDF_TEXT))
    return [_parquet(frame, packing) for packing in ("uncompressed", "snappy", "zstd")]


def _parquet(frame: pl.DataFrame, packing: str) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression=packing)  # type: ignore[arg-type]
    return buffer.getvalue()


def bdf_csv() -> Seeds:
    """Return labels, and machine names of an earlier version in another dialect."""
    earlier = "test_time_millisecond;Voltage / mV;current_ampere;cycle_dimensionless\n0;3700;0.5;1\n10;3710;0.5;1\n"
    return [tiny.BDF_TEXT.encode(), earlier.encode()]


def texts() -> Seeds:
    """Return tables that no reader knows, in several dialects and encodings, BioLogic's and Arbin's text."""
    clock = "Date,Voltage [mV],I/mA\n" + "".join(f"2024-01-{n:02d} 10:00:00,{3700 + n},{n % 3}\n" for n in range(1, 29))
    return [
        dialects.table().encode(),
        dialects.table(mark=";", decimal=",").encode("utf-16"),
        dialects.table(mark="\t", heads=("경과 시간(초)", "전압(V)", "전류(A)")).encode("cp949"),
        ("Cell: 7\nOperator; anna\n\n" + dialects.table(mark=";")).encode(),
        tiny.SECONDS_TEXT.encode(),
        clock.encode(),
        biologic._text(),
        arbin_csv._text(str).encode(),
    ]


def members(archive: bytes) -> Seeds:
    """Return every member of a zip as its number in one byte, then its content: see `packed`."""
    with zipfile.ZipFile(io.BytesIO(archive)) as file:
        return [bytes([number]) + file.read(name) for number, name in enumerate(file.namelist())]


def packed(archive: bytes, data: bytes) -> bytes:
    """Return the zip with the content of one member replaced, under a checksum that holds."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(buffer, "w") as new:
        names = old.namelist()
        chosen = names[(data[0] if data else 0) % len(names)]
        for name in names:
            new.writestr(zipfile.ZipInfo(name), data[1:] if name == chosen else old.read(name))
    return buffer.getvalue()
