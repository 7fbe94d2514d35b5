"""The rows of a large plain text, read to where they stay: to cut them from under their headings would copy them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

from hwan.core import HwanError
from hwan.readers._encoding import BOMS, LONGEST_LINE, encoding_of, is_utf8
from hwan.readers._table import Sheet

_HEAD_BYTES: Final = 1 << 18
_UTF8: Final = "utf-8"


def rows_apart(path: Path, cut: Callable[[bytes], Sheet | None]) -> Sheet | None:
    """Return the sheet of a file, or None where the whole text must be looked at.

    Parameters
    ----------
    cut
        Gives the sheet of the whole lines at the start of the file; None, or an error, where these do not tell.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
        lines = head[: head.rfind(b"\n") + 1]
        sheet = _of_head(lines, cut) if len(head) == _HEAD_BYTES else None
        if sheet is None:
            return None
        file.seek(len(lines) - len(sheet.body))
        body = file.read()
    plain = b"\r\r\n" not in body[:LONGEST_LINE] and is_utf8(body)
    return replace(sheet, body=body) if plain else None


def _of_head(lines: bytes, cut: Callable[[bytes], Sheet | None]) -> Sheet | None:
    marked = any(lines.startswith(mark) for mark, _ in BOMS)
    if not lines or marked or b"\r\r\n" in lines or encoding_of(lines).name != _UTF8:
        return None
    try:
        sheet = cut(lines)
    except HwanError:
        return None  # headings further down, or none: the whole text tells
    return sheet if sheet and lines.endswith(sheet.body) else None
