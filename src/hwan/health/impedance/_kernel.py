"""The ladder family (L)-R-p(R,CPE)×k-(W) in loops of numbers, for machine code.

The same algorithm as :func:`hwan.health._levenberg.levenberg_marquardt` on the general circuit, step for step; only
the order of summation differs. Coordinates of a ladder are [ln L], ln R0, (ln R, ln τ, n) × k, [ln W].
"""

from __future__ import annotations

from collections.abc import Callable
from math import cos, exp, pi, sin, sqrt
from typing import Any

import numpy as np

from hwan.health._fast import compiled
from hwan.health.impedance._elements import Floats


def machine_descend() -> Callable[..., Any] | None:
    """Return :func:`descend` as machine code; None without numba."""
    fast = compiled(descend)
    if fast is not None:
        from numba.extending import register_jitable

        for helper in (cost_of, fill_arc, fill_others, add_products, normal_equations, solve, damped_step):
            register_jitable(helper)
    return fast


def fill_arc(at: Floats, first: int, log_omega: Floats, weight: Floats, real: Floats, imaginary: Floats) -> None:
    """Write weighted derivatives of one arc by ln R, ln τ and n; add its impedance to the last row.

    With u = (jωτ)ⁿ and y = 1/(1 + u): Z = R y, ∂Z/∂ln τ = −n Z (1 − y), ∂Z/∂n = −Z (1 − y) ln(jωτ).
    """
    resistance, n, last = exp(at[first]), at[first + 2], len(real) - 1
    along, across = cos(0.5 * pi * n), sin(0.5 * pi * n)
    for point in range(len(log_omega)):
        logarithm = log_omega[point] + at[first + 1]
        size = exp(n * logarithm)
        one, other = 1.0 + size * along, size * across
        inverse = 1.0 / (one * one + other * other)
        a, b = one * inverse, -other * inverse
        z, zi = weight[point] * resistance * a, weight[point] * resistance * b
        slope, slope_i = -(z * (1.0 - a) + zi * b), z * b - zi * (1.0 - a)
        real[first, point], imaginary[first, point] = z, zi
        real[first + 1, point], imaginary[first + 1, point] = n * slope, n * slope_i
        real[first + 2, point] = slope * logarithm - slope_i * 0.5 * pi
        imaginary[first + 2, point] = slope * 0.5 * pi + slope_i * logarithm
        real[last, point] += z
        imaginary[last, point] += zi


def fill_others(
    at: Floats, inductor: int, warburg: int, grid: Floats, data: Floats, real: Floats, imaginary: Floats
) -> None:
    """Write weighted derivatives of the resistor, inductor and Warburg element; begin the last row, the residual."""
    resistance, last = exp(at[inductor]), len(real) - 1
    inductance = exp(at[0]) if inductor else 0.0
    diffusion = exp(at[last - 1]) * sqrt(0.5) if warburg else 0.0
    for point in range(grid.shape[1]):
        weight = data[2, point]
        rise, fall = inductance * grid[0, point] * weight, diffusion * grid[2, point] * weight
        if inductor:
            real[0, point], imaginary[0, point] = 0.0, rise
        if warburg:
            real[last - 1, point], imaginary[last - 1, point] = fall, -fall
        real[inductor, point], imaginary[inductor, point] = resistance * weight, 0.0
        real[last, point] = (resistance - data[0, point]) * weight + fall
        imaginary[last, point] = rise - fall - data[1, point] * weight


def add_products(rows: Floats, products: Floats) -> None:
    """Add the products of all rows with each other: JᵀJ, and of the last row Jᵀr and the cost."""
    points = rows.shape[1]
    even = points - points % 4
    for a in range(len(rows)):
        for b in range(a + 1):
            # Four sums, so that the processor need not wait for the one before.
            s0, s1, s2, s3 = 0.0, 0.0, 0.0, 0.0
            for point in range(0, even, 4):
                s0 += rows[a, point] * rows[b, point]
                s1 += rows[a, point + 1] * rows[b, point + 1]
                s2 += rows[a, point + 2] * rows[b, point + 2]
                s3 += rows[a, point + 3] * rows[b, point + 3]
            for point in range(even, points):
                s0 += rows[a, point] * rows[b, point]
            products[a, b] += s0 + s1 + s2 + s3


def cost_of(at: Floats, inductor: int, warburg: int, grid: Floats, data: Floats, work: Floats) -> float:
    """Write the weighted derivatives and residual, real and imaginary (2, p + 1, f); return the cost."""
    real, imaginary = work[0], work[1]
    fill_others(at, inductor, warburg, grid, data, real, imaginary)
    for first in range(inductor + 1, len(at) - warburg, 3):
        fill_arc(at, first, grid[1], data[2], real, imaginary)
    cost, last = 0.0, len(at)
    for point in range(grid.shape[1]):
        cost += real[last, point] * real[last, point] + imaginary[last, point] * imaginary[last, point]
    return cost


def normal_equations(work: Floats, products: Floats) -> None:
    """Write the products (p + 1, p + 1), lower half: JᵀJ, below it Jᵀr and the cost."""
    products[:] = 0.0
    add_products(work[0], products)
    add_products(work[1], products)


def solve(matrix: Floats, right: Floats) -> None:
    """Solve a positive definite system in place by Cholesky; of the matrix only the lower half is read."""
    for a in range(len(right)):
        for b in range(a + 1):
            total = matrix[a, b]
            for c in range(b):
                total -= matrix[a, c] * matrix[b, c]
            matrix[a, b] = sqrt(max(total, 1e-300)) if a == b else total / matrix[b, b]
        for c in range(a):
            right[a] -= matrix[a, c] * right[c]
        right[a] /= matrix[a, a]
    for a in range(len(right) - 1, -1, -1):
        for c in range(a + 1, len(right)):
            right[a] -= matrix[c, a] * right[c]
        right[a] /= matrix[a, a]


def damped_step(
    at: Floats, products: Floats, damping: float, lower: Floats, upper: Floats, scale: Floats, matrix: Floats,
    step: Floats,
) -> None:  # fmt: skip
    """Write the next point: (JᵀJ + λ diag JᵀJ) d = −Jᵀr in scaled coordinates, kept within its bounds."""
    size = len(at)
    for a in range(size):
        slope = products[size, a]
        held = (at[a] <= lower[a] and slope > 0) or (at[a] >= upper[a] and slope < 0)
        scale[a] = 1.0 / sqrt(products[a, a]) if products[a, a] > 0 and not held else 0.0
        step[a] = -slope * scale[a]
        for b in range(a + 1):
            matrix[a, b] = products[a, b] * scale[a] * scale[b]
        matrix[a, a] = (matrix[a, a] if scale[a] > 0 else 1.0) + damping
    solve(matrix, step)
    for a in range(size):
        step[a] = min(max(at[a] + step[a] * scale[a], lower[a]), upper[a])


def descend(
    at: Floats, lower: Floats, upper: Floats, spectrum: Any, inductor: int, warburg: int, grid: Floats, data: Floats,
    iterations: int, gain: float, products: Floats, converged: Any,
) -> None:  # fmt: skip
    """Fit every row of `at` in place: Levenberg–Marquardt with λ × 0.2 after a step that helped, × 5 otherwise."""
    size = at.shape[1]
    trial, scale, matrix = np.empty(size), np.empty(size), np.empty((size, size))
    work = np.empty((2, size + 1, grid.shape[1]))
    for row in range(len(at)):
        own = data[spectrum[row]]
        best = cost_of(at[row], inductor, warburg, grid, own, work)
        normal_equations(work, products[row])
        damping = 1e-3
        for _ in range(iterations):
            damped_step(at[row], products[row], damping, lower[row], upper[row], scale, matrix, trial)
            new = cost_of(trial, inductor, warburg, grid, own, work)
            small = best - new <= gain * (best + 1e-300)
            better = new < best
            if better:
                at[row], best = trial, new
                normal_equations(work, products[row])
            damping *= 0.2 if better else 5.0
            if (better and small) or damping > 1e8:
                converged[row] = True
                break
