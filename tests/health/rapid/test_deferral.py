from __future__ import annotations

import numpy as np
import pytest

from hwan.health.rapid._deferral import (
    by_limit,
    by_tolerance,
    coverage_band,
    interval_score,
    minutes_per_battery,
    upper_bound,
)


def test_a_limit_outside_the_interval_is_decided_and_the_wrong_side_counted() -> None:
    truth = np.array([0.85, 0.75, 0.79, 0.82])
    low, high = np.array([0.82, 0.70, 0.81, 0.78]), np.array([0.88, 0.78, 0.85, 0.86])
    found = by_limit(truth, low, high, ["a", "b", "c", "d"], 0.8)
    assert (found.decided, found.wrong_rows, found.decided_rows) == (0.75, 1, 3)
    assert found.upper == pytest.approx(upper_bound(1, 3))


def test_rows_of_one_cell_are_one_piece_of_evidence() -> None:
    truth, low, high = np.full(100, 0.9), np.full(100, 0.85), np.full(100, 0.95)
    assert by_limit(truth, low, high, np.zeros(100), 0.8).upper == pytest.approx(0.95)
    assert by_limit(truth, low, high, np.arange(100), 0.8).upper < 0.03


def test_what_is_outside_the_population_is_never_decided() -> None:
    known = np.array([True, False])
    assert by_limit([0.9, 0.9], [0.85, 0.85], [0.95, 0.95], ["a", "b"], 0.8, known=known).decided == 0.5
    assert by_tolerance([0.9, 0.9], [0.9, 0.9], [0.01, 0.01], ["a", "b"], 0.03, known=known).decided == 0.5


def test_a_tolerance_is_decided_by_the_half_width_and_wrong_by_the_error() -> None:
    found = by_tolerance([0.90, 0.90, 0.90], [0.91, 0.94, 0.80], [0.02, 0.02, 0.05], ["a", "b", "c"], 0.03)
    assert (found.decided_rows, found.wrong_rows, found.wrong_cells) == (2, 1, 1)


def test_minutes_count_the_full_tests_of_what_was_deferred() -> None:
    found = by_limit([0.9, 0.8], [0.85, 0.75], [0.95, 0.85], ["a", "b"], 0.8)
    assert minutes_per_battery(found, {"rapid": 28, "full": 488}) == 28 + 0.5 * 488


def test_the_interval_score_fines_misses_by_their_size() -> None:
    np.testing.assert_allclose(interval_score([0.9, 1.0], [0.8, 0.8], [0.92, 0.92], 0.9), [0.12, 0.12 + 20 * 0.08])


def test_the_coverage_band_draws_cells_not_rows() -> None:
    covered = np.repeat([1.0] * 18 + [0.0] * 2, 50)
    share, low, high = coverage_band(covered, np.repeat(np.arange(20), 50))
    assert share == pytest.approx(0.9)
    assert high - low > 0.15  # a band of rows would be 0.03 wide
