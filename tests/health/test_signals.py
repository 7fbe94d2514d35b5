from __future__ import annotations

import numpy as np
import pytest

from hwan.core import ColumnProblem, NothingInside
from hwan.health import steps
from hwan.health._cells import Cells
from hwan.health._signals import signals

TIME, VOLT, AMPERE = [0.0, 1.0, 2.0, 3.0], [3.7, 3.8, 3.9, 3.7], [0.0, 1.0, 1.0, 0.0]


@pytest.mark.parametrize("absent", ["test_time_second", "voltage_volt", "current_ampere"])
def test_a_missing_column_is_named(record, absent):
    columns = {"test_time_second": TIME, "voltage_volt": VOLT, "current_ampere": AMPERE}
    del columns[absent]
    with pytest.raises(ColumnProblem, match=f"column {absent} is missing") as caught:
        steps(record(**columns))
    assert caught.value.exit_code == 3


@pytest.mark.parametrize("hole", [None, float("nan"), float("inf")])
@pytest.mark.parametrize("column", [0, 1, 2])
def test_rows_with_holes_are_left_out_and_the_others_keep_their_numbers(record, column, hole):
    base = [list(TIME), list(VOLT), list(AMPERE)]
    base[column][1] = hole
    data = signals(record(*base))
    assert data.row.tolist() == [0, 2, 3]
    assert data.voltage_volt.tolist() == [3.7, 3.9, 3.7]


def test_no_complete_row_is_nothing_inside(record):
    with pytest.raises(NothingInside, match="no row has time, voltage and current together"):
        signals(record([0.0, None], [None, 3.7], [1.0, 1.0]))
    with pytest.raises(NothingInside):
        signals(record(*[np.empty(0)] * 3))


def test_a_clock_that_goes_back_stands_still(record):
    data = signals(record([0.0, 10.0, 4.0, 14.0], VOLT, AMPERE))
    assert data.time_second.tolist() == [0.0, 10.0, 10.0, 20.0]


def test_step_numbers_with_holes_give_way_to_the_programmes(record):
    data = signals(record(TIME, VOLT, AMPERE, step_count=[1.0, float("nan"), 2.0, 2.0], step_id=[4, 5, 5, 4]))
    assert data.step is not None
    assert data.step.tolist() == [4, 5, 5, 4]
    assert signals(record(TIME, VOLT, AMPERE, step_count=[1, None, 2, 2])).step is None


def test_a_counter_with_holes_gives_way_to_the_next(record):
    good = [0.0, 0.1, 0.2, 0.2]
    data = signals(record(TIME, VOLT, AMPERE, step_net_capacity_ah=[0.0, None, 0.2, 0.2], net_capacity_ah=good))
    assert data.capacity_counter is not None
    assert data.capacity_counter.scope == "test"
    assert data.capacity_counter.net.tolist() == good
    assert signals(record(TIME, VOLT, AMPERE, net_capacity_ah=[0.0, float("nan"), 0.2, 0.2])).capacity_counter is None


@pytest.mark.parametrize("sign", [1, -1])
def test_a_pair_of_counters_is_charged_less_discharged_whatever_its_sign(record, sign):
    out = [0.0, 0.0, sign * 0.1, sign * 0.3]
    data = signals(record(TIME, VOLT, AMPERE, charging_energy_wh=[0.0, 0.5, 0.5, 0.5], discharging_energy_wh=out))
    assert data.energy_counter is not None
    assert data.energy_counter.net.tolist() == pytest.approx([0.0, 0.5, 0.4, 0.2])


def test_cell_extremes_skip_what_a_tap_did_not_record(record):
    first, second = [3.7, None, 3.9, 3.7, 3.7, 3.7], [3.6, None, float("nan"), 3.8, 3.6, 3.6]
    time, volts, amperes = np.arange(6.0), [7.3, 7.3, 7.5, 7.5, 7.3, 7.3], [1.0] * 6
    data = signals(record(time, volts, amperes, cell_001_voltage_volt=first, cell_002_voltage_volt=second))
    assert isinstance(data.cells, Cells)
    assert data.cells.numbers == (1, 2)
    assert data.cells.highest_volt.tolist() == [3.7, 3.7, 3.9, 3.8, 3.7, 3.7]
    assert data.cells.lowest_volt.tolist() == [3.6, 3.6, 3.9, 3.7, 3.6, 3.6]
    assert signals(record(TIME, VOLT, AMPERE, cell_001_voltage_volt=[None] * 4)).cells is None


def test_the_first_temperature_with_a_value_is_taken(record):
    nothing = [float("nan")] * 4
    data = signals(
        record(TIME, VOLT, AMPERE, surface_temperature_celsius=nothing, ambient_temperature_celsius=[25.0] * 4)
    )
    assert data.temperature_place == "ambient_temperature"
    assert signals(record(TIME, VOLT, AMPERE, surface_temperature_celsius=nothing)).temperature_celsius is None
