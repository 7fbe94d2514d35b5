"""The compiled loops and their NumPy forms are one function, and the slopes are those of the residual."""

from __future__ import annotations

import numpy as np
import pytest

from hwan.health.modes import _discrepancy as discrepancy
from hwan.health.modes import _kernel as kernel
from hwan.health.modes import degradation_modes_batch
from hwan.health.modes._curve import prepared
from hwan.health.modes._problem import problem


@pytest.fixture
def numpy_only(monkeypatch):
    without_machine(monkeypatch)


def without_machine(monkeypatch):
    for module, name in ((kernel, "equations"), (kernel, "costs"), (discrepancy, "erring")):
        monkeypatch.setattr(module, f"machine_{name}", lambda: None)


@pytest.fixture
def given(layered):
    return problem([prepared(layered.curve((0.1, 0.05, 0.02), seed=k)) for k in range(2)], layered.electrodes(0.005))


AT = np.array([[0.03, 0.8, 0.9, 0.75, 0.0], [0.05, 0.7, 0.95, 0.8, 0.0], [-0.02, 1.1, 1.02, 0.6, 0.0]])
CURVE = np.array([0, 1, 1])


@pytest.mark.skipif(kernel.machine_equations() is None, reason="numba is not installed")
def test_both_forms_of_the_normal_equations_agree(given, monkeypatch):
    def both():
        found = kernel.normal_equations(AT, CURVE, given.points, given.negative, given.positive)
        cost = kernel.costs(AT, CURVE, given.points, given.negative, given.positive)
        shared = np.random.default_rng(1).standard_normal((3, discrepancy.ERRORS))
        tables = (given.points, given.negative, given.positive, discrepancy.Errors(0.005, 0.004))
        return (*found, cost, *discrepancy.equations(AT, shared, CURVE, *tables))

    fast = both()
    without_machine(monkeypatch)
    for one, other in zip(fast, both(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-9 * np.abs(other).max())


@pytest.mark.usefixtures("numpy_only")
def test_the_derivatives_are_those_of_the_residual(given):
    shared = np.random.default_rng(2).standard_normal((3, discrepancy.ERRORS))
    tables = (given.points, given.negative, given.positive, discrepancy.Errors(0.005, 0.004))
    _, slope = discrepancy.equations(AT[:1], shared[:1], CURVE[:1], *tables)
    for place in (0, 1, 2, 3, 5, 20, 21, 30, 38):
        step = 1e-7 if place < 5 else 1e-4
        moved = [np.concatenate((AT[:1], shared[:1]), axis=1) for _ in range(2)]
        moved[0][:, place] -= step
        moved[1][:, place] += step
        low, high = (discrepancy.equations(each[:, :5], each[:, 5:], CURVE[:1], *tables)[0] for each in moved)
        difference = (high - low) / (2 * step)
        # Where a point crosses a node of the table between the two, its slope is either side's.
        near = np.abs(difference - slope[:, :, place]) <= 1e-4 * np.abs(slope[:, :, place]).max()
        assert near.mean() > 0.97


@pytest.mark.parametrize("error", [1e-6, 0.005])
def test_the_numpy_form_gives_the_same_losses(layered, error, request):
    curves, fresh = [layered.curve((0.1, 0.05, 0.02), points=120)], [layered.curve(points=120, seed=4)]
    fast = degradation_modes_batch(curves, layered.electrodes(error), fresh=fresh)
    request.getfixturevalue("numpy_only")
    slow = degradation_modes_batch(curves, layered.electrodes(error), fresh=fresh)
    for name in fast.columns:
        if fast[name].dtype.is_float():
            one, other = fast[name].fill_null(-9.0).to_list(), slow[name].fill_null(-9.0).to_list()
            assert other == pytest.approx(one, rel=1e-4, abs=1e-6)
