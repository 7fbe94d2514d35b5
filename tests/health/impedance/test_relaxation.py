"""Distributions of relaxation times: the known form of R‖CPE, peaks, refusals, what does not fit; one and many."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hwan
from hwan.core import LANGUAGES, Refusal, text
from hwan.health.impedance import RelaxationTimes, Spectrum, relaxation_times, relaxation_times_batch, spectra_of

FREQUENCY = np.geomspace(1e4, 1e-2, 61)
OMEGA = 2 * np.pi * FREQUENCY


def arc(resistance, tau, exponent, omega=OMEGA):
    return resistance / (1 + (1j * omega * tau) ** exponent)


def gamma_of_arc(resistance, tau, exponent, at):
    """The distribution of R‖CPE over ln τ in ohm (Boukamp, Electrochim. Acta 154 (2015) 35)."""
    place = exponent * np.log(at / tau)
    turn = (1 - exponent) * np.pi
    return resistance / (2 * np.pi) * np.sin(turn) / (np.cosh(place) - np.cos(turn))


def made(clean, noise=0.001, seed=1, frequency=FREQUENCY):
    white = np.random.default_rng(seed).standard_normal((2, len(clean)))
    return Spectrum(frequency, clean + noise * np.abs(clean) * (white[0] + 1j * white[1]))


TWO_ARCS = 5e-8j * OMEGA + 0.01 + arc(0.008, 1e-3, 0.9) + arc(0.02, 0.2, 0.85)


def codes(found):
    return [finding.code for finding in found.findings]


def test_the_distribution_of_an_arc_has_the_known_form():
    found = relaxation_times(made(0.01 + arc(0.02, 0.05, 0.8), 0.0005))
    inner = (found.tau_second > 1e-3) & (found.tau_second < 2)
    truth = gamma_of_arc(0.02, 0.05, 0.8, found.tau_second[inner])
    assert np.sqrt(np.mean((found.gamma_ohm[inner] - truth) ** 2)) < 0.03 * truth.max()
    inside = (found.gamma_low_ohm <= found.gamma_ohm) & (found.gamma_ohm <= found.gamma_high_ohm)
    assert inside.all()


def test_two_arcs_are_two_peaks_with_their_resistances():
    found = relaxation_times(made(TWO_ARCS))
    assert len(found.peaks) == 2
    for peak, (resistance, tau) in zip(found.peaks, ((0.008, 1e-3), (0.02, 0.2)), strict=True):
        assert np.log10(peak.time_constant.value / tau) == pytest.approx(0, abs=0.05)
        assert peak.time_constant.interval[0] <= tau <= peak.time_constant.interval[1]
        assert peak.resistance.value == pytest.approx(resistance, rel=0.05)
        assert peak.frequency_hertz == pytest.approx(1 / (2 * np.pi * peak.time_constant.value))
        assert peak.height.value > 0
    assert found.total_polarisation.value == pytest.approx(0.028, rel=0.01)
    assert found.series_resistance.value == pytest.approx(0.01, rel=0.02)
    assert found.inductance_henry == pytest.approx(5e-8, rel=0.1)
    assert sum(peak.resistance.value for peak in found.peaks) == pytest.approx(found.total_polarisation.value, rel=1e-6)


def test_diffusion_ends_in_the_warburg_element_and_not_in_peaks():
    found = relaxation_times(made(TWO_ARCS + 0.004 / np.sqrt(1j * OMEGA)))
    assert len(found.peaks) == 2
    assert found.warburg_coefficient.value == pytest.approx(0.004, rel=0.1)
    assert found.total_polarisation.value == pytest.approx(0.028, rel=0.02)
    assert not found.beyond_sweep


def test_slow_processes_are_told():
    found = relaxation_times(made(TWO_ARCS + 0.3 * (1j * OMEGA) ** -0.93, 0.0005))
    assert found.beyond_sweep
    assert "relaxation_beyond_the_sweep" in codes(found)
    assert found.capacitance_farad < np.inf


def test_an_ideal_resistor_and_capacitor_is_one_sharp_peak():
    found = relaxation_times(made(10 + arc(50.0, 0.02, 1.0), 0.0005))
    (peak,) = found.peaks
    assert peak.time_constant.value == pytest.approx(0.02, rel=0.05)
    assert peak.resistance.value == pytest.approx(50, rel=0.02)


def test_lossy_coils_do_not_spoil_the_series_resistance():
    coil = 1j * OMEGA * 1.5e-7 / (1 + 1j * OMEGA * 1e-5)
    found = relaxation_times(made(TWO_ARCS + coil))
    assert len(found.peaks) == 2
    assert found.series_resistance.interval[0] <= 0.01 <= found.series_resistance.interval[1]
    assert found.series_resistance.value == pytest.approx(0.01, rel=0.2)
    assert "relaxation_misfit" not in codes(found)


def test_a_resistor_has_no_peak():
    found = relaxation_times(made(np.full(61, 0.01 + 0j)))
    assert found.peaks == ()
    assert found.total_polarisation.value < 0.001


def test_an_arc_that_the_sweep_cuts_is_no_peak_but_its_resistance_is_not_given_to_another():
    found = relaxation_times(made(0.01 + arc(0.008, 1e-3, 0.9) + arc(0.1, 200.0, 0.9)))
    assert [round(float(np.log10(peak.time_constant.value)), 1) for peak in found.peaks] == [-3.0]
    assert found.peaks[0].resistance.value == pytest.approx(0.008, rel=0.15)


def test_points_that_fit_nothing_are_left_out():
    impedance = made(TWO_ARCS).impedance_ohm.copy()
    impedance[20] *= 1.2
    found = relaxation_times(Spectrum(FREQUENCY, impedance))
    assert found.total_polarisation.value == pytest.approx(0.028, rel=0.01)
    assert "spectrum_outliers" in codes(found)


@settings(max_examples=15)
@given(scale=st.floats(1e-4, 1e6), shift=st.floats(0.01, 100))
def test_the_units_do_not_matter(scale, shift):
    spectrum = made(TWO_ARCS)
    plain = relaxation_times(spectrum)
    other = relaxation_times(Spectrum(shift * FREQUENCY, scale * spectrum.impedance_ohm))
    assert other.total_polarisation.value == pytest.approx(scale * plain.total_polarisation.value, rel=1e-3)
    for one, two in zip(plain.peaks, other.peaks, strict=True):
        assert two.time_constant.value == pytest.approx(one.time_constant.value / shift, rel=1e-2)


# What is refused -------------------------------------------------------------------------------------


def drifted():
    elapsed = np.cumsum(1 / FREQUENCY) / np.sum(1 / FREQUENCY)
    return made(0.01 + arc(0.02, 0.05, 0.8) * (1 + 0.2 * elapsed))


def looped():
    return made(0.02 + arc(0.01, 1e-3, 0.9) - arc(0.008, 5.0, 1.0))


@pytest.mark.parametrize(
    ("spectrum", "code"),
    [
        (drifted(), "kramers_kronig_failed"),
        (looped(), "inductive_loop_at_low_frequency"),
        (Spectrum(FREQUENCY, made(TWO_ARCS).impedance_ohm.conj()), "imaginary_sign_turned"),
        (Spectrum(FREQUENCY[::10], TWO_ARCS[::10]), "spectrum_points_few"),
        (made(arc(0.02, 1e-3, 0.9) - 0.4 * arc(0.02, 1.6e-3, 1.0) - 0.006), "relaxation_not_described"),
    ],
    ids=["drift", "loop", "sign", "few", "negative resistance"],
)
def test_what_is_refused(spectrum, code):
    refusal = relaxation_times(spectrum)
    assert isinstance(refusal, Refusal)
    assert refusal.code == code
    assert relaxation_times_batch([spectrum])["refusal_code"].to_list() == [code]
    for language in LANGUAGES:
        assert text("refusal", code, language, refusal.values) != code
        assert "{" not in text("refusal", code, language, refusal.values)
        assert text("test", str(refusal.test_needed), language) != refusal.test_needed


@pytest.mark.parametrize(
    ("spectrum", "code"), [(drifted(), "relaxation_despite_gate"), (looped(), "relaxation_of_a_loop")]
)
def test_an_answer_despite_the_gate_says_so(spectrum, code):
    found = relaxation_times(spectrum, despite_gate=True)
    assert isinstance(found, RelaxationTimes)
    assert code in codes(found)


@pytest.mark.parametrize("spectrum", [Spectrum(FREQUENCY, made(TWO_ARCS).impedance_ohm.conj())])
def test_a_turned_sign_is_refused_whatever_is_asked(spectrum):
    assert relaxation_times(spectrum, despite_gate=True).code == "imaginary_sign_turned"


# Many ------------------------------------------------------------------------------------------------


def test_the_batch_says_what_the_single_calls_say():
    other = np.geomspace(5e4, 0.1, 50)
    omega = 2 * np.pi * other
    spectra = [
        made(TWO_ARCS),
        made(0.01 + arc(0.03, 1e-2, 0.8, omega), frequency=other),
        drifted(),
        made(TWO_ARCS + 0.3 * (1j * OMEGA) ** -0.93, 0.0005),
        made(TWO_ARCS, seed=7),
    ]
    table = relaxation_times_batch(spectra)
    for spectrum, row in zip(spectra, table.iter_rows(named=True), strict=True):
        single = relaxation_times(spectrum)
        if isinstance(single, Refusal):
            assert row["refusal_code"] == single.code
            assert row["time_constant"] is None
            continue
        total = single.total_polarisation
        assert row["total_polarisation"] == pytest.approx(total.value, rel=1e-3)
        assert (row["total_polarisation_low"], row["total_polarisation_high"]) == pytest.approx(
            total.interval, rel=1e-2
        )
        assert row["time_constant"] == pytest.approx([peak.time_constant.value for peak in single.peaks], rel=1e-2)
        assert row["resistance"] == pytest.approx([peak.resistance.value for peak in single.peaks], rel=1e-2)
        assert row["beyond_sweep"] == single.beyond_sweep


def test_an_empty_batch_is_an_empty_table():
    assert relaxation_times_batch([]).height == 0


def test_peaks_and_polarisation_of_the_truth_set(lab_data):
    with np.load(lab_data / "truth" / "eis.npz") as file:
        truth = file["params"][:150]
        found = relaxation_times_batch([Spectrum(file["f_Hz"], row) for row in file["Z_ohm"][:150]], despite_gate=True)
    total = truth[:, 2] + truth[:, 5]
    assert np.mean(np.abs(found["total_polarisation"].to_numpy() / total - 1) <= 0.02) >= 0.95
    near = [
        all(np.min(np.abs(np.log10(np.array(tau) / row[place]))) <= 0.1 for place in (3, 6))
        for tau, row in zip(found["time_constant"], truth, strict=True)
        if row[4] >= 0.8 and row[7] >= 0.8
    ]
    assert np.mean(near) >= 0.95


def test_a_real_cell(lab_data):
    (spectrum,) = spectra_of(hwan.read(lab_data / "testers" / "eis-autolab" / "exampleDataAutolab.txt"))
    found = relaxation_times(spectrum)
    assert [peak.time_constant.value for peak in found.peaks] == pytest.approx([0.0009, 0.020], rel=0.2)
    assert found.series_resistance.value == pytest.approx(0.012, rel=0.1)
    assert found.peaks[0].time_constant.evidence == spectrum.evidence
