"""The columns of a distribution of relaxation times on one grid of frequencies, and what is asked of its shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from hwan.health.impedance._spectrum import Complexes, Floats

PER_DECADE: Final = 7
FASTER_DECADES: Final = 0.5
"""Relaxation times reach so far beyond the highest frequency..."""
SLOWER_DECADES: Final = 0.0
"""...and end at the lowest: what is slower cannot be told from diffusion..."""
SLOWER_DECADES_SLOW: Final = 0.5
"""...unless a diffusion of its own form does not explain the spectrum."""
BEND: Final = 1.0
"""Standard deviation of the curvature of ln γ over ln τ: an element R‖CPE has n²/(1 − cos nπ), about a half to 3..."""
BEND_SHARP: Final = 4.0
"""...and an ideal R‖C, as dummy cells have, any."""
END_SLOPE: Final = 0.3
"""Beyond the measured range ln γ falls with a slope of one (the flank of R‖CPE has n), give or take this."""
_COILS: Final = (0.3, 1.0, 3.0)
"""Time constants of coils with losses (skin effect, leads), in units of the reciprocal of the highest ω."""


@dataclass(frozen=True, slots=True)
class Form:
    """What may stand beside the relaxation times: `slow` ones with a capacitor, lossy `coils`, `sharp` peaks."""

    slow: bool = False
    coils: bool = False
    sharp: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """Columns of the elements in series and of the relaxation times, with the shape that is asked.

    Parameters
    ----------
    tau_second
        Shape (t), evenly spaced in ln τ by `spacing`.
    columns
        Complex, shape (f, s + t): the elements in series first.
    asked, wanted
        Rows of the penalty and their targets: ‖asked · ln γ − wanted‖².
    units
        What one unit of each series column is: ohm, H, ohm/√s, 1/F, H….
    """

    tau_second: Floats
    spacing: float
    columns: Complexes
    asked: Floats
    wanted: Floats
    units: Floats

    @property
    def series(self) -> int:
        """Number of elements in series."""
        return len(self.units)


def grid(frequency_hertz: Floats, form: Form) -> Grid:
    """Return the columns for frequencies from high to low."""
    omega = 2 * np.pi * frequency_hertz
    slower = SLOWER_DECADES_SLOW if form.slow else SLOWER_DECADES
    fastest, slowest = -np.log10(omega[0]) - FASTER_DECADES, -np.log10(omega[-1]) + slower
    count = max(8, round((slowest - fastest) * PER_DECADE) + 1)
    tau = np.logspace(fastest, slowest, count)
    spacing = float(np.log(tau[1] / tau[0]))
    series, units = _series(omega, form)
    times = spacing / (1 + 1j * np.outer(omega, tau))
    columns: Complexes = np.concatenate([series, times], axis=1)
    asked, wanted = _shape(count, spacing, BEND_SHARP if form.sharp else BEND)
    return Grid(tau, spacing, columns, asked, wanted, units)


def _series(omega: Floats, form: Form) -> tuple[Complexes, Floats]:
    """Return R, L and a Warburg element, each of modulus one where it is largest, and their units."""
    top, low = omega[0], omega[-1]
    columns = [np.ones_like(omega) + 0j, 1j * omega / top, (1 - 1j) * np.sqrt(low / omega)]
    units = [1.0, 1 / top, np.sqrt(2 * low)]
    if form.slow:
        columns.append(low / (1j * omega))
        units.append(low)
    if form.coils:
        columns += [1j * omega / top * part / (1 + 1j * omega / top * part) for part in _COILS]
        units += [part / top for part in _COILS]
    return np.stack(columns, axis=1), np.array(units)


def _shape(count: int, spacing: float, size: float) -> tuple[Floats, Floats]:
    """Return the penalty: small curvature of ln γ everywhere, and a fall towards both ends."""
    bend = np.diff(np.eye(count), 2, axis=0) * (np.sqrt(spacing) / spacing**2 / size)
    ends = np.zeros((2, count))
    ends[0, :2] = ends[1, -2:] = np.array([-1.0, 1.0]) / spacing / END_SLOPE
    wanted = np.append(np.zeros(len(bend)), np.array([1.0, -1.0]) / END_SLOPE)
    return np.concatenate([bend, ends]), wanted
