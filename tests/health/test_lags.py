"""Charge to go, on a straight curve where it can be reckoned by hand."""

from __future__ import annotations

import numpy as np
import pytest

from hwan.core import BatteryType, TapAccuracy
from hwan.health import analyse
from hwan.health._discharge import runs
from hwan.health._lags import CURVE_SHARE, Curve, Lags, lags, of_own_size
from hwan.health._readings import Readings

EXACT = TapAccuracy("exact", 0.0, 0.0, "")
# 10 Ah per volt: 10 A for half an hour are 5 Ah and half a volt, and the current moves 0.1 V more.
SECONDS = np.arange(1.0, 1801.0)


def readings(*volts):
    none = np.zeros(len(volts))
    return Readings(tuple(range(1, len(volts) + 1)), np.array(volts), none, none, 0, 0)


@pytest.fixture
def discharge(record):
    """A discharge of three cells from 3.5 V, the first lowest; a rest before and after."""
    second = np.arange(1.0, 2401.0)
    ampere = np.where((second > 300) & (second <= 2100), -10.0, 0.0)
    course = 3.6 + np.cumsum(ampere) / 36_000 + 0.01 * ampere
    cells = {f"cell_{number:03d}_voltage_volt": course + above for number, above in ((1, 0.0), (2, 0.05), (3, 0.2))}
    analysis = analyse(record(second, sum(cells.values()), ampere, **cells), BatteryType(series_count=3))
    (run,) = runs(analysis.steps)
    return analysis, run


END, RESTED = (3.0, 3.05, 3.2), (3.1, 3.15, 3.3)


def test_on_a_straight_curve_a_cells_lag_is_its_voltage_times_the_slope(discharge):
    found = lags(*discharge, readings(*END), readings(*RESTED), EXACT, 0.1)
    assert found.limiting == 0
    assert found.central_ah == pytest.approx([0, 0.5, 2.0], rel=1e-2)
    assert found.low_ah == pytest.approx((1 - CURVE_SHARE) * found.central_ah)
    assert found.high_ah == pytest.approx((1 + CURVE_SHARE) * found.central_ah)


def test_rested_voltages_are_compared_so_that_a_resistance_is_no_lag(discharge):
    """The second cell's resistance drops it below the limit's neighbour, and yet it has as much to go."""
    found = lags(*discharge, readings(3.0, 3.01, 3.2), readings(*RESTED), EXACT, 0.1)
    assert found.central_ah[1] == pytest.approx(0.5, rel=1e-2)


def test_the_taps_errors_widen_a_lag_by_the_slope(discharge):
    """Two uniform offsets of ±3 mV: standard deviation sqrt(6) mV, at two sigma and 10 Ah/V."""
    taps = TapAccuracy("taps", 0.0, 3e-3, "")
    found = lags(*discharge, readings(*END), readings(*RESTED), taps, 0.1)
    half = 2 * np.sqrt(6) * 1e-3 * 10
    assert found.low_ah[2] == pytest.approx((2.0 - half) * (1 - CURVE_SHARE), rel=1e-2)
    assert found.high_ah[2] == pytest.approx((2.0 + half) * (1 + CURVE_SHARE), rel=1e-2)
    assert (found.low_ah[0], found.central_ah[0], found.high_ah[0]) == (0, 0, 0)


def test_a_cell_beyond_the_curve_has_at_least_all_of_it_to_go(discharge):
    found = lags(*discharge, readings(*END), readings(3.1, 3.15, 3.9), EXACT, 0.1)
    assert np.isinf([found.central_ah[2], found.high_ah[2]]).all()
    # 85 % of 5 Ah: the first 15 % of the run are left out of the curve.
    assert found.low_ah[2] == pytest.approx(0.85 * 5 * (1 - CURVE_SHARE), rel=1e-2)


def test_of_a_silent_cell_nothing_is_known_and_without_the_limiting_cell_of_none(discharge):
    found = lags(*discharge, readings(3.0, np.nan, 3.2), readings(3.1, np.nan, 3.3), EXACT, 0.1)
    assert (found.low_ah[1], found.central_ah[1], found.high_ah[1]) == (0, np.inf, np.inf)
    assert found.central_ah[2] == pytest.approx(2.0, rel=1e-2)
    assert lags(*discharge, readings(*END), readings(np.nan, 3.15, 3.3), EXACT, 0.1) is None


def test_an_unknown_drop_leaves_a_curve_without_a_hold_as_it_is(discharge):
    known, unknown = (lags(*discharge, readings(*END), readings(*RESTED), EXACT, drop) for drop in (0.1, np.nan))
    assert unknown.central_ah == pytest.approx(known.central_ah)


def test_a_hold_is_crossed_by_its_charge(record):
    """10 A to 4.1 V, 0.1 V of it the current's; then held while 0.5 Ah flow: 10 Ah/V all along."""
    second = np.arange(1.0, 3001.0)
    ampere = np.where((second > 300) & (second <= 1800), 10.0, 0.0)
    hold = (second > 1800) & (second <= 2400)
    ampere[hold] = 10 * np.exp(-(second[hold] - 1800) / 180)
    course = 3.5 + np.cumsum(ampere) / 36_000
    volt = course + 0.01 * ampere
    volt[hold] = volt[1799]
    cells = {"cell_001_voltage_volt": volt, "cell_002_voltage_volt": volt - 0.02}
    analysis = analyse(record(second, sum(cells.values()), ampere, **cells))
    (run,) = runs(analysis.steps)
    end = course[-1]
    found = lags(analysis, run, readings(volt[2399], volt[2399] - 0.02), readings(end, end - 0.1), EXACT, 0.1)
    assert found.central_ah == pytest.approx([0, 1.0], rel=0.02)


def test_a_run_without_a_constant_current_has_no_curve(record, discharge):
    second = np.array([0.0, 1.0, 2.0, 3.0])
    cells = {"cell_001_voltage_volt": [3.6, 3.5, 3.4, 3.6], "cell_002_voltage_volt": [3.6, 3.6, 3.6, 3.6]}
    total = np.sum(list(cells.values()), axis=0)
    analysis = analyse(record(second, total, [0.0, -1.0, -1.0, 0.0], **cells))
    run = runs(analysis.steps)[0]
    assert lags(analysis, run, readings(3.4, 3.6), readings(3.6, 3.6), EXACT, 0.1) is None


def test_a_curve_is_infinite_below_and_ends_above():
    curve = Curve(np.array([2.0, 1.0, 0.0]), np.array([3.0, 3.1, 3.2]))
    assert curve.to_go(np.array([2.9, 3.05, 3.3])).tolist() == pytest.approx([np.inf, 1.5, 0])
    assert curve.at_least(np.array([2.9, 3.05, 3.3])).tolist() == pytest.approx([2.0, 1.5, 0])


def test_a_lag_grows_with_the_cell_it_is_of():
    """Both ends are limited by the first cell of 10 Ah; the other has 12 Ah, of 10 that flowed."""
    full = Lags(0, *(np.array([0.0, 0.5]) for _ in range(3)))
    empty = Lags(0, *(np.array([0.0, 1.5]) for _ in range(3)))
    for found, before in zip(of_own_size(10.0, full, empty), (full, empty), strict=True):
        assert found.central_ah == pytest.approx(1.2 * before.central_ah)
    # The size is over that of the cell that met the limit, also where another has no more to go than that.
    tied = Lags(1, *(np.array([0.0, 0.0]) for _ in range(3)))
    assert of_own_size(10.0, tied, Lags(0, *(np.array([0.0, 2.0]) for _ in range(3))))[0].central_ah.tolist() == [0, 0]
    scaled = of_own_size(10.0, Lags(1, *(np.array([1.0, 0.0]) for _ in range(3))), empty)[0]
    assert scaled.central_ah[0] == pytest.approx(1.0 * 11 / 11.5)
