"""Two clocks made one: where a log's own current switches, the tester's current switched.

A battery management system has a clock of its own, switched on at another moment and running a little
faster or slower. Both clocks saw the same edges of current: a coarse shift by correlation pairs them,
a straight line through the pairs gives offset and drift, and the scatter its uncertainty.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hwan.health._cells import Floats

GRID_SECOND: Final = 1.0
"""Both currents are compared on this grid, coarser where the record is longer than `GRID_MOST` of it."""
GRID_MOST: Final = 400_000
ALIKE_LEAST: Final = 0.9
"""Two courses of current that correlate less are not of one test."""
OVERLAP_LEAST: Final = 0.3
"""Two records that overlap by less than this part of the shorter one are not of one test."""
EDGE_SHARE: Final = 0.1
"""An edge changes the current by more than this part of its largest magnitude."""
EDGE_HALF_WIDTH_SECOND: Final = 30.0
"""An edge of the log is looked for this near to where the clock so far expects it."""
LEAST_HALF_WIDTH_SECOND: Final = 0.01
"""No two clocks are known better, as they are written: a tester may give both sides of an edge one time."""
PAIRED_LEAST: Final = 0.8
"""Of the tester's edges during the log so many must be in it too: two tests of one programme are alike by half."""
OFF_SHARE: Final = 0.02
"""...but only edges from or to a current below this part of the largest: a quick decay may be an edge to one alone."""
PASSES: Final = 3
"""The first pass pairs the edges near the coarse shift, the next those that its drift had moved away."""
DRIFT_MOST: Final = 0.01
"""No clock runs faster or slower than this."""
WIDEN_MOST: Final = 8.0
"""Edges that no straight line passes within so many of their half-widths are not of one test."""


@dataclass(frozen=True, slots=True)
class Clock:
    """A log's clock against the tester's: log_second = (1 + drift) · test_second + offset_second.

    `half_width_second` bounds the error of a time mapped with it, anywhere in the time that both recorded;
    `edges` counts the pairs behind it.
    """

    offset_second: float
    drift: float
    half_width_second: float
    edges: int

    def to_test(self, log_second: Floats) -> Floats:
        """Return times of the log by the tester's clock, s."""
        mapped: Floats = (log_second - self.offset_second) / (1 + self.drift)
        return mapped


def clock_between(test_second: Floats, test_ampere: Floats, log_second: Floats, log_ampere: Floats) -> Clock | None:
    """Return the log's clock against the tester's, or None where their currents do not tell.

    Parameters
    ----------
    test_second, test_ampere
        Rising times in s and currents in A of the tester, shape (samples,).
    log_second, log_ampere
        The same of the log, by its own clock and sensor.
    """
    if min(len(test_second), len(log_second)) < 3 or min(np.ptp(test_second), np.ptp(log_second)) <= GRID_SECOND:
        return None
    coarse = _coarse_offset(test_second, test_ampere, log_second, log_ampere)
    if coarse is None:
        return None
    # Times are taken from the coarse shift on: a log by calendar time would lose digits.
    shifted = log_second - coarse
    begin, end = max(test_second[0], shifted[0]), min(test_second[-1], shifted[-1])
    seen, told = _edges(test_second, test_ampere), _edges(shifted, log_ampere)
    line = np.zeros(2)
    for _ in range(PASSES):
        pairs = _paired(seen, told, line)
        if len(pairs[0]) < 2:
            return None
        line = _line(pairs[0], pairs[1] - pairs[0])
    switched = seen[0][_from_or_to_rest(test_ampere)]
    if not _enough(switched, pairs[0], float(begin), float(end), float(np.median(np.diff(shifted)))):
        return None
    fitted = _fitted(*pairs, float(begin), float(end))
    return fitted and replace(fitted, offset_second=fitted.offset_second + coarse)


def _coarse_offset(test_s: Floats, test_a: Floats, log_s: Floats, log_a: Floats) -> float | None:
    """Return log minus test time in s at the highest correlation; None where the currents are not alike."""
    longest = max(test_s[-1] - test_s[0], log_s[-1] - log_s[0])
    grid = max(GRID_SECOND, longest / GRID_MOST)
    one, other = _on_grid(test_s, test_a, grid), _on_grid(log_s, log_a, grid)
    size = 1 << int(np.ceil(np.log2(len(one) + len(other))))
    product = np.fft.irfft(np.fft.rfft(other, size) * np.conj(np.fft.rfft(one, size)), size)
    best = int(np.argmax(product))
    lag = best - size if best > size // 2 else best
    return float(lag * grid + log_s[0] - test_s[0]) if _alike(one, other, lag) else None


def _alike(one: Floats, other: Floats, lag: int) -> bool:
    """Return whether two courses on one grid are alike where they overlap, the other `lag` points later."""
    begin, end = max(0, -lag), min(len(one), len(other) - lag)
    if end - begin < OVERLAP_LEAST * min(len(one), len(other)):
        return False
    here, there = one[begin:end], other[begin + lag : end + lag]
    scale = float(np.sqrt((here @ here) * (there @ there)))
    return scale > 0 and float(here @ there) >= ALIKE_LEAST * scale


def _on_grid(second: Floats, ampere: Floats, grid: float) -> Floats:
    """Return the current of the last sample at or before each grid time: it switches, it does not slide."""
    times = np.arange(second[0], second[-1], grid)
    held: Floats = ampere[np.searchsorted(second, times, side="right") - 1]
    return held


Edges = tuple[Floats, Floats, Floats]


def _edges(second: Floats, ampere: Floats) -> Edges:
    """Return the middle in s, the half-width in s and the change in A of every edge of the current."""
    change = np.diff(ampere)
    largest = float(np.abs(ampere).max())
    here = np.flatnonzero(np.abs(change) > EDGE_SHARE * largest)
    return (second[here] + second[here + 1]) / 2, (second[here + 1] - second[here]) / 2, change[here]


def _paired(seen: Edges, told: Edges, line: Floats) -> Edges:
    """Return test time, log time and half-width of the difference, all in s, of edges that both saw.

    `line` is by how much the log's clock is expected ahead: slope and value at the test's zero in s.
    """
    (test_s, width, change), (log_s, log_width, log_change) = seen, told
    if not len(test_s) or not len(log_s):
        return np.empty(0), np.empty(0), np.empty(0)
    away = np.abs(log_s[None, :] - (test_s + np.polyval(line, test_s))[:, None])
    away[np.abs(log_change[None, :] - change[:, None]) > 0.3 * np.abs(change)[:, None]] = np.inf
    nearest = away.argmin(axis=1)
    kept = np.flatnonzero(away[np.arange(len(test_s)), nearest] < EDGE_HALF_WIDTH_SECOND)
    half = np.maximum(width[kept] + log_width[nearest[kept]], LEAST_HALF_WIDTH_SECOND)
    return test_s[kept], log_s[nearest[kept]], half


def _line(second: Floats, difference: Floats) -> Floats:
    """Return slope, within what clocks do, and value at zero of a straight line through differences in s."""
    away = second - second.mean()
    spread = float(away @ away)
    slope = float(np.clip(away @ difference / spread, -DRIFT_MOST, DRIFT_MOST)) if spread else 0.0
    return np.array([slope, float(difference.mean()) - slope * float(second.mean())])


def _from_or_to_rest(ampere: Floats) -> NDArray[np.bool_]:
    """Mark the edges of the current before or after which none flowed."""
    size = np.abs(ampere)
    here = np.flatnonzero(np.abs(np.diff(ampere)) > EDGE_SHARE * size.max())
    marked: NDArray[np.bool_] = np.minimum(size[here], size[here + 1]) <= OFF_SHARE * size.max()
    return marked


def _enough(switched: Floats, paired: Floats, begin: float, end: float, interval: float) -> bool:
    """Return whether most of the tester's edges at `switched`, of those within begin..end, are paired.

    Edges nearer to another than two intervals of the log need not be in it.
    """
    away = np.diff(switched, prepend=-np.inf, append=np.inf)
    alone = np.minimum(away[1:], away[:-1]) > 2 * interval
    expected = switched[alone & (switched > begin + interval) & (switched < end - interval)]
    return bool(np.isin(expected, paired).sum() >= PAIRED_LEAST * len(expected))


def _fitted(seen: Floats, told: Floats, half_width: Floats, begin: float, end: float) -> Clock | None:
    """Return the middle of all straight lines that pass every pair within its half-width; None without one.

    The line is told by its differences at `begin` and `end`, between which its error is bounded. Where
    no line passes all, one pair is wrong: the widths grow until one does.
    """
    share = (seen - begin) / (end - begin)
    design = np.column_stack([1 - share, share])
    factor = 1.0
    while not (ranges := _ranges(design, told - seen, factor * half_width, DRIFT_MOST * (end - begin))):
        factor *= 2
        if factor > WIDEN_MOST:
            return None
    (first, first_half), (last, last_half) = (((low + high) / 2, (high - low) / 2) for low, high in ranges)
    drift = (last - first) / (end - begin)
    half = max(first_half, last_half, LEAST_HALF_WIDTH_SECOND)
    return Clock(first - drift * begin, drift, half, len(seen))


def _ranges(design: Floats, difference: Floats, half_width: Floats, apart: float) -> tuple[tuple[float, float], ...]:
    """Return the least and the greatest of both ends of the line over all lines that pass; empty without one.

    The ends are no further than `apart` from one another.
    """
    from scipy.optimize import linprog

    sides = np.vstack([design, -design, [[-1.0, 1.0], [1.0, -1.0]]])
    limits = np.concatenate([difference + half_width, half_width - difference, [apart, apart]])
    found = [
        linprog(sign * aim, sides, limits, bounds=(None, None), method="highs") for aim in np.eye(2) for sign in (1, -1)
    ]
    if any(each.status for each in found):
        return ()
    low_first, high_first, low_last, high_last = (each.x[axis] for each, axis in zip(found, (0, 0, 1, 1), strict=True))
    return (float(low_first), float(high_first)), (float(low_last), float(high_last))
