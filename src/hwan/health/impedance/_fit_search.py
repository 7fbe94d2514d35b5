"""The best fit of a ladder from several starts: arcs are added one at a time, and searched on a grid as well."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from hwan.health._levenberg import Fitted
from hwan.health.impedance._circuit import Circuit, bounds
from hwan.health.impedance._elements import Floats
from hwan.health.impedance._fit_descent import Flags, Ladder, Rows, Spectra, least_squares
from hwan.health.impedance._notation import circuit_of, ladder_text
from hwan.health.impedance._starts import ladder_starts
from hwan.health.impedance._starts_drawn import drawn_starts, redrawn_starts
from hwan.health.impedance._starts_grown import grown_starts

GROWN: Final = 2
GRIDDED: Final = 2
Rounds = tuple[tuple[int, int], ...]
ROUNDS: Final[Rounds] = ((4, 3), (8, 2))
"""Steps of a round, and how many starts are kept after it."""
EASY_ROUNDS: Final[Rounds] = ((6, 1),)
"""Up to one arc there is hardly a wrong minimum."""
DRAWN_ROUNDS: Final[Rounds] = ((10, 8), (30, 3))
"""Where starts were drawn blindly, more of them go further."""
REDRAWS: Final = 3
BETTER: Final = 1e-3
LAST_ITERATIONS: Final = 200
SAME_COST: Final = 1.05
"""Starts that come within this of the best are counted as agreeing."""


@dataclass(frozen=True, slots=True)
class Found:
    """The best fit of each spectrum: coordinates (spectra, p), cost, JᵀJ, whether it ended, and agreeing starts."""

    circuit: Circuit
    at: Floats
    cost: Floats
    hessian: Floats
    converged: Flags
    starts: int
    agreeing: Rows

    def some(self, rows: Rows) -> Found:
        """Return the fits of some spectra."""
        return replace(
            self,
            at=self.at[rows],
            cost=self.cost[rows],
            hessian=self.hessian[rows],
            converged=self.converged[rows],
            agreeing=self.agreeing[rows],
        )


def ladder_circuit(ladder: Ladder) -> Circuit:
    """Return the circuit of a ladder with the family's own labels."""
    return circuit_of(ladder_text(ladder.arcs, inductor=ladder.inductor, warburg=ladder.warburg))


def climb(arcs: int, spectra: Spectra, *, inductor: bool, warburg: bool) -> list[Found]:
    """Return the best fits with 0, 1, … `arcs` arcs, each from the one before and from a grid of arcs."""
    found: list[Found] = []
    for number in range(arcs + 1):
        ladder = Ladder(number, inductor, warburg)
        circuit = ladder_circuit(ladder)
        starts = ladder_starts(circuit, ladder, spectra, GRIDDED)
        if number > 1:
            grown = grown_starts(found[-1].circuit, found[-1].at, ladder, spectra, GROWN)
            starts = np.concatenate((starts, grown), axis=1)
        found.append(best_of(circuit, spectra, starts, ROUNDS if number > 1 else EASY_ROUNDS))
    return found


def search(circuit: Circuit, spectra: Spectra) -> Found:
    """Return the best fit of any circuit: from drawn starts, then with one element after the other drawn again."""
    found = best_of(circuit, spectra, drawn_starts(circuit, spectra), DRAWN_ROUNDS)
    for _ in range(REDRAWS):
        starts = redrawn_starts(circuit, spectra, found.at)
        again = best_of(circuit, spectra, np.concatenate((found.at[:, None], starts), axis=1), DRAWN_ROUNDS)
        better = np.any(again.cost < (1 - BETTER) * found.cost)
        found = again
        if not better:
            break
    return found


def best_of(circuit: Circuit, spectra: Spectra, starts: Floats, rounds: Rounds = ROUNDS) -> Found:
    """Return the best fit of each spectrum from its starts (spectra, count, p); rounds leave out the worst."""
    limits = bounds(circuit, spectra.omega, np.abs(spectra.impedance))
    rows, count = np.arange(len(starts))[:, None], starts.shape[1]
    for iterations, kept in rounds:
        if starts.shape[1] <= kept:
            continue
        fitted = _from_starts(circuit, spectra, starts, limits, iterations)
        cost = fitted.cost.reshape(len(rows), -1)
        order = np.argsort(cost, axis=1)[:, :kept]
        starts = fitted.parameters.reshape(starts.shape)[rows, order]
    last = _from_starts(circuit, spectra, starts, limits, LAST_ITERATIONS)
    cost = last.cost.reshape(len(rows), -1)
    agreeing = np.sum(cost <= SAME_COST * cost.min(axis=1, keepdims=True), axis=1)
    best = rows[:, 0] * starts.shape[1] + np.argmin(cost, axis=1)
    ended = last.converged[best]
    return Found(circuit, last.parameters[best], last.cost[best], last.hessian[best], ended, count, agreeing)


def _from_starts(
    circuit: Circuit, spectra: Spectra, starts: Floats, limits: tuple[Floats, Floats], iterations: int
) -> Fitted:
    of = np.repeat(np.arange(len(starts)), starts.shape[1])
    lower, upper = (each[of] for each in limits)
    return least_squares(circuit, spectra, starts.reshape(len(of), -1), (lower, upper), of, iterations)
