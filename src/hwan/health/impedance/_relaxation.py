"""The distribution of relaxation times: how much resistance relaxes at which time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from scipy.special import ndtri

from hwan.core import Finding, Measurement, Quantile, Refusal, Scalar, Validation
from hwan.health._uncertainty import PROBABILITIES
from hwan.health.impedance._gate import gate_of, refusal_of
from hwan.health.impedance._gate_verdict import GridGate, grid_gate
from hwan.health.impedance._relaxation_peaks import Peak
from hwan.health.impedance._relaxation_result import RelaxationPeak, RelaxationTimes
from hwan.health.impedance._relaxation_solve import Solved, solve_grid
from hwan.health.impedance._spectrum import Spectrum, one_grid

METHOD: Final = "relaxation_times.smooth_logarithm"
VERSION: Final = "1"
QUANTITY: Final = "relaxation_times"
VALIDATION: Final = Validation("synthetic", 2000, "two arcs with inductance and diffusion: bench/relaxation.py")
MISFIT_LEAST: Final = 0.002
"""Of the modulus: a misfit that is told. Less may be the resolution of the times, at an ideal R‖C."""
MISFIT_MOST: Final = 0.1
"""Of the modulus: a distribution that leaves more is none of this spectrum, whatever was asked."""
_NORMAL: Final = ndtri(np.array(PROBABILITIES))
_MOST: Final = 20.0
"""An interval of the logarithm wider than this says 'anything'."""
_WIDTH: Final = float(np.log(10) / 2)
"""Half a decade of τ: nothing narrower is resolved."""
_FIVE: Final = float(ndtri(0.95))


def relaxation_times(spectrum: Spectrum, *, despite_gate: bool = False) -> RelaxationTimes | Refusal:
    """Return the distribution of relaxation times of a spectrum, its peaks and the total polarisation.

    γ(ln τ) is positive, and as smooth as the noise of the spectrum allows: the curvature of ln γ over its usual size
    and the misfit over the noise are made least together (Tikhonov, with the strength set by the noise level that
    the Kramers–Kronig gate found; there is no parameter to choose). A resistance, an inductance and a Warburg element
    stand in series. Where they leave more than noise, lossy coils, sharper peaks, or slower times and a capacitor are
    tried in this order.

    Parameters
    ----------
    spectrum
        As for :func:`kramers_kronig`. Its outliers are left out.
    despite_gate
        Answer also where the gate fails or the lowest frequencies are inductive; a finding says so.

    Notes
    -----
    τ = 1/(2πf), not 1/f. Peaks nearer than about half a decade appear as one. A peak is a process of the circuit; which
    process of the cell it is, the distribution does not say. Regularised distributions in general: Wan et al.,
    Electrochim. Acta 184 (2015) 483, doi:10.1016/j.electacta.2015.09.097.

    Examples
    --------
    >>> frequency = np.geomspace(1e4, 1e-2, 61)
    >>> made = Spectrum(frequency, 0.01 + 0.02 / (1 + (2j * np.pi * frequency * 0.05) ** 0.9))
    >>> found = relaxation_times(made)
    >>> [round(peak.time_constant.value, 3) for peak in found.peaks], round(found.total_polarisation.value, 3)
    ([0.05], 0.02)
    """
    gate = grid_gate(spectrum.frequency_hertz, spectrum.impedance_ohm[None])
    refusal = refusal_of(spectrum, gate, QUANTITY)
    if gate is None or refusal is not None:
        return refusal  # type: ignore[return-value]
    if code := _stopped(gate, 0, despite_gate=despite_gate):
        size = float(np.abs(gate.fit.systematic[0]).max())
        values: dict[str, Scalar] = {"change": float(gate.fit.drift[0]), "size": size}
        return Refusal(QUANTITY, code, ("steady_spectrum",), "spectrum_at_rest", values, spectrum.evidence)
    solved = solve_grid(spectrum.frequency_hertz, spectrum.impedance_ohm[None], gate)[0]
    if solved.size > MISFIT_MOST:
        place = int(np.abs(solved.misfit).argmax())
        where: dict[str, Scalar] = {"size": solved.size, "frequency": float(spectrum.frequency_hertz[place])}
        code, test = "relaxation_not_described", "leave_out_frequencies"
        return Refusal(QUANTITY, code, ("sound_points",), test, where, spectrum.evidence)
    return _result(spectrum, gate, solved)


def relaxation_times_batch(spectra: Sequence[Spectrum], *, despite_gate: bool = False) -> pl.DataFrame:
    """Return the figures of many spectra; those of one grid of frequencies are solved together.

    Returns
    -------
    polars.DataFrame
        One row per spectrum in its order: `name`, `total_polarisation`, `series_resistance` (ohm),
        `warburg_coefficient` (ohm/√s), each with ``_low`` and ``_high`` (90 %), `inductance_henry`, `beyond_sweep`,
        lists over the peaks from fast to slow (`time_constant` in s, `resistance` in ohm, with ``_low`` and
        ``_high``), `refusal_code` (null where it answers).
    """
    rows: dict[int, _Row] = {}
    for frequency, positions in one_grid(spectra):
        impedance = np.stack([spectra[position].impedance_ohm for position in positions])
        gate = grid_gate(frequency, impedance)
        if gate is None:
            rows |= {position: {"refusal_code": "spectrum_points_few"} for position in positions}
            continue
        codes = [_stopped(gate, place, despite_gate=despite_gate) for place in range(len(positions))]
        rows |= {positions[place]: {"refusal_code": code} for place, code in enumerate(codes) if code}
        good = np.array([place for place, code in enumerate(codes) if not code], dtype=np.intp)
        answers = solve_grid(frequency, impedance[good], gate.of(good)) if len(good) else []
        rows |= {positions[place]: _row(solved) for place, solved in zip(good, answers, strict=True)}
    listed = [{"name": each.name, **rows[position]} for position, each in enumerate(spectra)]
    return pl.DataFrame(listed, schema=_SCHEMA, orient="row")


_Row = dict[str, object]
_BOUNDS: Final = ("", "_low", "_high")
_FIGURES: Final = ("total_polarisation", "series_resistance", "warburg_coefficient")
_LIST: Final = pl.List(pl.Float64)
_SCHEMA: Final[dict[str, pl.DataType | type[pl.DataType]]] = {
    "name": pl.String,
    **{figure + bound: pl.Float64 for figure in _FIGURES for bound in _BOUNDS},
    "inductance_henry": pl.Float64,
    "beyond_sweep": pl.Boolean,
    **{figure + bound: _LIST for figure in ("time_constant", "resistance") for bound in _BOUNDS},
    "refusal_code": pl.String,
}


def _stopped(gate: GridGate, place: int, *, despite_gate: bool) -> str:
    """Return why a spectrum is not solved; empty where it is."""
    if gate.turned[place]:
        return "imaginary_sign_turned"
    if despite_gate:
        return ""
    if gate.loop[place]:
        return "inductive_loop_at_low_frequency"
    return "" if gate.passed[place] else "kramers_kronig_failed"


def _row(solved: Solved) -> _Row:
    if solved.size > MISFIT_MOST:
        return {"refusal_code": "relaxation_not_described"}
    row: _Row = {"inductance_henry": solved.inductance, "beyond_sweep": solved.form.slow}
    for name, figure in _figures(solved).items():
        row |= {name + bound: value for bound, value in zip(_BOUNDS, figure.bounds, strict=True)}
    times = [_time(peak).bounds for peak in solved.peaks]
    areas = [_area(peak, solved.scale).bounds for peak in solved.peaks]
    for name, bounds in (("time_constant", times), ("resistance", areas)):
        row |= {name + bound: [each[place] for each in bounds] for place, bound in enumerate(_BOUNDS)}
    return row


@dataclass(frozen=True, slots=True)
class _Figure:
    """A value that is not negative, with a standard error: of its logarithm, or of itself where it may be nothing."""

    value: float
    error: float
    unit: str
    logarithmic: bool = True

    def at(self, sigmas: float) -> float:
        """Return the value so many standard errors away."""
        if self.logarithmic:
            return float(self.value * np.exp(np.clip(sigmas * self.error, -_MOST, _MOST)))
        return max(self.value + sigmas * self.error, 0.0)

    @property
    def bounds(self) -> tuple[float, float, float]:
        """The value and its 90 % interval."""
        return self.value, self.at(-_FIVE), self.at(_FIVE)


def _figures(solved: Solved) -> dict[str, _Figure]:
    return {
        "total_polarisation": _Figure(solved.total, solved.total_spread, "ohm"),
        "series_resistance": _Figure(solved.resistance, solved.resistance_error, "ohm", logarithmic=False),
        "warburg_coefficient": _Figure(solved.warburg, solved.warburg_error, "ohm/s^0.5", logarithmic=False),
    }


def _time(peak: Peak) -> _Figure:
    return _Figure(float(np.exp(peak.logarithm_tau)), peak.tau_error, "s")


def _area(peak: Peak, scale: float) -> _Figure:
    return _Figure(peak.resistance * scale, peak.resistance_error, "ohm")


def _result(spectrum: Spectrum, gate: GridGate, solved: Solved) -> RelaxationTimes:
    judged = gate_of(spectrum, gate)
    away = np.exp(np.minimum(_FIVE * solved.spread, _MOST))
    # Where γ is next to nothing its logarithm is undetermined; what could hide there is what the total leaves open.
    hidden = solved.gamma + _FIVE * solved.total * solved.total_spread / _WIDTH
    figures = {name: _measured(spectrum, name, figure) for name, figure in _figures(solved).items()}
    return RelaxationTimes(
        spectrum=spectrum,
        gate=judged,
        tau_second=solved.grid.tau_second,
        gamma_ohm=solved.gamma,
        gamma_low_ohm=solved.gamma / away,
        gamma_high_ohm=np.minimum(solved.gamma * away, hidden),
        total_polarisation=figures["total_polarisation"],
        series_resistance=figures["series_resistance"],
        warburg_coefficient=figures["warburg_coefficient"],
        inductance_henry=solved.inductance,
        capacitance_farad=solved.capacitance,
        peaks=tuple(_peak(spectrum, peak, solved.scale) for peak in solved.peaks),
        beyond_sweep=solved.form.slow,
        misfit=solved.misfit,
        findings=(*judged.findings, *_findings(gate, solved)),
    )


def _findings(gate: GridGate, solved: Solved) -> Iterator[Finding]:
    if not gate.passed[0]:
        yield Finding("relaxation_despite_gate", "warning", "spectrum", {})
    if gate.loop[0]:
        yield Finding("relaxation_of_a_loop", "warning", "spectrum", {})
    if solved.form.slow:
        yield Finding("relaxation_beyond_the_sweep", "warning", "spectrum", {})
    if not solved.explained and solved.size > MISFIT_LEAST:
        yield Finding(
            "relaxation_misfit", "warning", "spectrum", {"size": solved.size, "noise": float(gate.fit.noise[0])}
        )


def _peak(spectrum: Spectrum, peak: Peak, scale: float) -> RelaxationPeak:
    time = _time(peak)
    height = _Figure(peak.height * scale, peak.height_error, "ohm")
    return RelaxationPeak(
        time_constant=_measured(spectrum, "relaxation_time", time),
        frequency_hertz=1 / (2 * np.pi * time.value),
        resistance=_measured(spectrum, "relaxation_resistance", _area(peak, scale)),
        height=_measured(spectrum, "relaxation_height", height),
    )


def _measured(spectrum: Spectrum, quantity: str, figure: _Figure) -> Measurement:
    return Measurement(
        quantity=quantity,
        value=figure.value,
        unit=figure.unit,
        quantiles=tuple(Quantile(p, figure.at(float(z))) for p, z in zip(PROBABILITIES, _NORMAL, strict=True)),
        conditions=spectrum.conditions,
        method=METHOD,
        method_version=VERSION,
        evidence=spectrum.evidence,
        validation=VALIDATION,
    )
