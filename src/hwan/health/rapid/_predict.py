"""What a model says of responses: the answer, the scale of its error, how far it lies, what the visit adds."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

import numpy as np

from hwan.health._normal import normal_quantile
from hwan.health._products import product
from hwan.health.rapid._features import features
from hwan.health.rapid._model import Nearness, RapidModel
from hwan.health.rapid._protocol import Floats, PulseProtocol, RapidProtocol

APART_FLOOR: Final = 1e-3
COMPRESSED: Final = 3.0
SPREAD_FEATURES: Final = 4
SPREAD_LIMITS: Final = (-9.0, 0.0)
"""Logarithms of the smallest and the largest scale of an error, 0.01 to 100 points."""

BLOCK_ROWS: Final = 2_048
"""So many responses at a time: what is computed of them stays in the processor's cache."""


@dataclass(frozen=True, slots=True)
class Predictions:
    """Answers to responses, arrays of shape (rows,).

    `value` is the state of health (1), `scale` that of its error, `distance` how far the response lies from the
    calibrated ones, over the limit: above 1 it is outside the population. `visit` is the standard deviation
    that the visit adds.
    """

    value: Floats
    scale: Floats
    distance: Floats
    visit: Floats

    def half_width(self, model: RapidModel, probability: float = 0.9) -> Floats:
        """Return half the width of each interval, shape (rows,)."""
        own = self.scale * model.bound(probability).bound
        if not self.visit.any():
            return own
        seen = {round(each.probability, 6): each.bound for each in model.later_bounds}
        found: Floats = np.hypot(own, normal_quantile((1 + probability) / 2) * self.visit)
        return np.maximum(own, seen[round(probability, 6)]) if seen else found


@dataclass(frozen=True, slots=True)
class Visit:
    """How a test stands to the calibrated tests: a factor on all overpotentials, and what may move beside it.

    The sigmas are standard deviations of the logarithm of what jumps, of the logarithm of what grows and
    recovers, and of what remains after the rest in V·h. Cells of three types that were tested again weeks later
    answered with 1, 6 and 9 % smaller jumps, 1, 14 and 15 % less growth and 0.5, 0.7 and 1.4 mV·h less
    remainder, and nothing in the record says why: temperature, rest, contact. The defaults are the root mean
    squares of these.
    """

    factor: float = 1.0
    jump_sigma: float = 0.064
    growth_sigma: float = 0.12
    remainder_sigma: float = 0.95e-3

    @property
    def shift(self) -> Floats:
        """What one standard deviation adds to the parts of every pulse, shape (5,)."""
        jump, growth = self.jump_sigma, self.growth_sigma
        return np.array([jump, growth, jump, growth, self.remainder_sigma])


CALIBRATED_VISIT: Final = Visit(1.0, 0.0, 0.0, 0.0)
"""The very tests of the calibration, as in a comparison of methods; never a battery that comes in later."""


FIELDS: Final = tuple(each.name for each in fields(Predictions))


def predict(model: RapidModel, values: Floats, visit: Visit = CALIBRATED_VISIT) -> Predictions:
    """Return the state of health for responses of shape (rows, len(model.protocol.names)).

    Nothing is refused here: which rows lie outside the population is told by their distance, before the
    visit's factor is taken out.

    >>> import numpy as np
    >>> from hwan.health.rapid import load_model
    >>> model = load_model("pulsebat-lmo10/1")
    >>> found = predict(model, np.full((2, 21), 3.7))
    >>> bool((found.distance > 1).all())
    True
    """
    places = range(BLOCK_ROWS, len(values), BLOCK_ROWS)
    found = [_block(model, block, visit) for block in np.split(values, places)]
    return Predictions(*(np.concatenate([getattr(each, name) for each in found]) for name in FIELDS))


def _block(model: RapidModel, values: Floats, visit: Visit) -> Predictions:
    own = corrected(values, 1 / visit.factor, model.protocol)
    answers = _answers(model, own)
    estimator = model.estimator
    value = product(answers, np.array(estimator.shares))
    seen = spread_features(answers, value, estimator.answer_centre, estimator.answer_scale)
    scale = np.exp(np.clip(product(seen, np.array(estimator.spread)), *SPREAD_LIMITS))
    return Predictions(value, scale, distances(model.nearness, values, model.protocol), _moved(model, own, visit))


def _answers(model: RapidModel, values: Floats, shift: Floats | None = None) -> Floats:
    """Return what each member says, shape (rows, members)."""
    estimator = model.estimator
    inputs = estimator.scaled(features(values, model.protocol, estimator.features, shift))
    found: Floats = np.stack([member(inputs) for member in estimator.members], axis=1) + estimator.level
    return found


def _moved(model: RapidModel, values: Floats, visit: Visit) -> Floats:
    """Return the standard deviation that the visit adds, shape (rows,).

    All that may move was seen to move the same way, so it moves together here; of both directions the worse
    counts, because a response that lies at the edge of what was learned answers to one of them only.
    """
    shift = visit.shift
    if not isinstance(model.protocol, PulseProtocol) or not shift.any():
        return np.zeros(len(values))
    shares = np.array(model.estimator.shares)
    middle, *ends = (product(_answers(model, values, each), shares) for each in (np.zeros(5), -shift, shift))
    found: Floats = np.maximum(*(np.abs(end - middle) for end in ends))
    return found


def corrected(values: Floats, factor: float, protocol: RapidProtocol) -> Floats:
    """Return turning points with every difference to the first voltage multiplied; charges stay as they are."""
    if not isinstance(protocol, PulseProtocol):
        return values
    first = values[:, :1]
    found: Floats = first + factor * (values - first)
    return found


def spread_features(answers: Floats, value: Floats, centre: float, scale: float) -> Floats:
    """Return what the scale of the error depends on, shape (rows, 4): 1, disagreement of members, place, its square."""
    apart = np.log(answers.std(axis=1) + APART_FLOOR)
    place = (value - centre) / scale
    return np.column_stack([np.ones(len(value)), apart, place, place**2])


def distances(near: Nearness, values: Floats, protocol: RapidProtocol) -> Floats:
    """Return how far each response lies from the calibrated ones over the limit, shape (rows,)."""
    found: Floats = cloud_excess(near, features(values, protocol, near.features)) / near.limit
    return found


def robust_scaled(raw: Floats, centre: Floats, scale: Floats) -> Floats:
    """Return features in units of their usual spread, compressed beyond three of them."""
    found: Floats = COMPRESSED * np.arcsinh((raw - centre) / scale / COMPRESSED)
    return found


def cloud_excess(near: Nearness, raw: Floats) -> Floats:
    """Return the root of twice the cost of each row above the cheapest possible, shape (rows,): a distance."""
    inputs = robust_scaled(raw, np.array(near.centre), np.array(near.scale))
    levels = np.array(near.levels)
    costs = np.stack([
        0.5 * (product(inputs - np.array(mean), np.array(root).T) ** 2).sum(axis=1)
        for mean, root in zip(near.means, near.roots, strict=True)
    ], axis=1) + levels  # fmt: skip
    least = costs.min(axis=1)
    cost = least - np.log(np.exp(least[:, None] - costs).sum(axis=1))
    found: Floats = np.sqrt(2 * np.maximum(cost - levels.min(), 0))
    return found
