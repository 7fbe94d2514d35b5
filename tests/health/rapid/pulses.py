"""Cells of known health under 5 s pulses: resistances grow as capacity fades, on a voltage that hides the charge."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from hwan.health.rapid import PULSES_5_SECOND, CalibrationTable, calibration_table

Floats = NDArray[np.float64]
RATES = np.array(PULSES_5_SECOND.rates_per_hour)


def voltages(health: Floats, charge: Floats, ohm_hour: Floats, random: np.random.Generator) -> Floats:
    """Return turning points, shape (rows, 21); `ohm_hour` is the cell's own factor of resistance."""
    slow = 0.020 * ohm_hour * (1 + 3.0 * (1 - health)) * (1 + 0.3 * (charge - 0.5) ** 2)
    fast = 0.035 * ohm_hour * (1 + 2.0 * (1 - health)) * (1 + 0.5 * np.exp(-6 * charge))
    level = 3.4 + 0.7 * charge
    rows = [level]
    for rate in RATES:
        jump, growth, gain = rate * fast, rate * slow, rate * 5 / 3600 * 0.7 / health
        rows += [level + jump, level + jump + growth + gain, level + 0.9 * growth + gain, level + 0.15 * growth + gain]
        level = level + 0.15 * growth + gain
    return np.stack(rows, axis=1) + random.normal(0, 1e-4, (len(health), len(rows)))


def frame(cells: int = 40, visits: int = 4, seed: int = 0, spread: float = 0.03) -> pl.DataFrame:
    """Return a calibration table of so many cells, each at several unknown states of charge."""
    random = np.random.default_rng(seed)
    health = np.repeat(random.uniform(0.6, 0.95, cells), visits)
    charge, own = random.uniform(0.1, 0.9, cells * visits), np.repeat(random.lognormal(0, spread, cells), visits)
    found = voltages(health, charge, own, random)
    names = np.repeat([f"s{seed}-{number:03}" for number in range(cells)], visits)
    return pl.DataFrame({"cell": names, "soh": health, **dict(zip(PULSES_5_SECOND.names, found.T, strict=True))})


def table(cells: int = 40, visits: int = 4, seed: int = 0, spread: float = 0.03) -> CalibrationTable:
    """Return the same, checked."""
    return calibration_table(frame(cells, visits, seed, spread), PULSES_5_SECOND, "synthetic")
