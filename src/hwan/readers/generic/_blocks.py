"""Where in a file the rows stand: blocks between marks, and the line of headings in each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from hwan.core import DamagedFile
from hwan.readers._table import BLANKS, LONGEST_LINE, cells
from hwan.readers.generic._layout import DELIMITERS, decimal_of
from hwan.readers.generic._mapping import AUTO, Mapping

MOST_BLOCKS: Final = 10_000
_SAMPLE_BYTES: Final = 1 << 15


@dataclass(frozen=True, slots=True)
class Block:
    """Bytes of a file from `start` to `end`; headings are looked for from `rows` on."""

    start: int
    rows: int
    end: int


def blocks_of(data: bytes, mapping: Mapping, source: str) -> list[Block]:
    """Return the blocks that hold rows: the whole file when the mapping names no sections.

    Raises
    ------
    DamagedFile
        No line begins a section, or too many do.
    """
    section = mapping.section
    if not section.begin:
        return [Block(0, 0, len(data))]
    begins = [match.end() for match in re.finditer(_lines(section.begin), data)]
    if not begins or len(begins) > MOST_BLOCKS:
        raise DamagedFile(
            "sections_not_found", source=source, wanted=section.begin, got=len(begins), mapping=mapping.id
        )
    ends = _lines(section.end) if section.end else None
    found: list[Block] = []
    for number, begin in enumerate(begins):
        until = begins[number + 1] if number + 1 < len(begins) else len(data)
        mark = ends.search(data, data.find(b"\n", begin) + 1, until) if ends else None
        found.append(Block(found[-1].end if found else 0, begin, mark.start() if mark else until))
    return found


def _lines(pattern: str) -> re.Pattern[bytes]:
    return re.compile(pattern.encode(), re.MULTILINE)


def header_of(data: bytes, block: Block, mapping: Mapping, source: str) -> tuple[int, str]:
    """Return the line of the headings, counted from 0 at the start of the block, and the delimiter.

    Raises
    ------
    DamagedFile
        No line has the headings.
    """
    skipped = data.count(b"\n", block.start, block.rows)
    lines = data[block.start : min(block.end, block.rows + LONGEST_LINE)].decode("utf-8", errors="replace").split("\n")
    wanted = ", ".join(mapping.recognise)
    header = mapping.header
    if header.line:
        if header.line <= data.count(b"\n", block.start, block.end) + 1:
            return header.line - 1, _delimiter(lines[header.line - 1 :], mapping)
        raise _absent(source, f"line {header.line}", mapping)
    if header.pattern:
        pattern, wanted = re.compile(header.pattern), header.pattern
        for number in range(skipped, len(lines)):
            if pattern.search(lines[number].rstrip("\r")[:4096]):
                return number, _delimiter(lines[number:], mapping)
    elif mapping.recognise:
        for number in range(skipped, len(lines)):
            mark = delimiter_with(lines[number].rstrip("\r"), mapping)
            if mark:
                return number, mark
    elif header.names:
        return skipped - 1, _delimiter(lines[skipped:], mapping)
    raise _absent(source, wanted, mapping)


def _absent(source: str, wanted: str, mapping: Mapping) -> DamagedFile:
    return DamagedFile("headings_not_found", source=source, wanted=wanted, mapping=mapping.id)


def delimiter_with(line: str, mapping: Mapping) -> str:
    """Return the delimiter under which a line has all headings of `mapping.recognise`, else nothing."""
    wanted = mapping.recognise
    if not wanted or not all(heading in line for heading in wanted):
        return ""
    marks = DELIMITERS[:-1] if mapping.delimiter == AUTO else (mapping.delimiter,)
    return next((mark for mark in marks if set(wanted) <= set(cells(line, mark))), "")


def _delimiter(lines: list[str], mapping: Mapping) -> str:
    """Return the delimiter that cuts the line of headings and the rows under it into most cells."""
    if mapping.delimiter != AUTO:
        return mapping.delimiter
    rows = [line for line in lines[mapping.header.below :][:20] if line.strip()]
    counts = {mark: min((len(cells(line, mark)) for line in rows[1:] or rows), default=0) for mark in DELIMITERS}
    best = max(DELIMITERS[:-1], key=lambda mark: counts[mark])
    return best if counts[best] > 1 else BLANKS


def decimal_in(body: bytes, delimiter: str, mapping: Mapping) -> str:
    """Return the decimal sign of the rows, as the mapping says or the rows show."""
    if mapping.decimal != AUTO:
        return mapping.decimal
    places = (0, max(0, len(body) // 2 - _SAMPLE_BYTES // 2), max(0, len(body) - _SAMPLE_BYTES))
    if delimiter == "," or not any(b"," in body[place : place + _SAMPLE_BYTES] for place in places):
        return "."
    lines = [line for place in places for line in body[place : place + _SAMPLE_BYTES].split(b"\n")[1 if place else 0 :]]
    rows = [cells(line.decode("utf-8", errors="replace").rstrip("\r"), delimiter) for line in lines]
    return decimal_of(rows, delimiter)[0]
