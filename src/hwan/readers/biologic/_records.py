"""The module of samples: how many, in which columns, and then record after record of equal length.

Its head has a fixed number of places for column numbers, used or not, so that the records begin at
a fixed distance: 200 places in versions 2 and 3, 500 in later ones, and one more byte from version 3 on.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from hwan.core import DamagedFile, Finding, NothingInside, Scalar
from hwan.readers.biologic._ids import FLAGS, LISTED, stored_as
from hwan.readers.biologic._modules import Module, Stored

FLAG_BYTE: Final = "flags"
# As many records are turned into columns at once as the processor's cache holds.
_BLOCK_BYTES: Final = 1 << 18
# One unknown column of a usual width can be read; the width does not say more than this.
_GUESSES: Final = {1: "<u1", 2: "<u2", 4: "<f4", 8: "<f8"}

Columns = dict[str, NDArray[np.generic]]


@dataclass(frozen=True, slots=True)
class _Layout:
    """One way in which the head of the module is written."""

    count: struct.Struct
    places: int
    more: int

    @property
    def bytes(self) -> int:
        return self.count.size + 2 * self.places + self.more


_OLD: Final = struct.Struct("<IB")
_NEW: Final = struct.Struct("<IH")
_MOST_HEAD: Final = 2048
_WIDEST: Final = 64
"""No column is known of more than 8 bytes; an unknown one may have so many."""
_LAYOUTS: Final = {2: _Layout(_OLD, 200, 0), 3: _Layout(_OLD, 200, 1), 11: _Layout(_NEW, 500, 1)}


@dataclass(frozen=True, slots=True)
class Head:
    """What the head of the module says: rows, column numbers, where records begin, their length."""

    rows: int
    numbers: tuple[int, ...]
    begin: int
    record_bytes: int


@dataclass(frozen=True, slots=True)
class Table:
    """The columns under their headings, the flags as one byte and one by one, and what was noticed."""

    frame: pl.DataFrame
    findings: tuple[Finding, ...]


def table_of(stored: Stored, module: Module) -> Table:
    """Return the samples of the module, as far as whole records are there.

    Raises
    ------
    NothingInside
        There is no whole record.
    DamagedFile
        No layout that is known explains the length of the module.
    """
    head = _head(stored, module)
    available = (min(stored.size, module.begin + module.length) - head.begin) // head.record_bytes
    dtype, findings = _record(head)
    columns = _columns(stored, head, dtype, min(head.rows, max(available, 0)))
    rows = len(next(iter(columns.values())))
    if rows == 0:
        raise NothingInside("test_without_samples", source=stored.source)
    findings += _cut(stored, module, head, rows)
    return Table(_frame(columns), tuple(findings))


def _head(stored: Stored, module: Module) -> Head:
    begin = stored.at(module.begin, min(module.length, _MOST_HEAD))
    known = _LAYOUTS.get(module.version)
    for layout in (known,) if known else _LAYOUTS.values():
        head = _head_as(begin, module, layout)
        if head is not None:
            return head
    raise DamagedFile(
        "mpr_layout_unknown", source=stored.source, version=module.version, module_bytes=module.length,
        file_bytes=stored.size,
    )  # fmt: skip


def _head_as(begin: bytes, module: Module, layout: _Layout) -> Head | None:
    """Return the head read as `layout`, None when it does not explain the length of the module."""
    if len(begin) < layout.bytes:
        return None
    rows, count = layout.count.unpack_from(begin)
    if not 0 < count <= layout.places:
        return None
    numbers = struct.unpack_from(f"<{count}H", begin, layout.count.size)
    least, unknown = known_bytes(numbers), _unknown(numbers)
    if rows == 0:
        return Head(0, numbers, module.begin + layout.bytes, max(least, 1))
    record, rest = divmod(module.length - layout.bytes, rows)
    if rest and not unknown:  # the counts of a file still being written may lag behind one another
        record = least
    fits = record > 0 and (record == least or (least < record <= least + _WIDEST * len(unknown) and not rest))
    return Head(rows, numbers, module.begin + layout.bytes, record) if fits else None


def known_bytes(numbers: Sequence[int]) -> int:
    """Return how many bytes of a record the known columns take.

    >>> known_bytes([1, 2, 3, 4, 6])
    13
    """
    plain = sum(np.dtype(column.dtype).itemsize for number in numbers if (column := stored_as(number)))
    return plain + any(number in FLAGS for number in numbers)


def _unknown(numbers: Sequence[int]) -> list[int]:
    return [number for number in numbers if number not in FLAGS and stored_as(number) is None]


def _record(head: Head) -> tuple[np.dtype[np.void], list[Finding]]:
    """Return the dtype of a record; what lies between the first and the last unknown column stays bytes."""
    unknown = _unknown(head.numbers)
    spare = head.record_bytes - known_bytes(head.numbers)
    fields = _fields(head.numbers)
    if spare:
        places = [n for n, (_, dtype) in enumerate(fields) if dtype is None]
        first, last = places[0], places[-1] + 1
        width = spare + sum(np.dtype(dtype).itemsize for _, dtype in fields[first:last] if dtype)
        dtype = _GUESSES.get(width, f"V{width}") if last - first == 1 else f"V{width}"
        fields[first:last] = [("raw_" + "_".join(str(number) for number in unknown), dtype)]
    findings = _told(head.numbers, unknown, spare, fields)
    names = _free(name for name, dtype in fields if dtype)
    return np.dtype(list(zip(names, (dtype for _, dtype in fields if dtype), strict=True))), findings


def _fields(numbers: Sequence[int]) -> list[tuple[str, str | None]]:
    """Return name and dtype in their order; the dtype of an unknown column is None."""
    fields: list[tuple[str, str | None]] = []
    for number in numbers:
        column = stored_as(number)
        if column is not None:
            fields.append((column.heading, column.dtype))
        elif number not in FLAGS:
            fields.append((f"raw_{number}", None))
        elif all(name != FLAG_BYTE for name, _ in fields):
            fields.append((FLAG_BYTE, "<u1"))
    return fields


def _free(names: Iterable[str]) -> list[str]:
    """Return the headings, the later ones of those that stand twice with a number."""
    seen: dict[str, int] = {}
    free = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        free.append(name if seen[name] == 1 else f"{name} {seen[name]}")
    return free


def _told(
    numbers: Sequence[int], unknown: list[int], spare: int, fields: Sequence[tuple[str, str | None]]
) -> list[Finding]:
    findings = []
    if unknown:
        kept = ", ".join(name for name, dtype in fields if dtype and name.startswith("raw_")) or "-"
        values: dict[str, Scalar] = {"numbers": ", ".join(map(str, unknown)), "count": spare, "columns": kept}
        findings.append(Finding("mpr_columns_unknown", "warning", "columns", values))
    listed = [f"{number} ({LISTED[number].heading})" for number in numbers if number in LISTED]
    if listed:
        findings.append(Finding("mpr_columns_listed", "note", "columns", {"columns": ", ".join(listed)}))
    return findings


def _cut(stored: Stored, module: Module, head: Head, rows: int) -> list[Finding]:
    end = module.begin + module.length
    if stored.size < end:
        values = {"got_bytes": stored.size, "expected_bytes": end}
        return [Finding("file_cut_short", "stop", "file", values)]
    if rows < head.rows:
        return [Finding("fewer_rows_than_declared", "stop", "file", {"got": rows, "expected": head.rows})]
    return []


def _columns(stored: Stored, head: Head, dtype: np.dtype[np.void], rows: int) -> Columns:
    """Return each column on its own, and the flags bit by bit; fewer rows when the file shrinks meanwhile."""
    columns: Columns = {name: np.empty(rows, dtype[name]) for name in dtype.names or ()}
    block = np.empty(max(_BLOCK_BYTES // head.record_bytes, 1), dtype)
    done = 0
    stored.file.seek(head.begin)
    while done < rows:
        wanted = block[: rows - done]
        got = stored.file.readinto(wanted.view(np.uint8)) // head.record_bytes  # type: ignore[attr-defined]
        for name, column in columns.items():
            column[done : done + got] = wanted[name][:got]
        done += got
        if got < len(wanted):
            break
    columns = {name: column[:done] for name, column in columns.items()}
    if FLAG_BYTE in columns:
        columns |= _bits(columns[FLAG_BYTE].astype(np.uint8, copy=False), head.numbers)
    return columns


def _frame(columns: Columns) -> pl.DataFrame:
    """Return the columns as a frame; bytes that are no number are written in hexadecimal digits."""
    return pl.DataFrame(
        {
            name: [item.tobytes().hex() for item in column] if column.dtype.kind == "V" else column
            for name, column in columns.items()
        }
    )


def _bits(flags: NDArray[np.uint8], numbers: Sequence[int]) -> Columns:
    named = (FLAGS[number] for number in numbers if number in FLAGS)
    return {name: (flags & mask) >> ((mask & -mask).bit_length() - 1) for name, mask in named}
