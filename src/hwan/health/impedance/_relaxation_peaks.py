"""Peaks of a distribution of relaxation times: where, how high, how much resistance, each with its error."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from hwan.health.impedance._spectrum import Floats

LEAST_SHARE: Final = 0.003
"""A peak with less of the polarisation than this is not told."""
LEAST_RISE: Final = 2.0
"""A peak stands over the valleys on both sides by so many standard errors of the difference of ln γ."""


END_POINTS: Final = 2
"""A highest point so near to an end of the range is no peak: the range cuts the process off."""
TAU_ERROR: Final = 0.7
AREA_ERROR: Final = 1.5
OVERLAP_ERROR: Final = 0.5
AREA_LEAST: Final = 0.006
"""What makes the intervals hold 90 % on synthetic spectra of other ranges: the smoothing's own spread of τ is too
wide by a third; an area has the error of its share in the overlap, and never less than 0.6 %."""


@dataclass(frozen=True, slots=True)
class Peak:
    """One peak: values and standard errors of their logarithms.

    Parameters
    ----------
    logarithm_tau
        Natural logarithm of τ in s, by a parabola through the highest point and its neighbours.
    height, resistance
        γ at the top, and the area of the peak's share, in the unit of the distribution.
    """

    logarithm_tau: float
    tau_error: float
    height: float
    height_error: float
    resistance: float
    resistance_error: float


def peaks(tau_second: Floats, spacing: float, logarithm: Floats, covariance: Floats) -> tuple[Peak, ...]:
    """Return the peaks of one distribution from fast to slow.

    Parameters
    ----------
    logarithm
        ln γ, shape (t).
    covariance
        Of ln γ, shape (t, t).
    """
    gamma = np.exp(logarithm)
    tops = _tops(logarithm)
    while tops:
        shares = _shares(spacing, logarithm, tops)
        small = shares @ gamma < LEAST_SHARE * gamma.sum()
        flat = np.array(_rises(logarithm, covariance, tops)) < LEAST_RISE
        weak = np.flatnonzero(small | flat)
        if not len(weak):
            return tuple(_measured(tau_second, spacing, logarithm, covariance, tops, shares))
        # The lowest of the weak goes first: its area falls to a neighbour, which may then stand.
        del tops[min(weak, key=lambda place: logarithm[tops[place]])]
    return ()


def _tops(logarithm: Floats) -> list[int]:
    """Return the highest points; an end that rises is one too: a process that the range cuts off."""
    walled = np.concatenate([[-np.inf], logarithm, [-np.inf]])
    return [int(place) for place in np.flatnonzero((logarithm > walled[:-2]) & (logarithm >= walled[2:]))]


def _rises(logarithm: Floats, covariance: Floats, tops: list[int]) -> list[float]:
    """Return how many standard errors each top stands over what separates it from its neighbours.

    A deep valley is hardly determined in the logarithm: of all points between, the one that tells most counts.
    """
    variance = np.diagonal(covariance)
    error = np.sqrt(np.maximum(variance[tops, None] + variance - 2 * covariance[tops], 1e-12))
    over = (logarithm[tops][:, None] - logarithm) / error
    bounds = [0, *tops, len(logarithm) - 1]
    rises = []
    for place, top in enumerate(tops):
        sides = over[place, bounds[place] : top], over[place, top + 1 : bounds[place + 2] + 1]
        rises.append(min((float(side.max()) for side in _inner(sides, logarithm, top)), default=0.0))
    return rises


def _inner(sides: tuple[Floats, Floats], logarithm: Floats, top: int) -> tuple[Floats, ...]:
    """Leave out the side of a top at the end of the range: nothing was seen there."""
    if top < END_POINTS:
        return sides[1:]
    return sides[:1] if top >= len(logarithm) - END_POINTS else sides


def _shares(spacing: float, logarithm: Floats, tops: list[int]) -> Floats:
    """Return how much of γ at each time belongs to each peak, shape (peaks, t).

    A peak of R‖CPE is even in ln τ: its form is the lower of both flanks, mirrored at the top, and where flanks of
    several overlap, γ is shared in proportion to the forms.
    """
    place = np.arange(len(logarithm), dtype=np.float64)
    middle = np.array([top + (0.0 if _is_end(logarithm, top) else _offset(logarithm, top)) for top in tops])
    mirrored = 2 * middle[:, None] - place
    forms = np.minimum(logarithm, _extended(spacing, logarithm, mirrored))
    parts = np.exp(forms - forms.max(axis=0))
    shares: Floats = parts / parts.sum(axis=0)
    return shares


def _extended(spacing: float, logarithm: Floats, place: Floats) -> Floats:
    """Return ln γ between points, falling with a slope of one beyond both ends."""
    last = len(logarithm) - 1
    inside = np.interp(place, np.arange(last + 1), logarithm)
    beyond = np.maximum(-place, 0) + np.maximum(place - last, 0)
    extended: Floats = inside - beyond * spacing
    return extended


def _measured(
    tau_second: Floats, spacing: float, logarithm: Floats, covariance: Floats, tops: list[int], shares: Floats
) -> Iterator[Peak]:
    for top, own in zip(tops, shares, strict=True):
        if _is_end(logarithm, top):
            continue
        change = _moves(logarithm[top - 1 : top + 2])
        near = covariance[top - 1 : top + 2, top - 1 : top + 2]
        part = own * np.exp(logarithm)
        yield Peak(
            logarithm_tau=float(np.log(tau_second[top]) + _offset(logarithm, top) * spacing),
            tau_error=TAU_ERROR * float(np.sqrt(max(float(change @ near @ change), 0.0))) * spacing,
            height=float(np.exp(logarithm[top] - _sag(logarithm[top - 1 : top + 2]))),
            height_error=float(np.sqrt(max(float(covariance[top, top]), 0.0))),
            resistance=float(part.sum()) * spacing,
            resistance_error=_area_error(part / part.sum(), own, covariance),
        )


def _area_error(part: Floats, own: Floats, covariance: Floats) -> float:
    """Return the relative error of an area: noise, how the overlap is shared, and what the smoothing costs."""
    noise = AREA_ERROR * np.sqrt(max(float(part @ covariance @ part), 0.0))
    overlap = OVERLAP_ERROR * float(part @ (1 - own))
    return float(np.sqrt(noise**2 + overlap**2 + AREA_LEAST**2))


def _is_end(logarithm: Floats, top: int) -> bool:
    return top < END_POINTS or top >= len(logarithm) - END_POINTS


def _offset(logarithm: Floats, top: int) -> float:
    """Return where a parabola through a top and its neighbours is highest, in steps from the top."""
    before, here, after = logarithm[top - 1 : top + 2]
    return float(0.5 * (before - after) / (before - 2 * here + after))


def _moves(three: Floats) -> Floats:
    """Return how the top of the parabola moves with each of its three points."""
    before, here, after = three
    bend, tilt = before - 2 * here + after, before - after
    return np.array([0.5 / bend - 0.5 * tilt / bend**2, tilt / bend**2, -0.5 / bend - 0.5 * tilt / bend**2])


def _sag(three: Floats) -> float:
    """Return how far the middle point lies below the top of the parabola; negative or zero."""
    before, here, after = three
    return float((before - after) ** 2 / (8 * (before - 2 * here + after)))
