"""The reader of .mpr: container, samples, settings, and from there to BDF."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hwan.core import DamagedFile, Finding, Scalar, Unknown
from hwan.readers._contract import Proof, RawRecording, Recognition
from hwan.readers.biologic import _modules, _settings
from hwan.readers.biologic._bdf import to_bdf
from hwan.readers.biologic._modules import Module
from hwan.readers.biologic._records import table_of

SAMPLES: Final = "VMP data"
LOG: Final = "VMP LOG"
_READ: Final = ("VMP Set", SAMPLES, LOG, "VMP loop")


@dataclass(frozen=True, slots=True)
class MprReader:
    """Reads the binary files of EC-Lab and BT-Lab; one file is one technique."""

    name: str = "biologic-mpr"
    version: str = "1"
    title: str = "BioLogic .mpr"
    suffixes: tuple[str, ...] = (".mpr",)
    proof: Proof = "another reader"

    def recognise(self, path: Path, head: bytes) -> Recognition:  # noqa: ARG002  # the contract's
        """Ask for the signature."""
        return _modules.recognise(self.name, head)

    def keys(self, path: Path) -> tuple[str, ...]:  # noqa: ARG002
        """One file is one recording."""
        return ()

    def read(self, path: Path, key: str = "") -> RawRecording:  # noqa: ARG002
        """Read the samples, and what settings and log say beside them.

        Raises
        ------
        NothingInside
            The technique was prepared, and no sample was written.
        DamagedFile
            No module of samples, or one whose layout is not known.
        """
        with _modules.opened(path) as stored:
            found = _modules.modules(stored)
            samples = next((one for one in found if one.name == SAMPLES), None)
            if samples is None:
                names = ", ".join(one.name for one in found) or "-"
                raise DamagedFile("mpr_without_data", source=path.name, modules=names[:500])
            table = table_of(stored, samples)
            metadata, of_settings = _settings.metadata_of(stored, found)
            started = _settings.started_at(stored, found)
        frame, of_names, marks = to_bdf(table.frame)
        findings = (*table.findings, *of_names, *of_settings, *_of_modules(found, samples), *_of_clock(started))
        return RawRecording(frame, metadata, findings, _settings.instrument_of(metadata), started, marks=marks)


MPR: Final = MprReader()


def _of_modules(found: Sequence[Module], samples: Module) -> list[Finding]:
    findings = []
    if all(one.name != LOG for one in found):
        findings.append(Finding("test_still_running", "warning", "file", {"module": LOG}))
    others = [one.name for one in found if one.name not in _READ or (one.name == SAMPLES and one is not samples)]
    if others:
        values: dict[str, Scalar] = {"modules": ", ".join(others)[:500], "count": len(others)}
        findings.append(Finding("mpr_modules_unread", "warning", "file", values))
    return findings


def _of_clock(started: object) -> list[Finding]:
    if isinstance(started, Unknown):
        return []
    return [Finding("clock_without_zone", "note", "started_at", {"heading": LOG})]
