"""Cells at the upper limit under a falling current: the hold after a charge.

The tester holds its measured voltage. In a string it holds whatever is nearest to its limit, one
cell or the whole, as a battery management system asks for. The equations are integrated with the
classical Runge-Kutta method of fourth order and read between its nodes by cubic Hermite
interpolation, whose slopes are the equations themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from hwan.synthetic._cells import THERMAL_SECOND, Cells
from hwan.synthetic._drive import JOULES, RISE, SOC, V1, V2, VOLT_SECONDS, Glimpse, Moment, Rows, inner_voltage, moment
from hwan.synthetic._ocv import Array

NODE_SECOND: Final = 0.5
LONGEST_SECOND: Final = 12 * 3600.0


@dataclass(frozen=True, slots=True)
class Bound:
    """True voltages at which the tester sees a limit: of cells (strings, series), of strings (strings, 1)."""

    cell: Array
    string: Array

    def current(self, cells: Cells, inner: Array) -> Array:
        """Return the current (strings, 1) that brings the nearest limit exactly to its voltage.

        `inner` is the cells' voltage without the drop over R0, (strings, series), V.
        """
        by_cell: Array = ((self.cell - inner) / cells.r0_ohm).min(axis=1, keepdims=True)
        room = self.string - inner.sum(axis=1, keepdims=True)
        by_string: Array = room / cells.r0_ohm.sum(axis=1, keepdims=True)
        nearest: Array = np.minimum(by_cell, by_string)
        return nearest

    def take(self, rows: Rows) -> Bound:
        """Return the limits of strings `rows`."""
        return Bound(self.cell[rows], self.string[rows])


@dataclass(frozen=True, slots=True)
class Hold:
    """A step at constant voltage: states and slopes at the nodes, (nodes, 6, strings, series)."""

    cells: Cells
    ceiling: Bound
    states: Array
    slopes: Array
    duration: Array

    def at(self, rows: Rows, time: Array) -> Moment:
        """Return the truth at `time`, between the nodes by interpolation."""
        state, cells = self._between(rows, time), self.cells.take(rows)
        current = self.ceiling.take(rows).current(cells, inner_voltage(cells, state))
        added = (state[SOC] - self.states[0, SOC, rows]) * cells.charge_content_ah
        return moment(cells, state, current, added[:, 0])

    def glimpse(self, row: int, columns: slice, time: Array) -> Glimpse:
        """Return what cells `columns` of string `row` show at `time`; the current is what all of it allow."""
        now = self.at(np.full(len(time), row), time)
        return Glimpse(now.current, now.cell_voltage[:, columns], now.state[RISE][:, columns])

    def _between(self, rows: Rows, time: Array) -> Array:
        node = np.minimum((time // NODE_SECOND).astype(np.intp), len(self.states) - 2)
        x = (time / NODE_SECOND - node)[:, None, None]
        y0, y1 = self.states[node, :, rows], self.states[node + 1, :, rows]
        d0, d1 = self.slopes[node, :, rows] * NODE_SECOND, self.slopes[node + 1, :, rows] * NODE_SECOND
        rise = y1 - y0
        cubic: Array = y0 + x * (d0 + x * (3 * rise - 2 * d0 - d1 + x * (d0 + d1 - 2 * rise)))
        return np.moveaxis(cubic, 1, 0)


def hold(cells: Cells, start: Array, ceiling: Bound, end_current: Array) -> Hold:
    """Hold strings at their ceiling until the true current is `end_current` (strings, 1), A."""
    states, slopes = [start], [_slope(cells, start, ceiling)]
    below = 0
    # Two nodes beyond the end: the step may end up to one tick after the crossing.
    while below < 2 and len(states) * NODE_SECOND < LONGEST_SECOND:
        states.append(_stepped(cells, states[-1], slopes[-1], ceiling))
        slopes.append(_slope(cells, states[-1], ceiling))
        below += bool((slopes[-1][SOC] * cells.charge_content_ah * 3600 < end_current).all())
    endless = np.full(start.shape[1], (len(states) - 1) * NODE_SECOND)
    return Hold(cells, ceiling, np.array(states), np.array(slopes), endless)


def _stepped(cells: Cells, y: Array, k1: Array, ceiling: Bound) -> Array:
    h = NODE_SECOND
    k2 = _slope(cells, y + h / 2 * k1, ceiling)
    k3 = _slope(cells, y + h / 2 * k2, ceiling)
    k4 = _slope(cells, y + h * k3, ceiling)
    advanced: Array = y + h / 6 * (k1 + 2 * (k2 + k3) + k4)
    return advanced


def _slope(cells: Cells, y: Array, ceiling: Bound) -> Array:
    inner = inner_voltage(cells, y)
    current = ceiling.current(cells, inner)
    slope = np.empty_like(y)
    slope[SOC] = current / (3600 * cells.charge_content_ah)
    slope[V1] = (current * cells.r1_ohm - y[V1]) / cells.tau1_second
    slope[V2] = (current * cells.r2_ohm - y[V2]) / cells.tau2_second
    slope[RISE] = (cells.rise_kelvin_per_square_ampere * current**2 - y[RISE]) / THERMAL_SECOND
    slope[VOLT_SECONDS] = inner + current * cells.r0_ohm
    slope[JOULES] = current * slope[VOLT_SECONDS]
    return slope
