"""Aged cells with known parameters, drawn from a seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hwan.core import UnknownName
from hwan.synthetic._checks import at_least, positive
from hwan.synthetic._ocv import OPEN_CIRCUITS, Array, OpenCircuit

# Voltage drop of a fresh cell at 1C over R0, R1, R2, in V: some 60 mV together, usual for energy cells.
FRESH_DROP_VOLT: Final = (0.025, 0.012, 0.020)
# A fresh cell holds a little more between the ends of its curve than C/3 takes out of it.
FRESH_SURPLUS: Final = 1.01
# Temperature rise of a fresh cell held at 1C, in K, with this time constant.
FRESH_RISE_KELVIN: Final = 4.0
THERMAL_SECOND: Final = 900.0


@dataclass(frozen=True, slots=True)
class Spread:
    """Standard deviations from cell to cell inside one pack.

    Parameters
    ----------
    capacity, resistance
        Relative, as fractions of the pack's common value.
    state_of_charge
        Of the state of charge at the start, a fraction.
    """

    capacity: float = 0.015
    resistance: float = 0.04
    state_of_charge: float = 0.01


@dataclass(frozen=True, slots=True)
class Cells:
    """Equivalent circuits: open-circuit voltage, R0 and two RC pairs per cell; all arrays of one shape.

    Parameters
    ----------
    chemistry
        Name of the open-circuit curve.
    charge_content_ah
        Charge between states of charge 0 and 1, Ah. What a test takes out is a little less.
    r0_ohm, r1_ohm, r2_ohm, tau1_second, tau2_second
        Elements of the circuit.
    initial_soc
        State of charge before the test, fraction.
    rise_kelvin_per_square_ampere
        Steady temperature rise over the square of the current.

    References
    ----------
    X. Hu, S. Li, H. Peng, J. Power Sources 198 (2012) 359, doi:10.1016/j.jpowsour.2011.10.013.
    """

    chemistry: str
    charge_content_ah: Array
    r0_ohm: Array
    r1_ohm: Array
    r2_ohm: Array
    tau1_second: Array
    tau2_second: Array
    initial_soc: Array
    rise_kelvin_per_square_ampere: Array

    @property
    def open_circuit(self) -> OpenCircuit:
        """The open-circuit curve of the chemistry."""
        return OPEN_CIRCUITS[self.chemistry]

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of every array."""
        return self.charge_content_ah.shape

    def take(self, rows: NDArray[np.intp]) -> Cells:
        """Return the cells at `rows` of the first axis."""
        return Cells(self.chemistry, *(array[rows] for array in self.arrays()))

    def cut(self, row: int, columns: slice) -> Cells:
        """Return cells `columns` of string `row`, still of two axes: (1, cells)."""
        return Cells(self.chemistry, *(array[row : row + 1, columns] for array in self.arrays()))

    def reshape(self, *shape: int) -> Cells:
        """Return the same cells arranged in `shape`."""
        return Cells(self.chemistry, *(array.reshape(shape) for array in self.arrays()))

    def arrays(self) -> tuple[Array, ...]:
        """Return the parameter arrays in the order of the fields."""
        return tuple(getattr(self, name) for name in ARRAY_NAMES)


ARRAY_NAMES: Final = tuple(field.name for field in fields(Cells))[1:]


def draw_cells(
    seed: int | Sequence[int],
    count: int,
    chemistry: str = "nmc622",
    *,
    rated_capacity_ah: float = 50.0,
    spread: Spread | None = None,
) -> Cells:
    """Draw `count` cells with one history: a common aged state, and a spread from cell to cell.

    The common state of health is uniform in 0.6 to 1.0; resistance grows with the lost health by a
    factor drawn between 1 and 4; the state of charge before the test is uniform in 0.1 to 0.6.

    Parameters
    ----------
    seed
        Seed of the generator; the same seed gives the same cells.
    count
        Number of cells; the arrays have shape (count,).
    chemistry
        ``nmc622`` or ``lfp``.
    rated_capacity_ah
        Rated capacity of one cell, Ah.
    spread
        Cell-to-cell standard deviations; without it the cells differ by :class:`Spread`'s own.

    Raises
    ------
    UnknownName
        For a chemistry without a curve.

    Examples
    --------
    >>> cells = draw_cells(7, 3, "lfp", rated_capacity_ah=100)
    >>> cells.shape, bool((cells.charge_content_ah < 110).all())
    ((3,), True)
    """
    _known_chemistry(chemistry)
    at_least("count", count, 1)
    positive("rated_capacity_ah", rated_capacity_ah)
    random = np.random.default_rng(seed)
    return _drawn(random, count, chemistry, rated_capacity_ah, spread or Spread())


def _known_chemistry(chemistry: str) -> None:
    if chemistry not in OPEN_CIRCUITS:
        raise UnknownName("synthetic chemistry", chemistry, OPEN_CIRCUITS)


def _drawn(random: np.random.Generator, count: int, chemistry: str, rated: float, spread: Spread) -> Cells:
    health = random.uniform(0.6, 1.0)
    growth = 1 + (1 - health) * random.uniform(1.0, 4.0)
    soc = random.uniform(0.1, 0.6)
    own = _factors(random, count, spread.resistance) * growth
    r0, r1, r2 = (own * drop / rated * random.uniform(0.9, 1.1) for drop in FRESH_DROP_VOLT)
    return Cells(
        chemistry,
        charge_content_ah=health * rated * FRESH_SURPLUS * _factors(random, count, spread.capacity),
        r0_ohm=r0,
        r1_ohm=r1,
        r2_ohm=r2,
        tau1_second=random.uniform(6, 15) * _factors(random, count, spread.resistance),
        tau2_second=random.uniform(200, 400) * _factors(random, count, spread.resistance),
        initial_soc=np.clip(soc + _normal(random, count, spread.state_of_charge), 0.02, 0.9),
        rise_kelvin_per_square_ampere=FRESH_RISE_KELVIN / rated**2 * own,
    )


def _factors(random: np.random.Generator, count: int, deviation: float) -> Array:
    return np.exp(_normal(random, count, deviation))


def _normal(random: np.random.Generator, count: int, deviation: float) -> Array:
    # Three deviations at most: one absurd cell would make the whole string a curiosity.
    return deviation * np.clip(random.standard_normal(count), -3, 3)


def stack(batch: Sequence[Cells]) -> Cells:
    """Return strings of equal length, one per row: arrays of shape (strings, series)."""
    columns = zip(*(cells.arrays() for cells in batch), strict=True)
    return Cells(batch[0].chemistry, *(np.stack(column) for column in columns))


def in_parallel(cells: Cells, parallel: int) -> Cells:
    """Return groups of `parallel` neighbours, each as one cell of the summed capacity and conductance."""
    grouped = cells.reshape(-1, parallel)
    weight = grouped.charge_content_ah / grouped.charge_content_ah.sum(axis=1, keepdims=True)
    return Cells(
        cells.chemistry,
        charge_content_ah=grouped.charge_content_ah.sum(axis=1),
        r0_ohm=1 / (1 / grouped.r0_ohm).sum(axis=1),
        r1_ohm=1 / (1 / grouped.r1_ohm).sum(axis=1),
        r2_ohm=1 / (1 / grouped.r2_ohm).sum(axis=1),
        tau1_second=(grouped.tau1_second * weight).sum(axis=1),
        tau2_second=(grouped.tau2_second * weight).sum(axis=1),
        initial_soc=(grouped.initial_soc * weight).sum(axis=1),
        rise_kelvin_per_square_ampere=grouped.rise_kelvin_per_square_ampere.mean(axis=1) / parallel**2,
    )
