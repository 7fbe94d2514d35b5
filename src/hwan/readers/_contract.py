"""What a reader is: the contract between hwan and everything that turns bytes into a recording."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

import polars as pl

from hwan.core import UNKNOWN, Finding, Instrument, Mark, Scalar, Unknown, text

Confidence = Literal["certain", "likely", "no"]
Proof = Literal["vendor truth", "another reader", "unproven"]


@dataclass(frozen=True, slots=True)
class Recognition:
    """What one reader says about a file, and why.

    Parameters
    ----------
    reader
        Name of the reader that speaks.
    confidence
        ``certain`` (a signature), ``likely`` (headings or a damaged signature), ``no``.
    reason
        Code of the sentence in the language files (kind ``reason``).
    values
        What the sentence needs.
    """

    reader: str
    confidence: Confidence
    reason: str
    values: Mapping[str, Scalar] = field(default_factory=dict)

    def message(self, language: str = "en") -> str:
        """Return the reason as a sentence in `language`."""
        return text("reason", self.reason, language, self.values)


@dataclass(frozen=True, slots=True)
class RawRecording:
    """What a reader hands over; provenance and the checks at the door are the framework's.

    Parameters
    ----------
    frame
        Samples in BDF machine names, wide cell columns or ``raw_*``, in the order of the source.
        A LazyFrame is collected once, at the door, so that bytes that cannot be read fail there.
    metadata
        What the file itself said, as strings under dotted keys.
    marks
        Columns or rows that the reader, or the tester, interpolated or derived.
    mapping_sha256
        Hash of the user's mapping, when one took part; enters the recording's id.
    """

    frame: pl.DataFrame | pl.LazyFrame
    metadata: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    instrument: Instrument = field(default_factory=Instrument)
    started_at: datetime | Unknown = UNKNOWN
    mapping_sha256: str = ""
    marks: tuple[Mark, ...] = ()


@runtime_checkable
class Reader(Protocol):
    """One family of files. Plug-ins register an object of this shape under ``hwan.readers``."""

    @property
    def name(self) -> str:
        """Short, unique, stable: it enters the id of every recording."""

    @property
    def version(self) -> str:
        """Changes when the same bytes would give other samples."""

    @property
    def title(self) -> str:
        """What a person calls the format."""

    @property
    def suffixes(self) -> tuple[str, ...]:
        """Usual suffixes; hints for people, never used to decide."""

    @property
    def proof(self) -> Proof:
        """Against what the values were checked."""

    def recognise(self, path: Path, head: bytes) -> Recognition:
        """Say whether the content is this reader's; `head` holds the first 64 KiB."""

    def keys(self, path: Path) -> tuple[str, ...]:
        """Return the keys of the recordings inside; empty when a file is always one recording."""

    def read(self, path: Path, key: str) -> RawRecording:
        """Read the recording `key` (empty for the only one), raising only `HwanError`."""
