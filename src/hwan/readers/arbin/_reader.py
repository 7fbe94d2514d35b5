"""Arbin's export to a workbook: channel sheets to BDF, the sheet Info to metadata.

Arbin's counters go on until the schedule resets them: BDF's scope of the operator's reset. `Date_Time`
has no time zone and is taken as UTC, with a finding.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from hwan.core import REQUIRED, ColumnProblem, DamagedFile, Finding, Instrument
from hwan.readers._arrange import Target, arrange, raw_free
from hwan.readers._cellcolumns import CellTable, table_of
from hwan.readers._contract import Proof, RawRecording, Recognition
from hwan.readers._xlsx import Row, glance, recognise_zip, rows_of

_CHANNEL: Final = re.compile(r"Channel_(\d+(?:-\d+)?)(?:_(\d+))?")
_WANTED: Final = ("Test_Time(s)", "Voltage(V)", "Charge_Capacity(Ah)")
_LONGEST_VALUE: Final = 1000
# Headings without blanks and underscores, in small letters: releases write them with either.
_NAMES: Final[Mapping[str, str]] = {
    "datapoint": "record_index",
    "testtime(s)": "test_time_second",
    "datetime": "unix_time_second",
    "steptime(s)": "step_time_second",
    "stepindex": "step_id",
    "cycleindex": "cycle_count",
    "current(a)": "current_ampere",
    "voltage(v)": "voltage_volt",
    "power(w)": "power_watt",
    "chargecapacity(ah)": "schedule_charging_capacity_ah",
    "dischargecapacity(ah)": "schedule_discharging_capacity_ah",
    "chargeenergy(wh)": "schedule_charging_energy_wh",
    "dischargeenergy(wh)": "schedule_discharging_energy_wh",
    "internalresistance(ohm)": "internal_resistance_ohm",
}


@dataclass(frozen=True, slots=True)
class ArbinXlsx:
    """Reads Arbin's workbooks; every channel is a recording."""

    name: str = "arbin-xlsx"
    version: str = "1"
    title: str = "Arbin .xlsx"
    suffixes: tuple[str, ...] = (".xlsx",)
    proof: Proof = "unproven"

    def recognise(self, path: Path, head: bytes) -> Recognition:
        """Ask for a workbook with channel sheets and Arbin's headings."""
        seen = recognise_zip(self.name, path, head)
        if isinstance(seen, Recognition):
            return seen
        channels = ", ".join(sheet for sheet in seen.sheets if _CHANNEL.fullmatch(sheet))
        if not channels:
            return Recognition(self.name, "no", "workbook_of_others", {"sheets": ", ".join(seen.sheets)[:200]})
        headed = all(heading in seen.text for heading in _WANTED)
        code = "arbin_sheets" if headed else "arbin_sheets_only"
        return Recognition(self.name, "certain" if headed else "likely", code, {"sheets": channels[:200]})

    def keys(self, path: Path) -> tuple[str, ...]:
        """Return the channels, such as ``1-008``."""
        return tuple(_sheets(path))

    def read(self, path: Path, key: str = "") -> RawRecording:
        """Read all sheets of a channel, one after the other; errors name the line and the heading."""
        sheets = _sheets(path)
        channel = key or next(iter(sheets))
        if channel not in sheets:
            raise DamagedFile("arbin_channel_absent", source=path.name, channel=channel, channels=", ".join(sheets))
        parts = [_frame(path, sheet) for sheet in sheets[channel]]
        frame, found = _joined(parts, path.name)
        metadata = _metadata(path, channel)
        return RawRecording(frame, metadata, (*found, *_unread(path)), Instrument(id=channel, maker="Arbin"))


ARBIN_XLSX: Final = ArbinXlsx()


def _names(path: Path) -> tuple[str, ...]:
    seen = glance(path)
    if seen is None:
        raise DamagedFile("workbook_absent", source=path.name)
    return seen.sheets


def _sheets(path: Path) -> dict[str, list[str]]:
    """Return channel → its sheets, the parts of a long test in their order."""
    names = _names(path)
    found = [(match[1], int(match[2] or 0), name) for name in names if (match := _CHANNEL.fullmatch(name))]
    if not found:
        raise DamagedFile(
            "arbin_channel_absent", source=path.name, channel="Channel_…", channels=", ".join(names)[:500]
        )
    channels: dict[str, list[str]] = {channel: [] for channel, _, _ in found}
    for channel, _, name in sorted(found, key=lambda one: one[1]):
        channels[channel].append(name)
    return channels


def _unread(path: Path) -> list[Finding]:
    """Tell the sheets that hold no samples: summaries that follow from the samples, or charts."""
    others = [name for name in _names(path) if not _CHANNEL.fullmatch(name) and name not in _INFO]
    return [Finding("sheets_not_read", "note", "sheets", {"sheets": ", ".join(others)[:500]})] if others else []


_INFO: Final = ("Info", "Global_Info")


def _frame(path: Path, sheet: str) -> pl.DataFrame:
    """Return the columns of a sheet under their own headings, the times in seconds."""
    table = table_of(f"{path.name} [{sheet}]", rows_of(path, sheet))
    return pl.DataFrame([_series(table, heading) for heading in table.columns])


def _series(table: CellTable, heading: str) -> pl.Series:
    name = _NAMES.get(_plain(heading))
    if name is None:
        return table.plain(heading)
    return table.times(heading) if name == "unix_time_second" else table.numbers(heading)


def _plain(heading: str) -> str:
    return re.sub(r"[\s_]", "", heading).lower()


def _joined(parts: list[pl.DataFrame], source: str) -> tuple[pl.DataFrame, list[Finding]]:
    try:
        frame = pl.concat(parts, how="vertical" if len(parts) == 1 else "diagonal_relaxed")
    except pl.exceptions.PolarsError as error:
        raise DamagedFile("table_unreadable", source=source, detail=str(error)[:200]) from error
    targets, raw = _targets(frame.columns)
    missing = [name for name in REQUIRED if name not in {target.name for target in targets}]
    if missing:
        found = ", ".join(frame.columns)[:1000]
        raise ColumnProblem("columns_missing", source=source, missing=", ".join(missing), found=found)
    arranged, findings = arrange(frame, targets)
    if raw:
        findings.append(Finding("columns_kept_raw", "note", "columns", {"columns": ", ".join(raw)[:1000]}))
    if "unix_time_second" in arranged.columns:
        findings.append(Finding("clock_without_zone", "note", "column unix_time_second", {"heading": "Date_Time"}))
    return arranged, findings


def _targets(headings: list[str]) -> tuple[list[Target], list[str]]:
    targets: list[Target] = []
    raw: list[str] = []
    taken: set[str] = set()
    for heading in headings:
        name = _NAMES.get(_plain(heading))
        if name is None or name in taken:
            raw.append(heading)
            name = raw_free(heading, taken)
        taken.add(name)
        targets.append(Target(heading, name))
    return targets, raw


def _metadata(path: Path, channel: str) -> dict[str, str]:
    """Return what the sheet Info says about the channel: its headings and the line that begins with the channel."""
    sheet = next((name for name in _names(path) if name in _INFO), None)
    rows = rows_of(path, sheet) if sheet else []
    first = next((n for n, row in enumerate(rows) if row and str(row[0]).strip() == "Channel"), None)
    if first is None:
        return {}
    line = next((row for row in rows[first + 1 :] if _is_channel(row, channel)), [])
    said = {
        f"info.{str(name).strip()}": str(cell)[:_LONGEST_VALUE] for name, cell in zip(rows[first], line, strict=False)
    }
    return {key: value for key, value in said.items() if value}


def _is_channel(row: Row, channel: str) -> bool:
    cell = row[0] if row else ""
    return (str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip()) == channel
