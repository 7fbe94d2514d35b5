"""The .ndax container, a zip: recognised by its members, bounded before a byte of it is unpacked."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Final

from hwan.core import DamagedFile
from hwan.readers._contract import Recognition
from hwan.readers._detail import detail_of

SAMPLES: Final = "data.ndc"
_ZIP: Final = b"PK\x03\x04"
_MARKS: Final = (b".ndc", b"TestInfo.xml", b"Step.xml", b"VersionInfo.xml")
MOST_MEMBERS: Final = 4096
MOST_BYTES: Final = 4 << 30
MOST_XML_BYTES: Final = 16 << 20
# A file of zeros packs 1000 : 1; honest samples stay below 100 : 1 except when they are tiny.
MOST_RATIO: Final = 300
FREE_BYTES: Final = 64 << 20
_BROKEN: Final = (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError)


def recognise(reader: str, path: Path, head: bytes) -> Recognition:
    """Ask for a zip with Neware's members; a zip cut short is known by the names in its head."""
    if not head.startswith(_ZIP):
        return Recognition(reader, "no", "signature_missing", {"expected": "PK", "got": head[:8].hex(" ")})
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except _BROKEN:
        if any(mark in head for mark in _MARKS):
            return Recognition(reader, "likely", "ndax_cut_short")
        return Recognition(reader, "no", "zip_unreadable")
    if SAMPLES in names:
        return Recognition(reader, "certain", "ndax_members", {"member": SAMPLES})
    if any(name.endswith(".ndc") for name in names):
        return Recognition(reader, "likely", "ndax_without_samples", {"member": SAMPLES})
    return Recognition(reader, "no", "zip_of_others", {"members": ", ".join(names[:5])[:200]})


def check(path: Path) -> None:
    """Refuse an archive that is broken, without samples, or larger unpacked than it may be.

    Raises
    ------
    DamagedFile
        With the figure that is too large and its limit.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except _BROKEN as error:
        raise DamagedFile("archive_unreadable", source=path.name, detail=detail_of(error)) from error
    if SAMPLES not in {member.filename for member in members}:
        raise DamagedFile("archive_member_missing", source=path.name, member=SAMPLES)
    xml = max((one.file_size for one in members if one.filename.endswith(".xml")), default=0)
    total, packed = sum(one.file_size for one in members), max(path.stat().st_size, 1)
    _bound(path, "members", len(members), MOST_MEMBERS)
    _bound(path, "bytes_unpacked", total, MOST_BYTES)
    _bound(path, "xml_bytes", xml, MOST_XML_BYTES)
    if total > FREE_BYTES:
        _bound(path, "ratio", total // packed, MOST_RATIO)


def _bound(path: Path, what: str, got: int, most: int) -> None:
    if got > most:
        raise DamagedFile(f"archive_too_large_{what}", source=path.name, got=got, most=most)
