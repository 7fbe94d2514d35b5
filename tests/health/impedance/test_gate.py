"""The Kramers–Kronig gate: noise, drift, structure, outliers, loops, signs; one spectrum and many."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hwan
from hwan.core import LANGUAGES, Refusal, text
from hwan.health.impedance import Gate, Spectrum, kramers_kronig, kramers_kronig_batch, spectra_of
from hwan.health.impedance._gate_verdict import grid_gate

FREQUENCY = np.geomspace(1e4, 1e-2, 61)
ELAPSED = np.cumsum(1 / FREQUENCY) / np.sum(1 / FREQUENCY)


def cell(frequency=FREQUENCY, drift=0.0):
    """A cell with two arcs and diffusion; the arcs grow over the sweep."""
    omega = 2 * np.pi * frequency
    arcs = 0.008 / (1 + (1e-3j * omega) ** 0.85) + 0.02 / (1 + (0.2j * omega) ** 0.8)
    elapsed = np.cumsum(1 / frequency) / np.sum(1 / frequency)
    return 5e-8j * omega + 0.01 + arcs * (1 + drift * elapsed) + 0.002 / np.sqrt(1j * omega)


def noisy(clean, noise=0.002, seed=1):
    white = np.random.default_rng(seed).standard_normal((2, len(clean)))
    return clean + noise * np.abs(clean) * (white[0] + 1j * white[1])


def made(clean, noise=0.002, seed=1):
    return Spectrum(FREQUENCY, noisy(clean, noise, seed))


def codes(gate):
    return [finding.code for finding in gate.findings]


@pytest.mark.parametrize("noise", [0.0005, 0.002, 0.02])
def test_the_noise_is_that_of_the_spectrum(noise):
    found = [kramers_kronig(made(cell(), noise, seed)).noise for seed in range(20)]
    assert np.median([each.value for each in found]) == pytest.approx(noise, rel=0.05)
    inside = [each.interval[0] <= noise <= each.interval[1] for each in found]
    assert sum(inside) >= 15


def test_a_steady_cell_passes_and_has_no_failing_frequency():
    gate = kramers_kronig(made(cell()))
    assert gate.passed
    assert len(gate.failing_hertz) == 0
    assert codes(gate) == []


def test_a_drift_is_found_with_its_size():
    gate = kramers_kronig(made(cell(drift=0.1)))
    true = 0.1 * 0.028 / abs(cell()[-1])
    assert not gate.passed
    assert gate.drift.quantile(0.005) <= true <= gate.drift.quantile(0.995)
    assert gate.drift.value == pytest.approx(true, rel=0.2)
    assert gate.least_drift_seen < true
    assert "spectrum_drifted" in codes(gate)


def test_what_fails_lies_at_the_low_frequencies_of_a_drift():
    assert kramers_kronig(made(cell(drift=0.2), 0.0005)).failing_hertz.min() < 0.1


def test_the_tolerance_lets_a_small_change_through():
    spectrum = made(cell(drift=0.02), 0.0003)
    change = abs(kramers_kronig(spectrum).drift.value)
    assert not kramers_kronig(spectrum, tolerance=0.5 * change).passed
    assert kramers_kronig(spectrum, tolerance=2 * change).passed


def test_an_outlier_is_named_and_does_not_fail_the_spectrum():
    impedance = noisy(cell())
    impedance[25] *= 1.05
    gate = kramers_kronig(Spectrum(FREQUENCY, impedance))
    assert gate.passed
    assert gate.outlier_hertz.tolist() == [FREQUENCY[25]]
    assert codes(gate) == ["spectrum_outliers"]


def test_outliers_do_not_hide_a_drift():
    impedance = noisy(cell(drift=0.2))
    impedance[[10, 40]] *= 1.1
    gate = kramers_kronig(Spectrum(FREQUENCY, impedance))
    assert not gate.passed
    assert set(gate.outlier_hertz) == {FREQUENCY[10], FREQUENCY[40]}


def test_a_step_in_the_middle_is_structure():
    impedance = noisy(cell() + np.where(FREQUENCY < 3, 0.0015, 0.0), 0.0005)
    gate = kramers_kronig(Spectrum(FREQUENCY, impedance))
    assert not gate.passed
    assert gate.failing.any()


def test_a_phase_error_of_the_instrument_is_structure():
    phase = 0.02 * np.exp(-((np.log10(FREQUENCY) - 2) ** 2) / 0.2)
    gate = kramers_kronig(Spectrum(FREQUENCY, noisy(cell() * np.exp(1j * phase), 0.0005)))
    assert not gate.passed
    assert "spectrum_inconsistent" in codes(gate)
    (finding,) = [each for each in gate.findings if each.code == "spectrum_inconsistent"]
    assert 20 < finding.values["frequency"] < 500


def test_an_inductive_loop_at_low_frequency_is_told():
    omega = 2 * np.pi * FREQUENCY
    gate = kramers_kronig(made(cell() - 0.015 / (1 + 5j * omega) - 0.002 / np.sqrt(1j * omega)))
    assert gate.low_frequency_loop
    assert "inductive_loop_at_low_frequency" in codes(gate)


def test_the_inductance_of_the_leads_is_no_loop():
    assert not kramers_kronig(made(cell())).low_frequency_loop


@pytest.mark.parametrize("noise", [0.0005, 0.01])
def test_a_turned_sign_is_refused_and_not_turned(noise):
    refusal = kramers_kronig(Spectrum(FREQUENCY, noisy(cell(), noise).conj()))
    assert isinstance(refusal, Refusal)
    assert refusal.code == "imaginary_sign_turned"


def test_a_turned_spectrum_that_bode_cannot_tell_is_told_by_the_fit():
    """Half the points are a flat resistance with noise, where slope and phase say nothing."""
    frequency = np.geomspace(1e7, 1e-1, 81)
    clean = 1.0 + 0.3 / (1 + 2j * np.pi * frequency * 0.3)
    spectrum = Spectrum(frequency, noisy(clean, 0.002, 5).conj())
    assert not spectrum.is_turned
    assert kramers_kronig(spectrum).code == "imaginary_sign_turned"


def test_too_few_points_are_refused_with_the_test_that_helps():
    few = np.geomspace(100, 1, 6)
    refusal = kramers_kronig(Spectrum(few, cell(few)))
    assert refusal.code == "spectrum_points_few"
    assert refusal.test_needed == "spectrum_with_points"
    assert refusal.values["points"] == 6


def test_much_noise_says_what_would_not_be_seen():
    gate = kramers_kronig(made(cell(), 0.04))
    (finding,) = [each for each in gate.findings if each.code == "spectrum_noisy"]
    assert finding.values["least"] > 0.2


def test_the_fit_comes_nearer_to_the_truth_than_the_data():
    clean = cell()
    fitted = kramers_kronig(made(clean, 0.005)).fitted_ohm
    error = np.abs(fitted / clean - 1)
    assert np.sqrt(np.mean(error**2)) < 0.8 * 0.005 * np.sqrt(2)


@given(scale=st.floats(1e-6, 1e6), shift=st.floats(0.01, 100))
def test_the_units_do_not_matter(scale, shift):
    impedance = noisy(cell(drift=0.05))
    plain, other = (
        kramers_kronig(Spectrum(shift_ * FREQUENCY, scale_ * impedance))
        for scale_, shift_ in ((1.0, 1.0), (scale, shift))
    )
    assert other.passed == plain.passed
    assert other.drift.value == pytest.approx(plain.drift.value, rel=1e-5)
    assert other.noise.value == pytest.approx(plain.noise.value, rel=1e-5)


def test_a_spectrum_without_noise_is_judged():
    assert kramers_kronig(Spectrum(FREQUENCY, cell())).passed
    assert not kramers_kronig(Spectrum(FREQUENCY, cell(drift=0.1))).passed


def test_false_alarms_are_as_rare_as_stated():
    spectra = [made(cell(), noise, seed) for seed in range(400) for noise in (0.001, 0.01)]
    assert kramers_kronig_batch(spectra)["passed"].mean() >= 0.98


def test_the_batch_says_what_the_single_calls_say():
    other = np.geomspace(5e4, 1, 40)
    few = np.geomspace(100, 1, 6)
    spectra = [
        made(cell()),
        Spectrum(other, noisy(cell(other, drift=0.3), 0.001, 2), "other"),
        made(cell(drift=0.1)),
        Spectrum(FREQUENCY, noisy(cell()).conj()),
        Spectrum(few, cell(few)),
    ]
    table = kramers_kronig_batch(spectra)
    assert table["name"].to_list() == ["", "other", "", "", ""]
    for spectrum, row in zip(spectra, table.iter_rows(named=True), strict=True):
        single = kramers_kronig(spectrum)
        if isinstance(single, Refusal):
            assert row["refusal_code"] == single.code
            assert row["passed"] is None
            continue
        assert row["refusal_code"] is None
        assert row["passed"] == single.passed
        assert row["drift"] == pytest.approx(single.drift.value)
        assert (row["drift_low"], row["drift_high"]) == pytest.approx(single.drift.interval)
        assert (row["noise_low"], row["noise_high"]) == pytest.approx(single.noise.interval)
        assert row["least_drift_seen"] == pytest.approx(single.least_drift_seen)


def test_an_empty_batch_is_an_empty_table():
    assert kramers_kronig_batch([]).height == 0


def test_figures_carry_their_evidence_and_findings_their_words(record):
    z = noisy(cell(drift=0.2))
    (spectrum,) = spectra_of(
        record(frequency_hertz=FREQUENCY, real_impedance_ohm=z.real, imaginary_impedance_ohm=z.imag)
    )
    gate = kramers_kronig(spectrum)
    assert isinstance(gate, Gate)
    assert gate.drift.evidence == spectrum.evidence
    assert gate.drift.validation.status == "synthetic"
    for language in LANGUAGES:
        for finding in gate.findings:
            assert "{" not in text("finding", finding.code, language, finding.values)


@pytest.mark.parametrize(
    ("file", "passed"),
    [
        ("eis-autolab/exampleDataAutolab.txt", True),
        ("eis-zplot/Circuit1_EIS_1.z", True),
        ("eis-zplot/exampleDataZPlot.z", True),
        ("biologic/exampleDataBioLogic.mpt", True),
        # At 2 Hz the instrument changes its way of measuring; at 0.3 Hz the specimen changes by half.
        ("eis-chinstruments/exampleDataCHInstruments.txt", False),
        ("eis-gamry/exampleDataGamry.DTA", False),
    ],
)
def test_real_spectra(lab_data, file, passed):
    (spectrum,) = spectra_of(hwan.read(lab_data / "testers" / file))
    assert kramers_kronig(spectrum).passed is passed


def test_drifts_of_the_truth_set(lab_data):
    with np.load(lab_data / "truth" / "eis.npz") as file:
        frequency, drift = file["f_Hz"], file["kk_bad_drift"]
        bad = [Spectrum(frequency, row) for row in file["kk_bad_Z_ohm"]]
        clean = [Spectrum(frequency, row) for row in file["Z_ohm"]]
    found = ~kramers_kronig_batch(bad)["passed"].to_numpy()
    assert found[np.isclose(drift, 0.05)].mean() >= 0.95
    assert found[drift >= 0.1].all()
    assert kramers_kronig_batch(clean)["passed"].mean() >= 0.99


def test_a_gate_is_a_plain_value():
    gate = kramers_kronig(made(cell()))
    assert replace(gate, passed=False).spectrum is gate.spectrum


def uneven(size, seeds=range(150), drift=0.0):
    return [Spectrum(FREQUENCY, noisy(cell(drift=drift), 0.002 * size, seed)) for seed in seeds]


RISING = 1 + 3 * np.sqrt(FREQUENCY[-1] / FREQUENCY)
LOUD_ON_TOP = np.where(FREQUENCY >= 1e3, 4.0, 1.0)
IN_OHM = np.median(np.abs(cell())) / np.abs(cell())


@pytest.mark.parametrize("size", [RISING, LOUD_ON_TOP, IN_OHM], ids=["rising", "loud on top", "in ohm"])
def test_noise_that_is_not_the_same_everywhere_is_seldom_taken_for_drift(size):
    table = kramers_kronig_batch(uneven(size, range(300)))
    assert table["passed"].mean() >= 0.97
    assert table["outliers"].sum() <= 0.04 * table.height


@pytest.mark.parametrize("size", [RISING, LOUD_ON_TOP], ids=["rising", "loud on top"])
def test_a_drift_is_found_where_noise_is_not_the_same_everywhere(size):
    assert kramers_kronig_batch(uneven(size, range(60), 0.3))["passed"].mean() <= 0.05


def test_the_least_drift_seen_grows_with_the_noise_where_drift_weighs():
    even, rising, top = (
        kramers_kronig_batch(uneven(size, range(40)))["least_drift_seen"].median()
        for size in (np.ones_like(FREQUENCY), RISING, LOUD_ON_TOP)
    )
    assert rising > 2 * even
    assert top < 1.3 * even


def test_the_noise_is_the_root_mean_square_where_it_is_uneven():
    found = kramers_kronig_batch(uneven(RISING, range(60)))["noise"]
    assert found.median() == pytest.approx(0.002 * np.sqrt(np.mean(RISING**2)), rel=0.12)


def test_the_local_noise_follows_a_step():
    gate = grid_gate(FREQUENCY, np.stack([each.impedance_ohm for each in uneven(LOUD_ON_TOP, range(60))]))
    local = np.median(gate.fit.local_noise, axis=0)
    assert local[FREQUENCY > 3e3] == pytest.approx(0.008, rel=0.3)
    assert local[FREQUENCY < 100] == pytest.approx(0.002, rel=0.3)


def test_chances_are_chances():
    table = kramers_kronig_batch(uneven(RISING))
    for name in ("drift_probability", "structure_probability"):
        assert table[name].is_between(0, 1).all()


def test_a_single_point_at_the_low_end_is_named_and_no_drift():
    """The fit follows the last point of a sweep; what is left of it looks like drift."""
    passed, named = 0, 0
    for seed in range(40):
        impedance = noisy(cell(), 0.001, seed)
        impedance[-1] *= 1.05
        gate = kramers_kronig(Spectrum(FREQUENCY, impedance))
        passed += gate.passed
        named += gate.outlier_hertz.tolist() == [FREQUENCY[-1]]
    assert passed >= 34
    assert named >= 34


def test_a_drift_is_not_explained_away_by_its_last_point():
    gates = [kramers_kronig(made(cell(drift=0.2), 0.0005, seed)) for seed in range(40)]
    assert not any(gate.passed for gate in gates)
    assert not any(gate.outlier.any() for gate in gates)


def test_one_of_many_is_judged_as_alone():
    """Spectra that are judged by their local noise stand between others that are not."""
    spectra = [each for pair in zip(uneven(RISING, range(8)), uneven(1.0, range(8)), strict=True) for each in pair]
    table = kramers_kronig_batch(spectra)
    for spectrum, row in zip(spectra, table.iter_rows(named=True), strict=True):
        single = kramers_kronig(spectrum)
        assert row["noise"] == pytest.approx(single.noise.value)
        assert row["drift_probability"] == pytest.approx(single.drift_probability)
        assert row["least_drift_seen"] == pytest.approx(single.least_drift_seen)


@pytest.mark.parametrize("place", [2, 4, 8, 30, 58, 60])
def test_a_point_that_reads_far_too_little_is_named_and_not_its_neighbours(place):
    frequency = np.geomspace(1e4, 1e-2, 61)
    w = 2j * np.pi * frequency
    clean = 0.01 + 0.02 / (1 + (w * 0.05) ** 0.8) + 0.005 / (1 + w * 1e-3) + 0.003 / np.sqrt(w)
    random = np.random.default_rng(1)
    measured = clean * (1 + 2e-3 * (random.standard_normal(61) + 1j * random.standard_normal(61)))
    measured[place] *= 0.3
    found = kramers_kronig(Spectrum(frequency, measured))
    assert np.flatnonzero(found.outlier).tolist() == [place]


@pytest.mark.parametrize("highest", [1e3, 1e5])
def test_a_capacitor_over_seven_decades_passes_with_its_noise(highest):
    frequency = np.geomspace(highest, 1e-2, 61)
    random = np.random.default_rng(1)
    noise = 1e-5 * (random.standard_normal(61) + 1j * random.standard_normal(61))
    found = kramers_kronig(Spectrum(frequency, (1e-3 + 1 / (2j * np.pi * frequency)) * (1 + noise)))
    assert found.passed
    assert found.noise.value == pytest.approx(1e-5, rel=0.3)
