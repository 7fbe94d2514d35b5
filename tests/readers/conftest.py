"""Samples: the lab's, found by HWAN_LAB_DATA, and tiny ones that the tests write themselves."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

BDF_TEXT = (
    "Test Time / s,Voltage / V,Current / A,Cycle Count / 1,Step Type\n"
    "0,3.70,0.0,1,Rest\n10,3.75,1.0,1,CC\n20,3.80,1.0,1,CC\n30,3.74,0.0,1,Rest\n40,3.78,1.0,2,CC\n"
    "50,3.70,0.0,2,Rest\n60,3.60,-1.0,2,CC\n70,3.68,0.0,2,Rest\n"
)
SECONDS_TEXT = "Seconds,Amps,Volts\n0,0,4.1\n10,-0.5,4.0\n20,-0.5,3.9\n30,0,4.05\n"


@pytest.fixture
def lab(lab_data: Path) -> Path:
    return lab_data / "testers"


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str | bytes], Path]:
    def _write(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return _write


# Rows of the tiny tester files: index, step, step type, step time / s, V, mA, mAh in the step
ROWS = (
    (1, 1, 4, 0, 3.7, 0.0, 0.0),
    (2, 1, 4, 10, 3.7, 0.0, 0.0),
    (3, 2, 1, 0, 3.8, 100.0, 0.0),
    (4, 2, 1, 36, 3.9, 100.0, 1.0),
    (5, 3, 2, 0, 3.6, -100.0, 0.0),
    (6, 3, 2, 72, 3.5, -100.0, -2.0),
)


def nda_bytes() -> bytes:
    """A .nda of version 8: a head of 128 bytes, then records of 59."""
    records = b"".join(
        struct.pack(
            "<BIIBBIii8xqqQ4x", 0, index, 1, step, kind, time, round(volt * 1e4), round(current * 10),
            abs(round(charge * 36_000)), 0, 1_700_000_000 + index,
        )
        for index, step, kind, time, volt, current, charge in ROWS
    )  # fmt: skip
    head = bytearray(128)
    head[:6], head[14] = b"NEWARE", 8
    head[16:20] = struct.pack("<I", 80)
    head[64:72] = struct.pack("<II", 128, len(records))
    head[106:110] = struct.pack("<i", 1000)  # a range whose unit is 0.1 mA
    return bytes(head) + records


def ndax_bytes(rows: tuple[tuple[float, ...], ...] = ROWS, **members: bytes) -> bytes:
    """A .ndax whose data.ndc has version 2: pages of 512 bytes with five records each."""
    packed = [
        struct.pack(
            "<8xIIBB5xQii4xqqqqHBBBBBi8x", int(index), 0, int(step), int(kind), int(time * 1000), round(volt * 1e4),
            round(current * 10), max(round(charge * 36_000), 0), max(-round(charge * 36_000), 0), 0, 0,
            2024, 1, 1, 0, 0, int(index), 1000,
        )
        for index, step, kind, time, volt, current, charge in rows
    ]  # fmt: skip
    pages = [b"".join(packed[n : n + 5]) for n in range(0, len(packed), 5)]
    content = bytes([1, 0, 2]).ljust(512, b"\x00") + b"".join(
        (b"\x00" * 5 + page).ljust(512, b"\x00") for page in pages
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.ndc", content)
        for name, data in members.items():
            archive.writestr(name.replace("__", "."), data)
    return buffer.getvalue()


@pytest.fixture
def nda(write: Callable[[str, str | bytes], Path]) -> Path:
    return write("tiny.nda", nda_bytes())


@pytest.fixture
def ndax(write: Callable[[str, str | bytes], Path]) -> Path:
    return write("tiny.ndax", ndax_bytes())


@pytest.fixture
def make_ndax(write: Callable[[str, str | bytes], Path]) -> Callable[..., Path]:
    def _make(name: str = "made.ndax", **given: object) -> Path:
        return write(name, ndax_bytes(**given))  # type: ignore[arg-type]

    return _make


@pytest.fixture
def bdf_csv(write: Callable[[str, str | bytes], Path]) -> Path:
    return write("cell.bdf.csv", BDF_TEXT)


@pytest.fixture
def bdf_parquet(tmp_path: Path) -> Path:
    path = tmp_path / "cell.bdf.parquet"
    pl.read_csv(io.StringIO(BDF_TEXT)).write_parquet(path)
    return path


@pytest.fixture
def seconds_csv(write: Callable[[str, str | bytes], Path]) -> Path:
    return write("seconds.csv", SECONDS_TEXT)
