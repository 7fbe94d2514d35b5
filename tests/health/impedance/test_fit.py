"""Fits: known circuits come back, intervals hold them, one and many agree, and what cannot be fitted is refused."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import polars as pl
import pytest
from numpy.testing import assert_allclose

import hwan
from hwan.core import LANGUAGES, BadDefinition, Refusal, text
from hwan.health import _fast
from hwan.health.impedance import CircuitFit, Spectrum, _kernel, circuit_of, fit_circuit, fit_circuits, spectra_of
from hwan.health.impedance._circuit import bounds, coordinates
from hwan.health.impedance._fit_batch import arranged
from hwan.health.impedance._fit_descent import Spectra, in_numpy, ladder_of, least_squares
from hwan.health.impedance._fit_intervals import correlation_of_neighbours, inflation

FREQUENCY = np.geomspace(1e4, 1e-2, 61)
OMEGA = 2 * np.pi * FREQUENCY
TWO_ARCS = "L0-R0-p(R1,CPE1)-p(R2,CPE2)-W1"
TRUTH = np.array([3e-8, 0.01, 0.008, 1e-3, 0.85, 0.02, 0.2, 0.8, 0.002])


def noisy(clean, noise=0.002, seed=1):
    white = np.random.default_rng(seed).standard_normal((2, *np.shape(clean)))
    return clean + noise * np.abs(clean) * (white[0] + 1j * white[1])


def spectrum_of(notation, values, *, frequency=FREQUENCY, noise=0.002, seed=1):
    return Spectrum(frequency, noisy(circuit_of(notation).impedance(np.array(values), frequency), noise, seed))


def truths(rows, seed=5):
    """Cells of two well separated arcs, all sizes drawn over more than a decade."""
    draw = np.random.default_rng(seed)

    def between(least, most):
        return np.exp(draw.uniform(np.log(least), np.log(most), rows))

    size, fast = between(1e-3, 10), between(3e-4, 1e-2)
    return np.column_stack(
        (
            size * between(0.05, 1) / OMEGA[0], size * between(0.3, 2), size * between(0.3, 3), fast,
            draw.uniform(0.7, 0.98, rows), size * between(0.3, 3), fast * between(20, 200),
            draw.uniform(0.7, 0.98, rows), size * between(0.05, 0.5) * np.sqrt(OMEGA[-1]),
        )
    )  # fmt: skip


def codes(fit):
    return [finding.code for finding in fit.findings]


def test_a_cell_comes_back():
    fit = fit_circuit(spectrum_of(TWO_ARCS, TRUTH), TWO_ARCS)
    found = np.array([fit[name].value for name in fit.circuit.names])
    assert_allclose(found[[1, 2, 5]], TRUTH[[1, 2, 5]], rtol=0.03)
    assert_allclose(found[[3, 6]], TRUTH[[3, 6]], rtol=0.06)
    assert fit.noise == pytest.approx(0.002, rel=0.25)
    assert fit.passed
    assert codes(fit) == []
    assert fit["R1"].unit == "ohm"
    assert fit["Q1"].value == pytest.approx(fit["tau1"].value ** fit["n1"].value / fit["R1"].value, rel=1e-9)
    assert fit["R1"].interval[0] < fit["R1"].value < fit["R1"].interval[1]
    assert_allclose(np.abs(fit.fitted_ohm / fit.spectrum.impedance_ohm - 1), np.abs(fit.residual), atol=1e-6)


def test_without_noise_it_is_exact():
    fit = fit_circuit(spectrum_of(TWO_ARCS, TRUTH, noise=0.0), TWO_ARCS)
    assert_allclose([fit[name].value for name in fit.circuit.names], TRUTH, rtol=1e-4)


def test_intervals_hold_the_truth_nine_times_in_ten():
    circuit, values = circuit_of(TWO_ARCS), truths(300)
    noise = np.exp(np.random.default_rng(2).uniform(np.log(5e-4), np.log(1e-2), (300, 1)))
    clean = circuit.impedance(values, FREQUENCY)
    table = fit_circuits([Spectrum(FREQUENCY, each) for each in noisy(clean, noise)], TWO_ARCS)
    assert table["refusal_code"].null_count() == 300
    true = {each.column: values[:, number] for number, each in enumerate(circuit.parameters)}
    true["Q1_second_power_n_per_ohm"] = values[:, 3] ** values[:, 4] / values[:, 2]
    for column, value in true.items():
        low, high = (table[f"{column}_{end}"].to_numpy() for end in ("low", "high"))
        covered = np.mean((low <= value) & (value <= high))
        assert 0.84 <= covered <= 0.96, column


def test_every_size_is_fitted_alike():
    one = fit_circuit(spectrum_of(TWO_ARCS, TRUTH), TWO_ARCS)
    large = Spectrum(FREQUENCY, 1e5 * spectrum_of(TWO_ARCS, TRUTH).impedance_ohm)
    other = fit_circuit(large, TWO_ARCS)
    for name in ("R0", "R1", "R2", "W1", "L0"):
        assert other[name].value == pytest.approx(1e5 * one[name].value, rel=1e-4)
    assert other["tau2"].value == pytest.approx(one["tau2"].value, rel=1e-4)


def test_one_and_many_on_several_grids_agree():
    short = np.geomspace(2e3, 5e-2, 40)
    spectra = [
        spectrum_of(TWO_ARCS, TRUTH),
        spectrum_of(TWO_ARCS, TRUTH, frequency=short, seed=2),
        spectrum_of(TWO_ARCS, TRUTH, seed=3),
    ]
    table = fit_circuits(spectra, TWO_ARCS)
    for row, spectrum in enumerate(spectra):
        fit = fit_circuit(spectrum, TWO_ARCS)
        for each in fit.circuit.parameters:
            told = [table[each.column + end][row] for end in ("", "_low", "_high")]
            assert_allclose(told, [fit[each.name].value, *fit[each.name].interval], rtol=1e-9)
        assert table["noise"][row] == pytest.approx(fit.noise)
    assert table["circuit"].to_list() == [TWO_ARCS] * 3


def test_any_order_and_labels_of_a_ladder():
    values = dict(zip(circuit_of(TWO_ARCS).names, TRUTH, strict=True))
    fit = fit_circuit(spectrum_of(TWO_ARCS, TRUTH), "p(CPE7,R8)-W3-R5-p(R4,CPE4)-L9")
    assert fit.circuit.text == "p(CPE7,R8)-W3-R5-p(R4,CPE4)-L9"
    assert fit["R5"].value == pytest.approx(values["R0"], rel=0.05)
    assert (fit["R8"].value, fit["R4"].value) == pytest.approx((values["R1"], values["R2"]), rel=0.05)
    assert ladder_of(arranged(fit.circuit)) is not None


@pytest.mark.parametrize(
    ("notation", "values"),
    [
        ("R0-p(R1,C1)-W1", [0.01, 0.02, 0.5, 0.004]),
        ("R0-p(R1-W1,CPE1)", [0.01, 0.02, 0.02, 0.3, 0.9]),
        ("R0-p(R1,CPE1)-Wo1", [0.01, 0.02, 1e-3, 0.85, 0.05, 4.0]),
        ("L0-R0-p(R1,CPE1)-Ws1", [2e-7, 0.01, 0.02, 1e-3, 0.85, 0.05, 4.0]),
        ("L0-R0-p(R1,CPE1)-CPE2", [2e-7, 0.01, 0.02, 1e-3, 0.85, 90.0, 0.7]),
        ("R0-p(R1-p(R2,CPE2),CPE1)", [10.0, 50.0, 300.0, 0.4, 0.8, 1e-5, 0.9]),
    ],
)
def test_other_circuits_come_back(notation, values):
    fit = fit_circuit(spectrum_of(notation, values, noise=0.001), notation)
    assert isinstance(fit, CircuitFit)
    assert fit.noise == pytest.approx(0.001, rel=0.3)
    for name, value in zip(circuit_of(notation).names, values, strict=True):
        low, high = fit[name].interval
        width = high - low
        assert low - width <= value <= high + width, name


def test_arcs_within_a_decade_are_told_and_their_interval_is_honest():
    close = [0.01, 0.02, 0.01, 0.85, 0.02, 0.05, 0.85]
    fit = fit_circuit(spectrum_of("R0-p(R1,CPE1)-p(R2,CPE2)", close, noise=0.01), "R0-p(R1,CPE1)-p(R2,CPE2)")
    assert "circuit_arcs_close" in codes(fit)
    assert fit["tau1"].value <= fit["tau2"].value
    low, high = fit["R1"].interval
    assert high / low > 1.5
    assert low <= 0.02 <= high


def test_what_the_spectrum_does_not_determine_is_told():
    fit = fit_circuit(spectrum_of("R0-p(R1,CPE1)", [0.01, 0.02, 0.05, 0.9]), "R0-p(R1,CPE1)-W1")
    (loose,) = [finding for finding in fit.findings if finding.code == "circuit_parameters_loose"]
    assert loose.values["parameters"] == "W1"
    assert fit["W1"].interval[1] / fit["W1"].interval[0] > 10


def test_a_drifting_spectrum_is_fitted_and_said_so():
    circuit = circuit_of(TWO_ARCS)
    elapsed = np.cumsum(1 / FREQUENCY) / np.sum(1 / FREQUENCY)
    grown = np.array([circuit.impedance(TRUTH * np.array([1, 1, 1 + s, 1, 1, 1 + s, 1, 1, 1]), np.array([f]))[0]
                      for f, s in zip(FREQUENCY, 0.2 * elapsed, strict=True)])  # fmt: skip
    fit = fit_circuit(Spectrum(FREQUENCY, noisy(grown)), TWO_ARCS)
    assert "circuit_of_failed_spectrum" in codes(fit)
    assert fit.passed is False


def test_a_wrong_circuit_shows_in_alike_residuals():
    fit = fit_circuit(spectrum_of(TWO_ARCS, TRUTH), "R0-p(R1,CPE1)-W1")
    assert "circuit_residuals_alike" in codes(fit)
    assert fit.noise > 0.004


def test_an_outlier_is_left_out():
    spectrum = spectrum_of(TWO_ARCS, TRUTH)
    bent = spectrum.impedance_ohm.copy()
    bent[30] *= 1.2
    fit, clean = (fit_circuit(Spectrum(FREQUENCY, each), TWO_ARCS) for each in (bent, spectrum.impedance_ohm))
    assert fit["R2"].value == pytest.approx(clean["R2"].value, rel=0.02)
    assert fit.residual[30] == 0


def test_wrong_highest_frequencies_are_left_out_and_told():
    bent = spectrum_of(TWO_ARCS, TRUTH).impedance_ohm.copy()
    bent[:5] *= [0.2, 3.0, 0.3, 2.0, 0.4]
    fit = fit_circuit(Spectrum(FREQUENCY, bent), TWO_ARCS)
    (told,) = [finding for finding in fit.findings if finding.code == "circuit_high_frequencies_left_out"]
    assert 5 <= told.values["count"] <= 9
    assert (fit.residual[: told.values["count"]] == 0).all()
    assert fit["R2"].value == pytest.approx(TRUTH[5], rel=0.05)
    table = fit_circuits([Spectrum(FREQUENCY, bent), spectrum_of(TWO_ARCS, TRUTH)], TWO_ARCS)
    assert table["points_left_out"].to_list() == [told.values["count"], 0]
    assert table["R2_ohm"][0] == pytest.approx(fit["R2"].value, rel=1e-6)


def test_few_points_are_fitted_unjudged_or_refused():
    few = np.geomspace(1e3, 1, 6)
    fit = fit_circuit(spectrum_of("R0-p(R1,CPE1)", [0.01, 0.02, 0.01, 0.9], frequency=few), "R0-p(R1,CPE1)")
    assert "circuit_spectrum_unjudged" in codes(fit)
    assert fit.passed is None
    refused = fit_circuit(spectrum_of("R0-p(R1,CPE1)", [0.01, 0.02, 0.01, 0.9], frequency=few[:5]), TWO_ARCS)
    assert isinstance(refused, Refusal)
    assert refused.code == "circuit_points_few"


def bad(kind):
    clean = circuit_of(TWO_ARCS).impedance(TRUTH, FREQUENCY)
    if kind == "imaginary_sign_turned":
        return Spectrum(FREQUENCY, noisy(clean.conj()))
    if kind == "frequency_angular":
        return Spectrum(OMEGA, noisy(clean))
    if kind == "real_part_negative":
        return Spectrum(FREQUENCY, noisy(clean - 0.025))
    steps = np.where(np.arange(61) % 2 == 0, 1.0, 1.8)
    return Spectrum(FREQUENCY, noisy(clean * steps))


@pytest.mark.parametrize(
    "code", ["imaginary_sign_turned", "frequency_angular", "real_part_negative", "circuit_not_described"]
)
def test_misuse_is_refused_with_its_reason(code):
    refused = fit_circuit(bad(code), TWO_ARCS)
    assert isinstance(refused, Refusal)
    assert refused.code == code
    for language in LANGUAGES:
        assert "{" not in text("refusal", code, language, refused.values)
        assert text("test", str(refused.test_needed), language) != refused.test_needed
    table = fit_circuits([bad(code), spectrum_of(TWO_ARCS, TRUTH)], TWO_ARCS)
    assert table["refusal_code"].to_list() == [code, None]
    assert table["R1_ohm"].is_null().to_list() == [True, False]


def test_findings_have_sentences_in_both_languages():
    spectra = [
        (spectrum_of("R0-p(R1,CPE1)", [0.01, 0.02, 0.05, 0.9]), "R0-p(R1,CPE1)-W1"),
        (spectrum_of(TWO_ARCS, TRUTH), "R0-p(R1,CPE1)-W1"),
    ]
    for spectrum, circuit in spectra:
        for finding in fit_circuit(spectrum, circuit).findings:
            for language in LANGUAGES:
                said = text("finding", finding.code, language, finding.values)
                assert said != finding.code
                assert "{" not in said


def test_an_unknown_parameter_is_named():
    fit = fit_circuit(spectrum_of("R0-p(R1,CPE1)", [0.01, 0.02, 0.05, 0.9]), "R0-p(R1,CPE1)")
    with pytest.raises(BadDefinition, match="R9"):
        fit["R9"]


def test_nothing_in_nothing_out():
    table = fit_circuits([], "R0-p(R1,CPE1)")
    assert table.height == 0
    assert {"name", "circuit", "R1_ohm", "R1_ohm_low", "refusal_code"} <= set(table.columns)
    assert table.schema["R1_ohm"] == pl.Float64


def test_machine_code_and_numpy_give_the_same():
    if _kernel.machine_descend() is None:
        pytest.skip("numba is not installed")
    values, circuit = truths(20), circuit_of(TWO_ARCS)
    z = noisy(circuit.impedance(values, FREQUENCY))
    left_out = np.zeros(z.shape, dtype=bool)
    left_out[3, 10] = True
    spectra, rows = Spectra.of(OMEGA, z, left_out), np.arange(20)
    start = coordinates(circuit, values) + 0.1
    limits = bounds(circuit, OMEGA, np.abs(z))
    fast = least_squares(circuit, spectra, start, limits, rows)
    slow = in_numpy(circuit, spectra, start, limits, rows, 60)
    assert_allclose(fast.parameters, slow.parameters, rtol=1e-6, atol=1e-6)
    assert_allclose(fast.cost, slow.cost, rtol=1e-9)
    assert_allclose(fast.hessian, slow.hessian, rtol=1e-4, atol=1e-6 * np.abs(slow.hessian).max())


def test_without_machine_code_a_fit_is_the_same():
    program = (
        "import numpy as np; from hwan.health.impedance import fit_circuit, Spectrum;"
        "f = np.geomspace(1e4, 1e-2, 61); w = 2j*np.pi*f;"
        "z = (0.01 + 0.02/(1 + (w*0.05)**0.9))*(1 + 0.001*np.cos(np.arange(61)**2));"
        "print(repr(fit_circuit(Spectrum(f, z), 'R0-p(R1,CPE1)')['R1'].value))"
    )
    told = [
        subprocess.run(
            [sys.executable, "-c", program], env={**os.environ, _fast.SWITCH: switch},
            capture_output=True, text=True, check=True,
        ).stdout
        for switch in ("0", "1")
    ]  # fmt: skip
    assert float(told[0]) == pytest.approx(float(told[1]), rel=1e-6)


def test_importing_loads_no_compiler():
    program = "import sys, hwan.health.impedance; print('numba' in sys.modules, 'matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_residuals_alike():
    random = np.random.default_rng(1).standard_normal((200, 2, 60))
    noise = random[:, 0] + 1j * random[:, 1]
    assert np.mean(inflation(correlation_of_neighbours(noise), 120) > 1) < 0.02
    wave = np.exp(2j * np.pi * np.arange(60) / 20)[None]
    assert inflation(correlation_of_neighbours(wave), 120)[0] > 10


def test_the_truth_set(lab_data):
    truth = np.load(lab_data / "truth" / "eis.npz")
    table = fit_circuits([Spectrum(truth["f_Hz"], each) for each in truth["Z_ohm"][:300]], TWO_ARCS)
    off = np.column_stack([np.abs(table[name] / truth["params"][:300, place] - 1)
                           for name, place in (("R1_ohm", 2), ("R2_ohm", 5))])  # fmt: skip
    assert np.mean((off <= 0.1).all(axis=1)) >= 0.995
    assert (np.median(off, axis=0) <= 0.006).all()


def test_spectra_of_instruments_are_fitted_or_refused_with_a_reason(lab_data):
    outcomes = {}
    for path in sorted((lab_data / "testers").glob("eis-*/*")):
        for spectrum in spectra_of(hwan.read(path)):
            outcomes[path.name] = fit_circuit(spectrum)
    assert len(outcomes) == 8
    fitted = {name: fit for name, fit in outcomes.items() if isinstance(fit, CircuitFit)}
    assert fitted["Circuit1_EIS_1.z"].noise < 0.001
    assert fitted["Circuit1_EIS_1.z"]["R1"].value == pytest.approx(46.7, abs=0.3)
    assert fitted["exampleDataAutolab.txt"].noise < 0.01
    assert fitted["exampleDataAutolab.txt"]["R0"].evidence
    refused = {fit.code for fit in outcomes.values() if isinstance(fit, Refusal)}
    assert refused <= {"circuit_not_described"}
