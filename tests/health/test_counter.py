from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwan.core import BatteryType, Measurement
from hwan.health import analyse, capacity_of, energy_of, plausibility_of, steps
from hwan.health._counter import AGREEMENT

NAMES = {"step": "step_net_capacity_ah", "cycle": "cycle_net_capacity_ah", "test": "net_capacity_ah"}


@pytest.fixture(scope="module")
def two_cycles(cell):
    """The cell's test, with the tester's cycle number turning at the charge to half."""
    samples = cell.samples.with_columns(cycle_count=1 + (cell.samples["step_count"] >= 7).cast(int))
    return replace(cell, recording=replace(cell.recording, samples=samples.lazy()))


@pytest.fixture(scope="module")
def net(two_cycles):
    """The tester's net charge in each scope, made from its counters per step."""
    samples = two_cycles.samples
    step = (samples["step_charging_capacity_ah"] - samples["step_discharging_capacity_ah"]).to_numpy()
    number, cycle = samples["step_count"].to_numpy(), samples["cycle_count"].to_numpy()
    total = step[np.append(np.flatnonzero(np.diff(number)), len(step) - 1)]
    before = np.append(0.0, np.cumsum(total))[number - 1]
    test = before + step
    return {"step": step, "cycle": test - test[np.searchsorted(cycle, cycle)], "test": test}


def counter_of(recording):
    check = analyse(recording).table.capacity_counter
    assert check is not None
    return check


@pytest.mark.parametrize("scope", ["step", "cycle", "test"])
@pytest.mark.parametrize("label", ["step", "cycle", "test"])
def test_each_scope_is_proven_whatever_its_label_says(two_cycles, recounted, net, scope, label):
    recording = recounted(two_cycles, {NAMES[label]: net[scope]})
    check = counter_of(recording)
    assert check.proven
    assert check.per_step[4] == pytest.approx(net["step"].min(), abs=1e-6)
    assert check.ratio == pytest.approx(1, abs=1e-3)
    if scope == label:
        assert check.scope == scope


@pytest.mark.parametrize("scope", ["step", "cycle", "test"])
def test_a_pair_of_counters_is_as_good_as_their_net(two_cycles, recounted, net, scope):
    prefix = "" if scope == "test" else f"{scope}_"
    pair = {"charging": np.maximum(net[scope], 0) + 1, "discharging": np.maximum(-net[scope], 0) + 1}
    columns = {f"{prefix}{flow}_capacity_ah": values for flow, values in pair.items()}
    assert counter_of(recounted(two_cycles, columns)).per_step.sum() == pytest.approx(net["test"][-1], abs=1e-5)


@pytest.mark.parametrize("scope", ["step", "cycle", "test"])
def test_without_any_number_the_counter_shows_where_it_resets(two_cycles, recounted, net, scope):
    recording = recounted(two_cycles, {NAMES[scope]: net[scope]})
    bare = replace(recording, samples=recording.samples.drop("step_count", "step_id", "cycle_count"))
    assert counter_of(bare).proven


def test_an_operators_reset_is_found_under_the_schedules_label(two_cycles, recounted, net):
    late = two_cycles.samples["step_count"].to_numpy() >= 5
    reset = np.where(late, net["test"] - net["test"][np.argmax(late) - 1], net["test"])
    assert counter_of(recounted(two_cycles, {"schedule_net_capacity_ah": reset})).proven


def test_the_counter_is_the_value_and_the_integral_only_checks_it(cell, recounted, net, kind):
    counted = capacity_of(analyse(recounted(cell, {"net_capacity_ah": net["test"] * 1.004})), kind)
    assert isinstance(counted, Measurement)
    plain = capacity_of(analyse(recounted(cell, {"net_capacity_ah": net["test"]})), kind)
    assert isinstance(plain, Measurement)
    assert counted.value / plain.value == pytest.approx(1.004, abs=1e-6)


def test_without_a_counter_the_integral_is_the_value(cell, recounted, kind):
    recording = recounted(cell, {})
    analysis = analyse(recording)
    result = capacity_of(analysis, kind)
    assert isinstance(result, Measurement)
    assert analysis.table.capacity_counter is None
    assert steps(recording)["counter_charge_ah"].null_count() == 12
    assert result.value == pytest.approx(-steps(recording)["charge_ah"][4], rel=1e-5)
    assert {"resolution", "sampling"} <= {part.name for part in result.components}


@pytest.mark.parametrize("factor", [0.9, 1.1, -1.0, 7.0])
def test_a_counter_that_disagrees_is_told_and_not_used(cell, recounted, net, kind, factor):
    analysis = analyse(recounted(cell, {"net_capacity_ah": factor * net["test"]}))
    assert [(f.code, f.severity) for f in plausibility_of(analysis, kind)] == [("counter_disagrees", "stop")]
    result, plain = capacity_of(analysis, kind), capacity_of(analyse(recounted(cell, {})), kind)
    assert isinstance(result, Measurement)
    assert isinstance(plain, Measurement)
    assert result.value == plain.value


def test_a_counter_that_never_counts_does_not_agree(cell, recounted, kind):
    check = counter_of(recounted(cell, {"net_capacity_ah": np.zeros(cell.samples.height)}))
    assert not check.proven
    assert check.ratio == 0.0


def test_at_rest_only_a_still_counter_agrees(record):
    base = (np.arange(10.0), np.full(10, 3.7), np.zeros(10))
    assert counter_of(record(*base, net_capacity_ah=np.full(10, 4.2))).proven
    assert not counter_of(record(*base, net_capacity_ah=np.linspace(0, 1, 10))).proven


def test_a_first_row_with_the_old_current_costs_the_integral_nothing(record):
    """The step of 600 s is sampled at 0, 10, ..., 600 s, and its first sample still shows the rest."""
    number = np.repeat([1, 2, 3], [60, 61, 60])
    time = np.concatenate([np.arange(60), np.arange(59, 120), np.arange(120, 180)]) * 10.0
    ampere = np.where(number == 2, -5.0, 0.0)
    ampere[[60, 121]] = [0.0, -5.0]
    table = steps(record(time, 3.7 + 0.01 * ampere, ampere, step_count=number))
    assert table["charge_ah"].to_list() == pytest.approx([0.0, -5 * 600 / 3600, 0.0], abs=1e-12)


TYPE = BatteryType(rated_capacity_ah=10.0, upper_voltage_volt=4.0, lower_voltage_volt=3.0)
REST, CCCV, DISCHARGE = (0.0, 0.0, 900.0), (5.0, 0.4, 7200.0), (-5.0, -5.0, 6900.0)
PULSES = ((5.0, 5.0, 180.0), (0.0, 0.0, 600.0), (-10.0, -10.0, 5.0), (0.0, 0.0, 40.0))
TEST = (REST, CCCV, REST, DISCHARGE, REST, *PULSES * 3)


@pytest.fixture(scope="module")
def work_steps(record):
    """Record start and end of exponential courses of the current (A, A, s), and what a counter in it counts."""

    def _work_steps(parts=TEST, digit=1e-4, factor=1.0, numbered=True, **counted):
        rows, ah, wh = [], [], []
        for first, last, seconds in parts:
            part = np.linspace(0, seconds, 2001)
            ampere = first * (last / first if first else 1.0) ** (part / seconds)
            moved = np.concatenate(([0], np.cumsum((ampere[1:] + ampere[:-1]) / 2 * seconds / 2000 / 3600)))
            volt = np.clip(3.64 + (sum(ah) + moved) / 10 + 0.01 * ampere, 3.0, 4.0)
            rows += [(0.0, volt[0], first), (seconds, volt[-1], last)]
            ah.append(moved[-1])
            wh.append(np.trapezoid(ampere * volt, part) / 3600)
        since, volt, ampere = (np.array(column) for column in zip(*rows, strict=True))
        time = since + np.repeat(np.append(0, np.cumsum(since[1::2])[:-1]), 2)
        count = {"step_net_capacity_ah": ah, "step_net_energy_wh": wh}
        named = {name: np.zeros(len(time)) for name in count}
        for name, values in count.items():
            shown = counted.get(name, factor * np.array(values))
            named[name][1::2] = digit * np.trunc(np.array(shown) / digit)
        if numbered:
            named["step_count"] = np.repeat(np.arange(len(ah)), 2)
        return record(time, volt, ampere, **named), np.array(ah), np.array(wh)

    return _work_steps


def test_of_work_steps_the_counter_is_the_value_where_their_ends_are_none(work_steps):
    recording, ah, wh = work_steps()
    analysis = analyse(recording)
    for check, amounts in ((analysis.table.capacity_counter, ah), (analysis.table.energy_counter, wh)):
        assert check.proven
        assert check.per_step == pytest.approx(amounts, abs=1e-4)
        assert check.ratio == pytest.approx(1, abs=2e-3)
    table = steps(recording)
    assert table["charge_ah"][1] == pytest.approx(ah[1], rel=1e-3)
    assert abs(5.4 / 2 * 2 - ah[1]) > 1  # what a straight line between start and end would have been
    assert not plausibility_of(analysis, TYPE)


def test_a_capacity_of_work_steps_has_the_error_that_its_steps_show_and_the_instruments(work_steps):
    recording, ah, wh = work_steps()
    for measure, true in ((capacity_of, -ah[3]), (energy_of, -wh[3])):
        result = measure(analyse(recording), TYPE)
        assert isinstance(result, Measurement)
        assert result.method == "capacity.counter"
        assert result.value == pytest.approx(true, rel=5e-5)
        effect = {part.name: abs(part.effect) for part in result.components}
        assert 0 < effect["counter_against_integral"] < 2e-3 * true
        assert {"current_gain", "current_offset"} <= effect.keys()
        assert not {"sampling", "gap"} & effect.keys()
        assert result.interval[0] < true < result.interval[1]


@pytest.mark.parametrize("factor", [0.9, 1.1, -1.0, 1000.0, 0.0])
def test_work_steps_of_constant_current_prove_the_scale_and_the_sign(work_steps, factor):
    analysis = analyse(work_steps(factor=factor)[0])
    assert not analysis.table.capacity_counter.proven
    assert not analysis.table.energy_counter.proven
    assert "counter_charge_ah" in analysis.steps.columns
    assert analysis.steps["counter_charge_ah"].null_count() == len(TEST)
    assert analysis.table.capacity_counter.ratio == pytest.approx(factor, rel=1e-3, abs=1e-3)


@pytest.mark.parametrize("wrong", [0.5, 12.0, -4.0])
def test_a_counter_beyond_what_the_ends_of_a_step_allow_is_not_believed(work_steps, wrong):
    _, ah, _ = work_steps()
    ah[1] = wrong
    recording, _, _ = work_steps(step_net_capacity_ah=ah)
    assert not counter_of(recording).proven


def test_without_a_constant_current_nothing_proves_the_counter_of_work_steps(work_steps):
    assert not counter_of(work_steps((REST, CCCV, REST))[0]).proven
    assert not counter_of(work_steps((REST, CCCV, REST), factor=0.0)[0]).proven


def test_without_step_numbers_two_rows_are_no_step(work_steps):
    assert counter_of(work_steps(numbered=False)[0]).told is None


def test_a_digit_too_coarse_for_a_pulse_leaves_it_to_the_integral(work_steps):
    table = steps(work_steps((*TEST, (5.0, 5.0, 0.03)))[0])
    assert table["counter_charge_ah"][-1] is None
    assert table["charge_ah"][-1] == pytest.approx(5 * 0.03 / 3600)
    assert table["counter_charge_ah"].null_count() == 1
    assert table["counter_charge_ah"][0] == 0.0


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(0.3, 5), st.floats(0.3, 5), st.floats(100, 5000), st.sampled_from((-1, 1))),
        min_size=1,
        max_size=8,
    )
)
def test_any_courses_that_keep_within_their_ends_are_counted_as_the_tester_did(work_steps, drawn):
    extra = [(sign * first, sign * last, seconds) for first, last, seconds, sign in drawn]
    recording, ah, _ = work_steps((*extra, DISCHARGE, REST))
    assert counter_of(recording).proven
    table = steps(recording)
    assert table["counter_charge_ah"].to_list() == pytest.approx(ah.tolist(), abs=1e-4)
    assert np.abs(table["charge_ah"].to_numpy() - ah).max() <= AGREEMENT * np.abs(ah).max()


@settings(max_examples=15, deadline=None)
@given(st.floats(0.01, 100))
def test_what_is_proven_does_not_depend_on_the_size_of_the_battery(work_steps, scale):
    one = counter_of(work_steps(digit=1e-9)[0])
    recording, _, _ = work_steps(digit=1e-9)
    scaled = _scaled(recording, scale)
    other = counter_of(scaled)
    assert other.ratio == pytest.approx(one.ratio, rel=1e-9)
    assert other.residual == pytest.approx(one.residual, abs=1e-9)
    assert (other.told == one.told).all()


def _scaled(recording, scale):
    columns = ("current_ampere", "step_net_capacity_ah", "step_net_energy_wh")
    return replace(recording, samples=recording.samples.with_columns(pl.col(columns) * scale))
