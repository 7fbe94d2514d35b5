"""Zip containers: bounded by members, size and ratio before a byte of them is unpacked."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from hwan.core import DamagedFile

ZIP_MARK: Final = b"PK\x03\x04"
MOST_MEMBERS: Final = 4096
MOST_BYTES: Final = 4 << 30
# A file of zeros packs 1000 : 1; honest samples stay below 100 : 1 except when they are tiny.
MOST_RATIO: Final = 300
FREE_BYTES: Final = 64 << 20
BROKEN_ZIP: Final = (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError)


def bound_members(path: Path, members: Sequence[zipfile.ZipInfo], most_bytes: int) -> None:
    """Refuse an archive with too many members, too many bytes, or packed tighter than samples can be.

    Raises
    ------
    DamagedFile
        With the figure that is too large and its limit.
    """
    total, packed = sum(one.file_size for one in members), max(path.stat().st_size, 1)
    bound(path, "members", len(members), MOST_MEMBERS)
    bound(path, "bytes_unpacked", total, most_bytes)
    if total > FREE_BYTES:
        bound(path, "ratio", total // packed, MOST_RATIO)


def bound(path: Path, what: str, got: int, most: int) -> None:
    """Refuse a figure beyond its limit; `what` ends the code of the sentence."""
    if got > most:
        raise DamagedFile(f"archive_too_large_{what}", source=path.name, got=got, most=most)
