"""The reader of EC-Lab's and BT-Lab's text exports (.mpt, .txt, .csv), with their head or without.

A settings file (.mps) is recognised too, and refused with what it holds: it was made before the test.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import polars as pl

from hwan.core import ColumnProblem, DamagedFile, Finding, NothingInside, Unknown
from hwan.readers._contract import Proof, RawRecording, Recognition
from hwan.readers._table import Dialect, Sheet, cells, frame_of, head_lines, sheet_of, utf8_of
from hwan.readers.biologic import _head
from hwan.readers.biologic._bdf import CURRENTS, NUMBERS, TIME, VOLTAGES, to_bdf

_SPECTRUM: Final = ("freq/Hz", "Re(Z)/Ohm", "-Im(Z)/Ohm")
# With these three and commas the shipped mapping of the same name reads the file.
_OF_MAPPING: Final = {TIME, "Ecell/V", "<I>/mA"}
_DATE: Final = "%m/%d/%Y %H:%M:%S%.f"
_USUAL: Final = "time/s, Ewe/V, I/mA"
_WRITTEN: Final = re.compile(r"\s*\d{1,2}/\d{1,2}/\d{4}\s")


@dataclass(frozen=True, slots=True)
class MptReader:
    """Reads what EC-Lab and BT-Lab export as text."""

    name: str = "biologic-mpt"
    version: str = "1"
    title: str = "BioLogic .mpt"
    suffixes: tuple[str, ...] = (".mpt", ".txt", ".csv")
    proof: Proof = "unproven"

    def recognise(self, path: Path, head: bytes) -> Recognition:  # noqa: ARG002  # the contract's
        """Ask for the first line of an export or of a settings file, else for headings on the first line."""
        lines = head_lines(head, "latin-1") if b"\x00" not in head[:4096] else None
        if not lines:
            return Recognition(self.name, "no", "not_text")
        if _head.EXPORT.match(lines[0]):
            return Recognition(self.name, "certain", "biologic_export", {"line": lines[0].strip()[:40]})
        if _head.SETTINGS.match(lines[0]):
            return Recognition(self.name, "certain", "biologic_settings", {"line": lines[0].strip()[:40]})
        found = _known(lines[0])
        if not found:
            return Recognition(self.name, "no", "biologic_headings_absent", {"headings": _USUAL})
        return Recognition(self.name, "likely", "mapping_headings", {"headings": ", ".join(found), "line": 1})

    def keys(self, path: Path) -> tuple[str, ...]:  # noqa: ARG002
        """One file is one recording."""
        return ()

    def read(self, path: Path, key: str = "") -> RawRecording:  # noqa: ARG002
        """Read the table, and what stands above it.

        Raises
        ------
        NothingInside
            A settings file, or headings without rows.
        DamagedFile
            The line of the headings is not where the head says.
        """
        sheet = _sheet(path)
        frame, of_table = _frame(sheet)
        frame, of_names, marks = to_bdf(frame)
        metadata = _head.metadata_of(sheet.preamble)
        started = _head.started_at(metadata)
        findings = (*of_table, *of_names, *_of_clock(frame, started))
        return RawRecording(frame, metadata, findings, started_at=started, marks=marks)


MPT: Final = MptReader()


def _delimiter(line: str) -> str:
    return max("\t;,", key=line.count)


def _known(line: str) -> tuple[str, ...]:
    """Return the headings by which a table without a head is BioLogic's; none for the mapping's files."""
    delimiter = _delimiter(line)
    found = set(cells(line, delimiter))
    if delimiter == "," and found >= _OF_MAPPING:
        return ()
    pair = [next((name for name in names if name in found), "") for names in (VOLTAGES, tuple(CURRENTS))]
    if TIME in found and all(pair):
        return (TIME, *pair)
    return _SPECTRUM if found.issuperset(_SPECTRUM) else ()


def _text_of(path: Path) -> bytes:
    """Return the text as UTF-8; exports are written in it or in the Latin code of Windows."""
    try:
        return utf8_of(path)
    except DamagedFile:
        return utf8_of(path, "latin-1")


def _sheet(path: Path) -> Sheet:
    data = _text_of(path)
    lines = [line.decode("utf-8", errors="replace") for line in data[:_MOST_HEAD].split(b"\n")]
    if _head.SETTINGS.match(lines[0]):
        names = ", ".join(_head.techniques(lines)) or "-"
        raise NothingInside("settings_without_samples", source=path.name, techniques=names[:500])
    at = _heading_line(lines, path.name)
    delimiter = _delimiter(lines[at])
    row = lines[at + 1] if len(lines) > at + 1 else ""
    decimal = "," if delimiter != "," and re.search(r"\d,\d", row) else "."
    sheet = sheet_of(path.name, data, at, Dialect(delimiter, decimal))
    # sheet_of strips the lines above; the parameters' columns of fixed width must stay where they are.
    return replace(_without_last_empty(sheet, row), preamble=tuple(line.rstrip("\r") for line in lines[:at]))


_MOST_HEAD: Final = 4 << 20


def _heading_line(lines: Sequence[str], source: str) -> int:
    """Return the 0-based line of the headings: where the head says, else the first with known ones."""
    said = _head.lines_above(lines) if _head.EXPORT.match(lines[0]) else 0
    if said is not None and said < len(lines) and _is_heading(lines[said]):
        return said
    found = next((number for number, line in enumerate(lines) if _is_heading(line)), None)
    if found is None:
        raise DamagedFile("biologic_headings_missing", source=source, wanted=_USUAL)
    return found


def _is_heading(line: str) -> bool:
    found = set(cells(line[:100_000], _delimiter(line)))
    return TIME in found or found.issuperset(_SPECTRUM)


def _without_last_empty(sheet: Sheet, row: str) -> Sheet:
    """Leave out the empty heading that a delimiter at the end of the line makes, when rows have none there."""
    headings = list(sheet.headings)
    got = len(cells(row.rstrip("\r"), sheet.dialect.delimiter))
    while len(headings) > got and not headings[-1]:
        headings.pop()
    return replace(sheet, headings=tuple(headings))


def _frame(sheet: Sheet) -> tuple[pl.DataFrame, list[Finding]]:
    """Return the columns under their headings, dates turned into seconds."""
    first = dict(zip(reversed(sheet.headings), reversed(sheet.columns()), strict=True))
    dated = _dated(sheet)
    numbers = [column for heading, column in first.items() if heading in NUMBERS and not (dated and heading == TIME)]
    texts = [first[TIME]] if dated else []
    frame, findings = frame_of(sheet, numbers, texts)
    frame = frame.rename(_names(sheet, frame))
    if dated:
        unix = _seconds(frame[TIME], sheet)
        frame = frame.with_columns(unix.alias("unix_time_second"), (unix - unix[0]).alias(TIME))
    empty = [name for name in frame.columns if name.startswith(_NAMELESS) and frame[name].null_count() == frame.height]
    return frame.drop(empty), findings


def _dated(sheet: Sheet) -> bool:
    """Return whether the first time is written as a date."""
    row = cells(sheet.body.split(b"\n", 1)[0].decode("utf-8", errors="replace"), sheet.dialect.delimiter)
    at = sheet.headings.index(TIME) if TIME in sheet.headings else len(row)
    return at < len(row) and _WRITTEN.match(row[at]) is not None


def _seconds(text: pl.Series, sheet: Sheet) -> pl.Series:
    """Return dates, month before day, as seconds since 1970, the zone of the computer taken as UTC."""
    unix = text.str.strip_chars().str.strptime(pl.Datetime("us"), _DATE, strict=False).dt.epoch("us") / 1e6
    wrong = (unix.is_null() & text.is_not_null()).arg_true()
    if len(wrong):
        row = int(wrong[0])
        raise ColumnProblem(
            "cell_not_a_time", source=sheet.source, line=sheet.first_line + row, column=TIME, got=str(text[row])[:80],
            expected=_DATE, count=len(wrong),
        )  # fmt: skip
    return unix


_NAMELESS: Final = "column without heading"


def _names(sheet: Sheet, frame: pl.DataFrame) -> dict[str, str]:
    """Return a heading of its own for every column."""
    names: dict[str, str] = {}
    for column, heading in zip(frame.columns, sheet.headings, strict=True):
        wanted = heading or _NAMELESS
        names[column] = wanted if wanted not in names.values() else f"{wanted} {column[1:]}"
    return names


def _of_clock(frame: pl.DataFrame, started: object) -> list[Finding]:
    if "unix_time_second" in frame.columns:
        return [Finding("clock_without_zone", "note", "column unix_time_second", {"heading": TIME})]
    if isinstance(started, Unknown):
        return []
    return [Finding("clock_without_zone", "note", "started_at", {"heading": "Acquisition started on"})]
