"""Circuits fitted by one peer in its own environment: circuits.py TASK FILE.npz COUNT, else as spectra.py.

The circuit is L-R-p(R,CPE)-p(R,CPE)-W. The start is told by the data, as a user would: the smallest real part, half of
the rest for each arc, time constants of 1 ms and 0.2 s, the inductance of the highest frequency.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from typing import Any

from spectra import TASKS, main

TIMES, EXPONENT = (1e-3, 0.2), 0.85


def start(frequency: Any, impedance: Any) -> tuple[float, float, float, list[float], float]:
    """Return L, R0, the R of each arc, the Q of both, and W."""
    import numpy as np

    omega, real = 2 * np.pi * frequency, impedance.real
    ohmic = float(real.min())
    rest = float(np.median(real) - ohmic) / 2
    inductance = max(float(impedance.imag[0] / omega[0]), 1e-10)
    diffusion = max(-float(impedance.imag[-1]), 1e-6) * np.sqrt(2 * omega[-1])
    return inductance, ohmic, rest, [time**EXPONENT / rest for time in TIMES], float(diffusion)


def impedance_py() -> Callable[[Any, Any], list[float]]:
    """Return impedance.py's fit with modulus weights; R1 and R2 by their time constants."""
    sys.modules.setdefault("pandas", types.ModuleType("pandas"))
    from impedance.models.circuits import CustomCircuit

    def fit(frequency: Any, impedance: Any) -> list[float]:
        inductance, ohmic, rest, admittances, diffusion = start(frequency, impedance)
        guess = [inductance, ohmic]
        for admittance in admittances:
            guess += [rest, admittance, EXPONENT]
        guess.append(diffusion / 2**0.5)
        model = CustomCircuit("L0-R0-p(R1,CPE1)-p(R2,CPE2)-W1", initial_guess=guess)
        model.fit(frequency, impedance, weight_by_modulus=True)
        return in_order(*(list(model.parameters_[first : first + 3]) for first in (2, 5)))

    return fit


def pyimpspec_fit() -> Callable[[Any, Any], list[float]]:
    """Return pyimpspec's fit by least squares with modulus weights; R1 and R2 by their time constants."""
    import pyimpspec

    def fit(frequency: Any, impedance: Any) -> list[float]:
        inductance, ohmic, rest, admittances, diffusion = start(frequency, impedance)
        arcs = "".join(f"(R{{R={rest}}}Q{{Y={each},n={EXPONENT}}})" for each in admittances)
        notation = f"[L{{L={inductance}}}R{{R={ohmic}}}{arcs}W{{Y={1 / diffusion}}}]"
        data = pyimpspec.DataSet(frequencies=frequency, impedances=impedance)
        circuit = pyimpspec.parse_cdc(notation)
        found = pyimpspec.fit_circuit(circuit, data, method="least_squares", weight="modulus", num_procs=1).circuit
        values = [list(element.get_values().values()) for element in found.get_elements()]
        return in_order(*([values[n][0], *values[n + 1]] for n in (2, 4)))

    return fit


def in_order(one: list[float], other: list[float]) -> list[float]:
    """Return R1 and R2, the faster arc first, from R, Q and n of each."""
    ordered = sorted((one, other), key=lambda arc: (max(arc[0] * arc[1], 1e-300)) ** (1 / arc[2]))
    return [float(arc[0]) for arc in ordered]


if __name__ == "__main__":
    TASKS.update({"impedance": impedance_py, "pyimpspec": pyimpspec_fit})
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
