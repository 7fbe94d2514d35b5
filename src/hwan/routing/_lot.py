"""What is on offer: energy, mass, content and remaining health of one battery, or why it has no price."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hwan.core import UNKNOWN, Battery, Grade, Measurement, Refusal, Unknown, is_known
from hwan.core.findings import Scalar
from hwan.routing._range import Range
from hwan.routing._schema import Content, Prices

ENERGY, CAPACITY = "state_of_health_energy", "state_of_health_capacity"


@dataclass(frozen=True, slots=True)
class Health:
    """The remaining fraction, with the quantity that says it."""

    quantity: str
    fraction: Range


@dataclass(frozen=True, slots=True)
class Lot:
    """A battery that can be priced."""

    level: str
    chemistry: str
    energy_kwh: float
    mass_kg: float
    content: Content | None
    health: Health | None


def obstacles(battery: Battery, prices: Prices) -> tuple[Refusal, ...]:
    """Return everything that keeps a battery from being priced."""
    return tuple(_obstacles(battery, prices))


def _obstacles(battery: Battery, prices: Prices) -> Iterator[Refusal]:
    if not is_known(battery.level):
        yield _refusal("level_unknown", "level", "state_level")
    elif battery.level == "cell":
        yield _refusal("level_is_cell", "level")
    energy = battery.type.rated_energy_wh
    if not is_known(energy) or not 0 < energy < math.inf:
        yield _refusal("rated_energy_unknown", "rated_energy_wh", "state_the_rating")
    yield from _chemistry_obstacles(battery, prices)


def _chemistry_obstacles(battery: Battery, prices: Prices) -> Iterator[Refusal]:
    chemistry = battery.type.chemistry
    if chemistry == "unknown":
        yield _refusal("chemistry_unknown", "chemistry", "identify_chemistry")
    elif chemistry not in prices.contents and chemistry not in prices.feed.per_kg:
        yield _refusal("chemistry_not_priced", "price", "add_price", chemistry=chemistry, prices=prices.id)
    elif chemistry not in prices.contents and not _mass_known(battery):
        yield _refusal("mass_unknown", "mass_kg", "weigh", chemistry=chemistry, prices=prices.id)


def _refusal(code: str, missing: str, test: str | Unknown = UNKNOWN, **values: Scalar) -> Refusal:
    return Refusal("route", code, (missing,), test, values)


def _mass_known(battery: Battery) -> bool:
    mass = battery.type.mass_kg
    return is_known(mass) and 0 < mass < math.inf


def priced_lot(battery: Battery, grade: Grade, measurements: Sequence[Measurement], prices: Prices) -> Lot:
    """Return the lot of a battery without :func:`obstacles`."""
    energy = battery.type.rated_energy_wh
    assert is_known(energy)  # noqa: S101 - an obstacle otherwise
    content = prices.contents.get(battery.type.chemistry)
    return Lot(
        str(battery.level),
        battery.type.chemistry,
        energy / 1000,
        _mass(battery, content, energy / 1000),
        content,
        _health(grade, measurements),
    )


def _mass(battery: Battery, content: Content | None, energy_kwh: float) -> float:
    """Return the stated mass, else that of the chemistry's model."""
    mass = battery.type.mass_kg
    if is_known(mass) and _mass_known(battery):
        return mass
    assert content is not None  # noqa: S101 - an obstacle otherwise
    return energy_kwh * (content.pack if battery.level == "pack" else content.module)


def _health(grade: Grade, measurements: Sequence[Measurement]) -> Health | None:
    """Return the fraction of energy where it was measured, else that of capacity.

    Of several the one that was graded, or that of the same rows, else the last.
    """
    graded = [entry for entry in measurements if _was_graded(entry, grade)]
    rows = {entry.evidence for entry in graded}
    for quantity in (ENERGY, CAPACITY):
        given = [entry for entry in measurements if entry.quantity == quantity]
        near = [entry for entry in given if entry in graded] or [entry for entry in given if entry.evidence in rows]
        for chosen in (near or given)[-1:]:
            return Health(quantity, _fraction(chosen))
    return None


def _was_graded(entry: Measurement, grade: Grade) -> bool:
    limits = [outcome for outcome in grade.outcomes if outcome.kind == "limit"]
    return any(outcome.quantity == entry.quantity and outcome.value == entry.value for outcome in limits)


def _fraction(entry: Measurement) -> Range:
    """Return the figure with its central 90 % interval, or its outermost quantiles where that is not stored."""
    stored = sorted(entry.quantiles, key=lambda quantile: quantile.probability)
    try:
        low, high = entry.interval
    except KeyError:
        low, high = (stored[0].value, stored[-1].value) if stored else (entry.value, entry.value)
    ends = (min(low, entry.value), entry.value, max(high, entry.value))
    return Range(*(max(0.0, end) for end in ends))
