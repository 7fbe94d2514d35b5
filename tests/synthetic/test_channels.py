from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from hwan.core import UNKNOWN, UsageError
from hwan.core.columns import WIDE_CELL
from hwan.synthetic import Bms, Programme, SyntheticTest, Tester, pack_test, pack_tests
from hwan.synthetic._channels import Channel, draw_channels, together
from hwan.synthetic._clock import Clock

SERIES = 6
# Instants of the whole test but the first ones, where a channel's own start is recorded.
LATER = 10.0


@pytest.fixture(scope="module")
def single() -> SyntheticTest:
    return pack_test(9, series=SERIES, perfect=True)


@pytest.fixture(scope="module")
def perfect_two() -> SyntheticTest:
    return pack_test(9, series=SERIES, perfect=True, channels=2)


@pytest.fixture(scope="module")
def two() -> SyntheticTest:
    return pack_test(9, series=SERIES, channels=2)


def later(test: SyntheticTest, number: int) -> pl.DataFrame:
    """Rows of channel `number` by the true clock."""
    clock = test.channels[number].clock
    samples = test.recordings[number].samples.collect()
    return samples.with_columns(pl.col("test_time_second") - clock.offset_second).filter(
        pl.col("test_time_second") > LATER - 5
    )


def test_both_channels_together_are_the_packs_current(single: SyntheticTest, perfect_two: SyntheticTest) -> None:
    first, second, whole = later(perfect_two, 0), later(perfect_two, 1), later(single, 0)
    assert np.allclose(first["test_time_second"], second["test_time_second"], atol=2e-6)
    for name in ("current_ampere", *(name for name in whole.columns if name.endswith(("_ah", "_wh")))):
        assert (first[name] + second[name]).to_numpy() == pytest.approx(whole[name].to_numpy(), abs=1e-6), name
    assert second["voltage_volt"].to_numpy() == pytest.approx(whole["voltage_volt"].to_numpy(), abs=1e-9)


def test_shares_are_about_equal_and_make_one(two: SyntheticTest) -> None:
    shares = [channel.share for channel in two.channels]
    assert sum(shares) == pytest.approx(1)
    assert 0.489 < min(shares) < 0.5
    currents = [later(two, number).filter(step_count=5)["current_ampere"].mean() for number in (0, 1)]
    # What a channel measures of a controlled current is its share of the setpoint.
    assert currents == pytest.approx([-50 / 3 * share for share in shares], abs=2e-4)


def test_true_currents_of_the_channels_make_the_batterys(two: SyntheticTest) -> None:
    true = sum(
        (-50 / 3 * each.share - each.tester.current_offset_ampere) / (1 + each.tester.current_gain)
        for each in two.channels
    )
    felt = together(two.channels)
    assert (-50 / 3 - felt.current_offset_ampere) / (1 + felt.current_gain) == pytest.approx(true, rel=1e-12)
    moved = pack_test(9, series=SERIES, channels=2, bms=Bms(current_gain=0, current_offset_ampere=0))
    discharging = moved.logs[0].samples.collect().filter(pl.col("current_ampere") < -10)["current_ampere"]
    assert discharging.filter(discharging > -30).mean() == pytest.approx(true, abs=5e-3)


def test_errors_of_the_channels_are_their_own(two: SyntheticTest) -> None:
    first, second = two.channels
    assert first.tester.current_gain != second.tester.current_gain
    assert first.tester.instrument.current_range_ampere == 37.5
    resting = [later(two, number).filter(step_count=8)["current_ampere"].mean() for number in (0, 1)]
    assert resting == pytest.approx([each.tester.current_offset_ampere for each in two.channels], abs=3e-4)


def test_clocks_differ_by_two_seconds_at_most() -> None:
    starts = []
    for test in pack_tests(range(60), series=2, channels=2, sampling_second=60):
        starts.append(test.channels[1].clock.offset_second)
        times = test.recordings[1].samples.collect()["test_time_second"]
        assert test.channels[0].clock == Clock()
        assert times[0] == 0
        assert times.is_sorted()
        gap = times[-1] - test.samples["test_time_second"][-1]
        assert gap == pytest.approx(starts[-1], abs=2e-6)
    assert -2 <= min(starts) < -1
    assert 1 < max(starts) <= 2


def test_a_clock_started_earlier_counts_its_longer_rest() -> None:
    programme = Programme(rest_start_second=100.0)
    test = pack_test(1, series=2, channels=2, programme=programme)
    rest = test.recordings[1].samples.collect().filter(step_count=1)
    lasted = 100 + test.channels[1].clock.offset_second
    assert rest["test_time_second"][-1] == pytest.approx(lasted, abs=1e-6)
    counted = rest["step_charging_capacity_ah"][-1] - rest["step_discharging_capacity_ah"][-1]
    assert counted == pytest.approx(test.channels[1].tester.current_offset_ampere * lasted / 3600, abs=1.1e-7)


def test_test_says_that_the_currents_add_up(two: SyntheticTest) -> None:
    assert two.recording is two.recordings[0]
    assert two.test.channels_in_parallel
    assert two.test.recordings == two.recordings
    assert not pack_test(9, series=SERIES).test.channels_in_parallel
    assert [each.instrument.id for each in two.recordings] == ["synthetic-9", "synthetic-9-channel-2"]
    assert len({each.id for each in two.recordings}) == 2


def test_cells_are_in_the_first_file_only(two: SyntheticTest) -> None:
    second = two.recordings[1]
    assert [name for name in two.samples.columns if WIDE_CELL.fullmatch(name)]
    assert not [name for name in second.samples.collect_schema() if WIDE_CELL.fullmatch(name)]
    assert second.instrument.taps is UNKNOWN


def test_one_channel_is_left_as_it_is() -> None:
    tester = Tester.draw(3)
    (only,) = draw_channels([tester], [3], 100.0)
    assert only == Channel(tester, 1.0, Clock())
    assert together([only]) is tester


@pytest.mark.parametrize("wrong", [0, 17])
def test_impossible_numbers_of_channels_are_refused(wrong: int) -> None:
    with pytest.raises(UsageError, match="channels"):
        pack_test(1, series=2, channels=wrong)
