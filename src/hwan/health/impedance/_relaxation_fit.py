"""The distributions of many spectra of one grid at once: positive, smooth in the logarithm, as close as the noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from hwan.health._levenberg import Rows, levenberg_marquardt
from hwan.health.impedance._relaxation_grid import Grid
from hwan.health.impedance._spectrum import Complexes, Floats

NOISE_LEAST: Final = 3e-4
"""The columns stand for a real distribution to about this fraction of the modulus."""
ITERATIONS: Final = 150
GAIN: Final = 1e-4
CHUNK: Final = 32
"""Spectra at a time: their matrices stay in the processor's cache."""
_LOGARITHM: Final = (-80.0, 20.0)


@dataclass(frozen=True, slots=True)
class RelaxationFit:
    """Distributions of n spectra, in units of `scale` (n), ohm.

    Parameters
    ----------
    series
        Amplitudes of the elements in series, shape (n, s).
    logarithm
        ln γ, shape (n, t).
    covariance
        Of (series, ln γ), shape (n, s + t, s + t).
    misfit
        Measured minus fitted over the modulus, complex, shape (n, f).
    chi_square
        Mean square of the misfit over the noise's, shape (n); about one.
    """

    scale: Floats
    series: Floats
    logarithm: Floats
    covariance: Floats
    misfit: Complexes
    chi_square: Floats


def relaxation_fit(columns: Grid, impedance_ohm: Complexes, noise: Floats, weight: Floats) -> RelaxationFit:
    """Find γ with the least of misfit over noise plus curvature of ln γ over its usual size.

    Parameters
    ----------
    impedance_ohm
        Shape (n, f).
    noise
        Standard deviation of each part over the modulus, shape (n): it sets the strength of the smoothing.
    weight
        1, or 0 for a point that is left out, shape (n, f).
    """
    parts = [
        _fitted(columns, impedance_ohm[place], noise[place], weight[place])
        for place in (slice(first, first + CHUNK) for first in range(0, len(impedance_ohm), CHUNK))
    ]
    names = RelaxationFit.__slots__
    return RelaxationFit(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def _fitted(columns: Grid, impedance: Complexes, noise: Floats, weight: Floats) -> RelaxationFit:
    scale = np.abs(impedance).max(axis=1)
    noise = np.maximum(noise, NOISE_LEAST)
    relative = impedance / scale[:, None]
    weights = weight / np.abs(relative) / noise[:, None]
    problem = _Problem.of(columns, relative, weights)
    start, lower, upper = _start(columns, relative)
    # The Gauss–Newton matrix at the end is the inverse covariance: misfit and curvature are both in sigmas.
    found = levenberg_marquardt(problem, start, lower, upper, iterations=ITERATIONS, gain=GAIN)
    amplitudes = _amplitudes(found.parameters, columns.series)
    misfit = (relative - amplitudes @ columns.columns.T) / np.abs(relative)
    points = 2 * weight.sum(1)
    return RelaxationFit(
        scale=scale,
        series=found.parameters[:, : columns.series],
        logarithm=found.parameters[:, columns.series :],
        covariance=_inverse(found.hessian),
        misfit=misfit,
        chi_square=(weight * np.abs(misfit) ** 2).sum(1) / noise**2 / points,
    )


def _start(columns: Grid, relative: Complexes) -> tuple[Floats, Floats, Floats]:
    """Return a flat distribution, and bounds: no element is negative."""
    count, times = columns.columns.shape[1], len(columns.tau_second)
    start = np.zeros((len(relative), count))
    start[:, 0] = np.maximum(relative.real.min(1), 0.0)
    span = np.maximum(np.ptp(relative.real, axis=1), 1e-6)
    start[:, columns.series :] = np.log(span / (times * columns.spacing))[:, None]
    lower, upper = np.full(count, -np.inf), np.full(count, np.inf)
    lower[: columns.series] = 0.0
    lower[columns.series :], upper[columns.series :] = _LOGARITHM
    return start, lower, upper


def _amplitudes(parameters: Floats, series: int) -> Floats:
    amplitudes = parameters.copy()
    amplitudes[:, series:] = np.exp(parameters[:, series:])
    return amplitudes


@dataclass(frozen=True, slots=True)
class _Problem:
    """Normal equations: those of the linear columns are made once, ln γ scales them at each step."""

    series: int
    matrix: Floats
    moment: Floats
    square: Floats
    asked: Floats
    wanted: Floats
    bend: Floats

    @classmethod
    def of(cls, columns: Grid, impedance: Complexes, weights: Floats) -> _Problem:
        real, imaginary = columns.columns.real, columns.columns.imag
        outer = real[:, :, None] * real[:, None, :] + imaginary[:, :, None] * imaginary[:, None, :]
        count, square = real.shape[1], weights**2
        matrix = (square @ outer.reshape(len(real), -1)).reshape(-1, count, count)
        moment = (square * impedance.real) @ real + (square * impedance.imag) @ imaginary
        size = (square * np.abs(impedance) ** 2).sum(1)
        return cls(columns.series, matrix, moment, size, columns.asked, columns.wanted, columns.asked.T @ columns.asked)

    def __call__(self, parameters: Floats, rows: Rows) -> tuple[Floats, Floats, Floats]:
        """Return cost, half its slope, and the Gauss–Newton matrix."""
        at, logarithm = self.series, parameters[:, self.series :]
        amplitudes = _amplitudes(parameters, at)
        change = np.ones_like(amplitudes)
        change[:, at:] = amplitudes[:, at:]
        hessian = self.matrix[rows]
        pull = (hessian @ amplitudes[:, :, None])[:, :, 0]
        moment = self.moment[rows]
        cost = self.square[rows] + (amplitudes * (pull - 2 * moment)).sum(1)
        slope = change * (pull - moment)
        hessian *= change[:, :, None]
        hessian *= change[:, None, :]
        off = logarithm @ self.asked.T - self.wanted
        slope[:, at:] += off @ self.asked
        hessian[:, at:, at:] += self.bend
        return cost + (off**2).sum(1), slope, hessian


def _inverse(hessian: Floats) -> Floats:
    """Invert after scaling to a unit diagonal; a direction that nothing determines keeps a finite, large variance."""
    place = np.arange(hessian.shape[1])
    size = np.sqrt(np.maximum(hessian[:, place, place], np.finfo(np.float64).tiny))
    scaled = hessian / (size[:, :, None] * size[:, None, :])
    scaled[:, place, place] += 1e-12
    inverse: Floats = np.asarray(np.linalg.inv(scaled), dtype=np.float64) / (size[:, :, None] * size[:, None, :])
    return inverse
