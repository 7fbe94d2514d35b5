"""Which way a battery goes: what is open to it, what each way is worth, and what the choice hangs on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, get_args

from hwan.core import (
    UNKNOWN,
    Alternative,
    Battery,
    Grade,
    GradeClass,
    Measurement,
    Refusal,
    Route,
    RouteName,
    Term,
    Unknown,
    is_known,
)
from hwan.routing._lot import Lot, obstacles, priced_lot
from hwan.routing._range import Range, total
from hwan.routing._schema import Prices
from hwan.routing._terms import recycle_terms, remanufacture_terms, reuse_terms

ROUTES: Final[tuple[RouteName, ...]] = get_args(RouteName)


def route(
    grade: Grade,
    battery: Battery,
    measurements: Sequence[Measurement],
    prices: Prices,
    *,
    classes: Iterable[GradeClass] = (),
) -> Route:
    """Value every way a battery can go and choose among those open to it.

    Parameters
    ----------
    grade
        A battery may go the way of its class or a lower one, never a higher one; below the safety
        gate only recycling is open.
    battery
        A pack or a module, with chemistry and rated energy; its stated mass is used where there is one.
    measurements
        The remaining fraction is ``state_of_health_energy`` where measured, else
        ``state_of_health_capacity``, with its central 90 % interval.
    prices
        From :func:`load_prices`.
    classes
        Of the ruleset, where its class ids are not themselves names of routes.

    Returns
    -------
    Route
        Amounts for the whole battery in the currency of `prices`; per alternative the sum of its
        terms, low being the worst for the holder. ``chosen`` when the low end of the best exceeds the
        high end of every other way open to it, else ``leading``. `margin` is the distance of the
        central figures, `switching_price_per_kwh` the resale price per remaining kWh at which reuse
        equals the best other way.

    Notes
    -----
    The ends add up as if every price were at its worst, or best, at the same time: wider than any
    likely outcome, and never narrower.
    """
    blocked = obstacles(battery, prices)
    if blocked:
        closed = tuple(Alternative(name, False, blocked[0].code, unit=prices.currency) for name in ROUTES)
        return Route("refused", prices.id, alternatives=closed, refusals=(*blocked, *_grade_refusals(grade, classes)))
    lot = priced_lot(battery, grade, measurements, prices)
    alternatives = tuple(_alternative(name, grade, lot, prices, classes) for name in ROUTES)
    refusals = _grade_refusals(grade, classes)
    if refusals:
        return Route("refused", prices.id, alternatives=alternatives, refusals=refusals)
    return _choice(alternatives, lot, prices)


def _grade_refusals(grade: Grade, classes: Iterable[GradeClass]) -> tuple[Refusal, ...]:
    if grade.status != "graded":
        test = next((entry.test_needed for entry in grade.refusals if is_known(entry.test_needed)), UNKNOWN)
        return (Refusal("route", f"grade_{grade.status}", ("grade",), test, {"ruleset": grade.ruleset_id}),)
    if _class_route(grade, classes) is None:
        values = {"class_id": str(grade.grade_class), "ruleset": grade.ruleset_id}
        return (Refusal("route", "class_has_no_route", ("class",), UNKNOWN, values),)
    return ()


def _class_route(grade: Grade, classes: Iterable[GradeClass]) -> RouteName | None:
    for entry in classes:
        if entry.id == grade.grade_class:
            return entry.route
    return grade.grade_class if grade.grade_class in ROUTES else None


def _alternative(name: RouteName, grade: Grade, lot: Lot, prices: Prices, classes: Iterable[GradeClass]) -> Alternative:
    allowed, reason = _standing(name, grade, classes)
    terms = _terms(name, lot, prices)
    if not terms:
        return Alternative(name, False, "health_unknown" if allowed else reason, unit=prices.currency)
    value = total(Range.of(term) for term in terms)
    return Alternative(name, allowed, reason, terms, value.low, value.central, value.high, prices.currency)


def _terms(name: RouteName, lot: Lot, prices: Prices) -> tuple[Term, ...]:
    if name == "recycle":
        return recycle_terms(lot, prices)
    if lot.health is None:
        return ()
    make = reuse_terms if name == "reuse" else remanufacture_terms
    return make(lot, lot.health, prices)


def _standing(name: RouteName, grade: Grade, classes: Iterable[GradeClass]) -> tuple[bool, str]:
    """Return whether a way is open, and why."""
    if grade.status != "graded":
        return False, f"grade_{grade.status}"
    if name != "recycle" and any(entry.reason == "safety_gate_failed" for entry in grade.outcomes):
        return False, "safety_gate_failed"
    reached = _class_route(grade, classes)
    if reached is None:
        return False, "class_has_no_route"
    distance = ROUTES.index(name) - ROUTES.index(reached)
    if distance < 0:
        return False, "class_not_reached"
    return True, "below_class" if distance else "class_reached"


def _choice(alternatives: tuple[Alternative, ...], lot: Lot, prices: Prices) -> Route:
    ranked = sorted((entry for entry in alternatives if entry.allowed), key=_central, reverse=True)
    best, others = ranked[0], ranked[1:]
    clear = all(_ends(best).low > _ends(other).high for other in others)
    return Route(
        "chosen" if clear else "leading",
        prices.id,
        choice=best.route,
        alternatives=alternatives,
        margin=_central(best) - _central(others[0]) if others else UNKNOWN,
        switching_price_per_kwh=_switching_price(ranked, lot),
    )


def _central(entry: Alternative) -> float:
    return _ends(entry).central


def _ends(entry: Alternative) -> Range:
    return total(Range.of(term) for term in entry.terms)


def _switching_price(ranked: Sequence[Alternative], lot: Lot) -> float | Unknown:
    """Solve V_reuse(price) = V_next for the price; V_reuse is linear in it."""
    reuse = [entry for entry in ranked if entry.route == "reuse"]
    others = [entry for entry in ranked if entry.route != "reuse"]
    remaining = lot.energy_kwh * lot.health.fraction.central if lot.health else 0.0
    if not reuse or not others or remaining <= 0:
        return UNKNOWN
    fixed = total(Range.of(term) for term in reuse[0].terms if term.name != "resale").central
    return (_central(others[0]) - fixed) / remaining
