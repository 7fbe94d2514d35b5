"""Rows that nobody measured: runs on exact straight lines between anchor rows.

A measured voltage carries noise or the steps of its converter: many rows in a row lie exactly on one
sloped line only when they were computed. Steps of a converter can do so too for a while, but then each
row changes by a whole number of them; a computed row changes by a fraction.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from hwan.core import Finding, Mark
from hwan.readers._changes import change_after
from hwan.readers._marks import MOST_RANGES
from hwan.readers._physics_samples import Bools, Floats, Ints, Samples, at_rows

SIGNALS: Final = ("voltage_volt", "current_ampere")
FEWEST_INSIDE: Final = 8
"""So many rows in a row on one line are no chance."""
FEWEST_LINES: Final = 3
"""So many lines, each from anchor to anchor: one alone may be what the tester was told to follow."""
ROUNDING: Final = 4.0
"""Last digits of the number's own precision that a computed row may be off, by its value or by its time."""
STEEP: Final = 20.0
"""A change of fewer such errors per row is not told from none."""
EXACT: Final = 2_000.0
"""A line that rises by less than so many such errors may be a smooth curve, seen with too few digits."""
SEEN_SHARE: Final = 1e-7
"""No tester shows a change smaller than this part of the value: solvers of simulations do."""
MOST_HITS_SHARE: Final = 0.25
MOST_SIZES: Final = 200
WHOLE: Final = 0.05
"""A change this near to a whole number of converter steps may be quantised."""
COARSE: Final = 1_000.0
"""No signal repeats a change of more converter steps than this to the step."""


def lines(samples: Samples) -> Iterator[tuple[Finding, tuple[Mark, ...]]]:
    """Yield the rows of voltage, and then of current, that were computed between others, with their marks."""
    for name in SIGNALS:
        firsts, lasts = _computed(samples, name)
        if len(firsts) < FEWEST_LINES:
            return  # without a voltage that was computed, a current on lines is what the tester was told to do
        count = int((lasts - firsts + 1).sum())
        found = at_rows("rows_interpolated", "warning", firsts, column=name, total=count)
        yield found, tuple(_marks(name, firsts, lasts))


def _marks(name: str, firsts: Ints, lasts: Ints) -> Iterator[Mark]:
    if len(firsts) > MOST_RANGES:
        firsts, lasts = firsts[:1], lasts[-1:]
    yield from (Mark(name, "interpolated", int(one), int(two)) for one, two in zip(firsts, lasts, strict=True))


def _computed(samples: Samples, name: str) -> tuple[Ints, Ints]:
    """Return the first and the last row of each run of rows that were computed between two anchors."""
    none, values = np.empty(0, np.int64), samples.frame[name].to_numpy()
    if len(values) < FEWEST_LINES * FEWEST_INSIDE:
        return none, none
    line = _line(samples, name)
    if not _may_hold_runs(line, samples.time, values):
        return none, none
    inside = np.zeros(len(values), np.bool_)
    inside[1:-1] = line.holds(samples.time, values)
    edges = np.flatnonzero(inside[1:] != inside[:-1]) + 1
    firsts, lasts = edges[::2], edges[1::2] - 1
    long = lasts - firsts + 1 >= FEWEST_INSIDE
    if not long.any():
        return none, none
    firsts, lasts = firsts[long], lasts[long]
    exact = _exact(samples, values, inside, firsts, lasts, line.error)
    change = np.abs(values[firsts].astype(np.float64) - values[firsts - 1])
    steps = change / _quantum(values[~inside].astype(np.float64), line.error)
    computed = exact & ((np.abs(steps - np.round(steps)) > WHOLE) | (steps > COARSE))
    return firsts[computed], lasts[computed]


def _exact(samples: Samples, values: Floats, inside: Bools, firsts: Ints, lasts: Ints, error: float) -> Bools:
    """Mark the runs that no smooth curve follows: on the chord from anchor to anchor, over many times the error."""
    chord = np.interp(samples.time, samples.time[~inside], values[~inside])
    away = np.abs(values - chord)
    furthest = np.maximum.reduceat(away, np.column_stack((firsts, lasts + 1)).ravel())[::2]
    risen = np.abs(values[lasts + 1].astype(np.float64) - values[firsts - 1])
    bent = np.minimum(_bend(samples, values, firsts - 1), _bend(samples, values, lasts + 1))
    exact: Bools = (furthest <= error) & (risen >= EXACT * error) & (bent >= STEEP * error)
    return exact


def _bend(samples: Samples, values: Floats, rows: Ints) -> Floats:
    """Return how far rows lie off the line of their neighbours; the first and the last row lie on none."""
    inner = np.clip(rows, 1, len(values) - 2)
    near = values[np.stack((inner - 1, inner, inner + 1))].astype(np.float64)
    with np.errstate(all="ignore"):
        stretch = change_after(samples.time, inner) / change_after(samples.time, inner - 1)
        bend: Floats = np.abs(near[2] - near[1] - (near[1] - near[0]) * stretch)
    return np.where(inner == rows, bend, np.inf)


@dataclass(frozen=True, slots=True)
class _Line:
    """How exactly a row must lie on the line between its neighbours, and by how much that must rise or fall."""

    error: float
    error_share: float
    least: float

    def holds(self, time: Floats, values: Floats) -> Bools:
        """Return whether rows lie on the line, all but the first and the last along the first axis."""
        with np.errstate(all="ignore"):
            change, second = np.diff(values, axis=0), np.diff(time, axis=0)
            stretch = (second[1:] / second[:-1]).astype(values.dtype, copy=False)
            bend = change[1:] - change[:-1] * stretch
            np.abs(change, out=change)
            on_line: Bools = np.abs(bend, out=bend) <= self.error + self.error_share * change[1:]
        return on_line & (change[1:] > self.least)


def _line(samples: Samples, name: str) -> _Line:
    largest = samples.largest(name)
    error = ROUNDING * float(np.spacing(samples.frame[name].to_numpy().dtype.type(largest)))
    error_share = ROUNDING * float(np.spacing(samples.span)) / max(samples.usual_interval, 1e-9)
    return _Line(error, error_share, max(STEEP * error, SEEN_SHARE * largest))


def _may_hold_runs(line: _Line, time: Floats, values: Floats) -> bool:
    """Return whether `FEWEST_INSIDE` rows in a row may lie on lines: every so manieth row tells."""
    on_line = line.holds(_every(time), _every(values))[0]
    hits = FEWEST_INSIDE * (np.flatnonzero(on_line) + 1)
    if len(hits) > MOST_HITS_SHARE * len(on_line):
        return True
    around = hits + np.arange(-FEWEST_INSIDE, FEWEST_INSIDE + 1)[:, None]
    inner = np.clip(around, 0, len(values) - 1)
    runs = line.holds(time[inner], values[inner]) & (inner == around)[1:-1]
    return bool(sliding_window_view(runs, FEWEST_INSIDE, axis=0).all(axis=-1).any())


def _every(values: Floats) -> Floats:
    """Return every so manieth row between the row before and the row after it."""
    threes = sliding_window_view(values[FEWEST_INSIDE - 1 :], 3)[::FEWEST_INSIDE]
    return np.ascontiguousarray(threes.T)


def _quantum(anchors: Floats, error: float) -> float:
    """Return the step of the converter: the largest of which all changes between anchors are multiples."""
    sizes = np.sort(np.abs(np.diff(anchors)))
    sizes = sizes[sizes > 2 * error]
    if not len(sizes):
        return float("inf")
    groups = np.append(0, np.flatnonzero(np.diff(sizes) > 2 * error) + 1)
    means = np.add.reduceat(sizes, groups) / np.diff(np.append(groups, len(sizes)))
    quantum = float(means[0])
    for size in means[:MOST_SIZES].tolist():
        whole, rest = size, quantum
        while rest > 0.5 * error * (1 + size / whole):  # Euclid's algorithm, with numbers known to an error
            whole, rest = rest, abs(whole - round(whole / rest) * rest)
        quantum = size / round(size / whole)  # the larger size tells it more sharply
    return quantum
