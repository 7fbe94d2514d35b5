"""The slow charges and discharges of a recording."""

from __future__ import annotations

import numpy as np
import pytest
from tests.health.ica.curves import made

from hwan.core import BatteryType, Refusal, is_known
from hwan.health.ica import IncrementalCapacity, differential_voltages_of, incremental_capacities_of

CURVE = made()
AMPERE = 0.4


@pytest.fixture(scope="module")
def columns():
    """A slow charge, a rest, a slow discharge (10 mohm), a rest, a fast charge."""
    hours = CURVE.charge[-1] / AMPERE
    slow = np.linspace(0, 3600 * hours, len(CURVE.charge))
    parts = [
        (slow, CURVE.noisy(1) + 0.01 * AMPERE, AMPERE),
        (np.arange(10.0, 600, 10), np.full(59, 4.1), 0.0),
        (slow, CURVE.noisy(2)[::-1] - 0.01 * AMPERE, -AMPERE),
        (np.arange(10.0, 600, 10), np.full(59, 3.1), 0.0),
        (slow[::10] / 20, CURVE.volt[::10] + 0.2, 20 * AMPERE),
    ]
    time, volt, ampere, begin = [], [], [], 0.0
    for seconds, volts, current in parts:
        time.append(begin + 1 + seconds)
        volt.append(volts)
        ampere.append(np.full(len(seconds), current))
        begin = time[-1][-1]
    return [np.concatenate(each) for each in (time, volt, ampere)]


def test_each_slow_run_is_one_curve(record, columns):
    found = incremental_capacities_of(record(*columns), BatteryType(rated_capacity_ah=4.0))
    assert [each.conditions.direction for each in found] == ["charge", "discharge"]
    for each in found:
        assert isinstance(each, IncrementalCapacity)
        assert each.conditions.rate_per_hour == pytest.approx(AMPERE / 4.0, rel=1e-6)
        assert each.conditions.denominator.quantity == "rated_capacity"
        assert each.charge_ah == pytest.approx(CURVE.charge[-1], rel=2e-3)
        assert each.evidence[0].first_row < each.evidence[0].last_row
    assert [each.cycle_number for each in found] == [1, 1]


def test_the_tester_errors_widen_the_interval_of_a_peak(record, columns):
    (found,) = incremental_capacities_of(record(*columns), BatteryType(rated_capacity_ah=4.0), direction="charge")
    names = {part.name for part in found.peaks[0].position.components}
    assert names == {"noise", "voltage_gain", "voltage_offset"}
    assert {part.name for part in found.peaks[0].height.components} == {"noise", "current_gain"}


def test_without_a_rating_the_largest_step_is_the_denominator(record, columns):
    found = incremental_capacities_of(record(*columns))
    assert found[0].conditions.denominator.quantity == "largest_step"
    assert not is_known(found[0].conditions.temperature_celsius)


def test_a_direction_can_be_asked_for(record, columns):
    found = incremental_capacities_of(record(*columns), direction="discharge")
    assert [each.conditions.direction for each in found] == ["discharge"]


def test_differential_voltages_are_of_the_same_runs(record, columns):
    recording = record(*columns)
    capacities, slopes = incremental_capacities_of(recording), differential_voltages_of(recording)
    assert [each.step_number for each in capacities] == [each.step_number for each in slopes]


def test_only_fast_runs_are_refused_with_the_slowest(record, columns):
    (found,) = incremental_capacities_of(record(*columns), most_rate_per_hour=0.01)
    assert isinstance(found, Refusal)
    assert found.code == "ica_too_fast"
    assert found.values["got"] > 0.05


def test_a_record_without_a_run_is_refused(record):
    (found,) = incremental_capacities_of(record(np.arange(100.0), np.full(100, 3.7), np.zeros(100)))
    assert isinstance(found, Refusal)
    assert found.code == "ica_no_constant_current"


def test_cells_in_series_are_refused(record, columns):
    (found,) = incremental_capacities_of(record(*columns), BatteryType(series_count=12))
    assert isinstance(found, Refusal)
    assert found.code == "ica_cells_in_series"


def test_a_pack_that_nobody_stated_is_refused_by_its_voltage(record, columns):
    time, volt, ampere = columns
    found = incremental_capacities_of(record(time, 4 * volt, ampere))
    assert {each.code for each in found if isinstance(each, Refusal)} == {"ica_outside_cell_window"}
    assert all(isinstance(each, Refusal) for each in found)


def test_a_real_slow_cycle_shows_the_peaks_of_its_chemistry(lab_data):
    from hwan.readers import read

    (path,) = (lab_data / "testers" / "lgm50-parquet").glob("*.parquet")
    found = incremental_capacities_of(read(path), BatteryType("nmc811", rated_capacity_ah=5.0))
    charges = [each for each in found if each.conditions.direction == "charge"]
    highest = max(charges[-1].peaks, key=lambda peak: peak.height.value)
    assert 4.05 < highest.position.value < 4.2
    assert 8 < highest.height.value < 20
