"""Microsoft Access databases (Jet 3 and 4), the container of Arbin's .res: pages, catalogue, definitions of tables.

A database is a row of pages of one size. Page 2 defines the table of tables, MSysObjects; every other
table has its own page of definition. All numbers are little-endian. Every read is bounded by the file,
chains of pages by a count; what lies outside raises ``IndexError``, which the reader turns into an error.

Source: the description of the Jet format in the documentation of the mdbtools project (facts, no code).
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]

SIGNATURE: Final = b"\x00\x01\x00\x00Standard Jet DB\x00"
CATALOGUE_PAGE: Final = 2
DATA_PAGE: Final = 1
PLACE_MASK: Final = 0x1FFF
DELETED: Final = 0x8000
ELSEWHERE: Final = 0x4000
_DEFINITION_PAGE: Final = 2
_MAP_PAGE: Final = 5
_VERSION_AT: Final = 0x14
_MOST_DEFINITION_PAGES: Final = 64
_MOST_COLUMNS: Final = 255
_MOST_INDEXES: Final = 1000


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things stand in the pages of one version; `count` is the width of the small counts and lengths."""

    page: int
    count: int
    rows_at: int
    declared_at: int
    columns_at: int
    indexes_at: int
    map_at: int
    entries_at: int
    index_entry: int
    column_entry: int
    variable_at: int
    code_page_at: int
    flags_at: int
    fixed_at: int
    length_at: int


JET3: Final = Layout(2048, 1, 8, 12, 25, 31, 35, 43, 8, 18, 3, 9, 13, 14, 16)
JET4: Final = Layout(4096, 2, 12, 16, 45, 51, 55, 63, 12, 25, 7, 11, 15, 21, 23)


@dataclass(frozen=True, slots=True)
class JetColumn:
    """One column: its type's number, its bit in the null mask, and its place among fixed or variable values."""

    name: str
    kind: int
    number: int
    fixed: bool
    offset: int
    variable: int
    length: int
    encoding: str


@dataclass(frozen=True, slots=True)
class JetTable:
    """A table: its columns, the number of rows that it declares and the pages that it owns."""

    name: str
    page: int
    columns: tuple[JetColumn, ...]
    declared_rows: int
    pages: Ints

    def column(self, name: str) -> JetColumn | None:
        """Return the column of that name, if there is one."""
        return next((column for column in self.columns if column.name == name), None)


@dataclass(frozen=True)
class Database:
    """The bytes of a database, a whole number of pages."""

    bytes: Bytes
    layout: Layout

    @property
    def page_count(self) -> int:
        """Number of whole pages."""
        return len(self.bytes) // self.layout.page

    def number(self, at: int, width: int) -> int:
        """Return the unsigned integer of `width` bytes at a place of the file."""
        if at < 0 or at + width > len(self.bytes):
            raise IndexError(at)
        return int.from_bytes(self.bytes[at : at + width].tobytes(), "little")

    def page_start(self, page: int) -> int:
        """Return where a page begins."""
        if not 0 <= page < self.page_count:
            raise IndexError(page)
        return page * self.layout.page

    def row_span(self, pointer: int) -> tuple[int, int]:
        """Return where the row begins and ends to which a pointer (page above, row in the lowest byte) leads."""
        start, row = self.page_start(pointer >> 8), pointer & 0xFF
        table = start + self.layout.rows_at
        if row >= self.number(table, 2):
            raise IndexError(row)
        begin = self.number(table + 2 + 2 * row, 2) & PLACE_MASK
        end = self.number(table + 2 * row, 2) & PLACE_MASK if row else self.layout.page
        if not begin <= end <= self.layout.page:
            raise IndexError(begin)
        return start + begin, start + end

    @cached_property
    def owners(self) -> Ints:
        """Return of every page the definition page of the table whose rows it holds, -1 for other pages."""
        pages = self.bytes[: self.page_count * self.layout.page].reshape(-1, self.layout.page)
        owner = np.ascontiguousarray(pages[:, 4:8]).view("<u4").ravel().astype(np.int64)
        return np.where(pages[:, 0] == DATA_PAGE, owner, -1)


def open_database(content: Bytes) -> Database:
    """Return the database in the bytes of a file; ``ValueError`` for what is none."""
    if content[: len(SIGNATURE)].tobytes() != SIGNATURE or len(content) <= _VERSION_AT:
        raise ValueError("no Jet signature")
    version = int(content[_VERSION_AT])
    if version > 1:
        raise ValueError(f"Jet version {version}")
    layout = JET4 if version else JET3
    if len(content) < (CATALOGUE_PAGE + 1) * layout.page or content[CATALOGUE_PAGE * layout.page] != _DEFINITION_PAGE:
        raise ValueError("no catalogue: cut short or encrypted")
    return Database(content, layout)


def table_at(database: Database, page: int, name: str) -> JetTable:
    """Return the table that a page defines."""
    layout, body = database.layout, _definition(database, page)
    columns, indexes = body.number(layout.columns_at, 2), body.number(layout.indexes_at, 4)
    if not 0 < columns <= _MOST_COLUMNS or indexes > _MOST_INDEXES:
        raise ValueError(f"{columns} columns and {indexes} indexes")
    first = layout.entries_at + indexes * layout.index_entry
    names = tuple(_names(body, first + columns * layout.column_entry, columns))
    if len(set(names)) < columns or "" in names:
        raise ValueError("names of columns repeat or are empty")
    entries = range(first, first + columns * layout.column_entry, layout.column_entry)
    owned = np.flatnonzero(database.owners == page)
    return JetTable(
        name, page, tuple(_column(body, at, said) for at, said in zip(entries, names, strict=True)),
        body.number(layout.declared_at, 4), _mapped(database, body.number(layout.map_at, 4), owned),
    )  # fmt: skip


def _definition(database: Database, page: int) -> Database:
    """Return the pages of a definition, one after the other: the first whole, the others without their heads."""
    parts, size = [], database.layout.page
    for number in range(_MOST_DEFINITION_PAGES):
        start = database.page_start(page)
        if database.bytes[start] != _DEFINITION_PAGE:
            raise ValueError(f"page {page} defines no table")
        parts.append(database.bytes[start + (8 if number else 0) : start + size])
        page = database.number(start + 4, 4)
        if not page:
            break
    return Database(np.concatenate(parts), database.layout)


def _names(body: Database, at: int, count: int) -> Iterator[str]:
    width = body.layout.count
    encoding = "utf-16-le" if width == 2 else "cp1252"
    for _ in range(count):
        length = body.number(at, width)
        if at + width + length > len(body.bytes):
            raise IndexError(at)
        yield body.bytes[at + width : at + width + length].tobytes().decode(encoding, "replace")
        at += width + length


def _column(body: Database, at: int, name: str) -> JetColumn:
    layout = body.layout
    number_at = layout.variable_at - 2
    return JetColumn(
        name, body.number(at, 1), body.number(at + number_at, 2), bool(body.number(at + layout.flags_at, 1) & 1),
        body.number(at + layout.fixed_at, 2), body.number(at + layout.variable_at, 2),
        body.number(at + layout.length_at, 2),
        "" if layout is JET4 else _code_page(body.number(at + layout.code_page_at, 2)),
    )  # fmt: skip


def _code_page(number: int) -> str:
    try:
        return codecs.lookup(f"cp{number}").name
    except LookupError:
        return "cp1252"


def _mapped(database: Database, pointer: int, owned: Ints) -> Ints:
    """Return those of the owned pages that the table's map of pages names: freed ones keep their old head.

    A map that cannot be read excludes nothing; the number of rows that the table declares tells the rest.
    """
    try:
        begin, end = database.row_span(pointer)
        inside = _direct(database, begin, end) if database.bytes[begin] == 0 else _indirect(database, begin, end)
    except (IndexError, ValueError):
        return owned
    return owned[inside[owned]]


def _direct(database: Database, begin: int, end: int) -> NDArray[np.bool_]:
    inside = np.zeros(database.page_count, np.bool_)
    first = database.number(begin + 1, 4)
    bits = np.unpackbits(database.bytes[begin + 5 : end], bitorder="little").astype(np.bool_)
    part = inside[first : first + len(bits)]
    part[:] = bits[: len(part)]
    return inside


def _indirect(database: Database, begin: int, end: int) -> NDArray[np.bool_]:
    inside = np.zeros(database.page_count, np.bool_)
    size = database.layout.page
    covered = (size - 4) * 8
    for number, at in enumerate(range(begin + 1, end - 3, 4)):
        page, part = database.number(at, 4), inside[number * covered : (number + 1) * covered]
        if page and len(part):
            start = database.page_start(page)
            if database.bytes[start] != _MAP_PAGE:
                raise ValueError(f"page {page} is no map")
            bits = np.unpackbits(database.bytes[start + 4 : start + size], bitorder="little")
            part[:] = bits[: len(part)].astype(np.bool_)
    return inside
