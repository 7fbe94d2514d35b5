"""Circuits of known truth: values, intervals, bounds, what merges, what the data do not hold, and misuse."""

from __future__ import annotations

import numpy as np
import pytest

from hwan.core import BadDefinition, Measurement, Refusal
from hwan.health.pulses import fit_two_rc, fit_two_rcs

TRUTH = (0.010, 0.004, 1.5, 0.006, 20.0)
T = np.concatenate((np.arange(0, 30, 0.1), 30 + np.arange(0, 120, 1.0)))


def values(circuit):
    return [figure.value for figure in circuit.figures]


@pytest.mark.parametrize("current", [-8.0, 3.0])
def test_a_noiseless_circuit_is_found_to_a_millionth_in_both_directions(answer, current):
    circuit = fit_two_rc(T, current * answer(T, 30.0, TRUTH), current, 30.0)
    assert values(circuit) == pytest.approx(TRUTH, rel=1e-6)
    assert circuit.r0.conditions.direction == ("charge" if current > 0 else "discharge")
    assert circuit.r0.conditions.pulse_time_second == pytest.approx(0.1)


@pytest.mark.parametrize(
    "grid",
    [np.arange(0, 30, 0.1), np.geomspace(0.05, 149, 90), np.sort(np.random.default_rng(1).uniform(0, 150, 300))],
    ids=["pulse only", "logarithmic", "random"],
)
def test_any_grid_will_do(answer, grid):
    circuit = fit_two_rc(grid, 5 * answer(grid, 30.0, TRUTH), 5.0, 30.0)
    assert values(circuit) == pytest.approx(TRUTH, rel=1e-3)


def test_one_of_a_batch_is_a_batch_of_one(answer):
    noise = np.random.default_rng(3).normal(0, 2e-4, (5, len(T)))
    curves = 5 * answer(T, 30.0, TRUTH) + noise
    frame = fit_two_rcs(T, curves, 5.0, 30.0)
    for row, curve in zip(frame.rows(named=True), curves, strict=True):
        circuit = fit_two_rc(T, curve, 5.0, 30.0)
        names = ("r0_ohm", "r1_ohm", "tau1_second", "r2_ohm", "tau2_second")
        assert [row[name] for name in names] == pytest.approx(values(circuit), rel=1e-9)
        assert row["tau2_second_low"] == pytest.approx(circuit.tau2.interval[0], rel=1e-6)
        assert row["refusal_code"] is None


def test_pulses_on_many_grids_are_answered_in_their_order(answer):
    grids = [np.arange(0, 20, 0.1), np.arange(0, 40, 0.2), np.arange(0, 20, 0.1)]
    truths = [(0.01 * (1 + n), 0.004, 1.0, 0.006, 12.0) for n in range(3)]
    widths = [10.0, 20.0, 10.0]
    curves = [2 * answer(t, w, truth) for t, w, truth in zip(grids, widths, truths, strict=True)]
    frame = fit_two_rcs(grids, curves, [2.0, 2.0, 2.0], widths)
    assert frame["r0_ohm"].to_list() == pytest.approx([0.01, 0.02, 0.03], rel=1e-4)


def test_nine_of_ten_intervals_hold_the_truth(answer):
    rng = np.random.default_rng(8)
    truth = np.exp(rng.uniform(np.log([2e-3, 1e-3, 0.4, 1e-3, 10]), np.log([2e-2, 1e-2, 2.0, 2e-2, 60]), (600, 5)))
    curves = np.array([5 * answer(T, 30.0, tuple(row)) for row in truth]) + rng.normal(0, 1e-4, (600, len(T)))
    frame = fit_two_rcs(T, curves, 5.0, 30.0)
    for column, name in enumerate(("r0_ohm", "r1_ohm", "tau1_second", "r2_ohm", "tau2_second")):
        low, high = frame[f"{name}_low"].to_numpy(), frame[f"{name}_high"].to_numpy()
        known = np.isfinite(high)
        inside = (low <= truth[:, column]) & (truth[:, column] <= high)
        assert 0.86 <= inside[known].mean() <= 0.94, name
        assert known.mean() > 0.8


def test_a_pair_slower_than_the_record_has_a_lower_bound_only(answer):
    t = np.arange(0, 10, 0.1)
    rng = np.random.default_rng(2)
    truth = (0.010, 0.004, 0.8, 0.02, 60.0)
    curves = 5 * answer(t, 10.0, truth) + rng.normal(0, 1e-4, (200, len(t)))
    frame = fit_two_rcs(t, curves, 5.0, 10.0)
    bound = frame.filter("bound")
    assert len(bound) > 190
    assert bound["tau2_second"].null_count() == bound["tau2_second_high"].null_count() == len(bound)
    assert (bound["tau2_second_low"] < 60.0).mean() >= 0.90
    assert (bound["r2_ohm_low"] < 0.02).mean() >= 0.90
    assert bound["tau2_second_low"].median() > 4.0
    refusal = fit_two_rc(t, curves[0], 5.0, 10.0).tau2
    assert isinstance(refusal, Refusal)
    assert refusal.code == "pair_slower_than_observed"
    assert refusal.values["low"] == pytest.approx(frame["tau2_second_low"][0])


def test_a_pair_faster_than_the_sampling_merges_with_r0(answer):
    t = 1.0 + np.arange(0, 59, 1.0)
    curve = 5 * answer(t, 60.0, (0.010, 0.005, 0.05, 0.008, 15.0))
    circuit = fit_two_rc(t, curve + np.random.default_rng(1).normal(0, 1e-5, len(t)), 5.0, 60.0)
    assert circuit.pairs == 1
    assert circuit.r0.value == pytest.approx(0.015, rel=0.01)
    assert circuit.r0.conditions.pulse_time_second == 1.0
    assert circuit.tau1.value == pytest.approx(15.0, rel=0.02)


@pytest.mark.parametrize(("truth", "pairs"), [((0.01, 0.005, 3.0, 0.0, 9.0), 1), ((0.01, 0.0, 3.0, 0.0, 9.0), 0)])
def test_what_the_data_do_not_hold_is_not_fitted(answer, truth, pairs):
    rng = np.random.default_rng(4)
    curves = 5 * answer(T, 30.0, truth) + rng.normal(0, 1e-4, (300, len(T)))
    frame = fit_two_rcs(T, curves, 5.0, 30.0)
    assert (frame["pairs"] == pairs).mean() >= 0.95
    refused = fit_two_rc(T, curves[int((frame["pairs"] == pairs).arg_max())], 5.0, 30.0).tau2
    assert isinstance(refused, Refusal)
    assert refused.code == "pair_not_in_data"


def test_an_open_circuit_voltage_that_moves_is_told_from_the_circuit(answer):
    t = np.concatenate((np.arange(-5, 0, 0.5), T))
    charge = np.clip(t, 0, 30) / 30
    curve = 5 * answer(t, 30.0, TRUTH) + 2e-3 + 4e-3 * charge + 1e-3 * t / 150
    circuit = fit_two_rc(t, curve, 5.0, 30.0, background="drift")
    assert values(circuit) == pytest.approx(TRUTH, rel=1e-4)
    plain = fit_two_rc(t, curve, 5.0, 30.0)
    assert abs(plain.tau2.value / 20 - 1) > 0.2 if isinstance(plain.tau2, Measurement) else True
    assert circuit.curve.volt(t) == pytest.approx(curve, abs=1e-8)


def test_residuals_that_go_together_widen_the_intervals(answer):
    curve = 5 * answer(T, 30.0, TRUTH)
    white = np.random.default_rng(5).normal(0, 1e-4, len(T))
    wave = 1.4e-4 * np.sin(np.arange(len(T)) / 9)
    plain, structured = (fit_two_rc(T, curve + extra, 5.0, 30.0) for extra in (white, wave))
    assert plain.inflation == 1.0
    assert structured.inflation > 4
    assert np.ptp(structured.r0.interval) > 1.5 * np.ptp(plain.r0.interval)


def test_scaling_voltage_and_time_scales_the_answer(answer):
    curve = 5 * answer(T, 30.0, TRUTH) + np.random.default_rng(6).normal(0, 1e-4, len(T))
    one, ten = fit_two_rc(T, curve, 5.0, 30.0), fit_two_rc(10 * T, 3 * curve, 5.0, 300.0)
    factors = np.array([3, 3, 10, 3, 10])
    assert values(ten) == pytest.approx(factors * values(one), rel=1e-5)


# Misuse


def test_the_wrong_sign_is_refused(answer):
    refusal = fit_two_rc(T, -5 * answer(T, 30.0, TRUTH), 5.0, 30.0)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "pulse_against_current"


def test_a_constant_curve_is_refused():
    flat = np.random.default_rng(7).normal(0, 1e-4, (2, len(T)))
    flat[1] = 0.0
    assert fit_two_rcs(T, flat, 5.0, 30.0)["refusal_code"].to_list() == ["pulse_no_response"] * 2


def test_too_few_samples_are_refused_and_the_others_answered(answer):
    grids = [np.array([0.0, 10.0, 20.0, 29.0]), T]
    frame = fit_two_rcs(grids, [answer(t, 30.0, TRUTH) for t in grids], 1.0, 30.0)
    assert frame["refusal_code"].to_list() == ["pulse_too_few_samples", None]
    assert frame["r0_ohm"].to_list() == [None, pytest.approx(0.01)]


def test_nothing_in_gives_nothing_out():
    assert len(fit_two_rcs(T, np.zeros((0, len(T))), 1.0, 30.0)) == 0


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"response_volt": np.append(np.zeros(len(T) - 1), np.nan)}, "pulse_not_finite"),
        ({"time_second": np.append(T[:-1], np.inf)}, "pulse_not_finite"),
        ({"time_second": T[::-1]}, "pulse_time_backwards"),
        ({"response_volt": np.zeros(7)}, "pulse_shapes"),
        ({"current_ampere": 0.0}, "pulse_without_current"),
        ({"current_ampere": float("nan")}, "pulse_without_current"),
        ({"pulse_second": -1.0}, "pulse_width"),
        ({"time_second": 1000 * T, "pulse_second": 30_000.0}, "pulse_width"),
        ({"rest_before_second": 0.0}, "pulse_rest"),
        ({"time_second": np.arange(50_001) * 1e-3, "response_volt": np.ones(50_001)}, "pulse_too_long"),
        ({"background": "linear"}, "pulse_background_unknown"),
    ],
)
def test_wrong_arguments_are_said(change, code):
    good = {"time_second": T, "response_volt": np.ones(len(T)), "current_ampere": 5.0, "pulse_second": 30.0}
    with pytest.raises(BadDefinition) as raised:
        fit_two_rc(**{**good, **change})
    assert raised.value.code == code
    assert "{" not in raised.value.message("en") + raised.value.message("ko")


def test_shapes_of_a_batch_must_agree(answer):
    with pytest.raises(BadDefinition, match="current_ampere"):
        fit_two_rcs(T, np.ones((3, len(T))), [1.0, 2.0], 30.0)
    with pytest.raises(BadDefinition, match="time_second"):
        fit_two_rcs([T, T], np.ones((3, len(T))), 1.0, 30.0)


def test_the_laboratory_s_pulses(lab_data):
    truth = np.load(lab_data / "truth" / "pulses.npz")
    known = truth["params"][:400]
    frame = fit_two_rcs(truth["t_s"], truth["dV_V"][:400], known[:, 5], float(truth["t_on_s"]))
    for column, (name, most) in enumerate((("r0_ohm", 0.004), ("r1_ohm", 0.008), ("tau1_second", 0.02),
                                           ("r2_ohm", 0.015), ("tau2_second", 0.02))):  # fmt: skip
        error = np.abs(frame[name].to_numpy() / known[:, column] - 1)
        assert np.median(error) <= most, name
        inside = (frame[f"{name}_low"].to_numpy() <= known[:, column]) & (
            known[:, column] <= frame[f"{name}_high"].to_numpy()
        )
        assert 0.85 <= inside.mean() <= 0.95, name
