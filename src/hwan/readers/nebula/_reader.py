"""A NEBULA table of work steps as a recording: each step gives its start and its end, in the file's order.

The file has no samples between them. Charge and energy are the tester's own, counted since the step began.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import polars as pl

from hwan.core import Finding, Instrument, Scalar, Severity
from hwan.readers._arrange import rows_text, whole_counters
from hwan.readers._contract import Proof, RawRecording, Recognition
from hwan.readers._xlsx import recognise_zip
from hwan.readers.nebula._headings import NAMES, RECOGNISED, REST, RESULT_JUMP, STATE
from hwan.readers.nebula._steps import PulseTest, blank, is_pulse, pulse_test, work_steps

_BOTH: Final = ("step_count", "step_id", "cycle_count", "step_type")
_COUNTERS: Final = tuple(
    f"step_{flow}_{amount}" for flow in ("charging", "discharging") for amount in ("capacity_ah", "energy_wh")
)


@dataclass(frozen=True, slots=True)
class NebulaXlsx:
    """Reads NEBULA's export of work steps."""

    name: str = "nebula-xlsx"
    version: str = "1"
    title: str = "NEBULA work steps .xlsx"
    suffixes: tuple[str, ...] = (".xlsx",)
    proof: Proof = "unproven"

    def recognise(self, path: Path, head: bytes) -> Recognition:
        """Ask for a workbook with NEBULA's headings."""
        seen = recognise_zip(self.name, path, head)
        if isinstance(seen, Recognition):
            return seen
        wanted = ", ".join(RECOGNISED)
        if all(heading in seen.text for heading in RECOGNISED):
            return Recognition(self.name, "certain", "workbook_headings", {"headings": wanted})
        return Recognition(self.name, "no", "workbook_headings_absent", {"headings": wanted})

    def keys(self, path: Path) -> tuple[str, ...]:  # noqa: ARG002  # the contract's
        """One file is one recording."""
        return ()

    def read(self, path: Path, key: str = "") -> RawRecording:  # noqa: ARG002
        """Read all lines; errors name the line and the heading."""
        steps = work_steps(path)
        counted = pulse_test(steps) if "raw_loop_step" in steps.columns and "raw_result" in steps.columns else None
        frame, found = whole_counters(_samples(steps))
        findings = (*found, *_findings(steps, counted))
        return RawRecording(frame, _metadata(steps, counted), findings, Instrument(maker="NEBULA"))


NEBULA_XLSX: Final = NebulaXlsx()


def _samples(steps: pl.DataFrame) -> pl.DataFrame:
    """Return start and end of every step in BDF columns; a line without a step stays one empty row."""
    both = [pl.col(name) for name in _BOTH if name in steps.columns]
    index = (pl.col("line") - 1).alias("record_index")
    sides = [steps.select(index, *_side(steps, side), *both, *_only_at(steps, side)) for side in ("start", "end")]
    sides[1] = sides[1].filter(~blank())
    joined = pl.concat([side.with_columns(side=pl.lit(n)) for n, side in enumerate(sides)])
    return joined.sort("record_index", "side", maintain_order=True).drop("side")


def _side(steps: pl.DataFrame, side: str) -> Iterator[pl.Expr]:
    duration = pl.col("step_time_second")
    # The time of the steps themselves: between two steps no charge flows, however long the tester paused.
    ended = duration.fill_null(0.0).cum_sum()
    begun = pl.when(~blank()).then(ended - duration)
    yield (ended if side == "end" else begun).round(3).alias("test_time_second")
    yield pl.col(f"{side}_second").alias("unix_time_second")
    yield pl.col(f"{side}_voltage_volt").alias("voltage_volt")
    yield pl.col(f"{side}_current_ampere").alias("current_ampere")
    for number in range(1, 6):
        if f"{side}_t{number}_celsius" in steps.columns:
            yield pl.col(f"{side}_t{number}_celsius").alias(f"temperature_t{number}_celsius")


def _only_at(steps: pl.DataFrame, side: str) -> Iterator[pl.Expr]:
    """Give what belongs to the whole step: counters run from zero to their reading, the rest stands at its end."""
    end = pl.lit(side == "end")
    for name in ("step_time_second", *_COUNTERS):
        if name in steps.columns:
            # NEBULA writes what was taken out with a minus; BDF's pair is positive. + 0.0 turns -0.0 into 0.0.
            yield (pl.when(end).then(pl.col(name).abs()).when(~blank()).then(0.0) + 0.0).alias(name)
    for name in steps.columns:
        if name.startswith("raw_"):
            yield pl.when(end | blank()).then(pl.col(name)).alias(name)


def _findings(steps: pl.DataFrame, counted: PulseTest | None) -> Iterator[Finding]:
    yield Finding("work_steps_only", "note", "file", {"steps": steps.height})
    yield Finding("clock_without_zone", "note", "column unix_time_second", {"heading": "绝对时间"})
    said = {name: heading for heading, name in NAMES.items()}
    raw = [f"{said.get(name, '?')} → {name}" for name in steps.columns if name.startswith("raw_")]
    yield Finding("columns_kept_raw", "note", "columns", {"columns": ", ".join(raw)[:4000]})
    yield from _told("blank_steps_kept", "warning", steps, blank())
    done = steps.filter(~blank())
    rest = pl.col(STATE) == REST
    yield from _told("rest_missing", "warning", done, ~rest & ~rest.shift(1, fill_value=True))
    yield from _told("rest_twice", "note", done, rest & rest.shift(1, fill_value=False))
    if counted is not None:
        yield from _told("steps_ended_by_hand", "warning", steps, pl.col("raw_result") == RESULT_JUMP)
        yield from _told("pulses_without_duration", "warning", done, is_pulse() & (pl.col("step_time_second") == 0))


def _told(code: str, severity: Severity, steps: pl.DataFrame, where: pl.Expr) -> Iterator[Finding]:
    lines = steps.filter(where.fill_null(value=False))["line"]
    if len(lines):
        text = rows_text(lines.head(5) - 1, len(lines))
        values: dict[str, Scalar] = {"count": len(lines), "lines": text}
        yield Finding(code, severity, f"lines {text}", values)


def _metadata(steps: pl.DataFrame, counted: PulseTest | None) -> dict[str, str]:
    said = {f"pulse_test.{name}": str(value) for name, value in asdict(counted).items()} if counted else {}
    if "raw_channel" in steps.columns:
        said["channel"] = ", ".join(f"{channel:g}" for channel in steps["raw_channel"].drop_nulls().unique().head(20))
    return said
