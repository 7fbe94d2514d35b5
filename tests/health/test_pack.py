"""Packs with known truth: both chemistries, the tester's clock and logs of their own, and what a fault costs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from hwan.core import UNKNOWN, BatteryType, is_known
from hwan.health import PackResults, analyse, capacity_of, joined, pack_of
from hwan.health._cells import Cells
from hwan.health._discharge import discharges
from hwan.health._pack import _outliers
from hwan.health._resistance import charge_course
from hwan.health._window import window
from hwan.synthetic import Bms, Faults, pack_test

QUESTIONS = ("first_to_empty", "first_to_full", "highest_resistance")
EXACT = Bms(
    voltage_gain=0, voltage_offset_volt=0, voltage_noise_volt=0, voltage_resolution_volt=0,
    current_gain=0, current_offset_ampere=0, current_noise_ampere=0, current_resolution_ampere=0,
)  # fmt: skip


def results(made, per_module=2):
    kind = replace(made.battery.type, cells_per_module=per_module)
    (recording,) = joined(made.test)
    return pack_of(analyse(recording, kind), kind)


@pytest.fixture(scope="module", params=["nmc622", "lfp"])
def chemistry(request):
    return request.param


@pytest.fixture(scope="module", params=[None, EXACT], ids=["one clock", "two logs"])
def perfect(request, chemistry):
    made = pack_test(3, series=8, chemistry=chemistry, perfect=True, bms=request.param)
    return made, results(made)


@pytest.fixture(scope="module")
def real(chemistry):
    made = pack_test(6, series=8, chemistry=chemistry, bms=Bms())
    return made, results(made)


def test_of_perfect_instruments_every_question_is_answered_and_rightly(perfect):
    made, found = perfect
    assert found.refusals == ()
    assert [verdict.question for verdict in found.verdicts] == list(QUESTIONS)
    for verdict in found.verdicts:
        assert verdict.cell == getattr(made.truth, verdict.question), verdict.question
        assert verdict.decided, verdict.question
        assert verdict.margin.value > 0


def test_the_cells_figures_are_near_the_truth(perfect):
    made, found = perfect
    assert [cell.cell for cell in found.cells] == list(range(1, 9))
    resistances = np.array([cell.resistance_ohm for cell in found.cells])
    assert resistances == pytest.approx(np.array(made.truth.cell_resistances_ohm), rel=0.02)
    for cell, true in zip(found.cells, made.truth.cell_capacities_ah, strict=True):
        assert is_known(cell.capacity_low_ah)
        assert cell.capacity_low_ah <= 1.001 * true
        if is_known(cell.capacity_ah):
            assert cell.capacity_ah == pytest.approx(true, rel=0.02)


def test_balanced_the_smallest_cell_sets_the_capacity(perfect):
    made, found = perfect
    figure = next(each for each in found.measurements if each.quantity == "capacity_after_balancing")
    low, high = figure.interval
    assert low <= min(made.truth.cell_capacities_ah) <= high
    assert high - low < 0.02 * figure.value


def test_with_modules_replaced_the_smallest_that_stays_does(perfect):
    made, found = perfect
    figures = [each for each in found.measurements if each.quantity == "capacity_after_replacement"]
    assert [len(each.conditions.replaced_modules) for each in figures] == [1, 2, 3]
    for figure in figures:
        kept = [
            capacity
            for cell, capacity in enumerate(made.truth.cell_capacities_ah)
            if cell // 2 + 1 not in figure.conditions.replaced_modules
        ]
        assert figure.value == pytest.approx(min(kept), rel=0.01)
    energies = [each for each in found.measurements if each.unit == "Wh"]
    assert len(energies) == 4
    assert all(each.value > 0.95 * made.truth.energy_wh for each in energies)


def test_of_real_instruments_what_is_decided_is_right(real):
    made, found = real
    for verdict in found.verdicts:
        true = getattr(made.truth, verdict.question)
        assert true in verdict.candidates
        assert not verdict.decided or verdict.cell == true
        assert verdict.candidates[0] == verdict.cell
    figure = next(each for each in found.measurements if each.quantity == "capacity_after_balancing")
    assert figure.value == pytest.approx(min(made.truth.cell_capacities_ah), rel=0.01)


@pytest.mark.parametrize(
    ("faults", "code", "cell"),
    [
        (Faults(weak_cell=3, weak_capacity=0.8), "cell_capacity_stands_out", 3),
        (Faults(resistive_cell=8, resistance_growth=2.5), "cell_resistance_stands_out", 8),
        (Faults(low_cell=5, low_soc=0.2), "cell_charge_stands_out", 5),
    ],
)
def test_a_planted_cell_stands_out_and_no_other(faults, code, cell):
    found = results(pack_test(2, series=12, bms=Bms(), faults=faults))
    assert [finding.values["cell"] for finding in found.findings if finding.code == code] == [cell]


def test_in_healthy_packs_hardly_any_cell_stands_out():
    """Twelve normal draws in ten thousand packs: by chance about one in a thousand has an outlier."""
    cells = Cells(tuple(range(1, 13)), (), (), {}, np.zeros(1), np.zeros(1))
    random = np.random.default_rng(8)
    draws = random.normal(size=(3000, 12))
    hits = sum(bool(list(_outliers("stands_out", cells, (each, each), 1.0))) for each in draws)
    assert hits <= 20
    far = draws[0].copy()
    far[4] += 30
    (finding,) = _outliers("stands_out", cells, (far, far), 2.0)
    assert finding.values["cell"] == 5
    assert finding.values["difference"] == pytest.approx(2 * (far[4] - np.median(far)), abs=1e-6)


@pytest.mark.parametrize("values", [np.full(12, np.inf), np.full(12, np.nan), np.zeros(12), np.arange(5.0)])
def test_where_no_spread_is_known_none_stands_out(values):
    cells = Cells(tuple(range(1, len(values) + 1)), (), (), {}, np.zeros(1), np.zeros(1))
    assert list(_outliers("stands_out", cells, (values, values), 1.0)) == []


def test_groups_of_parallel_cells_are_named_as_such():
    found = results(pack_test(3, series=8, parallel=2))
    (finding,) = [each for each in found.findings if each.code == "cell_columns_are_groups"]
    assert finding.values == {"parallel": 2}


@pytest.mark.parametrize("faults", [Faults(absent_cell=4), Faults(stuck_cell=4)], ids=["absent", "stuck"])
def test_with_an_unseen_cell_nothing_is_decided_and_nothing_promised(faults):
    found = results(pack_test(3, series=12, bms=Bms(), faults=faults))
    assert len(found.verdicts) == 3
    assert not any(verdict.decided for verdict in found.verdicts)
    assert 4 not in [cell.cell for cell in found.cells]
    assert "balance_not_observed" in {refusal.code for refusal in found.refusals}
    assert found.measurements == ()


def test_without_a_rest_there_is_no_balance():
    found = results(pack_test(3, series=8, bms=Bms(), faults=Faults(missing_rest=True)))
    assert [refusal.code for refusal in found.refusals] == ["balance_not_observed"]
    assert len(found.verdicts) == 3


def test_a_current_of_the_wrong_sign_has_no_resistance():
    found = results(pack_test(3, series=8, faults=Faults(current_sign_swapped=True)))
    assert "no_pulse_recorded" in {refusal.code for refusal in found.refusals}
    assert all(cell.resistance_ohm is UNKNOWN for cell in found.cells)


def test_logs_too_slow_for_a_pulse_do_not_judge_resistance():
    found = results(pack_test(3, series=8, bms=Bms(sampling_second=10.0)))
    assert {refusal.quantity for refusal in found.refusals} >= {"highest_resistance"}
    assert "highest_resistance" not in {verdict.question for verdict in found.verdicts}
    assert all(cell.resistance_ohm is UNKNOWN for cell in found.cells)


def test_a_log_that_falls_silent_leaves_its_cells_open():
    """Cell 12's log says nothing from the middle of the discharge's last minutes on."""
    made = pack_test(3, series=12)
    silent = pl.int_range(pl.len()) > made.samples.filter(pl.col("step_count") <= 5).height - 20
    column = pl.when(~silent | (pl.col("step_count") > 5)).then(pl.col("cell_012_voltage_volt"))
    recording = replace(made.recording, samples=made.recording.samples.with_columns(cell_012_voltage_volt=column))
    kind = replace(made.battery.type, cells_per_module=3)
    found = pack_of(analyse(recording, kind), kind)
    by_question = {verdict.question: verdict for verdict in found.verdicts}
    assert not by_question["first_to_empty"].decided
    assert found.cells[11].end_of_discharge_volt is UNKNOWN
    assert is_known(found.cells[11].end_of_charge_volt)


@pytest.mark.parametrize("chemistry_of_two", ["nmc622", "lfp"])
@pytest.mark.parametrize("bms", [None, Bms()], ids=["one clock", "two logs"])
def test_two_cells_are_a_pack(chemistry_of_two, bms):
    made = pack_test(5, series=2, chemistry=chemistry_of_two, bms=bms)
    found = results(made, 1)
    assert len(found.verdicts) == 3
    for verdict in found.verdicts:
        assert not verdict.decided or verdict.cell == getattr(made.truth, verdict.question)


def test_without_cells_or_with_one_there_is_nothing(cell):
    assert pack_of(analyse(cell.recording), cell.battery.type) == PackResults()


def ends_only(made):
    """Return the first and the last row of each step, as an export of work steps has them."""
    rows = pl.int_range(pl.len()).over("step_count")
    samples = made.samples.filter((rows == 0) | (rows == pl.len().over("step_count") - 1))
    return replace(made.recording, samples=samples.lazy())


def test_the_course_of_charge_of_work_steps_follows_their_counters(cell):
    analysis = analyse(ends_only(cell), cell.battery.type)
    last = analysis.steps["last_sample"].to_numpy()
    assert last.max() + 1 == 2 * len(last)
    course = charge_course(analysis)
    assert course[last] == pytest.approx(np.cumsum(analysis.steps["charge_ah"].to_numpy()), abs=1e-9)
    whole = analyse(cell.recording, cell.battery.type)
    full = charge_course(whole)[whole.steps["last_sample"].to_numpy()]
    assert course[-1] == pytest.approx(full[-1], abs=0.01 * np.abs(full).max())


def test_where_steps_are_sampled_the_course_is_the_integral(cell):
    analysis = analyse(cell.recording, cell.battery.type)
    last = analysis.steps["last_sample"].to_numpy()
    assert charge_course(analysis)[last] == pytest.approx(np.cumsum(analysis.steps["charge_ah"].to_numpy()), abs=1e-9)


def test_a_capacity_of_work_steps_has_a_cautious_window(cell):
    def moved(recording):
        analysis = analyse(recording, cell.battery.type)
        found = [each for each in discharges(analysis, cell.battery.type) if not each.lacking]
        return [abs(part.effect) for part in window(analysis, found[-1]) if part.name == "voltage_offset"]

    few, many = moved(ends_only(cell)), moved(cell.recording)
    assert len(few) == len(many) == 2
    assert all(bound >= told > 0 for bound, told in zip(few, many, strict=True))


def test_a_straight_run_of_two_samples_has_its_mean_slope(record):
    """10 Ah over 1 V: an offset of 1 mV is 10 mAh."""
    second = [0.0, 60.0, 60.0, 3660.0, 3660.0, 3720.0]
    steps = [1, 1, 2, 2, 3, 3]
    made = record(second, [4.0, 4.0, 4.0, 3.0, 3.0, 3.0], [0.0, 0.0, -10.0, -10.0, 0.0, 0.0], step_count=steps)
    analysis = analyse(made, BatteryType(upper_voltage_volt=4.0, lower_voltage_volt=3.0))
    (found,) = discharges(analysis, BatteryType(upper_voltage_volt=4.0, lower_voltage_volt=3.0))
    effects = {part.name: part.effect for part in window(analysis, found)}
    assert effects["voltage_offset"] == pytest.approx(10 * analysis.accuracy.voltage_offset_volt)


def test_the_capacity_itself_is_that_of_the_string(real):
    made, _ = real
    (recording,) = joined(made.test)
    figure = capacity_of(analyse(recording, made.battery.type), made.battery.type)
    assert figure.value == pytest.approx(made.truth.capacity_ah, rel=0.005)
