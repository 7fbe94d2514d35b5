"""Pulses found in recordings: resistance over time and charge, state of charge and its basis, power, and misuse."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from hwan.core import UNKNOWN, BatteryType, Measurement, Refusal
from hwan.health import dc_resistances
from hwan.health.pulses import (
    circuit_table,
    power_table,
    pulse_map,
    pulse_resistance_tables,
    pulse_resistances,
    resistance_table,
)

TIMES = (0.1, 1.0, 2.0, 10.0)


def test_every_pulse_is_found_without_names_of_steps(programme, record, nmc):
    found = pulse_map(programme().recording(record), nmc)
    assert [(each.direction, round(each.width_second, 1)) for each in found.pulses] == [
        ("discharge", 10.0), ("charge", 10.0)] * 3  # fmt: skip
    assert [each.current_ampere for each in found.pulses] == pytest.approx([-10.0, 7.5] * 3)
    assert found.pulses[0].rest_after_second == pytest.approx(120.0, abs=0.2)


def test_resistance_is_that_of_the_circuit_at_each_time(programme, record, nmc, answer):
    made = programme(noise=2e-4)
    table = resistance_table(pulse_map(made.recording(record, 1), nmc, times_second=TIMES))
    for row in table.rows(named=True):
        t = np.array([min(row["pulse_time_second"], 9.99)])
        # In 10 s the open-circuit voltage moves by 0.9 V · I t / 10 Ah.
        expected = float(answer(t, 10.0, made.truth)[0]) + 0.9 * row["pulse_time_second"] / 36_000
        assert row["resistance_ohm"] == pytest.approx(expected, rel=0.01)
        assert row["resistance_ohm_low"] < row["resistance_ohm"] < row["resistance_ohm_high"]
    assert set(table["method"]) == {"dc_resistance.curve"}


def test_the_curve_is_nearer_to_the_truth_than_the_reading(programme, record, nmc, answer):
    made = programme(noise=1e-3, levels=4)
    recording = made.recording(record, 2)
    fitted = pulse_resistances(recording, nmc, times_second=(1.0,))["resistance_ohm"].to_numpy()
    read = dc_resistances(recording, (1.0,)).filter(pl.col("current_ampere").abs() > 5)["resistance_ohm"].to_numpy()
    expected = float(answer(np.array([1.0]), 10.0, made.truth)[0]) + 0.9 / 36_000
    assert len(read) == len(fitted) == 8
    assert np.sqrt(np.mean((fitted - expected) ** 2)) < 0.8 * np.sqrt(np.mean((read - expected) ** 2))


def test_a_curve_that_leaves_its_samples_gives_way_to_the_reading(programme, record, nmc):
    time, volt, current = programme().columns()
    bent = volt + 0.002 * np.sin(time) * (current == -10)
    found = pulse_map(record(time, bent, current), nmc, times_second=(2.0,))
    methods = {each.direction: each.resistances[0].method for each in found.pulses}
    assert methods == {"discharge": "dc_resistance.step", "charge": "dc_resistance.curve"}


def test_circuit_of_each_pulse(programme, record, nmc):
    table = circuit_table(pulse_map(programme(noise=2e-5).recording(record), nmc))
    assert table["refusal_code"].null_count() == len(table)
    assert table["r0_ohm"].to_list() == pytest.approx([0.010] * 6, rel=0.01)
    assert table["tau1_second"].to_list() == pytest.approx([1.5] * 6, rel=0.1)
    assert table["r0_time_second"].to_list() == pytest.approx([0.1] * 6)


# State of charge


def test_state_of_charge_is_counted_from_the_fullest_point_and_says_so(programme, record, nmc):
    found = pulse_map(programme().recording(record), nmc)
    expected = 1 + np.array([0, -100, -25 - 3600, -125 - 3600, -50 - 7200, -150 - 7200]) / 36_000
    assert [each.state_of_charge for each in found.pulses] == pytest.approx(expected, abs=5e-4)
    assert found.soc_basis == "assumed_full_and_rating"
    assert "pulse_start_assumed_full" in [each.code for each in found.findings]
    assert found.pulses[0].resistances[0].conditions.soc_basis == "assumed_full_and_rating"


def test_a_stated_start_is_the_basis(programme, record, nmc):
    found = pulse_map(programme().recording(record), nmc, initial_state_of_charge=0.8)
    assert found.pulses[0].state_of_charge == pytest.approx(0.8)
    assert found.soc_basis == "stated_start_and_rating"


def test_a_full_charge_in_the_record_is_the_basis(programme, record, nmc):
    time, volt, current = programme().columns()
    charge = np.arange(0, 3000, 10.0)
    held = 5 * np.exp(-np.maximum(charge - 1500, 0) / 300)
    ramp = np.minimum(3.9 + charge * 0.3 / 1500, 4.2)
    full = record(np.append(charge, time + 3600), np.append(ramp, volt), np.append(held, current))
    found = pulse_map(full, nmc)
    assert found.soc_basis == "full_charge_and_rating"
    assert found.pulses[0].state_of_charge == pytest.approx(1.0, abs=1e-3)


def test_a_capacity_test_in_the_record_is_the_basis(cell):
    found = pulse_map(cell.recording, cell.battery.type, times_second=TIMES)
    assert found.soc_basis == "capacity_test"
    assert all(-0.01 <= each.state_of_charge <= 1.01 for each in found.pulses)
    known = {"discharge": cell.truth.discharge_resistances_ohm, "charge": cell.truth.charge_resistances_ohm}
    told = [(m, known[each.direction].get(m.conditions.pulse_time_second))
            for each in found.pulses for m in each.resistances]  # fmt: skip
    near = [m.value == pytest.approx(true, rel=0.03) for m, true in told if true is not None]
    assert len(near) >= 4
    assert all(near)


def test_without_a_rating_there_is_no_state_of_charge(programme, record, nmc):
    found = pulse_map(programme().recording(record), replace(nmc, rated_capacity_ah=UNKNOWN))
    assert found.soc_basis is UNKNOWN
    assert found.pulses[-1].charge_ah == pytest.approx(-7350 / 3600, rel=1e-3)


def test_an_impossible_state_of_charge_is_left_out(programme, record, nmc):
    found = pulse_map(programme().recording(record), replace(nmc, rated_capacity_ah=1.0))
    assert found.pulses[0].state_of_charge is UNKNOWN
    assert "pulse_soc_impossible" in [each.code for each in found.findings]


# Power


def test_power_is_that_at_the_voltage_limit(programme, record, nmc):
    found = pulse_map(programme().recording(record), nmc)
    for each in found.pulses[2:4]:
        ten = next(m.value for m in each.resistances if m.conditions.pulse_time_second == 10.0)
        limit = 4.2 if each.direction == "charge" else 2.8
        assert each.power.value == pytest.approx(limit * abs(each.rest_voltage_volt - limit) / ten)
        assert each.power.interval[0] < each.power.value < each.power.interval[1]
        assert each.power.method == "pulse_power.voltage_limit"
    assert found.pulses[2].power.findings[0].code == "power_extrapolated"


def test_a_lower_limit_of_current_binds_first_and_is_named(programme, record, nmc):
    found = pulse_map(programme().recording(record), nmc, charge_limit_ampere=4.0, discharge_limit_ampere=12.0)
    table = power_table(found)
    assert set(table["limit"]) == {"current"}
    assert table["limit_current_ampere"].to_list() == pytest.approx([-12.0, 4.0] * 3)
    first = found.pulses[0]
    ten = next(m.value for m in first.resistances if m.conditions.pulse_time_second == 10.0)
    assert first.power.value == pytest.approx(12 * (first.rest_voltage_volt - 12 * ten))


def test_power_needs_limits_and_ten_seconds(programme, record, nmc):
    unlimited = pulse_map(programme().recording(record), replace(nmc, lower_voltage_volt=UNKNOWN))
    assert unlimited.pulses[0].power.code == "voltage_limits_unknown"
    short = pulse_map(programme(width=5.0).recording(record), nmc)
    assert {each.power.code for each in short.pulses} == {"pulse_shorter_than_power"}


# Misuse


def test_the_wrong_sign_is_refused(programme, record, nmc):
    time, volt, current = programme().columns()
    refusal = pulse_map(record(time, volt, -current), nmc)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "pulses_against_current"
    assert refusal.values["against"] == 6


def test_the_voltage_of_a_module_is_refused(programme, record, nmc):
    time, volt, current = programme().columns()
    refusal = pulse_map(record(time, 12 * volt, current), nmc)
    assert refusal.code == "voltage_of_many_cells"
    assert refusal.values["cells"] >= 12


def test_a_clock_in_milliseconds_finds_no_pulse_and_says_why(programme, record, nmc):
    time, volt, current = programme().columns()
    refusal = pulse_map(record(1000 * time, volt, current), nmc)
    assert refusal.code == "no_pulse_found"
    assert refusal.values["shortest"] == pytest.approx(10_000, rel=0.02)


def test_a_pulse_without_a_rest_before_it_is_none(record, nmc):
    time = np.arange(0, 300, 1.0)
    current = np.where(time < 100, -2.0, np.where(time < 110, -8.0, -2.0))
    assert pulse_map(record(time, 3.8 + 0.01 * current, current), nmc).code == "no_pulse_found"


def test_a_pulse_without_a_rest_behind_it_is_fitted_alone(programme, record, nmc, answer):
    time = np.append(np.append(np.arange(-60, 0, 0.1), -1e-6), np.arange(0, 40, 0.1))
    current = np.where(time < 0, 0.0, np.where(time < 10, -5.0, -2.0))
    volt = 3.8 - 5 * answer(time, 10.0, (0.01, 0.004, 1.0, 0.002, 8.0)) - 0.02 * (current == -2)
    (found,) = pulse_map(record(time, volt, current), nmc).pulses
    assert found.rest_after_second == 0.0
    assert found.shape.time_second[-1] < 10.0
    assert found.resistances[1].value == pytest.approx(0.01 + 0.004 * (1 - np.exp(-1)) + 0.002 * (1 - np.exp(-1 / 8)),
                                                       rel=5e-3)  # fmt: skip


def test_a_pulse_cut_by_the_end_of_the_file_is_told_as_long_as_it_lasted(programme, record, nmc):
    time, volt, current = programme(levels=1).columns()
    kept = time < 604.0
    (found,) = pulse_map(record(time[kept], volt[kept], current[kept]), nmc).pulses
    assert found.width_second == pytest.approx(4.0, abs=0.2)
    assert found.rest_after_second == 0.0
    assert [m.conditions.pulse_time_second for m in found.resistances] == [0.1, 1.0, 2.0, 3.9]
    assert found.power.code == "pulse_shorter_than_power"


def test_a_noisy_current_moves_the_resistance_by_no_more_than_its_noise(programme, record, nmc):
    time, volt, current = programme().columns()
    noisy = current + np.random.default_rng(3).normal(0, 0.02, len(current)) * (current != 0)
    plain, other = (pulse_resistances(record(time, volt, each), nmc, times_second=(10.0,)) for each in (current, noisy))
    assert other["resistance_ohm"].to_list() == pytest.approx(plain["resistance_ohm"].to_list(), rel=0.005)


def test_a_current_that_drifts_has_no_circuit(programme, record, nmc):
    time, volt, current = programme().columns()
    first = (time >= 600) & (time < 610)
    drifting = np.where(first, current * (1 - 0.01 * (time - 600)), current)
    found = pulse_map(record(time, volt, drifting), nmc)
    assert found.pulses[0].circuit.code == "pulse_current_varies"
    assert not isinstance(found.pulses[1].circuit, Refusal)


def test_rows_without_numbers_are_left_out(programme, record, nmc):
    time, volt, current = programme().columns()
    holes = np.where(np.arange(len(volt)) % 7 == 3, np.nan, volt)
    plain, holed = (resistance_table(pulse_map(record(time, each, current), nmc, times_second=(2.0, 10.0)))
                    for each in (volt, holes))  # fmt: skip
    both = plain.join(holed, on=["pulse", "pulse_time_second"])
    assert len(both) == len(holed) >= 8
    # A pulse that lost the row before it may have begun any time since the row before that: its interval says so.
    exact = both.filter(pl.col("resistance_ohm_high_right") < 1.01 * pl.col("resistance_ohm_low_right"))
    assert len(exact) >= 6
    assert exact["resistance_ohm"].to_list() == pytest.approx(exact["resistance_ohm_right"].to_list(), rel=2e-3)
    other = both.join(exact, on=["pulse", "pulse_time_second"], how="anti")
    assert other.select(
        pl.col("resistance_ohm").is_between("resistance_ohm_low_right", "resistance_ohm_high_right").all()
    ).item()


def test_a_recording_of_nothing_but_rest_is_refused(record, nmc):
    time = np.arange(0, 100, 1.0)
    refusal = pulse_map(record(time, np.full(100, 3.7), np.zeros(100)), nmc)
    assert refusal.code == "no_pulse_found"
    assert refusal.values["currents"] == 0


def test_coarse_samples_give_what_they_can(programme, record, nmc):
    found = pulse_map(programme(every=2.0).recording(record), nmc, times_second=TIMES)
    assert {m.conditions.pulse_time_second for each in found.pulses for m in each.resistances} <= {2.0, 10.0}
    assert all(each.circuit.r0.conditions.pulse_time_second >= 0.9 for each in found.pulses
               if not isinstance(each.circuit, Refusal))  # fmt: skip


def test_a_gap_behind_a_pulse_does_not_make_it_longer(programme, record, nmc):
    time, volt, current = programme(levels=1).columns()
    kept = (time <= 608) | (time > 9000)
    late = np.append(time[kept], 5000.0)
    found = pulse_map(record(late, np.append(volt[kept], volt[-1]), np.append(current[kept], 0.0)), nmc)
    assert found.pulses[0].width_second == pytest.approx(8.0, abs=0.2)
    assert found.pulses[0].circuit.r0.value == pytest.approx(0.010, rel=0.02)


@pytest.mark.parametrize("rows", [1, 2])
def test_a_pulse_of_a_row_or_two_is_found_and_has_no_circuit(record, nmc, rows):
    time = np.concatenate((np.arange(0, 61, 1.0), np.full(rows, 60.0), np.arange(60, 121, 1.0)))
    current = np.concatenate((np.zeros(61), np.full(rows, -5.0), np.zeros(61)))
    (found,) = pulse_map(record(time, 3.7 + 0.01 * current, current), nmc).pulses
    assert found.circuit.code == "pulse_too_few_samples"
    assert found.resistances == ()


def test_a_very_finely_sampled_pulse_is_thinned_and_says_the_same(programme, record, nmc):
    fine = pulse_map(programme(every=0.002, levels=1, noise=1e-4).recording(record), nmc)
    assert all(len(each.shape.time_second) <= 4000 for each in fine.pulses)
    circuits = circuit_table(fine)
    assert circuits["r0_ohm"].to_list() == pytest.approx([0.010] * 2, rel=0.01)
    assert circuits["r0_time_second"].to_list() == pytest.approx([0.002] * 2, rel=0.01)


# Tables


def test_many_recordings_make_one_table_with_refusals_in_their_place(programme, record, nmc):
    time, volt, current = programme(levels=1).columns()
    good, module = record(time, volt, current), record(time, 20 * volt, current)
    table = pulse_resistance_tables([good, module], nmc, times_second=(1.0,))
    assert table["refusal_code"].to_list() == [None, None, "voltage_of_many_cells"]


def test_intervals_of_the_table_are_those_of_the_measurements(programme, record, nmc):
    found = pulse_map(programme(noise=1e-4).recording(record), nmc)
    table = resistance_table(found)
    measured = [m for each in found.pulses for m in each.resistances]
    assert table["resistance_ohm_low"].to_list() == [m.interval[0] for m in measured]
    assert all(isinstance(m, Measurement) and m.evidence for m in measured)


def test_the_laboratory_s_hybrid_pulse_test(lab_data, record):
    samples = pl.read_parquet(lab_data / "truth" / "hppc.parquet")
    truth = pl.read_parquet(lab_data / "truth" / "hppc_truth.parquet")
    recording = record(samples["t_s"], samples["V_noisy_V"], samples["I_A"])
    kind = BatteryType("nmc811", rated_capacity_ah=5.0, upper_voltage_volt=4.2, lower_voltage_volt=2.5)
    found = pulse_map(recording, kind, times_second=TIMES)
    assert [each.current_ampere for each in found.pulses] == pytest.approx(truth["I_A"].to_list())
    expected = truth.select("^R_.*$").to_numpy().ravel()
    measured = resistance_table(found)["resistance_ohm"].to_numpy()
    assert measured == pytest.approx(expected, rel=0.01)
    charge = 1 - truth["discharged_Ah"].to_numpy() / 5
    assert [each.state_of_charge for each in found.pulses] == pytest.approx(charge, abs=0.005)
