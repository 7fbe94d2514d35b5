"""Weighted least squares of a circuit: many rows at once, by machine code where the circuit is a ladder.

Residuals are (model − data)/|data|, real and imaginary part alike: modulus weights, which suit an error that is a
fraction of the impedance (Orazem and Tribollet, doi:10.1002/9781119363682, chapter 21).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from hwan.health._levenberg import Fitted, Normal, levenberg_marquardt
from hwan.health.impedance._circuit import Circuit, Leaf, Series, evaluate, from_coordinates
from hwan.health.impedance._elements import Complexes, Floats
from hwan.health.impedance._kernel import machine_descend

Rows = npt.NDArray[np.intp]
Flags = npt.NDArray[np.bool_]
GAIN: Final = 1e-7
ROWS_AT_ONCE: Final = 256
"""Of the NumPy form, so that the derivatives of a step stay small."""


@dataclass(frozen=True, slots=True)
class Ladder:
    """A member of the family (L)-R-p(R,CPE)×k-(W), which has machine code."""

    arcs: int
    inductor: bool
    warburg: bool


@dataclass(frozen=True, slots=True)
class Spectra:
    """Spectra on one grid: ω (f), Z and its weights (spectra, f); a point of weight 0 takes no part."""

    omega: Floats
    impedance: Complexes
    weight: Floats

    @classmethod
    def of(cls, omega: Floats, impedance: Complexes, left_out: Flags | None = None) -> Spectra:
        """Return spectra with modulus weights, some points left out."""
        weight = 1 / np.abs(impedance)
        return cls(omega, impedance, weight if left_out is None else np.where(left_out, 0.0, weight))

    @property
    def figures(self) -> Floats:
        """How many real figures each spectrum has: two of each point that takes part."""
        count: Floats = 2.0 * np.count_nonzero(self.weight, axis=1)
        return count

    def some(self, rows: Rows) -> Spectra:
        """Return some of the spectra."""
        return Spectra(self.omega, self.impedance[rows], self.weight[rows])


def ladder_of(circuit: Circuit) -> Ladder | None:
    """Return which ladder a circuit is, whatever its labels; None when it is no ladder in the order of the family.

    >>> from hwan.health.impedance._notation import circuit_of
    >>> ladder_of(circuit_of("R0-p(R1,CPE1)-W2")), ladder_of(circuit_of("R0-p(R1-W1,CPE1)"))
    (Ladder(arcs=1, inductor=False, warburg=True), None)
    """
    parts = circuit.root.parts if isinstance(circuit.root, Series) else (circuit.root,)
    codes = [part.element.code if isinstance(part, Leaf) else "" for part in parts]
    inductor, warburg = codes[0] == "L", codes[-1] == "W"
    arcs = codes.count("arc")
    expected = ["L"] * inductor + ["R"] + ["arc"] * arcs + ["W"] * warburg
    return Ladder(arcs, inductor, warburg) if codes == expected else None


def least_squares(
    circuit: Circuit, spectra: Spectra, start: Floats, limits: tuple[Floats, Floats], of: Rows, iterations: int = 60
) -> Fitted:
    """Fit every row from its start.

    Parameters
    ----------
    start
        Coordinates (rows, p), see :func:`hwan.health.impedance._circuit.coordinates`.
    limits
        Least and largest coordinates, each (rows, p).
    of
        Which spectrum each row belongs to.
    """
    ladder, machine = ladder_of(circuit), machine_descend()
    if ladder is None or machine is None:
        return in_numpy(circuit, spectra, start, limits, of, iterations)
    # Copies, each writable and in order: every other kind of array would be compiled anew.
    lower, upper = (np.array(np.broadcast_to(each, start.shape), order="C") for each in limits)
    at, of = np.array(np.clip(start, lower, upper), order="C"), np.array(of, dtype=np.intp)
    size = at.shape[1]
    products, converged = np.empty((len(at), size + 1, size + 1)), np.zeros(len(at), dtype=np.bool_)
    grid = np.stack((spectra.omega, np.log(spectra.omega), 1 / np.sqrt(spectra.omega)))
    z = spectra.impedance
    data = np.stack((z.real, z.imag, spectra.weight), axis=1)
    ends = int(ladder.inductor), int(ladder.warburg)
    machine(at, lower, upper, of, *ends, grid, data, iterations, GAIN, products, converged)
    below = products[:, :size, :size]
    hessian = np.tril(below) + np.swapaxes(np.tril(below, -1), 1, 2)
    return Fitted(at, products[:, size, size].copy(), hessian, converged)


def in_numpy(
    circuit: Circuit, spectra: Spectra, start: Floats, limits: tuple[Floats, Floats], of: Rows, iterations: int
) -> Fitted:
    lower, upper = (np.broadcast_to(each, start.shape) for each in limits)
    parts = []
    for first in range(0, len(start), ROWS_AT_ONCE):
        rows = slice(first, first + ROWS_AT_ONCE)
        normal = normal_equations(circuit, spectra.some(of[rows]))
        parts.append(
            levenberg_marquardt(normal, start[rows], lower[rows], upper[rows], iterations=iterations, gain=GAIN)
        )
    return Fitted(*(np.concatenate([getattr(part, name) for part in parts]) for name in Fitted.__slots__))


def normal_equations(circuit: Circuit, spectra: Spectra) -> Normal:
    """Return the normal equations of rows of spectra for any circuit."""
    weight = spectra.weight

    def normal(at: Floats, rows: Rows) -> tuple[Floats, Floats, Floats]:
        z, jacobian = evaluate(circuit, from_coordinates(circuit, at), spectra.omega)
        residual = (z - spectra.impedance[rows]) * weight[rows]
        split = _as_real(residual[:, None])
        derivatives = _as_real(jacobian * weight[rows, None])
        slope = (derivatives @ np.swapaxes(split, 1, 2))[:, :, 0]
        return np.sum(split[:, 0] ** 2, axis=1), slope, derivatives @ np.swapaxes(derivatives, 1, 2)

    return normal


def _as_real(values: Complexes) -> Floats:
    return np.ascontiguousarray(values).view(np.float64)


def residuals(circuit: Circuit, spectra: Spectra, fitted: Floats) -> Complexes:
    """Return (model − data)/|data| of the fitted coordinates, shape (spectra, f); 0 where a point takes no part."""
    z, _ = evaluate(circuit, from_coordinates(circuit, fitted), spectra.omega)
    relative: Complexes = (z - spectra.impedance) * spectra.weight
    return relative
