"""Noise that hangs together over samples: measured, told, and no source of peaks."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy.signal import lfilter
from tests.health.ica.curves import PEAKS, made

from hwan.health.ica import IncrementalCapacity, _noise, incremental_capacities, incremental_capacity

CURVE = made()
SIGMA = 5e-4


def _drawn(seed: int, kept: float, size: int = len(CURVE.volt)):
    """Noise of which each sample keeps a part of the one before, of one standard deviation in all."""
    fresh = np.random.default_rng(seed).standard_normal(size)
    return SIGMA * lfilter([np.sqrt(1 - kept**2)], [1, -kept], fresh)


def _seen(volt, charge=CURVE.charge):
    return _noise.correlated(charge, volt, _noise.neighbours_noise(charge, volt))


@pytest.mark.parametrize(("kept", "samples"), [(0.5, 3), (0.8, 9), (0.9, 19)])
def test_noise_that_hangs_together_is_measured(kept, samples):
    seen = np.array([_seen(CURVE.volt + _drawn(seed, kept)) for seed in range(10)])
    assert np.median(seen[:, 0]) == pytest.approx(SIGMA, rel=0.15)
    assert samples / 1.6 < np.median(seen[:, 1]) < 1.6 * samples


def test_neighbours_alone_would_see_a_fraction_of_it():
    assert _noise.neighbours_noise(CURVE.charge, CURVE.volt + _drawn(0, 0.9)) < 0.4 * SIGMA


@pytest.mark.parametrize("noise", [1e-4, 1e-3, 2e-3])
def test_white_noise_is_left_as_it_is(noise):
    for seed in range(10):
        volt = CURVE.noisy(seed, noise, noise)
        white = _noise.neighbours_noise(CURVE.charge, volt)
        assert _noise.correlated(CURVE.charge, volt, white) == (white, 1.0)


def test_a_smooth_curve_is_not_taken_for_noise():
    assert _seen(CURVE.volt, CURVE.charge)[1] == 1.0


def test_the_peaks_are_those_that_were_made_and_their_intervals_hold():
    volts = [CURVE.volt + _drawn(seed, 0.9) for seed in range(30)]
    table = incremental_capacities(volts, [CURVE.charge] * len(volts))
    assert table["refusal_code"].null_count() == len(volts)
    assert 8 < table["noise_samples"].median() < 40
    counts = table["peak_count"].to_numpy()
    assert np.mean(counts == len(PEAKS)) >= 0.8
    inside = []
    for row in table["peaks"].to_list():
        for peak in row:
            _, at, _ = min(PEAKS, key=lambda each: abs(each[1] - peak["peak_volt"]))
            height = float(np.interp(at, CURVE.volt, CURVE.capacity))
            inside.append(peak["peak_ah_per_volt_low"] <= height <= peak["peak_ah_per_volt_high"])
    assert np.mean(inside) > 0.8


def test_the_expected_error_is_that_of_the_curve():
    ratios = []
    for seed in range(10):
        found = incremental_capacity(CURVE.volt + _drawn(seed, 0.9), CURVE.charge)
        assert isinstance(found, IncrementalCapacity)
        assert found.noise_samples > 5
        ratios.append(CURVE.rel(found) / found.expected_error)
    assert np.median(ratios) < 1.5


def test_samples_filled_in_between_coarser_ones_make_no_peaks():
    """As some testers and most tables do: each tenth sample is measured, a line is drawn between."""
    coarse = slice(None, None, 10)
    noisy = CURVE.volt[coarse] + _drawn(3, 0.0, len(CURVE.volt[coarse]))
    found = incremental_capacity(np.interp(CURVE.charge, CURVE.charge[coarse], noisy), CURVE.charge)
    assert isinstance(found, IncrementalCapacity)
    assert found.noise_samples > 3
    assert [peak.position.value for peak in found.peaks] == pytest.approx([at for _, at, _ in PEAKS], abs=0.01)


def test_a_rough_record_and_its_smoothed_twin_have_the_same_peaks(samples):
    found = {}
    for kind in ("rough", "smooth"):
        table = pl.read_csv(samples / f"ampworks/datasets/resources/dqdv/cell1_{kind}.csv")
        found[kind] = incremental_capacity(table["Volts"].to_numpy(), table["Ah"].to_numpy())
        assert isinstance(found[kind], IncrementalCapacity)
    rough, smooth = found["rough"].peaks, found["smooth"].peaks
    assert len(rough) == len(smooth) == 3
    for one, other in zip(rough, smooth, strict=True):
        assert abs(one.position.value - other.position.value) < 0.02
        assert one.height.value == pytest.approx(other.height.value, rel=0.12)
    assert found["rough"].noise_samples > 10
    assert found["smooth"].noise_samples == 1
