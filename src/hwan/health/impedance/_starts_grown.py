"""Starts of a ladder from the fit with one arc fewer: where another arc would help most.

The derivatives of the smaller fit are projected out of every candidate arc and of the residual, so that a small arc is
seen beside a large one whose place and shape are already right (a score test, Rao 1948, doi:10.1017/S0305004100023987).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from hwan.health._products import product
from hwan.health.impedance._circuit import Circuit, evaluate, from_coordinates
from hwan.health.impedance._elements import Complexes, Floats
from hwan.health.impedance._fit_descent import Ladder, Rows, Spectra
from hwan.health.impedance._starts import APART, time_grid, unit_arcs

EXPONENTS: Final = (0.75, 0.95)
FAINTEST: Final = 1e-4
"""Resistance that a new arc starts with at least, as a share of the least modulus."""


def grown_starts(smaller: Circuit, fitted: Floats, ladder: Ladder, spectra: Spectra, count: int) -> Floats:
    """Return starts with one arc more than a fit has, shape (spectra, count, p); the new arc comes last.

    Parameters
    ----------
    smaller, fitted
        The ladder with one arc fewer and its coordinates (spectra, p − 3).
    ladder
        What is to be fitted.
    """
    tau, exponents = (each.ravel() for each in np.meshgrid(time_grid(spectra.omega), EXPONENTS))
    gain, resistance = _gains(smaller, fitted, spectra, tau, exponents)
    least = FAINTEST * np.abs(spectra.impedance).min(axis=1)
    rows, places = np.arange(len(fitted)), time_places(tau)
    starts = []
    for _ in range(count):
        best = np.argmax(gain, axis=1)
        new = (np.log(np.maximum(resistance[rows, best], least)), np.log(tau[best]), exponents[best])
        starts.append(_inserted(fitted, np.column_stack(new), ladder))
        gain[np.abs(places - places[best][:, None]) < APART] = -1.0
    return np.stack(starts, axis=1)


def time_places(tau: Floats) -> Rows:
    """Return the place of each time constant among the different ones."""
    return np.searchsorted(np.unique(tau), tau)


def _gains(smaller: Circuit, fitted: Floats, spectra: Spectra, tau: Floats, exponents: Floats) -> tuple[Floats, Floats]:
    """Return by how much each candidate lowers the cost, and its resistance; both (spectra, candidates)."""
    z, jacobian = evaluate(smaller, from_coordinates(smaller, fitted), spectra.omega)
    weight = spectra.weight
    left = ((spectra.impedance - z) * weight)[:, None].view(np.float64)
    known = _orthonormal((jacobian * weight[:, None]).view(np.float64))
    arcs = unit_arcs(spectra.omega, tau, exponents)
    across, with_left = _with_arcs(known, weight, arcs), _with_arcs(left, weight, arcs)[:, 0]
    with_left -= ((left @ np.swapaxes(known, 1, 2)) @ across)[:, 0]
    norm = product(weight**2, (np.abs(arcs) ** 2).T)
    own = np.maximum(norm - np.sum(across**2, axis=1), 1e-9 * norm)
    return np.where(with_left > 0, with_left**2 / own, 0.0), with_left / own


def _with_arcs(rows: Floats, weight: Floats, arcs: Complexes) -> Floats:
    """Return the products of rows (spectra, k, 2 f) with weighted arcs, shape (spectra, k, arcs)."""
    weighted = rows * np.repeat(weight, 2, axis=1)[:, None]
    products = product(weighted.reshape(-1, rows.shape[2]), arcs.view(np.float64).T)
    return products.reshape(*rows.shape[:2], len(arcs))


def _orthonormal(rows: Floats) -> Floats:
    """Return rows that span the same space, at right angles to each other."""
    scaled = rows / np.maximum(np.linalg.norm(rows, axis=2, keepdims=True), 1e-300)
    values, vectors = np.linalg.eigh(scaled @ np.swapaxes(scaled, 1, 2))
    size = np.sqrt(np.maximum(values, 1e-12))[:, :, None]
    turned: Floats = (np.swapaxes(vectors, 1, 2) @ scaled) / size
    return turned


def _inserted(fitted: Floats, new: Floats, ladder: Ladder) -> Floats:
    """Put a new arc behind the others, before the Warburg element."""
    place = fitted.shape[1] - ladder.warburg
    return np.concatenate((fitted[:, :place], new, fitted[:, place:]), axis=1)
