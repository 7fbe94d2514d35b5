"""What the noise of the simulated curves allows at best: the Cramér-Rao bound at the truth, by no code of ours."""

from __future__ import annotations

import numpy as np

from modes_data import curves, frame, table

NOISE_VOLT = 1e-3
DRAWS = 4000


def allowed_p95(name: str) -> tuple[float, float, float]:
    """Return the P95 of a set's LAM_PE over its aged cells, points: what to expect, and its 5 and 95 % quantiles.

    Of an unbiased estimate that reaches the bound in every cell, with the true tables and one fresh curve for all.
    """
    truth = frame("dma_truth").filter(frame("dma_truth")["set"] == name).sort("case")
    own = truth.select("x0", "Qn_Ah", "y0", "Qp_Ah").to_numpy()
    spread = np.array([_relative(name, k, at) for k, at in enumerate(own)])
    left = own[1:, 3] / own[0, 3]
    draws = np.random.default_rng(0).standard_normal((DRAWS, len(own))) * spread
    wrong = 100 * np.abs(left * (draws[:, 1:] - draws[:, :1]))
    low, high = np.quantile(np.quantile(wrong, 0.95, axis=1), (0.05, 0.95))
    return float(np.quantile(wrong, 0.95, axis=1).mean()), float(low), float(high)


def _relative(name: str, case: int, at: np.ndarray) -> float:
    """Return the least relative standard deviation of a cell's positive capacity."""
    x0, qn, y0, qp = at
    charge = curves(name)[case].charge_ah
    un, up = _slope(name, "negative", x0 + charge / qn), _slope(name, "positive", y0 - charge / qp)
    jacobian = np.stack((-un, un * charge / qn**2, up, up * charge / qp**2), axis=1) * np.array([1, qn, 1, qp])
    return float(NOISE_VOLT * np.sqrt(np.linalg.inv(jacobian.T @ jacobian)[3, 3]))


def _slope(name: str, side: str, at: np.ndarray) -> np.ndarray:
    """Return the slope of a table's potential."""
    x, potential = table(name, side)
    return np.interp(at, (x[1:] + x[:-1]) / 2, np.diff(potential) / np.diff(x))
