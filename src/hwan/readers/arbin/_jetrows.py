"""Rows of a Jet table: the fixed values of all its pages at once, the variable ones row by row.

A page keeps its rows from its end to its beginning, each beginning where the table of offsets says; two
bits of an offset tell a deleted row, and one that moved to another page. A row is a count of columns, the
fixed values at places that the definition states, the variable values with their own table of offsets,
and a mask with one bit for each column that has a value.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hwan.readers.arbin._jet import DELETED, ELSEWHERE, PLACE_MASK, Bytes, Database, Ints, JetColumn, JetTable
from hwan.readers.arbin._jettext import long_value, text_of

BOOLEAN: Final = 1
_DTYPES: Final = {2: "u1", 3: "<i2", 4: "<i4", 5: "<i8", 6: "<f4", 7: "<f8", 8: "<f8"}
_MONEY: Final = 5
_MONEY_UNIT: Final = 1e-4
_TEXT: Final = 10
_MEMO: Final = 12
MOST_WRITTEN_ROWS: Final = 10_000


@dataclass(frozen=True)
class Rows:
    """Where the rows of a table begin and end in the file, deleted ones left out.

    `lost` counts those that lie where no row can.
    """

    database: Database
    table: JetTable
    starts: Ints
    ends: Ints
    lost: int = 0

    def __len__(self) -> int:
        return len(self.starts)

    def kept(self, where: NDArray[Any]) -> Rows:
        """Return some of the rows: those of a mask, or in the order of positions."""
        return Rows(self.database, self.table, self.starts[where], self.ends[where], self.lost)

    def numbers(self, name: str) -> NDArray[Any] | None:
        """Return a fixed numeric column, NaN or 0 where a row has no value; None when there is no such column."""
        column = self.table.column(name)
        if column is None:
            return None
        if column.kind == BOOLEAN:
            return self._present(column).astype(np.int64)
        if not column.fixed or column.kind not in _DTYPES:
            return None
        values = self._fixed(self.database.layout.count + column.offset, _DTYPES[column.kind])
        if column.kind == _MONEY:
            values = values * _MONEY_UNIT
        if column.number in self._never_null:
            return values
        return np.where(self._present(column), values, np.nan if values.dtype.kind == "f" else 0)

    def words(self, name: str, row: int) -> str:
        """Return a text or memo of one row, empty where there is none."""
        column = self.table.column(name)
        if column is None or column.fixed or column.kind not in (_TEXT, _MEMO):
            return ""
        if not self._present(column)[row]:
            return ""
        value = self._variable(column, row)
        if column.kind == _MEMO:
            value = long_value(self.database, value)
        return text_of(value, column.encoding)

    def _fixed(self, offset: int, dtype: str) -> NDArray[Any]:
        """Return the values at one place of every row: a gather from the bytes of the file, no loop."""
        content, size = self.database.bytes, np.dtype(dtype).itemsize
        if not len(self):
            return np.empty(0, dtype)
        every: NDArray[Any] = np.ndarray((len(content) - size + 1,), dtype, content, strides=(1,))
        return every[self.starts + offset]

    @cached_property
    def _counts(self) -> Ints:
        """Return how many columns each row knows: those added later are not in older rows."""
        content, counts = self.database.bytes, self._fixed(0, f"<u{self.database.layout.count}").astype(np.int64)
        lengths = (counts + 7) >> 3
        if np.any(lengths > self.ends - self.starts) or not len(content):
            raise IndexError("mask outside its row")
        return counts

    @cached_property
    def _masks(self) -> Bytes:
        """Return the masks of the rows, shape (rows, bytes of the longest)."""
        lengths = (self._counts + 7) >> 3
        longest = int(lengths.max(initial=0))
        first = self.ends - lengths
        masks = np.zeros((longest, len(self)), np.uint8)
        for number in range(longest):
            masks[number] = np.where(
                number < lengths, self.database.bytes[np.minimum(first + number, self.ends - 1)], 0
            )
        return masks

    @cached_property
    def _never_null(self) -> frozenset[int]:
        """Return the numbers of the columns that every row has a value of."""
        every = np.unpackbits(np.bitwise_and.reduce(self._masks, axis=1), bitorder="little")
        return frozenset(np.flatnonzero(every[: int(self._counts.min(initial=0xFFFF))]).tolist())

    def _present(self, column: JetColumn) -> NDArray[np.bool_]:
        byte, bit = column.number >> 3, column.number & 7
        if byte >= len(self._masks):
            return np.zeros(len(self), np.bool_)
        told: NDArray[np.bool_] = ((self._masks[byte] >> bit) & 1).astype(np.bool_) & (column.number < self._counts)
        return told

    def _variable(self, column: JetColumn, row: int) -> bytes:
        """Return the bytes of a variable value of one row."""
        start, end = int(self.starts[row]), int(self.ends[row])
        mask = (int(self._counts[row]) + 7) >> 3
        content = self.database.bytes[start : end - mask].tobytes()
        offsets = _offsets4(content) if self.database.layout.count == 2 else _offsets3(content, end - start)
        if column.variable + 1 >= len(offsets):
            return b""
        return content[offsets[column.variable] : offsets[column.variable + 1]]


def rows_of(database: Database, table: JetTable) -> Rows:
    """Return the rows of a table, in the order of its pages and of the rows in them."""
    size, head = database.layout.page, database.layout.rows_at
    pages = database.bytes[: database.page_count * size].view("<u2").reshape(-1, size // 2)
    counts = pages[table.pages, head // 2].astype(np.int64)
    room = (size - head - 2) // 2
    broken = counts > room
    counts = np.where(broken, 0, counts)
    page = np.repeat(table.pages, counts)
    index = np.arange(len(page)) - np.repeat(np.cumsum(counts) - counts, counts)
    said = pages[page, head // 2 + 1 + index].astype(np.int64)
    before = np.where(index == 0, size, np.roll(said, 1) & PLACE_MASK)
    begins, live = said & PLACE_MASK, (said & DELETED) == 0
    base = page * size
    starts, ends = base + begins, base + before
    fits = (begins >= head + 2 + 2 * np.repeat(counts, counts)) & (begins < before) & (before <= size)
    starts, ends, lost = _followed(database, starts[live], ends[live], fits[live], (said[live] & ELSEWHERE) != 0)
    return _whole(Rows(database, table, starts, ends, lost + int(broken.sum())))


def _followed(
    database: Database, starts: Ints, ends: Ints, fits: NDArray[np.bool_], moved: NDArray[np.bool_]
) -> tuple[Ints, Ints, int]:
    """Go to the rows that moved to another page; each place may be gone to once."""
    seen: set[int] = set()
    for row in np.flatnonzero(moved & fits):
        try:
            starts[row], ends[row] = database.row_span(database.number(int(starts[row]), 4))
        except IndexError:
            fits[row] = False
        fits[row] &= int(starts[row]) not in seen
        seen.add(int(starts[row]))
    return starts[fits], ends[fits], int((~fits).sum())


def _whole(rows: Rows) -> Rows:
    """Leave out, and count, rows that are shorter than their fixed values and their mask."""
    needed = _fixed_length(rows)
    long_enough = rows.ends - rows.starts >= needed
    if int((rows.ends - rows.starts).sum()) > len(rows.database.bytes):
        raise ValueError("rows overlap")
    return Rows(
        rows.database, rows.table, rows.starts[long_enough], rows.ends[long_enough],
        rows.lost + int((~long_enough).sum()),
    )  # fmt: skip


def _fixed_length(rows: Rows) -> int:
    """Return how many bytes the fixed part of a row has, which begins with its count of columns."""
    count = rows.database.layout.count
    fixed = [column for column in rows.table.columns if column.fixed and column.kind in _DTYPES]
    ends = [count + column.offset + np.dtype(_DTYPES[column.kind]).itemsize for column in fixed]
    return max(ends, default=count)


def _offsets4(content: bytes) -> list[int]:
    """Return where the variable values begin, and after them where the last ends (Jet 4: two bytes each)."""
    count = int.from_bytes(content[-2:], "little")
    if 2 * count + 4 > len(content):
        raise IndexError(count)
    table = content[-2 * count - 4 : -2]
    return [int.from_bytes(table[at : at + 2], "little") for at in range(2 * count, -1, -2)]


def _offsets3(content: bytes, length: int) -> list[int]:
    """Return the same of Jet 3, whose offsets of one byte are raised by 256 where the jump table says."""
    count = content[-1]
    # The number of jumps follows from the length of the row; one may be a dummy, 0xFF.
    jumps = (length - 1) // 256
    if count + 2 + jumps > len(content):
        raise IndexError(count)
    raised = [jump for jump in reversed(content[-1 - jumps : -1]) if jump != 0xFF] if jumps else []
    table = content[-2 - jumps - count : -1 - jumps][::-1]
    return [value + 256 * sum(jump <= number for jump in raised) for number, value in enumerate(table)]
