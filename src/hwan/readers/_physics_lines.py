"""Rows that nobody measured: runs on exact straight lines between anchor rows.

A measured voltage carries noise or the steps of its converter: many rows in a row lie exactly on one
sloped line only when they were computed. Steps of a converter can do so too for a while, but then each
row changes by a whole number of them; a computed row changes by a fraction.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from hwan.core import Finding, Mark
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
MOST_SIZES: Final = 200
WHOLE: Final = 0.05
"""A change this near to a whole number of converter steps may be quantised."""
COARSE: Final = 1_000.0
"""No signal repeats a change of more converter steps than this to the step."""


def lines(samples: Samples) -> Iterator[tuple[Finding, tuple[Mark, ...]]]:
    """Yield the rows of voltage, and then of current, that were computed between others, with their marks."""
    for name in SIGNALS:
        firsts, lasts = _computed(samples, samples.frame[name].to_numpy())
        if len(firsts) < FEWEST_LINES:
            return  # without a voltage that was computed, a current on lines is what the tester was told to do
        count = int((lasts - firsts + 1).sum())
        found = at_rows("rows_interpolated", "warning", firsts, column=name, total=count)
        yield found, tuple(_marks(name, firsts, lasts))


def _marks(name: str, firsts: Ints, lasts: Ints) -> Iterator[Mark]:
    if len(firsts) > MOST_RANGES:
        firsts, lasts = firsts[:1], lasts[-1:]
    yield from (Mark(name, "interpolated", int(one), int(two)) for one, two in zip(firsts, lasts, strict=True))


def _computed(samples: Samples, values: Floats) -> tuple[Ints, Ints]:
    """Return the first and the last row of each run of rows that were computed between two anchors."""
    none = np.empty(0, np.int64)
    if len(values) < FEWEST_LINES * FEWEST_INSIDE:
        return none, none
    largest = np.fmax.reduce(np.abs(values))
    error = ROUNDING * float(np.spacing(largest))
    inside = _on_lines(samples, values, error, max(STEEP * error, SEEN_SHARE * float(largest)))
    edges = np.flatnonzero(inside[1:] != inside[:-1]) + 1
    firsts, lasts = edges[::2], edges[1::2] - 1
    long = lasts - firsts + 1 >= FEWEST_INSIDE
    if not long.any():
        return none, none
    firsts, lasts = firsts[long], lasts[long]
    exact = _exact(samples, values, inside, firsts, lasts, error)
    change = np.abs(values[firsts].astype(np.float64) - values[firsts - 1])
    steps = change / _quantum(values[~inside].astype(np.float64), error)
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
        bend: Floats = np.abs(near[2] - near[1] - (near[1] - near[0]) * samples.stretch[inner - 1])
    return np.where(inner == rows, bend, np.inf)


def _on_lines(samples: Samples, values: Floats, error: float, least: float) -> Bools:
    """Mark the rows that lie on the line between their neighbours, which rises or falls by `least` per row."""
    change = np.diff(values)
    error_share = ROUNDING * float(np.spacing(samples.span)) / max(samples.usual_interval, 1e-9)
    inside = np.zeros(len(values), np.bool_)
    with np.errstate(all="ignore"):
        bend = change[1:] - change[:-1] * samples.stretch.astype(values.dtype, copy=False)
        np.abs(change, out=change)
        inside[1:-1] = np.abs(bend, out=bend) <= error + error_share * change[1:]
        inside[1:-1] &= change[1:] > least
    return inside


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
