"""Texts of a Jet database: compressed or not, and long values on pages of their own."""

from __future__ import annotations

from typing import Final

from hwan.readers.arbin._jet import Database

MOST_BYTES: Final = 1 << 16
_COMPRESSED: Final = b"\xff\xfe"
_INLINE: Final = 0x80
_ONE_PAGE: Final = 0x40
_MOST_PIECES: Final = 32


def text_of(value: bytes, encoding: str = "") -> str:
    r"""Return the text of a value: in the code page `encoding` (Jet 3), else in UTF-16, compressed or not.

    A compressed text has one byte for each letter; a zero byte changes to two bytes and back.

    >>> text_of(b"\xff\xfeABC"), text_of("환".encode("utf-16-le")), text_of(b"\xff\xfeA\x00\x58\xd6\x00B")
    ('ABC', '환', 'A환B')
    """
    if encoding:
        return value.decode(encoding, "replace")
    if not value.startswith(_COMPRESSED):
        return value.decode("utf-16-le", "replace")
    letters, rest, packed = [], value[2:], True
    while rest:
        part, rest = _part(rest, packed=packed)
        letters.append(part.decode("latin-1" if packed else "utf-16-le", "replace"))
        packed = not packed
    return "".join(letters)


def _part(rest: bytes, *, packed: bool) -> tuple[bytes, bytes]:
    """Split at the zero byte that changes the way of writing; letters of two bytes may hold zeros."""
    at = rest.find(b"\x00") if packed else next((n for n in range(0, len(rest), 2) if rest[n] == 0), -1)
    return (rest, b"") if at < 0 else (rest[:at], rest[at + 1 :])


def long_value(database: Database, head: bytes) -> bytes:
    """Return a long value: beside its head, on one page, or in pieces of which each points to the next."""
    if len(head) < 12:
        return b""
    length, kind = min(int.from_bytes(head[:3], "little"), MOST_BYTES), head[3]
    pointer = int.from_bytes(head[4:8], "little")
    if kind & _INLINE:
        return head[12 : 12 + length]
    if kind & _ONE_PAGE:
        return _piece(database, pointer)[:length]
    return _pieces(database, pointer, length)


def _pieces(database: Database, pointer: int, length: int) -> bytes:
    value = b""
    for _ in range(_MOST_PIECES):
        piece = _piece(database, pointer)
        pointer = int.from_bytes(piece[:4], "little")
        value += piece[4:]
        if not pointer or len(value) >= length:
            break
    return value[:length]


def _piece(database: Database, pointer: int) -> bytes:
    begin, end = database.row_span(pointer)
    return database.bytes[begin:end].tobytes()
