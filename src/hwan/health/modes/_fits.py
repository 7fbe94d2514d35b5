"""What both ways of fitting give, and how they judge what a fit leaves over."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from hwan.health.modes._fit import APART, Minima
from hwan.health.modes._kernel import PARAMETERS, Floats, Rows

FAR: Final = 25.0
"""A minimum with so many times the best one's cost is not followed."""
LEAST_NOISE_VOLT: Final = 1e-5
"""No cycler's voltage is quieter."""
LOWEST: Final = 16
"""Waves along a curve in which a feature shows that the tables do not have: down to an eighth of it."""


class Reference(NamedTuple):
    """The fresh curves' own fit.

    Parameters (curves, 5) with their curvature (curves, 5, 5), the coefficients of the tables' errors (ERRORS),
    the white part and the residual of each curve in V, the features of the residual as in :class:`Fits`, the size of
    the tables' errors over the stated, and how many starts agreed.
    """

    parameters: Floats
    hessian: Floats
    shared: Floats
    white_volt: Floats
    residual_volt: Floats
    features: Floats
    table_ratio: float
    agreeing: npt.NDArray[np.int64]


class Fits(NamedTuple):
    """Fits of all curves, a row for each minimum that is followed.

    `curve` (m) says of which curve; `parameters` (m, curves of a row x 5) are its own, then its fresh curves';
    `shared` (m, ERRORS) the coefficients of the tables' errors; `cost` (m) is -2 log of the posterior density and
    `hessian` (m, size, size) its curvature, over the parameters and, where they were fitted, the coefficients;
    `residual_volt` (m) the own curve's root mean square residual, `features` (m) the mean square of its lowest waves
    over what noise and the tables' stated errors leave there, 0 with exact tables; `table_ratio` (m) the tables'
    errors over the stated ones; `agreeing` (curves) of the starts.
    """

    curve: Rows
    parameters: Floats
    shared: Floats
    cost: Floats
    hessian: Floats
    residual_volt: Floats
    features: Floats
    table_ratio: Floats
    agreeing: npt.NDArray[np.int64]


def followed(minima: Minima) -> tuple[Rows, Rows]:
    """Return curve and place of the minima that are worth following: the best, and others not far above it."""
    best = minima.cost[:, :1]
    near = np.isfinite(minima.cost) & (minima.cost <= FAR * best)
    apart = np.asarray((np.abs(minima.parameters - minima.parameters[:, :1]) >= APART).any(axis=2))
    apart[:, 0] = True
    curve, place = np.nonzero(near & apart)
    return curve, place


def white(residual_volt: Floats, count: npt.NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Return root mean square residuals, and the white noise that would leave as little certainty, V.

    Residuals whose neighbours go together are worth fewer points: with a correlation r of neighbours their
    mean is as uncertain as that of white noise √((1 + r)/(1 - r)) times as large.
    """
    square = np.einsum("mn,mn->m", residual_volt, residual_volt)
    size = np.sqrt(square / np.maximum(count - PARAMETERS + 1, 1))
    beside = np.einsum("mn,mn->m", residual_volt[:, 1:], residual_volt[:, :-1])
    together = beside / np.maximum(square, 1e-30)
    together = np.where(together > 3 / np.sqrt(count), np.minimum(together, 0.98), 0.0)
    return size, size * np.sqrt((1 + together) / (1 - together))


def lowest_waves(residual_volt: Floats, count: npt.NDArray[np.int64]) -> Floats:
    """Return the mean square of the `LOWEST` cosine waves along each curve, V²; of white noise it is the variance."""
    found = np.empty(len(residual_volt))
    for number in np.unique(count).tolist():
        rows = count == number
        place = (np.arange(number) + 0.5) / number
        waves = np.sqrt(2 / number) * np.cos(np.pi * np.outer(place, np.arange(min(LOWEST, number))))
        waves[:, 0] /= np.sqrt(2)
        found[rows] = ((residual_volt[rows, :number] @ waves) ** 2).mean(axis=1)
    return found
