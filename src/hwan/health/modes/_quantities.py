"""From stoichiometries to capacities, lithium inventory and losses, with first-order uncertainty."""

from __future__ import annotations

from typing import Final

import numpy as np

from hwan.health.modes._kernel import PARAMETERS, Floats

MODES: Final = (
    "loss_of_lithium_inventory",
    "loss_of_active_material_negative",
    "loss_of_active_material_positive",
)
CAPACITIES: Final = ("lithium_inventory", "negative_electrode_capacity", "positive_electrode_capacity")
QUANTITIES: Final = (*MODES, *CAPACITIES, "silicon_share")


def figures(at: Floats, charge_ah: Floats) -> tuple[Floats, Floats]:
    """Return the quantities of rows, shape (m, 7), and their derivatives (m, 7, parameters of all curves).

    Parameters
    ----------
    at
        Parameters of the curve, then of its fresh curves, shape (m, curves x 5).
    charge_ah
        What each of these curves moved, shape (m, curves).

    Notes
    -----
    Qn = C/wx, Qp = C/wy, Qli = x0·Qn + y0·Qp; a loss is 1 - Q/Q_fresh, with the geometric mean of several
    fresh curves. Without a fresh curve the losses are NaN.
    """
    rows, many = charge_ah.shape
    logs, slopes = _log_capacities(at.reshape(rows, many, PARAMETERS), charge_ah)
    values = np.full((rows, len(QUANTITIES)), np.nan)
    slope = np.zeros((rows, len(QUANTITIES), many, PARAMETERS))
    values[:, 3:6] = np.exp(logs[:, 0])
    slope[:, 3:6, 0] = values[:, 3:6, None] * slopes[:, 0]
    values[:, 6], slope[:, 6, 0, 4] = at[:, 4], 1.0
    if many > 1:
        left = np.exp(logs[:, 0] - logs[:, 1:].mean(axis=1))
        values[:, :3] = 1 - left
        slope[:, :3, 0] = -left[:, :, None] * slopes[:, 0]
        slope[:, :3, 1:] = np.swapaxes(left[:, None, :, None] * slopes[:, 1:] / (many - 1), 1, 2)
    return values, slope.reshape(rows, len(QUANTITIES), many * PARAMETERS)


def deviations(values: Floats, slope: Floats, hessian: Floats, spread: Floats) -> tuple[Floats, Floats]:
    """Return standard deviations of the quantities (m, 7) and the log determinant of the curvature (m).

    `spread` is the relative standard deviation of the fresh lithium inventory and electrode capacities about the
    reference, shape (3). A parameter that the curve says nothing about is left out.
    """
    free = np.einsum("mpp->mp", hessian) > 0
    matrix = np.where(free[:, :, None] & free[:, None, :], hessian, 0.0)
    matrix += np.where(free, 0.0, 1.0)[:, :, None] * np.eye(matrix.shape[1])
    scale = 1 / np.sqrt(np.einsum("mpp->mp", matrix))
    # Scaled to a unit diagonal: volts per stoichiometry and standard deviations differ by many powers of ten.
    scaled = matrix * scale[:, :, None] * scale[:, None, :] + 1e-12 * np.eye(matrix.shape[1])
    wide = np.zeros((*slope.shape[:2], matrix.shape[1]))
    wide[:, :, : slope.shape[2]] = slope * np.where(free, scale, 0.0)[:, None, : slope.shape[2]]
    solved = np.linalg.solve(scaled, np.swapaxes(wide, 1, 2))
    variance = np.maximum(np.einsum("mqp,mpq->mq", wide, solved), 0.0)
    variance[:, :3] += ((1 - values[:, :3]) * spread) ** 2
    size = np.linalg.slogdet(scaled)[1] - 2 * np.log(scale).sum(axis=1)
    return np.sqrt(variance), size


def _log_capacities(at: Floats, charge_ah: Floats) -> tuple[Floats, Floats]:
    """Return log Qli, Qn, Qp (m, curves, 3) and their derivatives (m, curves, 3, 5)."""
    x0, wx, y0, wy, _ = np.moveaxis(at, -1, 0)
    inventory = x0 / wx + y0 / wy
    logs = np.log(np.stack((charge_ah * inventory, charge_ah / wx, charge_ah / wy), axis=-1))
    slope = np.zeros((*at.shape[:2], 3, PARAMETERS))
    slope[..., 0, 0], slope[..., 0, 1] = 1 / wx / inventory, -x0 / wx**2 / inventory
    slope[..., 0, 2], slope[..., 0, 3] = 1 / wy / inventory, -y0 / wy**2 / inventory
    slope[..., 1, 1], slope[..., 2, 3] = -1 / wx, -1 / wy
    return logs, slope
