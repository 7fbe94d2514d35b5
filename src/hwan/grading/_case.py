"""The case of one battery: which figure each rule is held against."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from hwan.core import Conditions, Limit, Measurement, Observation, Quantile, Requirement, Ruleset, Unknown, is_known

TOLERANCE: Final = 0.01
"""A requirement of the method is met this far outside its bounds, relative to the bound: testers keep time and
current no better, and 599.99 s are ten minutes."""


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
        fit = [entry for entry in given if all(is_met(rule, entry.conditions) for rule in required)]
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


def condition_value(rule: Requirement, conditions: Conditions) -> float | Unknown:
    """Return the condition that a requirement bounds, in the requirement's unit."""
    value: float | Unknown = getattr(conditions, rule.condition)
    return value


def is_met(rule: Requirement, conditions: Conditions, tolerance: float = TOLERANCE) -> bool:
    """Return whether a condition is known and inside its bounds, both included, with the tolerance."""
    value = condition_value(rule, conditions)
    if not is_known(value):
        return False
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
