"""Starts of a ladder from the data: which arcs of a grid of time constants fit best.

For fixed τ and n a ladder is linear in L, R0, the R of its arcs and W, and so it is for a whole grid of candidate arcs.
One matrix of products per spectrum answers for every choice of arcs: L, R0 and W are eliminated first, pairs of arcs
are then compared in closed form, all of them, and a third and further arc is added to the best pairs. This is variable
projection (Golub and Pereyra 1973, doi:10.1137/0710036) on a grid.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from hwan.health._products import product
from hwan.health.impedance._circuit import Circuit, coordinates
from hwan.health.impedance._elements import Complexes, Floats, arc
from hwan.health.impedance._fit_descent import Ladder, Rows, Spectra

PER_DECADE: Final = 4
EXPONENT: Final = 0.85
APART: Final = 3
"""Places on the grid by which starts differ at least in one arc."""
RIDGE: Final = 1e-9
SMALLEST: Final = 1e-3
"""What a part that came out negative starts with, as a share of the modulus."""


def ladder_starts(circuit: Circuit, ladder: Ladder, spectra: Spectra, count: int) -> Floats:
    """Return starting coordinates, shape (spectra, count, p); fewer where the family has fewer."""
    tau = time_grid(spectra.omega)
    commons, nodes = _basis(ladder, spectra.omega, tau)
    gram, right = _products(np.concatenate((commons, nodes)), spectra)
    chosen = chosen_arcs(*_without(gram, right, len(commons)), ladder.arcs, count)
    return np.stack([_start(circuit, ladder, spectra, gram, right, tau, one) for one in chosen], axis=1)


def time_grid(omega: Floats) -> Floats:
    """Return candidate time constants in s, from a little below the fastest to a little above the slowest period."""
    first, last = np.log10(0.3 / omega.max()), np.log10(3 / omega.min())
    grid: Floats = np.logspace(first, last, max(4, int(PER_DECADE * (last - first)) + 1))
    return grid


def _basis(ladder: Ladder, omega: Floats, tau: Floats) -> tuple[Complexes, Complexes]:
    """Return unit columns: R0, L and W where the ladder has them; and one arc for each time constant."""
    commons = [np.ones_like(omega) + 0j]
    if ladder.inductor:
        commons.append(1j * omega / omega.max())
    if ladder.warburg:
        commons.append(np.sqrt(omega.min() / (1j * omega)))
    return np.array(commons, dtype=np.complex128), unit_arcs(omega, tau, EXPONENT)


def unit_arcs(omega: Floats, tau: Floats, exponent: Floats | float) -> Complexes:
    """Return arcs of 1 ohm, one row for each time constant."""
    values = np.column_stack((np.ones_like(tau), tau, np.broadcast_to(exponent, tau.shape)))
    return arc(values, omega)[0]


def _products(basis: Complexes, spectra: Spectra) -> tuple[Floats, Floats]:
    """Return the weighted products of all columns (spectra, q, q), and with the data (spectra, q)."""
    weight, columns = spectra.weight**2, len(basis)
    pairs = (basis[:, None].conj() * basis).real.reshape(columns**2, -1)
    gram = product(weight, pairs.T).reshape(len(weight), columns, columns)
    split = np.concatenate((basis.real, basis.imag), axis=1)
    data = weight * spectra.impedance
    return gram, product(np.concatenate((data.real, data.imag), axis=1), split.T)


def _without(gram: Floats, right: Floats, first: int) -> tuple[Floats, Floats]:
    """Eliminate the first columns: the products of what they leave of the others."""
    head, cross = _ridged(gram[:, :first, :first]), gram[:, :first, first:]
    solved = np.linalg.solve(head, np.concatenate((cross, right[:, :first, None]), axis=2))
    across = np.swapaxes(cross, 1, 2)
    return gram[:, first:, first:] - across @ solved[:, :, :-1], right[:, first:] - (across @ solved[:, :, -1:])[
        :, :, 0
    ]


def _ridged(gram: Floats) -> Floats:
    place = np.arange(gram.shape[1])
    ridged = gram.copy()
    ridged[:, place, place] *= 1 + RIDGE
    return ridged


def chosen_arcs(gram: Floats, right: Floats, arcs: int, count: int) -> list[Rows]:
    """Return up to `count` choices of arcs, each (spectra, arcs): places on the grid, the best first."""
    if arcs == 0:
        return [np.empty((len(gram), 0), dtype=np.intp)]
    if arcs == 1:
        return _best(_gain_of_one(gram, right), np.arange(gram.shape[1])[:, None], count)
    pairs = np.column_stack(np.triu_indices(gram.shape[1], 1))
    chosen = _best(_gain_of_two(gram, right, pairs), pairs, count)
    for _ in range(arcs - 2):
        chosen = [_with_another(gram, right, one) for one in chosen]
    return chosen


def _gain_of_one(gram: Floats, right: Floats) -> Floats:
    diagonal = np.einsum("sii->si", gram) * (1 + RIDGE)
    return np.where(right > 0, right**2 / diagonal, 0.0)


def _gain_of_two(gram: Floats, right: Floats, pairs: Rows) -> Floats:
    """Return by how much each pair lowers the cost; 0 where one of the two would be negative."""
    i, j = pairs.T
    diagonal = np.einsum("sii->si", gram) * (1 + RIDGE)
    a, b, c = diagonal[:, i], diagonal[:, j], gram[:, i, j]
    determinant = a * b - c * c
    one, two = b * right[:, i] - c * right[:, j], a * right[:, j] - c * right[:, i]
    gain = (one * right[:, i] + two * right[:, j]) / determinant
    return np.where((one > 0) & (two > 0) & (determinant > 0), gain, 0.0)


def _best(gain: Floats, places: Rows, count: int) -> list[Rows]:
    """Return the best choice, then the best that differs from those before by some places in one arc, and so on."""
    gain, chosen = gain.copy(), []
    for _ in range(count):
        one = places[np.argmax(gain, axis=1)]
        chosen.append(one)
        near = (np.abs(places[None] - one[:, None]) < APART).all(axis=2)
        gain[near] = -1.0
    return chosen


def _with_another(gram: Floats, right: Floats, chosen: Rows) -> Rows:
    """Add the arc that, after the chosen ones, lowers the cost most."""
    rows = np.arange(len(gram))[:, None]
    order = np.argsort(_is_chosen(gram, chosen), axis=1, kind="stable")[:, ::-1]
    first = chosen.shape[1]
    gram, right = gram[rows[:, :, None], order[:, :, None], order[:, None, :]], right[rows, order]
    gain = _gain_of_one(*_without(gram, right, first))
    added = order[rows[:, 0], first + np.argmax(gain, axis=1)]
    return np.sort(np.column_stack((chosen, added)), axis=1)


def _is_chosen(gram: Floats, chosen: Rows) -> Rows:
    flags = np.zeros(gram.shape[:2], dtype=np.intp)
    np.put_along_axis(flags, chosen, 1, axis=1)
    return flags


def _start(
    circuit: Circuit, ladder: Ladder, spectra: Spectra, gram: Floats, right: Floats, tau: Floats, chosen: Rows
) -> Floats:
    """Return coordinates with the linear parts solved for the chosen arcs; negative ones set to a small part of |Z|."""
    commons = 1 + ladder.inductor + ladder.warburg
    own = np.column_stack((np.tile(np.arange(commons), (len(chosen), 1)), chosen + commons))
    rows = np.arange(len(chosen))[:, None]
    matrix = _ridged(gram[rows[:, :, None], own[:, :, None], own[:, None, :]])
    linear = np.linalg.solve(matrix, right[rows, own][:, :, None])[:, :, 0]
    linear = np.maximum(linear, SMALLEST * np.abs(spectra.impedance).min(axis=1)[:, None])
    values = [linear[:, 1] / spectra.omega.max()] if ladder.inductor else []
    values.append(linear[:, 0])
    for number in range(ladder.arcs):
        values += [linear[:, commons + number], tau[chosen[:, number]], np.full(len(chosen), EXPONENT)]
    if ladder.warburg:
        values.append(linear[:, commons - 1] * np.sqrt(spectra.omega.min()))
    return coordinates(circuit, np.column_stack(values))
