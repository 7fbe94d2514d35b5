"""A rapid model as a document: what it is of, what it answers to, its coefficients and its bounds.

It can be read, compared and audited: JSON without code, and without any row that it was trained on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

import numpy as np

from hwan.core import UNKNOWN, Unknown
from hwan.health._products import product
from hwan.health.rapid._protocol import Floats, RapidProtocol

Numbers = tuple[float, ...]
Matrix = tuple[Numbers, ...]


@dataclass(frozen=True, slots=True)
class Population:
    """Which batteries a model was calibrated on, and which batches of them."""

    chemistry: str
    rated_capacity_ah: float
    description: str
    batches: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reference:
    """The full test that the labels came from: what is predicted, under which conditions."""

    rate_per_hour: float
    temperature_celsius: float
    upper_cutoff_volt: float | Unknown = UNKNOWN
    lower_cutoff_volt: float | Unknown = UNKNOWN


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the calibration data came from and under which licence."""

    source: str
    licence: str
    calibrated_on: date
    cells: int
    rows: int


@dataclass(frozen=True, slots=True)
class Network:
    """A small multi-layer perceptron: weights of shape (inputs, outputs) by layer, tanh between layers."""

    weights: tuple[Matrix, ...]
    biases: tuple[Numbers, ...]
    kind: Literal["network"] = "network"

    def __call__(self, inputs: Floats) -> Floats:
        """Return the output for standardised features, shape (rows,)."""
        found = inputs
        for place, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            found = product(found, np.array(weight)) + np.array(bias)
            found = np.tanh(found) if place < len(self.weights) - 1 else found
        output: Floats = found[:, 0]
        return output


@dataclass(frozen=True, slots=True)
class Kernel:
    """A Gaussian kernel around `points` that are no row of the data, with a plane beneath it.

    `lengths` is the width of the kernel along each feature.
    """

    points: Matrix
    lengths: Numbers
    weights: Numbers
    slopes: Numbers
    level: float
    kind: Literal["kernel"] = "kernel"

    def __call__(self, inputs: Floats) -> Floats:
        """Return the output for standardised features, shape (rows,)."""
        own, others = inputs / np.array(self.lengths), np.array(self.points) / np.array(self.lengths)
        squares = (own**2).sum(axis=1)[:, None] + (others**2).sum(axis=1) - product(2 * own, others.T)
        bent: Floats = product(np.exp(-0.5 * np.maximum(squares, 0)), np.array(self.weights))
        plane: Floats = product(inputs, np.array(self.slopes))
        return bent + plane + self.level


Member = Network | Kernel


@dataclass(frozen=True, slots=True)
class Estimator:
    """Features, how they are scaled, and the members whose weighted sum is the answer.

    `spread` gives the logarithm of the error's scale: its level, then slopes with the logarithm of how far the
    members are apart, with the standardised answer, and with its square.
    """

    features: str
    centre: Numbers
    scale: Numbers
    clip: float
    members: tuple[Member, ...]
    shares: Numbers
    level: float
    answer_centre: float
    answer_scale: float
    spread: Numbers

    def scaled(self, raw: Floats) -> Floats:
        """Return features in units of their spread, cut where nothing was learned."""
        inputs: Floats = np.clip((raw - np.array(self.centre)) / np.array(self.scale), -self.clip, self.clip)
        return inputs


@dataclass(frozen=True, slots=True)
class Bound:
    """What an error over its scale keeps with `probability`: shown on cells, or assumed because of too few."""

    probability: float
    bound: float
    shown: bool


@dataclass(frozen=True, slots=True)
class Nearness:
    """How far from the calibrated responses a new one may lie.

    A mixture of clouds over the features, each less `centre`, over `scale`, and compressed where it is large:
    `levels` is what each cloud costs at its mean, `roots` the inverse roots of their covariances. The distance
    is at most `limit` for a new cell of the population with `probability`; `usual` are the quantiles 0.05, 0.10,
    ..., 0.95 of the distances, over the limit, that calibrated rows had while their cells were left out.
    """

    features: str
    centre: Numbers
    scale: Numbers
    levels: Numbers
    means: Matrix
    roots: tuple[Matrix, ...]
    limit: float
    probability: float
    usual: Numbers


@dataclass(frozen=True, slots=True)
class RapidModel:
    """State of health from one kind of rapid test, for one type of battery.

    `card` holds figures of its calibration out of fold (mean absolute error, coverage, ...), as fractions;
    `later_half_width` is the mean half-width at a later visit. `later_bounds` are bounds of the error itself at later
    visits, where cells of the type were tested again: what was seen then takes the place of what may be.
    """

    schema: Literal["hwan.rapid/1"]
    id: str
    population: Population
    protocol: RapidProtocol
    reference: Reference
    temperature_low_celsius: float
    temperature_high_celsius: float
    estimator: Estimator
    bounds: tuple[Bound, ...]
    nearness: Nearness
    health_low: float
    health_high: float
    origin: Origin
    card: Mapping[str, float] = field(default_factory=dict)
    later_bounds: tuple[Bound, ...] = ()
    note: str = ""
    sha256: str = ""

    def bound(self, probability: float) -> Bound:
        """Return the bound of that probability; KeyError where there is none."""
        return {round(each.probability, 6): each for each in self.bounds}[round(probability, 6)]
