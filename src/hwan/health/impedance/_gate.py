"""The Kramers–Kronig gate: whether a spectrum is of one linear battery that stood still while it was measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import polars as pl

from hwan.core import Finding, Measurement, Quantile, Refusal, Scalar, Validation
from hwan.health._uncertainty import PROBABILITIES
from hwan.health.impedance._gate_result import Gate
from hwan.health.impedance._gate_verdict import TOLERANCE, GridGate, grid_gate
from hwan.health.impedance._spectrum import Floats, Spectrum, one_grid

METHOD: Final = "kramers_kronig.linear"
VERSION: Final = "2"
QUANTITY: Final = "kramers_kronig"
VALIDATION: Final = Validation("synthetic", 2200, "false alarms, and drifts of 2 to 20 % found: bench/gate.py")
HIGH_NOISE: Final = 0.02


def kramers_kronig(spectrum: Spectrum, *, tolerance: float = TOLERANCE) -> Gate | Refusal:
    """Test a spectrum against the Kramers–Kronig relations.

    A sum of fixed elements (R, L, C and about 20 elements R‖C for six decades), all of which obey the relations, is
    fitted with weights 1/|Z|; it is linear. Beside it stand terms that cannot obey them: a real part that grows with
    the time of the sweep, and bumps of the imaginary part alone. What they explain beyond noise breaks the relations;
    the noise is that of the spectrum itself, at each frequency where it is uneven, so nothing has to be known about
    the instrument. One spectrum of a hundred that obeys them fails by chance.

    Parameters
    ----------
    spectrum
        At least two decades of ten points, or as much; the time at a frequency is taken as proportional to its
        period. A sweep from low to high frequency gives the drift the other sign.
    tolerance
        A change of less than this fraction of the modulus is let through, however well it is seen.

    Returns
    -------
    Gate | Refusal
        Refused are spectra with a turned imaginary part, and those with too few points to judge.

    Notes
    -----
    Linear Kramers–Kronig test: Boukamp, J. Electrochem. Soc. 142 (1995) 1885, doi:10.1149/1.2044210. The number of
    elements matters: Schönleber et al., Electrochim. Acta 131 (2014) 20, doi:10.1016/j.electacta.2014.01.034.

    Examples
    --------
    >>> frequency = np.geomspace(1e4, 1e-2, 61)
    >>> noise = 1 + 0.002 * np.random.default_rng(1).standard_normal((2, 61))
    >>> clean = 0.01 + 0.02 / (1 + 2j * np.pi * frequency * 0.05)
    >>> kramers_kronig(Spectrum(frequency, clean.real * noise[0] + 1j * clean.imag * noise[1])).passed
    True
    """
    gate = grid_gate(spectrum.frequency_hertz, spectrum.impedance_ohm[None], tolerance)
    refusal = refusal_of(spectrum, gate, QUANTITY)
    if gate is None or refusal is not None:
        return refusal  # type: ignore[return-value]
    return gate_of(spectrum, gate, tolerance)


def refusal_of(spectrum: Spectrum, gate: GridGate | None, quantity: str) -> Refusal | None:
    """Return why a spectrum cannot be judged at all: too few points, or a turned sign."""
    if gate is None:
        values: dict[str, Scalar] = {"points": len(spectrum), "decades": spectrum.decades}
        return Refusal(quantity, "spectrum_points_few", ("points",), "spectrum_with_points", values, spectrum.evidence)
    if gate.turned[0]:
        return Refusal(quantity, "imaginary_sign_turned", ("sign",), "state_the_sign", {}, spectrum.evidence)
    return None


def kramers_kronig_batch(spectra: Sequence[Spectrum], *, tolerance: float = TOLERANCE) -> pl.DataFrame:
    """Test many spectra; those of one grid of frequencies share the work.

    Returns
    -------
    polars.DataFrame
        One row per spectrum in its order: `name`, `passed`, `noise`, `drift` (each with ``_low`` and ``_high``, 90 %;
        fractions of the modulus), `least_drift_seen`, `drift_probability`, `structure_probability`, `outliers` (count),
        `low_frequency_loop`, `refusal_code` (null where it was judged).
    """
    parts = [pl.DataFrame(schema=_SCHEMA)]
    for frequency, positions in one_grid(spectra):
        impedance = np.stack([spectra[position].impedance_ohm for position in positions])
        gate = grid_gate(frequency, impedance, tolerance)
        columns = _refused(len(positions)) if gate is None else _columns(gate)
        columns["name"] = [spectra[position].name for position in positions]
        parts.append(pl.DataFrame({"position": positions, **columns}, schema=_SCHEMA))
    return pl.concat(parts).sort("position").drop("position")


_SCHEMA: Final = {
    "position": pl.Int64,
    "name": pl.String,
    "passed": pl.Boolean,
    **dict.fromkeys(("noise", "noise_low", "noise_high", "drift", "drift_low", "drift_high"), pl.Float64),
    **dict.fromkeys(("least_drift_seen", "drift_probability", "structure_probability"), pl.Float64),
    "outliers": pl.Int64,
    "low_frequency_loop": pl.Boolean,
    "refusal_code": pl.String,
}


def _refused(count: int) -> dict[str, object]:
    empty: dict[str, object] = {name: [None] * count for name in _SCHEMA if name != "position"}
    return {**empty, "refusal_code": ["spectrum_points_few"] * count}


def _columns(gate: GridGate) -> dict[str, object]:
    fit, low, high = gate.fit, PROBABILITIES.index(0.05), PROBABILITIES.index(0.95)
    noise, drift = gate.noise_quantiles(PROBABILITIES), gate.drift_quantiles(PROBABILITIES)
    figures = {
        "noise": fit.noise, "noise_low": noise[low], "noise_high": noise[high],
        "drift": fit.drift, "drift_low": drift[low], "drift_high": drift[high],
        "least_drift_seen": gate.least_drift_seen, "drift_probability": fit.drift_probability,
        "structure_probability": fit.structure_probability, "outliers": fit.outlier.sum(1),
        "low_frequency_loop": gate.loop, "passed": gate.passed,
    }  # fmt: skip
    told: dict[str, object] = {
        name: pl.Series(name, values, _SCHEMA[name], strict=False).set(pl.Series(gate.turned), None)
        for name, values in figures.items()
    }
    told["refusal_code"] = ["imaginary_sign_turned" if each else None for each in gate.turned]
    return told


def gate_of(spectrum: Spectrum, gate: GridGate, tolerance: float = TOLERANCE) -> Gate:
    """Return the verdict on the one spectrum of `gate`."""
    fit = gate.fit
    systematic = fit.systematic[0]
    failing = np.abs(systematic) >= min(float(fit.noise[0]), float(np.abs(systematic).max()))
    return Gate(
        spectrum=spectrum,
        passed=bool(gate.passed[0]),
        noise=_figure(spectrum, "impedance_noise", fit.noise, gate.noise_quantiles(PROBABILITIES)),
        drift=_figure(spectrum, "impedance_drift", fit.drift, gate.drift_quantiles(PROBABILITIES)),
        least_drift_seen=float(gate.least_drift_seen[0]),
        drift_probability=float(fit.drift_probability[0]),
        structure_probability=float(fit.structure_probability[0]),
        misfit=fit.misfit[0],
        systematic=systematic,
        failing=failing & (not gate.passed[0]),
        outlier=fit.outlier[0],
        low_frequency_loop=bool(gate.loop[0]),
        findings=(*spectrum.findings, *_findings(gate, spectrum, tolerance)),
    )


def _findings(gate: GridGate, spectrum: Spectrum, tolerance: float) -> Iterator[Finding]:
    fit = gate.fit
    values: dict[str, Scalar] = {"tolerance": tolerance, "noise": float(fit.noise[0])}
    if gate.drifting[0]:
        change = float(fit.drift[0])
        yield Finding("spectrum_drifted", "warning", "spectrum", {**values, "change": change})
    if gate.structured[0]:
        place = int(np.abs(fit.systematic[0]).argmax())
        at = {"frequency": float(spectrum.frequency_hertz[place]), "size": float(fit.structure_size[0])}
        yield Finding("spectrum_inconsistent", "warning", "spectrum", {**values, **at})
    if fit.outlier[0].any():
        where = ", ".join(f"{each:.4g}" for each in spectrum.frequency_hertz[fit.outlier[0]])
        yield Finding("spectrum_outliers", "warning", "spectrum", {"count": int(fit.outlier[0].sum()), "where": where})
    if gate.loop[0]:
        yield Finding("inductive_loop_at_low_frequency", "warning", "spectrum", {})
    if fit.noise[0] > HIGH_NOISE:
        yield Finding("spectrum_noisy", "warning", "spectrum", {**values, "least": float(gate.least_drift_seen[0])})


def _figure(spectrum: Spectrum, quantity: str, value: Floats, quantiles: Floats) -> Measurement:
    return Measurement(
        quantity=quantity,
        value=float(value[0]),
        unit="1",
        quantiles=tuple(Quantile(p, float(each)) for p, each in zip(PROBABILITIES, quantiles[:, 0], strict=True)),
        conditions=spectrum.conditions,
        method=METHOD,
        method_version=VERSION,
        evidence=spectrum.evidence,
        validation=VALIDATION,
    )
