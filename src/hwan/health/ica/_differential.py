"""Differential voltage: dV/dq on an even grid of charge, by local parabolas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from hwan.core import BadDefinition, Conditions, Evidence, Refusal
from hwan.health._signals import Floats
from hwan.health.ica._analysed import LEAST_SPAN, PER_NOISE, PER_RESOLUTION
from hwan.health.ica._checks import cell_window, no_span, oriented, refused
from hwan.health.ica._instrument import instrument_of
from hwan.health.ica._result import UNSTATED, Circumstances

QUANTITY: Final = "differential_voltage"
POINTS: Final = 500
PILOT: Final = 0.08
"""Part of the charge over which the curve is first smoothed, to see how it bends."""
NARROWEST: Final = 0.01
WIDEST: Final = 0.2
LEAST_SAMPLES: Final = 9
"""Samples in a window, at least."""
INNER: Final = 0.1
"""The ends of a curve, where it is steepest, do not decide how wide the window is."""


@dataclass(frozen=True, slots=True)
class DifferentialVoltage:
    """dV/dq of one charge or discharge over rising charge.

    Parameters
    ----------
    charge_ah, differential_voltage_volt_per_ah, error_volt_per_ah
        An even grid of charge from 0, dV/dq (positive) and its standard error by noise.
    window_ah
        Charge over which each parabola was fitted.
    """

    charge_ah: Floats
    differential_voltage_volt_per_ah: Floats
    error_volt_per_ah: Floats
    window_ah: float
    noise_volt: float
    conditions: Conditions = UNSTATED
    evidence: tuple[Evidence, ...] = ()
    cycle_number: int = 0
    step_number: int = 0


def differential_voltage(
    voltage_volt: ArrayLike,
    charge_ah: ArrayLike,
    *,
    window_ah: float | None = None,
    chemistry: str = "unknown",
    conditions: Conditions = UNSTATED,
) -> DifferentialVoltage | Refusal:
    """Return dV/dq of one slow charge or discharge of one cell.

    Assumes what :func:`incremental_capacity` does. Each of 500 points is the slope of a parabola through the samples
    within half a window, even or uneven.

    Parameters
    ----------
    voltage_volt, charge_ah
        Shape (samples,), of one cell.
    window_ah
        Width of the window in Ah. By default the one whose error, noise and bending together, is least: noise lets
        it grow as L⁻³ in variance, the bending of the slope lets its bias grow as L².
    chemistry
        One that hwan knows: outside the voltages of its cells the curve is refused.

    Returns
    -------
    DifferentialVoltage or Refusal

    Raises
    ------
    BadDefinition
        As :func:`incremental_capacity`; a window that is not above 0 or wider than the curve.

    References
    ----------
    Bloom et al. 2005, doi:10.1016/j.jpowsour.2004.07.021; Fan and Gijbels 1996 (local polynomials).

    Examples
    --------
    >>> charge = np.linspace(0, 2, 1000)
    >>> found = differential_voltage(3.2 + 0.3 * charge, charge)
    >>> round(float(found.differential_voltage_volt_per_ah[250]), 4)
    0.3
    """
    return of_curve(oriented(voltage_volt, charge_ah), window_ah, chemistry, Circumstances(conditions))


def of_curve(
    curve: tuple[Floats, Floats], window_ah: float | None, chemistry: str, known: Circumstances
) -> DifferentialVoltage | Refusal:
    """Return the differential voltage of a curve as :func:`oriented` gives it."""
    charge, voltage = curve
    refusal = refused(charge, voltage, cell_window(chemistry), chemistry, QUANTITY)
    if refusal:
        return refusal
    whole = float(charge[-1])
    if window_ah is not None and not 0 < window_ah <= whole:
        raise BadDefinition("ica_curve_malformed", ("ica_window", {"got": window_ah, "most": whole}), where="")
    sigma, resolution = instrument_of(charge, voltage)
    noise = max(sigma, resolution / np.sqrt(12))
    part, width = max(1, len(voltage) // 20), float(max(PER_RESOLUTION * resolution, PER_NOISE * noise))
    span = float(voltage[-part:].mean() - voltage[:part].mean())
    if span <= LEAST_SPAN * width:
        return no_span(span, width, QUANTITY)
    grid = np.linspace(0.0, whole, POINTS)
    window = window_ah or best_window(charge, voltage, grid, noise)
    slope, error = slopes(charge, voltage, grid, window)
    return DifferentialVoltage(
        grid, slope, noise * error, window, float(sigma), known.conditions, known.evidence, known.cycle_number,
        known.step_number,
    )  # fmt: skip


def best_window(charge: Floats, voltage: Floats, grid: Floats, noise: float) -> float:
    """Return the window in Ah of the least mean squared error.

    A slope's variance is 12σ²/(ρL³) with ρ samples per Ah, its bias L²/40 of the slope's second derivative: the sum is
    least where L⁷ = 14400 σ²/(ρ·mean of the second derivative squared). How the slope bends is seen with a wider
    window, twice.
    """
    whole, rate = float(grid[-1]), len(charge) / float(grid[-1])
    inner = slice(int(INNER * len(grid)), int((1 - INNER) * len(grid)))
    least = max(NARROWEST * whole, LEAST_SAMPLES / rate)
    window = PILOT * whole
    for _ in range(2):
        pilot, _ = slopes(charge, voltage, grid, max(1.5 * window, least))
        bends = np.gradient(np.gradient(pilot, grid), grid)[inner]
        square = float(np.mean(bends**2))
        best = (14400 * noise**2 / (rate * square)) ** (1 / 7) if square > 0 else whole
        window = float(np.clip(best, least, max(WIDEST * whole, least)))
    return window


def slopes(charge: Floats, voltage: Floats, grid: Floats, window: float) -> tuple[Floats, Floats]:
    """Return the slope in V/Ah of a parabola about each point, and its error per V of noise.

    Sums over windows are differences of running sums, in units of the whole curve.
    """
    whole = float(grid[-1])
    x, level = charge / whole - 0.5, float(voltage.mean())
    y = voltage - level
    low, high = _windows(charge, grid, window)
    powers = [_sums(x**k, low, high) for k in range(5)]
    products = [_sums(y * x**k, low, high) for k in range(3)]
    at = grid / whole - 0.5
    s, t = _about(powers, at), _about(products, at)
    matrix = np.stack([np.stack([s[i + k] for k in range(3)], axis=-1) for i in range(3)], axis=-2)
    inverse = np.linalg.inv(matrix)
    slope = np.einsum("nk,nk->n", inverse[:, 1, :], np.stack(t, axis=-1))
    return slope / whole, np.sqrt(np.maximum(inverse[:, 1, 1], 0.0)) / whole


def _windows(charge: Floats, grid: Floats, window: float) -> tuple[Floats, Floats]:
    """Return first and last+1 sample of each window; where too few lie in it, the nearest ones."""
    low = np.searchsorted(charge, grid - 0.5 * window)
    high = np.searchsorted(charge, grid + 0.5 * window, side="right")
    lacking = np.maximum(LEAST_SAMPLES - (high - low), 0)
    low = np.clip(low - (lacking + 1) // 2, 0, len(charge) - LEAST_SAMPLES)
    return low, np.clip(high + (lacking + 1) // 2, LEAST_SAMPLES, len(charge))


def _sums(values: Floats, low: Floats, high: Floats) -> Floats:
    running = np.concatenate(([0.0], np.cumsum(values)))
    total: Floats = running[high] - running[low]
    return total


def _about(sums: list[Floats], at: Floats) -> list[Floats]:
    """Return sums of powers of x as sums of powers of x − at."""
    binomial = ((1,), (1, 1), (1, 2, 1), (1, 3, 3, 1), (1, 4, 6, 4, 1))
    return [
        sum((binomial[k][i] * sums[i] * (-at) ** (k - i) for i in range(k + 1)), np.zeros_like(at))
        for k in range(len(sums))
    ]
