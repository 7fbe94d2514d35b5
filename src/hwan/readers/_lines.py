"""Lines of a text table that are no rows: repeated headings, text under the table, broken lines."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from hwan.core import DamagedFile, Finding, Scalar, Severity
from hwan.readers._table import LONGEST_LINE, Sheet, cells

MOST_TRAILER: Final = 50
"""Lines of text that may stand under a table."""
MOST_BROKEN: Final = 0.05
"""Of all lines; beyond, the delimiter is wrong and not the lines."""
_NUMBER: Final = re.compile(r"[+-]?(?:\d[\d.,]*|[.,]\d+)(?:[eE][+-]?\d+)?|[+-]?(?:nan|inf(?:inity)?)", re.IGNORECASE)


def without_trailer(sheet: Sheet, numbers: Sequence[str]) -> tuple[Sheet, list[Finding]]:
    """Cut lines of words from the end of the body, with a finding that holds the first of them."""
    body = sheet.body
    end, found = _end(body, b"\r\n \t\x00\x1a"), list[str]()
    while len(found) < MOST_TRAILER and end > 0:
        start = body.rfind(b"\n", 0, end) + 1
        line = body[start:end][:LONGEST_LINE].decode("utf-8", errors="replace").strip()
        if start == 0 or _open_quote(body[start:end]) or (line and not _words(line, sheet, numbers)):
            break
        found.append(line)
        end = max(start - 1, 0)
    words = [line for line in reversed(found) if line]
    if not words:
        return sheet, []
    blank = next(number for number, line in enumerate(reversed(found)) if line)
    line_number = sheet.first_line + body.count(b"\n", 0, end) + 1 + blank
    values: dict[str, Scalar] = {"count": len(words), "line": line_number, "text": words[0][:200]}
    return replace(sheet, body=body[:end]), [Finding("trailing_text_left_out", "note", f"line {line_number}", values)]


def _end(body: bytes, blanks: bytes) -> int:
    """Return where the last letter of a body ends, without copying the body."""
    end = len(body)
    while end and body[end - 1] in blanks:
        end -= 1
    return end


def _open_quote(line: bytes) -> bool:
    """Return whether a line ends a cell that began on a line before: a line break inside quotes."""
    return line.count(b'"') % 2 == 1


def _words(line: str, sheet: Sheet, numbers: Sequence[str]) -> bool:
    """Say whether a line is text: none of its cells that should be numbers is one, and some are words."""
    row = cells(line, sheet.dialect.delimiter)
    if len(row) >= len(sheet.headings) and len(row) > 1:
        return False
    wanted = {int(name[1:]) for name in numbers}
    given = [cell for number, cell in enumerate(row) if number in wanted and cell]
    if any(_NUMBER.fullmatch(cell) or cell in sheet.dialect.null_tokens for cell in given):
        return False
    return bool(given) or not any(letter.isdigit() for letter in line)


def cut_line(sheet: Sheet) -> list[Finding]:
    """Tell a last line with fewer cells than the one before: the file ended while it was written."""
    body = sheet.body
    end = _end(body, b"\r\n \t" if sheet.dialect.delimiter != "\t" else b"\r\n ")
    start = body.rfind(b"\n", 0, end) + 1
    if _open_quote(body[start:end]):
        return []
    got = _count(body[start:end], sheet)
    expected = len(sheet.headings)
    if start > 1:
        expected = min(expected, _count(body[body.rfind(b"\n", 0, start - 1) + 1 : start - 1], sheet))
    if got >= expected:
        return []
    line = sheet.first_line + body.count(b"\n", 0, end)
    values: dict[str, Scalar] = {"line": line, "got": got, "expected": expected}
    return [Finding("last_row_cut_short", "warning", f"line {line}", values)]


def _count(line: bytes, sheet: Sheet) -> int:
    text = line[:LONGEST_LINE].decode("utf-8", errors="replace").rstrip("\r")
    return len(cells(text, sheet.dialect.delimiter)) if text.strip() else len(sheet.headings)


def mended(sheet: Sheet, *, lenient: bool) -> tuple[Sheet, frozenset[int], list[Finding]]:
    """Empty the lines that repeat the headings and, when `lenient`, a few with too many cells.

    Emptied lines keep their place, so that line numbers stay true; their rows are returned.
    """
    lines = sheet.body.split(b"\n")
    mark = sheet.dialect.delimiter.encode()
    repeated = _repeated(lines, sheet)
    widest = _widest(lines, mark)
    broken = [n for n, line in enumerate(lines) if line.count(mark) >= widest and _beyond(line, sheet, widest)]
    if not lenient or len(broken) > max(1, MOST_BROKEN * len(lines)):
        broken = []
    for number in (*repeated, *broken):
        lines[number] = b""
    findings = []
    if repeated:
        findings.append(_told("repeated_headings_left_out", "note", repeated, sheet))
    if broken:
        findings.append(_told("broken_rows_left_out", "stop", broken, sheet))
    body = b"\n".join(lines) if findings else sheet.body
    return replace(sheet, body=body), frozenset((*repeated, *broken)), findings


def _repeated(lines: list[bytes], sheet: Sheet) -> list[int]:
    first = next((heading for heading in sheet.headings if heading), "").encode()
    return [
        number
        for number, line in enumerate(lines)
        if first in line
        and cells(line[:LONGEST_LINE].decode("utf-8", "replace").rstrip("\r"), sheet.dialect.delimiter)
        == sheet.headings
    ]


def _widest(lines: list[bytes], mark: bytes) -> int:
    """Return the usual number of cells, as the first rows have it."""
    counts = sorted(line.count(mark) + 1 for line in lines[:200] if line.strip())
    return counts[len(counts) // 2] if counts else 1


def _beyond(line: bytes, sheet: Sheet, widest: int) -> bool:
    row = cells(line[:LONGEST_LINE].decode("utf-8", "replace").rstrip("\r"), sheet.dialect.delimiter)
    return len(row) > max(len(sheet.headings), widest) or any(row[len(sheet.headings) :])


def _told(code: str, severity: Severity, rows: Sequence[int], sheet: Sheet) -> Finding:
    text = ", ".join(str(sheet.first_line + row) for row in rows[:5]) + (", …" if len(rows) > 5 else "")
    values: dict[str, Scalar] = {"count": len(rows), "lines": text}
    return Finding(code, severity, f"lines {text}", values)


def ragged(sheet: Sheet) -> DamagedFile | None:
    """Return the error that names the first line with more cells than headings."""
    expected = len(sheet.headings)
    for number, line in enumerate(sheet.body.decode("utf-8", errors="replace").split("\n")):
        got = len(cells(line.rstrip("\r"), sheet.dialect.delimiter))
        if got > expected:
            return DamagedFile(
                "row_has_more_cells", source=sheet.source, line=sheet.first_line + number, got=got, expected=expected
            )
    return None
