"""BDF in text: row 1 holds the headings; comma, semicolon and tab are told apart by the headings."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import polars as pl

from hwan.core import COLUMNS, DamagedFile, Scalar
from hwan.readers._apart import rows_apart
from hwan.readers._arrange import arrange
from hwan.readers._contract import Proof, RawRecording, Recognition
from hwan.readers._encoding import line_start
from hwan.readers._ending import ended, mark_of_cut
from hwan.readers._table import Dialect, Sheet, cells, frame_of, head_lines, sheet_of, utf8_of
from hwan.readers.bdf._names import plan, recognised

_DELIMITERS: Final = (",", ";", "\t")
_NULLS: Final = ("NA", "N/A", "null", "None")


@dataclass(frozen=True, slots=True)
class BdfCsv:
    """Reads ``.bdf.csv``."""

    name: str = "bdf-csv"
    version: str = "3"
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
        cut = partial(_sheet, path.name)
        sheet = rows_apart(path, cut) or cut(utf8_of(path))
        way = plan(sheet.columns(), sheet.headings)
        words = [t.column for t in way.known() if t.name in COLUMNS and COLUMNS[t.name].dtype == pl.String]
        numbers = [target.column for target in way.known() if target.column not in words]
        sheet, of_end = ended(sheet, numbers)
        frame, of_table = frame_of(sheet, numbers, words)
        frame, of_counters = arrange(frame, way.targets)
        marks = mark_of_cut(frame, way.targets[-1].name, of_end)
        return RawRecording(frame, findings=(*way.findings, *of_end, *of_table, *of_counters), marks=marks)


def _sheet(source: str, data: bytes) -> Sheet:
    first = data[: line_start(data, 1)].decode("utf-8", errors="replace")
    if not first.strip():
        raise DamagedFile("headings_empty", source=source)
    return sheet_of(source, data, 0, Dialect(_delimiter(first), ".", _NULLS))


def _delimiter(line: str) -> str:
    return max(_DELIMITERS, key=lambda mark: len(recognised(cells(line, mark))[0]))


BDF_CSV: Final = BdfCsv()
