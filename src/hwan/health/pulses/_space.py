"""The few dimensions in which all answers of resistor-capacitor pairs on one time grid lie.

However many samples a pulse has, the responses of all time constants span some twenty dimensions. A batch is
projected into them once; searching and refining then cost the same for 50 samples as for 5,000.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from hwan.health._levenberg import Floats, Rows
from hwan.health.pulses._response import Background, instant_responses, pair_responses

TABLE_STEP: Final = 0.05
"""Spacing of the tabulated ln τ: the cubic between two entries is exact to 1e−8."""
SPAN_EVERY: Final = 4
NODE_EVERY: Final = 12
"""Every twelfth entry, a factor of 1.8 in τ, is a node of the search."""
NEGLIGIBLE: Final = 1e-7
EARLY: Final = 6
"""So many first samples after an edge give the sampling interval there."""
BEYOND: Final = 10.0
"""The longest τ that is tried, in observed spans: beyond one span a pair is a ramp."""


@dataclass(frozen=True, slots=True)
class Grid:
    """One time grid: seconds since the current began, the pulse's width, and what is fitted behind the circuit.

    `rest_second` is the age of the rest before the pulse; it bends the drift.
    """

    time_second: Floats
    width_second: float
    background: Background
    rest_second: float = np.inf

    @property
    def sampling_second(self) -> float:
        """Time of the first sample clearly after the current began or ended: what is faster merges with R0."""
        edges = (self.time_second, self.time_second - self.width_second)
        return min(time for since in edges if (time := _first_clear(since[since >= 0])) > 0)

    @property
    def span_second(self) -> float:
        """Seconds from the current's beginning to the last sample."""
        return float(self.time_second[-1])


class Space:
    """Orthonormal directions on a grid, and the coordinates of every time constant's response in them."""

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        low, high = np.log(grid.sampling_second), np.log(BEYOND * grid.span_second)
        self.ln_tau = np.linspace(low, high, max(2 * NODE_EVERY, int(np.ceil((high - low) / TABLE_STEP))) + 1)
        self.step = float(self.ln_tau[1] - self.ln_tau[0])
        instant = instant_responses(
            grid.time_second, grid.width_second, grid.span_second, grid.rest_second, grid.background
        )
        self.instant_axes, self.instant_matrix = np.linalg.qr(instant.T)
        value, slope = pair_responses(grid.time_second, grid.width_second, self.ln_tau)
        rest = value[::SPAN_EVERY] - (value[::SPAN_EVERY] @ self.instant_axes) @ self.instant_axes.T
        # The short side first: the singular directions of a small triangle instead of those of all samples.
        across, triangle = np.linalg.qr(rest.T)
        turn, size, _ = np.linalg.svd(triangle)
        self.pair_axes = across @ turn[:, : len(size)][:, size > NEGLIGIBLE * size[0]]
        every = np.hstack((self.pair_axes, self.instant_axes))
        self.values, self.slopes = value @ every, slope @ every

    @property
    def pairs(self) -> int:
        """Number of directions that only pairs reach; the coordinates after them are of the instant columns."""
        return int(self.pair_axes.shape[1])

    @cached_property
    def nodes(self) -> Rows:
        """Positions of the search's nodes in the table."""
        return np.arange(0, len(self.ln_tau), NODE_EVERY)

    def project(self, resistance_ohm: Floats) -> tuple[Floats, Floats, Floats]:
        """Return coordinates of rows (items, samples) among pairs and instant columns, and what is left, squared."""
        pair, instant = resistance_ohm @ self.pair_axes, resistance_ohm @ self.instant_axes
        left = _square(resistance_ohm) - _square(pair) - _square(instant)
        return pair, instant, np.maximum(left, 0.0)

    def at(self, ln_tau: Floats) -> tuple[Floats, Floats]:
        """Return coordinates and slopes by ln τ at any ln τ, shape (…, coordinates): cubic between entries."""
        place = np.clip((ln_tau - self.ln_tau[0]) / self.step, 0.0, len(self.ln_tau) - 1.0)
        left = np.minimum(place.astype(np.intp), len(self.ln_tau) - 2)
        x = (place - left)[..., None]
        before, after = self.values[left], self.values[left + 1]
        rise_before, rise_after = self.step * self.slopes[left], self.step * self.slopes[left + 1]
        turn = rise_before - (after - before)
        bend = (after - before) - rise_after
        value = (1 - x) * before + x * after + x * (1 - x) * ((1 - x) * turn + x * bend)
        slope = (after - before) + (1 - 2 * x) * ((1 - x) * turn + x * bend) + x * (1 - x) * (bend - turn)
        return value, slope / self.step


def _first_clear(since: Floats) -> float:
    """Return the first time after an edge that is more than half a sampling interval away from it; 0 without one."""
    clear = since[since > 0.5 * float(np.median(np.diff(since[:EARLY])))] if len(since) > 1 else since[:0]
    return float(clear[0]) if len(clear) else 0.0


def _square(rows: Floats) -> Floats:
    square: Floats = np.einsum("ij,ij->i", rows, rows)
    return square
