"""The .ndax container, a zip: recognised by its members, bounded before a byte of it is unpacked."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Final

from hwan.core import DamagedFile
from hwan.readers._contract import Recognition
from hwan.readers._detail import detail_of
from hwan.readers._zip import BROKEN_ZIP, MOST_BYTES, ZIP_MARK, bound, bound_members

SAMPLES: Final = "data.ndc"
_MARKS: Final = (b".ndc", b"TestInfo.xml", b"Step.xml", b"VersionInfo.xml")
MOST_XML_BYTES: Final = 16 << 20
# A schedule has a few hundred; three million in twelve kilobytes of archive would take a quarter of a minute.
MOST_XML_TAGS: Final = 200_000


def recognise(reader: str, path: Path, head: bytes) -> Recognition:
    """Ask for a zip with Neware's members; a zip cut short is known by the names in its head."""
    if not head.startswith(ZIP_MARK):
        return Recognition(reader, "no", "signature_missing", {"expected": "PK", "got": head[:8].hex(" ")})
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except BROKEN_ZIP:
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
    except BROKEN_ZIP as error:
        raise DamagedFile("archive_unreadable", source=path.name, detail=detail_of(error)) from error
    if SAMPLES not in {member.filename for member in members}:
        raise DamagedFile("archive_member_missing", source=path.name, member=SAMPLES)
    xml = sum(one.file_size for one in members if one.filename.endswith(".xml"))
    bound_members(path, members, MOST_BYTES)
    bound(path, "xml_bytes", xml, MOST_XML_BYTES)


def bound_tags(path: Path) -> None:
    """Raise ``ValueError`` when the XML members have more tags than are worth their time; samples need none."""
    with zipfile.ZipFile(path) as archive:
        tags = sum(archive.read(name).count(b"<") for name in archive.namelist() if name.endswith(".xml"))
    if tags > MOST_XML_TAGS:
        raise ValueError(f"{tags} tags; at most {MOST_XML_TAGS} are parsed")
