"""The closed forms of the fit against what they stand for."""

from __future__ import annotations

import numpy as np
import pytest

from hwan.health.rapid import _network
from hwan.health.rapid._fit import SHARED, Widths, _Task, fit_widths, group_means, reduced
from hwan.health.rapid._spread import fit_spread


@pytest.fixture(scope="module")
def task() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(5)
    inputs = random.normal(size=(60, 4))
    target = 4 * np.sin(inputs[:, 0]) + inputs[:, 1] + random.normal(0, 0.5, 60)
    return inputs, target, np.repeat(np.arange(12), 5)


def test_the_gradient_of_the_left_out_loss_is_its_slope(task) -> None:
    inputs, target, owner = task
    groups = [np.flatnonzero(owner == each) for each in range(12)]
    one = _Task(inputs, target, groups, inputs @ inputs.T / 4, 100.0 + SHARED * (owner[:, None] == owner))
    first = np.log(np.r_[3.0, 2.0, np.full(4, 3.0)])
    place = first + np.random.default_rng(1).normal(0, 0.2, 6)
    _, slopes = one.loss(place, first)
    for number in range(6):
        step = 1e-5 * np.eye(6)[number]
        slope = (one.loss(place + step, first)[0] - one.loss(place - step, first)[0]) / 2e-5
        assert slopes[number] == pytest.approx(slope, rel=1e-4, abs=1e-6)


def test_a_left_out_cell_is_predicted_as_if_it_had_not_been_there(task) -> None:
    inputs, target, owner = task
    target = np.repeat(target[::5], 5)  # one health a cell
    widths = Widths(3.0, 2.0, np.full(4, 2.0))
    fitted = reduced(inputs, target, owner, widths)
    out = owner == 7
    # On the same points, without the cell's rows: the points are means of groups and stay.
    again = _on_points(inputs[~out], target[~out], owner[~out], fitted.points, widths)
    predicted = again(inputs[out])
    np.testing.assert_allclose(target[out] - predicted, fitted.left_out_points[out], rtol=1e-6, atol=1e-8)


def _on_points(inputs, target, owner, points, widths):
    values, vectors = np.linalg.eigh(widths.kernel(points, points))
    kept = values > 1e-8 * values.max()
    root = vectors[:, kept] / np.sqrt(values[kept])

    def design(rows):
        plane = rows * (widths.slope / np.sqrt(rows.shape[1]))
        return np.column_stack([widths.kernel(rows, points) @ root, plane, np.full(len(rows), 10.0)])

    known, shared = design(inputs), np.eye(len(owner)) + SHARED * (owner[:, None] == owner)
    weighed = np.linalg.solve(shared, known).T
    solved = np.linalg.solve(weighed @ known + np.eye(known.shape[1]), weighed @ target)
    return lambda rows: design(rows) @ solved


def test_fitted_widths_predict_left_out_cells_better_than_the_first(task) -> None:
    inputs, target, owner = task
    first = Widths(3.0, 2.0, np.full(4, 3.0))
    fitted = fit_widths(inputs, target, owner)
    before, after = (np.abs(reduced(inputs, target, owner, each).left_out_points).mean() for each in (first, fitted))
    assert after < before
    assert fitted.lengths[2:].min() > fitted.lengths[0]  # what says nothing is stretched out


def test_no_point_of_the_kernel_is_a_row_of_the_data(task) -> None:
    inputs = task[0]
    points = group_means(inputs, np.ones(4), 0)
    nearest = np.linalg.norm(points[:, None] - inputs[None], axis=2).min(axis=1)
    assert len(points) >= 3
    assert nearest.min() > 0.05


def test_the_gradient_of_a_network_is_its_slope(monkeypatch) -> None:
    random = np.random.default_rng(2)
    monkeypatch.setattr(_network, "HIDDEN", (3, 2))
    sizes, inputs, target = (4, 3, 2, 1), random.normal(size=(30, 4)), random.normal(size=30)
    place = _network._first(sizes, random) + random.normal(0, 0.1, 4 * 3 + 3 + 3 * 2 + 2 + 2 + 1)
    _, slopes = _network._loss(place, sizes, inputs, target)
    for number in range(len(place)):
        step = np.zeros(len(place))
        step[number] = 1e-6
        values = [_network._loss(place + sign * step, sizes, inputs, target)[0] for sign in (1, -1)]
        assert slopes[number] == pytest.approx((values[0] - values[1]) / 2e-6, rel=1e-4, abs=1e-8)


def test_the_scale_of_the_error_follows_what_it_depends_on() -> None:
    random = np.random.default_rng(3)
    owner = np.repeat(np.arange(60), 5)
    place = random.normal(size=300)
    errors = random.normal(size=300) * np.exp(-4 + 0.8 * place)
    found = fit_spread(np.column_stack([np.ones(300), place]), errors, owner)
    assert found[1] == pytest.approx(0.8, abs=0.15)


def test_ten_rows_of_a_cell_are_not_ten_witnesses(task) -> None:
    inputs, target, owner = task
    target = np.repeat(target[::5], 5)
    widths = Widths(3.0, 2.0, np.full(4, 2.0))
    apart, shared = (reduced(inputs, target, one, widths) for one in (np.arange(60), owner))
    assert np.abs(shared.slopes).sum() < np.abs(apart.slopes).sum()
