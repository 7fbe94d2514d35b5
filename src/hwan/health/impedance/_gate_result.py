"""What the Kramers–Kronig gate says of one spectrum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hwan.core import Finding, Measurement
from hwan.health.impedance._spectrum import Complexes, Floats, Spectrum

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Gate:
    """Whether a spectrum obeys the Kramers–Kronig relations, where it does not, and by how much.

    Parameters
    ----------
    passed
        Neither drift nor other structure beyond chance and tolerance. Single outliers do not fail a spectrum; they
        are named, and left out of what follows.
    noise
        Standard deviation of each part of the impedance over its modulus; the root mean square over the frequencies
        where it is uneven.
    drift
        Change of the real part over the sweep, over the modulus at the lowest frequency.
    least_drift_seen
        The change that this spectrum, with its noise, would have shown nine times in ten: absence of an alarm says
        nothing of less.
    drift_probability, structure_probability
        Chance that noise alone shows as much.
    misfit
        Measured minus fitted impedance over the modulus, complex, shape (f).
    systematic
        The part of the misfit that no noise explains, complex, shape (f).
    failing
        Points at which the systematic part is larger than the noise, shape (f); none when it passed.
    outlier
        Points that fit nothing, shape (f).
    low_frequency_loop
        Whether the imaginary part is positive at the lowest frequencies, below a capacitive range.
    """

    spectrum: Spectrum
    passed: bool
    noise: Measurement
    drift: Measurement
    least_drift_seen: float
    drift_probability: float
    structure_probability: float
    misfit: Complexes
    systematic: Complexes
    failing: Bools
    outlier: Bools
    low_frequency_loop: bool
    findings: tuple[Finding, ...] = ()

    @property
    def failing_hertz(self) -> Floats:
        """The frequencies in Hz at which the relations are broken by more than the noise."""
        return self.spectrum.frequency_hertz[self.failing]

    @property
    def outlier_hertz(self) -> Floats:
        """The frequencies in Hz of single points that fit nothing."""
        return self.spectrum.frequency_hertz[self.outlier]

    @property
    def fitted_ohm(self) -> Complexes:
        """The impedance that obeys the relations and comes nearest, in ohm, complex, shape (f)."""
        impedance = self.spectrum.impedance_ohm
        fitted: Complexes = impedance - self.misfit * np.abs(impedance)
        return fitted
