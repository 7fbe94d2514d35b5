"""What a rapid model read from a file must hold to beyond its schema: arrays that fit each other, sizes above zero."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, pairwise
from typing import Any, Final

import numpy as np

from hwan.core import BadDefinition
from hwan.health.rapid._features import features
from hwan.health.rapid._model import Bound, Estimator, Kernel, Member, Nearness, RapidModel
from hwan.health.rapid._predict import SPREAD_FEATURES
from hwan.health.rapid._protocol import PulseProtocol, RapidProtocol

CLAIMED: Final = 0.9
Shaped = tuple[str, Any, tuple[int, ...]]
"""A field, its values and the shape that they must have."""


def check_model(model: RapidModel, source: str) -> None:
    """Raise the first contradiction found in a model read from `source`."""
    protocol, estimator, near = model.protocol, model.estimator, model.nearness
    if isinstance(protocol, PulseProtocol) and (not protocol.rates_per_hour or 0 in protocol.rates_per_hour):
        raise BadDefinition("rapid_model_value", source=source, field="protocol.rates_per_hour")
    # One after the other: what is behind a field may need that the field is right.
    shapes = chain(
        _estimator(estimator, _width(protocol, estimator.features)), _near(near, _width(protocol, near.features))
    )
    for field, values, expected in shapes:
        got = _shape(values)
        if got != expected:
            raise BadDefinition(
                "rapid_model_shape", source=source, field=field, got=_told(got), expected=_told(expected)
            )
    for field, values in _sizes(model):
        if not all(0 < value < np.inf for value in values):
            raise BadDefinition("rapid_model_value", source=source, field=field)
    for field, bounds in (("bounds", model.bounds), ("later_bounds", model.later_bounds)):
        rising = [each.bound for each in sorted(bounds, key=lambda each: each.probability)]
        if rising != sorted(rising):
            raise BadDefinition("rapid_model_value", source=source, field=field)


def _width(protocol: RapidProtocol, name: str) -> int:
    """Return how many features of that name a response to the protocol has."""
    return len(features(np.ones((1, len(protocol.names))), protocol, name)[0])


def _estimator(own: Estimator, width: int) -> Iterator[Shaped]:
    yield "estimator.centre", own.centre, (width,)
    yield "estimator.scale", own.scale, (width,)
    yield "estimator.shares", own.shares, (max(len(own.members), 1),)
    yield "estimator.spread", own.spread, (SPREAD_FEATURES,)
    for number, member in enumerate(own.members):
        yield from _member(member, f"estimator.members[{number}]", width)


def _member(own: Member, place: str, width: int) -> Iterator[Shaped]:
    if isinstance(own, Kernel):
        yield f"{place}.points", own.points, (len(own.points), width)
        yield f"{place}.weights", own.weights, (len(own.points),)
        yield f"{place}.lengths", own.lengths, (width,)
        yield f"{place}.slopes", own.slopes, (width,)
        return
    yield f"{place}.biases", [0.0] * len(own.biases), (max(len(own.weights), 1),)
    for layer, (before, after) in enumerate(pairwise((width, *map(len, own.biases)))):
        yield f"{place}.weights[{layer}]", own.weights[layer], (before, after)
    yield f"{place}.biases[{len(own.biases) - 1}]", own.biases[-1], (1,)


def _near(own: Nearness, width: int) -> Iterator[Shaped]:
    clouds = len(own.levels)
    yield "nearness.levels", own.levels, (max(clouds, 1),)
    yield "nearness.centre", own.centre, (width,)
    yield "nearness.scale", own.scale, (width,)
    yield "nearness.means", own.means, (clouds, width)
    yield "nearness.roots", own.roots, (clouds, width, width)


def _sizes(model: RapidModel) -> Iterator[tuple[str, Sequence[float]]]:
    """Yield what must be above zero and finite."""
    own, near = model.estimator, model.nearness
    yield "estimator.scale", own.scale
    yield "estimator.clip", (own.clip,)
    yield "estimator.answer_scale", (own.answer_scale,)
    yield "nearness.scale", near.scale
    yield "nearness.limit", (near.limit,)
    yield from _bounds("bounds", model.bounds)
    if model.later_bounds:
        yield from _bounds("later_bounds", model.later_bounds)
    yield "health_high", (model.health_high - model.health_low,)
    yield "temperature_high_celsius", (model.temperature_high_celsius - model.temperature_low_celsius,)
    for number, member in enumerate(own.members):
        if isinstance(member, Kernel):
            yield f"estimator.members[{number}].lengths", member.lengths


def _bounds(place: str, bounds: Sequence[Bound]) -> Iterator[tuple[str, Sequence[float]]]:
    """Yield bounds and what their probabilities leave; that of 0.9, which every answer asks for, must be there."""
    yield f"{place}.bound", [each.bound for each in bounds]
    yield f"{place}.probability", [min(each.probability, 1 - each.probability) for each in bounds]
    yield place, (float(any(round(each.probability, 6) == CLAIMED for each in bounds)),)


def _shape(values: Any) -> tuple[int, ...]:
    """Return the shape of nested rows, empty where they differ in length."""
    try:
        return np.array(values, dtype=float).shape
    except ValueError:
        return ()


def _told(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape)) or "–"
