"""A tiny writer of Access (Jet 3 and 4) databases, for tests: tables of numbers, texts and memos.

Special rows that a reader must get right can be asked for: deleted ones, ones that moved to another
page, pages in another order than their rows, stale pages that the map of a table does not name.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

BOOL, BYTE, INT, LONG, FLOAT, DOUBLE, DATE, TEXT, MEMO = 1, 2, 3, 4, 6, 7, 8, 10, 12
_PACK = {BYTE: "<B", INT: "<h", LONG: "<i", FLOAT: "<f", DOUBLE: "<d", DATE: "<d"}
_VARIABLE = (TEXT, MEMO)
CATALOGUE = (("Id", LONG), ("Name", TEXT), ("Type", INT))


@dataclass
class Table:
    """Columns as (name, kind), rows as sequences of values; None is null."""

    columns: Sequence[tuple[str, int]]
    rows: Sequence[Sequence[Any]]
    rows_per_page: int = 0
    deleted: frozenset[int] = frozenset()
    moved: frozenset[int] = frozenset()
    reverse_pages: bool = False
    stale_page: bool = False
    declared: int | None = None


@dataclass
class Writer:
    """Pages in the order in which they are taken; the first three are the head, a map and the catalogue."""

    jet4: bool = True
    compress: bool = True
    indirect_map: bool = False
    pages: list[bytes] = field(default_factory=list)

    @property
    def size(self) -> int:
        return 4096 if self.jet4 else 2048

    def write(self, tables: dict[str, Table]) -> bytes:
        head = b"\x00\x01\x00\x00Standard Jet DB\x00" + bytes([self.jet4])
        self.pages = [head.ljust(self.size, b"\x00"), bytes(self.size), bytes(self.size)]
        places = {name: self._take(bytes(self.size)) for name in tables}
        for name, table in tables.items():
            self._table(places[name], table)
        listed = [(place, name, 1) for name, place in places.items()] + [(7, "a form", 5)]
        self._table(2, Table(CATALOGUE, listed))
        return b"".join(self.pages)

    def _take(self, page: bytes) -> int:
        self.pages.append(page)
        return len(self.pages) - 1

    def _table(self, place: int, table: Table) -> None:
        packed = [self._row(table.columns, row) for row in table.rows]
        limit = table.rows_per_page or len(packed) or 1
        groups, room = [[]], self.size - 100
        for number, row in enumerate(packed):
            if len(groups[-1]) >= limit or sum(len(one) + 2 for one, _ in groups[-1]) + len(row) > room:
                groups.append([])
            flags = 0x8000 if number in table.deleted else 0
            if number in table.moved:
                target = self._take(self._data_page(place, [(b"\xee" * 9, 0x8000), (row, 0x8000)]))
                groups[-1].append((struct.pack("<I", target << 8 | 1), 0x4000))
            else:
                groups[-1].append((row, flags))
        owned = [self._take(self._data_page(place, group))
                 for group in (reversed(groups) if table.reverse_pages else groups)]  # fmt: skip
        if table.stale_page:
            self._take(self._data_page(place, groups[0]))
        declared = len(packed) - len(table.deleted) if table.declared is None else table.declared
        self._definition(place, table, declared, self._map(owned))

    def _data_page(self, owner: int, rows: Sequence[tuple[bytes, int]]) -> bytes:
        offsets, body, at = [], b"", self.size
        for row, flags in rows:
            at -= len(row)
            offsets.append(at | flags)
            body = row + body
        head = struct.pack("<BBHI", 1, 1, 0, owner) + bytes(4 if self.jet4 else 0) + struct.pack("<H", len(rows))
        head += struct.pack(f"<{len(offsets)}H", *offsets)
        return head + bytes(self.size - len(head) - len(body)) + body

    def _map(self, owned: Sequence[int]) -> int:
        bits = bytearray(64)
        for page in owned:
            bits[page // 8] |= 1 << page % 8
        row = b"\x00" + struct.pack("<I", 0) + bytes(bits)
        if self.indirect_map:
            row = b"\x01" + struct.pack(
                "<II", self._take((b"\x05\x01\x00\x00" + bytes(bits)).ljust(self.size, b"\0")), 0
            )
        return self._take(self._data_page(0, [(row, 0)])) << 8

    def _definition(self, place: int, table: Table, declared: int, mapped: int) -> None:
        count, variable = len(table.columns), sum(kind in _VARIABLE for _, kind in table.columns)
        body = struct.pack("<I", 0) + bytes(4 if self.jet4 else 0) + struct.pack("<I", declared)
        body += bytes(4 + (16 if self.jet4 else 0)) + struct.pack("<BHHH", 0x4E, count, variable, count)
        body += struct.pack("<IIII", 0, 0, mapped, 0)
        fixed_at = variable_at = 0
        for number, (_, kind) in enumerate(table.columns):
            is_variable = kind in _VARIABLE
            length = struct.calcsize(_PACK.get(kind, "<"))
            places = (variable_at if is_variable else 0, fixed_at if not is_variable else 0)
            body += self._column(number, kind, *places, length)
            variable_at += is_variable
            fixed_at += 0 if is_variable else length
        for name, _ in table.columns:
            text = name.encode("utf-16-le" if self.jet4 else "cp1252")
            body += struct.pack("<H" if self.jet4 else "<B", len(text)) + text
        self._chain(place, body)

    def _column(self, number: int, kind: int, variable: int, fixed: int, length: int) -> bytes:
        flags = 0 if kind in _VARIABLE else 1
        if self.jet4:
            return struct.pack("<BIHHHHHBBIHH", kind, 0, number, variable, number, 0, 0, flags, 1, 0, fixed, length)
        return struct.pack("<BHHHHHHBHH", kind, number, variable, number, 0x412, 949, 0, flags, fixed, length)

    def _chain(self, place: int, body: bytes) -> None:
        """Lay a definition over as many pages as it needs, each pointing to the next."""
        room = self.size - 8
        parts = [body[at : at + room] for at in range(0, len(body), room)]
        places = [place] + [self._take(bytes(self.size)) for _ in parts[1:]]
        for part, here, after in zip(parts, places, [*places[1:], 0], strict=True):
            self.pages[here] = (struct.pack("<BBHI", 2, 1, 0, after) + part).ljust(self.size, b"\x00")

    def _row(self, columns: Sequence[tuple[str, int]], row: Sequence[Any]) -> bytes:
        fixed = variable = b""
        offsets, mask = [], 0
        start = 2 if self.jet4 else 1
        fixed_length = start + sum(
            struct.calcsize(_PACK.get(kind, "<")) for _, kind in columns if kind not in _VARIABLE
        )
        for number, ((_, kind), value) in enumerate(zip(columns, row, strict=True)):
            mask |= (bool(value) if kind == BOOL else value is not None) << number
            if kind in _VARIABLE:
                offsets.append(fixed_length + len(variable))
                variable += b"" if value is None else self._text(value) if kind == TEXT else self._memo(value)
            elif kind != BOOL:
                fixed += struct.pack(_PACK[kind], value or 0)
        count = struct.pack("<H" if self.jet4 else "<B", len(columns))
        content = count + fixed + variable
        bits = mask.to_bytes((len(columns) + 7) // 8, "little")
        return content + (self._offsets(offsets, len(content), len(bits)) if offsets else b"") + bits

    def _offsets(self, offsets: list[int], end: int, mask: int) -> bytes:
        if self.jet4:
            return struct.pack(f"<{len(offsets) + 2}H", end, *reversed(offsets), len(offsets))
        places = [*offsets, end]
        jumps = 0
        while (end + len(places) + jumps + 1 + mask - 1) // 256 > jumps:
            jumps += 1
        firsts = [next((n for n, at in enumerate(places) if at >= 256 * k), 0xFF) for k in range(1, jumps + 1)]
        return bytes(at % 256 for at in reversed(places)) + bytes(reversed(firsts)) + bytes([len(offsets)])

    def _text(self, value: str) -> bytes:
        if not self.jet4:
            return value.encode("cp949")
        if self.compress and value.isascii():
            return b"\xff\xfe" + value.encode()
        return value.encode("utf-16-le")

    def _memo(self, value: str) -> bytes:
        """Beside its head up to 20 letters, on a page of its own up to 400, in pieces beyond."""
        text = self._text(value)
        if len(value) <= 20:
            return len(text).to_bytes(3, "little") + b"\x80" + bytes(8) + text
        if len(value) <= 400:
            pointer = self._take(self._data_page(0x4C41564C, [(text, 0)])) << 8
            return len(text).to_bytes(3, "little") + b"\x40" + struct.pack("<II", pointer, 0)
        pointer = 0
        for at in reversed(range(0, len(text), 300)):
            piece = struct.pack("<I", pointer) + text[at : at + 300]
            pointer = self._take(self._data_page(0x4C41564C, [(piece, 0)])) << 8
        return len(text).to_bytes(3, "little") + b"\x00" + struct.pack("<II", pointer, 0)


NORMAL = (
    ("Test_ID", LONG), ("Data_Point", LONG), ("Test_Time", DOUBLE), ("Step_Time", DOUBLE), ("DateTime", DATE),
    ("Step_Index", INT), ("Cycle_Index", INT), ("Is_FC_Data", BYTE), ("Current", FLOAT), ("Voltage", FLOAT),
    ("Charge_Capacity", DOUBLE), ("Discharge_Capacity", DOUBLE), ("Charge_Energy", DOUBLE),
    ("Discharge_Energy", DOUBLE), ("Internal_Resistance", FLOAT),
)  # fmt: skip
GLOBAL = (
    ("Test_ID", LONG), ("Channel_Index", INT), ("Start_DateTime", DOUBLE), ("Log_Aux_Data_Flag", BOOL),
    ("Test_Name", TEXT), ("Comments", MEMO), ("Schedule_File_Name", TEXT), ("Serial_Number", TEXT), ("MASS", FLOAT),
)  # fmt: skip
AUXILIARY = (("Test_ID", LONG), ("Data_Point", LONG), ("Auxiliary_Index", INT), ("Data_Type", INT), ("X", FLOAT))
AUXILIARY_NAMES = (("Channel_Index", INT), ("Auxiliary_Index", INT), ("Data_Type", INT), ("Nickname", TEXT),
                   ("Unit", TEXT))  # fmt: skip
EVENTS = (("Test_ID", LONG), ("Test_Time", DOUBLE), ("Event_Describe", TEXT))
START_DAY = 45_000.0


def samples(test: int = 1, cycles: int = 2) -> list[tuple[Any, ...]]:
    """Cycles of rest, charge and discharge at 1 A, 36 s each, counters set back at each cycle."""
    rows: list[tuple[Any, ...]] = []
    for cycle in range(1, cycles + 1):
        charged = discharged = 0.0
        for step, (current, volt) in enumerate(((0.0, 3.7), (1.0, 3.9), (0.0, 3.8), (-1.0, 3.6)), 1):
            for n in range(1, 5):
                moved = abs(current) * 9.0 / 3600
                charged += moved if current > 0 else 0.0
                discharged += moved if current < 0 else 0.0
                point = len(rows) + 1
                time = 9.0 * point
                rows.append((
                    test, point, time, 9.0 * n, START_DAY + time / 86_400, step, cycle, 0, current, volt + 0.001 * n,
                    charged, discharged, charged * volt, discharged * volt, None if step == 1 else 0.05,
                ))  # fmt: skip
    return rows


def result_file(writer: Writer | None = None, change: Callable[[dict[str, Table]], None] | None = None) -> bytes:
    """Return a small result database of one test; `change` may alter its tables before they are written."""
    tables = {
        "Channel_Normal_Table": Table(NORMAL, samples(), rows_per_page=9),
        "Global_Table": Table(GLOBAL, [
            (1, 3, START_DAY, True, "환 cell 7", "n" * 30, "formation.sdu", "176075", 0.0),
        ]),
        "Event_Table": Table(EVENTS, [(1, 0.0, "Test start"), (1, 288.0, "Test end")]),
    }  # fmt: skip
    if change:
        change(tables)
    return (writer or Writer()).write(tables)


def mutated(content: bytes, number: int) -> bytes:
    """Cut, flip or copy over some bytes; pages' heads are hit more often than by chance."""
    rng, data = random.Random(number), bytearray(content)  # noqa: S311  # reproducible, no secret
    match number % 4:
        case 0:
            for _ in range(rng.choice([1, 5, 50, 500])):
                data[rng.randrange(len(data))] = rng.randrange(256)
        case 1:
            del data[rng.randrange(len(data)) :]
        case 2:
            for _ in range(rng.choice([1, 3, 10])):
                page = rng.randrange(max(len(data) // 4096, 1)) * 4096
                data[page + rng.randrange(min(64, len(data) - page))] = rng.choice([0, 64, 128, 255])
        case _:
            to, source, length = rng.randrange(len(data)), rng.randrange(len(data)), rng.choice([4, 64, 4096])
            data[to : to + length] = data[source : source + length]
    return bytes(data)
