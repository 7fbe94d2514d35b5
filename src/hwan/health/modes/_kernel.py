"""Residual, slope and curvature of many fits at once: the one loop over points, compiled or in NumPy.

A row is one fit: p = (x0, wx, y0, wy, s) are the negative's stoichiometry at the curve's first point and how far it
rises over the curve, the positive's at the first point and how far it falls, and the share of the second active
material of the negative. With z from 0 to 1 over the curve's charge,

    V(z) = Up(y0 - wy z) - Un(x0 + wx z, s).
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from hwan.health.modes._machine import machine_costs, machine_equations

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]
PARAMETERS: Final = 5
_AT_ONCE: Final = 2_000_000
"""Points that the NumPy form holds at a time."""


class Table(NamedTuple):
    """Potentials on an even grid of stoichiometries, one line for each share on an even grid of shares."""

    potential_volt: Floats
    low: float
    step: float
    share_low: float
    share_step: float


class Points(NamedTuple):
    """Curves side by side: z and voltage, shape (curves, most points); `number` of each are real."""

    z: Floats
    voltage_volt: Floats
    number: npt.NDArray[np.int64]


def some_of(points: Points, some: slice) -> Points:
    """Return some of the curves."""
    return Points(points.z[some], points.voltage_volt[some], points.number[some])


def normal_equations(
    parameters: Floats, curve: Rows, points: Points, negative: Table, positive: Table
) -> tuple[Floats, Floats, Floats]:
    """Return cost (m), Jᵀr (m, 5) and JᵀJ (m, 5, 5) of rows of parameters, in V²."""
    cost = np.zeros(len(parameters))
    slope = np.zeros((len(parameters), PARAMETERS))
    hessian = np.zeros((len(parameters), PARAMETERS, PARAMETERS))
    loop = machine_equations()
    if loop is not None:
        loop(
            np.ascontiguousarray(parameters), curve, *points, *negative, *positive, cost, slope, hessian
        )  # fmt: skip
        return cost, slope, hessian
    width = max(1, _AT_ONCE // max(1, points.z.shape[1]))
    for first in range(0, len(parameters), width):
        some = slice(first, first + width)
        residual, jacobian = residuals(parameters[some], curve[some], points, negative, positive)
        cost[some] = np.einsum("mn,mn->m", residual, residual)
        slope[some] = np.einsum("mnp,mn->mp", jacobian, residual)
        hessian[some] = np.swapaxes(jacobian, 1, 2) @ jacobian
    return cost, slope, hessian


def costs(parameters: Floats, curve: Rows, points: Points, negative: Table, positive: Table) -> Floats:
    """Return the cost alone (m), in V²: for the search, which asks for hundreds of candidates a curve."""
    loop = machine_costs()
    cost = np.zeros(len(parameters))
    if loop is not None:
        loop(np.ascontiguousarray(parameters), curve, *points, *negative, *positive, cost)
        return cost
    width = max(1, _AT_ONCE // max(1, points.z.shape[1]))
    for first in range(0, len(parameters), width):
        some = slice(first, first + width)
        residual, _ = residuals(parameters[some], curve[some], points, negative, positive)
        cost[some] = np.einsum("mn,mn->m", residual, residual)
    return cost


def residuals(
    parameters: Floats, curve: Rows, points: Points, negative: Table, positive: Table
) -> tuple[Floats, Floats]:
    """Return model minus measured, V, shape (m, points), and its derivatives, shape (m, points, 5)."""
    z = points.z[curve]
    x0, wx, y0, wy, share = (column[:, None] for column in parameters.T)
    un, un_slope, un_share = look_up(negative, x0 + wx * z, share)
    up, up_slope, _ = look_up(positive, y0 - wy * z, np.zeros_like(share))
    real = np.arange(z.shape[1])[None, :] < points.number[curve][:, None]
    residual = np.where(real, up - un - points.voltage_volt[curve], 0.0)
    jacobian = np.stack((-un_slope, -un_slope * z, up_slope, -up_slope * z, -un_share), axis=-1)
    return residual, np.where(real[:, :, None], jacobian, 0.0)


def look_up(table: Table, at: Floats, share: Floats) -> tuple[Floats, Floats, Floats]:
    """Return potential, its slope and its change with the share; beyond its ends a table goes on straight."""
    lines, columns = table.potential_volt.shape
    place = (at - table.low) / table.step
    left = np.clip(np.floor(place), 0, columns - 2).astype(np.intp)
    part = place - left
    line, mix = np.zeros(left.shape, dtype=np.intp), np.zeros(left.shape)
    if lines > 1:
        height = (share - table.share_low) / table.share_step
        line = np.broadcast_to(np.clip(np.floor(height), 0, lines - 2).astype(np.intp), left.shape)
        mix = np.broadcast_to(height - line, left.shape)
    upper = line + (1 if lines > 1 else 0)
    grid = table.potential_volt
    a, b, c, d = grid[line, left], grid[line, left + 1], grid[upper, left], grid[upper, left + 1]
    one, other = a + (b - a) * part, c + (d - c) * part
    slope = ((b - a) * (1 - mix) + (d - c) * mix) / table.step
    rise = (other - one) / table.share_step if lines > 1 else np.zeros(left.shape)
    return one + (other - one) * mix, slope, rise
