"""The head of a .nda file: its signature, and how long it says that it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from hwan.core import Finding
from hwan.readers._contract import Recognition

SIGNATURE: Final = b"NEWARE"
_VERSION_BYTE: Final = 14
# Versions 1-29 point at their samples and their auxiliary samples with a begin and a length of four bytes each.
_SAMPLES_AT: Final = 64
_AUXILIARY_AT: Final = 72
# Bytes of one record, by version, where the samples run to the end of the file when no length is given.
_RECORD_BYTES: Final = {
    1: 38, 2: 39, 3: 43, 4: 43, 5: 59, 6: 59, 7: 59, 8: 59, 9: 60, 10: 64, 11: 69, 12: 69, 13: 69, 14: 86, 15: 69,
    16: 86, 17: 86, 18: 69, 19: 68, 20: 86, 22: 86, 23: 86, 24: 86, 25: 70, 26: 86, 27: 70, 28: 86, 29: 86,
}  # fmt: skip
# Versions 129 and 130 point at eleven sections, of eight bytes each, the samples first; heads may form a chain.
_BTS9: Final = (129, 130)
_BTS9_HEAD_BYTES: Final = 1024
_BTS9_POINTERS: Final = range(82, 258, 16)
_MOST_HEADS: Final = 10_000
# Where versions 129 and 130 point at what is said about the test and the device; fastnda searches both byte by byte.
_BTS9_TOLD: Final = (34, 242)
MOST_TOLD_BYTES: Final = 4_096


def recognise(reader: str, head: bytes) -> Recognition:
    """Ask for the six letters with which every .nda begins."""
    if head.startswith(SIGNATURE) and len(head) > _VERSION_BYTE:
        return Recognition(reader, "certain", "nda_signature", {"format_version": head[_VERSION_BYTE]})
    if head.startswith(SIGNATURE):
        return Recognition(reader, "likely", "nda_signature_only", {"got_bytes": len(head)})
    return Recognition(reader, "no", "signature_missing", {"expected": SIGNATURE.decode(), "got": head[:8].hex(" ")})


def completeness(path: Path, declared_rows: int | None) -> tuple[Finding, ...]:
    """Return a stop when bytes are missing, a warning when nothing tells whether any are.

    Only heads are read. `declared_rows`, the file's own count of samples, is proof as well.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(_BTS9_HEAD_BYTES)
        version = head[_VERSION_BYTE] if len(head) > _VERSION_BYTE else 0
        expected = _bts9_end(file, head, size) if version in _BTS9 else _pointed_end(head)
    if expected > size:
        return (Finding("file_cut_short", "stop", "file", {"got_bytes": size, "expected_bytes": expected}),)
    if expected or declared_rows is not None:
        return ()
    return _open_end(head, version, size)


def bound_told(path: Path) -> None:
    """Raise ``ValueError`` when what is said about the test is longer than is worth searching; samples need none."""
    with path.open("rb") as file:
        head = file.read(_BTS9_HEAD_BYTES)
    if len(head) > _VERSION_BYTE and head[_VERSION_BYTE] in _BTS9:
        longest = max(_pair(head, at, 8)[1] for at in _BTS9_TOLD)
        if longest > MOST_TOLD_BYTES:
            raise ValueError(f"{longest} bytes about the test; at most {MOST_TOLD_BYTES} are searched")


def _pair(head: bytes, at: int, width: int) -> tuple[int, int]:
    first, second = head[at : at + width], head[at + width : at + 2 * width]
    return int.from_bytes(first, "little"), int.from_bytes(second, "little")


def _pointed_end(head: bytes) -> int:
    """Return where the sections end, 0 when the samples have no length."""
    begin, length = _pair(head, _SAMPLES_AT, 4)
    return max(begin + length, sum(_pair(head, _AUXILIARY_AT, 4))) if length else 0


def _bts9_end(file: BinaryIO, head: bytes, size: int) -> int:
    """Return where the sections of all heads end, 0 when no head gives its samples a length."""
    ends = [0]
    for one in (head, *_more_heads(file, size)):
        sections = [_pair(one, at, 8) for at in _BTS9_POINTERS]
        ends += [begin + length for begin, length in sections[:1] + sections[-1:] if begin and length]
    return max(ends)


def _more_heads(file: BinaryIO, size: int) -> Iterator[bytes]:
    """Yield the heads that follow the first; each one's last section ends where the next begins."""
    at = _BTS9_HEAD_BYTES
    for _ in range(_MOST_HEADS):
        file.seek(at)
        head = file.read(_BTS9_HEAD_BYTES)
        if not head.startswith(SIGNATURE):
            return
        yield head
        begin, length = _pair(head, _BTS9_POINTERS[-1], 8)
        if not at < begin + length < size:
            return
        at = begin + length


def _open_end(head: bytes, version: int, size: int) -> tuple[Finding, ...]:
    begin, record = _pair(head, _SAMPLES_AT, 4)[0], _RECORD_BYTES.get(version, 0)
    rest = (size - begin) % record if record and 0 < begin < size else 0
    if rest:
        values = {"got_bytes": rest, "expected_bytes": record}
        return (Finding("last_record_incomplete", "stop", "file", values),)
    return (Finding("completeness_not_proven", "warning", "file", {"format_version": version}),)
