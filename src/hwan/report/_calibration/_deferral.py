"""What the model would have decided, sent on and got wrong: at its intervals, and as their width varies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from hwan.health.rapid import Deferral, by_limit, by_tolerance
from hwan.report._calibration._entry import Calibration
from hwan.report._words import Words

TOLERANCE: Final = 0.03
"""Our reading of KC 10031: a rapid method may be 3 % of the rating off."""
STEPS: Final = 60
NARROWEST: Final = 0.2
WIDEST: Final = 2.5
TOLERANCES: Final = (0.005, 0.1)
LARGEST: Final = 1.0
"""No tolerance stands for a row that is deferred; see :func:`_all_limits`."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Share decided and share wrong among the decided, over what is varied."""

    label: str
    role: str
    places: tuple[float, ...]
    points: tuple[Deferral, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """Something to be decided, at a width of the intervals over that of 90 %."""

    label: str
    decided: Callable[[float], Deferral]


def questions(entry: Calibration, words: Words) -> Iterator[Question]:
    """Yield what is asked of the battery: each limit, all of them together, and the tolerance."""
    limits = entry.limits
    for limit in limits:
        yield Question(_limit_words(limit, words), lambda factor, limit=limit: _at_limit(entry, limit, factor))  # type: ignore[misc]
    if len(limits) > 1:
        yield Question(words.ui("calibration_all_limits"), lambda factor: _all_limits(entry, limits, factor))
    yield Question(words.ui("calibration_tolerance", points=f"{100 * TOLERANCE:g}"), lambda _: _at_tolerance(entry))


def _limit_words(limit: float, words: Words) -> str:
    return words.ui("calibration_limit", percent=f"{100 * limit:g}")


def by_width(entry: Calibration, words: Words) -> tuple[Curve, ...]:
    """Return how each limit would be decided with narrower and wider intervals."""
    factors = np.linspace(NARROWEST, reach(entry), STEPS)
    return tuple(
        Curve(
            _limit_words(limit, words), role, tuple(factors), tuple(_at_limit(entry, limit, each) for each in factors)
        )
        for limit, role in zip(entry.limits, ("term-1", "term-6", "term-3", "term-7"), strict=False)
    )


def reach(entry: Calibration) -> float:
    """Return the widest interval that is drawn, over that of 90 %."""
    model = entry.found.model
    widest = max(each.bound for each in model.bounds) / model.bound(0.9).bound
    return float(min(max(widest, 1.2), WIDEST))


def by_allowance(entry: Calibration, words: Words) -> tuple[Curve, ...]:
    """Return how tolerances would be kept."""
    places = np.linspace(*TOLERANCES, STEPS)
    points = tuple(_at_tolerance(entry, each) for each in places)
    return (Curve(words.ui("calibration_any_tolerance"), "term-1", tuple(100 * places), points),)


def _at_limit(entry: Calibration, limit: float, factor: float) -> Deferral:
    table, value = entry.table, entry.found.predicted
    half = factor * entry.found.half_width
    return by_limit(table.state_of_health, value - half, value + half, table.cells, limit)


def _at_tolerance(entry: Calibration, tolerance: float = TOLERANCE) -> Deferral:
    table, found = entry.table, entry.found
    return by_tolerance(table.state_of_health, found.predicted, found.half_width, table.cells, tolerance)


def _all_limits(entry: Calibration, limits: tuple[float, ...], factor: float) -> Deferral:
    """Return how the class is decided: when no limit lies inside the interval, wrong when one was got wrong."""
    truth, value, half = entry.table.state_of_health, entry.found.predicted, factor * entry.found.half_width
    edges = np.array(limits)[:, None]
    open_ones = ((value - half < edges) & (edges <= value + half)).any(axis=0)
    wrong = ((value >= edges) != (truth >= edges)).any(axis=0)
    # Counted as a tolerance between right (0) and wrong (1), which an open row never keeps.
    return by_tolerance(wrong, np.zeros(len(truth)), np.where(open_ones, LARGEST, 0.0), entry.table.cells, LARGEST / 2)
