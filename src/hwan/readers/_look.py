"""What bytes look like when no reader knows them, so that the error can say it."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Final, Literal

Look = Literal["known", "text", "binary"]

# Published signatures of common containers; the first that fits is named.
_SIGNATURES: Final = (
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"%PDF-", "PDF"),
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"7z\xbc\xaf\x27\x1c", "7-Zip"),
    (b"Rar!\x1a\x07", "RAR"),
    (b"\x89HDF\r\n\x1a\n", "HDF5"),
    (b"PAR1", "Parquet"),
    (b"SQLite format 3\x00", "SQLite"),
    (b"\x00\x01\x00\x00Standard Jet DB", "Microsoft Access (Jet)"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Microsoft Office 97-2003"),
    (b"BIO-LOGIC MODULAR FILE", "BioLogic .mpr"),
    (b"NEWARE", "Neware .nda"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
)
_MARKUP: Final = ((b"<!doctype html", "HTML"), (b"<html", "HTML"), (b"<?xml", "XML"), (b"{", "JSON"))


def look_at(path: Path, head: bytes) -> tuple[Look, str]:
    r"""Return the kind of content and its name, or for text its first line.

    >>> look_at(Path("x.ndax"), b"%PDF-1.7 ...")
    ('known', 'PDF')
    >>> look_at(Path("x.csv"), b"time;volts\n0;1\n")
    ('text', 'time;volts')
    """
    for signature, name in _SIGNATURES:
        if head.startswith(signature):
            return "known", _members(path) if name == "zip" else name
    for start, name in _MARKUP:
        if head.lstrip()[: len(start)].lower() == start:
            return "known", name
    line = _first_line(head)
    return ("binary", head[:8].hex(" ")) if line is None else ("text", line)


def _members(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return "zip"
    if "[Content_Types].xml" in names:
        return "Excel .xlsx" if any(name.startswith("xl/") for name in names) else "Microsoft Office"
    return f"zip ({', '.join(names[:3])}{', …' if len(names) > 3 else ''})"[:160]


def _first_line(head: bytes) -> str | None:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        decoded = head.decode("utf-16", errors="replace")
    elif b"\x00" in head:
        return None
    else:
        decoded = head.decode("utf-8-sig", errors="replace")
    odd = sum(1 for letter in decoded[:1000] if letter == "\ufffd" or (ord(letter) < 32 and letter not in "\r\n\t"))
    if odd * 5 > len(decoded[:1000]):
        return None
    lines = decoded.strip().splitlines()
    return lines[0].strip()[:80] if lines else ""
