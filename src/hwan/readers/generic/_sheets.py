"""From a file to the sheet of a mapping: headings, rows and how they are written."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Final

from hwan.core import Finding
from hwan.readers._apart import rows_apart
from hwan.readers._encoding import AUTO
from hwan.readers._table import Dialect, Sheet, sheet_of, utf8_of
from hwan.readers.generic._blocks import Block, blocks_of, decimal_in, header_of
from hwan.readers.generic._levels import flattened
from hwan.readers.generic._mapping import Mapping

UPPER_ROWS: Final = "upper_rows_left_out"


def sheet_with(path: Path, mapping: Mapping, key: str = "") -> tuple[Sheet, list[Finding]]:
    """Return the sheet of a file, or of its block `key`; the finding counts rows of upper levels.

    Raises
    ------
    DamagedFile
        The text cannot be decoded, or no line has the headings.
    NothingInside
        There are no rows.
    """
    sheet, upper = _apart(path, mapping), 0
    if sheet is None:
        data = utf8_of(path, mapping.encoding)
        if mapping.levels:
            lines, upper = flattened(data.decode().split("\n"), mapping)
            data = "\n".join(lines).encode()
        blocks = blocks_of(data, mapping, path.name)
        sheet = _sheet(path, data, blocks[int(key) - 1 if key else 0], mapping)
    decimal = decimal_in(sheet.body, sheet.dialect.delimiter, mapping)
    found = [Finding(UPPER_ROWS, "note", "lines", {"count": upper, "levels": ", ".join(mapping.levels[:-1])})]
    return replace(sheet, dialect=replace(sheet.dialect, decimal=decimal)), found if upper else []


def _apart(path: Path, mapping: Mapping) -> Sheet | None:
    """Read the rows of a large plain file without a copy of them; None where the whole text must be looked at."""
    if mapping.section.begin or mapping.skip or mapping.levels or mapping.encoding not in (AUTO, "utf-8"):
        return None
    return rows_apart(path, lambda head: _sheet(path, head, Block(0, 0, len(head)), mapping))


def _sheet(path: Path, data: bytes, block: Block, mapping: Mapping) -> Sheet:
    header, delimiter = header_of(data, block, mapping, path.name)
    text = data if block.start == 0 and block.end == len(data) else data[block.start : block.end]
    dialect = Dialect(delimiter, ".", mapping.null_tokens, mapping.thousands)
    sheet = sheet_of(path.name, text, header, dialect, mapping.header.below, mapping.header.names)
    sheet = replace(sheet, first_line=sheet.first_line + data.count(b"\n", 0, block.start))
    return replace(sheet, body=_skipping(sheet.body, mapping.skip)) if mapping.skip else sheet


def _skipping(body: bytes, pattern: str) -> bytes:
    # A skipped line stays as an empty one, so that the lines after it keep their numbers.
    return re.sub(rb"(?m)^(?=.*?(?:" + pattern.encode() + rb")).*$", b"", body)
