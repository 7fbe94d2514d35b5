"""The file itself: that it is there, its first bytes, its hash."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hwan.core import DamagedFile, InputError, NothingInside
from hwan.readers._detail import detail_of

HEAD_BYTES: Final = 65_536
MOST_BYTES: Final = 8 << 30


@dataclass(frozen=True, slots=True)
class Source:
    """A file that exists and has bytes."""

    path: Path
    size: int
    head: bytes


def open_source(path: Path | str) -> Source:
    """Look at a path.

    Raises
    ------
    InputError
        Nothing there, a folder, a device, or no permission; each with its own code.
    NothingInside
        The file has no bytes.
    """
    path = Path(path)
    try:
        if path.is_dir():
            raise InputError("path_is_folder", source=str(path))
        if path.exists() and not path.is_file():  # a pipe or a device would keep us waiting for ever
            raise InputError("path_not_a_file", source=str(path))
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
        size = path.stat().st_size
    except FileNotFoundError as error:
        raise InputError("path_missing", source=str(path)) from error
    except (OSError, ValueError) as error:
        raise InputError("path_unreadable", source=str(path), detail=detail_of(error)) from error
    return _bounded(Source(path, size, head))


def _bounded(source: Source) -> Source:
    if not source.head:
        raise NothingInside("no_bytes", source=source.path.name)
    if source.size > MOST_BYTES:
        raise DamagedFile("file_too_large", source=source.path.name, got_bytes=source.size, most_bytes=MOST_BYTES)
    return source


def sha256_of(path: Path) -> str:
    """Return the hexadecimal SHA-256 of a file, streamed."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
