"""Bytes of a text to UTF-8: which encoding they are in is decided by the bytes, with the reason."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np

from hwan.core import DamagedFile, Scalar

BOMS: Final = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
AUTO: Final = "auto"
_SAMPLE: Final = 1 << 20
_LINE_END: Final = ord("\n")
_PART: Final = 1 << 20
LONGEST_LINE: Final = 1_000_000
_ASCII_INSIDE: Final = ("utf-8", "cp949", "euc-kr", "gb18030", "cp1252", "latin-1", "ascii")
# Words that tester tables have in their headings and states; two-byte encodings share their byte ranges,
# so that only a word tells them apart.
_WORDS: Final = {
    "cp949": ("전압", "전류", "시간", "온도", "용량", "충전", "방전", "휴지", "사이클", "스텝", "상태", "시각", "일시"),
    "gb18030": ("电压", "电流", "时间", "温度", "容量", "充电", "放电", "循环", "工步", "搁置", "日期", "状态"),
    "cp932": ("電圧", "電流", "時間", "温度", "容量", "充電", "放電", "サイクル", "ステップ", "休止"),
}
_HIGH_RUN: Final = re.compile(rb"[\x80-\xff]+")
_WITHOUT_LETTER: Final = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")  # bytes that cp1252 leaves free


@dataclass(frozen=True, slots=True)
class Encoding:
    """An encoding, the code of the reason for it, and the length of the byte order mark."""

    name: str
    reason: str
    values: dict[str, Scalar]
    mark: int = 0


def encoding_of(data: bytes) -> Encoding:
    r"""Return the encoding of text bytes.

    >>> encoding_of("전압(V)".encode("cp949")).name, encoding_of(b"Current(\xb5A)").name
    ('cp949', 'cp1252')
    """
    for mark, name in BOMS:
        if data.startswith(mark):
            return Encoding(name, "decided_encoding_mark", {"encoding": name}, len(mark))
    sample = data[:_SAMPLE]
    wide = _sixteen_bit(sample)
    if wide:
        return Encoding(wide, "decided_encoding_zeros", {"encoding": wide})
    if is_utf8(data):
        plain = data.isascii()
        return Encoding("utf-8", "decided_encoding_ascii" if plain else "decided_encoding_utf8", {"encoding": "utf-8"})
    for name, words in _WORDS.items():
        told = sample.decode(name, errors="replace")
        found = [word for word in words if word in told]
        if found and told.count("\ufffd") * 4 <= sum(map(told.count, found)):
            return Encoding(name, "decided_encoding_words", {"encoding": name, "words": ", ".join(found[:3])})
    return _of_runs(data)


def is_utf8(data: bytes) -> bool:
    """Say whether all bytes are UTF-8, part by part: most parts of a table are ASCII, which is told much sooner."""
    if data.isascii():
        return True
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(data), _PART):
            part = data[start : start + _PART]
            if decoder.getstate()[0] or not part.isascii():
                decoder.decode(part)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _sixteen_bit(sample: bytes) -> str:
    """Return which half of every pair of bytes is zero, as ASCII in UTF-16 has it."""
    pairs = len(sample) // 2
    zeros = (sample[0::2].count(0), sample[1::2].count(0))
    if pairs and max(zeros) > 0.6 * pairs and min(zeros) < 0.1 * pairs:
        return "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"
    return ""


def _of_runs(data: bytes) -> Encoding:
    """Tell single letters (µ, °) from pairs by the lengths of the runs of high bytes."""
    runs = [match[0] for match in _HIGH_RUN.finditer(data[:_SAMPLE])] or [
        match[0] for match in _HIGH_RUN.finditer(data)
    ]
    pairs = sum(len(run) % 2 == 0 for run in runs)
    if pairs > 0.9 * len(runs):
        for name in ("cp949", "gb18030", "cp932"):
            if _decodes(data, name):
                return Encoding(name, "decided_encoding_pairs", {"encoding": name, "runs": len(runs)})
    name = "latin-1" if _WITHOUT_LETTER.search(data) else "cp1252"
    return Encoding(name, "decided_encoding_single", {"encoding": name, "runs": len(runs)})


def _decodes(data: bytes, name: str) -> bool:
    try:
        data.decode(name)
    except UnicodeDecodeError:
        return False
    return True


def utf8_of(path: Path, encoding: str = "utf-8") -> bytes:
    """Return the text of a file as UTF-8 without a byte order mark, which wins over `encoding`.

    Raises
    ------
    DamagedFile
        A byte that `encoding` does not have, with its position.
    """
    data = path.read_bytes()
    for mark, name in BOMS:
        if data.startswith(mark):
            data, encoding = data[len(mark) :], name
            break
    if encoding == AUTO:
        encoding = encoding_of(data).name
        if encoding == "utf-8":
            return _line_ends(data)
    if not (encoding in _ASCII_INSIDE and data.isascii()) and not (encoding == "utf-8" and is_utf8(data)):
        data = _recoded(path, data, encoding)
    return _line_ends(data)


def _line_ends(data: bytes) -> bytes:
    if b"\r\r\n" in data[:LONGEST_LINE]:
        data = data.replace(b"\r\r\n", b"\r\n")  # a text that passed twice through a translation of line ends
    return data if b"\n" in data else data.replace(b"\r", b"\n")  # the line ends of old Macs


def _recoded(path: Path, data: bytes, encoding: str) -> bytes:
    try:
        decoded = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DamagedFile(
            "text_not_decodable", source=path.name, encoding=encoding, line=line, byte=error.start
        ) from error
    return data if encoding == "utf-8" else decoded.encode(errors="replace")


def head_lines(head: bytes, encoding: str = "utf-8") -> list[str] | None:
    """Return the lines at the start of a file, or None when it is not text."""
    lines = _decoded_lines(head, encoding)
    return None if lines is None else list(lines)


@lru_cache(maxsize=16)
def _decoded_lines(head: bytes, encoding: str) -> tuple[str, ...] | None:
    """Decode a head once for all the mappings that are asked about it."""
    for mark, name in BOMS:
        if head.startswith(mark):
            head, encoding = head[len(mark) :], name
            break
    if encoding == AUTO:
        encoding = encoding_of(head[: len(head) - _cut_letter(head)]).name
    if not encoding.startswith("utf-16") and b"\x00" in head:
        return None
    return tuple(head.decode(encoding, errors="replace").splitlines())


def _cut_letter(head: bytes) -> int:
    """Return how many bytes at the end begin a letter of UTF-8 that the end of the head cuts."""
    for length in range(1, min(4, len(head) + 1)):
        byte = head[-length]
        if byte >= 0xC0:
            return length
        if byte < 0x80:
            return 0
    return 0


def line_start(data: bytes, line: int) -> int:
    """Return where a line (0-based) begins; the end where there are fewer lines."""
    start = 0
    for _ in range(line):
        start = data.find(b"\n", start) + 1
        if not start:
            return len(data)
    return start


def blank_end(data: bytes, start: int) -> int:
    """Return where the blank lines that begin at `start` end."""
    match = re.compile(rb"(?:[ \t]*\r?\n)+").match(data, start)
    return match.end() if match else start


def line_count(body: bytes) -> int:
    """Count lines several times faster than a search for each line end does."""
    letters = np.frombuffer(body, np.uint8)
    parts = (letters[start : start + _PART] for start in range(0, len(letters), _PART))
    return 1 + sum(int(np.count_nonzero(part == _LINE_END)) for part in parts)


def first_record(body: bytes) -> str:
    """Return the first row; a line break inside quotes belongs to it."""
    end = body.find(b"\n", 0, LONGEST_LINE)
    while end >= 0 and body.count(b'"', 0, end) % 2:
        end = body.find(b"\n", end + 1, LONGEST_LINE)
    return body[: end + 1 if end >= 0 else LONGEST_LINE].decode("utf-8", errors="replace")
