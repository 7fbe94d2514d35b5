"""Spectra: order, repeats, wrong sign, bad values; and the sweeps of a recording."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hwan
from hwan.core import BadDefinition, ColumnProblem, NothingInside, is_known
from hwan.health.impedance import Spectrum, one_grid, spectra_of
from hwan.health.impedance._spectrum_sweeps import sweep_starts

FREQUENCY = np.geomspace(1e4, 1e-2, 31)


def cell(frequency=FREQUENCY):
    """An inductance, a resistance, an arc and diffusion."""
    omega = 2 * np.pi * frequency
    return 1e-8j * omega + 0.01 + 0.02 / (1 + (0.05j * omega) ** 0.9) + 0.001 / np.sqrt(1j * omega)


@given(order=st.permutations(range(31)))
def test_the_order_of_the_points_does_not_matter(order):
    order = np.array(order)
    made = Spectrum(FREQUENCY[order], cell()[order])
    assert np.array_equal(made.frequency_hertz, FREQUENCY)
    assert np.array_equal(made.impedance_ohm, cell())


def test_points_of_one_frequency_are_averaged_and_told():
    doubled = np.append(FREQUENCY, FREQUENCY[3])
    made = Spectrum(doubled, np.append(cell(), cell()[3] + 0.002))
    assert len(made) == 31
    assert made.impedance_ohm[3] == pytest.approx(cell()[3] + 0.001)
    assert [(finding.code, finding.values["count"]) for finding in made.findings] == [("frequencies_repeated", 1)]


def test_a_spectrum_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        Spectrum(FREQUENCY, cell()).impedance_ohm[0] = 0


@pytest.mark.parametrize(
    ("frequency", "impedance", "problem"),
    [
        (FREQUENCY, cell()[1:], "(31,) frequencies and (30,) impedances"),
        (FREQUENCY[:4], cell()[:4], "4 frequencies, at least 5"),
        (np.full(8, 10.0), cell()[:8], "1 frequencies, at least 5"),
        (np.where(FREQUENCY > 1e3, np.nan, FREQUENCY), cell(), "are not finite (the first is point 0)"),
        (FREQUENCY - FREQUENCY[-1], cell(), "1 frequencies are not positive (the first is point 30)"),
        (FREQUENCY, np.where(FREQUENCY > 9e3, 0, cell()), "1 impedances are exactly zero (the first is point 0)"),
    ],
    ids=["shapes", "short", "one frequency", "nan", "zero frequency", "zero impedance"],
)
def test_what_is_no_spectrum_is_said_so(frequency, impedance, problem):
    with pytest.raises(BadDefinition) as caught:
        Spectrum(frequency, impedance, "cell.txt")
    assert problem in caught.value.message("en")
    assert caught.value.message("ko").startswith("cell.txt")


def test_a_turned_sign_is_seen_by_physics():
    assert not Spectrum(FREQUENCY, cell()).is_turned
    assert Spectrum(FREQUENCY, cell().conj()).is_turned


def test_a_resistor_has_no_sign_to_turn():
    assert not Spectrum(FREQUENCY, np.full(31, 0.01 + 0j)).is_turned


def test_spectra_of_one_grid_are_found():
    made = [Spectrum(FREQUENCY, cell()), Spectrum(FREQUENCY[:20], cell()[:20]), Spectrum(FREQUENCY, 2 * cell())]
    assert [positions for _, positions in one_grid(made)] == [(0, 2), (1,)]


@pytest.mark.parametrize(
    ("frequency", "starts"),
    [
        ([100, 10, 1, 0.1], [0]),
        ([0.1, 1, 10, 100], [0]),
        ([100, 10, 1, 100, 10, 1, 100, 10, 1], [0, 3, 6]),
        ([100, 10, 1, 10, 100], [0, 3]),
        ([100, 50, 60, 10, 1], [0]),
        ([100, 10, 10, 1], [0]),
        ([5, 5, 5], [0]),
    ],
    ids=["down", "up", "three sweeps", "down and up", "measured again", "twice", "one frequency"],
)
def test_a_new_sweep_begins_where_the_frequency_jumps_back(frequency, starts):
    assert sweep_starts(np.array(frequency, dtype=float)).tolist() == starts


def columns(sweeps, **extra):
    """Return the columns of sweeps with rows between them that hold no impedance."""
    frequency = np.concatenate([np.append(0.0, FREQUENCY)] * sweeps)
    z = np.concatenate([np.append(0.0, cell())] * sweeps)
    return {"frequency_hertz": frequency, "real_impedance_ohm": z.real, "imaginary_impedance_ohm": z.imag, **extra}


def test_the_sweeps_of_a_recording_are_spectra(record):
    cycle = np.repeat([3, 4], 32)
    made = spectra_of(record(**columns(2, cycle_count=cycle, voltage_volt=3.5 + 0.1 * cycle)))
    assert [spectrum.cycle for spectrum in made] == [3, 4]
    assert [spectrum.voltage_volt for spectrum in made] == pytest.approx([3.8, 3.9])
    assert [(spectrum.evidence[0].first_row, spectrum.evidence[0].last_row) for spectrum in made] == [(1, 31), (33, 63)]
    assert [spectrum.name for spectrum in made] == ["made.csv #1", "made.csv #2"]
    assert np.allclose(made[1].impedance_ohm, cell())


def test_the_temperature_of_a_sweep_is_its_condition(record):
    made = spectra_of(record(**columns(1, surface_temperature_celsius=np.full(32, 24.5))))[0]
    assert made.conditions.temperature_celsius == 24.5
    assert made.conditions.temperature_place == "surface_temperature"
    assert not is_known(made.cycle)


def test_a_recording_without_impedance_names_the_column(record):
    with pytest.raises(ColumnProblem, match="frequency_hertz, real_impedance_ohm"):
        spectra_of(record([1.0, 2.0], [3.5, 3.5], [0.0, 0.0]))


def test_a_single_frequency_is_no_spectrum(record):
    with pytest.raises(NothingInside, match="40 rows hold a frequency"):
        spectra_of(
            record(
                frequency_hertz=np.full(40, 1e3),
                real_impedance_ohm=np.linspace(0.01, 0.02, 40),
                imaginary_impedance_ohm=np.full(40, -0.001),
            )
        )


@pytest.mark.parametrize(
    ("file", "points"),
    [
        ("eis-autolab/exampleDataAutolab.txt", 41),
        ("eis-chinstruments/exampleDataCHInstruments.txt", 73),
        ("eis-gamry/exampleDataGamry.DTA", 72),
        ("eis-parstat/exampleDataParstat.txt", 31),
        ("eis-powersuite/exampleDataPowersuite.txt", 30),
        ("eis-versastudio/exampleDataVersaStudio.par", 61),
        ("eis-zplot/Circuit1_EIS_1.z", 48),
        ("biologic/PEIS-0.mpr", 60),
        ("biologic/exampleDataBioLogic.mpt", 43),
    ],
)
def test_the_instruments_spectra_are_found_and_stand_upright(lab_data, file, points):
    (made,) = spectra_of(hwan.read(lab_data / "testers" / file))
    assert len(made) == points
    assert np.all(np.diff(made.frequency_hertz) < 0)
    assert not made.is_turned


def test_modulus_and_phase_stand_for_the_parts(record):
    told = cell()
    made = spectra_of(
        record(
            frequency_hertz=FREQUENCY,
            absolute_impedance_ohm=np.abs(told),
            phase_degree=np.degrees(np.angle(told)),
        )
    )
    assert np.allclose(made[0].impedance_ohm, told)
