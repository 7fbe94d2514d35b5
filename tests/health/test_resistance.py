from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from hwan.core import UNKNOWN, BatteryType, Measurement, Refusal, is_known
from hwan.health import TIMES_SECOND, analyse, dc_resistances, resistances_of
from hwan.synthetic import Programme, cell_test, cell_tests

TEN_AH = BatteryType(upper_voltage_volt=4.0, lower_voltage_volt=3.0, rated_capacity_ah=10.0)


def truth_of(test, measurement):
    conditions = measurement.conditions
    discharge = conditions.direction == "discharge"
    known = test.truth.discharge_resistances_ohm if discharge else test.truth.charge_resistances_ohm
    return known.get(conditions.pulse_time_second)


def resistances(recording, kind=TEN_AH):
    return [found for found in resistances_of(analyse(recording), kind) if isinstance(found, Measurement)]


@pytest.mark.parametrize("chemistry", ["nmc622", "lfp"])
def test_intervals_cover_the_truth_in_about_nine_of_ten(chemistry):
    inside = []
    for test in cell_tests(range(4000, 4060), chemistry=chemistry):
        for found in resistances(test.recording, test.battery.type):
            low, high = found.interval
            inside.append(low <= truth_of(test, found) <= high)
    assert len(inside) == 600
    assert 0.85 <= np.mean(inside) <= 0.95


def test_a_perfect_tester_finds_the_truth():
    test = cell_test(9, perfect=True)
    found = resistances(test.recording, test.battery.type)
    assert len(found) == 10
    for each in found:
        assert each.value == pytest.approx(truth_of(test, each), rel=1e-6)


def test_long_pulses_give_long_times():
    test = cell_test(9, programme=Programme(pulse_second=30.0, rest_pulse_second=120.0))
    times = {found.conditions.pulse_time_second for found in resistances(test.recording, test.battery.type)}
    assert times == {time for time in TIMES_SECOND if time <= 30}


def test_direction_sign_and_state_of_charge_are_told(cell, kind):
    found = resistances(cell.recording, kind)
    assert [each.conditions.direction for each in found] == ["discharge"] * 5 + ["charge"] * 5
    for each in found:
        assert each.value > 0
        assert np.sign(each.conditions.current_ampere) == (1 if each.conditions.direction == "charge" else -1)
        assert each.conditions.soc_basis == "capacity_test"
        assert each.conditions.state_of_charge == pytest.approx(0.5, abs=0.01)
        assert is_known(each.conditions.temperature_celsius)
    assert found[0].conditions.rest_before_second == pytest.approx(3600, abs=11)


def test_without_a_capacity_test_the_state_of_charge_is_unknown(record, walk):
    found = resistances(record(*walk((0, 600), (-10, 30), (0, 60), every=0.1)))
    assert found
    assert all(each.conditions.state_of_charge is UNKNOWN for each in found)
    assert found[0].value == pytest.approx(0.01, rel=0.02)


def test_the_testers_step_time_tells_when_the_current_began(cell, kind, altered):
    since = pl.col("test_time_second") - pl.col("test_time_second").first().over("step_count")
    timed = resistances(altered(cell, step_time_second=since), kind)
    assert len(timed) == 10
    for with_time, without in zip(timed, resistances(cell.recording, kind), strict=True):
        assert with_time.value == pytest.approx(without.value, rel=1e-9)


@pytest.mark.parametrize(("every", "least"), [(0.1, 0.1), (1.0, 1.0), (5.0, 5.0), (10.0, 10.0)])
def test_times_finer_than_the_sampling_are_refused(record, walk, every, least):
    """The current began somewhere within one interval before its first sample."""
    found = resistances(record(*walk((0, 600), (-10, 65), (0, 60), every=every)))
    times = [each.conditions.pulse_time_second for each in found]
    assert times == [time for time in TIMES_SECOND if time >= least and time < 65 - every / 2]
    timed = np.concatenate([np.arange(1, n + 1) * every for n in (600 / every, 65 / every, 60 / every)])
    recording = record(*walk((0, 600), (-10, 65), (0, 60), every=every), step_time_second=timed[: int(725 / every)])
    assert min(each.conditions.pulse_time_second for each in resistances(recording)) >= least


def test_two_samples_far_apart_say_nothing_about_the_time_between(record):
    time = np.append(np.arange(60.0), [60.0, 120.0])
    ampere = np.append(np.zeros(60), [-10.0, -10.0])
    volt = np.append(np.full(60, 3.7), [3.69, 3.6])
    number = np.append(np.ones(60, dtype=int), [2, 2])
    recording = record(time, volt, ampere, step_count=number, step_time_second=np.append(time[:60], [0.0, 60.0]))
    assert [each.conditions.pulse_time_second for each in resistances(recording)] == [60.0]


def test_times_longer_than_the_pulse_are_refused(record, walk):
    recording = record(*walk((0, 600), (-10, 5), (0, 60), every=0.1))
    table = dc_resistances(recording, (0.1, 1.0, 4.0, 6.0, 60.0))
    assert table["pulse_time_second"].to_list() == [0.1, 1.0, 4.0]
    assert table["direction"].unique().to_list() == ["discharge"]
    assert (table["low_ohm"] <= table["resistance_ohm"]).all()
    assert (table["resistance_ohm"] <= table["high_ohm"]).all()


@pytest.mark.parametrize("parts", [((0, 60),), ((-5, 600), (5, 600))])
def test_without_a_step_from_rest_it_is_refused(record, walk, parts):
    recording = record(*walk(*parts))
    (refused,) = resistances_of(analyse(recording), TEN_AH)
    assert isinstance(refused, Refusal)
    assert (refused.code, refused.test_needed) == ("no_pulse_recorded", "pulse_after_rest")
    assert dc_resistances(recording).is_empty()


def test_of_many_pulses_the_nearest_to_half_charge_is_taken(record, walk):
    level = ((-5, 720), (0, 300), (-10, 10), (0, 60))
    whole = ((1, 18000), (0, 600), (-5, 7200), (0, 600), (1, 36000), (0, 600))
    found = resistances(record(*walk(*whole, *level * 7, soc=0.5)))
    pulses = [each for each in found if each.conditions.direction == "discharge"]
    assert pulses[0].conditions.state_of_charge == pytest.approx(0.5, abs=0.03)
    assert pulses[0].conditions.pulse_time_second == 1.0


def test_rows_written_twice_give_no_nan(cell, kind):
    rows = np.sort(np.append(np.arange(cell.samples.height), np.arange(2600, 2760)))
    doubled = replace(cell.recording, samples=cell.samples[rows].lazy())
    for found, reference in zip(resistances(doubled, kind), resistances(cell.recording, kind), strict=True):
        assert found.value == pytest.approx(reference.value, rel=1e-6)
        assert np.isfinite(found.interval).all()


def test_a_first_row_with_the_old_current_moves_the_beginning(record, walk):
    time, volt, ampere = walk((0, 60), (-10, 30), (0, 30), every=0.1)
    late = np.append(ampere[:1], ampere[:-1])
    stale_volt = volt + 0.01 * (late - ampere)
    number = np.repeat([1, 2, 3], [600, 300, 300])
    for found in resistances(record(time, stale_volt, late, step_count=number)):
        assert found.value == pytest.approx(0.01 + found.conditions.pulse_time_second / 36_000, rel=5e-3)
