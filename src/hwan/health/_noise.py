"""How much of a signal is the instrument and not the battery: white noise, rounding, single wrong samples."""

from __future__ import annotations

from typing import Final

import numpy as np

from hwan.health._signals import Floats

CLEAR: Final = 6.0
"""A change of so many standard deviations of the noise is no noise."""
ENOUGH: Final = 20_000
_NORMAL_MEDIAN: Final = 0.6745
"""Median of the absolute value of a standard normal draw."""


def noise(*parts: Floats) -> float:
    """Return the standard deviation of white noise on smooth signals, pooled over `parts`, in their unit.

    Third differences of white noise have the variance 20σ²; those beyond four standard deviations
    are steps of the signal and do not count.
    """
    squares = [third**2 for third in (np.diff(part, 3) for part in parts if len(part) >= 8)]
    if not squares:
        return 0.0
    pooled = np.concatenate(squares)
    typical = float(np.median(pooled)) / _NORMAL_MEDIAN**2
    kept = pooled[pooled <= 16 * typical] if typical else pooled
    return float(np.sqrt(kept.mean() / 20))


def typical_noise(values: Floats) -> float:
    """Return the noise of the typical sample, in the unit of `values`: 0 where most samples repeat.

    Unlike :func:`noise` it does not take the steps of a coarsely rounded signal for noise. Of long
    records `ENOUGH` samples, evenly chosen, tell as much as all.
    """
    if len(values) < 4:
        return 0.0
    every = max(1, len(values) // ENOUGH)
    first, second, third, fourth = (values[lag : len(values) - 3 + lag : every] for lag in range(4))
    differences = np.abs((fourth - first) - 3 * (third - second))
    return float(np.median(differences)) / _NORMAL_MEDIAN / float(np.sqrt(20))


def resolution(values: Floats) -> float:
    """Return the smallest change between neighbours, in the unit of `values`: the resolution or less."""
    change = np.abs(np.diff(values))
    change = change[change > 0]
    return float(change.min()) if len(change) else 0.0


def undithered(values: Floats) -> float:
    """Return half the instrument's resolution where rounding is systematic, else 0, in the unit of `values`.

    Noise larger than the rounding error (resolution/√12) dithers it, and is then already part of
    :func:`noise`.
    """
    step = resolution(values)
    return 0.5 * step if noise(values) < step / np.sqrt(12) else 0.0


def without_spikes(current: Floats, voltage: Floats) -> Floats:
    """Return the current in A with each single sample replaced that leaves its neighbours and that the voltage ignores.

    A pulse of one sample moves the voltage as well and stays.
    """
    if len(current) < 3:
        return current
    leaves = current[1:-1] - _middle_of_three(current[:-2], current[1:-1], current[2:])
    candidates = np.flatnonzero(np.abs(leaves) > CLEAR * typical_noise(current)) + 1
    volts = voltage[candidates]
    follows = volts - _middle_of_three(voltage[candidates - 1], volts, voltage[candidates + 1])
    leaves = leaves[candidates - 1]
    ignored = (leaves * follows <= 0) | (np.abs(follows) <= CLEAR * typical_noise(voltage))
    cleaned = current.copy()
    cleaned[candidates] -= np.where(ignored, leaves, 0.0)
    return cleaned


def _middle_of_three(before: Floats, here: Floats, after: Floats) -> Floats:
    """Return the median of each sample and its two neighbours."""
    middle: Floats = np.maximum(np.minimum(before, here), np.minimum(np.maximum(before, here), after))
    return middle
