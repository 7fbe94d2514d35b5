"""Readings of all cells at one moment: value, slope and noise of a line through what each answered."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hwan.core import Finding
from hwan.health import analyse
from hwan.health._cells import Cells
from hwan.health._readings import _line_at_end, log_interval, readings_at

SINCE = np.arange(-9.0, 1.0)
LINE = 3.5 + 0.001 * SINCE


def test_a_line_is_read_at_its_end():
    value, slope, noise = _line_at_end(SINCE, np.column_stack([LINE, 2 * LINE]), 0.0)
    assert value == pytest.approx([3.5, 7.0])
    assert slope == pytest.approx([0.001, 0.002])
    assert noise == pytest.approx(0, abs=1e-12)


def test_each_cell_has_its_own_line_through_what_it_answered():
    volts = np.column_stack([LINE, LINE + 0.1, LINE + 0.2, LINE + 0.3])
    volts[::2, 1] = np.nan
    volts[1:, 2] = np.nan
    volts[:, 3] = np.nan
    value, slope, _ = _line_at_end(SINCE, volts, 0.0)
    assert value[:3] == pytest.approx([3.5, 3.6, 3.7 - 0.009])
    assert slope[:3] == pytest.approx([0.001, 0.001, 0])
    assert np.isnan(value[3])


def test_the_standard_error_is_that_of_drawn_noise():
    """Of a line through n points at its end: sigma·sqrt((4n - 2)/(n(n + 1))); three points are enough to tell it."""
    random = np.random.default_rng(2)
    for count in (3, 5, 10):
        volts = 3.6 + random.normal(0, 1e-3, (count, 2000))
        value, _, noise = _line_at_end(np.arange(count) - count + 1.0, volts, 0.0)
        expected = 1e-3 * np.sqrt((4 * count - 2) / (count * (count + 1)))
        assert value.std() == pytest.approx(expected, rel=0.05)
        assert noise == pytest.approx(expected, rel=0.06)


def test_readings_that_stand_still_are_off_by_their_rounding_however_many():
    volts = np.full((1000, 3), 3.601)
    _, _, noise = _line_at_end(np.arange(-999.0, 1.0), volts, 1e-3)
    assert noise == pytest.approx(1e-3 / np.sqrt(12))


def test_rounding_that_noise_dithers_is_in_the_noise_already():
    volts = np.round(3.6004 + np.random.default_rng(4).normal(0, 1e-3, (400, 50)), 3)
    value, _, noise = _line_at_end(np.arange(-399.0, 1.0), volts, 1e-3)
    assert noise == pytest.approx(np.sqrt(1e-6 + 1e-6 / 12) * 2 / np.sqrt(400), rel=0.1)
    assert value.mean() == pytest.approx(3.6004, abs=1e-4)


@pytest.mark.parametrize("rows", [1, 2])
def test_of_a_reading_or_two_the_last_counts(rows):
    value, slope, noise = _line_at_end(SINCE[-rows:], LINE[-rows:, None], 1e-3)
    assert value.tolist() == [3.5]
    assert slope.tolist() == [0]
    assert noise == pytest.approx(1e-3 / np.sqrt(12))


@pytest.fixture
def analysis(record):
    second = np.arange(0.0, 100.0)
    cells = {"cell_001_voltage_volt": 3.5 + 0.001 * second, "cell_002_voltage_volt": 3.6 + 0.002 * second}
    found = analyse(record(second, sum(cells.values()), np.full(100, 10.0), **cells))
    assert isinstance(found.data.cells, Cells)
    return found


def joined_finding(first_cell, half_width, interval):
    values = {"first_cell": first_cell, "half_width_second": half_width, "interval_second": interval}
    return Finding("cell_log_joined", "note", "log", values | {"resolution_volt": 0.0})


def test_readings_are_those_of_the_window_before_the_moment(analysis):
    found = readings_at(analysis, analysis.data.cells, 80, 0, 30.0)
    assert found.volts == pytest.approx([3.58, 3.76])
    assert (found.first_sample, found.last_sample) == (50, 80)
    assert found.heard
    assert readings_at(analysis, analysis.data.cells, 80, 71, 30.0).first_sample == 71
    assert readings_at(analysis, analysis.data.cells, 80, 0, 0.5).first_sample == 78  # three samples at least
    assert readings_at(analysis, analysis.data.cells, 0, 0, 30.0).volts == pytest.approx([3.5, 3.6])


def test_the_doubt_of_a_logs_clock_moves_its_own_cells_by_their_slopes(analysis):
    findings = (joined_finding(1, 0.5, 1.0), joined_finding(2, 2.0, 5.0))
    joined = replace(analysis, recording=replace(analysis.recording, findings=findings))
    found = readings_at(joined, analysis.data.cells, 80, 0, 30.0)
    assert found.clock_volt == pytest.approx([0.0005, 0.004])
    assert log_interval(joined, analysis.data.cells) == 5.0
    assert log_interval(analysis, analysis.data.cells) == 0.0
    assert readings_at(analysis, analysis.data.cells, 80, 0, 30.0).clock_volt.tolist() == [0, 0]


def test_a_slow_logs_reading_counts_once(record):
    """Ten rows between two readings of a log carry the noise of two, not of ten."""
    random = np.random.default_rng(6)
    second = np.arange(0.0, 400.0)
    own = 3.6 + random.normal(0, 1e-3, (41, 8))
    cells = {
        f"cell_{number + 1:03d}_voltage_volt": np.interp(second, np.arange(0.0, 410.0, 10), own[:, number])
        for number in range(8)
    }
    found = analyse(record(second, sum(cells.values()), np.zeros(400), **cells))
    slow = replace(found, recording=replace(found.recording, findings=(joined_finding(1, 0.0, 10.0),)))
    once, often = (readings_at(each, found.data.cells, 390, 0, 100.0).noise_volt[0] for each in (slow, found))
    assert once > 1.5 * often
    assert once == pytest.approx(1e-3 * 2 / np.sqrt(11), rel=0.5)
