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

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

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


def interpolated(own: pl.Series | None, frame: pl.DataFrame) -> Between:
    """Return the marks of the rows without times and counters of their own, `frame` as fastnda read it."""
    if own is None or "index" not in frame.columns:
        return NOTHING
    rows = _own_places(frame["index"], own)
    count = frame.height - len(rows)
    if not count:
        return NOTHING
    marks = tuple(Mark(name, "interpolated", *between) for name in COLUMNS for between in _ranges(rows, frame.height))
    values: dict[str, Scalar] = {"count": count, "of": frame.height, "columns": ", ".join(COLUMNS)}
    return Between((Finding("rows_filled_between", "note", "columns", values),), marks)


def _ranges(own: NDArray[np.int64], rows: int) -> list[tuple[int, int]]:
    """Return the first and the last row of each run of others, or of all of them when there are too many."""
    import numpy as np

    before, after = np.append(-1, own), np.append(own, rows)
    gap = after - before > 1
    firsts, lasts = before[gap] + 1, after[gap] - 1
    if len(firsts) > MOST_RANGES:
        firsts, lasts = firsts[:1], lasts[-1:]
    return list(zip(firsts.tolist(), lasts.tolist(), strict=True))


def _own_places(index: pl.Series, own: pl.Series) -> NDArray[np.int64]:
    """Return the rows whose number is among `own`, in order; of rows counted through the number is the place."""
    import numpy as np
    import polars as pl

    numbers, first, last = index.to_numpy(), index[0], index[-1]
    if last - first != len(index) - 1 or not (numbers[1:] > numbers[:-1]).all():
        return np.flatnonzero(index.cast(pl.Int64).is_in(own.cast(pl.Int64).implode()).to_numpy())
    places = own.to_numpy().astype(np.int64) - first
    found = np.zeros(len(index), np.bool_)
    found[places[(places >= 0) & (places < len(index))]] = True
    return np.flatnonzero(found)


def own_rows(file: Path) -> pl.Series | None:
    """Return the numbers of the rows that the tester wrote in full, None where the file does not tell.

    The caller listens: what fastnda says of this member it says again when it reads the samples.
    """
    with zipfile.ZipFile(file) as archive:
        if MEMBER not in archive.namelist():
            return None
        try:
            from fastnda.ndax import read_ndc  # type: ignore[import-untyped]

            return read_ndc(archive.read(MEMBER))["index"]  # type: ignore[no-any-return]
        except Exception:  # inside fastnda, which reads this member for the samples: without it nothing is marked
            return None
