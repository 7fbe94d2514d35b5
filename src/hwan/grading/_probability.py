"""The distribution between stored quantiles, and no further than they reach."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from statistics import NormalDist
from typing import Final

from hwan.core import Quantile

_NORMAL: Final = NormalDist()


def usable(quantiles: Sequence[Quantile]) -> bool:
    """Return whether there are quantiles at all, finite, and rising in probability and value."""
    inside = all(0 < entry.probability < 1 and math.isfinite(entry.value) for entry in quantiles)
    rising = all(a.probability < b.probability and a.value <= b.value for a, b in pairwise(quantiles))
    return bool(quantiles) and inside and rising


def probability_met(quantiles: Sequence[Quantile], bound: str, limit: float) -> float:
    """Return the probability that a figure is on the good side of `limit`.

    A figure that equals the limit meets it.

    Parameters
    ----------
    quantiles
        Stored quantiles of the figure, rising (see :func:`usable`).
    bound
        ``at_least`` or ``at_most``.
    limit
        In the unit of the quantiles.

    Returns
    -------
    float
        Never beyond the outermost stored probabilities: with 0.005 … 0.995 stored, 0.995 stands for
        'at least 0.995'. What was not stored is not claimed.

    Notes
    -----
    Between two quantiles the probit of the probability is linear in the value: exact for a normal
    distribution, monotone for any.
    """
    if bound == "at_least":
        return 1 - _below(quantiles, limit)
    return _up_to(quantiles, limit)


def _below(quantiles: Sequence[Quantile], value: float) -> float:
    return _between([q for q in quantiles if q.value < value], [q for q in quantiles if q.value >= value], value)


def _up_to(quantiles: Sequence[Quantile], value: float) -> float:
    return _between([q for q in quantiles if q.value <= value], [q for q in quantiles if q.value > value], value)


def _between(left: Sequence[Quantile], right: Sequence[Quantile], value: float) -> float:
    if not left:
        return right[0].probability
    if not right:
        return left[-1].probability
    a, b = left[-1], right[0]
    za, zb = _NORMAL.inv_cdf(a.probability), _NORMAL.inv_cdf(b.probability)
    return _NORMAL.cdf(za + (zb - za) * (value - a.value) / (b.value - a.value))


def central_interval(quantiles: Sequence[Quantile]) -> tuple[float, float]:
    """Return the central 90 % interval where it is stored, else the outermost quantiles."""
    return _at(quantiles, 0.05, quantiles[0]), _at(quantiles, 0.95, quantiles[-1])


def _at(quantiles: Sequence[Quantile], probability: float, otherwise: Quantile) -> float:
    near = (entry for entry in quantiles if abs(entry.probability - probability) < 1e-9)
    return next(near, otherwise).value


def meets(value: float | bool, bound: str, number: float) -> bool:
    """Return whether a hand reading, which has no interval, meets a limit."""
    if bound == "is_true":
        return value is True
    return value >= number if bound == "at_least" else value <= number
