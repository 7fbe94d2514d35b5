"""The bytes of a database, unpacked if the file is packed with gzip; bounded either way."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path
from typing import Final

import numpy as np

from hwan.core import DamagedFile
from hwan.readers._detail import detail_of
from hwan.readers._zip import FREE_BYTES, MOST_RATIO, bound
from hwan.readers.arbin._jet import Bytes

GZIP_MARK: Final = b"\x1f\x8b"
MOST_BYTES: Final = 2 << 30
"""An Access database is never larger."""
_START: Final = 4096
_CHUNK: Final = 1 << 20


def start_of(head: bytes) -> bytes:
    """Return the first bytes of what a file holds, packed or not."""
    if not head.startswith(GZIP_MARK):
        return head[:_START]
    try:
        return zlib.decompressobj(wbits=31).decompress(head, _START)
    except zlib.error:
        return b""


def content_of(path: Path) -> Bytes:
    """Return all bytes of a database.

    Raises
    ------
    DamagedFile
        It is larger than a database can be, is packed tighter than samples can be, or cannot be unpacked.
    """
    size = path.stat().st_size
    bound(path, "bytes_unpacked", size, MOST_BYTES)
    with path.open("rb") as file:
        packed = file.read(2) == GZIP_MARK
    return np.frombuffer(_unpacked(path, size), np.uint8) if packed else np.fromfile(path, np.uint8)


def _unpacked(path: Path, size: int) -> bytes:
    most = min(MOST_BYTES, max(FREE_BYTES, MOST_RATIO * size))
    parts: list[bytes] = []
    total = 0
    try:
        with gzip.open(path) as file:
            while part := file.read(_CHUNK):
                parts.append(part)
                total += len(part)
                bound(path, "ratio", total // max(size, 1), max(most // max(size, 1), MOST_RATIO))
    except (OSError, EOFError, zlib.error) as error:
        raise DamagedFile("tester_file_unreadable", source=path.name, detail=detail_of(error)) from error
    return b"".join(parts)
