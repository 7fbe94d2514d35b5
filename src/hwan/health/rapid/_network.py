"""Fitting small networks: full batch, weights held small, each from another beginning."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np

from hwan.health.rapid._protocol import Floats

HIDDEN: Final = (24, 12)
DECAY: Final = 3.0
"""What the squared weights cost, in units of one row's squared error over the variance."""
ITERATIONS: Final = 150
Layers = list[tuple[Floats, Floats]]


def fit_network(inputs: Floats, target: Floats, seed: int) -> Layers:
    """Return weights and biases by layer: tanh between layers, one output in the unit of the target.

    Parameters
    ----------
    inputs
        Scaled features, shape (rows, features).
    target
        What is to be told, around zero, shape (rows,).
    seed
        Of the first weights.
    """
    from scipy.optimize import minimize

    sizes = (inputs.shape[1], *HIDDEN, 1)
    scale = max(float(target.std()), 1e-12)
    first = _first(sizes, np.random.default_rng(seed))
    options = {"maxiter": ITERATIONS}
    found = minimize(_loss, first, (sizes, inputs, target / scale), jac=True, method="L-BFGS-B", options=options)
    layers = _layers(found.x, sizes)
    layers[-1] = (layers[-1][0] * scale, layers[-1][1] * scale)
    return layers


def _first(sizes: tuple[int, ...], random: np.random.Generator) -> Floats:
    """Return first weights by Glorot and Bengio (2010), biases zero, in one vector."""
    parts = [
        np.concatenate([random.normal(0, np.sqrt(2 / (one + two)), one * two), np.zeros(two)])
        for one, two in pairwise(sizes)
    ]
    return np.concatenate(parts)


def _layers(place: Floats, sizes: tuple[int, ...]) -> Layers:
    found, start = [], 0
    for one, two in pairwise(sizes):
        middle, end = start + one * two, start + one * two + two
        found.append((place[start:middle].reshape(one, two), place[middle:end]))
        start = end
    return found


def _loss(place: Floats, sizes: tuple[int, ...], inputs: Floats, target: Floats) -> tuple[float, Floats]:
    """Return half the mean squared error with the cost of the weights, and the gradient."""
    layers, rows, decay = _layers(place, sizes), len(target), DECAY / len(target)
    values = [inputs]
    for number, (weight, bias) in enumerate(layers):
        value = values[-1] @ weight + bias
        values.append(np.tanh(value) if number < len(layers) - 1 else value)
    error = values[-1][:, 0] - target
    cost = sum(float((weight**2).sum()) for weight, _ in layers)
    slopes: list[Floats] = []
    back = (error / rows)[:, None]
    for number in range(len(layers) - 1, -1, -1):
        weight = layers[number][0]
        slopes.insert(0, np.concatenate([(values[number].T @ back + decay * weight).ravel(), back.sum(axis=0)]))
        back = (back @ weight.T) * (1 - values[number] ** 2)
    return 0.5 * (float(error @ error) / rows + decay * cost), np.concatenate(slopes)
