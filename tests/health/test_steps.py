from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwan.core import LANGUAGES, text
from hwan.health import steps
from hwan.health._steps import KINDS
from hwan.synthetic import cell_test, cell_tests

EXPECTED = (
    ("rest", "none"), ("cc", "charge"), ("cv", "charge"), ("rest", "none"), ("cc", "discharge"), ("rest", "none"),
    ("cc", "charge"), ("rest", "none"), ("pulse", "discharge"), ("rest", "none"), ("pulse", "charge"),
    ("rest", "none"),
)  # fmt: skip


def told(table):
    return tuple(table.select("kind", "direction").rows())


def first_rows(test):
    number = test.samples["step_count"].to_numpy()
    return np.append([0], np.flatnonzero(np.diff(number)) + 1)


@pytest.mark.parametrize("perfect", [False, True])
def test_with_the_testers_numbers_every_step_is_recognised_at_its_rows(perfect):
    test = cell_test(21, perfect=perfect)
    table = steps(test.recording)
    assert told(table) == EXPECTED
    assert table["first_row"].to_list() == first_rows(test).tolist()
    assert table["last_row"].to_list() == [*(first_rows(test)[1:] - 1).tolist(), test.samples.height - 1]
    assert table["tester_step"].to_list() == list(range(1, 13))
    assert table["step_number"].to_list() == list(range(1, 13))


@pytest.mark.parametrize("perfect", [False, True])
def test_without_the_testers_numbers_the_same_steps_are_found_within_two_rows(numbers_only, perfect):
    for test in cell_tests(range(40, 60), perfect=perfect):
        table = steps(numbers_only(test))
        assert told(table) == EXPECTED
        assert np.abs(table["first_row"].to_numpy() - first_rows(test)).max() <= 2
        assert table["tester_step"].null_count() == 12


def test_flat_curves_and_coarse_voltages_break_no_step_apart(numbers_only, altered, lfp, cell):
    assert len(steps(numbers_only(lfp))) == 12
    coarse = numbers_only(replace(cell, recording=altered(cell, pl.col("voltage_volt").round(3))))
    assert told(steps(coarse)) == EXPECTED


def test_a_pack_held_by_its_limiting_cell_is_one_constant_voltage(pack):
    table = steps(pack.recording)
    assert told(table) == EXPECTED
    assert table["first_row"].to_list() == first_rows(pack).tolist()


@pytest.mark.parametrize("seed", [7, 21, 33])
def test_cccv_under_one_number_is_split_where_the_voltage_is_reached(altered, seed):
    test = cell_test(seed)
    merged = pl.when(pl.col("step_count") == 3).then(2).otherwise("step_count").alias("step_count")
    table = steps(altered(test, merged))
    assert told(table) == EXPECTED
    assert table["tester_step"].to_list()[1:3] == [2, 2]
    assert abs(table["first_row"][2] - first_rows(test)[2]) <= 3


def test_noise_and_single_spikes_leave_one_step(record, walk):
    time, volt, ampere = walk((0, 60), (-5, 600), (0, 600))
    random = np.random.default_rng(3)
    ampere = ampere + 0.002 * random.standard_normal(len(ampere))
    ampere[[200, 300, 450, 800, 900]] += [4.0, -4.0, 5.0, 3.0, -3.0]
    table = steps(record(time, volt + 1e-4 * random.standard_normal(len(volt)), ampere))
    assert told(table) == (("rest", "none"), ("cc", "discharge"), ("rest", "none"))
    assert table["first_row"].to_list() == [0, 60, 660]


def test_noise_of_a_wide_range_is_still_rest(record, walk):
    time, volt, ampere = walk((0, 300), (1, 300), (0, 300))
    table = steps(record(time, volt, ampere + 2e-3 * np.random.default_rng(4).standard_normal(len(ampere))))
    assert told(table) == (("rest", "none"), ("cc", "charge"), ("rest", "none"))


def test_a_first_row_with_the_old_current_changes_no_kind(record, walk):
    time, volt, ampere = walk((0, 60), (-5, 600), (0, 600), (5, 30), (0, 60))
    number = np.repeat([1, 2, 3, 4, 5], [60, 600, 600, 30, 60])
    late = np.append(ampere[:1], ampere[:-1])
    table = steps(record(time, volt, late, step_count=number))
    assert told(table) == (
        ("rest", "none"), ("cc", "discharge"), ("rest", "none"), ("pulse", "charge"), ("rest", "none"),
    )  # fmt: skip


def test_hybrid_pulses_on_a_staircase(record, walk):
    level = ((-5, 720), (0, 600), (-10, 10), (0, 40), (7.5, 10), (0, 40))
    time, volt, ampere = walk((0, 60), *level * 4, soc=1.0)
    table = steps(record(time, volt, ampere))
    assert table["kind"].to_list() == ["rest", *["cc", "rest", "pulse", "rest", "pulse", "rest"] * 4]
    assert table["duration_second"].to_list()[1:7] == [720, 600, 10, 40, 10, 40]


def test_a_change_of_current_without_a_rest_begins_a_step(record, walk):
    time, volt, ampere = walk((0, 10), (-2, 300), (-4, 300), (-3.5, 300), soc=1.0)
    table = steps(record(time, volt, ampere))
    assert table["first_row"].to_list() == [0, 10, 310, 610]
    assert table["kind"].to_list() == ["rest", "cc", "cc", "cc"]


def test_a_rare_pulse_in_a_long_rest_is_seen(record, walk):
    time, volt, ampere = walk((0, 30_000), (-5, 10), (0, 30_000))
    noisy = ampere + 1e-4 * np.random.default_rng(5).standard_normal(len(ampere))
    assert told(steps(record(time, volt, noisy))) == (("rest", "none"), ("pulse", "discharge"), ("rest", "none"))


def test_a_single_row_is_one_step(record):
    (row,) = steps(record([0.0], [3.7], [1.0])).rows(named=True)
    assert (row["kind"], row["direction"], row["charge_ah"], row["duration_second"]) == ("cc", "charge", 0.0, 0.0)


@pytest.mark.parametrize("rows", [1, 2, 3, 500])
def test_no_current_is_one_rest(record, rows):
    table = steps(record(np.arange(float(rows)), np.full(rows, 3.7), np.zeros(rows)))
    assert told(table) == (("rest", "none"),)
    assert table["charge_ah"].item() == 0.0


def test_a_drive_cycle_is_other_and_has_no_direction(record):
    random = np.random.default_rng(6)
    ampere = 10 * random.standard_normal(2000)
    time, number = np.arange(2000.0), np.ones(2000, dtype=int)
    (row,) = steps(record(time, 3.7 + 0.01 * ampere, ampere, step_count=number)).rows(named=True)
    assert (row["kind"], row["direction"], row["reason"]) == ("other", "none", "current_varies")
    (taken,) = steps(record(time, 3.7 - 0.01 * abs(ampere), -abs(ampere), step_count=number)).rows(named=True)
    assert (taken["kind"], taken["direction"]) == ("other", "discharge")


@pytest.mark.parametrize("numbered", [True, False])
def test_thousands_of_tiny_steps(record, numbered):
    ampere = np.tile([1.0, 1.0, -1.0, -1.0], 5000)
    named = {"step_count": np.repeat(np.arange(10_000), 2)} if numbered else {}
    table = steps(record(np.arange(20_000.0), 3.7 + 0.01 * ampere, ampere, **named))
    assert table["direction"].to_list() == ["charge", "discharge"] * 5000


def test_amounts_are_integrals_and_agree_with_the_truth(cell, altered):
    table = steps(altered(cell, surface_temperature_celsius=pl.lit(30.0)))
    assert table["charge_ah"][4] == pytest.approx(-cell.truth.capacity_ah, rel=3e-3)
    assert table["energy_wh"][4] == pytest.approx(-cell.truth.energy_wh, rel=3e-3)
    assert table["mean_current_ampere"][4] == pytest.approx(-50 / 3, rel=1e-3)
    assert table["temperature_celsius"].unique().to_list() == [30.0]


def test_absent_temperatures_are_not_zero(cell, altered):
    first = pl.int_range(pl.len()) < 400
    blank = pl.when(first).then(float("nan")).otherwise(25.0).alias("surface_temperature_celsius")
    table = steps(altered(cell, blank))
    assert table["temperature_celsius"][0] is None
    assert table["temperature_celsius"].drop_nulls().to_list() == pytest.approx([25.0] * 11)


PARTS = ((0, 60), (5, 300), (0, 120), (-5, 240), (0, 90), (-8, 60), (0, 60))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 929), max_size=8))
def test_a_turn_of_the_cycle_begins_a_step_and_moves_no_charge(record, walk, turns):
    base = walk(*PARTS)
    cycle = 1 + np.searchsorted(np.unique(turns), np.arange(len(base[0])), side="right")
    joined, split = steps(record(*base)), steps(record(*base, cycle_count=cycle))
    for first, last, number in split.select("first_row", "last_row", "cycle_count").rows():
        assert (cycle[first + 1 : last] == number).all() if last - first > 1 else number in cycle[first : last + 1]
    edges = np.flatnonzero(np.diff(cycle)) + 1
    started = split["first_row"].to_numpy()
    assert all(np.abs(started - row).min() <= 1 for row in (*edges, *joined["first_row"]))
    assert len(split) <= len(joined) + len(edges)
    assert split["first_row"].to_list() == [0, *(split["last_row"] + 1).to_list()[:-1]]
    for way in ("charge", "discharge"):
        sums = [table.filter(direction=way)["charge_ah"].sum() for table in (joined, split)]
        assert sums[1] == pytest.approx(sums[0], abs=2.1 * 8 / 3600)


@settings(max_examples=30, deadline=None)
@given(st.sets(st.integers(2, 28).map(lambda ten: 10 * ten)))
def test_splitting_a_constant_current_keeps_its_charge_exactly(record, walk, turns):
    base = walk((5, 300))
    cycle = np.searchsorted(sorted(turns), np.arange(300), side="right")
    joined, split = steps(record(*base)), steps(record(*base, cycle_count=cycle))
    assert split["charge_ah"].sum() == pytest.approx(joined["charge_ah"].sum(), rel=1e-12)
    assert split["first_row"].to_list() == [0, *sorted(turns)]
    assert set(split["kind"]) == {"cc"}


def test_a_rest_in_which_the_cycle_turns_is_two_rests(record, walk):
    base = walk((5, 300), (0, 600), (-5, 300))
    table = steps(record(*base, cycle_count=np.repeat([1, 2], 600)))
    assert told(table) == (("cc", "charge"), ("rest", "none"), ("rest", "none"), ("cc", "discharge"))
    assert table["first_row"].to_list() == [0, 300, 600, 900]
    assert table["cycle_count"].to_list() == [1, 1, 2, 2]


def test_with_step_numbers_the_cycle_begins_no_step(record, walk):
    base = walk((5, 300), (0, 600), (-5, 300))
    numbers = {"step_count": np.repeat([1, 2, 3], [300, 600, 300]), "cycle_count": np.repeat([1, 2], 600)}
    assert steps(record(*base, **numbers))["first_row"].to_list() == [0, 300, 900]


@settings(max_examples=30)
@given(
    st.lists(st.tuples(st.floats(-3, 3), st.floats(2.5, 4.3), st.floats(0, 50)), min_size=1, max_size=60),
    st.data(),
)
def test_steps_tile_the_rows_and_the_charge_whatever_is_recorded(record, rows, data):
    ampere, volt, waits = (np.array(column) for column in zip(*rows, strict=True))
    number = np.cumsum(data.draw(st.lists(st.integers(0, 1), min_size=len(rows), max_size=len(rows))))
    for named in ({}, {"step_count": number}):
        table = steps(record(np.cumsum(waits), volt, ampere, **named))
        assert table["first_row"].to_list() == [0, *(table["last_row"] + 1).to_list()[:-1]]
        assert table["last_row"][-1] == len(rows) - 1
        assert table["duration_second"].sum() == pytest.approx(np.ptp(np.cumsum(waits)), abs=1e-6)
        assert set(table["kind"]) <= set(KINDS)
        assert np.isfinite(table["charge_ah"].to_numpy()).all()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reason", ["current_zero", "current_steady", "voltage_held", "short_after_rest"])
def test_reasons_can_be_told(language, reason, cell):
    assert reason in steps(cell.recording)["reason"].to_list()
    assert text("reason", reason, language) != reason
