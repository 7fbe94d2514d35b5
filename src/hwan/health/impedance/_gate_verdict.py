"""From the fit of many spectra to their verdicts: drift, structure, loops, a turned sign."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import chdtri, stdtrit

from hwan.health.impedance._gate_chances import DRIFT_PROBABILITY, STRUCTURE_PROBABILITY
from hwan.health.impedance._gate_fit import GateFit, gate_fit
from hwan.health.impedance._gate_outliers import MOST_OUTLIERS
from hwan.health.impedance._spectrum import Complexes, Floats, turned

Bools = npt.NDArray[np.bool_]

TOLERANCE: Final = 0.005
"""Instruments keep half a per cent of the modulus over their ranges; less is no fault of the battery."""
LOOP_POINTS: Final = 2
LOOP_SIGMAS: Final = 3.0
_TURNED_FIT: Final = 3.0
_SEEN: Final = 0.9


@dataclass(frozen=True, slots=True)
class GridGate:
    """Verdicts on n spectra of one grid, each of shape (n)."""

    fit: GateFit
    drifting: Bools
    structured: Bools
    loop: Bools
    turned: Bools

    def of(self, rows: npt.NDArray[np.intp]) -> GridGate:
        """Return the verdicts on some of the spectra."""
        return GridGate(
            self.fit.of(rows), self.drifting[rows], self.structured[rows], self.loop[rows], self.turned[rows]
        )

    @property
    def passed(self) -> Bools:
        """Neither drift nor structure, and hardly any outliers."""
        few: Bools = self.fit.outlier.mean(1) <= MOST_OUTLIERS
        return few & ~self.drifting & ~self.structured

    @property
    def least_drift_seen(self) -> Floats:
        """The drift that would have been found nine times in ten, as a fraction of the modulus."""
        freedom, which = np.unique(self.fit.drift_freedom, return_inverse=True)
        reach = stdtrit(freedom, 1 - DRIFT_PROBABILITY / 2) + stdtrit(freedom, _SEEN)
        seen: Floats = reach[which] * self.fit.drift_error
        return seen

    def noise_quantiles(self, probabilities: tuple[float, ...]) -> Floats:
        """Return quantiles of the noise, shape (p, n): its square is distributed as χ²."""
        freedom, which = np.unique(self.fit.freedom, return_inverse=True)
        ratio = np.stack([freedom / chdtri(freedom, probability) for probability in probabilities])
        quantiles: Floats = self.fit.noise * np.sqrt(ratio[:, which])
        return quantiles

    def drift_quantiles(self, probabilities: tuple[float, ...]) -> Floats:
        """Return quantiles of the drift, shape (p, n)."""
        freedom, which = np.unique(self.fit.drift_freedom, return_inverse=True)
        reach = np.stack([stdtrit(freedom, probability) for probability in probabilities])
        quantiles: Floats = self.fit.drift + reach[:, which] * self.fit.drift_error
        return quantiles


def grid_gate(frequency_hertz: Floats, impedance_ohm: Complexes, tolerance: float = TOLERANCE) -> GridGate | None:
    """Judge spectra of one grid, shape (n, f), from high to low frequency; None where the points are too few."""
    fit = gate_fit(frequency_hertz, impedance_ohm, tolerance)
    if fit is None:
        return None
    return GridGate(
        fit=fit,
        drifting=(fit.drift_probability < DRIFT_PROBABILITY) & (np.abs(fit.drift) > tolerance),
        structured=(fit.structure_probability < STRUCTURE_PROBABILITY) & (fit.structure_size > tolerance),
        loop=_loop(impedance_ohm, fit),
        turned=_turned(frequency_hertz, impedance_ohm, fit, tolerance),
    )


def _loop(impedance: Complexes, fit: GateFit) -> Bools:
    """Return whether the lowest frequencies are inductive and higher ones capacitive, both beyond the noise."""
    phase = impedance.imag / np.abs(impedance)
    limit = LOOP_SIGMAS * fit.local_noise
    inductive = np.where(fit.outlier, True, phase > limit)[:, -LOOP_POINTS:].all(1)
    capacitive = (np.where(fit.outlier, 0.0, phase)[:, :-LOOP_POINTS] < -limit[:, :-LOOP_POINTS]).sum(1) >= LOOP_POINTS
    found: Bools = inductive & capacitive
    return found


def _turned(frequency: Floats, impedance: Complexes, fit: GateFit, tolerance: float) -> Bools:
    """Return whether the conjugate is what was measured: by Bode's relation, or because it fits far better."""
    found = turned(frequency, impedance)
    size = _size(fit)
    doubtful = np.flatnonzero(~found & (size > _TURNED_FIT * np.maximum(fit.noise, tolerance)))
    if len(doubtful):
        other = gate_fit(frequency, impedance[doubtful].conj(), tolerance)
        if other is not None:
            found[doubtful] = _size(other) * _TURNED_FIT < size[doubtful]
    return found


def _size(fit: GateFit) -> Floats:
    size: Floats = np.sqrt(np.mean(np.abs(fit.misfit) ** 2, axis=1) / 2)
    return size
