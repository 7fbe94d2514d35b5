"""Q of the constant phase element of each arc, which is derived: Q = τⁿ/R, with its interval from the covariance."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from scipy.special import stdtrit

from hwan.health.impedance._circuit import Circuit
from hwan.health.impedance._elements import ARC, Floats, Role
from hwan.health.impedance._fit_intervals import LEVEL, Determined

DERIVED: Final[Role] = "admittance"


def admittance_names(circuit: Circuit) -> list[str]:
    """Return the names: Q1 beside R1, tau1 and n1."""
    return ["Q" + leaf.names[2].removeprefix("n") for leaf in circuit.leaves() if leaf.element is ARC]


def admittances(fits: Determined) -> Iterator[tuple[str, Floats, Floats]]:
    """Give name, ln Q and half of its 90 % interval for each arc, of all spectra.

    ln Q = n ln τ − ln R; its variance follows from those of the three and their correlations (JCGM 100:2008, 5.2.2).
    """
    circuit = fits.found.circuit
    arcs = [leaf for leaf in circuit.leaves() if leaf.element is ARC]
    for name, leaf in zip(admittance_names(circuit), arcs, strict=True):
        size, time, exponent = fits.found.at[:, leaf.place].T
        slope = np.stack((-np.ones_like(size), exponent, time), axis=1) * fits.deviation[:, leaf.place]
        correlation = fits.correlation[:, leaf.place, leaf.place]
        variance = np.einsum("sa,sab,sb->s", slope, correlation, slope)
        half = stdtrit(fits.freedom, 0.5 + LEVEL / 2) * np.sqrt(np.maximum(variance, 0.0))
        yield name, exponent * time - size, half
