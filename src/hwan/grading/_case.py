"""The case of one battery: which figure each rule is held against."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from hwan.core import UNKNOWN, Limit, Measurement, Observation, Quantile, Requirement, Ruleset, Unknown, is_known
from hwan.grading._probability import usable

TOLERANCE: Final = 0.01
"""A requirement of the method is met this far outside its bounds, relative to the bound: testers keep time and
current no better, and 599.99 s are ten minutes."""
HALF_WIDTH: Final = "interval_half_width_points"
"""Half the width of the 90 % interval of a ratio, in points: our reading of a tolerance that a rule allows a method.
It is computed, not kept by a tester, so it has no tolerance of its own."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A value in the unit of a rule; without quantiles when it is a hand reading."""

    value: float | bool
    unit: str
    quantiles: tuple[Quantile, ...] = ()
    measured: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """Everything known of one battery, under one ruleset."""

    measurements: tuple[Measurement, ...]
    observations: tuple[Observation, ...]
    ruleset: Ruleset

    def measurement(self, quantity: str) -> Measurement | None:
        """Return the figure to be graded: the last that meets the method's requirements, else the last.

        Later tests supersede earlier ones; but a later test made otherwise than required (a fast cycle
        after the capacity check) does not.
        """
        given = [entry for entry in self.measurements if entry.quantity == quantity]
        required = self._requirements(quantity)
        fit = [entry for entry in given if all(is_met(rule, entry) for rule in required)]
        candidates = fit or given
        return candidates[-1] if candidates else None

    def readings(self, quantity: str) -> tuple[Observation, ...]:
        """Return the hand readings that have a value."""
        return tuple(entry for entry in self.observations if entry.quantity == quantity and _has_value(entry))

    def _requirements(self, quantity: str) -> Sequence[Requirement]:
        rules = self.ruleset.rules
        return [rule for rule in rules if isinstance(rule, Requirement) and rule.quantity == quantity]


def _has_value(entry: Observation) -> bool:
    return not isinstance(entry.value, Unknown) and math.isfinite(entry.value)


def condition_value(rule: Requirement, measured: Measurement) -> float | Unknown:
    """Return the condition that a requirement bounds, in the requirement's unit."""
    if rule.condition == HALF_WIDTH:
        return _half_width_points(measured)
    value: float | Unknown = getattr(measured.conditions, rule.condition)
    return value


def _half_width_points(measured: Measurement) -> float | Unknown:
    """Return it for a ratio whose 90 % interval is stored; other figures have no points."""
    stored = {round(each.probability, 9): each.value for each in measured.quantiles}
    if measured.unit != "1" or not usable(measured.quantiles) or not stored.keys() >= {0.05, 0.95}:
        return UNKNOWN
    return 100 * (stored[0.95] - stored[0.05]) / 2


def tolerance_of(rule: Requirement) -> float:
    """Return how far outside its bounds a requirement still counts as met, relative to the bound."""
    return 0.0 if rule.condition == HALF_WIDTH else TOLERANCE


def is_met(rule: Requirement, measured: Measurement, *, exactly: bool = False) -> bool:
    """Return whether a condition is known and inside its bounds, both included, with the tolerance."""
    value = condition_value(rule, measured)
    if not is_known(value):
        return False
    tolerance = 0.0 if exactly else tolerance_of(rule)
    above = not is_known(rule.minimum) or value >= rule.minimum - tolerance * abs(rule.minimum)
    return above and (not is_known(rule.maximum) or value <= rule.maximum + tolerance * abs(rule.maximum))


def figures(case: Case, limit: Limit) -> list[Figure | str]:
    """Return what a limit is held against, in its basis and unit; a string is the reason why not.

    Hand readings come first, the measurement last.
    """
    found: list[Figure | str] = [_read(entry, limit) for entry in case.readings(limit.quantity)]
    measurement = case.measurement(limit.quantity)
    return [*found, _measured(measurement, limit)] if measurement else found


def _read(entry: Observation, limit: Limit) -> Figure | str:
    assert not isinstance(entry.value, Unknown)  # noqa: S101 - readings() gives none without a value
    if isinstance(entry.value, bool) != (limit.bound == "is_true"):
        return "unit_mismatch"
    if limit.bound != "is_true" and entry.unit != limit.unit:
        return "unit_mismatch"
    return Figure(entry.value, entry.unit)


def _measured(entry: Measurement, limit: Limit) -> Figure | str:
    if limit.bound == "is_true":
        return "unit_mismatch"
    if limit.basis == "absolute":
        fits = entry.unit == limit.unit
        return Figure(entry.value, entry.unit, entry.quantiles, measured=True) if fits else "unit_mismatch"
    rating = _rating(entry)
    return "rating_unknown" if rating is None else _relative(entry, rating, limit)


def _rating(entry: Measurement) -> float | None:
    """Return what the figure is divided by; a figure of unit 1 is already a fraction of its rating."""
    if entry.unit == "1":
        return 1.0
    rating = entry.conditions.denominator
    known = is_known(rating) and rating.unit == entry.unit and rating.value > 0
    return rating.value if is_known(rating) and known else None


def _relative(entry: Measurement, rating: float, limit: Limit) -> Figure:
    quantiles = tuple(Quantile(q.probability, q.value / rating) for q in entry.quantiles)
    if limit.basis == "relative":
        return Figure(entry.value / rating, "1", quantiles, measured=True)
    # Points are counted downward from the rating, so the order of the quantiles turns round.
    points = tuple(Quantile(1 - q.probability, 100 * (1 - q.value)) for q in reversed(quantiles))
    return Figure(100 * (1 - entry.value / rating), "points", points, measured=True)
