"""Before a circuit is fitted: what the gate says of each spectrum, and which are refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from hwan.core import Refusal, Scalar
from hwan.health.impedance._circuit import Circuit
from hwan.health.impedance._elements import Complexes, Floats
from hwan.health.impedance._fit_descent import Flags
from hwan.health.impedance._gate_verdict import grid_gate
from hwan.health.impedance._spectrum import Spectrum, turned

QUANTITY: Final = "equivalent_circuit"
SPARE: Final = 2
"""Real figures that must be left beside the parameters, to know the noise at all."""
LEAST_PARAMETERS: Final = 4
"""Of the smallest circuit worth choosing: a resistor and an arc."""
WORST_NOISE: Final = 0.1
"""Residual over the modulus beyond which a circuit does not describe the spectrum."""
NEGATIVE_SHARE: Final = 0.1
NEGATIVE_PART: Final = 0.05
"""A real part below minus this share of the modulus is negative beyond noise."""
ROUND: Final = 2e-5
TESTS: Final = {
    "circuit_points_few": "spectrum_with_points",
    "imaginary_sign_turned": "state_the_sign",
    "frequency_angular": "state_the_frequency_in_hertz",
    "real_part_negative": "spectrum_of_a_resting_battery",
    "circuit_not_described": "another_circuit",
}


@dataclass(frozen=True, slots=True)
class Checked:
    """Verdicts on the spectra of one grid: codes of refusals (empty: none), the gate's word, points left out."""

    refused: tuple[str, ...]
    passed: tuple[bool | None, ...]
    left_out: Flags

    @property
    def fitted(self) -> tuple[int, ...]:
        """Positions of the spectra that are fitted."""
        return tuple(position for position, code in enumerate(self.refused) if not code)


def checked(frequency: Floats, impedance: Complexes, circuit: Circuit | None) -> Checked:
    """Judge the spectra of one grid, shape (n, f); a `circuit` of None is to be chosen."""
    gate = grid_gate(frequency, impedance)
    is_turned = turned(frequency, impedance) if gate is None else gate.turned
    left_out = np.zeros(impedance.shape, dtype=np.bool_) if gate is None else gate.fit.outlier & gate.passed[:, None]
    size = LEAST_PARAMETERS if circuit is None else len(circuit.parameters)
    few = 2 * np.count_nonzero(~left_out, axis=1) < size + SPARE
    negative = np.mean(impedance.real < -NEGATIVE_PART * np.abs(impedance), axis=1) > NEGATIVE_SHARE
    codes = np.select(
        [np.full(len(few), is_angular(frequency)), few, is_turned, negative],
        ["frequency_angular", "circuit_points_few", "imaginary_sign_turned", "real_part_negative"],
        "",
    )
    passed = [None] * len(few) if gate is None else gate.passed.tolist()
    return Checked(tuple(codes.tolist()), tuple(passed), left_out)


def is_angular(frequency: Floats) -> bool:
    """Return whether frequencies look like rad/s: powers of ten only after they are divided by 2π.

    >>> is_angular(2 * np.pi * np.geomspace(1e4, 1e-2, 61)), is_angular(np.geomspace(1e4, 1e-2, 61))
    (True, False)
    """
    return _powers_of_ten(frequency / (2 * np.pi)) >= 2 and _powers_of_ten(frequency) == 0


def _powers_of_ten(values: Floats) -> int:
    decades = np.log10(values)
    return int(np.count_nonzero(np.abs(decades - np.round(decades)) < ROUND))


def refusal(code: str, spectrum: Spectrum, **values: Scalar) -> Refusal:
    """Return a refusal with its test."""
    told = {"points": len(spectrum), **values}
    return Refusal(QUANTITY, code, ("equivalent circuit",), TESTS[code], told, spectrum.evidence)
