from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwan.health import voltage_step
from hwan.health._noise import noise, resolution, typical_noise, undithered, without_spikes

RAMP = np.linspace(4.2, 2.8, 5000)


@given(st.integers(0, 100), st.floats(1e-5, 1e-2))
def test_noise_of_a_ramp_is_found_to_five_per_cent(seed, sigma):
    noisy = RAMP + sigma * np.random.default_rng(seed).standard_normal(len(RAMP))
    assert noise(noisy) == pytest.approx(sigma, rel=0.06)
    assert typical_noise(noisy) == pytest.approx(sigma, rel=0.08)


def test_noise_ignores_steps_and_is_pooled_over_parts():
    random = np.random.default_rng(1)
    stepped = np.repeat([0.0, 1.0, -1.0, 0.5], 2000) + 1e-3 * random.standard_normal(8000)
    assert noise(stepped) == pytest.approx(1e-3, rel=0.05)
    assert noise(stepped[:4000], stepped[4000:]) == pytest.approx(1e-3, rel=0.05)


@pytest.mark.parametrize("few", [np.empty(0), np.ones(1), np.ones(7)])
def test_too_few_samples_have_no_noise(few):
    assert noise(few) == 0.0
    assert typical_noise(few) == 0.0


def test_resolution_is_the_smallest_change(record):
    assert resolution(np.round(RAMP, 3)) == pytest.approx(1e-3)
    assert resolution(np.ones(5)) == 0.0
    assert voltage_step(record(RAMP, np.round(RAMP, 2), RAMP)) == pytest.approx(0.01)


def test_rounding_counts_only_where_noise_does_not_dither_it():
    random = np.random.default_rng(2)
    assert undithered(np.round(RAMP, 2)) == pytest.approx(0.005)
    assert undithered(np.round(RAMP + 0.02 * random.standard_normal(len(RAMP)), 2)) == 0.0


def test_a_spike_that_the_voltage_ignores_is_taken_out_and_a_short_pulse_stays():
    current, voltage = np.zeros(50), np.full(50, 3.7)
    current[20], current[30] = 8.0, -8.0
    voltage[30] -= 0.05
    cleaned = without_spikes(current, voltage)
    assert cleaned[20] == 0.0
    assert cleaned[30] == -8.0
    assert current[20] == 8.0
