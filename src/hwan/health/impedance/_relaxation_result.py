"""The distribution of relaxation times of one spectrum, with its peaks."""

from __future__ import annotations

from dataclasses import dataclass

from hwan.core import Finding, Measurement
from hwan.health.impedance._gate_result import Gate
from hwan.health.impedance._spectrum import Complexes, Floats, Spectrum


@dataclass(frozen=True, slots=True)
class RelaxationPeak:
    """One process: time constant (s), the frequency 1/(2πτ), resistance (ohm, its area), height of γ (ohm)."""

    time_constant: Measurement
    frequency_hertz: float
    resistance: Measurement
    height: Measurement


@dataclass(frozen=True, slots=True)
class RelaxationTimes:
    """The resistance per ln τ, and the elements that stand in series with it.

    Parameters
    ----------
    tau_second
        Relaxation times τ = 1/(2πf), from fast to slow, even in ln τ, shape (t).
    gamma_ohm, gamma_low_ohm, gamma_high_ohm
        γ(ln τ) with its 90 % interval at each time, shape (t): ∫γ d ln τ is a resistance.
    total_polarisation
        All of ∫γ d ln τ in ohm: what lies between the series resistance and diffusion.
    series_resistance
        The resistance at infinite frequency, ohm.
    warburg_coefficient
        W of W/√(jω) = W(1 − j)/√(2ω) in ohm/√s: diffusion that is not among the relaxation times.
    inductance_henry, capacitance_farad
        In series; the capacitance is infinite where none is needed.
    beyond_sweep
        Whether times slower than the sweep and a capacitor were needed to explain the spectrum. The
        total polarisation then depends on where the sweep ends.
    misfit
        Measured minus fitted impedance over the modulus, complex, shape (f).
    """

    spectrum: Spectrum
    gate: Gate
    tau_second: Floats
    gamma_ohm: Floats
    gamma_low_ohm: Floats
    gamma_high_ohm: Floats
    total_polarisation: Measurement
    series_resistance: Measurement
    warburg_coefficient: Measurement
    inductance_henry: float
    capacitance_farad: float
    peaks: tuple[RelaxationPeak, ...]
    beyond_sweep: bool
    misfit: Complexes
    findings: tuple[Finding, ...] = ()
