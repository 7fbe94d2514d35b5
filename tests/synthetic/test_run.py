from __future__ import annotations

import numpy as np
import pytest

from hwan.core import UsageError
from hwan.synthetic import Programme, SyntheticTest, Tester, draw_cells
from hwan.synthetic._cells import stack
from hwan.synthetic._drive import SOC
from hwan.synthetic._run import run
from hwan.synthetic._tester import errors_of


def test_charge_balances_over_the_whole_test(chemistry: str) -> None:
    cells = stack([draw_cells(seed, 3, chemistry) for seed in range(5)])
    testers = [Tester.draw(seed, cell_taps=3, voltage_range_volt=15.0) for seed in range(5)]
    executed = run(cells, errors_of(testers, 3), Programme().steps(), 50.0, 0.1)
    moved = sum(executed.at_end(step.name).charge_ah for step in executed.steps)
    gained = executed.at_end("rest_charge_pulse").state[SOC] - cells.initial_soc
    assert gained * cells.charge_content_ah == pytest.approx(np.repeat(moved[:, None], 3, axis=1), abs=1e-9)


def test_each_step_begins_where_the_one_before_ended(chemistry: str) -> None:
    cells = stack([draw_cells(1, 2, chemistry)])
    executed = run(cells, errors_of([Tester.perfect()], 2), Programme().steps(), 50.0, 0.0)
    for before, after in zip(executed.steps, executed.steps[1:], strict=False):
        begins = executed.segment(after.name).at(executed.rows, np.zeros(1)).state[:4]
        assert begins == pytest.approx(executed.at_end(before.name).state[:4], abs=1e-12)


def test_measured_voltage_ends_the_steps_within_one_tick(chemistry: str) -> None:
    cells = stack([draw_cells(seed, 1, chemistry) for seed in range(30)])
    testers = [Tester.draw(seed) for seed in range(30)]
    errors = errors_of(testers, 1)
    executed = run(cells, errors, Programme().steps(), 50.0, 0.1)
    for name, limit, sign in (
        ("charge", cells.open_circuit.upper_volt, 1),
        ("discharge", cells.open_circuit.lower_volt, -1),
    ):
        segment = executed.segment(name)
        for late, passed in ((0.0, True), (0.1, False)):
            true = segment.at(executed.rows, segment.duration - late).voltage[:, None]
            seen = true * (1 + errors.voltage_gain) + errors.voltage_offset
            assert np.all((sign * (seen - limit) >= -1e-9) == passed)


def test_half_charge_is_half_of_what_was_counted(cell: SyntheticTest) -> None:
    counted = cell.samples.filter(step_count=5)["step_discharging_capacity_ah"][-1]
    put_back = cell.samples.filter(step_count=7)["step_charging_capacity_ah"][-1]
    assert put_back == pytest.approx(counted / 2, abs=50 / 3 * 0.1 / 3600 + 1e-6)


@pytest.mark.parametrize(
    "wrong",
    [{"rate_per_hour": 0.9}, {"half": 0.0}, {"pulse_second": -1.0}, {"hold_end_rate": 0.4}, {"rest_half_second": 0}],
)
def test_impossible_programmes_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError, match=next(iter(wrong))):
        Programme(**wrong)


def test_protocol_tells_every_step() -> None:
    programme = Programme()
    assert len(programme.protocol().intended) == len(programme.steps()) == 12
