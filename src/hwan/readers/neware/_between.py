"""Which rows of a .ndax have times and counters of their own: the others were filled in between.

Newer testers write voltage and current of every row, and times, charge and energy only of some
(``data_runInfo.ndc``). fastnda fills in between, by the intervals and by ∫I·dt; so does the vendor's export.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hwan.core import Finding, Mark, Scalar
from hwan.readers.neware._remarks import remarks

if TYPE_CHECKING:
    import polars as pl

MEMBER: Final = "data_runInfo.ndc"
COLUMNS: Final = (
    "test_time_second", "unix_time_second", "step_time_second", "step_net_capacity_ah", "step_net_energy_wh",
)  # fmt: skip
MOST_RANGES: Final = 200
"""More ranges of rows than this are told as one: the marks of five columns go into every stored recording."""


@dataclass(frozen=True, slots=True)
class Between:
    """What was filled in between the rows that the tester wrote in full."""

    findings: tuple[Finding, ...] = ()
    marks: tuple[Mark, ...] = ()


NOTHING: Final = Between()


def interpolated(file: Path, frame: pl.DataFrame) -> Between:
    """Return the marks of the rows without times and counters of their own, `frame` as fastnda read it."""
    import polars as pl

    from hwan.readers._marks import marks_of

    own = _own_rows(file)
    if own is None or "index" not in frame.columns:
        return NOTHING
    filled = _not_in(frame["index"], own)
    if not filled.any():
        return NOTHING
    ranges = tuple(marks_of(frame, pl.lit(filled), COLUMNS[0], "interpolated"))
    if len(ranges) > MOST_RANGES:
        ranges = (Mark(COLUMNS[0], "interpolated", ranges[0].first_row, ranges[-1].last_row),)
    marks = (Mark(name, one.kind, one.first_row, one.last_row) for name in COLUMNS for one in ranges)
    values: dict[str, Scalar] = {"count": int(filled.sum()), "of": frame.height, "columns": ", ".join(COLUMNS)}
    return Between((Finding("rows_filled_between", "note", "columns", values),), tuple(marks))


def _not_in(index: pl.Series, own: pl.Series) -> pl.Series:
    """Return of each row whether its number is not among `own`; rows counted through are looked up by position."""
    import numpy as np
    import polars as pl

    numbers, rows = own.to_numpy().astype(np.int64), index.to_numpy().astype(np.int64)
    if not (np.diff(rows) == 1).all():
        return ~index.cast(pl.Int64).is_in(own.cast(pl.Int64).implode())
    places = numbers - rows[0]
    filled = np.ones(len(rows), np.bool_)
    filled[places[(places >= 0) & (places < len(rows))]] = False
    return pl.Series(filled)


def _own_rows(file: Path) -> pl.Series | None:
    """Return the numbers of the rows that the tester wrote in full, None where the file does not tell."""
    with zipfile.ZipFile(file) as archive, remarks():
        if MEMBER not in archive.namelist():
            return None
        try:
            from fastnda.ndax import read_ndc  # type: ignore[import-untyped]

            return read_ndc(archive.read(MEMBER))["index"]  # type: ignore[no-any-return]
        except Exception:  # inside fastnda, which read this member before: without it nothing is marked
            return None
