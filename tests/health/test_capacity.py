from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwan.core import LANGUAGES, UNKNOWN, BatteryType, Measurement, Refusal, is_known, text, to_json
from hwan.health import PROBABILITIES, analyse, capacity, capacity_of, energy_of, largest_discharge_of, state_of_health
from hwan.synthetic import Faults, cell_test, cell_tests, pack_test

WINDOW = BatteryType(upper_voltage_volt=4.0, lower_voltage_volt=3.0, rated_capacity_ah=10.0)


def measured(recording, kind):
    result = capacity(recording, kind)
    assert isinstance(result, Measurement), result
    return result


def unchanged(result, reference, rel=1e-9):
    assert result.value == pytest.approx(reference.value, rel=rel)
    assert result.interval == pytest.approx(reference.interval, rel=rel)


@pytest.fixture(scope="module")
def reference(cell, kind):
    return measured(cell.recording, kind)


@pytest.mark.parametrize("chemistry", ["nmc622", "lfp"])
def test_intervals_of_capacity_and_energy_cover_the_truth_in_about_nine_of_ten(chemistry):
    inside = {"capacity": [], "energy": []}
    for test in cell_tests(range(3000, 3150), chemistry=chemistry):
        analysis, kind = analyse(test.recording), test.battery.type
        for result, true in (
            (capacity_of(analysis, kind), test.truth.capacity_ah),
            (energy_of(analysis, kind), test.truth.energy_wh),
        ):
            low, high = result.interval
            inside[result.quantity].append(low <= true <= high)
    for shares in inside.values():
        assert 0.83 <= np.mean(shares) <= 0.96


def test_a_perfect_tester_finds_the_truth(kind):
    test = cell_test(7, perfect=True, sampling_second=1.0)
    assert measured(test.recording, kind).value == pytest.approx(test.truth.capacity_ah, rel=1e-5)
    energy = energy_of(analyse(test.recording), kind)
    assert isinstance(energy, Measurement)
    assert energy.value == pytest.approx(test.truth.energy_wh, rel=1e-5)


def test_a_measurement_says_how_it_was_obtained(cell, reference):
    conditions = reference.conditions
    assert (reference.unit, reference.method, conditions.direction) == ("Ah", "capacity.counter", "discharge")
    assert conditions.current_ampere == pytest.approx(-50 / 3, rel=1e-3)
    assert conditions.rate_per_hour == pytest.approx(1 / 3, rel=1e-3)
    assert conditions.rest_before_second == pytest.approx(1800, abs=1)
    assert conditions.upper_cutoff_volt == pytest.approx(4.2, abs=0.003)
    assert conditions.lower_cutoff_volt == pytest.approx(2.8, abs=0.003)
    assert conditions.end_of_charge_current_ampere == pytest.approx(2.5, rel=0.02)
    assert conditions.temperature_place == "surface_temperature"
    (evidence,) = reference.evidence
    step = cell.samples.with_row_index().filter(pl.col("step_count") == 5)["index"]
    assert (evidence.first_row, evidence.last_row) == (step[0], step[-1])
    assert [quantile.probability for quantile in reference.quantiles] == list(PROBABILITIES)
    for language in LANGUAGES:
        assert text("method", reference.method, language) != reference.method


LACKING = {
    "no_full_charge_recorded": [((-5, 3000),), ((5, 1800), (0, 600), (-5, 5000)), ((0, 60), (-5, 3000))],
    "charge_not_finished": [((5, 3600), (0, 600), (-5, 6840))],
    "no_rest_recorded": [((1, 18000), (-5, 6840))],
    "cutoff_not_reached": [((1, 18000), (0, 600), (-5, 3600))],
    "discharge_interrupted": [((1, 18000), (0, 600), (-5, 3000), (0, 600), (-5, 3500))],
}


@pytest.mark.parametrize(("code", "parts"), [(code, parts) for code, many in LACKING.items() for parts in many])
def test_without_charge_rest_or_cutoff_it_is_a_lower_bound(record, walk, code, parts):
    analysis = analyse(record(*walk(*parts)))
    for result in (capacity_of(analysis, WINDOW), energy_of(analysis, WINDOW)):
        assert isinstance(result, Refusal)
        assert (result.code, result.test_needed) == (code, "full_charge_rest_discharge")
        for language in LANGUAGES:
            assert "{" not in text("refusal", code, language, result.values)
    charge, energy = largest_discharge_of(analysis, WINDOW)
    assert (charge.quantity, charge.unit) == ("discharged_charge", "Ah")
    assert (energy.quantity, energy.unit) == ("discharged_energy", "Wh")
    moved = -sum(ampere * second for ampere, second in parts if ampere < 0) / 3600
    assert charge.value == pytest.approx(moved, rel=0.02)
    assert charge.value <= moved * (1 + 1e-9)
    assert is_known(charge.conditions.upper_cutoff_volt) is False


@pytest.mark.parametrize(("faults", "code"), [(Faults(truncated=True), "cutoff_not_reached"),
                                              (Faults(missing_rest=True), "no_rest_recorded")])  # fmt: skip
def test_planted_faults_are_refused_for_their_reason(faults, code):
    test = cell_test(17, faults=faults)
    result = capacity(test.recording, test.battery.type)
    assert isinstance(result, Refusal)
    assert result.code == code
    charge, _ = largest_discharge_of(analyse(test.recording), test.battery.type)
    assert charge.interval[0] <= test.truth.capacity_ah


def test_nothing_discharged_is_refused_and_bounds_nothing(record, walk):
    analysis = analyse(record(*walk((0, 60), (5, 600))))
    result = capacity_of(analysis, WINDOW)
    assert isinstance(result, Refusal)
    assert result.code == "no_discharge_recorded"
    assert largest_discharge_of(analysis, WINDOW) == ()


def test_the_lower_bound_spans_rests_and_pulses(record, walk):
    parts = ((-5, 1800), (0, 300), (-10, 10), (0, 40), (7.5, 10), (0, 40), (-5, 1800), (0, 60))
    charge, _ = largest_discharge_of(analyse(record(*walk(*parts, soc=0.9))), WINDOW)
    assert charge.value == pytest.approx(5 + (10 - 7.5) / 360, rel=2e-3)
    assert charge.conditions.current_ampere is UNKNOWN


def test_the_last_of_several_tests_counts(record, walk):
    cycle = ((1, 36000), (0, 600), (-5, 7200), (0, 600))
    time, volt, ampere = walk(*cycle * 2, soc=0.0)
    result = measured(record(time, volt, ampere), WINDOW)
    assert result.evidence[0].first_row > len(time) / 2


def test_cutoffs_that_the_type_does_not_state_must_be_shown_twice(record, walk):
    cycle = ((1, 36000), (0, 600), (-5, 7200), (0, 600))
    twice = measured(record(*walk(*cycle * 2, soc=0.0)), BatteryType())
    assert [(finding.code, finding.severity) for finding in twice.findings] == [("cutoffs_from_record", "stop")]
    assert twice.value == pytest.approx(10, rel=2e-3)
    once = capacity(record(*walk(*cycle, soc=0.0)), BatteryType())
    assert isinstance(once, Refusal)


@pytest.mark.parametrize("tail", [1, 3, 30])
def test_what_lies_beyond_the_cutoff_is_not_capacity(record, walk, tail):
    every = 10.0
    time, volt, ampere = walk((1, 36250), (0, 600), (-5, 7200 - 5 * every), (-5, tail * every), soc=0.0, every=every)
    analysis = analyse(record(time, volt, ampere))
    kind = replace(WINDOW, lower_voltage_volt=float(volt[-tail] + 0.5 * (volt[-tail - 1] - volt[-tail])))
    result, energy = capacity_of(analysis, kind), energy_of(analysis, kind)
    whole = 5 * (7200 - 5 * every + tail * every) / 3600
    given_back = 5 * (tail - 0.5) * every / 3600
    assert isinstance(result, Measurement)
    assert isinstance(energy, Measurement)
    assert result.value == pytest.approx(whole - given_back, rel=1e-6)
    assert result.conditions.lower_cutoff_volt == kind.lower_voltage_volt
    everything = -float(analysis.steps["energy_wh"][-1])
    assert everything - energy.value == pytest.approx(given_back * kind.lower_voltage_volt, rel=0.02)


def test_a_pack_is_full_and_empty_when_its_limiting_cell_is(pack):
    kind = pack.battery.type
    result = measured(pack.recording, kind)
    assert result.interval[0] <= pack.truth.capacity_ah <= result.interval[1]
    assert {"cell_tap_gain", "cell_tap_offset"} <= {part.name for part in result.components}
    taps = [name for name in pack.samples.columns if name.startswith("cell_")]
    blind = replace(pack.recording, samples=pack.recording.samples.drop(taps))
    refused = capacity(blind, kind)
    assert isinstance(refused, Refusal)
    assert refused.code == "no_full_charge_recorded"


def test_packs_are_covered_too():
    inside = []
    for seed in range(25):
        test = pack_test(seed, series=8)
        low, high = measured(test.recording, test.battery.type).interval
        inside.append(low <= test.truth.capacity_ah <= high)
    assert np.mean(inside) >= 0.8


@settings(max_examples=10, deadline=None)
@given(factor=st.sampled_from([1e-3, 0.1, 0.5, 2.0, 3.7, 1000.0]))
def test_a_larger_cell_is_the_same_cell(cell, kind, reference, altered, factor):
    larger = replace(kind, rated_capacity_ah=kind.rated_capacity_ah * factor)
    recording = altered(cell, pl.col("current_ampere") * factor, pl.col("^step_.*_(ah|wh)$") * factor)
    scaled = measured(recording, larger)
    assert scaled.value == pytest.approx(factor * reference.value, rel=1e-9)
    health, before = state_of_health(scaled, larger), state_of_health(reference, kind)
    assert isinstance(health, Measurement)
    assert isinstance(before, Measurement)
    assert health.value == pytest.approx(before.value, rel=1e-9)


@settings(max_examples=10, deadline=None)
@given(shift=st.floats(-1e6, 1e6))
def test_the_clocks_zero_does_not_matter(cell, kind, reference, altered, shift):
    unchanged(measured(altered(cell, pl.col("test_time_second") + shift), kind), reference, rel=1e-6)


@settings(max_examples=10, deadline=None)
@given(st.data())
def test_rows_written_twice_do_not_matter(cell, kind, altered, data):
    for names in (["step_count"], []):
        samples = cell.samples.select("test_time_second", "voltage_volt", "current_ampere", *names)
        rows = data.draw(st.lists(st.integers(0, samples.height - 1), max_size=20))
        twice = np.sort([*range(samples.height), *rows])
        once, again = (
            measured(replace(cell.recording, samples=frame.lazy()), kind) for frame in (samples, samples[twice])
        )
        assert again.value == pytest.approx(once.value, rel=1e-6)
        assert again.interval == pytest.approx(once.interval, rel=1e-4)


def test_a_rest_in_two_steps_is_one_rest(cell, kind, reference, altered):
    half = (pl.col("step_count") > 4) | ((pl.col("step_count") == 4) & (pl.int_range(pl.len()) > 600))
    split = measured(altered(cell, pl.col("step_count") + half.cast(pl.Int64)), kind)
    unchanged(split, reference, rel=1e-6)
    assert split.conditions.rest_before_second == pytest.approx(reference.conditions.rest_before_second)


def test_order_and_company_of_columns_do_not_matter(cell, kind, reference):
    samples = cell.recording.samples
    names = sorted(samples.collect_schema().names(), reverse=True)
    other = samples.select(names).with_columns(raw_colour=pl.lit("red"), raw_zero=pl.lit(0.0))
    unchanged(measured(replace(cell.recording, samples=other), kind), reference)


@pytest.mark.parametrize("dtype", [pl.Float32, pl.Decimal(12, 4)])
def test_voltage_of_another_width_is_the_same_voltage(cell, kind, reference, altered, dtype):
    unchanged(measured(altered(cell, pl.col("voltage_volt").cast(dtype)), kind), reference, rel=1e-4)


def test_rows_of_nan_do_not_matter_much(kind):
    test = cell_test(7, faults=Faults(nan_rows=40))
    result = measured(test.recording, kind)
    assert result.interval[0] * 0.999 <= test.truth.capacity_ah <= result.interval[1] * 1.001
    assert "NaN" not in to_json(result)


def test_a_clock_that_goes_back_adds_no_charge(kind):
    test = cell_test(7, faults=Faults(clock_backwards=True, no_counters=True))
    assert measured(test.recording, kind).value == pytest.approx(test.truth.capacity_ah, rel=5e-3)
