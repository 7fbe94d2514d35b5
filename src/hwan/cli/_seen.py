"""What 'hwan read' says of a recording: small, so that a thousand files need no memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from hwan.core import UNKNOWN, Finding, Instrument, Provenance, Recording, Unknown

Range = tuple[float, float] | Unknown
RANGES = ("test_time_second", "voltage_volt", "frequency_hertz")


@dataclass(frozen=True, slots=True)
class Seen:
    """A recording without its samples: rows, columns, and from lowest to highest what it goes over.

    Time in s and voltage in V of a test, frequency in Hz of a spectrum; unknown where it has none.
    """

    provenance: Provenance
    rows: int
    columns: tuple[str, ...]
    time_second: Range
    voltage_volt: Range
    frequency_hertz: Range
    instrument: Instrument
    started_at: datetime | Unknown
    metadata: Mapping[str, str]
    findings: tuple[Finding, ...]


def seen(recording: Recording) -> Seen:
    """Return what is in a recording."""
    names = recording.samples.collect_schema().names()
    ends = [(name, way) for name in RANGES if name in names for way in ("min", "max")]
    named = [getattr(pl.col(name), way)().cast(pl.Float64).alias(f"{name} {way}") for name, way in ends]
    told = recording.samples.select(pl.len().alias("rows"), *named).collect().row(0, named=True)
    ranges = {name: (told[f"{name} min"], told[f"{name} max"]) for name in RANGES if name in names}
    return Seen(
        provenance=recording.provenance,
        rows=told["rows"],
        columns=tuple(names),
        time_second=_known(ranges.get("test_time_second")),
        voltage_volt=_known(ranges.get("voltage_volt")),
        frequency_hertz=_known(ranges.get("frequency_hertz")),
        instrument=recording.instrument,
        started_at=recording.started_at,
        metadata=dict(recording.metadata),
        findings=recording.findings,
    )


def _known(limits: tuple[float | None, float | None] | None) -> Range:
    """Return a range that has both ends; a column without a number has none."""
    if limits is None or limits[0] is None or limits[1] is None:
        return UNKNOWN
    return limits[0], limits[1]
