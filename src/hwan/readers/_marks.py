"""Marks on values: ranges of rows, so that the provenance of a million values costs a few lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import polars as pl

from hwan.core import Mark
from hwan.core.recording import MarkKind

MOST_RANGES: Final = 1_000
"""More ranges than this are told as one, from the first to the last."""


def marks_of(frame: pl.DataFrame, where: pl.Expr, column: str, kind: MarkKind) -> Iterator[Mark]:
    """Yield the ranges of rows in which `where` holds as marks on `column`."""
    rows = frame.select(pl.arg_where(where)).to_series().to_numpy().astype(np.int64)
    if not len(rows):
        return
    breaks = np.flatnonzero(np.diff(rows) > 1)
    firsts, lasts = rows[np.append(0, breaks + 1)], rows[np.append(breaks, len(rows) - 1)]
    if len(firsts) > MOST_RANGES:
        firsts, lasts = firsts[:1], lasts[-1:]
    yield from (Mark(column, kind, int(first), int(last)) for first, last in zip(firsts, lasts, strict=True))


def whole_column(column: str, kind: MarkKind, rows: int) -> Mark:
    """Return the mark on every row of a column."""
    return Mark(column, kind, 0, rows - 1)
