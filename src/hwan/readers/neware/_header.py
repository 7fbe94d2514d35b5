"""The head of a .nda file: its signature, and how long it says that it is."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from hwan.core import Finding
from hwan.readers._contract import Recognition

SIGNATURE: Final = b"NEWARE"
_VERSION_BYTE: Final = 14
_MAIN_BLOCK: Final = slice(64, 72)
# Versions 1–28 point at their samples with a begin and a length of four bytes each.
_POINTED_VERSIONS: Final = range(1, 29)


def recognise(reader: str, head: bytes) -> Recognition:
    """Ask for the six letters with which every .nda begins."""
    if head.startswith(SIGNATURE) and len(head) > _VERSION_BYTE:
        return Recognition(reader, "certain", "nda_signature", {"format_version": head[_VERSION_BYTE]})
    if head.startswith(SIGNATURE):
        return Recognition(reader, "likely", "nda_signature_only", {"got_bytes": len(head)})
    return Recognition(reader, "no", "signature_missing", {"expected": SIGNATURE.decode(), "got": head[:8].hex(" ")})


def cut_short(path: Path) -> tuple[Finding, ...]:
    """Return a stop when the head promises more bytes than the file has."""
    with path.open("rb") as file:
        head = file.read(_MAIN_BLOCK.stop)
    if len(head) < _MAIN_BLOCK.stop or head[_VERSION_BYTE] not in _POINTED_VERSIONS:
        return ()
    begin = int.from_bytes(head[64:68], "little")
    length = int.from_bytes(head[68:72], "little")
    size = path.stat().st_size
    if begin + length <= size:
        return ()
    values = {"got_bytes": size, "expected_bytes": begin + length}
    return (Finding("file_cut_short", "stop", "file", values),)
