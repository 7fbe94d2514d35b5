"""From spectra of one grid to figures: the plain form first, others where that leaves more than noise."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from hwan.health.impedance._gate_verdict import GridGate
from hwan.health.impedance._relaxation_fit import RelaxationFit, relaxation_fit
from hwan.health.impedance._relaxation_grid import Form, Grid, grid
from hwan.health.impedance._relaxation_peaks import Peak, peaks
from hwan.health.impedance._spectrum import Complexes, Floats

MISFIT_SIGMAS: Final = 4.0
"""The mean square of the misfit may pass the noise's by so many of its standard deviations, by noise alone."""
TOTAL_LEAST: Final = 0.004
"""What the smoothing costs the total at least; with it the 90 % intervals hold on synthetic spectra."""


BETTER: Final = 0.7
"""A form that does not explain the spectrum either is taken for a mean square below this part of the simpler one's."""
INDUCTIVE_SIGMAS: Final = 3.0
FORMS: Final = (
    Form(),
    Form(sharp=True),
    Form(coils=True),
    Form(coils=True, sharp=True),
    Form(coils=True, slow=True),
    Form(coils=True, slow=True, sharp=True),
)
"""In this order; coils only where the highest frequency is inductive."""


@dataclass(frozen=True, slots=True)
class Solved:
    """Figures of one spectrum in ohm, s, H, F, with standard errors; those of the logarithm end in `_spread`."""

    grid: Grid
    gamma: Floats
    spread: Floats
    total: float
    total_spread: float
    resistance: float
    resistance_error: float
    warburg: float
    warburg_error: float
    inductance: float
    capacitance: float
    peaks: tuple[Peak, ...]
    scale: float
    form: Form
    chi_square: float
    misfit: Complexes
    explained: bool

    @property
    def size(self) -> float:
        """Root mean square of each part of the misfit, over the modulus."""
        return float(np.sqrt(np.mean(np.abs(self.misfit) ** 2) / 2))


def solve_grid(frequency_hertz: Floats, impedance_ohm: Complexes, gate: GridGate) -> list[Solved]:
    """Return the figures of n spectra, shape (n, f), outliers of the gate left out."""
    weight: Floats = 1.0 - gate.fit.outlier.astype(np.float64)
    limit = 1 + MISFIT_SIGMAS / np.sqrt(weight.sum(1))
    inductive = impedance_ohm[:, 0].imag / np.abs(impedance_ohm[:, 0]) > INDUCTIVE_SIGMAS * gate.fit.noise
    answers: dict[int, Solved] = {}
    for form, rows in ((form, rows) for form in FORMS for rows in (inductive, ~inductive)):
        if form == Form(coils=True) and rows is not inductive:
            continue
        own = replace(form, coils=form.coils and rows is inductive)
        open_rows = [row for row in np.flatnonzero(rows).tolist() if row not in answers or not answers[row].explained]
        if not open_rows:
            continue
        columns = grid(frequency_hertz, own)
        fit = relaxation_fit(columns, impedance_ohm[open_rows], gate.fit.noise[open_rows], weight[open_rows])
        for place, row in enumerate(open_rows):
            found = _solved(columns, own, fit, place, float(limit[row]))
            known = answers.get(row)
            if known is None or found.explained or found.chi_square < BETTER * known.chi_square:
                answers[row] = found
    return [answers[row] for row in range(len(impedance_ohm))]


def _solved(columns: Grid, form: Form, fit: RelaxationFit, place: int, limit: float) -> Solved:
    scale, first = float(fit.scale[place]), columns.series
    logarithm, covariance = fit.logarithm[place], fit.covariance[place]
    of_times = covariance[first:, first:]
    gamma = np.exp(logarithm)
    share = gamma / gamma.sum()
    series = fit.series[place] * columns.units * scale
    errors = np.sqrt(np.maximum(np.diagonal(covariance)[:first], 0.0)) * columns.units * scale
    total = float(gamma.sum()) * columns.spacing * scale
    return Solved(
        grid=columns,
        gamma=gamma * scale,
        spread=np.sqrt(np.maximum(np.diagonal(of_times), 0.0)),
        total=total,
        total_spread=float(np.sqrt(max(float(share @ of_times @ share), 0.0) + TOTAL_LEAST**2)),
        resistance=float(series[0]),
        resistance_error=float(np.hypot(errors[0], TOTAL_LEAST * total)),
        warburg=float(series[2]),
        warburg_error=float(errors[2]),
        inductance=float(series[1] + series[3 + form.slow :].sum()),
        capacitance=_farad(float(series[3])) if form.slow else float("inf"),
        peaks=peaks(columns.tau_second, columns.spacing, logarithm, of_times),
        scale=scale,
        form=form,
        chi_square=float(fit.chi_square[place]),
        misfit=fit.misfit[place],
        explained=bool(fit.chi_square[place] <= limit),
    )


def _farad(elastance: float) -> float:
    return 1 / elastance if elastance > 0 else float("inf")
