from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import kstest

from hwan.core import AccuracyClass, TapAccuracy, UsageError
from hwan.synthetic import Bms, pack_test
from hwan.synthetic._bms import draw_systems


def test_cells_are_shared_out_in_order() -> None:
    for count, expected in ((1, [(1, 8)]), (2, [(1, 5), (5, 8)]), (3, [(1, 4), (4, 6), (6, 8)])):
        systems = draw_systems(Bms(count=count), [1], 7)
        assert [(each.cells.start, each.cells.stop) for each in systems] == expected
        assert all(len(each.voltage_gains) == len(each.cells) for each in systems)


def test_own_numbers_begin_at_one_in_each_log() -> None:
    first, second = draw_systems(Bms(), [1], 96)
    assert (first.own_number(1), first.own_number(48), first.own_number(49)) == (1, 48, 0)
    assert (second.own_number(48), second.own_number(49), second.own_number(96)) == (0, 1, 48)


@pytest.mark.parametrize(
    ("drawn", "limit"),
    [("current_gain", "current_gain"), ("current_offset_ampere", "current_offset_ampere")],
)
def test_sensors_are_uniform_within_their_limits(drawn: str, limit: str) -> None:
    bms = Bms()
    found = np.array([getattr(each, drawn) for seed in range(600) for each in draw_systems(bms, [seed], 2)])
    assert kstest(found / getattr(bms, limit), "uniform", args=(-1, 2)).pvalue > 1e-3


def test_taps_and_clocks_are_uniform_within_their_limits() -> None:
    bms = Bms()
    systems = [each for seed in range(600) for each in draw_systems(bms, [seed], 4)]
    drawn = {
        "clock_offset_second": [each.clock.offset_second for each in systems],
        "clock_drift": [each.clock.drift for each in systems],
        "voltage_gain": [gain for each in systems for gain in each.voltage_gains],
        "voltage_offset_volt": [offset for each in systems for offset in each.voltage_offsets_volt],
    }
    for name, found in drawn.items():
        assert kstest(np.array(found) / getattr(bms, name), "uniform", args=(-1, 2)).pvalue > 1e-3, name
    phases = np.array([each.phase_second for each in systems])
    assert 0 <= phases.min() < 0.05
    assert 0.95 < phases.max() < 1


def test_the_log_states_its_limits_and_not_the_draw() -> None:
    test = pack_test(3, series=5, bms=Bms())
    for number, (log, system) in enumerate(zip(test.logs, test.systems, strict=True), 1):
        assert log.instrument.id == f"synthetic-3-bms-{number}"
        assert isinstance(log.instrument.taps, TapAccuracy)
        assert (log.instrument.taps.id, log.instrument.taps.voltage_gain) == ("synthetic/bms", 5e-4)
        assert log.instrument.taps.voltage_offset_volt == 2e-3
        assert isinstance(log.instrument.accuracy, AccuracyClass)
        assert log.instrument.accuracy.current_offset_ampere == 0.2
        assert log.instrument.accuracy.voltage_offset_volt == pytest.approx(2e-3 * len(system.cells))
        assert str(system.clock.offset_second) not in repr(log)


@pytest.mark.parametrize(
    "wrong",
    [
        {"count": 0},
        {"sampling_second": 0.0},
        {"voltage_gain": -1e-3},
        {"clock_offset_second": 7200},
        {"clock_drift": 0.5},
        {"current_noise_ampere": float("nan")},
    ],
)
def test_impossible_systems_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError, match=f"bms.{next(iter(wrong))}"):
        Bms(**wrong)  # type: ignore[arg-type]


def test_more_systems_than_cells_are_refused() -> None:
    with pytest.raises(UsageError, match=r"bms\.count"):
        pack_test(1, series=1, bms=Bms())
