"""Recordings, tests, protocols and instruments: what was done, with what, as the tester wrote it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

import polars as pl

from hwan.core.findings import Finding
from hwan.core.unknown import UNKNOWN, Unknown

MarkKind = Literal["interpolated", "derived", "repaired"]


@dataclass(frozen=True, slots=True)
class AccuracyClass:
    """Limits of error of an instrument, as its data sheet or certificate states them.

    Gains are fractions of the reading, offsets absolute. Each is the half-width of a uniform
    distribution (JCGM 100:2008, 4.3.7), drawn once per instrument, not per sample.
    """

    id: str
    current_gain: float
    current_offset_ampere: float
    voltage_gain: float
    voltage_offset_volt: float
    source: str
    assumed: bool = False


@dataclass(frozen=True, slots=True)
class TapAccuracy:
    """Limits of error of the cell-voltage taps of a pack: each tap is one draw of its own."""

    id: str
    voltage_gain: float
    voltage_offset_volt: float
    source: str


@dataclass(frozen=True, slots=True)
class Instrument:
    """The channel that measured: range, accuracy class, calibration; of a pack, its cell taps."""

    id: str | Unknown = UNKNOWN
    maker: str | Unknown = UNKNOWN
    model: str | Unknown = UNKNOWN
    current_range_ampere: float | Unknown = UNKNOWN
    voltage_range_volt: float | Unknown = UNKNOWN
    accuracy: AccuracyClass | Unknown = UNKNOWN
    taps: TapAccuracy | Unknown = UNKNOWN
    calibration_certificate: str | Unknown = UNKNOWN
    calibrated_on: date | Unknown = UNKNOWN


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a recording came from, enough to read it again and get the same id."""

    recording_id: str
    source_name: str
    source_sha256: str
    source_bytes: int
    reader: str
    reader_version: str
    mapping_sha256: str = ""
    key: str = ""


def recording_id(source_sha256: str, reader: str, reader_version: str, mapping_sha256: str, key: str) -> str:
    """Return the id of a recording: the same bytes read the same way have the same id, everywhere."""
    parts = "\x1f".join((source_sha256, reader, reader_version, mapping_sha256, key))
    return hashlib.sha256(parts.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Mark:
    """Values of one column that were not measured as they stand; what carries no mark was.

    Parameters
    ----------
    kind
        ``interpolated`` between measured values, by the tester or by a reader; ``derived`` from other
        columns; ``repaired``: another value stood there, which could not be, and was taken out or mended.
    first_row, last_row
        Rows of the source, both included.
    """

    column: str
    kind: MarkKind
    first_row: int
    last_row: int


@dataclass(frozen=True, slots=True)
class Recording:
    """One current path of one test.

    `samples` is always a :class:`polars.LazyFrame` in BDF columns (:mod:`hwan.core.columns`), in the
    order of the source. `metadata` is what the file itself said, `findings` what was noticed; `marks`
    tell the values that were not measured as they stand.
    """

    provenance: Provenance
    samples: pl.LazyFrame
    instrument: Instrument = Instrument()
    metadata: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    started_at: datetime | Unknown = UNKNOWN
    marks: tuple[Mark, ...] = ()

    @property
    def id(self) -> str:
        """The recording's id (sha256, hexadecimal)."""
        return self.provenance.recording_id


@dataclass(frozen=True, slots=True)
class Deviation:
    """What was done otherwise than the protocol meant."""

    code: str
    where: str


@dataclass(frozen=True, slots=True)
class Protocol:
    """What was meant to be done, versioned."""

    id: str
    version: str
    intended: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Test:
    """Recordings that belong to one test of one battery, in order.

    Parameters
    ----------
    recordings
        What the tester wrote.
    cell_logs
        What battery management systems wrote beside it: cell voltages, each log by its own clock and
        with its own numbering from 1. The cells of the logs are counted through in this order.
    channels_in_parallel
        The recordings are channels that fed the battery together, so that their currents add up.
    """

    __test__ = False  # the field's word; not a test case of pytest

    recordings: tuple[Recording, ...]
    protocol: Protocol | Unknown = UNKNOWN
    deviations: tuple[Deviation, ...] = ()
    cell_logs: tuple[Recording, ...] = ()
    channels_in_parallel: bool = False
