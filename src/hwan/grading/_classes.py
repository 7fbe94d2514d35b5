"""From the limits met to the probability of each class."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hwan.core import GradeClass, Limit, Ruleset, is_known


def class_probabilities(ruleset: Ruleset, met: Mapping[str, float]) -> dict[str, float]:
    """Return the probability of each class, best first.

    Parameters
    ----------
    ruleset
        Its last class has no limits and takes what the others leave.
    met
        Probability that each limit is met, by rule id.

    Returns
    -------
    dict
        With one graded quantity these are differences of its tail probabilities and add up to 1. With
        several, how the quantities move together is not known: each figure is then the least that
        any dependence allows (Fréchet bounds), and they add up to at most 1.
    """
    found: dict[str, float] = {}
    least_before = most_before = 0.0
    for position, entry in enumerate(ruleset.classes):
        least, most = _bounds(_limits(entry, ruleset), met)
        nested = all(implies(earlier, entry, ruleset) for earlier in ruleset.classes[:position])
        most = max(most, most_before) if nested else min(1.0, most_before + most)
        least = max(least, least_before)
        found[entry.id] = min(1.0, max(0.0, least - most_before))
        least_before, most_before = least, most
    return found


def implies(strict: GradeClass, loose: GradeClass, ruleset: Ruleset) -> bool:
    """Return whether every battery that meets the limits of `strict` also meets those of `loose`."""
    given = _limits(strict, ruleset)
    return all(any(_at_least_as_strict(have, need) for have in given) for need in _limits(loose, ruleset))


def _limits(entry: GradeClass, ruleset: Ruleset) -> tuple[Limit, ...]:
    return tuple(rule for rule in ruleset.rules if isinstance(rule, Limit) and rule.id in entry.limits)


def _at_least_as_strict(have: Limit, need: Limit) -> bool:
    if have.id == need.id:
        return True
    if _side(have) != _side(need) or not (is_known(have.value) and is_known(need.value)):
        return False
    return have.value >= need.value if need.bound == "at_least" else have.value <= need.value


def _side(limit: Limit) -> tuple[str, ...]:
    return limit.quantity, limit.bound, limit.basis, limit.statistic


def _bounds(limits: Iterable[Limit], met: Mapping[str, float]) -> tuple[float, float]:
    """Return the least and the most probability that all limits are met together.

    Limits on the same side of one quantity are nested, so the strictest stands for all. For the two
    sides of one quantity the lower bound is exact.
    """
    sides: dict[tuple[str, ...], float] = {}
    for limit in limits:
        sides[_side(limit)] = min(met[limit.id], sides.get(_side(limit), 1.0))
    least = sum(sides.values()) - max(0, len(sides) - 1) if sides else 1.0
    return max(0.0, least), min(sides.values(), default=1.0)
