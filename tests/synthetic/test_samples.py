from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwan.core import COLUMNS
from hwan.core.columns import WIDE_CELL
from hwan.synthetic import SyntheticTest, cell_test
from hwan.synthetic._samples import rounded


def test_columns_are_declared_with_their_dtypes(cell: SyntheticTest, pack: SyntheticTest) -> None:
    for test in (cell, pack):
        for name, dtype in test.samples.schema.items():
            assert WIDE_CELL.fullmatch(name) or COLUMNS[name].dtype == dtype


def test_voltage_rises_in_a_charge_and_falls_in_a_discharge(perfect: SyntheticTest) -> None:
    for number, sign in ((2, 1), (5, -1), (7, 1), (9, -1), (11, 1)):
        rows = perfect.samples.filter(step_count=number)
        assert np.all(rows["current_ampere"].to_numpy() * sign > 0)
        assert np.all(np.diff(rows["voltage_volt"].to_numpy()) * sign > 0)


def test_first_and_last_point_of_each_step_and_the_interval(cell: SyntheticTest) -> None:
    steps = cell.samples.group_by("step_count", maintain_order=True).agg(
        first=pl.col("test_time_second").first(),
        last=pl.col("test_time_second").last(),
        longest=pl.col("test_time_second").diff().max(),
    )
    assert steps["first"][1:].to_list() == steps["last"][:-1].to_list()
    assert steps["longest"].max() == pytest.approx(10.0)
    assert cell.samples["test_time_second"].is_sorted()


def test_pulses_are_sampled_at_ten_hertz(cell: SyntheticTest) -> None:
    for number in (9, 10, 11, 12):
        times = cell.samples.filter(step_count=number)["test_time_second"].to_numpy()
        assert (times - times[0])[:101] == pytest.approx(np.arange(101) / 10, abs=1e-6)


@pytest.mark.parametrize("interval", [1.0, 7.0, 60.0])
def test_sampling_interval_is_a_parameter_and_changes_no_truth(interval: float) -> None:
    test = cell_test(2, sampling_second=interval)
    times = test.samples.filter(step_count=5)["test_time_second"].diff().drop_nulls()
    assert times[0] == pytest.approx(interval)
    assert test.truth == cell_test(2).truth


def test_counters_of_a_perfect_tester_are_the_integrals(perfect: SyntheticTest) -> None:
    rows = perfect.samples.filter(step_count=5)
    charge = np.trapezoid(rows["current_ampere"], rows["test_time_second"]) / 3600
    assert rows["step_discharging_capacity_ah"][-1] == pytest.approx(-charge, rel=1e-8)
    energy = np.trapezoid(rows["current_ampere"] * rows["voltage_volt"], rows["test_time_second"]) / 3600
    assert rows["step_discharging_energy_wh"][-1] == pytest.approx(-energy, rel=1e-4)


def test_measured_is_true_times_gain_plus_offset_plus_noise(cell: SyntheticTest) -> None:
    rest = cell.samples.filter(step_count=8)["current_ampere"].to_numpy()
    noise = cell.tester.current_noise_ampere
    assert rest.mean() == pytest.approx(cell.tester.current_offset_ampere, abs=4 * noise / np.sqrt(len(rest)) + 1e-4)
    assert rest.std() == pytest.approx(noise, rel=0.2)
    # The tester controls the current that it sees, so its errors are in the true one.
    discharge = cell.samples.filter(step_count=5)["current_ampere"].to_numpy()
    assert discharge.mean() == pytest.approx(-50 / 3, abs=4 * noise / np.sqrt(len(discharge)) + 1e-4)


def test_counter_of_a_controlled_current_is_setpoint_times_time(cell: SyntheticTest) -> None:
    rows = cell.samples.filter(step_count=5)
    seconds = rows["test_time_second"] - rows["test_time_second"][0]
    expected = (seconds * 50 / 3 / 3600).to_numpy()
    assert rows["step_discharging_capacity_ah"].to_numpy() == pytest.approx(expected, abs=2e-7)


def test_battery_warms_under_current(perfect: SyntheticTest) -> None:
    ends = perfect.samples.group_by("step_count", maintain_order=True).last()
    warm = (ends["surface_temperature_celsius"] - ends["ambient_temperature_celsius"]).to_list()
    assert 0.2 < warm[4] < 5
    assert warm[0] == pytest.approx(0)
    assert 0 <= warm[7] < warm[6]


@given(st.floats(-5000, 5000), st.sampled_from([1e-4, 1e-3, 0.01, 0.1]))
def test_rounding_gives_the_nearest_decimal(value: float, resolution: float) -> None:
    (got,) = rounded(np.array([value]), resolution).tolist()
    assert abs(got - value) <= resolution / 2 * (1 + 1e-6) + 1e-12
    assert float(f"{got:.4f}") == got


def test_pack_voltage_is_the_sum_of_its_cells(pack: SyntheticTest, perfect_pack: SyntheticTest) -> None:
    for test, within in ((perfect_pack, 1e-9), (pack, 17 * 5 * (5e-4 + 1e-4 + 5e-4))):
        total = test.samples.select(pl.sum_horizontal(r"^cell_\d{3}_voltage_volt$")).to_series()
        assert (total - test.samples["voltage_volt"]).abs().max() < within


def test_one_temperature_sensor_for_eight_cells(pack: SyntheticTest) -> None:
    sensors = [name for name in pack.samples.columns if name.startswith("cell_") and name.endswith("celsius")]
    assert sensors == [f"cell_{n:03d}_temperature_celsius" for n in (1, 9, 17)]
