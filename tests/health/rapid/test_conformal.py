from __future__ import annotations

from math import inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwan.health.rapid._conformal import assumed_bound, cell_quantile, least_cells


def test_too_few_cells_have_no_bound_however_many_rows_they_have() -> None:
    scores, cells = np.ones(800), np.repeat(np.arange(8), 100)
    assert cell_quantile(scores, cells, 0.9) == inf
    assert cell_quantile(np.ones(900), np.repeat(np.arange(9), 100), 0.9) == 1.0


def test_a_cell_counts_once_however_often_it_was_tested() -> None:
    """Nineteen good cells and a bad one of a thousand rows: the bad one is a twentieth, not nearly all."""
    scores = np.concatenate([np.full(19, 1.0), np.full(1000, 9.0)])
    cells = np.concatenate([np.arange(19), np.full(1000, 19)])
    assert cell_quantile(scores, cells, 0.9) == 1.0
    assert np.quantile(scores, 0.9) == 9.0


@pytest.mark.parametrize(("count", "rows"), [(10, 50), (12, 6), (30, 6)])
def test_rows_of_a_new_cell_are_covered_as_often_as_said_and_not_always(count: int, rows: int) -> None:
    """Also of few cells with many rows, where the bound that is certain covers 98 %."""
    rng = np.random.default_rng(4)
    covered = []
    for _ in range(1000):
        scale = rng.lognormal(sigma=0.5, size=count + 1)
        scores = np.abs(scale[:, None] * rng.normal(size=(count + 1, rows)))
        bound = cell_quantile(scores[1:].ravel(), np.repeat(np.arange(count), rows), 0.9)
        covered.append((scores[0] <= bound).mean())
    assert 0.88 <= np.mean(covered) <= 0.93


@given(st.lists(st.tuples(st.floats(0, 10), st.integers(0, 40)), min_size=1, max_size=200), st.floats(0.5, 0.95))
def test_order_and_names_of_the_cells_do_not_matter(rows, probability) -> None:
    scores, cells = np.array([each[0] for each in rows]), np.array([each[1] for each in rows])
    order = np.random.default_rng(0).permutation(len(rows))
    again = cell_quantile(scores[order], (97 - cells)[order], probability)
    assert cell_quantile(scores, cells, probability) == again


def test_an_assumed_bound_widens_as_cells_get_fewer() -> None:
    bounds = [assumed_bound(np.ones(4 * count), np.repeat(np.arange(count), 4), 0.9) for count in (2, 4, 10)]
    assert bounds[0] > bounds[1] > bounds[2] > 1.64
    assert assumed_bound(np.ones(4), np.zeros(4), 0.9) == inf


@pytest.mark.parametrize(("probability", "cells"), [(0.9, 9), (0.95, 19), (0.99, 99)])
def test_least_cells_is_the_first_count_with_a_bound(probability: float, cells: int) -> None:
    assert least_cells(probability) == cells
    assert cell_quantile(np.ones(cells), np.arange(cells), probability) == 1.0
    assert cell_quantile(np.ones(cells - 1), np.arange(cells - 1), probability) == inf
