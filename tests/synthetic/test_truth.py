from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from hwan.core import cell_column
from hwan.synthetic import Programme, SyntheticTest, cell_test, cell_tests
from hwan.synthetic._drive import SOC
from hwan.synthetic._truth import ideal_run


def step(test: SyntheticTest, number: int) -> pl.DataFrame:
    return test.samples.filter(step_count=number)


def test_perfect_tester_reproduces_capacity_and_energy(perfect: SyntheticTest, perfect_pack: SyntheticTest) -> None:
    for test in (perfect, perfect_pack):
        last = step(test, 5).tail(1)
        assert last["step_discharging_capacity_ah"].item() == pytest.approx(test.truth.capacity_ah, rel=1e-9)
        assert last["step_discharging_energy_wh"].item() == pytest.approx(test.truth.energy_wh, rel=1e-9)


@pytest.mark.parametrize(("rest", "pulse", "which"), [(8, 9, "discharge"), (10, 11, "charge")])
def test_perfect_tester_reproduces_resistances(rest: int, pulse: int, which: str, perfect: SyntheticTest) -> None:
    before, rows = step(perfect, rest)["voltage_volt"][-1], step(perfect, pulse)
    seconds = (rows["test_time_second"] - rows["test_time_second"][0]).to_numpy()
    for time, expected in getattr(perfect.truth, f"{which}_resistances_ohm").items():
        row = int(np.abs(seconds - time).argmin())
        got = abs((rows["voltage_volt"][row] - before) / rows["current_ampere"][row])
        assert got == pytest.approx(expected, rel=1e-5)


def test_truth_does_not_know_the_tester(cell: SyntheticTest, perfect: SyntheticTest) -> None:
    assert cell.truth == perfect.truth


def test_a_real_tester_is_near_the_truth_but_not_on_it() -> None:
    errors = [
        test.samples.filter(step_count=5)["step_discharging_capacity_ah"][-1] / test.truth.capacity_ah - 1
        for test in cell_tests(range(60))
    ]
    # Gain 5e-4, offset 7.5 mA of 16.7 A, and up to 2.6 mV at the upper voltage where 1 V is all the charge.
    assert 3e-4 < np.std(errors) < 2e-3
    assert max(map(abs, errors)) < 5e-3


def test_resistance_rises_with_pulse_time(cell: SyntheticTest, pack: SyntheticTest) -> None:
    for truth in (cell.truth, pack.truth):
        for found in (truth.discharge_resistances_ohm, truth.charge_resistances_ohm):
            assert list(found) == [0.1, 1.0, 2.0, 5.0, 10.0]
            assert np.all(np.diff(list(found.values())) > 0)


def test_resistance_is_the_circuits_plus_the_drift(chemistry: str) -> None:
    test = cell_test(5, chemistry=chemistry)
    cells = test.cells.reshape(1, 1)
    ideal, rows = ideal_run(cells, Programme(), 50.0), np.array([0])
    soc0 = ideal.at_end("rest_half").state[SOC]
    for time, found in test.truth.discharge_resistances_ohm.items():
        soc1 = ideal.segment("discharge_pulse").at(rows, np.array([time])).state[SOC]
        drift = (cells.open_circuit.voltage(soc0) - cells.open_circuit.voltage(soc1)).item() / 50.0
        circuit = cells.r0_ohm + sum(
            r * (1 - np.exp(-time / tau))
            for r, tau in ((cells.r1_ohm, cells.tau1_second), (cells.r2_ohm, cells.tau2_second))
        )
        # What is left of the relaxation after the rest is a millionth.
        assert found - drift == pytest.approx(circuit.item(), rel=1e-5)


def test_longer_pulses_have_more_times() -> None:
    truth = cell_test(1, programme=Programme(pulse_second=18.0)).truth
    assert list(truth.charge_resistances_ohm) == [0.1, 1.0, 2.0, 5.0, 10.0, 18.0]


def test_first_to_empty_ends_the_discharge(perfect_pack: SyntheticTest) -> None:
    test, window = perfect_pack, perfect_pack.cells.open_circuit
    volts = [step(test, 5)[cell_column(n, "voltage_volt")][-1] for n in range(1, 18)]
    assert int(np.argmin(volts)) + 1 == test.truth.first_to_empty
    assert min(volts) == pytest.approx(window.lower_volt, abs=1e-9)
    full = [step(test, 3)[cell_column(n, "voltage_volt")][-1] for n in range(1, 18)]
    assert int(np.argmax(full)) + 1 == test.truth.first_to_full
    assert max(full) == pytest.approx(window.upper_volt, abs=1e-9)


def test_a_pack_gives_less_than_its_weakest_cell_alone(pack: SyntheticTest) -> None:
    truth = pack.truth
    assert truth.capacity_ah < min(truth.cell_capacities_ah)
    assert len(truth.cell_capacities_ah) == len(truth.cell_resistances_ohm) == 17
    assert sum(truth.cell_resistances_ohm) == pytest.approx(truth.discharge_resistances_ohm[10.0], rel=1e-9)
    assert truth.highest_resistance == int(np.argmax(truth.cell_resistances_ohm)) + 1
    assert truth.voltage_spread_volt > 0


def test_a_cells_own_figures_are_the_tests(cell: SyntheticTest) -> None:
    truth = cell.truth
    assert truth.cell_capacities_ah == (truth.capacity_ah,)
    assert truth.capacity_ah < truth.cell_contents_ah[0]
    assert truth.state_of_health == truth.capacity_ah / 50
    assert (truth.first_to_full, truth.first_to_empty, truth.capacity_spread) == (1, 1, 0)


def test_states_of_health_fill_their_range() -> None:
    health = [test.truth.state_of_health for test in cell_tests(range(200))]
    assert 0.58 < min(health) < 0.65
    assert 0.95 < max(health) < 1.02
