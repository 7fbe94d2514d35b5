"""Tables in levels: rows of cycles over rows of steps over rows of records, each level under its own headings.

A row stands so many empty cells to the right as it has levels above it::

    Cycle ID,Cap_Chg(mAh)
    ,Step ID,Step Name
    ,,Record ID,Voltage(V)
    1,2.5
    ,1,CC_Chg
    ,,1,3.65
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from hwan.readers._table import LONGEST_LINE, cells
from hwan.readers.generic._layout import DELIMITERS
from hwan.readers.generic._mapping import Mapping

MOST_ABOVE: Final = 200
"""Lines that may stand above the headings."""


@dataclass(frozen=True, slots=True)
class _Level:
    """Of one level above the records: which of its cells go with each record below it."""

    places: tuple[int, ...]
    names: tuple[str, ...]

    def of(self, row: Sequence[str]) -> tuple[str, ...]:
        return tuple(row[place] if place < len(row) else "" for place in self.places)


def flattened(lines: list[str], mapping: Mapping) -> tuple[list[str], int]:
    """Return the lines as one table of records, and how many rows of upper levels were emptied.

    Of the upper levels the cells that the mapping names are written before each record. Every line keeps
    its place. Lines that have no such levels stay as they are.
    """
    first, mark = _headings(lines, mapping.levels)
    if not mark:
        return lines, 0
    depth = len(mapping.levels) - 1
    records = cells(lines[first + depth], mark)[depth:]
    levels = [_level(cells(lines[first + number], mark), mapping, records) for number in range(depth)]
    indent = mark * depth
    given = [tuple("" for _ in level.places) for level in levels]
    flat = [*lines[:first], *[""] * depth, _joined([*(level.names for level in levels), records], mark)]
    before, emptied = _joined([*given, ("",)], mark), 0
    for line in lines[first + depth + 1 :]:
        if line.startswith(indent):
            flat.append(before + _plain(line[depth:], mark))
            continue
        if line.strip():
            row = cells(line, mark)
            number = next((place for place, cell in enumerate(row[:depth]) if cell), depth - 1)
            given[number] = levels[number].of(row)
            before, emptied = _joined([*given, ("",)], mark), emptied + 1
        flat.append("")
    return flat, emptied


def _headings(lines: Sequence[str], levels: Sequence[str]) -> tuple[int, str]:
    """Return the line of the outermost headings and the delimiter, or no delimiter."""
    for first in range(min(len(lines) - len(levels) + 1, MOST_ABOVE)):
        if levels[0] not in lines[first][:LONGEST_LINE]:
            continue
        for mark in DELIMITERS[:-1]:
            rows = [cells(line, mark) for line in lines[first : first + len(levels)]]
            if all(_begins(row, number, name) for number, (row, name) in enumerate(zip(rows, levels, strict=True))):
                return first, mark
    return 0, ""


def _begins(row: Sequence[str], place: int, name: str) -> bool:
    return len(row) > place and row[place] == name and not any(row[:place])


def _level(headings: Sequence[str], mapping: Mapping, records: Sequence[str]) -> _Level:
    wanted = {*mapping.columns, mapping.state.column} - {"", *records}
    places = tuple(place for place, heading in enumerate(headings) if heading in wanted)
    return _Level(places, tuple(headings[place] for place in places))


def _joined(parts: Sequence[Sequence[str]], mark: str) -> str:
    return mark.join(cell.replace(mark, " ") for part in parts for cell in part)


def _plain(line: str, mark: str) -> str:
    # The tester writes a tab into cells, so that a spreadsheet takes them as text.
    return line if mark == "\t" else line.replace("\t", "")
