"""BDF in text: row 1 holds the headings; comma, semicolon and tab are told apart by the headings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from hwan.core import COLUMNS, DamagedFile, Scalar
from hwan.readers._arrange import arrange
from hwan.readers._contract import Proof, RawRecording, Recognition
from hwan.readers._table import Dialect, cells, frame_of, head_lines, sheet_of, utf8_of
from hwan.readers.bdf._names import plan, recognised

_DELIMITERS: Final = (",", ";", "\t")
_NULLS: Final = ("NA", "N/A", "null", "None")


@dataclass(frozen=True, slots=True)
class BdfCsv:
    """Reads ``.bdf.csv``."""

    name: str = "bdf-csv"
    version: str = "2"
    title: str = "BDF .csv"
    suffixes: tuple[str, ...] = (".bdf.csv", ".csv")
    proof: Proof = "unproven"

    def recognise(self, path: Path, head: bytes) -> Recognition:  # noqa: ARG002  # the contract's
        """Ask whether the first line names BDF columns."""
        lines = head_lines(head)
        if not lines:
            return Recognition(self.name, "no", "not_text")
        names, missing = recognised(cells(lines[0], _delimiter(lines[0])))
        said: dict[str, Scalar] = {"count": len(names)}
        if not missing:
            return Recognition(self.name, "certain", "bdf_headings", said)
        if len(names) >= 2:
            return Recognition(self.name, "likely", "bdf_headings_incomplete", said | {"missing": ", ".join(missing)})
        return Recognition(self.name, "no", "bdf_headings_absent", {"line": lines[0][:80]})

    def keys(self, path: Path) -> tuple[str, ...]:  # noqa: ARG002
        """One file is one recording."""
        return ()

    def read(self, path: Path, key: str = "") -> RawRecording:  # noqa: ARG002
        """Read all rows; errors name the line and the heading."""
        data = utf8_of(path)
        first = data.split(b"\n", 1)[0].decode("utf-8", errors="replace")
        if not first.strip():
            raise DamagedFile("headings_empty", source=path.name)
        sheet = sheet_of(path.name, data, 0, Dialect(_delimiter(first), ".", _NULLS))
        way = plan(sheet.columns(), sheet.headings)
        words = [t.column for t in way.known() if t.name in COLUMNS and COLUMNS[t.name].dtype == pl.String]
        numbers = [target.column for target in way.known() if target.column not in words]
        frame, of_table = frame_of(sheet, numbers, words)
        frame, of_counters = arrange(frame, way.targets)
        return RawRecording(frame, findings=(*way.findings, *of_table, *of_counters))


def _delimiter(line: str) -> str:
    return max(_DELIMITERS, key=lambda mark: len(recognised(cells(line, mark))[0]))


BDF_CSV: Final = BdfCsv()
