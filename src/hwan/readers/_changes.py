"""What changes from row to row by more than it may, found in one pass that makes no copy of the columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.floating[Any]]
Rows = NDArray[np.int64]

BLOCK: Final = 1 << 15
"""So many rows of a few columns stay in the processor's cache while they are looked at several times."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Values, less those of another column, that should not change by less than `low` or by more than `high`."""

    values: Numbers
    low: float
    high: float
    less: Numbers | None = None

    @property
    def dtype(self) -> np.dtype[Any]:
        """The precision in which the change is computed."""
        return self.values.dtype if self.less is None else np.result_type(self.values, self.less)


@dataclass(frozen=True, slots=True)
class Changes:
    """Rows (from 0) after which a value changes by more than it may, and by how much."""

    rows: Rows
    sizes: Numbers


def changes_beyond(*watched: Watch) -> tuple[Changes, ...]:
    """Return of each of the columns, which have equally many rows, where it changes by more than it may.

    What is absent (NaN) changes by nothing.

    >>> changes_beyond(Watch(np.array([0.0, 1.0, 5.0, 4.0]), 0.0, 2.0))
    (Changes(rows=array([1, 2]), sizes=array([ 4., -1.])),)
    """
    found = [([np.empty(0, np.int64)], [np.empty(0, watch.dtype)]) for watch in watched]
    # One buffer for all: memory that is new to the process costs more than the arithmetic in it.
    buffers = {watch.dtype: np.empty((2, BLOCK + 1), watch.dtype) for watch in watched}
    for first in range(0, len(watched[0].values) - 1, BLOCK):
        for watch, (rows, sizes) in zip(watched, found, strict=True):
            change = _changes(watch, first, buffers[watch.dtype])
            # The extremes cost a fraction of asking each row; NaN is neither, so that its block is asked.
            if not (change.min() >= watch.low and change.max() <= watch.high):
                beyond = np.flatnonzero((change < watch.low) | (change > watch.high))
                rows.append(beyond + first)
                sizes.append(change[beyond])
    return tuple(Changes(np.concatenate(rows), np.concatenate(sizes)) for rows, sizes in found)


def _changes(watch: Watch, first: int, buffer: Numbers) -> Numbers:
    """Return the changes after the rows of the block from `first` on, in an array that the next overwrites."""
    block = watch.values[first : first + BLOCK + 1]
    if watch.less is not None:
        block = np.subtract(block, watch.less[first : first + BLOCK + 1], out=buffer[0, : len(block)])
    change: Numbers = np.subtract(block[1:], block[:-1], out=buffer[1, : len(block) - 1])
    return change


def change_after(values: Numbers, rows: Rows) -> Numbers:
    """Return by how much `values` change after each of `rows`, an array of any shape."""
    change: Numbers = values[rows + 1] - values[rows]
    return change
