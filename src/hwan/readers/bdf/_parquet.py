"""BDF in Parquet: recognised by its columns, bounded by its row count before it is read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from hwan.core import COLUMNS, ColumnProblem, DamagedFile, NothingInside, Scalar
from hwan.readers._arrange import arrange
from hwan.readers._contract import Proof, RawRecording, Recognition
from hwan.readers._detail import detail_of
from hwan.readers.bdf._canary import most_cells, survives
from hwan.readers.bdf._names import Plan, plan, recognised

SIGNATURE: Final = b"PAR1"
_BROKEN: Final = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError)


@dataclass(frozen=True, slots=True)
class BdfParquet:
    """Reads ``.bdf.parquet``."""

    name: str = "bdf-parquet"
    version: str = "2"
    title: str = "BDF .parquet"
    suffixes: tuple[str, ...] = (".bdf.parquet", ".parquet")
    proof: Proof = "unproven"

    def recognise(self, path: Path, head: bytes) -> Recognition:
        """Ask for Parquet's signature and BDF columns."""
        if not head.startswith(SIGNATURE):
            values = {"expected": SIGNATURE.decode(), "got": head[:8].hex(" ")}
            return Recognition(self.name, "no", "signature_missing", values)
        if not survives(path):
            return Recognition(self.name, "likely", "parquet_damaged", {"detail": "a page cannot be decoded"})
        try:
            columns = list(pl.read_parquet_schema(path))
        except _BROKEN as error:
            return Recognition(self.name, "likely", "parquet_damaged", {"detail": detail_of(error)})
        names, missing = recognised(columns)
        said: dict[str, Scalar] = {"count": len(names)}
        if not missing:
            return Recognition(self.name, "certain", "bdf_headings", said)
        if len(names) >= 2:
            return Recognition(self.name, "likely", "bdf_headings_incomplete", said | {"missing": ", ".join(missing)})
        return Recognition(self.name, "no", "bdf_headings_absent", {"line": ", ".join(columns)[:80]})

    def keys(self, path: Path) -> tuple[str, ...]:  # noqa: ARG002
        """One file is one recording."""
        return ()

    def read(self, path: Path, key: str = "") -> RawRecording:  # noqa: ARG002
        """Read all rows."""
        if not survives(path):
            raise DamagedFile("table_unreadable", source=path.name, detail="Parquet that cannot be decoded")
        try:
            frame = _bounded(path)
        except _BROKEN as error:
            raise DamagedFile("table_unreadable", source=path.name, detail=detail_of(error)) from error
        if frame.is_empty():
            raise NothingInside("table_without_rows", source=path.name, columns=", ".join(frame.columns)[:500])
        way = plan(frame.columns, frame.columns)
        _require_numbers(frame, way, path.name)
        arranged, findings = arrange(frame, way.targets)
        return RawRecording(arranged, findings=(*way.findings, *findings))


def _bounded(path: Path) -> pl.DataFrame:
    scan = pl.scan_parquet(path, glob=False)
    rows, columns = scan.select(pl.len()).collect().item(), len(scan.collect_schema())
    most = most_cells(path)
    if rows * columns > most:
        raise DamagedFile("table_too_large", source=path.name, rows=rows, columns=columns, most_cells=most)
    return scan.collect()


def _require_numbers(frame: pl.DataFrame, way: Plan, source: str) -> None:
    for target in way.known():
        column = COLUMNS.get(target.name)
        dtype = frame.schema[target.column]
        if not dtype.is_numeric() and not (column and column.dtype == pl.String):
            raise ColumnProblem("column_not_numeric", source=source, column=target.column, got=str(dtype))


BDF_PARQUET: Final = BdfParquet()
