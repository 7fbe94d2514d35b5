"""The choice of a circuit: right where the parts are plainly there, and none bought by noise."""

from __future__ import annotations

import numpy as np
import pytest

from hwan.health.impedance import Spectrum, circuit_of, fit_circuit, fit_circuits
from hwan.health.impedance._choice import choose
from hwan.health.impedance._fit_descent import Spectra
from hwan.health.impedance._notation import ladder_text

FREQUENCY = np.geomspace(1e4, 1e-2, 61)
PARTS = {"L": 2e-7, "R0": 0.01, "arcs": ((0.01, 5e-4, 0.9), (0.015, 0.02, 0.85), (0.02, 2.0, 0.9)), "W": 0.003}


def clean(arcs, inductor, warburg):
    values = [PARTS["L"]] * inductor + [PARTS["R0"]]
    values += [figure for arc in PARTS["arcs"][:arcs] for figure in arc] + [PARTS["W"]] * warburg
    notation = ladder_text(arcs, inductor=inductor, warburg=warburg)
    return notation, circuit_of(notation).impedance(np.array(values), FREQUENCY)


def noisy(z, noise, seed):
    white = np.random.default_rng(seed).standard_normal((2, *z.shape))
    return z + noise * np.abs(z) * (white[0] + 1j * white[1])


@pytest.mark.parametrize("warburg", [False, True])
@pytest.mark.parametrize("inductor", [False, True])
@pytest.mark.parametrize("arcs", [0, 1, 2, 3])
def test_plain_parts_are_found_and_no_others(arcs, inductor, warburg):
    notation, z = clean(arcs, inductor, warburg)
    spectra = [Spectrum(FREQUENCY, noisy(z, 0.002, seed)) for seed in range(6)]
    assert fit_circuits(spectra)["circuit"].to_list().count(notation) >= 5


def test_candidates_are_told_the_best_first():
    notation, z = clean(2, True, True)
    fit = fit_circuit(Spectrum(FREQUENCY, noisy(z, 0.002, 1)))
    assert fit.circuit.text == fit.candidates[0].circuit == notation
    assert len(fit.candidates) == 16
    seen = [each.criterion for each in fit.candidates if each.seen]
    assert seen == sorted(seen)


def test_the_table_holds_the_parameters_of_all_chosen_circuits():
    spectra = [Spectrum(FREQUENCY, noisy(clean(arcs, False, False)[1], 0.002, arcs)) for arcs in (2, 0, 1)]
    table = fit_circuits(spectra)
    assert table["circuit"].to_list() == ["R0-p(R1,CPE1)-p(R2,CPE2)", "R0", "R0-p(R1,CPE1)"]
    assert table["R2_ohm"].is_null().to_list() == [False, True, True]
    assert table["R1_ohm"].is_null().to_list() == [False, True, False]
    for row, spectrum in enumerate(spectra):
        assert table["R0_ohm"][row] == pytest.approx(fit_circuit(spectrum)["R0"].value, rel=1e-6)


def test_an_arc_above_the_highest_frequency_is_no_arc():
    frequency = np.geomspace(1e3, 1e-2, 51)
    z = circuit_of("L0-R0-p(R1,CPE1)").impedance(np.array([1e-6, 1.0, 2.0, 0.05, 0.95]), frequency)
    bent = z * (1 + 0.004 * np.sqrt(frequency / 1e3)) + 2e-4j * np.sqrt(frequency / 1e3)
    chosen = choose(Spectra.of(2 * np.pi * frequency, noisy(bent, 2e-4, 1)[None]))
    found = chosen.candidates[chosen.chosen[0]]
    times = [number for number, each in enumerate(found.circuit.parameters) if each.role == "time"]
    assert (np.exp(found.at[0, times]) > 0.5 / (2 * np.pi * 1e3)).all()


def test_few_points_allow_few_parts():
    frequency = np.geomspace(1e3, 1e-1, 8)
    z = circuit_of("R0-p(R1,CPE1)").impedance(np.array([1.0, 2.0, 0.05, 0.95]), frequency)
    chosen = choose(Spectra.of(2 * np.pi * frequency, noisy(z, 1e-3, 1)[None]))
    assert all(2 * len(each.circuit.parameters) < 16 for each in chosen.candidates)
