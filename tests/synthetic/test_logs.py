"""Logs against a perfect tester's recording of the same cells, and against their own drawn errors."""

from __future__ import annotations

import re

import numpy as np
import polars as pl
import pytest

from hwan.core import COLUMNS, UNKNOWN, cell_column
from hwan.core.columns import WIDE_CELL
from hwan.synthetic import Bms, SyntheticTest, pack_test
from hwan.synthetic._ocv import Array

FREE = Bms(
    voltage_gain=0, voltage_offset_volt=0, voltage_noise_volt=0, voltage_resolution_volt=0,
    current_gain=0, current_offset_ampere=0, current_noise_ampere=0, current_resolution_ampere=0,
)  # fmt: skip
SERIES = 19


@pytest.fixture(scope="module")
def reference(chemistry: str) -> SyntheticTest:
    return pack_test(4, series=SERIES, chemistry=chemistry, perfect=True, sampling_second=1.0)


@pytest.fixture(scope="module")
def free(chemistry: str) -> SyntheticTest:
    """Perfect tester, systems with nothing wrong but their clocks."""
    return pack_test(4, series=SERIES, chemistry=chemistry, perfect=True, sampling_second=1.0, bms=FREE)


@pytest.fixture(scope="module")
def real(chemistry: str) -> SyntheticTest:
    return pack_test(4, series=SERIES, chemistry=chemistry, sampling_second=1.0, bms=Bms())


def log(test: SyntheticTest, number: int) -> pl.DataFrame:
    return test.logs[number].samples.collect()


def true_times(test: SyntheticTest, number: int) -> Array:
    return test.log_clocks[number].true(log(test, number)["test_time_second"].to_numpy())


def between(samples: pl.DataFrame, times: Array, name: str) -> Array:
    return np.interp(times, samples["test_time_second"].to_numpy(), samples[name].to_numpy())


def test_the_testers_file_has_no_cells(real: SyntheticTest, reference: SyntheticTest) -> None:
    assert not [name for name in real.samples.columns if WIDE_CELL.fullmatch(name)]
    assert real.recording.instrument.taps is UNKNOWN
    cells = [name for name in reference.samples.columns if WIDE_CELL.fullmatch(name)]
    assert reference.samples.drop(cells).columns == real.samples.columns


def test_columns_of_a_log(real: SyntheticTest) -> None:
    for number, count, sensors in ((0, 10, [1, 9]), (1, 9, [1, 9])):
        names = log(real, number).columns
        assert [name for name in names if WIDE_CELL.fullmatch(name)] == [
            *(cell_column(n, "voltage_volt") for n in range(1, count + 1)),
            *(cell_column(n, "temperature_celsius") for n in sensors),
        ]
        for name, dtype in log(real, number).schema.items():
            assert WIDE_CELL.fullmatch(name) or COLUMNS[name].dtype == dtype


def test_systems_without_errors_leave_the_run_as_it_is(free: SyntheticTest, reference: SyntheticTest) -> None:
    assert free.truth == reference.truth
    assert free.samples["test_time_second"].equals(reference.samples["test_time_second"])


@pytest.mark.parametrize("number", [0, 1])
def test_mapped_back_a_log_is_the_true_course(number: int, free: SyntheticTest, reference: SyntheticTest) -> None:
    times, own = true_times(free, number), log(free, number)
    for cell, in_log in zip(free.systems[number].cells, range(1, SERIES), strict=False):
        expected = between(reference.samples, times, cell_column(cell, "voltage_volt"))
        assert np.abs(own[cell_column(in_log, "voltage_volt")].to_numpy() - expected).max() < 1e-4
    # The current of the hold bends too fast for a line, so it is held between its neighbours.
    after = np.clip(np.searchsorted(reference.samples["test_time_second"], times), 1, None)
    ends = reference.samples["current_ampere"].to_numpy()[np.stack([after - 1, after])]
    seen = own["current_ampere"].to_numpy()
    assert np.all((seen >= ends.min(axis=0) - 1e-9) & (seen <= ends.max(axis=0) + 1e-9))


def test_logs_together_are_the_pack(free: SyntheticTest, reference: SyntheticTest) -> None:
    times = np.arange(200.0, 20_000, 333.0)
    total = sum(
        between(log(free, number).with_columns(test_time_second=true_times(free, number)), times, "voltage_volt")
        for number in (0, 1)
    )
    assert total == pytest.approx(between(reference.samples, times, "voltage_volt"), abs=SERIES * 1e-3)


@pytest.mark.parametrize("number", [0, 1])
def test_a_log_runs_from_switching_on_to_the_end_at_its_interval(number: int, real: SyntheticTest) -> None:
    shown, clock = log(real, number)["test_time_second"].to_numpy(), real.log_clocks[number]
    assert np.diff(shown) == pytest.approx(1.0, abs=1e-9)
    assert shown[0] == pytest.approx(real.systems[number].phase_second)
    assert shown[0] < 1
    assert 0 <= clock.shown(real.samples["test_time_second"][-1]) - shown[-1] < 1
    assert clock.offset_second != 0
    assert clock.drift != 0


def test_before_the_test_a_log_sees_a_battery_at_rest() -> None:
    early = next(
        (test, number)
        for test in (pack_test(seed, series=4, perfect=True, bms=FREE) for seed in range(20))
        for number, clock in enumerate(test.log_clocks)
        if clock.offset_second > 20
    )
    own, times = log(*early), true_times(*early)
    before = own.filter(pl.Series(times < 0))
    assert before.height > 19
    assert (before["current_ampere"] == 0).all()
    assert before["voltage_volt"].n_unique() == 1


@pytest.mark.parametrize("number", [0, 1])
def test_readings_carry_the_drawn_errors(number: int, real: SyntheticTest) -> None:
    system, own, times = real.systems[number], log(real, number), true_times(real, number)
    resting = own.filter(pl.Series((times > 0) & (times < 290)))
    open_volts = real.cells.open_circuit.voltage(real.cells.initial_soc)
    for in_log, cell in enumerate(system.cells, 1):
        seen = open_volts[cell - 1] * (1 + system.voltage_gains[in_log - 1]) + system.voltage_offsets_volt[in_log - 1]
        assert resting[cell_column(in_log, "voltage_volt")].mean() == pytest.approx(seen, abs=6e-4)
    assert resting["current_ampere"].mean() == pytest.approx(system.current_offset_ampere, abs=0.03)


def test_readings_are_rounded(real: SyntheticTest) -> None:
    own = log(real, 0)
    for name, step in (("cell_003_voltage_volt", 1e-3), ("voltage_volt", 1e-3), ("current_ampere", 0.1)):
        ratio = own[name].to_numpy() / step
        assert np.abs(ratio - np.rint(ratio)).max() < 1e-6
    total = own.select(pl.sum_horizontal(r"^cell_\d{3}_voltage_volt$")).to_series()
    assert (total - own["voltage_volt"]).abs().max() < 1e-9
    assert own["surface_temperature_celsius"].is_between(15, 40).all()


def test_the_systems_own_taps_end_the_discharge(real: SyntheticTest) -> None:
    end = real.samples.filter(step_count=5)["test_time_second"][-1]
    lowest = []
    for number in (0, 1):
        own = log(real, number).filter(pl.Series(np.abs(true_times(real, number) - end + 1) < 1))
        lowest.append(min(own.select(pl.col(r"^cell_\d{3}_voltage_volt$").min()).row(0)))
    assert min(lowest) == pytest.approx(real.cells.open_circuit.lower_volt, abs=0.012)
    assert max(lowest) > min(lowest)


def test_logs_have_ids_and_names_of_their_own(real: SyntheticTest) -> None:
    every = (*real.recordings, *real.logs)
    assert len({each.id for each in every}) == len({each.provenance.source_sha256 for each in every}) == 3
    assert re.fullmatch(r"synthetic-.*-19S1P-4-bms-2", real.logs[1].provenance.source_name)
    assert real.logs[0].started_at is UNKNOWN
