"""Workbooks (.xlsx): looked at with the standard library, bounded, then read sheet by sheet."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from html import unescape
from pathlib import Path
from typing import Final

from hwan.core import DamagedFile, HwanError, MissingExtra
from hwan.readers._contract import Recognition
from hwan.readers._detail import detail_of
from hwan.readers._zip import ZIP_MARK, bound_members

Cell = int | float | str | bool | date | datetime | time | timedelta
Row = list[Cell]

MOST_UNPACKED: Final = 1 << 30
MOST_CELLS: Final = 30_000_000
# A cell takes at least so many bytes of its member, but for a few; the library lays out up to the last cell.
FREE_CELLS: Final = 1_000_000
LONGEST_SECONDS: Final = 600
# What the child may hold: a base, and so many bytes for each byte unpacked.
_ROOM_BYTES, _ROOM_TIMES = 512 << 20, 16
_LOOK: Final = 1 << 16
_CHUNK: Final = 1 << 20
_BOOK: Final = "xl/workbook.xml"
_SHEET: Final = re.compile(rb"<(?:\w+:)?sheet\s[^>]*?name\s*=\s*([\"'])(.*?)\1", re.DOTALL)
# The address of a cell or the number of a row; the reading library lays out every cell up to the last.
_PLACE: Final = re.compile(rb"\sr\s*=\s*[\"']([A-Za-z]*)(\d+)[\"']")
_LONGEST_PLACE: Final = 64


@dataclass(frozen=True, slots=True)
class Glance:
    """What can be seen without reading the sheets: their names, and the first text of strings and sheets."""

    sheets: tuple[str, ...]
    text: str


def glance(path: Path) -> Glance | None:
    """Return what a workbook shows at a look; None when it is a zip of something else.

    Raises
    ------
    DamagedFile
        It is no zip that can be opened, or larger than it may be.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            bound_members(path, archive.infolist(), MOST_UNPACKED)
            names = archive.namelist()
            if _BOOK not in names:
                return None
            book = _start(archive, _BOOK, _CHUNK)
            texts = [name for name in names if name == "xl/sharedStrings.xml" or name.startswith("xl/worksheets/sheet")]
            text = b"\n".join(_start(archive, name, _LOOK) for name in texts[:64])
    except HwanError:
        raise
    except Exception as error:  # which one depends on the inflating library that is loaded
        raise _unreadable(path, error) from error
    found = tuple(unescape(match[2].decode("utf-8", "replace")) for match in _SHEET.finditer(book))
    return Glance(found, unescape(text.decode("utf-8", "replace")))


def recognise_zip(reader: str, path: Path, head: bytes) -> Glance | Recognition:
    """Return the look at a workbook, or why the file is none."""
    if not head.startswith(ZIP_MARK):
        return Recognition(reader, "no", "signature_missing", {"expected": "PK", "got": head[:8].hex(" ")})
    try:
        seen = glance(path)
    except DamagedFile:
        return Recognition(reader, "no", "workbook_unreadable")
    return seen or Recognition(reader, "no", "zip_no_workbook")


def rows_of(path: Path, sheet: str) -> list[Row]:
    """Return the rows of a sheet from its first line on, empty cells as ``''``.

    Raises
    ------
    DamagedFile
        The bytes are damaged, or the sheet spans more cells than may be laid out.
    MissingExtra
        The reading library is not installed.
    """
    try:
        import python_calamine
    except ImportError as error:
        raise MissingExtra("python-calamine", "xlsx") from error
    _prove(path)
    try:
        _send_ahead(path, sheet, Path(python_calamine.__file__).parent.parent)
        with python_calamine.CalamineWorkbook.from_path(path) as book:
            return book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    except HwanError:
        raise
    except BaseException as error:
        # A panic of the library is no Exception; an interrupt of the user stays one.
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        raise _unreadable(path, error) from error


# A text can be named by millions of cells and a cell can lie anywhere; asked for more than there is, the
# library ends its process without an exception. So a child reads first, in as much memory as is honest.
_CHILD: Final = """
import sys
folder, path, sheet, cells, room = sys.argv[1:]
try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (int(room), int(room)))
except ImportError:
    pass
sys.path.insert(0, folder)
import python_calamine
with python_calamine.CalamineWorkbook.from_path(path) as book:
    page = book.get_sheet_by_name(sheet)
    print(page.total_height, page.total_width, flush=True)
    if page.total_height * page.total_width <= int(cells):
        page.to_python(skip_empty_area=False)
"""


def _send_ahead(path: Path, sheet: str, library: Path) -> None:
    """Have a child read the sheet; refuse what ends it, or spans more cells than its bytes can hold."""
    with zipfile.ZipFile(path) as archive:
        unpacked = sum(member.file_size for member in archive.infolist())
    most = min(MOST_CELLS, max(FREE_CELLS, unpacked))
    room = _ROOM_BYTES + _ROOM_TIMES * unpacked
    command = [sys.executable, "-I", "-c", _CHILD, str(library), str(path.resolve()), sheet, str(most), str(room)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=LONGEST_SECONDS)  # noqa: S603
    spanned = [int(one) for one in done.stdout.split()]
    if len(spanned) == 2 and spanned[0] * spanned[1] > most:
        rows, columns = spanned
        raise DamagedFile("table_too_large", source=path.name, rows=rows, columns=columns, most_cells=most)
    if done.returncode:
        raise ValueError("the sheet cannot be read in the memory that its bytes are worth")


def _prove(path: Path) -> None:
    """Unpack every member once, in pieces: checksums hold, and no cell lies further out than may be laid out."""
    if glance(path) is None:
        raise DamagedFile("workbook_absent", source=path.name)
    try:
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                _bound_cells(path, _pieces(archive, name))  # a sheet may lie under any name
    except HwanError:
        raise
    except Exception as error:  # which one depends on the inflating library that is loaded
        raise _unreadable(path, error) from error


def _bound_cells(path: Path, pieces: Iterator[bytes]) -> None:
    rows = columns = 1
    for piece in pieces:
        found = _PLACE.findall(piece)
        rows = max(rows, *(int(digits.lstrip(b"0")[:12] or 0) for digits in {each[1] for each in found}), 1)
        columns = max(columns, *(_column_number(letters) for letters in {each[0] for each in found}), 1)
    if rows * columns > MOST_CELLS:
        raise DamagedFile("table_too_large", source=path.name, rows=rows, columns=columns, most_cells=MOST_CELLS)


def _pieces(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    """Give a member in pieces that overlap, so that no address is cut in two."""
    rest = b""
    with archive.open(name) as member:
        while piece := member.read(_CHUNK):
            yield rest + piece
            rest = piece[-_LONGEST_PLACE:]


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters[:8].upper():
        number = number * 26 + letter - 64
    return number


def _start(archive: zipfile.ZipFile, name: str, size: int) -> bytes:
    with archive.open(name) as member:
        return member.read(size)


def _unreadable(path: Path, error: BaseException) -> DamagedFile:
    return DamagedFile("workbook_unreadable", source=path.name, detail=detail_of(error))
