"""The container .mpr: a signature, then modules with a head of their own, one after the other.

A head is the word MODULE, two names of 10 and 25 bytes, the length, a version and a date of 8 letters.
In newer files 0xFFFFFFFF stands where the length of four bytes was, and a length of eight follows it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from hwan.core import DamagedFile
from hwan.readers._contract import Recognition

SIGNATURE: Final = b"BIO-LOGIC MODULAR FILE\x1a"
MOST_BYTES: Final = 2 << 30
MOST_MODULES: Final = 256
_FIRST_MODULE: Final = 52
_MARK: Final = b"MODULE"
_SHORT_HEAD: Final = struct.Struct("<6s10s25sII8s")
_LONG_HEAD: Final = struct.Struct("<6s10s25sIQI8s")
_LONG: Final = 0xFFFF_FFFF


@dataclass(frozen=True, slots=True)
class Module:
    """One module: its name, its version, when it was written, and where its content stands."""

    name: str
    version: int
    date: str
    begin: int
    length: int


@dataclass(frozen=True, slots=True)
class Stored:
    """An open .mpr: read piece by piece, for it may be large and another program may be writing it."""

    source: str
    file: BinaryIO
    size: int

    def at(self, begin: int, length: int) -> bytes:
        """Return `length` bytes from `begin` on, fewer when the file ends before."""
        if begin >= self.size:
            return b""
        self.file.seek(begin)
        return self.file.read(min(length, self.size - begin))


def recognise(reader: str, head: bytes) -> Recognition:
    """Ask for the signature with which every .mpr begins."""
    if head.startswith(SIGNATURE) and head[_FIRST_MODULE:].startswith(_MARK):
        return Recognition(reader, "certain", "mpr_signature")
    if head.startswith(SIGNATURE[:-1]):
        return Recognition(reader, "likely", "mpr_signature_only", {"got_bytes": len(head)})
    expected = SIGNATURE[:-1].decode()
    return Recognition(reader, "no", "signature_missing", {"expected": expected, "got": head[:8].hex(" ")})


@contextmanager
def opened(path: Path) -> Iterator[Stored]:
    """Open an .mpr of bearable size.

    Raises
    ------
    DamagedFile
        It does not begin as an .mpr does, or it is too large.
    """
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise DamagedFile("file_too_large", source=path.name, got_bytes=size, most_bytes=MOST_BYTES)
    with path.open("rb") as file:
        stored = Stored(path.name, file, size)
        if stored.at(0, len(SIGNATURE) - 1) != SIGNATURE[:-1]:
            raise DamagedFile("mpr_without_data", source=path.name, modules="-")
        yield stored


def modules(stored: Stored) -> list[Module]:
    """Return the modules in their order; the last may announce more bytes than there are."""
    found: list[Module] = []
    at = _FIRST_MODULE
    while len(found) < MOST_MODULES and (module := _module(stored.at(at, _LONG_HEAD.size), at)) is not None:
        found.append(module)
        at = module.begin + module.length
    return found


def _module(head: bytes, at: int) -> Module | None:
    """Return the module whose head stands `at`, None when there is no whole head."""
    if len(head) < _SHORT_HEAD.size or not head.startswith(_MARK):
        return None
    _, name, _, length, version, date = _SHORT_HEAD.unpack_from(head)
    begin = at + _SHORT_HEAD.size
    if length == _LONG:
        if len(head) < _LONG_HEAD.size:
            return None
        _, name, _, _, length, version, date = _LONG_HEAD.unpack(head)
        begin = at + _LONG_HEAD.size
    return Module(_words(name), version, _words(date), begin, length)


def _words(letters: bytes) -> str:
    return letters.decode("latin-1").strip("\x00 ")
