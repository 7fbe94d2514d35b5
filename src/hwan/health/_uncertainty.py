"""From stated sources of error to quantiles of a figure.

Each source is a uniform or a normal draw with a signed effect on the figure (JCGM 101:2008 calls
this propagation of distributions). Draws with the same key are one draw and are added with their
sign before anything else. The distribution of the sum is computed, not sampled: the densities are
convolved on a grid of `BINS` bins, exact to about 1/BINS of the width. Beyond the `WIDEST` uniform
draws the rest are taken as one normal draw, which the sum of so many smaller ones is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from hwan.core import ErrorComponent, Quantile
from hwan.health._normal import normal_distribution
from hwan.health._signals import Floats

PROBABILITIES: Final = (0.005, 0.025, 0.05, 0.25, 0.5, 0.75, 0.95, 0.975, 0.995)
BINS: Final = 512
WIDEST: Final = 16
NEGLIGIBLE: Final = 1e-9
"""A uniform draw narrower than this part of the widest moves no quantile."""
_NORMAL_REACH: Final = 6.0


@dataclass(frozen=True, slots=True)
class Figure:
    """A value and its sources of error, in one unit; the arithmetic of measurements."""

    value: float
    components: tuple[ErrorComponent, ...] = ()

    def scaled(self, factor: float) -> Figure:
        """Return the figure times an exact number."""
        return Figure(self.value * factor, _scale(self.components, factor))

    def over(self, other: Figure) -> Figure:
        """Return the ratio to first order; draws that both share cancel as they do in reality."""
        ratio = self.value / other.value
        parts = (*_scale(self.components, 1 / other.value), *_scale(other.components, -ratio / other.value))
        return Figure(ratio, merged(parts))

    def quantiles(self) -> tuple[Quantile, ...]:
        """Return the figure's quantiles at :data:`PROBABILITIES`."""
        offsets = _offsets(merged(self.components))
        return tuple(Quantile(p, float(self.value + d)) for p, d in zip(PROBABILITIES, offsets, strict=True))


def merged(components: Iterable[ErrorComponent]) -> tuple[ErrorComponent, ...]:
    """Return the components with those of one draw added, sign kept."""
    shared: dict[str, ErrorComponent] = {}
    own: list[ErrorComponent] = []
    for part in components:
        if not part.shared_key:
            own.append(part)
        elif part.shared_key in shared:
            known = shared[part.shared_key]
            shared[part.shared_key] = replace(known, effect=known.effect + part.effect)
        else:
            shared[part.shared_key] = part
    return (*shared.values(), *own)


def _scale(components: Iterable[ErrorComponent], factor: float) -> tuple[ErrorComponent, ...]:
    return tuple(replace(part, effect=part.effect * factor) for part in components)


def _offsets(components: Sequence[ErrorComponent]) -> Floats:
    """Return the quantiles of the sum of all draws around zero."""
    uniform = np.sort([abs(part.effect) for part in components if part.distribution == "uniform"])[::-1]
    half_widths, rest = uniform[:WIDEST], uniform[WIDEST:]
    normal = [part.effect for part in components if part.distribution == "normal"]
    sigma = float(np.sqrt(np.sum(np.square(normal)) + np.sum(np.square(rest)) / 3))
    half_widths = half_widths[half_widths > NEGLIGIBLE * (half_widths.max(initial=0.0) + sigma)]
    reach = float(half_widths.sum()) + _NORMAL_REACH * sigma
    width = 2 * reach / BINS
    if width < np.finfo(np.float64).tiny:
        return np.zeros(len(PROBABILITIES))
    mass = (
        _binned(lambda edge: normal_distribution(edge / sigma), _NORMAL_REACH * sigma, width) if sigma else np.ones(1)
    )
    for half in half_widths:
        mass = np.convolve(mass, _binned(lambda edge, h=half: np.clip(edge / (2 * h) + 0.5, 0, 1), half, width))
    upper_edges = (np.arange(len(mass)) - len(mass) // 2 + 0.5) * width
    quantiles: Floats = np.interp(PROBABILITIES, np.cumsum(mass), upper_edges)
    return quantiles


def _binned(distribution, half: float, width: float) -> Floats:  # type: ignore[no-untyped-def]
    """Return the probability in each bin of a symmetric distribution that ends at ±half."""
    if half == 0.0:
        return np.ones(1)
    reach = int(np.ceil(half / width)) + 1
    edges = (np.arange(-reach, reach + 2) - 0.5) * width
    mass: Floats = np.diff(distribution(edges))
    return mass
