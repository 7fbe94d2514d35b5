"""The fits of all spectra of one grid, the chosen or the given circuit of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from hwan.health.impedance._choice import Choice, choose
from hwan.health.impedance._circuit import Circuit, Leaf, Parameter, Series
from hwan.health.impedance._elements import Complexes, Floats
from hwan.health.impedance._fit_checks import WORST_NOISE, Checked, checked
from hwan.health.impedance._fit_descent import Flags, Rows, Spectra, ladder_of
from hwan.health.impedance._fit_intervals import Determined, determined
from hwan.health.impedance._fit_search import Found, climb, search

AT_ONCE: Final = 1000
"""Spectra of one block, so that memory stays bounded."""
TOP_SHARES: Final = (0.07, 0.15, 0.25, 0.35)
"""Of the frequencies, the highest, that are left out in turn where nothing fits."""
BELIEVED: Final = 0.03
"""Residual over the modulus below which the rest is believed to be right."""
_NONE: Final = np.zeros(0, dtype=np.intp)
_ORDER: Final = {"L": 0, "R": 1, "arc": 2, "W": 3}


@dataclass(frozen=True, slots=True)
class Group:
    """Spectra of one grid that have one circuit: their positions, the spectra and what they determine."""

    positions: Rows
    spectra: Spectra
    fits: Determined

    @property
    def described(self) -> Flags:
        """Whether the circuit describes each spectrum at all."""
        return self.fits.noise <= WORST_NOISE

    def some(self, kept: Flags) -> Group:
        """Return some of the spectra."""
        rows = np.flatnonzero(kept)
        return Group(self.positions[rows], self.spectra.some(rows), self.fits.some(rows))


@dataclass(frozen=True, slots=True)
class GridFits:
    """All of one grid: the checks, the groups of fits and, where circuits were chosen, the candidates."""

    checks: Checked
    groups: tuple[Group, ...]
    choice: Choice | None


def fit_grid(frequency: Floats, impedance: Complexes, circuit: Circuit | None) -> GridFits:
    """Check and fit spectra of one grid, shape (n, f); a `circuit` of None is chosen for each.

    Where a circuit does not describe a spectrum, its highest frequencies are left out, more and more of them: they are
    what an instrument measures wrongly at a very low or high impedance. What then fits is kept.
    """
    checks = checked(frequency, impedance, circuit)
    groups, choice = _fitted(frequency, impedance, circuit, checks, np.array(checks.fitted, dtype=np.intp))
    for share in TOP_SHARES:
        failing = np.concatenate([group.positions[~group.described] for group in groups] or [_NONE])
        if not len(failing):
            break
        left_out = checks.left_out.copy()
        left_out[failing, : max(1, int(share * len(frequency)))] = True
        shorter = replace(checks, left_out=left_out)
        again, other = _fitted(frequency, impedance, circuit, shorter, failing)
        good = [group.some(group.fits.noise <= BELIEVED) for group in again]
        mended = np.concatenate([group.positions for group in good])
        groups = [*(group.some(~np.isin(group.positions, mended)) for group in groups), *good]
        choice = other if len(mended) else choice
    return GridFits(checks, tuple(group for group in groups if len(group.positions)), choice)


def _fitted(
    frequency: Floats, impedance: Complexes, circuit: Circuit | None, checks: Checked, rows: Rows
) -> tuple[list[Group], Choice | None]:
    if not len(rows):
        return [], None
    spectra = Spectra.of(2 * np.pi * frequency, impedance[rows], checks.left_out[rows])
    if circuit is not None:
        return [Group(rows, spectra, determined(fit_given(circuit, spectra), spectra))], None
    choice = choose(spectra)
    return list(_chosen(rows, spectra, choice)), choice


def _chosen(rows: Rows, spectra: Spectra, choice: Choice) -> Iterator[Group]:
    for number in np.unique(choice.chosen):
        own = np.flatnonzero(choice.chosen == number)
        some = spectra.some(own)
        yield Group(rows[own], some, determined(choice.candidates[number].some(own), some))


def fit_given(circuit: Circuit, spectra: Spectra) -> Found:
    """Return the best fits of a given circuit; its parameters stand as in :func:`arranged`."""
    circuit = arranged(circuit)
    ladder = ladder_of(circuit)
    if ladder is None:
        return search(circuit, spectra)
    found = climb(ladder.arcs, spectra, inductor=ladder.inductor, warburg=ladder.warburg)[-1]
    return replace(found, circuit=circuit)


def arranged(circuit: Circuit) -> Circuit:
    """Return a ladder whose parts were written in another order in the family's order, other circuits as they are.

    >>> from hwan.health.impedance._notation import circuit_of
    >>> arranged(circuit_of("p(R1,CPE1)-R5-L7")).names
    ('L7', 'R5', 'R1', 'tau1', 'n1')
    """
    if not isinstance(circuit.root, Series):
        return circuit
    parts = [part for part in circuit.root.parts if isinstance(part, Leaf) and part.element.code in _ORDER]
    parts.sort(key=lambda part: _ORDER[part.element.code])
    moved: list[Leaf] = []
    parameters: list[Parameter] = []
    for part in parts:
        moved.append(replace(part, first=len(parameters)))
        parameters += circuit.parameters[part.place]
    other = Circuit(circuit.text, Series(tuple(moved)), tuple(parameters))
    return other if len(parts) == len(circuit.root.parts) and ladder_of(other) else circuit
