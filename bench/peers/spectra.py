"""Spectra of a file worked through by one peer, in its own environment, with the processor time of each.

Run with the interpreter of the peer's environment: spectra.py TASK FILE.npz COUNT. The file holds `frequency` (Hz,
from high to low) and `impedance` (ohm, complex, one row per spectrum). The first spectrum warms up and is not timed.
Prints one line, ``ANSWER `` and JSON: seconds of each, and what came out.
"""

from __future__ import annotations

import json
import sys
import time
import types
import warnings
from collections.abc import Callable
from typing import Any


def lin_kk() -> Callable[[Any, Any], float]:
    """Return impedance.py's linear Kramers–Kronig test with its defaults; the largest residual over the modulus."""
    import numpy as np

    # Release 1.7.1 imports pandas for its plots without asking for it, and linKK misses its own import of NumPy.
    sys.modules.setdefault("pandas", types.ModuleType("pandas"))
    from impedance import validation
    from impedance.models.circuits.fitting import circuit_elements

    validation.np = circuit_elements["np"] = np

    def test(frequency: Any, impedance: Any) -> float:
        found = validation.linKK(frequency, impedance, c=0.85, max_M=100, fit_type="complex", add_cap=True)
        return float(np.abs(np.concatenate(found[3:5])).max())

    return test


def pyimpspec_kk() -> Callable[[Any, Any], float]:
    """Return pyimpspec's Kramers–Kronig test with its defaults; the pseudo chi-squared."""
    import pyimpspec

    def test(frequency: Any, impedance: Any) -> float:
        data = pyimpspec.DataSet(frequencies=frequency, impedances=impedance)
        return float(pyimpspec.perform_kramers_kronig_test(data, num_procs=1).pseudo_chisqr)

    return test


def pyimpspec_drt() -> Callable[[Any, Any], list[list[float]]]:
    """Return pyimpspec's Tikhonov distribution with non-negative least squares; its peaks: τ in s, γ in ohm."""
    import pyimpspec

    def distribution(frequency: Any, impedance: Any) -> list[list[float]]:
        data = pyimpspec.DataSet(frequencies=frequency, impedances=impedance)
        found = pyimpspec.calculate_drt(data, method="tr-nnls", num_procs=1)
        return [[float(value) for value in part] for part in found.get_peaks()[:2]]

    return distribution


TASKS = {"impedance": lin_kk, "pyimpspec-kk": pyimpspec_kk, "pyimpspec-drt": pyimpspec_drt}


def main(task: str, path: str, count: int) -> None:
    """Work through the spectra and print the answer."""
    import numpy as np

    warnings.simplefilter("ignore")
    work = TASKS[task]()
    with np.load(path) as file:
        frequency, impedance = file["frequency"], file["impedance"][: count + 1]
    seconds, found = [], []
    for row in impedance:
        begun = time.process_time()
        found.append(work(frequency, row))
        seconds.append(time.process_time() - begun)
    print("ANSWER", json.dumps({"seconds": seconds[1:], "found": found[1:]}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
