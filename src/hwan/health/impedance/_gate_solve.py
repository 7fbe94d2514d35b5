"""Weighted least squares of many spectra on the columns of one grid."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

import numpy as np
import numpy.typing as npt

from hwan.health._products import product
from hwan.health.impedance._gate_basis import Basis
from hwan.health.impedance._spectrum import Complexes, Floats

TINY: Final = 1e-12
RIDGE: Final = 1e-14


@dataclass(frozen=True, slots=True)
class Solved:
    """Coefficients on weighted orthonormal columns, and what the whole fit leaves, over its weight.

    `inverse` of the Cholesky triangle: its leading blocks are the inverses of those of fewer columns.
    """

    inverse: Floats
    coefficients: Floats
    remains: Complexes
    variance: Floats
    freedom: Floats

    def of(self, rows: npt.NDArray[np.intp]) -> Solved:
        """Return some of the spectra."""
        return Solved(*(getattr(self, each.name)[rows] for each in fields(self)))


def solved(columns: Basis, impedance: Complexes, weight: Floats) -> Solved:
    """Solve the weighted normal equations by Cholesky: its triangle keeps the columns nested."""
    half = impedance.shape[1]
    real, imaginary = columns.columns[:half], columns.columns[half:]
    count = real.shape[1]
    square = weight**2
    outer = real[:, :, None] * real[:, None, :] + imaginary[:, :, None] * imaginary[:, None, :]
    matrix: Floats = product(square, outer.reshape(half, -1)).reshape(-1, count, count)
    # Columns of one size: weights over many decades would drown some of them in the ridge.
    size = np.sqrt(np.maximum(matrix.diagonal(axis1=1, axis2=2), np.finfo(float).tiny))
    steady = matrix / size[:, :, None] / size[:, None, :] + RIDGE * np.eye(count)
    inverse = np.asarray(np.linalg.inv(np.linalg.cholesky(steady)), dtype=np.float64) / size[:, None, :]
    moment = product(square * impedance.real, real) + product(square * impedance.imag, imaginary)
    coefficients: Floats = (inverse @ moment[:, :, None])[:, :, 0]
    values = _unweighted(columns, _amplitudes(inverse, coefficients))
    remains = (impedance - values) * weight
    freedom = 2.0 * np.count_nonzero(weight, axis=1) - count
    variance = (np.abs(remains) ** 2).sum(1) / freedom + TINY
    return Solved(inverse, coefficients, remains, variance, freedom)


def values(columns: Basis, fit: Solved, count: int | None = None) -> Complexes:
    """Return the impedance that the first `count` columns give when fitted alone, in ohm."""
    return _unweighted(columns, _amplitudes(fit.inverse[:, :count, :count], fit.coefficients[:, :count]))


def shares(columns: Basis, fit: Solved, weight: Floats) -> Floats:
    """Return what the parts of a point contribute to the variance of each coefficient, shape (n, f, p).

    Their sum over the coefficients is the point's leverage, 2 where nothing is left of it.
    """
    half = len(columns.columns) // 2
    both = np.concatenate([weight, weight], axis=1)
    squares = ((columns.columns * both[:, :, None]) @ fit.inverse.transpose(0, 2, 1)) ** 2
    found: Floats = squares[:, :half] + squares[:, half:]
    return found


def _amplitudes(inverse: Floats, coefficients: Floats) -> Floats:
    """Return the amplitudes of the unweighted columns."""
    amplitudes: Floats = (coefficients[:, None, :] @ inverse)[:, 0, :]
    return amplitudes


def _unweighted(columns: Basis, amplitudes: Floats) -> Complexes:
    half = len(columns.columns) // 2
    found = product(amplitudes, columns.columns[:, : amplitudes.shape[1]].T)
    impedance: Complexes = found[:, :half] + 1j * found[:, half:]
    return impedance


def usual_modulus(impedance: Complexes) -> Floats:
    """Return the modulus, or that of the neighbours where it is smaller, shape (n, f).

    By its own modulus a point that reads far too little would weigh far too much, and its neighbours would look wrong.
    """
    modulus = np.abs(impedance)
    padded = np.concatenate([_before(modulus), modulus, _before(modulus[:, ::-1])[:, ::-1]], axis=1)
    around = np.stack([padded[:, k : k + modulus.shape[1]] for k in range(5)])
    found: Floats = np.maximum(modulus, np.median(around, axis=0))
    return found


def _before(modulus: Floats) -> Floats:
    """Return two more points in front, as the third and the fourth go on: the first two may be wrong themselves."""
    step = modulus[:, 2:3] / modulus[:, 3:4]
    before: Floats = modulus[:, 2:3] * np.concatenate([step**4, step**3], axis=1)
    return before
