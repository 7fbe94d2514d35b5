"""Fitting a kernel to cells: its widths are those that predict a cell best which was left out.

Rows of one cell share their label, so an ordinary likelihood learns to recognise cells. What counts is the
error on a cell whose rows were all left out, and for kernel ridge regression that error, and its gradient, has
a closed form: no cell is ever really left out. Then the rows are replaced by the means of groups of rows, so
that the model holds no row of the data, and the errors are taken anew.

A cell answers otherwise than its like at every state of charge: part of the error is the cell's. Ten rows of it
are therefore no ten witnesses of its health, while they do show what the state of charge changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hwan.health.rapid._protocol import Floats

POINTS: Final = 160
LEAST_IN_POINT: Final = 3
"""The mean of fewer rows would be nearly one of them."""
LEVEL_POINTS: Final = 10.0
"""Standard deviation of the unknown level, in points of state of health."""
HUBER_POINTS: Final = 3.0
"""An error beyond counts by its size, not its square: a few strange cells must not choose the widths."""
SHARED: Final = 0.5
"""Variance of the error that all rows of a cell of one health share, over that of each row."""
FIRST_WIDTH: Final = 1.5
FIRST_BEND: Final = 3.0
FIRST_SLOPE: Final = 2.0
PULL: Final = 0.05
"""How much straying of the logarithm of a width from its first value costs, in squared points per unit."""
ITERATIONS: Final = 25
PER_POINT: Final = 100.0
Owners = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Widths:
    """Amplitudes in points, of the bent and of the plane part, and the width along each feature."""

    bend: float
    slope: float
    lengths: Floats

    def kernel(self, one: Floats, two: Floats) -> Floats:
        """Return the bent part of the kernel between rows, shape (rows of one, rows of two)."""
        own, others = one / self.lengths, two / self.lengths
        squares = (own**2).sum(axis=1)[:, None] + (others**2).sum(axis=1) - 2 * own @ others.T
        found: Floats = self.bend**2 * np.exp(-0.5 * np.maximum(squares, 0))
        return found


def fit_widths(inputs: Floats, target_points: Floats, owner: Owners, iterations: int = ITERATIONS) -> Widths:
    """Return the widths under which left-out cells are predicted best.

    Parameters
    ----------
    inputs
        Scaled features, shape (rows, features).
    target_points
        State of health less its mean, in points, shape (rows,).
    owner
        Number of the cell of each row, from 0, shape (rows,).
    iterations
        Of the optimiser at most.
    """
    from scipy.optimize import minimize

    count = inputs.shape[1]
    first = np.log(np.r_[FIRST_BEND, FIRST_SLOPE, np.full(count, FIRST_WIDTH * np.sqrt(count))])
    groups = [np.flatnonzero(owner == each) for each in range(owner.max() + 1)]
    one = _healths(owner, target_points)
    known = LEVEL_POINTS**2 + SHARED * (one[:, None] == one)
    task = _Task(inputs, target_points, groups, inputs @ inputs.T / count, known)
    limits = [(-4.0, 6.0)] * 2 + [(-2.0, 5.0)] * count
    found = minimize(
        task.loss, first, (first,), jac=True, method="L-BFGS-B", bounds=limits, options={"maxiter": iterations}
    )
    bend, slope, *lengths = np.exp(found.x)
    return Widths(float(bend), float(slope), np.array(lengths))


@dataclass(frozen=True, slots=True)
class _Task:
    inputs: Floats
    target: Floats
    groups: list[NDArray[np.int64]]
    plane: Floats
    known: Floats

    def loss(self, place: Floats, first: Floats) -> tuple[float, Floats]:
        """Return the mean loss over cells left out, and its gradient in the logarithms `place`."""
        bend, slope, *lengths = np.exp(place)
        bent = Widths(bend, slope, np.array(lengths)).kernel(self.inputs, self.inputs)
        inverse = _inverse(bent + slope**2 * self.plane + self.known)
        solved = inverse @ self.target
        blocks = [np.asarray(np.linalg.inv(inverse[np.ix_(group, group)]), dtype=float) for group in self.groups]
        left = np.empty_like(self.target)
        weight = np.empty_like(self.target)
        for group, block in zip(self.groups, blocks, strict=True):
            left[group] = block @ solved[group]
            weight[group] = 1 / len(group)
        grown = np.sqrt(1 + (left / HUBER_POINTS) ** 2)
        total = float((HUBER_POINTS**2 * (grown - 1) * weight).sum()) / len(self.groups)
        change = self._sensitivity(inverse, solved, left, weight * left / grown, blocks)
        slopes = self._slopes(change, bent, slope, np.array(lengths)) / len(self.groups)
        pull = PULL * np.r_[1 / 9, 1 / 9, np.full(len(lengths), 4.0)] * (place - first)
        return total + 0.5 * float(pull @ (place - first)), slopes + pull

    def _sensitivity(
        self, inverse: Floats, solved: Floats, left: Floats, pushed: Floats, blocks: list[Floats]
    ) -> Floats:
        """Return the derivative of the loss in each entry of the kernel matrix, symmetric."""
        right, other = np.zeros((len(left), len(blocks))), np.zeros((len(left), len(blocks)))
        weighed = np.empty_like(left)
        for column, (group, block) in enumerate(zip(self.groups, blocks, strict=True)):
            weighed[group] = block @ pushed[group]
            right[:, column] = inverse[:, group] @ left[group]
            other[:, column] = inverse[:, group] @ weighed[group]
        change = right @ other.T - np.outer(inverse @ weighed, solved)
        return (change + change.T) / 2

    def _slopes(self, change: Floats, bent: Floats, slope: float, lengths: Floats) -> Floats:
        moved = change * bent
        squared = (self.inputs**2 * moved.sum(axis=1)[:, None]).sum(axis=0)
        crossed = (self.inputs * (moved @ self.inputs)).sum(axis=0)
        ends = [2 * moved.sum(), 2 * slope**2 * (change * self.plane).sum()]
        found: Floats = np.r_[ends, 2 * (squared - crossed) / lengths**2]
        return found


def _inverse(kernel: Floats) -> Floats:
    from scipy.linalg import cho_factor, cho_solve

    kernel[np.diag_indices(len(kernel))] += 1.0
    found: Floats = cho_solve(cho_factor(kernel, lower=True, overwrite_a=True), np.eye(len(kernel)))
    return found


@dataclass(frozen=True, slots=True)
class Fitted:
    """A function on the means of groups of rows, and the error of each row with its cell left out, in points."""

    points: Floats
    weights: Floats
    slopes: Floats
    level: float
    left_out_points: Floats


def reduced(inputs: Floats, target_points: Floats, owner: Owners, widths: Widths, seed: int = 0) -> Fitted:
    """Return the fit on group means, with the errors of left-out cells in closed form.

    Parameters are those of :func:`fit_widths`; `seed` is that of the grouping.
    """
    points = group_means(inputs, widths.lengths, seed)
    inner = widths.kernel(points, points)
    values, vectors = np.linalg.eigh(inner)
    kept = values > 1e-8 * values.max()
    root = vectors[:, kept] / np.sqrt(values[kept])
    count = inputs.shape[1]
    design = np.column_stack([
        widths.kernel(inputs, points) @ root, inputs * (widths.slope / np.sqrt(count)),
        np.full(len(inputs), LEVEL_POINTS),
    ])  # fmt: skip
    one = _healths(owner, target_points)
    design = _as_if_apart(design, one, -0.5)
    told = _as_if_apart(target_points[:, None], one, -0.5)[:, 0]
    inverse: Floats = np.asarray(np.linalg.inv(design.T @ design + np.eye(design.shape[1])), dtype=float)
    solved = inverse @ (design.T @ told)
    bent = root @ solved[: root.shape[1]] * widths.bend**2  # for a kernel of height 1
    slopes = solved[root.shape[1] : -1] * (widths.slope / np.sqrt(count))
    residual: Floats = told - design @ solved
    left = _as_if_apart(_left_out(design, inverse, residual, owner)[:, None], one, 0.5)[:, 0]
    return Fitted(points, bent, slopes, float(solved[-1] * LEVEL_POINTS), left)


def _healths(owner: Owners, target_points: Floats) -> Owners:
    """Return a number for each cell at each of its states of health, shape (rows,); digits of rounding are none."""
    _, found = np.unique(np.column_stack([owner, np.round(target_points, 6)]), axis=0, return_inverse=True)
    return found.ravel()


def _as_if_apart(values: Floats, group: Owners, power: float) -> Floats:
    """Return columns times a power of the covariance of errors; at -1/2 their errors are as those of single rows."""
    count = np.bincount(group)
    sums = np.stack([np.bincount(group, column) for column in values.T], axis=1)
    found: Floats = values + (sums * (((1 + SHARED * count) ** power - 1) / count)[:, None])[group]
    return found


def _left_out(design: Floats, inverse: Floats, residual: Floats, owner: Owners) -> Floats:
    """Return the error of each row when the rows of its cell do not take part."""
    found = np.empty_like(residual)
    for cell in range(owner.max() + 1):
        rows = np.flatnonzero(owner == cell)
        own = design[rows] @ inverse @ design[rows].T
        found[rows] = np.linalg.solve(np.eye(len(rows)) - own, residual[rows])
    return found


def group_means(inputs: Floats, lengths: Floats, seed: int) -> Floats:
    """Return the means of groups of neighbouring rows, none of fewer than three, shape (groups, features)."""
    from scipy.cluster.vq import kmeans2

    count = max(1, min(POINTS, len(inputs) // (2 * LEAST_IN_POINT)))
    _, group = (
        kmeans2(inputs / lengths, count, seed=seed, minit="++", missing="warn")
        if count > 1
        else (0, np.zeros(len(inputs), dtype=int))
    )
    sizes = np.bincount(group, minlength=count)
    sums = np.stack([np.bincount(group, column, minlength=count) for column in inputs.T], axis=1)
    kept = sizes >= LEAST_IN_POINT
    found: Floats = sums[kept] / sizes[kept, None]
    return found
