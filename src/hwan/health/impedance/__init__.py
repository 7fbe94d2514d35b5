"""Impedance: spectra, the Kramers–Kronig gate, the distribution of relaxation times, equivalent circuits."""

from hwan.health.impedance._circuit import Circuit
from hwan.health.impedance._fit import fit_circuit, fit_circuits
from hwan.health.impedance._fit_result import Candidate, CircuitFit
from hwan.health.impedance._gate import kramers_kronig, kramers_kronig_batch
from hwan.health.impedance._gate_result import Gate
from hwan.health.impedance._notation import circuit_of
from hwan.health.impedance._relaxation import relaxation_times, relaxation_times_batch
from hwan.health.impedance._relaxation_result import RelaxationPeak, RelaxationTimes
from hwan.health.impedance._spectrum import Spectrum, one_grid
from hwan.health.impedance._spectrum_sweeps import spectra_of

__all__ = [
    "Candidate", "Circuit", "CircuitFit", "Gate", "RelaxationPeak", "RelaxationTimes", "Spectrum", "circuit_of",
    "fit_circuit", "fit_circuits", "kramers_kronig", "kramers_kronig_batch", "one_grid", "relaxation_times",
    "relaxation_times_batch", "spectra_of",
]  # fmt: skip
