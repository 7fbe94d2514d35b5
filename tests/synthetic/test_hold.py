from __future__ import annotations

import numpy as np
import pytest

from hwan.synthetic import Programme, Spread, SyntheticTest, draw_cells
from hwan.synthetic import _hold as module
from hwan.synthetic._cells import stack
from hwan.synthetic._truth import ideal_run


def test_current_falls_to_the_stated_end(perfect: SyntheticTest) -> None:
    held = perfect.samples.filter(step_count=3)["current_ampere"].to_numpy()
    assert np.all(np.diff(held) < 0)
    assert held[-1] == pytest.approx(50 / 20, rel=1e-9)
    assert held[0] == pytest.approx(50 / 3, rel=1e-6)


def test_voltage_stays_at_the_limit(perfect: SyntheticTest) -> None:
    held = perfect.samples.filter(step_count=3)["voltage_volt"].to_numpy()
    assert held == pytest.approx(perfect.cells.open_circuit.upper_volt, abs=1e-9)


def test_counters_of_the_hold_are_the_integrals_of_its_current(chemistry: str) -> None:
    cells = stack([draw_cells(seed, 1, chemistry, spread=Spread(0, 0, 0)) for seed in range(3)])
    executed = ideal_run(cells, Programme(), 50.0)
    held, row = executed.segment("hold"), np.array([1])
    times = np.linspace(0, float(held.duration[1]), 4001)
    now = held.at(row.repeat(len(times)), times)
    assert now.charge_ah[-1] == pytest.approx(np.trapezoid(now.current, times) / 3600, rel=1e-5)
    assert now.energy_wh[-1] == pytest.approx(np.trapezoid(now.current * now.voltage, times) / 3600, rel=1e-5)
    assert now.volt_seconds[-1] == pytest.approx(np.trapezoid(now.voltage, times), rel=1e-6)


def test_no_limit_of_a_pack_is_passed_and_one_is_held(chemistry: str) -> None:
    cells = stack([draw_cells(seed, 12, chemistry) for seed in range(4)])
    executed = ideal_run(cells, Programme(), 50.0)
    held = executed.segment("hold")
    for part in (0.0, 0.3, 1.0):
        highest = held.at(executed.rows, part * held.duration).cell_voltage.max(axis=1)
        assert highest == pytest.approx(cells.open_circuit.upper_volt, abs=1e-9)


def test_finer_nodes_change_nothing_that_matters(chemistry: str, monkeypatch: pytest.MonkeyPatch) -> None:
    cells = stack([draw_cells(seed, 4, chemistry) for seed in range(6)])
    coarse = ideal_run(cells, Programme(), 50.0).at_end("discharge")
    monkeypatch.setattr(module, "NODE_SECOND", 0.1)
    fine = ideal_run(cells, Programme(), 50.0).at_end("discharge")
    assert coarse.charge_ah == pytest.approx(fine.charge_ah, rel=1e-6)
    assert coarse.energy_wh == pytest.approx(fine.energy_wh, rel=1e-6)


def test_a_glimpse_of_a_hold_is_its_truth(chemistry: str) -> None:
    held = ideal_run(stack([draw_cells(seed, 6, chemistry) for seed in (3, 4)]), Programme(), 50.0).segment("hold")
    times = np.linspace(0, float(held.duration[1]), 30)
    whole, seen = held.at(np.full(30, 1), times), held.glimpse(1, slice(2, 5), times)
    assert np.array_equal(seen.current, whole.current)
    assert np.array_equal(seen.cell_voltage, whole.cell_voltage[:, 2:5])
    assert seen.rise.shape == (30, 3)
