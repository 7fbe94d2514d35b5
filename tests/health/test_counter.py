from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hwan.core import Measurement
from hwan.health import analyse, capacity_of, plausibility_of, steps

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
