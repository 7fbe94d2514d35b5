"""How well estimators of dQ/dV do that are told the truth: what noise leaves to those that are not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy.signal import savgol_coeffs, savgol_filter

MEDIAN = 0.6745
"""Of the size of a normal draw, in standard deviations."""
Floats = Any


def told_the_truth(charge: Floats, volt: Floats, capacity: Floats, variance: float) -> Iterator[tuple[str, str]]:
    """Yield name and figures of each, for an even curve in Ah, V and Ah/V and the variance of a sample in V²."""
    rel, peak = local_polynomials(charge, volt, capacity, variance)
    name = "local polynomials, degree and window of each sample by the truth"
    yield name, f"rel {rel:.3f}, peak median {peak:.1%}"
    yield "linear filter of the density that knows its spectrum", f"rel {wiener(charge, volt, capacity, variance):.3f}"
    height = plateau(volt, capacity, variance)
    yield "Cramér-Rao bound of the highest peak, its shape and all else known", f"peak median {height:.1%}"


def local_polynomials(charge: Floats, volt: Floats, capacity: Floats, variance: float) -> tuple[float, float]:
    """Return error of the curve and median error of its peak where squared bias and variance are least together."""
    count, step = len(volt), charge[1]
    least = np.full(count, np.inf)
    for degree in range(1, 6):
        for half in np.unique(np.geomspace(degree + 1, count // 4, 50).astype(int)):
            width, inner = 2 * int(half) + 1, slice(half, count - half)
            bias = savgol_filter(volt, width, degree, deriv=1, delta=step) - 1 / capacity
            noise = variance * float(np.sum(savgol_coeffs(width, degree, deriv=1, delta=step) ** 2))
            least[inner] = np.minimum(least[inner], (bias**2 + noise)[inner])
    known, at = np.isfinite(least), int(np.argmax(capacity))
    error = capacity[known] ** 2 * np.sqrt(least[known])
    rel = float(np.sqrt(np.mean(error**2) / np.mean(capacity[known] ** 2)))
    return rel, float(MEDIAN * capacity[at] * np.sqrt(least[at]))


def wiener(charge: Floats, volt: Floats, capacity: Floats, variance: float, step: float = 5e-5) -> float:
    """Return the error of the best linear filter of the charge over voltage, blur and noise known."""
    grid = np.arange(volt.min(), volt.max(), step)
    curve = np.interp(grid, volt, capacity)
    power = np.abs(np.fft.fft(np.concatenate((curve, curve[::-1]))) * step) ** 2
    blur = np.exp(-variance * (2 * np.pi * np.fft.fftfreq(len(power), step)) ** 2)
    noise = 2 * len(volt) * charge[1] ** 2 * (1 - blur)
    return float(np.sqrt(np.sum(power * noise / (power * blur + noise)) / np.sum(power)))


def plateau(volt: Floats, capacity: Floats, variance: float) -> float:
    """Return the median error of a peak whose part above half of its height is known but for one factor and a level."""
    at = int(np.argmax(capacity))
    low = np.flatnonzero(capacity[:at] < 0.5 * capacity[at])
    high = np.flatnonzero(capacity[at:] < 0.5 * capacity[at])
    part = volt[low[-1] + 1 if len(low) else 0 : at + high[0] if len(high) else len(volt)]
    return float(MEDIAN * np.sqrt(variance / np.sum((part - part.mean()) ** 2)))
