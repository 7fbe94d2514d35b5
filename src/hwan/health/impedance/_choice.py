"""Which ladder describes a spectrum: the one with the least information criterion.

n ln(Σ|r|²/n + σ₀²) + 2 p ln n, with n real figures, p parameters and relative residuals r: Schwarz's criterion (1978,
doi:10.1214/aos/1176344136) with twice his penalty, as many candidates compete (Chen and Chen 2008,
doi:10.1093/biomet/asn034). At 60 points a part must so stand out by three standard deviations for each of its
parameters. The noise floor σ₀ keeps parts from being bought by residuals that no instrument resolves. An arc faster
than the highest frequency was not seen: it bends the inductor or takes the place of R0, and a circuit with one is no
candidate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from hwan.health.impedance._elements import Floats
from hwan.health.impedance._fit_descent import Flags, Rows, Spectra
from hwan.health.impedance._fit_search import Found, climb

MOST_ARCS: Final = 3
NOISE_FLOOR: Final = 5e-4
"""Relative; good impedance analysers state twice as much."""
FASTEST: Final = 0.5
"""Time constant over 1/ω of the highest frequency."""
PENALTY: Final = 2.0
"""Of Schwarz's: with sixteen candidates one that is right must not lose to the luckiest of those that hold it."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The candidates, their criteria and whether all arcs were seen (spectra, candidates), and which is chosen."""

    candidates: tuple[Found, ...]
    criterion: Floats
    seen: Flags
    chosen: Rows


def choose(spectra: Spectra) -> Choice:
    """Fit ladders of 0 to 3 arcs with and without L and W, and choose for each spectrum."""
    candidates = tuple(
        found
        for inductor in (False, True)
        for warburg in (False, True)
        for found in climb(MOST_ARCS, spectra, inductor=inductor, warburg=warburg)
        if 2 * len(found.circuit.parameters) < spectra.figures.min()
    )
    criterion = np.column_stack([information(found, spectra) for found in candidates])
    seen = np.column_stack([is_seen(found, spectra) for found in candidates])
    return Choice(candidates, criterion, seen, np.argmin(np.where(seen, criterion, np.inf), axis=1))


def information(found: Found, spectra: Spectra) -> Floats:
    """Return the criterion of each spectrum."""
    figures = spectra.figures
    size = len(found.circuit.parameters)
    value: Floats = figures * np.log(found.cost / figures + NOISE_FLOOR**2) + PENALTY * size * np.log(figures)
    return value


def is_seen(found: Found, spectra: Spectra) -> Flags:
    """Return whether every arc's time constant is above :data:`FASTEST` over the highest angular frequency."""
    times = [number for number, each in enumerate(found.circuit.parameters) if each.role == "time"]
    seen: Flags = np.all(found.at[:, times] > np.log(FASTEST / spectra.omega.max()), axis=1)
    return seen
