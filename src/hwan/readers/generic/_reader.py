"""Reads delimited text as a mapping says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from hwan.core import COLUMNS, REQUIRED, SPECTRUM, ColumnProblem, Finding, FormatNotRecognised, needed
from hwan.readers._arrange import Target, arrange, raw_free
from hwan.readers._contract import Proof, RawRecording, Recognition
from hwan.readers._ending import ended, mark_of_cut
from hwan.readers._table import Sheet, cells, frame_of, head_lines, utf8_of
from hwan.readers.generic._blocks import blocks_of, delimiter_with
from hwan.readers.generic._levels import flattened
from hwan.readers.generic._mapping import Mapping
from hwan.readers.generic._sheets import sheet_with
from hwan.readers.generic._signs import assumptions, by_state, without_zero_frequency
from hwan.readers.generic._times import clock, durations

MOST_PREAMBLE: Final = 200
_TURNED: Final = ("current_ampere", "power_watt")
_CLOCK: Final = "unix_time_second"


@dataclass(frozen=True, slots=True)
class MappedCsv:
    """A reader made from one mapping."""

    mapping: Mapping
    version: str = "3"

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

    @property
    def proof(self) -> Proof:
        """Against what the values were checked, as the mapping says."""
        return self.mapping.proof

    def recognise(self, path: Path, head: bytes) -> Recognition:  # noqa: ARG002  # the contract's
        """Ask for the mapping's headings on one line."""
        mapping = self.mapping
        lines = head_lines(head, mapping.encoding)
        if not lines:
            return Recognition(self.name, "no", "not_text")
        if mapping.levels:
            lines = flattened(lines, mapping)[0]
        if not mapping.recognise:
            return _by_pattern(self.name, lines, mapping)
        text = "\n".join(lines)  # most mappings are not meant, which the whole tells sooner than its lines do
        here = all(heading in text for heading in mapping.recognise)
        found = next((n for n, line in enumerate(lines) if delimiter_with(line, mapping)), None) if here else None
        wanted = ", ".join(mapping.recognise)
        if found is None:
            return Recognition(self.name, "no", "mapping_headings_absent", {"headings": wanted})
        return Recognition(self.name, "likely", "mapping_headings", {"headings": wanted, "line": found + 1})

    def keys(self, path: Path) -> tuple[str, ...]:
        """Return one key per section where the file has several; one file is one recording otherwise."""
        if not self.mapping.section.begin:
            return ()
        blocks = blocks_of(utf8_of(path, self.mapping.encoding), self.mapping, path.name)
        return tuple(str(number + 1) for number in range(len(blocks))) if len(blocks) > 1 else ()

    def read(self, path: Path, key: str = "") -> RawRecording:
        """Read all rows; errors name the line and the heading."""
        mapping = self.mapping
        if mapping.holds == "cycles":
            raise FormatNotRecognised("table_of_cycles", source=path.name, title=mapping.title)
        sheet, of_levels = sheet_with(path, mapping, key)
        absent = _absent(sheet, mapping)
        numbers, texts = _kinds(sheet, mapping)
        sheet, of_end = ended(sheet, numbers)
        vital = needed([mapping.target(heading) for heading in _rules(sheet, mapping).values()])
        lenient = [column for column in numbers if _target(sheet, mapping, column) not in vital]
        frame, of_table = frame_of(sheet, numbers, texts, lenient)
        if of_levels:  # rows of upper levels are blank lines by now, and told as what they are
            of_table = [finding for finding in of_table if finding.code != "blank_rows_left_out"]
        return _recording(frame, sheet, mapping, absent, of_levels + of_end + of_table)


def _by_pattern(name: str, lines: list[str], mapping: Mapping) -> Recognition:
    wanted = mapping.header.pattern
    if not wanted:
        return Recognition(name, "no", "mapping_without_recognise")
    found = next((n for n, line in enumerate(lines) if re.search(wanted, line[:4096])), None)
    if found is None:
        return Recognition(name, "no", "mapping_headings_absent", {"headings": wanted})
    return Recognition(name, "likely", "mapping_headings", {"headings": wanted, "line": found + 1})


def _recording(
    frame: pl.DataFrame, sheet: Sheet, mapping: Mapping, absent: list[Finding], of_table: list[Finding]
) -> RawRecording:
    frame, of_state = by_state(frame, _rules(sheet, mapping), mapping)
    frame, lost, of_times = _with_times(frame, sheet, mapping)
    targets, raw = _targets(sheet, mapping, lost)
    frame, of_counters = arrange(frame, targets)
    frame, of_spectrum = without_zero_frequency(frame)
    frame, of_clock = _with_test_time(frame)
    found = (
        *absent,
        *raw,
        *of_table,
        *of_times,
        *of_state,
        *of_counters,
        *of_spectrum,
        *of_clock,
        *assumptions(frame, mapping),
    )
    marks = mark_of_cut(frame, targets[-1].name, of_table)
    return RawRecording(frame, _preamble(sheet), found, mapping_sha256=mapping.sha256, marks=marks)


def _with_test_time(frame: pl.DataFrame) -> tuple[pl.DataFrame, list[Finding]]:
    """Count the test time from the first moment of the clock, where the file has only a clock."""
    if "test_time_second" in frame.columns or not {_CLOCK, "voltage_volt", "current_ampere"} <= set(frame.columns):
        return frame, []
    clock_second = pl.col(_CLOCK)
    frame = frame.with_columns((clock_second - clock_second.drop_nulls().first()).alias("test_time_second"))
    return frame, [Finding("test_time_from_clock", "warning", "column test_time_second")]


def _absent(sheet: Sheet, mapping: Mapping) -> list[Finding]:
    present = {mapping.target(heading) for heading in mapping.columns if heading in sheet.headings}
    absent: dict[str, str] = {}
    for heading in mapping.columns:
        if mapping.target(heading) not in present:
            absent.setdefault(mapping.target(heading), heading)
    spectrum = present.issuperset(SPECTRUM)
    required = [name for name in absent if name in (SPECTRUM if spectrum else REQUIRED)]
    if required:
        missing = ", ".join(f"{absent[name]} ({name})" for name in required)
        found = ", ".join(sheet.headings)[:1000]
        raise ColumnProblem("columns_missing", source=sheet.source, missing=missing, found=found)
    names = ", ".join(f"{heading} ({name})" for name, heading in absent.items())
    return [Finding("optional_columns_absent", "note", "columns", {"columns": names[:1000]})] if absent else []


def _rules(sheet: Sheet, mapping: Mapping) -> dict[str, str]:
    """Return column → heading for the first column of every mapped heading; of alternatives the first present."""
    chosen: dict[str, str] = {}
    for heading in mapping.columns:
        if heading in sheet.headings:
            chosen.setdefault(mapping.target(heading), heading)
    wanted, first = set(chosen.values()), dict[str, str]()
    for column, heading in zip(sheet.columns(), sheet.headings, strict=True):
        if heading in wanted and heading not in first.values():
            first[column] = heading
    return first


def _target(sheet: Sheet, mapping: Mapping, column: str) -> str:
    return mapping.target(sheet.heading(column))


def _kinds(sheet: Sheet, mapping: Mapping) -> tuple[list[str], list[str]]:
    """Return the columns to be read as numbers, and those to be kept as text."""
    numbers: list[str] = []
    texts: list[str] = []
    for column, heading in _rules(sheet, mapping).items():
        rule, target = mapping.columns[heading], COLUMNS.get(mapping.target(heading))
        written = bool(rule.datetime or rule.duration or (target and target.dtype == pl.String))
        if written or heading == mapping.state.column:
            texts.append(column)
        elif not mapping.target(heading).startswith("raw_") or (rule.factor, rule.offset) != (1.0, 0.0):
            numbers.append(column)
    return numbers, texts


def _with_times(frame: pl.DataFrame, sheet: Sheet, mapping: Mapping) -> tuple[pl.DataFrame, set[str], list[Finding]]:
    """Turn written times to seconds; return the columns that could not be, too."""
    rules = _rules(sheet, mapping)
    elapsed: pl.Series | None = None
    for column, heading in rules.items():
        rule = mapping.columns[heading]
        if rule.duration:
            frame = frame.with_columns(durations(frame[column], sheet, heading).alias(column))
        if mapping.target(heading) == "test_time_second" and frame.schema[column].is_numeric():
            elapsed = frame[column] * rule.factor + rule.offset
    lost: set[str] = set()
    findings: list[Finding] = []
    for column, heading in rules.items():
        rule = mapping.columns[heading]
        if not rule.datetime:
            if mapping.target(heading) == _CLOCK and not rule.zone:
                findings.append(Finding("clock_without_zone", "note", f"column {heading}", {"heading": heading}))
            continue
        times = clock(frame[column], rule, sheet, heading, elapsed)
        findings += times.findings
        if times.seconds is None:
            lost.add(column)
        else:
            frame = frame.with_columns(times.seconds.alias(column))
    return frame, lost, findings


def _targets(sheet: Sheet, mapping: Mapping, lost: set[str]) -> tuple[list[Target], list[Finding]]:
    rules = _rules(sheet, mapping)
    taken = {mapping.target(heading) for column, heading in rules.items() if column not in lost}
    targets, raw = [], []
    for column, heading in zip(sheet.columns(), sheet.headings, strict=True):
        if column in rules and column not in lost:
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
