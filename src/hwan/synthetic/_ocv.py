"""Open-circuit voltage over state of charge, in closed form with its integral.

The curves are our own: a few exponentials and hyperbolic tangents laid through a plausible shape of
NMC622 and LFP against graphite. They are monotone by construction (every term rises), steep at both
ends, and no reference for any product.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class OpenCircuit:
    """``base + slope·s`` plus falling, rising and step terms of the state of charge `s`.

    Parameters
    ----------
    falling
        Pairs (height in V, width): ``-height·exp(-s/width)``, the knee at the empty end.
    rising
        Pairs (height in V, width): ``height·exp((s-1)/width)``, the knee at the full end.
    steps
        Triples (height in V, middle, width): ``height·tanh((s-middle)/width)``.
    lower_volt, upper_volt, nominal_volt
        Window and nominal voltage of one cell, V.
    """

    base: float
    slope: float
    falling: tuple[tuple[float, float], ...]
    rising: tuple[tuple[float, float], ...]
    steps: tuple[tuple[float, float, float], ...]
    lower_volt: float
    upper_volt: float
    nominal_volt: float

    def voltage(self, soc: Array) -> Array:
        """Return the open-circuit voltage in V at `soc` (fraction, any shape)."""
        total: Array = self.base + self.slope * soc
        for height, width in self.falling:
            total -= height * np.exp(-soc / width)
        for height, width in self.rising:
            total += height * np.exp((soc - 1) / width)
        for height, middle, width in self.steps:
            total += height * np.tanh((soc - middle) / width)
        return total

    def integral(self, soc: Array) -> Array:
        """Return an antiderivative of :meth:`voltage` over `soc`, in V."""
        total: Array = self.base * soc + self.slope * soc**2 / 2
        for height, width in self.falling:
            total += height * width * np.exp(-soc / width)
        for height, width in self.rising:
            total += height * width * np.exp((soc - 1) / width)
        for height, middle, width in self.steps:
            total += height * width * _log_cosh((soc - middle) / width)
        return total


def _log_cosh(x: Array) -> Array:
    size = np.abs(x)
    value: Array = size + np.log1p(np.exp(-2 * size)) - np.log(2)
    return value


OPEN_CIRCUITS: Final[Mapping[str, OpenCircuit]] = MappingProxyType(
    {
        "nmc622": OpenCircuit(
            base=3.766,
            slope=0.017,
            falling=((0.511, 0.0211), (0.310, 0.1264)),
            rising=((0.274, 0.200),),
            steps=((0.146, 0.619, 0.152),),
            lower_volt=2.8,
            upper_volt=4.2,
            nominal_volt=3.65,
        ),
        "lfp": OpenCircuit(
            base=3.258,
            slope=0.029,
            falling=((0.218, 0.0084), (0.490, 0.0278)),
            rising=((0.312, 0.0121),),
            steps=((0.0153, 0.627, 0.0434), (0.036, 0.194, 0.0976)),
            lower_volt=2.5,
            upper_volt=3.65,
            nominal_volt=3.2,
        ),
    }
)
