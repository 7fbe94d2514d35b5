"""A table of responses: csv as spreadsheets save it, or parquet, bounded before it is read."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Final

import polars as pl

from hwan.cli._lazy import _decodes, is_parquet
from hwan.cli._table import _decoded
from hwan.core import BadDefinition, NothingInside

if TYPE_CHECKING:
    from hwan.cli._calibrate_ask import Ask
    from hwan.health.rapid import RapidProtocol

MOST_BYTES: Final = 100_000_000
MOST_COLUMNS: Final = 2_000
MOST_HEADING_BYTES: Final = 100_000
RATING_TOLERANCE: Final = 0.02
MARKS: Final = frozenset({"soh", "q_ah", "q_nominal_ah", "U1", "U2", "Q1"})
"""Of these and ``cell`` two make a table of responses; a tester's csv has none of them."""
LABELS: Final = ("soh", "q_ah", "q_nominal_ah", "pulse_s", "pulse_ms")
WORDS: Final = ("cell", "chemistry", "batch")
_BROKEN: Final = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError)


def is_table(path: Path) -> bool:
    """Return whether a file looks like a table of responses; one that cannot be read is no table."""
    try:
        if is_parquet(path):
            names = set(pl.scan_parquet(path, glob=False).collect_schema())
        else:
            with path.open("rb") as file:
                first = (_decoded(file.read(MOST_HEADING_BYTES)) or "").lstrip().partition("\n")[0]
            names = {word.strip().strip('"') for word in first.replace(";", ",").replace("\t", ",").split(",")}
    except _BROKEN:
        return False
    return len(names & (MARKS | {"cell"})) >= 2


def load_frame(path: Path, protocol: RapidProtocol, asked: Ask) -> pl.DataFrame:
    """Return the columns that calibration looks at, numbers as numbers.

    Raises
    ------
    hwan.core.BadDefinition, hwan.core.NothingInside
        When the table is too large, no text, damaged or empty, or is of another type than stated.
    """
    frame = frame_of(path, protocol)
    _check_type(frame, path, asked)
    return _with_rating(frame, asked)


def frame_of(path: Path, protocol: RapidProtocol) -> pl.DataFrame:
    """Return the columns of a table of responses, numbers as numbers; errors as :func:`load_frame`."""
    try:
        size = path.stat().st_size
    except OSError as error:
        raise BadDefinition("definition_unreadable", source=str(path), detail=error.strerror or str(error)) from error
    if size > MOST_BYTES:
        raise BadDefinition("definition_too_large", source=str(path), got_bytes=size, most_bytes=MOST_BYTES)
    frame = _parquet(path, protocol) if is_parquet(path) else _csv(path)
    if frame.is_empty():
        raise NothingInside("calibrate_table_empty", source=str(path))
    numbers = [name for name in (*LABELS, *protocol.names) if name in frame.columns]
    frame = frame.with_columns(pl.col(name).cast(pl.Float64, strict=False) for name in numbers)
    words = [name for name in WORDS if name in frame.columns]
    return frame.with_columns(pl.col(name).cast(pl.String).str.strip_chars().replace("", None) for name in words)


def _parquet(path: Path, protocol: RapidProtocol) -> pl.DataFrame:
    from hwan.health.rapid._table import MOST_ROWS

    wanted = {*LABELS, *WORDS, *protocol.names}
    try:
        scan = pl.scan_parquet(path, glob=False)
        columns = [name for name in scan.collect_schema() if name in wanted or name.startswith("soc")]
        rows = int(scan.select(pl.len()).collect().item())
        if rows > MOST_ROWS:
            raise BadDefinition("calibration_too_large", source=str(path), rows=rows, most=MOST_ROWS)
        if not _decodes(path, 0, columns):
            raise BadDefinition("calibrate_table_damaged", source=str(path), detail="parquet")
        return scan.select(columns).collect()
    except _BROKEN as error:
        raise BadDefinition("calibrate_table_damaged", source=str(path), detail=_first(error)) from error


def _csv(path: Path) -> pl.DataFrame:
    text = _decoded(path.read_bytes())
    if text is None:
        raise BadDefinition("table_not_text", source=str(path))
    first = text.lstrip().partition("\n")[0]
    if first.count(",") + first.count(";") + first.count("\t") > MOST_COLUMNS:
        raise BadDefinition("calibrate_table_damaged", source=str(path), detail=f"> {MOST_COLUMNS} columns")
    sign = max(",;\t", key=first.count)
    try:
        return pl.read_csv(io.StringIO(text.lstrip()), separator=sign, infer_schema=False)
    except pl.exceptions.NoDataError as error:
        raise NothingInside("calibrate_table_empty", source=str(path)) from error
    except _BROKEN as error:
        raise BadDefinition("calibrate_table_damaged", source=str(path), detail=_first(error)) from error


def _first(error: BaseException) -> str:
    """Return the first line of what a library says, cut."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


def _check_type(frame: pl.DataFrame, path: Path, asked: Ask) -> None:
    """Refuse a table of another type than is stated; a family (NMC) may stand for its member (nmc532)."""
    if "chemistry" in frame.columns:
        for got in frame["chemistry"].drop_nulls().unique():
            if not asked.chemistry.lower().startswith(got.lower()):
                raise BadDefinition("calibrate_other_type", source=str(path), got=got[:40], expected=asked.chemistry)
    if "q_nominal_ah" in frame.columns:
        rated = asked.rated_capacity_ah
        for got in frame["q_nominal_ah"].drop_nulls().unique():
            if not abs(got - rated) <= RATING_TOLERANCE * rated:
                told = {"got": f"{got:g} Ah", "expected": f"{rated:g} Ah"}
                raise BadDefinition("calibrate_other_type", source=str(path), **told)


def _with_rating(frame: pl.DataFrame, asked: Ask) -> pl.DataFrame:
    """Return the table with the rating as stated, where it has capacities and no rating of its own."""
    if "q_ah" in frame.columns and "q_nominal_ah" not in frame.columns:
        return frame.with_columns(pl.lit(asked.rated_capacity_ah).alias("q_nominal_ah"))
    return frame
