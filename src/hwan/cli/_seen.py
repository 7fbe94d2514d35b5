"""What 'hwan read' says of a recording: small, so that a thousand files need no memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from hwan.core import Finding, Instrument, Provenance, Recording, Unknown


@dataclass(frozen=True, slots=True)
class Seen:
    """A recording without its samples: rows, columns, time in s and voltage in V from lowest to highest."""

    provenance: Provenance
    rows: int
    columns: tuple[str, ...]
    time_second: tuple[float, float]
    voltage_volt: tuple[float, float]
    instrument: Instrument
    started_at: datetime | Unknown
    metadata: Mapping[str, str]
    findings: tuple[Finding, ...]


def seen(recording: Recording) -> Seen:
    """Return what is in a recording."""
    ends = (each(name) for name in ("test_time_second", "voltage_volt") for each in (pl.min, pl.max))
    named = [end.cast(pl.Float64).alias(str(index)) for index, end in enumerate(ends)]
    rows, *limits = recording.samples.select(pl.len(), *named).collect().row(0)
    return Seen(
        provenance=recording.provenance,
        rows=rows,
        columns=tuple(recording.samples.collect_schema().names()),
        time_second=(limits[0], limits[1]),
        voltage_volt=(limits[2], limits[3]),
        instrument=recording.instrument,
        started_at=recording.started_at,
        metadata=dict(recording.metadata),
        findings=recording.findings,
    )
