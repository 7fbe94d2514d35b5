from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from hwan.core import UsageError
from hwan.synthetic import Faults, SyntheticTest, cell_test, pack_test


@pytest.fixture(scope="module")
def sound() -> pl.DataFrame:
    return cell_test(8).samples


def faulty(**faults: object) -> pl.DataFrame:
    return cell_test(8, faults=Faults(**faults)).samples  # type: ignore[arg-type]


def rest_is_untouched(got: pl.DataFrame, sound: pl.DataFrame, *changed: str) -> None:
    assert_frame_equal(got.drop(changed), sound.drop(changed))


def test_sentinels(sound: pl.DataFrame) -> None:
    got = faulty(sentinel_rows=5)
    assert (got["voltage_volt"] == 999_999).sum() == 5
    rest_is_untouched(got, sound, "voltage_volt")


def test_sentinels_of_a_pack_are_in_one_cell() -> None:
    got = pack_test(1, series=3, faults=Faults(sentinel_rows=4)).samples
    assert (got["cell_002_voltage_volt"] == 999_999).sum() == 4
    assert got["voltage_volt"].max() < 15


def test_nan_rows_beside_sentinels(sound: pl.DataFrame) -> None:
    got = faulty(nan_rows=7, sentinel_rows=5)
    assert got["voltage_volt"].is_nan().sum() == got["current_ampere"].is_nan().sum() == 7
    assert (got["voltage_volt"] == 999_999).sum() == 5
    rest_is_untouched(got, sound, "voltage_volt", "current_ampere")


def test_dead_temperature(sound: pl.DataFrame) -> None:
    got = faulty(dead_temperature=True)
    assert (got["surface_temperature_celsius"] == 0).all()
    rest_is_untouched(got, sound, "surface_temperature_celsius")
    pack = pack_test(1, series=3, faults=Faults(dead_temperature=True)).samples
    assert (pack["cell_001_temperature_celsius"] == 0).all()


def test_absent_cell() -> None:
    got = pack_test(1, series=3, faults=Faults(absent_cell=3)).samples
    assert got["cell_003_voltage_volt"].is_null().all()
    assert got["cell_003_voltage_volt"].dtype == pl.Float64
    assert got["cell_002_voltage_volt"].null_count() == 0


@pytest.mark.parametrize("cell", [4, -0.5 + 4])
def test_absent_cell_beyond_the_pack_is_refused(cell: int) -> None:
    with pytest.raises(UsageError, match="absent_cell"):
        pack_test(1, series=3, faults=Faults(absent_cell=cell))


@pytest.mark.parametrize(("swapped", "milli", "factor"), [(True, False, -1), (False, True, 1000), (True, True, -1000)])
def test_current(swapped: bool, milli: bool, factor: int, sound: pl.DataFrame) -> None:
    got = faulty(current_sign_swapped=swapped, current_in_milliampere=milli)
    assert got["current_ampere"].to_numpy() == pytest.approx(sound["current_ampere"].to_numpy() * factor)
    rest_is_untouched(got, sound, "current_ampere")


def test_counters_in_milliampere_hour(sound: pl.DataFrame) -> None:
    got = faulty(counters_in_milliampere_hour=True)
    names = ("step_charging_capacity_ah", "step_discharging_capacity_ah")
    assert np.allclose(got.select(names).to_numpy(), sound.select(names).to_numpy() * 1000)
    rest_is_untouched(got, sound, *names)


def test_truncated_in_the_discharge(sound: pl.DataFrame) -> None:
    got = faulty(truncated=True)
    assert got["step_count"][-1] == 5
    assert got["voltage_volt"][-1] > 2.9
    assert_frame_equal(got, sound.head(got.height))


def test_missing_rest() -> None:
    test = cell_test(8, faults=Faults(missing_rest=True))
    words = test.samples.group_by("step_count", maintain_order=True).first()["step_type"].to_list()
    assert words[2:4] == ["CV charge", "CC discharge"]
    assert test.truth == cell_test(8).truth


def test_missing_rest_and_truncated_together() -> None:
    got = faulty(missing_rest=True, truncated=True)
    assert got["step_type"][-1] == "CC discharge"
    assert got["step_count"][-1] == 4


def test_no_counters(sound: pl.DataFrame) -> None:
    got = faulty(no_counters=True)
    gone = set(sound.columns) - set(got.columns)
    assert len(gone) == 4
    assert all(name.endswith(("_ah", "_wh")) for name in gone)


def test_clock_backwards(sound: pl.DataFrame) -> None:
    got = faulty(clock_backwards=True)
    assert (got["test_time_second"].diff() < 0).sum() == 1
    rest_is_untouched(got, sound, "test_time_second")


def test_faults_are_in_the_recordings_id(cell: SyntheticTest) -> None:
    ids = {cell_test(8, faults=faults).recording.id for faults in (None, Faults(), Faults(nan_rows=1))}
    assert len(ids) == 2
