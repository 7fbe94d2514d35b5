"""Least squares of many small problems at once: Levenberg and Marquardt, each problem with a damping of its own.

Every start of every curve or spectrum is one row. A caller gives the normal equations of rows; the loop solves
them, keeps parameters between their bounds, and leaves out rows that have ended.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]
Normal = Callable[[Floats, Rows], tuple[Floats, Floats, Floats]]
"""From parameters (m, p) and the rows (m) they belong to: cost (m), Jᵀr (m, p), JᵀJ (m, p, p)."""

DAMPING_START: Final = 1e-3
DAMPING_MOST: Final = 1e8
ACCEPTED: Final = 0.2
REJECTED: Final = 5.0
TINY: Final = 1e-300


@dataclass(frozen=True, slots=True)
class Fitted:
    """Where each row ended.

    Parameters
    ----------
    parameters
        Shape (rows, p).
    cost
        Sum of squared residuals, shape (rows).
    hessian
        JᵀJ at the end, shape (rows, p, p).
    converged
        Whether the gain fell below the limit before the iterations ended, shape (rows).
    """

    parameters: Floats
    cost: Floats
    hessian: Floats
    converged: npt.NDArray[np.bool_]


def levenberg_marquardt(
    normal: Normal, start: Floats, lower: Floats, upper: Floats, *, iterations: int = 60, gain: float = 1e-7
) -> Fitted:
    """Fit all rows from their starts.

    Parameters
    ----------
    start, lower, upper
        Shape (rows, p), or broadcast to it; a parameter at its bound stays while its step leads outside.
    gain
        A row ends when a taken step lowers its cost by less than this fraction, or its damping passes 1e8.

    Notes
    -----
    Damping λ scales the diagonal of JᵀJ; × 0.2 after a step that helped, × 5 otherwise (Marquardt 1963,
    doi:10.1137/0111030).
    """
    lower, upper = np.broadcast_to(lower, start.shape), np.broadcast_to(upper, start.shape)
    at = np.clip(start, lower, upper)
    active = np.arange(len(at))
    cost, slope, hessian = normal(at, active)
    damping = np.full(len(at), DAMPING_START)
    converged = np.zeros(len(at), dtype=np.bool_)
    for _ in range(iterations):
        if not len(active):
            break
        trial = _step(at[active], slope[active], hessian[active], damping[active], lower[active], upper[active])
        new_cost, new_slope, new_hessian = normal(trial, active)
        better = new_cost < cost[active]
        small = (cost[active] - new_cost) <= gain * (cost[active] + TINY)
        taken = active[better]
        at[taken], cost[taken] = trial[better], new_cost[better]
        slope[taken], hessian[taken] = new_slope[better], new_hessian[better]
        damping[active] *= np.where(better, ACCEPTED, REJECTED)
        ended = (better & small) | (damping[active] > DAMPING_MOST)
        converged[active[ended]] = True
        active = active[~ended]
    return Fitted(at, cost, hessian, converged)


def _step(at: Floats, slope: Floats, hessian: Floats, damping: Floats, lower: Floats, upper: Floats) -> Floats:
    """Return damped steps within the bounds; a parameter that is pushed out of its bound is held there."""
    held = ((at <= lower) & (slope > 0)) | ((at >= upper) & (slope < 0))
    slope = np.where(held, 0.0, slope)
    matrix = np.where(held[:, :, None] | held[:, None, :], 0.0, hessian)
    place = np.arange(at.shape[1])
    diagonal = hessian[:, place, place]
    scale = np.sqrt(np.where(held | ~(diagonal > 0), 1.0, diagonal))
    # Scaled to a unit diagonal, so that one damping fits parameters of all sizes.
    matrix = matrix / (scale[:, :, None] * scale[:, None, :])
    matrix[:, place, place] = np.where(held | ~(diagonal > 0), 1.0, matrix[:, place, place]) + damping[:, None]
    step = -np.linalg.solve(matrix, (slope / scale)[:, :, None])[:, :, 0] / scale
    return np.clip(at + step, lower, upper)
