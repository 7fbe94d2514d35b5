"""The reader of last resort for text: a mapping proposed from the file itself, told as such."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from hwan.core import Finding, FormatNotRecognised, HwanError, InputError, Scalar
from hwan.readers._contract import Proof, RawRecording, Recognition
from hwan.readers._table import head_lines
from hwan.readers.generic._blocks import delimiter_with
from hwan.readers.generic._columns import ways_of
from hwan.readers.generic._layout import PROPOSED, layout_of
from hwan.readers.generic._mapping import AUTO, Mapping, shipped_mappings
from hwan.readers.generic._propose import propose_mapping
from hwan.readers.generic._reader import MappedCsv

_TOLD: Final = ("table_of_cycles", "text_without_headings", "columns_missing")
_SIGNALS: Final = {"voltage_volt", "current_ampere", "frequency_hertz"}


@dataclass(frozen=True, slots=True)
class ProposedText:
    """Reads a table that no other reader knows, by :func:`propose_mapping`; asked only after all others."""

    name: str = PROPOSED
    version: str = "2"
    title: str = "other delimited text"
    suffixes: tuple[str, ...] = (".csv", ".txt")
    proof: Proof = "unproven"

    def recognise(self, path: Path, head: bytes) -> Recognition:  # noqa: ARG002  # the contract's
        """Ask whether the text holds a table whose headings name signals of a battery."""
        lines = head_lines(head, AUTO)
        if not lines:
            return Recognition(self.name, "no", "not_text")
        named = table_of_cycles(lines)
        if named:
            return Recognition(self.name, "no", "cycles_not_samples", {"title": named.title})
        layout = layout_of(lines)
        if layout is None:
            return Recognition(self.name, "no", "no_table")
        if layout.header < 0:
            return Recognition(self.name, "no", "no_headings", {"cells": len(layout.rows[0])})
        found = {way.meaning.to for way in ways_of(layout)[0]}
        if len(found & _SIGNALS) < 1 or len(found) < 3:
            return Recognition(self.name, "no", "no_signals", {"headings": ", ".join(layout.headings)[:200]})
        values: dict[str, Scalar] = {"columns": ", ".join(sorted(found & _SIGNALS)), "line": layout.header + 1}
        return Recognition(self.name, "likely", "headings_understood", values)

    def keys(self, path: Path) -> tuple[str, ...]:  # noqa: ARG002
        """One file is one recording."""
        return ()

    def read(self, path: Path, key: str = "") -> RawRecording:  # noqa: ARG002
        """Read by the proposed mapping; a finding says so."""
        named = table_of_cycles(_lines(path))
        if named:
            raise FormatNotRecognised("table_of_cycles", source=path.name, title=named.title)
        mapping = propose_mapping(path).mapping
        raw = MappedCsv(mapping).read(path)
        proposed = Finding("mapping_proposed", "note", "mapping", {"columns": ", ".join(mapping.columns)[:1000]})
        return replace(raw, findings=(proposed, *raw.findings))

    def refusal(self, path: Path) -> HwanError | None:
        """Return the error that says more than 'not recognised' about a text table, if there is one."""
        try:
            self.read(path)
        except InputError as error:
            return error if error.code in _TOLD else None
        except HwanError:
            return None
        return None


def _lines(path: Path) -> list[str]:
    with path.open("rb") as file:
        return head_lines(file.read(1 << 16), AUTO) or []


def table_of_cycles(lines: list[str]) -> Mapping | None:
    """Return the shipped mapping that names these lines as a table of cycles."""
    for mapping in shipped_mappings().values():
        if mapping.holds == "cycles" and any(delimiter_with(line, mapping) for line in lines[:200]):
            return mapping
    return None


PROPOSED_TEXT: Final = ProposedText()


def shipped_readers() -> tuple[MappedCsv | ProposedText, ...]:
    """Return one reader per mapping of samples that comes with the package, and the one for other text."""
    samples = (mapping for mapping in shipped_mappings().values() if mapping.holds == "samples")
    return (*(MappedCsv(mapping) for mapping in samples), PROPOSED_TEXT)
