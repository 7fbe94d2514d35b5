"""Equivalent circuits fitted to spectra: one, or many at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import polars as pl

from hwan.core import Finding, Refusal, Scalar
from hwan.health.impedance._circuit import Circuit
from hwan.health.impedance._fit_batch import AT_ONCE, GridFits, Group, fit_grid
from hwan.health.impedance._fit_checks import refusal
from hwan.health.impedance._fit_descent import residuals
from hwan.health.impedance._fit_result import Candidate, CircuitFit, circuit_fit
from hwan.health.impedance._fit_table import table_of
from hwan.health.impedance._gate import kramers_kronig
from hwan.health.impedance._gate_result import Gate
from hwan.health.impedance._notation import circuit_of
from hwan.health.impedance._spectrum import Spectrum, one_grid

AUTO: Final = "auto"


def fit_circuit(spectrum: Spectrum, circuit: str | Circuit = AUTO) -> CircuitFit | Refusal:
    """Fit an equivalent circuit to a spectrum.

    Least squares of (model − data)/|data| by Levenberg and Marquardt in ln R, ln τ, …; exponents n as they are. Arcs
    p(R,CPE) are Z = R/(1 + (jωτ)ⁿ), Q = τⁿ/R. Starts come from the data, no guess is asked for.

    Parameters
    ----------
    spectrum
        Of a battery at rest, small excitation. Points that the Kramers–Kronig gate calls outliers are left out, and
        the highest frequencies where nothing fits with them; a finding says so.
    circuit
        In the usual notation, as ``L0-R0-p(R1,CPE1)-p(R2,CPE2)-W1`` (elements R, L, C, CPE, W, Wo, Ws), or ``auto``:
        the one of R with 0 to 3 arcs, with and without L and W, that has the least information
        criterion (Schwarz's with twice his penalty).

    Returns
    -------
    CircuitFit | Refusal
        Refused are too few points, a turned imaginary part, frequencies in rad/s, negative real parts, and a circuit
        that leaves more than 10 % of the modulus. A spectrum that fails the gate is fitted, and a finding says so.

    Raises
    ------
    BadDefinition
        When the notation does not fit, with the place.

    Notes
    -----
    Intervals hold for noise that is a fraction of the modulus and for a circuit that is right; where residuals are
    alike they widen. Battery circuits: Barsoukov and Macdonald (2018), doi:10.1002/9781119381860.

    Examples
    --------
    >>> frequency = np.geomspace(1e4, 1e-2, 61)
    >>> noise = 1 + 0.001 * np.random.default_rng(1).standard_normal((2, 61))
    >>> clean = 0.01 + 0.02 / (1 + (2j * np.pi * frequency * 0.05) ** 0.9)
    >>> fit = fit_circuit(Spectrum(frequency, clean.real * noise[0] + 1j * clean.imag * noise[1]))
    >>> fit.circuit.text, round(fit["R1"].value, 3), round(fit["n1"].value, 2)
    ('R0-p(R1,CPE1)', 0.02, 0.9)
    """
    wanted = _wanted(circuit)
    grid = fit_grid(spectrum.frequency_hertz, spectrum.impedance_ohm[None], wanted)
    if grid.checks.refused[0]:
        return refusal(grid.checks.refused[0], spectrum)
    group = grid.groups[0]
    if not group.described[0]:
        return refusal("circuit_not_described", spectrum, **_misfit(spectrum, group))
    return circuit_fit(spectrum, group, grid.checks.passed[0], _candidates(grid), _told(spectrum))


def fit_circuits(spectra: Sequence[Spectrum], circuit: str | Circuit = AUTO) -> pl.DataFrame:
    """Fit a circuit to many spectra, on one grid of frequencies or on several; those of one grid share the work.

    Parameters
    ----------
    spectra, circuit
        As for :func:`fit_circuit`, whose figures are the same.

    Returns
    -------
    polars.DataFrame
        One row per spectrum in its order: `name`, `circuit`, the parameters with their units in the name
        (``R1_ohm``, ``tau1_second``, ``n1``, ``Q1_second_power_n_per_ohm``), each with ``_low`` and ``_high`` (90 %),
        null where a circuit has no such parameter; `noise`, `passed` (the gate; null: not judged), `residuals_alike`,
        `converged`, `points_left_out`, `refusal_code` (null where it was fitted).
    """
    wanted = _wanted(circuit)
    blocks = [_block(spectra, positions, wanted) for positions in _positions(spectra)]
    return table_of([spectrum.name for spectrum in spectra], blocks, wanted)


def _wanted(circuit: str | Circuit) -> Circuit | None:
    if isinstance(circuit, Circuit):
        return circuit
    return None if circuit == AUTO else circuit_of(circuit)


def _positions(spectra: Sequence[Spectrum]) -> Iterator[tuple[int, ...]]:
    for _, positions in one_grid(spectra):
        for first in range(0, len(positions), AT_ONCE):
            yield positions[first : first + AT_ONCE]


def _block(
    spectra: Sequence[Spectrum], positions: tuple[int, ...], wanted: Circuit | None
) -> tuple[tuple[int, ...], GridFits]:
    impedance = np.stack([spectra[position].impedance_ohm for position in positions])
    return positions, fit_grid(spectra[positions[0]].frequency_hertz, impedance, wanted)


def _candidates(grid: GridFits) -> tuple[Candidate, ...]:
    if grid.choice is None:
        return ()
    choice, spectra = grid.choice, grid.groups[0].spectra
    made = [
        Candidate(
            found.circuit.text,
            float(choice.criterion[0, number]),
            float(np.sqrt(found.cost[0] / spectra.figures[0])),
            bool(choice.seen[0, number]),
        )
        for number, found in enumerate(choice.candidates)
    ]
    return tuple(sorted(made, key=lambda each: (not each.seen, each.criterion)))


def _misfit(spectrum: Spectrum, group: Group) -> dict[str, Scalar]:
    """Return the circuit, its residual, and the frequency at which it is largest."""
    found = group.fits.found
    worst = int(np.argmax(np.abs(residuals(found.circuit, group.spectra, found.at)[0])))
    at = float(spectrum.frequency_hertz[worst])
    return {"circuit": found.circuit.text, "noise": float(group.fits.noise[0]), "frequency": at}


def _told(spectrum: Spectrum) -> tuple[Finding, ...]:
    """Return what the gate found, and with it what the reader found."""
    gate = kramers_kronig(spectrum)
    return gate.findings if isinstance(gate, Gate) else spectrum.findings
