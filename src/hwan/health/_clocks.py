"""Two clocks made one: where a log's own current switches, the tester's current switched.

A battery management system has a clock of its own, switched on at another moment and running a little
faster or slower. Both clocks saw the same edges of current: a coarse shift by correlation pairs them,
a straight line through the pairs gives offset and drift, and the scatter its uncertainty.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

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
"""An edge of the log is looked for this near to where the coarse shift expects it."""


@dataclass(frozen=True, slots=True)
class Clock:
    """A log's clock against the tester's: log_second = (1 + drift) · test_second + offset_second.

    `half_width_second` bounds the error of a time mapped with it, `edges` counts the pairs behind it.
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
    if min(len(test_second), len(log_second)) < 3:
        return None
    coarse = _coarse_offset(test_second, test_ampere, log_second, log_ampere)
    if coarse is None:
        return None
    pairs = _paired_edges(test_second, test_ampere, log_second, log_ampere, coarse)
    return _fitted(*pairs) if len(pairs[0]) >= 2 else None


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


def _edges(second: Floats, ampere: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the middle in s, the half-width in s and the change in A of every edge of the current."""
    change = np.diff(ampere)
    largest = float(np.abs(ampere).max())
    here = np.flatnonzero(np.abs(change) > EDGE_SHARE * largest)
    return (second[here] + second[here + 1]) / 2, (second[here + 1] - second[here]) / 2, change[here]


def _paired_edges(
    test_s: Floats, test_a: Floats, log_s: Floats, log_a: Floats, coarse: float
) -> tuple[Floats, Floats, Floats]:
    """Return test time, log time and half-width of the difference, all in s, of edges that both saw."""
    seen, width, change = _edges(test_s, test_a)
    told, told_width, told_change = _edges(log_s, log_a)
    if not len(told) or not len(seen):
        return np.empty(0), np.empty(0), np.empty(0)
    away = np.abs(told[None, :] - coarse - seen[:, None])
    away[np.abs(told_change[None, :] - change[:, None]) > 0.3 * np.abs(change)[:, None]] = np.inf
    nearest = away.argmin(axis=1)
    kept = np.flatnonzero(away[np.arange(len(seen)), nearest] < EDGE_HALF_WIDTH_SECOND)
    return seen[kept], told[nearest[kept]], width[kept] + told_width[nearest[kept]]


def _fitted(seen: Floats, told: Floats, half_width: Floats) -> Clock:
    """Return the middle of all straight lines that pass every pair within its half-width.

    The line is told by its differences at the first and the last edge. Where no line passes all, one
    pair is wrong: the widths grow until one does.
    """
    begin, end = float(seen[0]), float(seen[-1])
    share = (seen - begin) / (end - begin) if end > begin else np.zeros_like(seen)
    design = np.column_stack([1 - share, share])
    factor = 1.0
    while not (ranges := _ranges(design, told - seen, factor * half_width)):
        factor *= 2
    (first, first_half), (last, last_half) = (((low + high) / 2, (high - low) / 2) for low, high in ranges)
    drift = (last - first) / (end - begin) if end > begin else 0.0
    return Clock(first - drift * begin, drift, max(first_half, last_half), len(seen))


def _ranges(design: Floats, difference: Floats, half_width: Floats) -> tuple[tuple[float, float], ...]:
    """Return the least and the greatest of both ends of the line over all lines that pass; empty without one."""
    from scipy.optimize import linprog

    sides = np.vstack([design, -design])
    limits = np.concatenate([difference + half_width, half_width - difference])
    found = [
        linprog(sign * aim, sides, limits, bounds=(None, None), method="highs") for aim in np.eye(2) for sign in (1, -1)
    ]
    if any(each.status for each in found):
        return ()
    low_first, high_first, low_last, high_last = (each.x[axis] for each, axis in zip(found, (0, 0, 1, 1), strict=True))
    return (float(low_first), float(high_first)), (float(low_last), float(high_last))
