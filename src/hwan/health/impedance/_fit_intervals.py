"""How far the data determine each parameter: covariance of the coordinates, noise from the residuals.

The noise is not stated, it is estimated: σ² = Σ|r|²/(2f − p), so that intervals are Student's. Where residuals of
neighbouring frequencies are alike (the circuit is not quite right, or the battery moved), fewer of them are
independent, and intervals widen by √((1 + ρ)/(1 − ρ)), with ρ their correlation (Bayley and Hammersley 1946,
doi:10.2307/2983560).
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Final

import numpy as np
from scipy.special import stdtrit

from hwan.health.impedance._circuit import bounds, from_coordinates, in_order
from hwan.health.impedance._elements import Complexes, Floats
from hwan.health.impedance._fit_descent import Flags, Rows, Spectra, residuals
from hwan.health.impedance._fit_profile import profiled
from hwan.health.impedance._fit_search import Found

LEVEL: Final = 0.9
ALIKE_SIGMAS: Final = 3.0
"""Residuals are called alike when their correlation is this many of its standard errors 1/√(2f)."""
CURVED: Final = 0.15
"""Standard deviation of a coordinate beyond which its interval is no longer taken from the covariance."""
WIDENED: Final = 1.1
"""Of profiles: they follow one valley, and where a problem is curved there is often another beside it."""
RIDGE: Final = 1e-13


@dataclass(frozen=True, slots=True)
class Determined:
    """What the data say of the parameters of each spectrum, in coordinates, exchangeable arcs in order of time.

    Parameters
    ----------
    found
        The fits; better ones that turned up on the way are taken over.
    low, high
        Ends of the 90 % intervals, shape (spectra, p).
    deviation, correlation
        By the covariance, shapes (spectra, p) and (spectra, p, p); a parameter at its bound takes no part.
    noise
        Standard deviation of the residuals, a fraction of the modulus, shape (spectra).
    freedom
        Degrees of freedom of the noise, shape (spectra).
    alike
        Whether residuals of neighbouring frequencies are alike beyond chance, shape (spectra).
    profiled
        Whose intervals are those of the profile, shape (spectra).
    open_low, open_high
        Where an interval ends at the bound of its parameter: the data set no limit there, shape (spectra, p).
    """

    found: Found
    low: Floats
    high: Floats
    deviation: Floats
    correlation: Floats
    noise: Floats
    freedom: Floats
    alike: Flags
    profiled: Flags
    open_low: Flags
    open_high: Flags

    def some(self, rows: Rows) -> Determined:
        """Return what is said of some spectra."""
        kept = {each.name: getattr(self, each.name)[rows] for each in fields(self) if each.name != "found"}
        return Determined(found=self.found.some(rows), **kept)


def determined(found: Found, spectra: Spectra) -> Determined:
    """Return the 90 % intervals of fits: from the covariance, or from the profile where the problem is curved."""
    limits = bounds(found.circuit, spectra.omega, np.abs(spectra.impedance))
    held = (found.at <= limits[0]) | (found.at >= limits[1])
    freedom = np.maximum(spectra.figures - np.sum(~held, axis=1), 1.0)
    growth = inflation(correlation_of_neighbours(residuals(found.circuit, spectra, found.at)), spectra.figures)
    deviation, correlation = _covariance(found, held, freedom, growth)
    reach = stdtrit(freedom, 0.5 + LEVEL / 2)
    half = reach[:, None] * deviation
    low, high = np.maximum(found.at - half, limits[0]), np.minimum(found.at + half, limits[1])
    curved: Flags = np.any(held | (deviation > CURVED), axis=1)
    if curved.any():
        rows = np.flatnonzero(curved)
        some = limits[0][rows], limits[1][rows]
        far = WIDENED * (reach * np.sqrt(growth))[rows]
        interval = profiled(found.some(rows), spectra.some(rows), some, deviation[rows], far, freedom[rows])
        low[rows], high[rows] = interval.low, interval.high
        found = _taken_over(found, rows, interval.found)
    return _sorted(
        Determined(
            found, low, high, deviation, correlation, np.sqrt(found.cost / freedom), freedom, growth > 1, curved,
            low <= limits[0], high >= limits[1],
        )
    )  # fmt: skip


def _taken_over(found: Found, rows: Rows, better: Found) -> Found:
    at, cost, hessian = found.at.copy(), found.cost.copy(), found.hessian.copy()
    at[rows], cost[rows], hessian[rows] = better.at, better.cost, better.hessian
    return replace(found, at=at, cost=cost, hessian=hessian)


def _covariance(found: Found, held: Flags, freedom: Floats, growth: Floats) -> tuple[Floats, Floats]:
    """Return standard deviations and correlations; a parameter at its bound takes no part and has deviation 0."""
    place = np.arange(held.shape[1])
    diagonal = np.where(held, 1.0, found.hessian[:, place, place])
    scale = np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    matrix = np.where(held[:, :, None] | held[:, None], 0.0, found.hessian) / (scale[:, :, None] * scale[:, None])
    matrix[:, place, place] = 1.0 + RIDGE
    inverse = np.linalg.inv(matrix)
    spread = np.sqrt(np.maximum(inverse[:, place, place], 0.0))
    size = np.sqrt(found.cost / freedom * growth)
    deviation = np.where(held, 0.0, spread / scale * size[:, None])
    correlation: Floats = inverse / np.maximum(spread[:, :, None] * spread[:, None], 1e-300)
    return deviation, correlation


def _sorted(given: Determined) -> Determined:
    """Return all in the order of time constants."""
    _, order = in_order(given.found.circuit, from_coordinates(given.found.circuit, given.found.at))
    both = (np.arange(len(order))[:, None, None], order[:, :, None], order[:, None, :])
    flat = {
        name: np.take_along_axis(getattr(given, name), order, axis=1)
        for name in ("low", "high", "deviation", "open_low", "open_high")
    }
    at = np.take_along_axis(given.found.at, order, axis=1)
    found = replace(given.found, at=at, hessian=given.found.hessian[both])
    return replace(given, found=found, correlation=given.correlation[both], **flat)


def correlation_of_neighbours(residual: Complexes) -> Floats:
    """Return how alike residuals of neighbouring frequencies are: 0 for noise, towards 1 for a systematic error."""
    parts = np.stack((residual.real, residual.imag), axis=1)
    together = np.sum(parts[:, :, 1:] * parts[:, :, :-1], axis=(1, 2))
    own = np.sum(parts**2, axis=(1, 2))
    ratio: Floats = together / np.maximum(own, 1e-300)
    return ratio


def inflation(alike: Floats, figures: Floats | float) -> Floats:
    """Return by how much variances grow, 1 where the correlation is within chance.

    >>> inflation(np.array([0.1, 0.5]), 120).tolist()
    [1.0, 3.0]
    """
    certain = alike > ALIKE_SIGMAS / np.sqrt(figures)
    bounded = np.minimum(alike, 0.95)
    return np.where(certain, (1 + bounded) / (1 - bounded), 1.0)
