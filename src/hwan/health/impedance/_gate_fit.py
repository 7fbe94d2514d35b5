"""All spectra of one grid against the Kramers–Kronig relations at once."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final, Self

import numpy as np

from hwan.health.impedance._gate_basis import Basis, basis
from hwan.health.impedance._gate_chances import Chances, chances, local_chances, unlikely
from hwan.health.impedance._gate_noise import Knots, NoiseLaw, improved, knots, uneven
from hwan.health.impedance._gate_outliers import Bools, Places, explaining, outliers
from hwan.health.impedance._gate_solve import Solved, shares, solved, usual_modulus, values
from hwan.health.impedance._spectrum import Complexes, Floats

CHUNK: Final = 128
"""Spectra at a time: their matrices stay in the processor's cache."""
REFITS: Final = 2
"""So often fit and law of the noise are found anew in turn; more change no verdict."""
_LEAST_VARIANCE_LEFT: Final = 0.02


@dataclass(frozen=True, slots=True)
class GateFit:
    """What the fit says of n spectra on f frequencies; impedances are over the modulus.

    Parameters
    ----------
    noise
        Standard deviation of each part of the impedance over its modulus, shape (n); its root mean square over the
        frequencies where it is uneven.
    local_noise
        The same at each frequency, shape (n, f).
    drift, drift_error
        Change of the real part over the whole sweep over the modulus at the lowest frequency, and its standard
        error, shape (n).
    drift_probability, structure_probability
        Chance that noise alone shows as much, shape (n).
    misfit
        Measured minus fitted, complex, shape (n, f).
    systematic
        The part of the misfit that drift and structure explain, complex, shape (n, f).
    structure_size
        Largest modulus of the part that structure other than drift explains, shape (n).
    outlier
        Single points that fit nothing, shape (n, f).
    freedom, drift_freedom
        Degrees of freedom that are left for the noise, and for the noise where drift weighs, shape (n).
    """

    noise: Floats
    local_noise: Floats
    drift: Floats
    drift_error: Floats
    drift_probability: Floats
    structure_probability: Floats
    misfit: Complexes
    systematic: Complexes
    structure_size: Floats
    outlier: Bools
    freedom: Floats
    drift_freedom: Floats

    @classmethod
    def joined(cls, parts: list[Self]) -> Self:
        """Return the fits of consecutive spectra as one."""
        return cls(*(np.concatenate([getattr(part, each.name) for part in parts]) for each in fields(cls)))

    def of(self, rows: Places | Bools) -> Self:
        """Return the fits of some of the spectra."""
        return type(self)(*(getattr(self, each.name)[rows] for each in fields(self)))

    def with_rows(self, rows: Places, others: Self) -> Self:
        """Return the fits with `others` in the place of some rows."""
        parts = {each.name: getattr(self, each.name).copy() for each in fields(self)}
        for name, figures in parts.items():
            figures[rows] = getattr(others, name)
        return type(self)(**parts)


@dataclass(frozen=True, slots=True)
class _Weighed:
    """Spectra with what their points weigh: over their modulus and the relative size of the noise there, shape (n, f).

    Where the noise is taken as even, `relative` is one.
    """

    columns: Basis
    impedance: Complexes
    relative: Floats
    outlier: Bools
    fit: Solved

    @property
    def weight(self) -> Floats:
        """Zero for outliers."""
        weight: Floats = ~self.outlier / (usual_modulus(self.impedance) * self.relative)
        return weight

    def of(self, rows: Places) -> _Weighed:
        """Return some of the spectra."""
        return _Weighed(self.columns, self.impedance[rows], self.relative[rows], self.outlier[rows], self.fit.of(rows))


def gate_fit(frequency_hertz: Floats, impedance_ohm: Complexes, tolerance: float) -> GateFit | None:
    """Fit spectra of one grid, weighted with 1/|Z|; None where the grid has too few points.

    Parameters
    ----------
    frequency_hertz
        Shape (f), from high to low.
    impedance_ohm
        Shape (n, f).
    tolerance
        A point within this fraction of the fit is no outlier, however small the noise.
    """
    columns = basis(frequency_hertz)
    if columns is None:
        return None
    grid = knots(frequency_hertz)
    evenly = [_judged_evenly(columns, grid, impedance_ohm[chunk], tolerance) for chunk in _chunks(len(impedance_ohm))]
    found = GateFit.joined([fit for fit, _ in evenly])
    other = np.concatenate([each for _, each in evenly])
    rows = np.flatnonzero(_fails(found) | other | found.outlier.any(1))
    if not len(rows):
        return found
    local = [
        _judged_locally(columns, grid, impedance_ohm[chosen], found.of(chosen), other[chosen], tolerance)
        for chosen in (rows[chunk] for chunk in _chunks(len(rows)))
    ]
    return found.with_rows(rows, GateFit.joined(local))


def _chunks(count: int) -> list[slice]:
    return [slice(first, first + CHUNK) for first in range(0, count, CHUNK)]


def _judged_evenly(columns: Basis, grid: Knots, impedance: Complexes, tolerance: float) -> tuple[GateFit, Bools]:
    """Judge by one noise for all frequencies; say also for which spectra that is unlikely."""
    even = _weighed(columns, impedance, np.ones(impedance.shape), tolerance)
    return _figures(even, chances(columns, even.fit)), _uneven(even, grid)


def _judged_locally(
    columns: Basis, grid: Knots, impedance: Complexes, even: GateFit, other: Bools, tolerance: float
) -> GateFit:
    """Judge by the noise of each frequency; outliers are looked for anew against it.

    `even` is what one noise for all frequencies says of these spectra, `other` where that is unlikely. What passes
    without a single point is let pass without it.
    """
    level = np.repeat(2 * np.log(even.noise[:, None]), grid.hats.shape[1], axis=1)
    start = NoiseLaw(grid, level, np.zeros((len(level), 0, 0)))
    law = _law(columns, impedance, even.outlier, start, all_count=True)
    first = _weighed(columns, impedance, _relative(law), tolerance)
    local, found = _by_local_noise(first, law, even.structure_probability, other)
    failing = np.flatnonzero(_fails(found))
    point = explaining(columns, impedance[failing], local.weight[failing], local.fit.of(failing))
    single, point = failing[point >= 0], point[point >= 0]
    if not len(single):
        return found
    others = first.of(single)
    others.outlier[np.arange(len(single)), point] = True
    _, again = _by_local_noise(others, law.of(single), even.structure_probability[single], other[single])
    steady = ~_fails(again)
    return found.with_rows(single[steady], again.of(steady))


def _by_local_noise(spectra: _Weighed, law: NoiseLaw, structure: Floats, other: Bools) -> tuple[_Weighed, GateFit]:
    """Judge spectra without their outliers, by the noise of the points that are left."""
    law = _law(spectra.columns, spectra.impedance, spectra.outlier, law, all_count=False)
    local = _reweighed(spectra, _relative(law))
    chance = local_chances(local.columns, local.fit, local.weight, law, other)
    return local, _figures(local, chance.at_least(structure))


def _fails(found: GateFit) -> Bools:
    return unlikely(found.drift_probability, found.structure_probability)


def _weighed(columns: Basis, impedance: Complexes, relative: Floats, tolerance: float) -> _Weighed:
    """Fit spectra, and again without the outliers."""
    weight = 1 / (usual_modulus(impedance) * relative)
    fit = solved(columns, impedance, weight)
    outlier = outliers(columns, impedance, weight, fit, tolerance)
    if outlier.any():
        fit = solved(columns, impedance, weight * ~outlier)
    return _Weighed(columns, impedance, relative, outlier, fit)


def _reweighed(spectra: _Weighed, relative: Floats) -> _Weighed:
    """Fit the same points with other weights."""
    weight = ~spectra.outlier / (usual_modulus(spectra.impedance) * relative)
    fit = solved(spectra.columns, spectra.impedance, weight)
    return _Weighed(spectra.columns, spectra.impedance, relative, spectra.outlier, fit)


def _uneven(even: _Weighed, grid: Knots) -> Bools:
    """Return whether one noise for all frequencies is unlikely, by leverages at equal weights."""
    half = len(grid.hats)
    leverage = (even.columns.columns**2).sum(1)
    left = 2 - leverage[:half] - leverage[half:]
    return uneven(grid, np.abs(even.fit.remains) ** 2 / even.fit.variance[:, None], left)


def _law(columns: Basis, impedance: Complexes, outlier: Bools, law: NoiseLaw, *, all_count: bool) -> NoiseLaw:
    """Find fit and law of the noise in turn.

    Where all count, so do outliers, by what they miss of the prediction: what passes for one may be common there.
    """
    modulus = usual_modulus(impedance)
    for _ in range(REFITS):
        weight = 1 / (modulus * law.size)
        fit = solved(columns, impedance, weight * ~outlier)
        leverage = shares(columns, fit, weight).sum(2)
        squares = np.abs((impedance - values(columns, fit)) / modulus) ** 2
        squares = np.where(outlier, all_count * squares / (1 + leverage / 2), squares)
        freedom = np.where(outlier, 2.0 * all_count, np.maximum(2 - leverage, _LEAST_VARIANCE_LEFT))
        law = improved(law, squares, freedom)
    return law


def _relative(law: NoiseLaw) -> Floats:
    """Return the noise at each frequency over its root mean square, shape (n, f)."""
    size = law.size
    relative: Floats = size / np.sqrt(np.mean(size**2, axis=1))[:, None]
    return relative


def _figures(spectra: _Weighed, chance: Chances) -> GateFit:
    columns, impedance, fit, modulus = spectra.columns, spectra.impedance, spectra.fit, np.abs(spectra.impedance)
    place = columns.consistent
    scale = columns.drift_scale * modulus[:, -1] / fit.inverse[:, place, place]
    consistent, drifting, whole = (values(columns, fit, count) for count in (place, place + 1, None))
    noise = np.sqrt(fit.variance)
    return GateFit(
        noise=noise,
        local_noise=noise[:, None] * spectra.relative,
        drift=fit.coefficients[:, place] / scale,
        drift_error=noise / np.abs(scale),
        drift_probability=chance.drift_probability,
        structure_probability=chance.structure_probability,
        misfit=(impedance - consistent) / modulus,
        systematic=(whole - consistent) / modulus,
        structure_size=np.max(np.abs(whole - drifting) / modulus * ~spectra.outlier, axis=1),
        outlier=spectra.outlier,
        freedom=fit.freedom,
        drift_freedom=chance.drift_freedom,
    )
