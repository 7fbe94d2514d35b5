"""The members of an estimator, fitted, with what each says of a cell that was left out.

A kernel and a handful of small networks err differently; where they disagree, the answer is less sure. The
kernel and the networks together get shares that predict left-out cells best, pulled towards equal halves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hwan.health.rapid._fit import PER_POINT, fit_widths, reduced
from hwan.health.rapid._model import Kernel, Matrix, Member, Network, Numbers
from hwan.health.rapid._network import fit_network
from hwan.health.rapid._protocol import Floats

NETWORKS: Final = 6
PULL: Final = 0.1
"""How strongly the share of the kernel is pulled to one half: this part of the disagreement's weight."""
SHARES: Final = np.linspace(0, 1, 101)
Owners = NDArray[np.int64]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Answers:
    """What the members say with each row's cell left out, shape (rows, members), and their shares in the sum."""

    left_out: Floats
    shares: Floats


def fit_members(
    inputs: Floats, target: Floats, owner: Owners, fold: Owners, progress: Progress
) -> tuple[tuple[Member, ...], Answers]:
    """Return the members fitted on all rows; inputs scaled, target as fractions around zero.

    The kernel's answers leave out one cell at a time, the networks' one fold of cells at a time.
    """
    count = 1 + NETWORKS * (len(np.unique(fold)) + 1)
    steps = iter(range(1, count + 1))
    progress(0, count)
    kernel, left = _kernel(inputs, target, owner)
    progress(next(steps), count)
    answers = np.column_stack([left, *(np.zeros_like(target) for _ in range(NETWORKS))])
    for place, rows in ((place, fold == each) for each in np.unique(fold) for place in range(NETWORKS)):
        answers[rows, 1 + place] = _network(inputs[~rows], target[~rows], place)(inputs[rows])
        progress(next(steps), count)
    networks = []
    for place in range(NETWORKS):
        networks.append(_network(inputs, target, place))
        progress(next(steps), count)
    return (kernel, *networks), Answers(answers, _shares(answers, target, owner))


def _kernel(inputs: Floats, target: Floats, owner: Owners) -> tuple[Kernel, Floats]:
    points = PER_POINT * target
    widths = fit_widths(inputs, points, owner)
    fitted = reduced(inputs, points, owner, widths)
    kernel = Kernel(
        _matrix(fitted.points),
        _numbers(widths.lengths),
        _numbers(fitted.weights / PER_POINT),
        _numbers(fitted.slopes / PER_POINT),
        next(iter(_numbers(np.array([fitted.level / PER_POINT])))),
    )
    return kernel, target - fitted.left_out_points / PER_POINT


def _network(inputs: Floats, target: Floats, seed: int) -> Network:
    layers = fit_network(inputs, target, seed)
    return Network(tuple(_matrix(weight) for weight, _ in layers), tuple(_numbers(bias) for _, bias in layers))


def _shares(answers: Floats, target: Floats, owner: Owners) -> Floats:
    """Return the share of the kernel, and of each network the same part of the rest."""
    weight = 1 / np.bincount(owner)[owner]
    kernel, networks = answers[:, 0], answers[:, 1:].mean(axis=1)
    apart = float(weight @ (kernel - networks) ** 2)
    costs = [
        float(weight @ (share * kernel + (1 - share) * networks - target) ** 2) + PULL * apart * (share - 0.5) ** 2
        for share in SHARES
    ]
    best = float(SHARES[int(np.argmin(costs))])
    shares: Floats = np.append(best, np.full(NETWORKS, (1 - best) / NETWORKS))
    return shares


def _numbers(values: Floats) -> Numbers:
    return tuple(float(f"{value:.6g}") for value in values)


def _matrix(values: Floats) -> Matrix:
    return tuple(_numbers(row) for row in values)
