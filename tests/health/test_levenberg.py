"""Many small least squares at once, against curves whose parameters are known."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from hwan.health._levenberg import Floats, Normal, Rows, levenberg_marquardt

T = np.linspace(0, 3, 40)


def decays(data: Floats) -> Normal:
    """Normal equations of a·exp(−k t) to rows of data."""

    def normal(at: Floats, rows: Rows) -> tuple[Floats, Floats, Floats]:
        shape = np.exp(-at[:, 1:] * T)
        residual = at[:, :1] * shape - data[rows]
        jacobian = np.stack((shape, -at[:, :1] * T * shape), axis=2)
        return (
            np.sum(residual**2, axis=1),
            np.einsum("mnp,mn->mp", jacobian, residual),
            np.einsum("mnp,mnq->mpq", jacobian, jacobian),
        )

    return normal


@pytest.fixture
def truth() -> Floats:
    generator = np.random.default_rng(5)
    return np.column_stack((generator.uniform(1e-3, 1e3, 200), generator.uniform(0.2, 4, 200)))


def test_every_row_finds_its_own_parameters(truth: Floats) -> None:
    data = truth[:, :1] * np.exp(-truth[:, 1:] * T)
    found = levenberg_marquardt(decays(data), np.ones_like(truth), np.array([0.0, 0.0]), np.array([1e4, 10.0]))
    assert_allclose(found.parameters, truth, rtol=1e-4)
    assert found.converged.all()


def test_a_bound_is_kept_and_the_other_parameter_still_fitted(truth: Floats) -> None:
    data = truth[:, :1] * np.exp(-truth[:, 1:] * T)
    most = np.array([1e4, 1.0])
    found = levenberg_marquardt(decays(data), np.column_stack((truth[:, 0], np.full(200, 0.5))), np.zeros(2), most)
    fast = truth[:, 1] > 1
    assert (found.parameters[fast, 1] == 1.0).all()
    shape = np.exp(-T)
    best = data[fast] @ shape / (shape @ shape)
    assert_allclose(found.parameters[fast, 0], best, rtol=1e-3)


def test_rows_do_not_depend_on_their_neighbours(truth: Floats) -> None:
    data = truth[:, :1] * np.exp(-truth[:, 1:] * T)
    start, most = np.ones_like(truth), np.array([1e4, 10.0])
    together = levenberg_marquardt(decays(data), start, np.zeros(2), most).parameters
    alone = levenberg_marquardt(decays(data[7:8]), start[7:8], np.zeros(2), most).parameters
    assert_allclose(together[7:8], alone, rtol=1e-12)
