from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwan.health import cycles

FULL = ((5, 7200), (0, 600), (-5, 7200), (0, 600))


def test_cycles_begin_with_a_charge_after_a_discharge(record, walk):
    table = cycles(record(*walk((0, 60), *FULL * 3, soc=0.0, every=10)))
    assert table["cycle_number"].to_list() == [1, 2, 3]
    assert table["complete"].to_list() == [True, True, True]
    assert table["coulombic_efficiency"].to_list() == pytest.approx([1, 1, 1], abs=1e-9)
    assert table["charging_capacity_ah"].to_list() == pytest.approx([10, 10, 10])
    assert table["discharging_capacity_ah"].to_list() == pytest.approx([10, 10, 10])
    assert table["first_row"].to_list() == [0, 1566, 3126]
    assert (table["energy_efficiency"] < 1).all()
    assert table["cycle_count"].null_count() == 3


def test_the_testers_number_is_kept_even_if_it_starts_late_or_returns(record, walk):
    base = walk(*FULL * 3, soc=0.0, every=10)
    count = np.repeat([17, 18, 17], len(base[0]) // 3)
    table = cycles(record(*base, cycle_count=count))
    assert table["cycle_count"].to_list() == [17, 18, 17]
    assert table["cycle_number"].to_list() == [1, 2, 3]


PERIOD = 1560
"""Rows of `FULL` at one row in 10 s."""


@settings(max_examples=30, deadline=None)
@given(st.integers(-60, 1))
def test_wherever_in_the_rest_the_testers_number_turns_the_cycles_are_the_same(record, walk, shift):
    """A row late is what a tester does that writes the number after the current."""
    base = walk(*FULL * 3, soc=0.0, every=10)
    count = 1 + np.clip((np.arange(len(base[0])) - shift) // PERIOD, 0, 2)
    own, table = cycles(record(*base)), cycles(record(*base, cycle_count=count))
    assert table["cycle_count"].to_list() == [1, 2, 3]
    assert table["complete"].to_list() == [True, True, True]
    for name in ("charging_capacity_ah", "discharging_capacity_ah", "coulombic_efficiency", "energy_efficiency"):
        assert table[name].to_list() == pytest.approx(own[name].to_list(), rel=1e-9)
    if -59 < shift < -1:
        assert table["first_row"].to_list() == [0, PERIOD + shift, 2 * PERIOD + shift]


def test_a_first_current_that_is_stale_turns_no_cycle_into_two(record, walk):
    time, volt, ampere = walk(*((5, 7200), (-5, 7200)) * 2, soc=0.0, every=10)
    count = np.repeat([1, 2], len(time) // 2)
    stale = np.append(ampere[:1], ampere[:-1])
    table = cycles(record(time, volt, stale, cycle_count=count))
    assert table["first_row"].to_list() == [0, len(time) // 2 + 1]
    for way in ("charging", "discharging"):
        assert table[f"{way}_capacity_ah"].to_list() == pytest.approx([10, 10], rel=3e-3)


def test_a_half_cycle_is_told_from_the_next_by_the_testers_number_alone(record, walk):
    """Two charges without a discharge between them: only the number says that they are two cycles."""
    base = walk((5, 3600), (5, 3600), soc=0.0, every=10)
    assert len(cycles(record(*base))) == 1
    table = cycles(record(*base, cycle_count=np.repeat([4, 5], 360)))
    assert table["cycle_count"].to_list() == [4, 5]
    assert table["charging_capacity_ah"].to_list() == pytest.approx([5, 5], rel=3e-3)


def test_a_first_cycle_that_starts_half_charged_has_no_efficiency(record, walk):
    table = cycles(record(*walk((0, 60), (5, 3600), *FULL[1:], *FULL, soc=0.5, every=10)))
    assert table["complete"].to_list() == [False, True]
    assert table["coulombic_efficiency"].to_list()[0] is None
    assert table["energy_efficiency"].to_list()[0] is None
    assert table["coulombic_efficiency"].to_list()[1] == pytest.approx(1)


@pytest.mark.parametrize("last", [(*FULL[:2], (-5, 3000)), FULL[:2], (FULL[0],)])
def test_a_last_cycle_that_is_cut_off_has_no_efficiency(record, walk, last):
    table = cycles(record(*walk(*FULL, *last, soc=0.0, every=10)))
    assert table["complete"].to_list() == [True, False]
    assert table["coulombic_efficiency"].to_list()[1] is None


def test_pulses_turn_no_cycle(record, walk):
    pulses = ((0, 60), (-10, 10), (0, 40), (7.5, 10), (0, 40), (-10, 10), (0, 40), (10, 10), (0, 60))
    table = cycles(record(*walk((5, 3600), *pulses, (5, 3600), (0, 600), (-5, 3600), *pulses, (-5, 3600), soc=0.0)))
    assert len(table) == 1


@pytest.mark.parametrize("parts", [((0, 100),), ((-5, 600),), ((5, 600),), ((-5, 600), (0, 60))])
def test_less_than_a_cycle_is_one_incomplete_cycle(record, walk, parts):
    table = cycles(record(*walk(*parts, soc=0.5)))
    assert table["complete"].to_list() == [False]
    assert table["coulombic_efficiency"].to_list() == [None]


def test_the_synthetic_cells_half_charge_begins_a_second_cycle(cell, numbers_only):
    assert len(cycles(cell.recording)) == 1
    table = cycles(numbers_only(cell))
    assert table["complete"].to_list() == [False, False]
    assert table["discharging_capacity_ah"][0] == pytest.approx(cell.truth.capacity_ah, rel=3e-3)
