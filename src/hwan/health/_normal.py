"""The normal law, without SciPy: loading it costs more processor time than all figures of one battery."""

from __future__ import annotations

from math import erfc, sqrt

import numpy as np
from numpy.typing import ArrayLike

from hwan.health._signals import Floats

_ROOT_2 = sqrt(2.0)


def normal_distribution(z: ArrayLike) -> Floats:
    """Return the probability that a standard normal draw is at most `z`, of the same shape.

    >>> normal_distribution([-1.0, 0.0, 40.0]).round(6).tolist()
    [0.158655, 0.5, 1.0]
    """
    flat = np.ravel(z) / -_ROOT_2
    return 0.5 * np.fromiter(map(erfc, flat.tolist()), np.float64, flat.size).reshape(np.shape(z))


def normal_quantile(probability: float) -> float:
    """Return below which value a standard normal draw lies with `probability`; infinite at 0 and 1.

    >>> round(normal_quantile(0.95), 6)
    1.644854
    """
    from statistics import NormalDist

    if probability in (0.0, 1.0):
        return float("inf") if probability else -float("inf")
    return NormalDist().inv_cdf(probability)
