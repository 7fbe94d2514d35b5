"""How likely noise alone shows as much drift or structure as a fit does."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import fdtrc, ndtri, stdtr

from hwan.health.impedance._gate_basis import Basis
from hwan.health.impedance._gate_noise import NoiseLaw
from hwan.health.impedance._gate_solve import Solved, shares
from hwan.health.impedance._spectrum import Floats

Bools = npt.NDArray[np.bool_]

DRIFT_PROBABILITY: Final = 0.0075
STRUCTURE_PROBABILITY: Final = 0.003
"""Together at most one false alarm in a hundred spectra."""
UNEVEN_FACTOR: Final = 2.0
"""By how much noise of a law of its own fails more often than the chance says: the law lags behind a steep rise."""
_LEAST_TAIL: Final = 1e-300


@dataclass(frozen=True, slots=True)
class Chances:
    """Chances of drift and of structure by noise alone, and degrees of freedom of the noise where drift weighs, (n)."""

    drift_probability: Floats
    structure_probability: Floats
    drift_freedom: Floats

    def at_least(self, structure: Floats) -> Chances:
        """Let structure stand out of even noise, too.

        What hides in the mean of all frequencies is too small to be told from a law that is a little wrong.
        """
        return replace(self, structure_probability=np.maximum(self.structure_probability, structure))


def unlikely(drift: Floats, structure: Floats) -> Bools:
    """Return whether chances of drift or of structure are too small for noise."""
    found: Bools = (drift < DRIFT_PROBABILITY) | (structure < STRUCTURE_PROBABILITY)
    return found


def chances(columns: Basis, fit: Solved) -> Chances:
    """Return the chances where the noise is taken as the same at all frequencies."""
    over_noise = fit.coefficients[:, columns.consistent :] / np.sqrt(fit.variance)[:, None]
    drift = 2 * stdtr(fit.freedom, -np.abs(over_noise[:, 0]))
    return Chances(drift, _any_of(over_noise[:, 1:], fit.freedom), fit.freedom)


def local_chances(columns: Basis, fit: Solved, weight: Floats, law: NoiseLaw, uneven: Bools) -> Chances:
    """Return the chances where the noise follows a law of its own, which is known only as well as residuals tell it.

    Each coefficient is Student's, with the freedom of the noise where it weighs; structure is judged by the equally
    likely coefficients of even noise.
    """
    over_noise = fit.coefficients[:, columns.consistent :] / np.sqrt(fit.variance)[:, None]
    freedom = law.freedom(shares(columns, fit, weight)[:, :, columns.consistent :])
    freedom = np.minimum(freedom, fit.freedom[:, None])
    tail = stdtr(freedom, -np.abs(over_noise))
    structure = _any_of(ndtri(np.maximum(tail[:, 1:], _LEAST_TAIL)), fit.freedom)
    factor = np.where(uneven, UNEVEN_FACTOR, 1.0)
    drift, structure = np.minimum(2 * factor * tail[:, 0], 1), np.minimum(factor * structure, 1)
    return Chances(drift, structure, np.floor(freedom[:, 0]))


def _any_of(over_noise: Floats, freedom: Floats) -> Floats:
    """Return the chance that noise alone gives coefficients as large as these together, shape (n)."""
    count = over_noise.shape[1]
    if not count:
        return np.ones(len(over_noise))
    chance: Floats = fdtrc(float(count), freedom, (over_noise**2).mean(1))
    return chance
