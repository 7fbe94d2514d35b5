"""How the noise of a spectrum goes with the frequency, from what a fit leaves: a smooth law, near to a power of f."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import chdtri

from hwan.health._products import product
from hwan.health.impedance._spectrum import Floats

LEAST_KNOTS: Final = 3
CHANGE_PER_DECADE: Final = 1.5
"""Usual change of ln σ² from one decade to the next: the noise of an instrument seldom changes faster."""
BEND_PER_DECADE: Final = 0.5
"""Usual change of that change: a power of the frequency has none."""
MOST_RATIO: Final = 6.0
"""A square so many times what is expected counts no more than this: a single point says nothing of its decade."""
LONGEST_STEP: Final = 1.5
STEPS: Final = 2
UNEVEN_PROBABILITY: Final = 0.02


@dataclass(frozen=True, slots=True)
class Knots:
    """Knots along ln f, one a decade: hats between them, shape (f, k), and the precision of what is usual, (k, k)."""

    hats: Floats
    precision: Floats


@dataclass(frozen=True, slots=True)
class NoiseLaw:
    """ln σ² of n spectra at the knots, shape (n, k), and its covariance, shape (n, k, k)."""

    knots: Knots
    logarithm: Floats
    covariance: Floats

    @property
    def size(self) -> Floats:
        """The standard deviation at each frequency, shape (n, f)."""
        size: Floats = np.exp(0.5 * product(self.logarithm, self.knots.hats.T))
        return size

    def of(self, rows: npt.NDArray[np.intp]) -> NoiseLaw:
        """Return the laws of some of the spectra."""
        return NoiseLaw(self.knots, self.logarithm[rows], self.covariance[rows])

    def freedom(self, shares: Floats) -> Floats:
        """Return the degrees of freedom of variances to which the points contribute `shares`, (n, f, p) -> (n, p).

        Those of a χ² whose logarithm is as uncertain (Satterthwaite; doi:10.2307/3002019).
        """
        at = shares.transpose(0, 2, 1) @ self.knots.hats
        freedom: Floats = 2 / ((at @ self.covariance) * at).sum(2)
        return freedom


def knots(frequency_hertz: Floats) -> Knots:
    """Return the knots of a grid from high to low frequency."""
    place = np.log10(frequency_hertz)
    decades = place[0] - place[-1]
    count = max(LEAST_KNOTS, round(decades) + 1)
    apart = decades / (count - 1)
    hats = np.maximum(1 - np.abs((place[:, None] - place[-1]) / apart - np.arange(count)), 0.0)
    change = np.diff(np.eye(count), axis=0) / (CHANGE_PER_DECADE * np.sqrt(apart))
    bend = np.diff(np.eye(count), n=2, axis=0) / (BEND_PER_DECADE * apart)
    return Knots(hats, change.T @ change + bend.T @ bend)


def improved(law: NoiseLaw, squares: Floats, freedom: Floats) -> NoiseLaw:
    """Return the law that is likelier by squares of residuals, shape (n, f), that have `freedom` each, shape (n, f).

    Fisher scoring of the likelihood of a variance, with the usual change as prior.
    """
    hats, precision = law.knots.hats, law.knots.precision
    logarithm: Floats = law.logarithm
    covariance = np.asarray(np.linalg.inv(_information(law.knots, freedom) + precision), dtype=np.float64)
    ratio = squares / np.maximum(freedom, 1e-3)
    for _ in range(STEPS):
        bounded = np.minimum(ratio * np.exp(-product(logarithm, hats.T)), MOST_RATIO)
        slope = product(0.5 * freedom * (bounded - 1), hats) - product(logarithm, precision)
        step: Floats = (covariance @ slope[:, :, None])[:, :, 0]
        logarithm = logarithm + np.clip(step, -LONGEST_STEP, LONGEST_STEP)
    return NoiseLaw(law.knots, logarithm, covariance)


def uneven(grid: Knots, ratio: Floats, freedom: Floats) -> npt.NDArray[np.bool_]:
    """Return whether one noise for all frequencies is unlikely, shape (n).

    Score test of the law: `ratio` are squares of residuals over the variance, shape (n, f), `freedom` what they have,
    shape (f). The sum of weighted χ² is taken as one χ² of the same mean and variance.
    """
    information = _information(grid, freedom[None])[0]
    prior = np.linalg.inv(information + grid.precision)
    slope = product(0.5 * (ratio - freedom), grid.hats)
    spread = prior @ (information - np.outer(information.sum(1), information.sum(1)) / information.sum())
    mean, variance = np.trace(spread), 2 * np.trace(spread @ spread)
    limit = chdtri(2 * mean**2 / variance, UNEVEN_PROBABILITY) * variance / (2 * mean)
    found: npt.NDArray[np.bool_] = ((slope @ prior) * slope).sum(1) > limit
    return found


def _information(grid: Knots, freedom: Floats) -> Floats:
    """Return what residuals of `freedom`, shape (n, f), tell of ln σ² at the knots, shape (n, k, k)."""
    outer = grid.hats[:, :, None] * grid.hats[:, None, :]
    count = grid.hats.shape[1]
    information: Floats = 0.5 * product(freedom, outer.reshape(len(outer), -1)).reshape(-1, count, count)
    return information
