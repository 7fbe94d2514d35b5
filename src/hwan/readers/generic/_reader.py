"""Reads delimited text as a mapping says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from hwan.core import COLUMNS, REQUIRED, ColumnProblem, DamagedFile, Finding
from hwan.readers._arrange import Target, arrange, raw_free
from hwan.readers._contract import Proof, RawRecording, Recognition
from hwan.readers._table import LONGEST_LINE, Dialect, Sheet, cells, frame_of, head_lines, sheet_of, utf8_of
from hwan.readers.generic._mapping import Mapping, shipped_mappings
from hwan.readers.generic._times import seconds

MOST_PREAMBLE: Final = 200
_TURNED: Final = ("current_ampere", "power_watt")


@dataclass(frozen=True, slots=True)
class MappedCsv:
    """A reader made from one mapping."""

    mapping: Mapping
    version: str = "1"
    proof: Proof = "unproven"

    @property
    def name(self) -> str:
        """``csv:`` and the id of the mapping."""
        return f"csv:{self.mapping.id}"

    @property
    def title(self) -> str:
        """The mapping's own title."""
        return self.mapping.title

    @property
    def suffixes(self) -> tuple[str, ...]:
        """Usual suffixes, as the mapping says."""
        return self.mapping.suffixes

    def recognise(self, path: Path, head: bytes) -> Recognition:  # noqa: ARG002  # the contract's
        """Ask for the mapping's headings on one line."""
        lines = head_lines(head, self.mapping.encoding)
        if not lines:
            return Recognition(self.name, "no", "not_text")
        if not self.mapping.recognise:
            return Recognition(self.name, "no", "mapping_without_recognise")
        found = next((n for n, line in enumerate(lines) if _has(line, self.mapping)), None)
        wanted = ", ".join(self.mapping.recognise)
        if found is None:
            return Recognition(self.name, "no", "mapping_headings_absent", {"headings": wanted})
        return Recognition(self.name, "likely", "mapping_headings", {"headings": wanted, "line": found + 1})

    def keys(self, path: Path) -> tuple[str, ...]:  # noqa: ARG002
        """One file is one recording."""
        return ()

    def read(self, path: Path, key: str = "") -> RawRecording:  # noqa: ARG002
        """Read all rows; errors name the line and the heading."""
        mapping = self.mapping
        data = utf8_of(path, mapping.encoding)
        dialect = Dialect(mapping.delimiter, mapping.decimal, mapping.null_tokens)
        sheet = sheet_of(path.name, data, _header_line(data, mapping, path.name), dialect)
        absent = _absent(sheet, mapping)
        frame, of_table = frame_of(sheet, *_kinds(sheet, mapping))
        frame = _with_times(frame, sheet, mapping)
        targets, raw = _targets(sheet, mapping)
        frame, of_counters = arrange(frame, targets)
        findings = (*absent, *raw, *of_table, *of_counters)
        return RawRecording(frame, _preamble(sheet), findings, mapping_sha256=mapping.sha256)


def shipped_readers() -> tuple[MappedCsv, ...]:
    """Return one reader per mapping that comes with the package."""
    return tuple(MappedCsv(mapping) for mapping in shipped_mappings().values())


def _has(line: str, mapping: Mapping) -> bool:
    return set(mapping.recognise) <= set(cells(line, mapping.delimiter))


def _header_line(data: bytes, mapping: Mapping, source: str) -> int:
    """Return the 0-based line of the headings."""
    lines = data[:LONGEST_LINE].decode("utf-8", errors="replace").split("\n")
    wanted = ", ".join(mapping.recognise)
    if mapping.header.line:
        if mapping.header.line <= data.count(b"\n") + 1:
            return mapping.header.line - 1
        wanted = f"line {mapping.header.line}"
    elif mapping.header.pattern:
        pattern = re.compile(mapping.header.pattern)
        fits = (number for number, line in enumerate(lines) if pattern.search(line.rstrip("\r")[:4096]))
        wanted = mapping.header.pattern
    else:
        fits = (number for number, line in enumerate(lines) if _has(line.rstrip("\r"), mapping))
    found = None if mapping.header.line else next(fits, None)
    if found is None:
        raise DamagedFile("headings_not_found", source=source, wanted=wanted, mapping=mapping.id)
    return found


def _absent(sheet: Sheet, mapping: Mapping) -> list[Finding]:
    absent = [heading for heading in mapping.columns if heading not in sheet.headings]
    required = [heading for heading in absent if mapping.target(heading) in REQUIRED]
    if required:
        missing = ", ".join(f"{heading} ({mapping.target(heading)})" for heading in required)
        found = ", ".join(sheet.headings)[:1000]
        raise ColumnProblem("columns_missing", source=sheet.source, missing=missing, found=found)
    names = ", ".join(f"{heading} ({mapping.target(heading)})" for heading in absent)
    return [Finding("optional_columns_absent", "note", "columns", {"columns": names})] if absent else []


def _rules(sheet: Sheet, mapping: Mapping) -> dict[str, str]:
    """Return column → heading for the first column of every mapped heading."""
    first: dict[str, str] = {}
    for column, heading in zip(sheet.columns(), sheet.headings, strict=True):
        if heading in mapping.columns and heading not in first.values():
            first[column] = heading
    return first


def _kinds(sheet: Sheet, mapping: Mapping) -> tuple[list[str], list[str]]:
    """Return the columns to be read as numbers, and those to be kept as text."""
    numbers: list[str] = []
    texts: list[str] = []
    for column, heading in _rules(sheet, mapping).items():
        rule, target = mapping.columns[heading], COLUMNS.get(mapping.target(heading))
        written = bool(rule.datetime or rule.duration or (target and target.dtype == pl.String))
        if written:
            texts.append(column)
        elif not mapping.target(heading).startswith("raw_"):
            numbers.append(column)
    return numbers, texts


def _with_times(frame: pl.DataFrame, sheet: Sheet, mapping: Mapping) -> pl.DataFrame:
    for column, heading in _rules(sheet, mapping).items():
        rule = mapping.columns[heading]
        if rule.datetime or rule.duration:
            frame = frame.with_columns(seconds(frame[column], rule, sheet, heading).alias(column))
    return frame


def _targets(sheet: Sheet, mapping: Mapping) -> tuple[list[Target], list[Finding]]:
    rules = _rules(sheet, mapping)
    taken = {mapping.target(heading) for heading in rules.values()}
    targets, raw = [], []
    for column, heading in zip(sheet.columns(), sheet.headings, strict=True):
        if column in rules:
            rule, name = mapping.columns[heading], mapping.target(heading)
            turn = -1.0 if mapping.sign == "positive_discharges" and name in _TURNED else 1.0
            targets.append(Target(column, name, rule.factor * turn, rule.offset * turn))
        else:
            raw.append(heading or column)
            targets.append(Target(column, raw_free(heading or column, taken)))
    found = [Finding("columns_kept_raw", "note", "columns", {"columns": ", ".join(raw)[:1000]})] if raw else []
    return targets, found


def _preamble(sheet: Sheet) -> dict[str, str]:
    """Return what stood above the headings, line by line: a key and its value where there are two cells."""
    said: dict[str, str] = {}
    for number, line in enumerate(sheet.preamble[:MOST_PREAMBLE], 1):
        parts = [cell for cell in cells(line, sheet.dialect.delimiter) if cell]
        if len(parts) == 2 and f"preamble.{parts[0]}" not in said:
            said[f"preamble.{parts[0][:100]}"] = parts[1][:1000]
        elif parts:
            said[f"preamble.line_{number}"] = " ".join(parts)[:1000]
    return said
