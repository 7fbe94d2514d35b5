"""The loops over points in numbers, for machine code; tested to agree with the forms in NumPy.

Tables come as their five fields; the last two of the positive's are not used: it has one line.
"""
# Loops that numba compiles say nothing of types.
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from hwan.health._fast import compiled


@cache
def machine_equations() -> Callable[..., Any] | None:
    """Return :func:`equations` as machine code; None without numba."""
    return _with_parts(equations)


@cache
def machine_erring() -> Callable[..., Any] | None:
    """Return :func:`erring` as machine code; None without numba."""
    return _with_parts(erring)


@cache
def machine_costs() -> Callable[..., Any] | None:
    """Return :func:`costs` as machine code; None without numba."""
    return _with_parts(costs)


def _with_parts(loop: Callable[..., Any]) -> Callable[..., Any] | None:
    fast = compiled(loop)
    if fast is not None:
        from numba.extending import register_jitable

        for part in (line_of, along, negative_at, added, write_sums, add_waves):
            register_jitable(part)
    return fast


def line_of(lines, share, s_low, s_step):
    """Return the line below a share, and how far the share lies on the way to the next."""
    if lines == 1:
        return 0, 0.0
    height = (share - s_low) / s_step
    line = min(max(int(np.floor(height)), 0), lines - 2)
    return line, height - line


def along(at, low, step, columns):
    """Return the place left of a stoichiometry, and the part of the way to the next; the ends go on straight."""
    place = (at - low) / step
    left = min(max(int(np.floor(place)), 0), columns - 2)
    return left, place - left


def negative_at(table, line, mix, left, part):
    """Return potential, its rise to the next column, and its rise to the next line."""
    a, b = table[line, left], table[line, left + 1]
    one = a + (b - a) * part
    if table.shape[0] == 1:
        return one, b - a, 0.0
    c, d = table[line + 1, left], table[line + 1, left + 1]
    other = c + (d - c) * part
    return one + (other - one) * mix, (b - a) * (1 - mix) + (d - c) * mix, other - one


def added(sums, residual, a, b, c, d, e):
    """Return the sums with one point more: the upper triangle of JᵀJ, then Jᵀr; a tuple stays in registers."""
    return (
        sums[0] + a * a, sums[1] + a * b, sums[2] + a * c, sums[3] + a * d, sums[4] + a * e,
        sums[5] + b * b, sums[6] + b * c, sums[7] + b * d, sums[8] + b * e,
        sums[9] + c * c, sums[10] + c * d, sums[11] + c * e, sums[12] + d * d, sums[13] + d * e, sums[14] + e * e,
        sums[15] + a * residual, sums[16] + b * residual, sums[17] + c * residual, sums[18] + d * residual,
        sums[19] + e * residual,
    )  # fmt: skip


def write_sums(sums, slope, hessian):
    """Write the sums as Jᵀr and JᵀJ."""
    place = 0
    for i in range(5):
        slope[i] = sums[15 + i]
        for j in range(i, 5):
            hessian[i, j] = hessian[j, i] = sums[place]
            place += 1


def equations(
    parameters, curve, z, voltage, count, negative, n_low, n_step, s_low, s_step, positive, p_low, p_step,
    _unused_low, _unused_step, cost, slope, hessian,
):  # fmt: skip
    """Add up cost, Jᵀr and JᵀJ of each row of parameters."""
    for m in range(parameters.shape[0]):
        k = curve[m]
        x0, wx, y0, wy, share = parameters[m]
        line, mix = line_of(negative.shape[0], share, s_low, s_step)
        total, sums = 0.0, (0.0,) * 20
        for i in range(count[k]):
            left, part = along(x0 + wx * z[k, i], n_low, n_step, negative.shape[1])
            un, rise, up = negative_at(negative, line, mix, left, part)
            n_slope = rise / n_step
            left, part = along(y0 - wy * z[k, i], p_low, p_step, positive.shape[1])
            rise = positive[0, left + 1] - positive[0, left]
            p_slope = rise / p_step
            residual = positive[0, left] + rise * part - un - voltage[k, i]
            total += residual * residual
            sums = added(sums, residual, -n_slope, -n_slope * z[k, i], p_slope, -p_slope * z[k, i], -up / s_step)
        cost[m] = total
        write_sums(sums, slope[m], hessian[m])


def costs(
    parameters, curve, z, voltage, count, negative, n_low, n_step, s_low, s_step, positive, p_low, p_step,
    _unused_low, _unused_step, cost,
):  # fmt: skip
    """Add up the cost alone."""
    for m in range(parameters.shape[0]):
        k = curve[m]
        x0, wx, y0, wy, share = parameters[m]
        line, mix = line_of(negative.shape[0], share, s_low, s_step)
        total = 0.0
        for i in range(count[k]):
            left, part = along(x0 + wx * z[k, i], n_low, n_step, negative.shape[1])
            un, _, _ = negative_at(negative, line, mix, left, part)
            left, part = along(y0 - wy * z[k, i], p_low, p_step, positive.shape[1])
            up = positive[0, left] + (positive[0, left + 1] - positive[0, left]) * part
            total += (up - un - voltage[k, i]) ** 2
        cost[m] = total


def add_waves(volt, rise, share, shared, sizes, middle, gain, width, row):
    """Add a table's error to its potential and slope; write in `row` what each coefficient adds to the potential.

    `share` is how far the stoichiometry is along the table; waves by recurrence,
    cos(k + 1)a = cos ka cos a − sin ka sin a.
    """
    many = len(sizes)
    angle = np.pi * min(max(share, 0.0), 1.0)
    sine, cosine = np.sin(angle), np.cos(angle)
    row[2 * many] = gain * (volt - middle)
    volt += shared[2 * many] * row[2 * many]
    rise *= 1 + shared[2 * many] * gain
    s, t = 0.0, 1.0
    for j in range(many):
        s, t = s * cosine + t * sine, t * cosine - s * sine
        turn = np.pi * (j + 1) / width
        row[j], row[many + j] = sizes[j] * s, sizes[j] * t
        volt += shared[j] * row[j] + shared[many + j] * row[many + j]
        rise += sizes[j] * turn * (shared[j] * t - shared[many + j] * s)
    return volt, rise


def erring(
    own, shared, curve, z, voltage, count, negative, n_low, n_step, s_low, s_step, positive, p_low, p_step,
    _unused_low, _unused_step, sizes, middles, gains, residual, jacobian,
):  # fmt: skip
    """Write residuals and derivatives where both tables have an error."""
    each = 2 * sizes.shape[1] + 1
    n_last, p_last = negative.shape[1] - 1, positive.shape[1] - 1
    for m in range(own.shape[0]):
        k = curve[m]
        x0, wx, y0, wy, share = own[m]
        line, mix = line_of(negative.shape[0], share, s_low, s_step)
        for i in range(count[k]):
            row = jacobian[m, i]
            left, part = along(x0 + wx * z[k, i], n_low, n_step, negative.shape[1])
            un, rise, up = negative_at(negative, line, mix, left, part)
            un, slope = add_waves(
                un, rise / n_step, (left + part) / n_last, shared[m, :each], sizes[0], middles[0], gains[0],
                n_step * n_last, row[5 : 5 + each],
            )  # fmt: skip
            for j in range(5, 5 + each):
                row[j] = -row[j]
            row[0], row[1], row[4] = -slope, -slope * z[k, i], -up / s_step
            left, part = along(y0 - wy * z[k, i], p_low, p_step, positive.shape[1])
            rise = positive[0, left + 1] - positive[0, left]
            up, slope = add_waves(
                positive[0, left] + rise * part, rise / p_step, (left + part) / p_last, shared[m, each:], sizes[1],
                middles[1], gains[1], p_step * p_last, row[5 + each :],
            )  # fmt: skip
            row[2], row[3] = slope, -slope * z[k, i]
            residual[m, i] = up - un - voltage[k, i]
