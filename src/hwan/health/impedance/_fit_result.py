"""The fit of one circuit to one spectrum: every parameter a measurement, the residuals kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
from scipy.special import stdtrit

from hwan.core import BadDefinition, Finding, Measurement, Quantile, Scalar, Validation
from hwan.health._uncertainty import PROBABILITIES
from hwan.health.impedance._circuit import Circuit, from_coordinates, time_constant
from hwan.health.impedance._elements import ARC, UNITS, Complexes, Floats
from hwan.health.impedance._fit_batch import Group
from hwan.health.impedance._fit_derived import DERIVED, admittances
from hwan.health.impedance._fit_descent import residuals
from hwan.health.impedance._fit_intervals import LEVEL
from hwan.health.impedance._spectrum import Spectrum

METHOD: Final = "equivalent_circuit.modulus_weighted"
VERSION: Final = "1"
VALIDATION: Final = Validation("synthetic", 2000, "parameters and intervals against known circuits: bench/circuits.py")
CLOSE_DECADES: Final = 1.0
WIDE_FACTOR: Final = 10.0
"""An interval of which one end is this many times the other says little."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A circuit that was considered: its notation, criterion (less is better), residual over the modulus.

    Where not all of its arcs lie below the highest frequency (`seen`), it could not be chosen.
    """

    circuit: str
    criterion: float
    noise: float
    seen: bool


@dataclass(frozen=True, slots=True)
class CircuitFit:
    """An equivalent circuit fitted to a spectrum.

    Parameters
    ----------
    circuit
        With the names of its parameters; arcs are numbered from fast to slow.
    measurements
        By name (``R1``, ``tau1``, ``n1``, of an arc also ``Q1`` = τⁿ/R): value, unit and 90 % interval.
    correlation
        Of the coordinates (logarithms, exponents as they are), shape (p, p), in the order of `circuit.names`.
    residual
        (fitted − measured)/modulus, complex, shape (f); 0 at points that were left out as outliers.
    noise
        Standard deviation of each part of the residual, a fraction of the modulus.
    passed
        Whether the spectrum obeys the Kramers–Kronig relations; None where that could not be judged.
    agreeing_starts, starts
        How many of the last starts ended within 5 % of the best cost, and how many starts there were in all.
    candidates
        Where the circuit was chosen, all that were considered, the best first.
    """

    spectrum: Spectrum
    circuit: Circuit
    measurements: Mapping[str, Measurement]
    correlation: Floats
    residual: Complexes
    noise: float
    passed: bool | None
    agreeing_starts: int
    starts: int
    candidates: tuple[Candidate, ...] = ()
    findings: tuple[Finding, ...] = ()

    def __getitem__(self, name: str) -> Measurement:
        """Return the measurement of a parameter.

        Raises
        ------
        BadDefinition
            When the circuit has no such parameter.
        """
        if name not in self.measurements:
            raise BadDefinition("circuit_parameter_unknown", got=name, available=", ".join(self.measurements))
        return self.measurements[name]

    @property
    def fitted_ohm(self) -> Complexes:
        """The impedance of the fitted circuit in ohm, complex, shape (f)."""
        values = np.array([self.measurements[name].value for name in self.circuit.names])
        return self.circuit.impedance(values, self.spectrum.frequency_hertz)


def circuit_fit(
    spectrum: Spectrum, group: Group, passed: bool | None, candidates: tuple[Candidate, ...], told: tuple[Finding, ...]
) -> CircuitFit:
    """Return the fit of the first spectrum of a group; `told` is what the gate found."""
    fits = group.fits
    circuit = fits.found.circuit
    measured = dict(_measurements(spectrum, group))
    return CircuitFit(
        spectrum=spectrum,
        circuit=circuit,
        measurements=MappingProxyType({name: measured[name] for name in (*circuit.names, *measured)}),
        correlation=fits.correlation[0],
        residual=residuals(circuit, group.spectra, fits.found.at)[0],
        noise=float(fits.noise[0]),
        passed=passed,
        agreeing_starts=int(fits.found.agreeing[0]),
        starts=fits.found.starts,
        candidates=candidates,
        findings=(*told, *_findings(group, passed)),
    )


def _measurements(spectrum: Spectrum, group: Group) -> Iterator[tuple[str, Measurement]]:
    fits, circuit = group.fits, group.fits.found.circuit
    for number, each in enumerate(circuit.parameters):
        ends = (fits.low[0, number], fits.high[0, number])
        quantiles = _quantiles(fits.found.at[0, number], ends, float(fits.freedom[0]), each.is_logarithmic)
        yield each.name, _measurement(spectrum, each.name, each.unit, quantiles)
    for name, middle, half in admittances(fits):
        ends = (middle[0] - half[0], middle[0] + half[0])
        quantiles = _quantiles(middle[0], ends, float(fits.freedom[0]), is_logarithmic=True)
        yield name, _measurement(spectrum, name, UNITS[DERIVED], quantiles)


def _quantiles(middle: float, ends: tuple[float, float], freedom: float, is_logarithmic: bool) -> Floats:
    """Return quantiles at :data:`PROBABILITIES`: Student's, with a width of its own on each side."""
    reach = stdtrit(freedom, np.array(PROBABILITIES)) / stdtrit(freedom, 0.5 + LEVEL / 2)
    width = np.where(reach < 0, middle - ends[0], ends[1] - middle)
    placed: Floats = middle + reach * width
    return np.exp(placed) if is_logarithmic else np.minimum(placed, 1.0)


def _measurement(spectrum: Spectrum, name: str, unit: str, quantiles: Floats) -> Measurement:
    return Measurement(
        quantity=name,
        value=float(quantiles[PROBABILITIES.index(0.5)]),
        unit=unit,
        quantiles=tuple(Quantile(p, float(each)) for p, each in zip(PROBABILITIES, quantiles, strict=True)),
        conditions=spectrum.conditions,
        method=METHOD,
        method_version=VERSION,
        evidence=spectrum.evidence,
        validation=VALIDATION,
    )


def _findings(group: Group, passed: bool | None) -> Iterator[Finding]:
    fits, noise = group.fits, {"noise": float(group.fits.noise[0])}
    if passed is None:
        yield Finding("circuit_spectrum_unjudged", "note", "spectrum")
    elif not passed:
        yield Finding("circuit_of_failed_spectrum", "warning", "spectrum")
    if fits.alike[0]:
        yield Finding("circuit_residuals_alike", "warning", "spectrum", noise)
    if not fits.found.converged[0]:
        yield Finding("circuit_not_converged", "warning", "spectrum", noise)
    above = int(np.argmax(group.spectra.weight[0] > 0))
    if above > 1:
        least = float(group.spectra.omega[above] / (2 * np.pi))
        yield Finding("circuit_high_frequencies_left_out", "warning", "spectrum", {"count": above, "frequency": least})
    loose = loosely_known(group)
    if loose:
        yield Finding("circuit_parameters_loose", "warning", "spectrum", {"parameters": ", ".join(loose)})
    yield from _close(group)


def loosely_known(group: Group) -> list[str]:
    """Return the parameters of the first spectrum to which the data set no limit, or one of a factor of ten."""
    fits, parameters = group.fits, group.fits.found.circuit.parameters
    wide = fits.high[0] - fits.low[0] > np.log(WIDE_FACTOR)
    return [
        each.name
        for number, each in enumerate(parameters)
        if each.is_logarithmic and (wide[number] or fits.open_low[0, number] or fits.open_high[0, number])
    ]


def _close(group: Group) -> Iterator[Finding]:
    """Tell arcs that stand within a decade: their sum is known better than either."""
    fits, circuit = group.fits, group.fits.found.circuit
    arcs = [leaf for leaf in circuit.leaves() if leaf.element is ARC]
    times = [time_constant(leaf, from_coordinates(circuit, fits.found.at[:1]))[0] for leaf in arcs]
    for one, other, first, second in zip(arcs, arcs[1:], times, times[1:], strict=False):
        decades = abs(float(np.log10(second / first)))
        if decades < CLOSE_DECADES:
            correlation = float(fits.correlation[0, one.first, other.first])
            values: dict[str, Scalar] = {"decades": decades, "correlation": correlation}
            names = {"one": one.names[0], "other": other.names[0]}
            yield Finding("circuit_arcs_close", "warning", "spectrum", {**names, **values})
