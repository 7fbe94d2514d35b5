"""Starts of any circuit: every element draws a size, a time constant and an exponent that the spectrum can hold."""

from __future__ import annotations

from typing import Final

import numpy as np

from hwan.health.impedance._circuit import Circuit, coordinates, evaluate, from_coordinates
from hwan.health.impedance._elements import Floats, Role
from hwan.health.impedance._fit_descent import Spectra

DRAWS: Final = 500
KEPT: Final = 20
REDRAWN: Final = 60
REDRAWN_KEPT: Final = 5
"""Of each element."""
SEED: Final = 20261
SMALLEST_SHARE: Final = 0.02
FLATTEST: Final = 0.6


def drawn_starts(circuit: Circuit, spectra: Spectra) -> Floats:
    """Return the best of many drawn starts, coordinates (spectra, count, p); the same for the same spectrum."""
    return np.stack([_of_one(circuit, spectra.some(np.array([row]))) for row in range(len(spectra.impedance))])


def redrawn_starts(circuit: Circuit, spectra: Spectra, at: Floats) -> Floats:
    """Return starts that keep a fit but for one element, which is drawn again; coordinates (spectra, count, p)."""
    return np.stack([_redrawn(circuit, spectra.some(np.array([row])), one) for row, one in enumerate(at)])


def _of_one(circuit: Circuit, spectrum: Spectra) -> Floats:
    return _best(circuit, spectrum, drawn(circuit, spectrum, np.random.default_rng(SEED)), KEPT)


def _redrawn(circuit: Circuit, spectrum: Spectra, at: Floats) -> Floats:
    values = drawn(circuit, spectrum, np.random.default_rng(SEED + 1))[:REDRAWN]
    known = from_coordinates(circuit, at[None])
    kept = []
    for leaf in circuit.leaves():
        other = np.repeat(known, len(values), axis=0)
        other[:, leaf.place] = values[:, leaf.place]
        kept.append(_best(circuit, spectrum, other, REDRAWN_KEPT))
    return np.concatenate(kept)


def _best(circuit: Circuit, spectrum: Spectra, values: Floats, count: int) -> Floats:
    """Return the coordinates that come nearest by the logarithm: no single far point decides, as squares let it."""
    z, _ = evaluate(circuit, values, spectrum.omega)
    off = np.abs(np.log(np.abs(z) / np.abs(spectrum.impedance))) + np.abs(np.angle(z / spectrum.impedance))
    best = np.argsort(off @ (spectrum.weight[0] > 0), kind="stable")[:count]
    return coordinates(circuit, values[best])


def drawn(circuit: Circuit, spectrum: Spectra, random: np.random.Generator) -> Floats:
    """Return drawn parameters in their units, shape (DRAWS, p)."""
    columns: list[Floats] = []
    modulus = np.abs(spectrum.impedance)
    small, large = SMALLEST_SHARE * modulus.min(), modulus.max()
    for leaf in circuit.leaves():
        size = np.exp(random.uniform(np.log(small), np.log(large), DRAWS))
        time = np.exp(random.uniform(-np.log(3 * spectrum.omega.max()), np.log(3 / spectrum.omega.min()), DRAWS))
        exponent = random.uniform(FLATTEST, 1.0, DRAWS)
        columns += [_value(role, size, time, exponent, spectrum) for role in leaf.element.roles]
    return np.column_stack(columns)


def _value(role: Role, size: Floats, time: Floats, exponent: Floats, spectrum: Spectra) -> Floats:
    """Return the parameter of an element of a size in ohm whose frequency is 1/time."""
    values: dict[Role, Floats] = {
        "resistance": size,
        "inductance": size / spectrum.omega.max(),
        "capacitance": time / size,
        "admittance": time**exponent / size,
        "warburg": size / np.sqrt(time),
        "time": time,
        "exponent": exponent,
    }
    return values[role]
