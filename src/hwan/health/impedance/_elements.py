"""Elements of equivalent circuits: the impedance of each and how it changes with each parameter.

Positive parameters are fitted by their logarithm, exponents as they are. An element's function takes the values of its
parameters (rows, parameters) and ω (frequencies), and gives Z and ∂Z/∂(coordinate), where the coordinate is ln(value)
or, of an exponent, the value itself.

Sources: Barsoukov and Macdonald, Impedance Spectroscopy, 3rd ed. (2018), doi:10.1002/9781119381860, chapters 1.2 and
2.1; of the finite diffusion elements, Ho, Raistrick and Huggins (1980), doi:10.1149/1.2129668.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Complexes = npt.NDArray[np.complex128]
Formula = Callable[[Floats, Floats], tuple[Complexes, Complexes]]
Role = Literal["resistance", "inductance", "capacitance", "admittance", "warburg", "time", "exponent"]

UNITS: Final[Mapping[Role, str]] = MappingProxyType({
    "resistance": "ohm", "inductance": "H", "capacitance": "F", "admittance": "s^n/ohm",
    "warburg": "ohm/s^0.5", "time": "s", "exponent": "1",
})  # fmt: skip
SUFFIXES: Final[Mapping[Role, str]] = MappingProxyType({
    "resistance": "_ohm", "inductance": "_henry", "capacitance": "_farad", "admittance": "_second_power_n_per_ohm",
    "warburg": "_ohm_per_root_second", "time": "_second", "exponent": "",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Element:
    """One kind of element: how its parameters are called, what they are, and its formula."""

    code: str
    symbols: tuple[str, ...]
    roles: tuple[Role, ...]
    formula: Formula


def frequencies(omega: Floats) -> Complexes:
    """Return jω."""
    return np.multiply(omega, 1j, dtype=np.complex128)


def roots(omega: Floats, times: Floats | float = 1.0) -> Complexes:
    """Return √(jωτ)."""
    squares: Complexes = frequencies(omega) * times
    return np.sqrt(squares)


def resistor(values: Floats, omega: Floats) -> tuple[Complexes, Complexes]:
    """Z = R."""
    z: Complexes = np.ones(len(omega), dtype=np.complex128) * values[:, :1]
    return z, z[:, None]


def inductor(values: Floats, omega: Floats) -> tuple[Complexes, Complexes]:
    """Z = jωL."""
    z: Complexes = frequencies(omega) * values[:, :1]
    return z, z[:, None]


def capacitor(values: Floats, omega: Floats) -> tuple[Complexes, Complexes]:
    """Z = 1/(jωC)."""
    z: Complexes = 1 / (frequencies(omega) * values[:, :1])
    return z, -z[:, None]


def constant_phase(values: Floats, omega: Floats) -> tuple[Complexes, Complexes]:
    """Z = 1/(Q (jω)ⁿ), so that a capacitor is n = 1 and Q = C (doi:10.1002/9781119381860)."""
    logarithm: Complexes = np.log(omega) + 0.5j * np.pi
    z: Complexes = 1 / (values[:, :1].astype(np.complex128) * np.exp(logarithm * values[:, 1:]))
    return z, np.stack((-z, -z * logarithm), axis=1)


def warburg(values: Floats, omega: Floats) -> tuple[Complexes, Complexes]:
    """Z = W/√(jω) = W (1 − j)/√(2ω), semi-infinite diffusion; some programs call W/√2 the coefficient."""
    z: Complexes = values[:, :1].astype(np.complex128) / roots(omega)
    return z, z[:, None]


def diffusion_to_wall(values: Floats, omega: Floats) -> tuple[Complexes, Complexes]:
    """Z = R coth(s)/s with s = √(jωτ), τ = l²/D: a layer with a closed end, R/(jωτ) at low frequency."""
    s = roots(omega, values[:, 1:])
    coth = 1 / np.tanh(s)
    z = values[:, :1].astype(np.complex128) * coth / s
    return z, np.stack((z, 0.5 * ((1 - coth * coth) * values[:, :1] - z)), axis=1)


def diffusion_to_source(values: Floats, omega: Floats) -> tuple[Complexes, Complexes]:
    """Z = R tanh(s)/s with s = √(jωτ), τ = l²/D: constant concentration at the far end, R at low frequency."""
    s = roots(omega, values[:, 1:])
    tanh: Complexes = np.tanh(s)
    z = values[:, :1].astype(np.complex128) * tanh / s
    return z, np.stack((z, 0.5 * ((1 - tanh * tanh) * values[:, :1] - z)), axis=1)


def arc(values: Floats, omega: Floats) -> tuple[Complexes, Complexes]:
    """Z = R/(1 + (jωτ)ⁿ), a resistor beside a constant phase element with Q = τⁿ/R (Cole, doi:10.1063/1.1750906)."""
    logarithm = np.log(omega) + np.log(values[:, 1:2]) + 0.5j * np.pi
    power = np.exp(values[:, 2:] * logarithm)
    z = values[:, :1] / (1 + power)
    slope = -z * power / (1 + power)
    return z, np.stack((z, values[:, 2:] * slope, logarithm * slope), axis=1)


def debye(values: Floats, omega: Floats) -> tuple[Complexes, Complexes]:
    """Z = R/(1 + jωRC), a resistor beside a capacitor."""
    power = frequencies(omega) * values[:, :1] * values[:, 1:]
    z = values[:, :1] / (1 + power)
    return z, np.stack((z / (1 + power), -z * power / (1 + power)), axis=1)


ELEMENTS: Final[Mapping[str, Element]] = MappingProxyType({
    each.code: each
    for each in (
        Element("R", ("R",), ("resistance",), resistor),
        Element("L", ("L",), ("inductance",), inductor),
        Element("C", ("C",), ("capacitance",), capacitor),
        Element("CPE", ("Q", "n"), ("admittance", "exponent"), constant_phase),
        Element("W", ("W",), ("warburg",), warburg),
        Element("Wo", ("Wo", "tau_Wo"), ("resistance", "time"), diffusion_to_wall),
        Element("Ws", ("Ws", "tau_Ws"), ("resistance", "time"), diffusion_to_source),
    )
})  # fmt: skip
"""What a notation may name."""
ARC: Final = Element("arc", ("R", "tau", "n"), ("resistance", "time", "exponent"), arc)
"""What p(R,CPE) becomes: resistance and time constant are far less correlated than resistance and Q."""
DEBYE: Final = Element("debye", ("R", "C"), ("resistance", "capacitance"), debye)
"""What p(R,C) becomes."""
