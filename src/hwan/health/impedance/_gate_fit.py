"""All spectra of one grid against the Kramers–Kronig relations at once."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final, Self

import numpy as np
import numpy.typing as npt
from scipy.special import fdtrc, stdtr

from hwan.health._products import product
from hwan.health.impedance._gate_basis import Basis, basis
from hwan.health.impedance._spectrum import Complexes, Floats

Bools = npt.NDArray[np.bool_]
Places = npt.NDArray[np.intp]

DRIFT_PROBABILITY: Final = 0.005
STRUCTURE_PROBABILITY: Final = 0.003
OUTLIER_PROBABILITY: Final = 0.001
"""Together not quite one false alarm in a hundred spectra."""
MOST_OUTLIERS: Final = 0.1
"""Of the points: with more than this left out, the rest is no spectrum of its own."""
CHUNK: Final = 128
"""Spectra at a time: their matrices stay in the processor's cache."""
_TINY: Final = 1e-12
_LEAST_LEFT: Final = 1e-3
_LEAST_VARIANCE_LEFT: Final = 0.02


@dataclass(frozen=True, slots=True)
class GateFit:
    """What the fit says of n spectra on f frequencies; impedances are over the modulus.

    Parameters
    ----------
    noise
        Standard deviation of each part of the impedance over its modulus, shape (n).
    drift, drift_error
        Change of the real part over the whole sweep over the modulus at the lowest frequency, and its standard
        error, shape (n).
    drift_probability, structure_probability
        Chance that noise alone shows as much, shape (n).
    misfit
        Measured minus fitted, complex, shape (n, f).
    systematic
        The part of the misfit that drift and structure explain, complex, shape (n, f).
    structure_size
        Largest modulus of the part that structure other than drift explains, shape (n).
    outlier
        Single points that fit nothing, shape (n, f).
    freedom
        Degrees of freedom that are left for the noise, shape (n).
    """

    noise: Floats
    drift: Floats
    drift_error: Floats
    drift_probability: Floats
    structure_probability: Floats
    misfit: Complexes
    systematic: Complexes
    structure_size: Floats
    outlier: Bools
    freedom: Floats

    @classmethod
    def joined(cls, parts: list[Self]) -> Self:
        """Return the fits of consecutive spectra as one."""
        return cls(*(np.concatenate([getattr(part, each.name) for part in parts]) for each in fields(cls)))


@dataclass(frozen=True, slots=True)
class _Fit:
    """Coefficients on weighted orthonormal columns, and what the whole fit leaves.

    `inverse` of the Cholesky triangle: its leading blocks are the inverses of those of fewer columns.
    """

    inverse: Floats
    coefficients: Floats
    remains: Complexes
    variance: Floats
    freedom: Floats


def gate_fit(frequency_hertz: Floats, impedance_ohm: Complexes, tolerance: float) -> GateFit | None:
    """Fit spectra of one grid, weighted with 1/|Z|; None where the grid has too few points.

    Parameters
    ----------
    frequency_hertz
        Shape (f), from high to low.
    impedance_ohm
        Shape (n, f).
    tolerance
        A point within this fraction of the fit is no outlier, however small the noise.
    """
    columns = basis(frequency_hertz)
    if columns is None:
        return None
    chunks = range(0, len(impedance_ohm), CHUNK)
    return GateFit.joined([_judged(columns, impedance_ohm[first : first + CHUNK], tolerance) for first in chunks])


def _judged(columns: Basis, impedance: Complexes, tolerance: float) -> GateFit:
    weight = 1 / np.abs(impedance)
    fit = _fitted(columns, impedance, weight)
    outlier = _outliers(columns, impedance, fit, tolerance)
    kept = weight * ~outlier
    if outlier.any():
        fit = _fitted(columns, impedance, kept)
    place = columns.consistent
    tests = _tested(columns, fit, kept)
    scale = columns.drift_scale * np.abs(impedance[:, -1]) / fit.inverse[:, place, place]
    consistent, drifting, whole = (_values(columns, fit, count) for count in (place, place + 1, None))
    return GateFit(
        noise=np.sqrt(fit.variance),
        drift=fit.coefficients[:, place] / scale,
        drift_error=tests.drift_error / np.abs(scale),
        drift_probability=tests.drift,
        structure_probability=tests.structure,
        misfit=(impedance - consistent) * weight,
        systematic=(whole - consistent) * weight,
        structure_size=np.max(np.abs((whole - drifting) * kept), axis=1),
        outlier=outlier,
        freedom=fit.freedom,
    )


@dataclass(frozen=True, slots=True)
class _Tests:
    """Chances of drift and structure by noise alone, and the standard error of the drift's coefficient."""

    drift: Floats
    structure: Floats
    drift_error: Floats


def _tested(columns: Basis, fit: _Fit, weight: Floats) -> _Tests:
    """Test drift and structure against the noise of the whole spectrum; those that fail also against the local one.

    Both weigh at the lowest frequencies, where noise is often larger than elsewhere.
    """
    variance = np.repeat(fit.variance[:, None], columns.columns.shape[1], axis=1)
    first = _chances(columns, fit, variance)
    suspect = np.flatnonzero((first.drift < DRIFT_PROBABILITY) | (first.structure < STRUCTURE_PROBABILITY))
    if not len(suspect):
        return first
    variance[suspect] = np.maximum(variance[suspect], _local_variance(columns, fit, weight, suspect))
    return _chances(columns, fit, variance)


def _chances(columns: Basis, fit: _Fit, variance: Floats) -> _Tests:
    place, structure = columns.consistent, columns.structure
    error = np.sqrt(variance[:, place])
    count = structure.stop - structure.start
    if count:
        ratio = (fit.coefficients[:, structure] ** 2).mean(1) / variance[:, structure].mean(1)
        chance = fdtrc(float(count), fit.freedom, ratio)
    else:
        chance = np.ones_like(error)
    return _Tests(2 * stdtr(fit.freedom, -np.abs(fit.coefficients[:, place]) / error), chance, error)


def _local_variance(columns: Basis, fit: _Fit, weight: Floats, rows: Places) -> Floats:
    """Return the variance of each coefficient by the residuals where its column weighs, shape (rows, p).

    White's estimate with leverages (HC2; doi:10.2307/1912934).
    """
    both = np.concatenate([weight[rows], weight[rows]], axis=1)
    own = (columns.columns * both[:, :, None]) @ fit.inverse[rows].transpose(0, 2, 1)
    squares = own**2
    left = np.maximum(1 - squares.sum(2), _LEAST_VARIANCE_LEFT)
    remains = np.concatenate([fit.remains[rows].real, fit.remains[rows].imag], axis=1)
    local: Floats = np.einsum("nip,ni->np", squares, remains**2 / left)
    return local


def _fitted(columns: Basis, impedance: Complexes, weight: Floats) -> _Fit:
    """Solve the weighted normal equations by Cholesky: its triangle keeps the columns nested."""
    half = impedance.shape[1]
    real, imaginary = columns.columns[:half], columns.columns[half:]
    count = real.shape[1]
    square = weight**2
    outer = real[:, :, None] * real[:, None, :] + imaginary[:, :, None] * imaginary[:, None, :]
    matrix: Floats = product(square, outer.reshape(half, -1)).reshape(-1, count, count)
    scale = np.mean(square, axis=1)
    steady = matrix + _TINY * scale[:, None, None] * np.eye(count)
    inverse = np.asarray(np.linalg.inv(np.linalg.cholesky(steady)), dtype=np.float64)
    moment = product(square * impedance.real, real) + product(square * impedance.imag, imaginary)
    coefficients: Floats = (inverse @ moment[:, :, None])[:, :, 0]
    values = _unweighted(columns, _amplitudes(inverse, coefficients))
    remains = (impedance - values) * weight
    freedom = 2.0 * np.count_nonzero(weight, axis=1) - count
    variance = (np.abs(remains) ** 2).sum(1) / freedom + _TINY
    return _Fit(inverse, coefficients, remains, variance, freedom)


def _amplitudes(inverse: Floats, coefficients: Floats) -> Floats:
    """Return the amplitudes of the unweighted columns."""
    amplitudes: Floats = (coefficients[:, None, :] @ inverse)[:, 0, :]
    return amplitudes


def _values(columns: Basis, fit: _Fit, count: int | None) -> Complexes:
    """Return the impedance that the first `count` columns give when fitted alone, in ohm."""
    amplitudes = _amplitudes(fit.inverse[:, :count, :count], fit.coefficients[:, :count])
    return _unweighted(columns, amplitudes)


def _unweighted(columns: Basis, amplitudes: Floats) -> Complexes:
    half = len(columns.columns) // 2
    values = product(amplitudes, columns.columns[:, : amplitudes.shape[1]].T)
    impedance: Complexes = values[:, :half] + 1j * values[:, half:]
    return impedance


def _outliers(columns: Basis, impedance: Complexes, fit: _Fit, tolerance: float) -> Bools:
    """Take out single points one by one, the worst first, while chance does not explain them."""
    outlier = np.zeros(impedance.shape, dtype=np.bool_)
    weight = 1 / np.abs(impedance)
    rows = np.arange(len(impedance))
    kept = weight
    for _ in range(int(MOST_OUTLIERS * impedance.shape[1]) + 1):
        worst = _likely_worst(columns, fit)
        found = _unexplained(columns, fit, kept, worst, tolerance)
        rows, worst = rows[found], worst[found]
        if not len(rows):
            break
        outlier[rows, worst] = True
        kept = weight[rows] * ~outlier[rows]
        fit = _fitted(columns, impedance[rows], kept)
    return outlier


def _likely_worst(columns: Basis, fit: _Fit) -> Places:
    """Return each spectrum's worst point, by the leverage that the points have at equal weights."""
    half = len(columns.columns) // 2
    real, imaginary = columns.columns[:half], columns.columns[half:]
    left = 1 - (real**2 + imaginary**2).sum(1) / 2
    worst: Places = np.argmax(np.abs(fit.remains) ** 2 / np.maximum(left, _LEAST_LEFT), axis=1)
    return worst


def _unexplained(columns: Basis, fit: _Fit, weight: Floats, point: Places, tolerance: float) -> Bools:
    """Return whether noise does not explain one point of each spectrum: external studentisation of both parts."""
    row = np.arange(len(point))
    half = len(columns.columns) // 2
    both = np.stack([columns.columns[point], columns.columns[half + point]], axis=2) * weight[row, point, None, None]
    solved = fit.inverse @ both
    left = np.eye(2) * (1 + _LEAST_LEFT) - solved.transpose(0, 2, 1) @ solved
    remains = np.stack([fit.remains[row, point].real, fit.remains[row, point].imag], axis=1)
    square = (remains * np.linalg.solve(left, remains[:, :, None])[:, :, 0]).sum(1)
    freedom = np.maximum(fit.freedom - 2, 1)
    others = np.maximum(fit.variance * fit.freedom - square, _TINY) / freedom
    chance = fdtrc(2.0, freedom, square / 2 / others) * half
    enough = fit.freedom - 2 > columns.columns.shape[1] / 4
    found: Bools = (chance < OUTLIER_PROBABILITY) & (square > tolerance**2) & enough
    return found
