from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from hwan.synthetic import draw_cells
from hwan.synthetic._cells import stack
from hwan.synthetic._drive import JOULES, RISE, SOC, V1, V2, VOLT_SECONDS, Drive

ROW = np.array([0])


def drive(current: float, chemistry: str = "nmc622") -> Drive:
    cells = stack([draw_cells(9, 1, chemistry)])
    start = np.zeros((6, 1, 1))
    start[SOC], start[V1], start[V2] = 0.5, 0.004, -0.003
    return Drive(cells, start, np.array([[current]]), np.array([1000.0]))


@given(current=st.sampled_from([-50.0, -10.0, 0.0, 20.0]), time=st.floats(0.01, 1000))
def test_charge_moves_the_state_of_charge(current: float, time: float) -> None:
    segment = drive(current)
    now = segment.at(ROW, np.array([time]))
    moved = (now.state[SOC] - 0.5)[0, 0] * segment.cells.charge_content_ah[0, 0]
    assert moved == pytest.approx(now.charge_ah[0], abs=1e-12)
    assert now.charge_ah[0] == pytest.approx(current * time / 3600)


@pytest.mark.parametrize("current", [-50.0, 0.0, 20.0])
def test_closed_form_agrees_with_a_numerical_solver(current: float, chemistry: str) -> None:
    segment = drive(current, chemistry)
    cells = segment.cells

    def slope(_: float, y: np.ndarray) -> list[float]:
        volt = cells.open_circuit.voltage(y[:1])[0] + y[1] + y[2] + current * cells.r0_ohm[0, 0]
        return [
            current / 3600 / cells.charge_content_ah[0, 0],
            (current * cells.r1_ohm[0, 0] - y[1]) / cells.tau1_second[0, 0],
            (current * cells.r2_ohm[0, 0] - y[2]) / cells.tau2_second[0, 0],
            volt,
            volt * current,
        ]

    solved = solve_ivp(slope, (0, 700), [0.5, 0.004, -0.003, 0, 0], rtol=1e-10, atol=1e-12).y[:, -1]
    state = segment.at(ROW, np.array([700.0])).state[[SOC, V1, V2, VOLT_SECONDS, JOULES], 0, 0]
    assert state == pytest.approx(solved, rel=1e-7, abs=1e-9)


def test_time_can_be_split_anywhere() -> None:
    whole = drive(-50.0)
    half = whole.at(ROW, np.array([5.0]))
    second = Drive(whole.cells, half.state, whole.current, whole.duration).at(ROW, np.array([5.0]))
    assert second.voltage == pytest.approx(whole.at(ROW, np.array([10.0])).voltage, abs=1e-12)


@pytest.mark.parametrize("current", [-50.0, 0.0, 20.0])
def test_a_glimpse_is_the_truth_without_its_integrals(current: float) -> None:
    cells = stack([draw_cells(seed, 5) for seed in (1, 2)])
    start = np.zeros((6, 2, 5))
    start[SOC], start[V1], start[V2] = 0.5, 0.004, -0.003
    segment = Drive(cells, start, np.array([[7.0], [current]]), np.array([900.0, 900.0]))
    times = np.linspace(0, 900, 40)
    whole, seen = segment.at(np.full(40, 1), times), segment.glimpse(1, slice(1, 4), times)
    assert seen.current.tolist() == whole.current.tolist() == [current] * 40
    assert seen.cell_voltage == pytest.approx(whole.cell_voltage[:, 1:4], abs=1e-12)
    assert seen.rise == pytest.approx(whole.state[RISE][:, 1:4], abs=1e-12)


def test_one_string_and_several_give_the_same() -> None:
    cells = stack([draw_cells(seed, 3) for seed in (1, 2)])
    segment = Drive(cells, np.full((6, 2, 3), 0.4), np.array([[-9.0], [5.0]]), np.array([60.0, 60.0]))
    times = np.array([0.0, 11.0, 60.0])
    alone, mixed = segment.at(np.array([1, 1, 1]), times), segment.at(np.array([1, 1, 1, 0]), np.append(times, 3.0))
    assert np.array_equal(alone.state, mixed.state[:, :3])
    assert np.array_equal(alone.cell_voltage, mixed.cell_voltage[:3])
    assert np.array_equal(alone.current, mixed.current[:3])
