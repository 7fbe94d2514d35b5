"""Curves with known peaks: Gaussian peaks of dQ/dV on a constant one, as a tester would write them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import ndtr

PEAKS = ((1.0, 3.55, 0.020), (1.5, 3.70, 0.035), (0.8, 3.95, 0.012))
"""Charge in Ah, voltage in V, width in V."""
BASE_AH_PER_VOLT = 0.8
ENDS_VOLT = (3.0, 4.15)


@dataclass(frozen=True)
class Made:
    """Charge in Ah, voltage in V, and dQ/dV in Ah/V at each sample."""

    charge: Any
    volt: Any
    capacity: Any

    def noisy(self, seed: int = 0, noise: float = 1e-3, resolution: float = 1e-3) -> Any:
        volt = self.volt + noise * np.random.default_rng(seed).standard_normal(len(self.volt))
        return np.round(volt / resolution) * resolution if resolution else volt

    def rel(self, answer: Any) -> float:
        """Root mean square of an answer's error over that of the curve."""
        told = np.interp(self.volt, answer.voltage_volt, answer.incremental_capacity_ah_per_volt)
        return float(np.sqrt(np.mean((told - self.capacity) ** 2) / np.mean(self.capacity**2)))


def made(samples: int = 3000, peaks: tuple[tuple[float, float, float], ...] = PEAKS) -> Made:
    fine = np.linspace(*ENDS_VOLT, 200_001)
    whole = BASE_AH_PER_VOLT * (fine - ENDS_VOLT[0]) + sum(area * ndtr((fine - at) / wide) for area, at, wide in peaks)
    charge = np.linspace(0, whole[-1] - whole[0], samples)
    volt = np.interp(charge, whole - whole[0], fine)
    shapes = [area / wide * np.exp(-0.5 * ((volt - at) / wide) ** 2) for area, at, wide in peaks]
    return Made(charge, volt, BASE_AH_PER_VOLT + sum(shapes) / np.sqrt(2 * np.pi))
