"""Faults of single cells: in the tester's file, in a log, and in the cells themselves."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from hwan.core import UsageError
from hwan.synthetic import Bms, Faults, SyntheticTest, cell_test, pack_test

SERIES = 7  # a log of four and a log of three
COARSE = Bms(sampling_second=5.0)


def logged(**faults: object) -> SyntheticTest:
    return pack_test(6, series=SERIES, bms=COARSE, faults=Faults(**faults))  # type: ignore[arg-type]


def taped(**faults: object) -> pl.DataFrame:
    return pack_test(6, series=SERIES, faults=Faults(**faults)).samples  # type: ignore[arg-type]


def logs(test: SyntheticTest) -> list[pl.DataFrame]:
    return [each.samples.collect() for each in test.logs]


@pytest.fixture(scope="module")
def sound_logs() -> list[pl.DataFrame]:
    return logs(logged())


@pytest.fixture(scope="module")
def sound() -> pl.DataFrame:
    return taped()


def is_unreadable(values: pl.Series) -> bool:
    share = (values == 65.535).sum() / len(values)
    return 0.005 < share <= 0.01


def is_stuck(values: pl.Series) -> bool:
    return values.n_unique() == 1 and values[0] is not None


def is_absent(values: pl.Series) -> bool:
    return values.is_null().all() and values.dtype == pl.Float64


CASES = [("sentinel_cell", is_unreadable), ("stuck_cell", is_stuck), ("absent_cell", is_absent)]


@pytest.mark.parametrize(("fault", "found"), CASES)
def test_a_fault_sits_in_the_log_that_has_the_cell(fault, found, sound_logs: list[pl.DataFrame]) -> None:
    for cell, number, name in ((3, 0, "cell_003_voltage_volt"), (5, 1, "cell_001_voltage_volt")):
        got = logs(logged(**{fault: cell}))
        assert found(got[number][name])
        assert not found(sound_logs[number][name])
        assert_frame_equal(got[number].drop(name), sound_logs[number].drop(name))
        assert_frame_equal(got[1 - number], sound_logs[1 - number])


@pytest.mark.parametrize(("fault", "found"), CASES)
def test_a_fault_sits_in_the_testers_file_without_logs(fault, found, sound: pl.DataFrame) -> None:
    got = taped(**{fault: 5})
    assert found(got["cell_005_voltage_volt"])
    assert_frame_equal(got.drop("cell_005_voltage_volt"), sound.drop("cell_005_voltage_volt"))


def test_with_logs_the_testers_file_is_left_alone() -> None:
    got = logged(sentinel_cell=1, stuck_cell=2, absent_cell=3, dead_temperature=True).samples
    assert got.columns == logged().samples.columns
    assert (got["surface_temperature_celsius"] > 10).all()


def test_a_stuck_cell_repeats_its_first_value(sound_logs: list[pl.DataFrame]) -> None:
    first = logs(logged(stuck_cell=6))[1]["cell_002_voltage_volt"]
    assert first[0] == sound_logs[1]["cell_002_voltage_volt"][0]


def test_dead_temperature_is_the_first_logs_first(sound_logs: list[pl.DataFrame]) -> None:
    first, second = logs(logged(dead_temperature=True))
    assert (first["cell_001_temperature_celsius"] == 0).all()
    assert_frame_equal(second, sound_logs[1])


def test_dead_temperature_of_channels_is_the_first_ones() -> None:
    faults = Faults(dead_temperature=True)
    first, second = (
        each.samples.collect() for each in pack_test(6, series=SERIES, channels=2, faults=faults).recordings
    )
    assert (first["cell_001_temperature_celsius"] == 0).all()
    assert (second["surface_temperature_celsius"] > 10).all()


def test_truncated_log_ends_in_the_discharge(sound_logs: list[pl.DataFrame]) -> None:
    test = logged(truncated_log=True)
    first, second = logs(test)
    assert_frame_equal(first, sound_logs[0])
    assert second["test_time_second"].equals(sound_logs[1]["test_time_second"].head(second.height))
    times = test.samples.filter(step_count=5)["test_time_second"]
    last = test.log_clocks[1].true(second["test_time_second"][-1])
    done = (last - times[0]) / (times[-1] - times[0])
    assert 0.599 < done <= 0.6


@pytest.mark.parametrize("bms", [None, Bms(count=1)])
def test_truncated_log_needs_a_second_log(bms: Bms | None) -> None:
    with pytest.raises(UsageError, match="truncated_log") as raised:
        pack_test(1, series=3, bms=bms, faults=Faults(truncated_log=True))
    assert "결함 truncated_log" in raised.value.message("ko")


@pytest.mark.parametrize("name", ["sentinel_cell", "stuck_cell", "weak_cell", "resistive_cell", "low_cell"])
@pytest.mark.parametrize("cell", [-1, 4])
def test_cells_beyond_the_pack_are_refused(name: str, cell: int) -> None:
    with pytest.raises(UsageError, match=name):
        pack_test(1, series=3, faults=Faults(**{name: cell}))


def test_a_single_cell_has_no_columns_to_spoil() -> None:
    with pytest.raises(UsageError, match="stuck_cell"):
        cell_test(1, faults=Faults(stuck_cell=1))


@pytest.mark.parametrize(
    "wrong", [{"weak_capacity": 0.0}, {"weak_capacity": 2.0}, {"resistance_growth": -1.0}, {"low_soc": 0.6}]
)
def test_impossible_magnitudes_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError, match=next(iter(wrong))):
        pack_test(1, series=3, faults=Faults(**wrong))  # type: ignore[arg-type]


def test_a_weak_cell_is_in_the_truth() -> None:
    whole, got = pack_test(6, series=SERIES), pack_test(6, series=SERIES, faults=Faults(weak_cell=4))
    ratio = np.array(got.truth.cell_contents_ah) / whole.truth.cell_contents_ah
    assert ratio == pytest.approx([1, 1, 1, 0.9, 1, 1, 1])
    assert got.truth.cell_capacities_ah[3] == pytest.approx(0.9 * whole.truth.cell_capacities_ah[3], rel=0.01)
    assert got.truth.first_to_empty == 4
    assert got.truth.capacity_ah < whole.truth.capacity_ah
    last = got.samples.filter(step_count=5).tail(1)
    assert min(last.select(pl.col(r"^cell_\d{3}_voltage_volt$")).row(0)) == last["cell_004_voltage_volt"].item()


def test_a_resistive_cell_is_in_the_truth() -> None:
    faults = Faults(resistive_cell=2, resistance_growth=1.5)
    whole, got = pack_test(6, series=SERIES), pack_test(6, series=SERIES, faults=faults)
    ratio = np.array(got.truth.cell_resistances_ohm) / whole.truth.cell_resistances_ohm
    # A pulse's figure holds the drift of the open-circuit voltage, too, which does not grow.
    assert ratio[1] == pytest.approx(1.5, abs=0.04)
    assert np.delete(ratio, 1) == pytest.approx(1, abs=0.02)
    assert got.truth.highest_resistance == 2


@pytest.mark.parametrize("low", [0.05, 0.4])
def test_a_low_cell_lacks_what_was_asked(low: float) -> None:
    whole = pack_test(6, series=SERIES, sampling_second=60)
    got = pack_test(6, series=SERIES, sampling_second=60, faults=Faults(low_cell=3, low_soc=low))
    lacks = whole.cells.initial_soc - got.cells.initial_soc
    assert lacks[2] - lacks[0] == pytest.approx(low)
    assert np.ptp(np.delete(lacks, 2)) == pytest.approx(0, abs=1e-12)
    assert got.cells.initial_soc.min() >= 0.02 - 1e-12
    assert got.truth.first_to_empty == 3
    assert got.truth.capacity_ah < whole.truth.capacity_ah
    assert got.truth.cell_capacities_ah == pytest.approx(whole.truth.cell_capacities_ah, rel=1e-4)


def test_faults_of_cells_are_seen_by_the_logs() -> None:
    faults = Faults(low_cell=6, low_soc=0.1)
    whole, got = logs(logged())[1], logs(pack_test(6, series=SERIES, bms=COARSE, faults=faults))[1]
    assert got["cell_002_voltage_volt"][0] < whole["cell_002_voltage_volt"][0] - 0.01
    assert got["cell_001_voltage_volt"][0] == pytest.approx(whole["cell_001_voltage_volt"][0], abs=3e-3)


def test_faults_of_parallel_cells_are_of_their_group() -> None:
    whole = pack_test(6, series=3, parallel=2, sampling_second=60)
    got = pack_test(6, series=3, parallel=2, sampling_second=60, faults=Faults(weak_cell=3, weak_capacity=0.8))
    assert got.cells.charge_content_ah / whole.cells.charge_content_ah == pytest.approx([1, 1, 0.8])
