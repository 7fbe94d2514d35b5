"""Cells under a constant current, rest included: exact at every instant, in closed form.

The state of a batch is one array of shape (6, strings, series): state of charge, the voltages of the
two RC pairs (V), temperature rise (K), and since the step's beginning the integrals of the cell
voltage (V s) and of its power (J). Strings are independent; the cells of a string share the current.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from hwan.synthetic._cells import THERMAL_SECOND, Cells
from hwan.synthetic._ocv import Array

Rows = NDArray[np.intp]
SOC, V1, V2, RISE, VOLT_SECONDS, JOULES = range(6)


@dataclass(frozen=True, slots=True)
class Moment:
    """What is true at one instant of each of M strings; `state` (6, M, series), the rest as stated."""

    state: Array
    current: Array  # (M,), A
    cell_voltage: Array  # (M, series), V
    charge_ah: Array  # (M,), since the step's beginning, Ah

    @property
    def voltage(self) -> Array:
        """Voltage of the strings, V."""
        total: Array = self.cell_voltage.sum(axis=1)
        return total

    @property
    def energy_wh(self) -> Array:
        """Energy put into the strings since the step's beginning, Wh."""
        joules: Array = self.state[JOULES].sum(axis=1)
        return joules / 3600

    @property
    def volt_seconds(self) -> Array:
        """Integral of the strings' voltage since the step's beginning, V s."""
        integral: Array = self.state[VOLT_SECONDS].sum(axis=1)
        return integral


@dataclass(frozen=True, slots=True)
class Glimpse:
    """What a voltmeter and a thermometer could see of one string at M instants, without any integral."""

    current: Array  # (M,), A
    cell_voltage: Array  # (M, cells), V
    rise: Array  # (M, cells), K

    @classmethod
    def joined(cls, parts: Sequence[Glimpse]) -> Glimpse:
        """Return `parts` one after the other."""
        columns = zip(*((part.current, part.cell_voltage, part.rise) for part in parts), strict=True)
        return cls(*(np.concatenate(column) for column in columns))


class Segment(Protocol):
    """One executed step of a batch of strings."""

    @property
    def duration(self) -> Array:
        """Duration of the step, (strings,), s."""

    def at(self, rows: Rows, time: Array) -> Moment:
        """Return the truth of strings `rows` at `time` seconds after the step's beginning, both (M,)."""

    def glimpse(self, row: int, columns: slice, time: Array) -> Glimpse:
        """Return what cells `columns` of string `row` show at `time` (M,) seconds after the step's beginning."""


def moment(cells: Cells, state: Array, current: Array, charge_ah: Array) -> Moment:
    """Return the instant with `state` (6, M, series) under `current` (M, 1)."""
    return Moment(state, current[:, 0], inner_voltage(cells, state) + current * cells.r0_ohm, charge_ah)


def inner_voltage(cells: Cells, state: Array) -> Array:
    """Return what the terminals would show without current through R0, V."""
    total: Array = cells.open_circuit.voltage(state[SOC]) + state[V1] + state[V2]
    return total


@dataclass(frozen=True, slots=True)
class Drive:
    """A step at constant current.

    Parameters
    ----------
    cells
        Arrays of shape (strings, series).
    start
        State at the beginning, (6, strings, series).
    current
        True current, (strings, 1), A.
    duration
        Of the step, (strings,), s.
    """

    cells: Cells
    start: Array
    current: Array
    duration: Array

    def at(self, rows: Rows, time: Array) -> Moment:
        """Return the truth at `time` (exact solution of the circuit's linear equations)."""
        # One string at many instants needs no copy of its cells for each.
        rows = rows[:1] if len(rows) and (rows == rows[0]).all() else rows
        cells, current, t = self.cells.take(rows), self.current[rows], time[:, None]
        state = _advanced(cells, self.start[:, rows], current, t)
        return moment(cells, state, np.broadcast_to(current, t.shape), (current * t)[:, 0] / 3600)

    def glimpse(self, row: int, columns: slice, time: Array) -> Glimpse:
        """Return what cells `columns` of string `row` show at `time`."""
        cells, current, t = self.cells.cut(row, columns), float(self.current[row, 0]), time[:, None]
        start = self.start[:, row, columns]
        voltage = cells.open_circuit.voltage(start[SOC] + current * t / (3600 * cells.charge_content_ah))
        voltage += _approached(start[V1], current * cells.r1_ohm, -np.expm1(-t / cells.tau1_second))
        voltage += _approached(start[V2], current * cells.r2_ohm, -np.expm1(-t / cells.tau2_second))
        voltage += current * cells.r0_ohm
        return Glimpse(np.full(len(time), current), voltage, _rise(cells, start[RISE], current, t))


def _advanced(cells: Cells, start: Array, current: Array, t: Array) -> Array:
    state = np.empty((len(start), len(t), start.shape[2]))
    state[SOC] = start[SOC] + current * t / (3600 * cells.charge_content_ah)
    state[V1], volt_1 = _relaxed(start[V1], current * cells.r1_ohm, cells.tau1_second, t)
    state[V2], volt_2 = _relaxed(start[V2], current * cells.r2_ohm, cells.tau2_second, t)
    state[RISE] = _rise(cells, start[RISE], current, t)
    open_volt = _open_volt_seconds(cells, start[SOC], state[SOC], current, t)
    state[VOLT_SECONDS] = open_volt + volt_1 + volt_2 + current * cells.r0_ohm * t
    state[JOULES] = current * state[VOLT_SECONDS]
    return state


def _rise(cells: Cells, start: Array, current: Array | float, t: Array) -> Array:
    warm: Array = cells.rise_kelvin_per_square_ampere * current**2
    risen: Array = warm + (start - warm) * np.exp(-t / THERMAL_SECOND)
    return risen


def _approached(start: Array, end: Array, gone: Array) -> Array:
    now: Array = start + (end - start) * gone
    return now


def _relaxed(start: Array, end: Array, tau: Array, t: Array) -> tuple[Array, Array]:
    """Return an RC pair's voltage after `t` and its integral over the time until then."""
    gone = -np.expm1(-t / tau)
    return _approached(start, end, gone), end * t + (start - end) * tau * gone


def _open_volt_seconds(cells: Cells, soc0: Array, soc1: Array, current: Array, t: Array) -> Array:
    curve = cells.open_circuit
    if not current.any():
        return curve.voltage(soc0) * t
    # Time runs with the state of charge, so the integral over time is one over the state of charge.
    second_per_soc = 3600 * cells.charge_content_ah / current
    return second_per_soc * (curve.integral(soc1) - curve.integral(soc0))
