"""dQ/dV of made curves: the truth is met, whichever way the curve was recorded, and its errors are honest."""

from __future__ import annotations

import numpy as np
import pytest
from tests.health.ica.curves import PEAKS, made

from hwan.health.ica import IncrementalCapacity, incremental_capacities, incremental_capacity


@pytest.fixture(scope="module")
def curve():
    return made()


@pytest.fixture(scope="module")
def answer(curve) -> IncrementalCapacity:
    return incremental_capacity(curve.noisy(), curve.charge)


def test_the_curve_is_near_the_truth(curve, answer):
    assert curve.rel(answer) < 0.03
    assert answer.expected_error < 0.06


def test_the_peaks_are_those_that_were_made(curve, answer):
    assert [round(peak.position.value, 2) for peak in answer.peaks] == [at for _, at, _ in PEAKS]
    for peak, (_, at, _) in zip(answer.peaks, PEAKS, strict=True):
        height = float(np.interp(at, curve.volt, curve.capacity))
        assert abs(peak.height.value / height - 1) < 0.03
        assert abs(peak.position.value - at) < 0.003


def test_the_charge_of_a_peak_lies_between_its_half_heights(curve, answer):
    top = int(np.argmax(curve.capacity))
    above = curve.capacity >= 0.5 * curve.capacity[top]
    first = top - int(np.argmin(above[:top][::-1]))
    last = top + int(np.argmin(above[top:]))
    highest = max(answer.peaks, key=lambda peak: peak.height.value)
    assert highest.area.value == pytest.approx(curve.charge[last] - curve.charge[first], rel=0.03)


def test_noise_and_resolution_are_measured(answer):
    assert answer.noise_volt == pytest.approx(1.04e-3, rel=0.08)
    assert answer.resolution_volt == pytest.approx(1e-3, rel=1e-6)


def test_the_bandwidth_is_at_least_two_steps_of_the_voltmeter(curve):
    for resolution in (1e-3, 2e-3, 4e-3):
        found = incremental_capacity(curve.noisy(2, 1e-4, resolution), curve.charge)
        assert found.estimator == "regression" or found.bandwidth_volt >= 2 * resolution * (1 - 1e-9)


def test_a_smooth_voltage_has_no_resolution(curve):
    assert incremental_capacity(curve.volt, curve.charge).resolution_volt == 0.0


def test_charge_and_discharge_give_one_answer(curve, answer):
    volt, whole = curve.noisy(), curve.charge[-1]
    ways = (
        (volt[::-1], whole - curve.charge[::-1]),  # discharged charge counts up
        (volt[::-1], curve.charge[::-1]),  # net charge goes down
        (volt, curve.charge - 17.0),  # counted from elsewhere
    )
    for way, charge in ways:
        found = incremental_capacity(way, charge)
        assert [p.height.value for p in found.peaks] == pytest.approx([p.height.value for p in answer.peaks], rel=1e-6)


def test_uneven_samples_give_the_same_curve(curve):
    kept = np.sort(np.random.default_rng(4).permutation(len(curve.volt))[: len(curve.volt) // 2])
    whole, half = (incremental_capacity(curve.volt[k], curve.charge[k]) for k in (slice(None), kept))
    told = [np.interp(curve.volt, one.voltage_volt, one.incremental_capacity_ah_per_volt) for one in (whole, half)]
    assert np.sqrt(np.mean((told[0] - told[1]) ** 2) / np.mean(told[0] ** 2)) < 0.01


def test_a_plateau_as_narrow_as_the_noise_is_told_with_a_wide_interval():
    flat = made(peaks=((1.5, 3.4, 0.0015),))
    found = incremental_capacity(flat.noisy(), flat.charge)
    highest = max(found.peaks, key=lambda peak: peak.height.value)
    low, high = highest.height.interval
    assert (high - low) / highest.height.value > 0.1
    assert low < flat.capacity.max() < high


def test_the_intervals_hold_the_truth_about_as_often_as_they_say(curve):
    draws = 70
    table = incremental_capacities([curve.noisy(seed) for seed in range(draws)], [curve.charge] * draws)
    inside = []
    for row in table["peaks"].to_list():
        for peak in row:
            _, at, _ = min(PEAKS, key=lambda each: abs(each[1] - peak["peak_volt"]))
            height = float(np.interp(at, curve.volt, curve.capacity))
            inside.append((
                peak["peak_volt_low"] <= at <= peak["peak_volt_high"],
                peak["peak_ah_per_volt_low"] <= height <= peak["peak_ah_per_volt_high"],
            ))  # fmt: skip
    assert np.all(np.mean(inside, axis=0) > 0.8)
    assert len(inside) <= 3 * draws + 5


def test_a_single_curve_is_a_batch_of_one(curve, answer):
    table = incremental_capacities([curve.noisy()], [curve.charge])
    row = table.row(0, named=True)
    highest = max(answer.peaks, key=lambda peak: peak.height.value)
    assert row["refusal_code"] is None
    assert row["bandwidth_volt"] == answer.bandwidth_volt
    assert row["peak_volt"] == highest.position.value
    assert (row["peak_ah_per_volt_low"], row["peak_ah_per_volt_high"]) == pytest.approx(highest.height.interval)
    assert row["peak_count"] == len(answer.peaks) == len(row["peaks"])


def test_quantities_scale_with_the_charge(curve, answer):
    doubled = incremental_capacity(curve.noisy(), 2 * curve.charge)
    for twice, once in zip(doubled.peaks, answer.peaks, strict=True):
        assert twice.height.value == pytest.approx(2 * once.height.value, rel=1e-3)
        assert twice.position.value == pytest.approx(once.position.value, abs=1e-5)


def test_every_peak_carries_its_bandwidth_and_says_how_it_was_shown(answer):
    for peak in answer.peaks:
        assert peak.bandwidth_volt > 0
        assert peak.height.validation.status == "synthetic"
        assert peak.height.method == f"ica.{answer.estimator}"
        assert peak.height.quantile(0.5) == pytest.approx(peak.height.value)
