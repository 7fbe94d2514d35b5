"""An equivalent circuit as a tree of elements in series and in parallel, its impedance and analytic derivatives.

All is vectorised over rows: row m has its own parameters, the frequencies are shared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np

from hwan.health.impedance._elements import ARC, DEBYE, SUFFIXES, UNITS, Complexes, Element, Floats, Role


@dataclass(frozen=True, slots=True)
class Leaf:
    """An element with the names of its parameters and the place of the first among the circuit's."""

    element: Element
    names: tuple[str, ...]
    first: int

    @property
    def place(self) -> slice:
        """Where its parameters stand among the circuit's."""
        return slice(self.first, self.first + len(self.names))


@dataclass(frozen=True, slots=True)
class Series:
    """Parts one after the other: impedances add."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Parallel:
    """Parts beside each other: admittances add."""

    parts: tuple[Node, ...]


Node = Leaf | Series | Parallel


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a circuit, for example R1 in ohm; `column` is its name in tables."""

    name: str
    role: Role

    @property
    def unit(self) -> str:
        """Unit of the value; ``1`` of an exponent."""
        return UNITS[self.role]

    @property
    def column(self) -> str:
        """Name with the unit."""
        return self.name + SUFFIXES[self.role]

    @property
    def is_logarithmic(self) -> bool:
        """Whether it is fitted, and its interval made, by its logarithm."""
        return self.role != "exponent"


@dataclass(frozen=True, slots=True)
class Circuit:
    """An equivalent circuit.

    Parameters
    ----------
    text
        In the usual notation, for example ``R0-p(R1,CPE1)-W1``: ``-`` is series, ``p(…,…)`` parallel.
    root
        The tree.
    parameters
        In the order of every array of parameters of this circuit.
    """

    text: str
    root: Node
    parameters: tuple[Parameter, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters: R1, tau1, n1 of ``p(R1,CPE1)``, Q1, n1 of a ``CPE1`` alone."""
        return tuple(each.name for each in self.parameters)

    @property
    def is_logarithmic(self) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
        """Which parameters are fitted by their logarithm."""
        return np.array([each.is_logarithmic for each in self.parameters])

    def impedance(self, values: Floats, frequency_hertz: Floats) -> Complexes:
        """Return the impedance in ohm.

        Parameters
        ----------
        values
            Parameters in their units, shape (p) or (rows, p).
        frequency_hertz
            Shape (f).
        """
        rows = np.atleast_2d(np.asarray(values, dtype=np.float64))
        z, _ = evaluate(self, rows, 2 * np.pi * np.asarray(frequency_hertz, dtype=np.float64))
        return z[0] if np.ndim(values) == 1 else z

    def leaves(self) -> Iterator[Leaf]:
        """Give the elements in the order of their parameters."""
        yield from _leaves(self.root)


def evaluate(circuit: Circuit, values: Floats, omega: Floats) -> tuple[Complexes, Complexes]:
    """Return the impedance (rows, f) and its derivatives by the coordinates (rows, p, f).

    A coordinate is ln(value), of an exponent the value. Each node writes the derivatives of its own parameters;
    a parallel node then multiplies those of each part by (Z/Zᵢ)², by the chain rule from 1/Z = Σ 1/Zᵢ.
    """
    derivatives = np.empty((len(values), len(circuit.parameters), len(omega)), dtype=np.complex128)
    return _evaluate(circuit.root, values, omega, derivatives), derivatives


def _evaluate(node: Node, values: Floats, omega: Floats, derivatives: Complexes) -> Complexes:
    if isinstance(node, Leaf):
        z, derivatives[:, node.place] = node.element.formula(values[:, node.place], omega)
        return z
    parts = [_evaluate(part, values, omega, derivatives) for part in node.parts]
    if isinstance(node, Series):
        together: Complexes = np.sum(parts, axis=0)
        return together
    total: Complexes = 1 / np.sum([1 / part for part in parts], axis=0)
    for part, z in zip(node.parts, parts, strict=True):
        derivatives[:, _span(part)] *= ((total / z) ** 2)[:, None]
    return total


def _leaves(node: Node) -> Iterator[Leaf]:
    if isinstance(node, Leaf):
        yield node
        return
    for part in node.parts:
        yield from _leaves(part)


def _span(node: Node) -> slice:
    leaves = list(_leaves(node))
    return slice(leaves[0].first, leaves[-1].place.stop)


def in_order(circuit: Circuit, values: Floats) -> tuple[Floats, np.ndarray[tuple[int, ...], np.dtype[np.intp]]]:
    """Return rows with exchangeable arcs sorted by their time constants, and the permutation (rows, p) that does it.

    Exchangeable are arcs p(R,CPE), or pairs p(R,C), that stand in one series: nothing but the order tells them apart.
    """
    order = np.tile(np.arange(len(circuit.parameters)), (len(values), 1))
    for alike in _exchangeable(circuit.root):
        places = np.array([np.arange(leaf.first, leaf.place.stop) for leaf in alike])
        times = np.column_stack([time_constant(leaf, values) for leaf in alike])
        order[:, places.ravel()] = places[np.argsort(times, axis=1, kind="stable")].reshape(len(values), -1)
    return np.take_along_axis(values, order, axis=1), order


def time_constant(leaf: Leaf, values: Floats) -> Floats:
    """Return the time constant in s of an arc, or of a resistor beside a capacitor, for each row."""
    own = values[:, leaf.place]
    constant: Floats = own[:, 0] * own[:, 1] if leaf.element is DEBYE else own[:, 1]
    return constant


def _exchangeable(node: Node) -> Iterator[list[Leaf]]:
    if isinstance(node, Leaf):
        return
    if isinstance(node, Series):
        for kind in (ARC, DEBYE):
            alike = [part for part in node.parts if isinstance(part, Leaf) and part.element is kind]
            if len(alike) > 1:
                yield alike
    for part in node.parts:
        yield from _exchangeable(part)


def coordinates(circuit: Circuit, values: Floats) -> Floats:
    """Return what is fitted: logarithms of positive parameters, exponents as they are."""
    flags = circuit.is_logarithmic
    return np.where(flags, np.log(np.where(flags, values, 1.0)), values)


def from_coordinates(circuit: Circuit, fitted: Floats) -> Floats:
    """Return parameters in their units."""
    flags = circuit.is_logarithmic
    return np.where(flags, np.exp(np.where(flags, fitted, 0.0)), fitted)


EXPONENT_LEAST: Final = 0.3
"""Arcs and constant phase elements flatter than this say nothing of a process."""
SMALL: Final = 1e-6
LARGE: Final = 1e4
"""How far below and above what the spectrum spans a parameter may go."""


def bounds(circuit: Circuit, omega: Floats, modulus_ohm: Floats) -> tuple[Floats, Floats]:
    """Return the least and the largest coordinates, shapes (rows, p), from what each spectrum (rows, f) spans."""
    limits = _limits(omega, modulus_ohm.min(axis=1), modulus_ohm.max(axis=1))
    lower = np.column_stack([limits[each.role][0] for each in circuit.parameters])
    upper = np.column_stack([limits[each.role][1] for each in circuit.parameters])
    return coordinates(circuit, lower), coordinates(circuit, upper)


def _limits(omega: Floats, least: Floats, most: Floats) -> Mapping[Role, tuple[Floats, Floats]]:
    slow, fast, every = omega.min(), omega.max(), np.ones_like(least)
    admittance = (SMALL / (most * max(fast, 1.0)), LARGE / (least * min(slow, 1.0)))
    return MappingProxyType({
        "resistance": (SMALL * least, LARGE * most),
        "inductance": (SMALL * least / fast, LARGE * most / slow),
        "capacitance": admittance,
        "admittance": admittance,
        "warburg": (SMALL * least * np.sqrt(slow), LARGE * most * np.sqrt(fast)),
        "time": (0.03 / fast * every, 100 / slow * every),
        "exponent": (EXPONENT_LEAST * every, every),
    })  # fmt: skip
