from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kstest

from hwan.core import AccuracyClass
from hwan.synthetic import Tester, accuracy_class

DRAWN = {
    "current_gain": "current_gain",
    "current_offset_ampere": "current_offset_ampere",
    "voltage_gain": "voltage_gain",
    "voltage_offset_volt": "voltage_offset_volt",
}


@pytest.fixture(scope="module")
def testers() -> list[Tester]:
    return [Tester.draw(seed) for seed in range(3000)]


@pytest.mark.parametrize("name", DRAWN)
def test_errors_are_uniform_within_the_class(name: str, testers: list[Tester]) -> None:
    limit = getattr(accuracy_class(75.0, 5.0), name)
    drawn = np.array([getattr(tester, name) for tester in testers]) / limit
    assert np.abs(drawn).max() <= 1
    assert kstest(drawn, "uniform", args=(-1, 2)).pvalue > 1e-3


def test_errors_of_one_tester_are_independent(testers: list[Tester]) -> None:
    drawn = np.array([[getattr(tester, name) for name in DRAWN] for tester in testers])
    correlation = np.corrcoef(drawn, rowvar=False) - np.eye(len(DRAWN))
    assert np.abs(correlation).max() < 4 / np.sqrt(len(testers))


def test_a_class_of_ones_own_is_kept() -> None:
    own = AccuracyClass("own", 1e-3, 0.01, 2e-3, 0.001, "certificate")
    tester = Tester.draw(1, accuracy=own)
    assert tester.instrument.accuracy is own
    assert abs(tester.voltage_gain) <= 2e-3


def test_instrument_tells_limits_and_ranges_only(testers: list[Tester]) -> None:
    instrument = testers[7].instrument
    assert (instrument.maker, instrument.current_range_ampere, instrument.voltage_range_volt) == (
        "hwan synthetic",
        75,
        5,
    )
    assert instrument.accuracy == accuracy_class(75.0, 5.0)
    assert testers[7].current_gain not in (testers[8].current_gain, accuracy_class(75.0, 5.0).current_gain)


@given(st.floats(0.01, 2000))
def test_resolution_is_a_power_of_ten_below_the_noise_scale(ampere: float) -> None:
    resolution = Tester.draw(1, current_range_ampere=ampere).current_resolution_ampere
    assert np.log10(resolution) == pytest.approx(round(np.log10(resolution)))
    assert 2e-6 * ampere * (1 - 1e-6) <= resolution <= 2e-5 * ampere * (1 + 1e-6)


def test_taps_of_a_pack_have_errors_of_their_own() -> None:
    tester = Tester.draw(1, cell_taps=20)
    assert len(set(tester.cell_voltage_gains)) == len(set(tester.cell_voltage_offsets_volt)) == 20
    assert max(map(abs, tester.cell_voltage_gains)) <= 5e-4
