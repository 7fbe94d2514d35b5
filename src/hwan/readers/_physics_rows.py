"""Rows that are missing, there twice, or numbered by what is no step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from hwan.core import Finding
from hwan.readers._changes import change_after
from hwan.readers._physics_samples import GAP_FACTOR, Floats, Ints, Samples, at_rows, short, size_after

BESIDE: Final = 5
FLOW_SHARE: Final = 0.005
"""A current larger than this part of the largest flows."""
ROWS_PER_STEP_LEAST: Final = 3
"""Records of work steps have a start and an end and nothing between: no gap is one."""
STEP_EVERY_ROW: Final = 0.9
FEWEST_ROWS: Final = 20
REPEATED_LEAST: Final = 3
MOST_BLOCKS: Final = 20
MOST_FIRSTS: Final = 4


def rows(samples: Samples) -> Iterator[Finding]:
    """Yield gaps under current, rows and blocks of rows that are there twice, and steps of one row."""
    yield from _gaps(samples)
    yield from _duplicates(samples)
    yield from _blocks(samples)
    if len(samples) >= FEWEST_ROWS and len(samples.starts) > STEP_EVERY_ROW * len(samples):
        name = samples.step_column or ""
        yield at_rows("step_numbers_every_row", "warning", samples.starts, column=name)


def _gaps(samples: Samples) -> Iterator[Finding]:
    odd = samples.clock_changes["test_time_second"]
    longer = odd.sizes > samples.longest_usual_interval
    long, second = odd.rows[longer], odd.sizes[longer]
    if not len(long) or len(samples) < ROWS_PER_STEP_LEAST * (len(samples.starts) + 1):
        return
    flows = FLOW_SHARE * samples.largest_current
    before, after = np.abs(samples.current[long]), np.abs(samples.current[long + 1])
    gap = (second > GAP_FACTOR * _around(samples.time, long)) & (before > flows) & (after > flows)
    if gap.any():
        total, longest = short(second[gap].sum()), short(second[gap].max())
        yield at_rows("samples_gap", "note", long[gap] + 1, total_second=total, longest_second=longest)


def _around(time: Floats, at: Ints) -> Floats:
    """Return the third longest of the intervals around each: a tester that writes by change of voltage has many."""
    away = np.setdiff1d(np.arange(-BESIDE, BESIDE + 1), [0])
    around: Floats = change_after(time, np.clip(at[:, None] + away, 0, len(time) - 2))
    third: Floats = np.sort(np.nan_to_num(around), axis=1)[:, -3]
    return third


def _duplicates(samples: Samples) -> Iterator[Finding]:
    """Find rows that repeat the row before in everything but their number."""
    odd = samples.clock_changes["test_time_second"]
    still = odd.rows[odd.sizes == 0]
    for values in (samples.voltage, samples.current):  # they settle it, and NumPy is quicker on few rows
        still = still[~(size_after(values, still) > 0)]
    for name in samples.frame.columns:
        if not len(still):
            return
        if name != "record_index":
            column = samples.frame[name]
            still = still[column.gather(still).eq_missing(column.gather(still + 1)).to_numpy()]
    if len(still):
        yield at_rows("rows_duplicated", "note", still + 1)


def _blocks(samples: Samples) -> Iterator[Finding]:
    """Find blocks of rows that stand in the file a second time, as when it was appended to itself."""
    odd = samples.clock_changes["test_time_second"]
    for begin in odd.rows[odd.sizes < 0][:MOST_BLOCKS] + 1:
        # A step may end and the next begin at one time: several rows may be the block's first.
        for first in np.flatnonzero(samples.time[:begin] == samples.time[begin])[:MOST_FIRSTS]:
            length = int(min(begin - first, len(samples) - begin))
            if length >= REPEATED_LEAST and _equal(samples, int(first), int(begin), length):
                again = np.arange(begin, begin + length)
                yield at_rows("rows_repeated", "warning", again, first=int(first) + 1)
                break


def _equal(samples: Samples, first: int, begin: int, length: int) -> bool:
    """Return whether the rows from `begin` on are those from `first` on."""
    for values in (samples.time, samples.voltage, samples.current):
        one, two = values[first : first + length], values[begin : begin + length]
        if not np.array_equal(one, two, equal_nan=True):
            return False
    return True
