"""Which of many readings is truly the greatest, when each carries an error: a probability for each.

Each true value is its reading plus an error: two uniform draws (gain and offset of the tap) and a
normal one. The probability that one cell is the greatest is the integral of its density times the
probability that all others lie below (flat priors), on a grid; nothing is sampled.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from hwan.health._cells import Floats

POINTS: Final = 1001
OWN_POINTS: Final = 41
"""So many more over the reach of each value itself: one of a wide error must not hide those of narrow ones."""
_REACH: Final = 5.0
_CERTAIN: Final = 8.0
_LEAST: Final = 1e-4
"""A part smaller than this of the whole error is taken as this: nothing is divided by zero."""


def distribution(x: Floats, half_one: Floats, half_other: Floats, sigma: Floats) -> Floats:
    """Return the distribution function at `x` of two centred uniform draws plus a normal one.

    All arguments broadcast; half-widths and standard deviation in the unit of `x`.
    """
    least = np.maximum(_LEAST * (half_one + half_other + sigma), np.finfo(np.float32).tiny)
    one, other, sigma = (np.maximum(part, least) for part in (half_one, half_other, sigma))
    beyond = one + other + _CERTAIN * sigma
    x = np.clip(x, -beyond, beyond)  # further out only digits would be lost
    total = _twice(x + one + other, sigma) - _twice(x + one - other, sigma)
    total += _twice(x - one - other, sigma) - _twice(x - one + other, sigma)
    result: Floats = np.clip(total / (4 * one * other), 0.0, 1.0)
    return result


def _twice(x: Floats, sigma: Floats) -> Floats:
    """Return the second antiderivative of the normal distribution function."""
    from scipy.special import ndtr

    z = x / sigma
    density = np.exp(-0.5 * np.minimum(z * z, 700.0)) / np.sqrt(2 * np.pi)
    twice: Floats = 0.5 * sigma**2 * ((1 + z * z) * ndtr(z) + z * density)
    return twice


def greatest(values: Floats, half_one: Floats, half_other: Floats, sigma: Floats) -> Floats:
    """Return for each value the probability that it is truly the greatest, shape (values,); all must be known.

    >>> greatest(np.array([1.0, 2.0]), *(np.full(2, 0.01),) * 3).round(3).tolist()
    [0.0, 1.0]
    """
    reach = half_one + half_other + _REACH * sigma
    chosen = np.flatnonzero(values + reach >= (values - reach).max())
    low, high = float((values - reach)[chosen].max()), float((values + reach)[chosen].max())
    own = values[chosen, None] + reach[chosen, None] * np.linspace(-1, 1, OWN_POINTS)
    grid = np.unique(np.append(np.linspace(low, high, POINTS), np.clip(own, low, high)))
    errors = (half_one[chosen, None], half_other[chosen, None], sigma[chosen, None])
    below = distribution(grid - values[chosen, None], *errors)
    mass = np.maximum(np.diff(below, axis=1), 0.0)
    middle = np.maximum((below[:, 1:] + below[:, :-1]) / 2, 1e-300)
    log = np.log(middle)
    share = (mass * np.exp(log.sum(axis=0) - log)).sum(axis=1)
    # What lies below the grid cannot be the greatest but for the single one that set its lower end.
    share = share + np.where(len(chosen) == 1, below[:, 0], 0.0)
    probability = np.zeros(len(values))
    probability[chosen] = share / share.sum() if share.sum() else 1 / len(chosen)
    return probability
