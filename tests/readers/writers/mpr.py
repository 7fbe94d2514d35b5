"""Writes .mpr files byte by byte, so that tests and benchmarks need nobody's data."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

import numpy as np

SIGNATURE = b"BIO-LOGIC MODULAR FILE\x1a".ljust(48) + bytes(4)
# Version of the module of samples: format of its two counts, places for column numbers, bytes after them.
LAYOUTS = {2: ("<IB", 200, 0), 3: ("<IB", 200, 1), 11: ("<IH", 500, 1)}
FLAG_NUMBERS = (1, 2, 3, 21, 31, 65)

Field = tuple[Sequence[int], str, Any]
"""Numbers of the columns (several for the flags), numpy dtype, values."""


def module(name: str, content: bytes, version: int = 0, *, long: bool = False, length: int | None = None) -> bytes:
    """One module; `length` says another length than the content has."""
    length = len(content) if length is None else length
    names = struct.pack("<6s10s25s", b"MODULE", name.encode().ljust(10), name.encode().ljust(25))
    sizes = struct.pack("<IQI", 0xFFFF_FFFF, length, version) if long else struct.pack("<II", length, version)
    return names + sizes + b"01/31/24" + content


def data(fields: Sequence[Field], version: int = 3, *, rows: int | None = None) -> bytes:
    """Content of the module of samples; `rows` says another number than there are."""
    records = np.empty(len(fields[0][2]), [(f"f{n}", dtype) for n, (_, dtype, _) in enumerate(fields)])
    for n, (_, _, values) in enumerate(fields):
        records[f"f{n}"] = values
    counts, places, more = LAYOUTS[version]
    numbers = [number for group, _, _ in fields for number in group]
    head = struct.pack(counts, len(records) if rows is None else rows, len(numbers))
    listed = struct.pack(f"<{places}H", *numbers, *[0] * (places - len(numbers)))
    return head + listed + bytes([1] * more) + records.tobytes()


def settings(technique: int = 4, comments: str = "") -> bytes:
    content = bytearray(1024)
    content[0], content[7] = technique, len(comments)
    content[8 : 8 + len(comments)] = comments.encode("cp1252")
    return bytes(content)


def log(days: float = 45_322.5, file_name: str = r"C:\Users\somebody\tests\cell 7.mpr", serial: str = "0042") -> bytes:
    """By default the test began on 31 January 2024 at noon."""
    content = bytearray(1100)
    struct.pack_into("<d", content, 585, days)
    for at, text in ((593, file_name), (849, "192.0.2.7"), (951, "11.50"), (975, serial)):
        content[at] = len(text)
        content[at + 1 : at + 1 + len(text)] = text.encode("cp1252")
    return bytes(content)


def mpr(fields: Sequence[Field], version: int = 3, *extra: bytes, ended: bool = True, comments: str = "") -> bytes:
    """A whole file: settings, samples, and the log when the test has ended."""
    long = version > 3
    parts = [
        module("VMP Set", settings(4, comments), 0, long=long),
        module("VMP data", data(fields, version), version, long=long),
        module("VMP LOG", log(), 0, long=long) if ended else b"",
    ]
    return SIGNATURE + b"".join([*parts, *extra])


def cycling(rows: int = 40, *, with_current: bool = True) -> list[Field]:
    """Rest, charge, discharge and rest of equal length, as a galvanostatic technique stores them."""
    time = np.arange(rows) * 10.0
    ns = np.arange(rows) * 4 // rows
    milliampere = np.array([0.0, 2.0, -1.0, 0.0])[ns]
    charge = np.zeros(rows)
    charge[1:] = (milliampere[1:] + milliampere[:-1]) * 5.0 / 3600 if with_current else milliampere[1:] / 360
    total = np.cumsum(charge)
    mode = np.where(milliampere == 0, 3, 1)
    flags = mode | (milliampere > 0) * 4 | np.concatenate([[0], np.diff(ns) != 0]) * 32
    current: list[Field] = [((8,), "<f4", milliampere)] if with_current else []
    return [
        (FLAG_NUMBERS, "<u1", flags), ((131,), "<u2", ns), ((4,), "<f8", time), ((7,), "<f8", charge),
        ((6,), "<f4", 3.5 + 0.5 * total / total.max() + 0.05 * milliampere), *current, ((13,), "<f8", total),
        ((468,), "<u4", (ns > 1).astype(int)),
    ]  # fmt: skip
