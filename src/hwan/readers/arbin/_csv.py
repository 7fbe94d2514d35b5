"""Arbin's delimited exports: headings with units or without, a clock written in one of several ways.

A table of cycles (statistics) and the table about the test that lies beside the samples have headings of
their own; they are known, and refused with the reason. What the table beside the samples says
(``<name>_Metadata.csv``) becomes metadata.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Literal

import polars as pl

from hwan.core import REQUIRED, UNKNOWN, ColumnProblem, DamagedFile, Finding, HwanError, Instrument, Mark
from hwan.readers._apart import rows_apart
from hwan.readers._arrange import arrange
from hwan.readers._contract import Proof, RawRecording, Recognition
from hwan.readers._encoding import line_start
from hwan.readers._ending import ended, mark_of_cut
from hwan.readers._table import LONGEST_LINE, Dialect, Sheet, cells, frame_of, head_lines, sheet_of, utf8_of
from hwan.readers.arbin._clock import seconds_written
from hwan.readers.arbin._samples import meaning_of, targets_of, with_scopes, with_steps

Kind = Literal["samples", "cycles", "about"]

_DELIMITERS: Final = (",", ";", "\t")
_FIRST_LINES: Final = 50
_SAMPLES: Final = {
    "record_index", "test_time_second", "step_id", "cycle_count", "current_ampere", "voltage_volt",
    "schedule_charging_capacity_ah",
}  # fmt: skip
_CYCLES: Final = ("vmaxoncycle", "coulombicefficiency")
_ABOUT: Final = {"testid", "ivchid", "firststartdatetime", "schedulefilename"}
_SEEN: Final[Mapping[Kind, str]] = {
    "samples": "arbin_csv_samples",
    "cycles": "arbin_csv_cycles",
    "about": "arbin_csv_about",
}
_REFUSED: Final[Mapping[Kind, str]] = {"cycles": "arbin_cycles_only", "about": "arbin_about_only"}
_CLOCK: Final = "unix_time_second"
_MOST_ABOUT_BYTES: Final = 1 << 20
_LONGEST: Final = 1000


@dataclass(frozen=True, slots=True)
class _Head:
    """The line of headings (0-based), its delimiter, and the kind of table that it begins."""

    line: int
    delimiter: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class ArbinCsv:
    """Reads Arbin's exports of samples to delimited text."""

    name: str = "arbin-csv"
    version: str = "3"
    title: str = "Arbin .csv"
    suffixes: tuple[str, ...] = (".csv",)
    proof: Proof = "unproven"

    def recognise(self, path: Path, head: bytes) -> Recognition:  # noqa: ARG002  # the contract's
        """Ask for Arbin's headings on one of the first lines."""
        lines = head_lines(head)
        found = _head_of(lines) if lines else None
        if found is None:
            return Recognition(self.name, "no", "arbin_headings_absent")
        return Recognition(self.name, "certain", _SEEN[found.kind], {"line": found.line + 1})

    def keys(self, path: Path) -> tuple[str, ...]:  # noqa: ARG002
        """One file is one recording."""
        return ()

    def read(self, path: Path, key: str = "") -> RawRecording:  # noqa: ARG002
        """Read all samples.

        Raises
        ------
        ColumnProblem
            It is a table of cycles or about the test; a cell is no number; a required column is missing.
        DamagedFile
            No line has Arbin's headings.
        """
        cut = partial(_sheet, path.name)
        sheet = rows_apart(path, cut) or cut(utf8_of(path))
        frame, findings, marks = _frame(sheet)
        about = _about(path)
        channel = about.get("about.IV_Ch_ID", "")
        instrument = Instrument(id=channel or UNKNOWN, maker="Arbin")
        return RawRecording(frame, about, tuple(findings), instrument, marks=marks)


ARBIN_CSV: Final = ArbinCsv()


def _sheet(source: str, data: bytes) -> Sheet:
    lines = data[: min(line_start(data, _FIRST_LINES), LONGEST_LINE)]
    head = _head_of(lines.decode("utf-8", "replace").splitlines())
    if head is None:
        raise DamagedFile("arbin_headings_absent", source=source)
    if head.kind in _REFUSED:
        raise ColumnProblem(_REFUSED[head.kind], source=source)
    return sheet_of(source, data, head.line, Dialect(head.delimiter))


def _head_of(lines: list[str]) -> _Head | None:
    for number, line in enumerate(lines[:_FIRST_LINES]):
        for delimiter in _DELIMITERS:
            if line.count(delimiter) < 3:
                continue
            row = cells(line, delimiter)
            kind = _kind(row) if sum(map(_is_word, row)) >= len(_ABOUT) else None
            if kind:
                return _Head(number, delimiter, kind)
    return None


def _is_word(cell: str) -> bool:
    return any(map(str.isalpha, cell))


def _kind(headings: tuple[str, ...]) -> Kind | None:
    meant = {meaning_of(heading)[0] for heading in headings}
    plain = {"".join(letter for letter in heading.lower() if letter.isalpha()) for heading in headings}
    if plain >= _ABOUT:
        return "about"
    if "cycle_count" in meant and any(name.startswith(_CYCLES) for name in plain) and "chargetime" in "".join(plain):
        return "cycles"
    return "samples" if meant >= _SAMPLES else None


def _frame(sheet: Sheet) -> tuple[pl.DataFrame, list[Finding], tuple[Mark, ...]]:
    names = _unique(sheet)
    targets, raw = targets_of(list(names.values()))
    meant = {target.column: target.name for target in targets}
    missing = [name for name in REQUIRED if name not in meant.values()]
    if missing:
        here = ", ".join(sheet.headings)[:1000]
        raise ColumnProblem("columns_missing", source=sheet.source, missing=", ".join(missing), found=here)
    clocks = [column for column, heading in names.items() if meant[heading] == _CLOCK]
    numbers = [column for column, heading in names.items()
               if not meant[heading].startswith("raw_") and column not in clocks]  # fmt: skip
    sheet, findings = ended(sheet, numbers)
    frame, of_table = frame_of(sheet, numbers, clocks)
    findings += of_table
    for column in clocks:
        seconds, found = seconds_written(frame[column], frame[_column_of("test_time_second", names, meant)])
        frame = frame.with_columns(seconds.alias(column))
        findings += found
    frame, of_counters = arrange(frame.rename(names), targets)
    frame, of_steps, marks = with_steps(frame)
    frame, of_scope = with_scopes(frame)
    marks += mark_of_cut(frame, frame.columns[len(targets) - 1], findings)
    if raw:
        findings.append(Finding("columns_kept_raw", "note", "columns", {"columns": ", ".join(raw)[:1000]}))
    return frame, [*findings, *of_counters, *of_steps, *of_scope], marks


def _unique(sheet: Sheet) -> dict[str, str]:
    """Return column → heading; one that repeats or is empty gets a number."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for number, (column, heading) in enumerate(zip(sheet.columns(), sheet.headings, strict=True), 1):
        name = heading or f"column {number}"
        names[column] = name if name not in taken else f"{name} {number}"
        taken.add(names[column])
    return names


def _column_of(wanted: str, names: dict[str, str], meant: dict[str, str]) -> str:
    return next(column for column, heading in names.items() if meant[heading] == wanted)


def _about(path: Path) -> dict[str, str]:
    """Return what the table beside the samples says about the test; a strange one says nothing."""
    beside = path.with_name(f"{path.stem}_Metadata.csv")
    try:
        if not beside.is_file() or beside.stat().st_size > _MOST_ABOUT_BYTES:
            return {}
        rows = list(csv.reader(io.StringIO(utf8_of(beside).decode("utf-8"))))[:2]
    except (OSError, csv.Error, HwanError):
        return {}
    if len(rows) < 2 or _kind(tuple(rows[0])) != "about":
        return {}
    said = zip(rows[0], rows[1], strict=False)
    return {f"about.{name.strip()}": value.strip()[:_LONGEST] for name, value in said if name.strip() and value.strip()}
