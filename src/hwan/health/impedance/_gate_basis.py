"""The columns of the linear Kramers–Kronig fit on one grid of frequencies, and those that break the relations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from hwan.health.impedance._spectrum import Complexes, Floats

PER_DECADE: Final = 3.2
"""Elements R‖C per decade of τ, 23 for six decades of frequency: fewer leave the shape of a CPE in the residual."""
FASTER_DECADES: Final = 1.0
"""The fastest time constant lies so far beyond the highest frequency, where arcs are cut off; it costs nothing."""
SLOWER_DECADES: Final = 0.25
"""The slowest lies so far beyond the lowest frequency: less misses arcs that are cut off, more takes the drift up."""
STRUCTURE_PER_DECADE: Final = 2.0
LEAST_FREEDOM: Final = 8


@dataclass(frozen=True, slots=True)
class Basis:
    """Orthonormal columns, shape (2f, p), nested: what obeys the relations, then drift, then any other structure.

    `consistent` columns span R, L, C and the elements R‖C; the next is a real part that grows in proportion to the
    time of the sweep; the rest are bumps of the imaginary part alone. `drift_scale` gives back the amplitude.
    """

    columns: Floats
    consistent: int
    drift_scale: float

    @property
    def structure(self) -> slice:
        """The columns of structure other than drift."""
        return slice(self.consistent + 1, self.columns.shape[1])


def basis(frequency_hertz: Floats) -> Basis | None:
    """Return the columns for a grid from high to low frequency; None where too few points leave nothing to judge."""
    consistent = _parts(_consistent(frequency_hertz))
    drift = _parts(elapsed_share(frequency_hertz)[:, None].astype(np.complex128))
    free = 2 * len(frequency_hertz) - consistent.shape[1] - 1
    bumps = _bumps(frequency_hertz, most=(free - LEAST_FREEDOM) // 2)
    if free < LEAST_FREEDOM:
        return None
    columns = np.concatenate([consistent, drift, bumps], axis=1)
    length = np.linalg.norm(columns, axis=0)
    orthonormal, upper = np.linalg.qr(columns / length)
    place = consistent.shape[1]
    return Basis(orthonormal, place, float(upper[place, place] * length[place]))


def elapsed_share(frequency_hertz: Floats) -> Floats:
    """Return how much of the sweep has passed at each frequency: each takes as long as the same number of periods."""
    passed = np.cumsum(1 / frequency_hertz)
    share: Floats = passed / passed[-1]
    return share


def _consistent(frequency_hertz: Floats) -> Complexes:
    """Return R, L, C and R‖C at fixed time constants, shape (f, 3 + m): each obeys the relations, so does any sum."""
    omega = 2 * np.pi * frequency_hertz
    decades = np.log10(frequency_hertz[0] / frequency_hertz[-1])
    count = round(PER_DECADE * (FASTER_DECADES + decades + SLOWER_DECADES))
    tau = np.geomspace(10**-FASTER_DECADES / omega[0], 10**SLOWER_DECADES / omega[-1], count)
    series = np.stack([np.ones_like(omega) + 0j, 1j * omega / omega[0], omega[-1] / (1j * omega)], axis=1)
    columns: Complexes = np.concatenate([series, 1 / (1 + 1j * np.outer(omega, tau))], axis=1)
    return columns


def _bumps(frequency_hertz: Floats, most: int) -> Floats:
    """Return bumps of the imaginary part alone along the logarithm of the frequency, shape (2f, b)."""
    place = np.log10(frequency_hertz)
    decades = place[0] - place[-1]
    count = min(max(3, round(STRUCTURE_PER_DECADE * decades) + 1), most)
    if count < 3:
        return np.zeros((2 * len(place), 0))
    centre = np.linspace(place[-1], place[0], count)
    bumps = np.exp(-0.5 * ((place[:, None] - centre) / (decades / (count - 1))) ** 2)
    return np.concatenate([np.zeros_like(bumps), bumps])


def _parts(columns: Complexes) -> Floats:
    """Return complex columns as real ones: all real parts, then all imaginary parts."""
    return np.concatenate([columns.real, columns.imag])
