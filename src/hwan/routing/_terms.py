"""The named amounts that make up each alternative, as the holder of the battery sees them."""

from __future__ import annotations

from hwan.core import Term
from hwan.core.findings import Scalar
from hwan.routing._lot import Health, Lot
from hwan.routing._range import Range
from hwan.routing._schema import Amount, Prices


def recycle_terms(lot: Lot, prices: Prices) -> tuple[Term, ...]:
    """Sell to the recycler as it stands; whole packs are shredded, so nothing is opened."""
    return _feed(lot, prices), _transport(lot, prices)


def reuse_terms(lot: Lot, health: Health, prices: Prices) -> tuple[Term, ...]:
    """Sell into a second life: resale of what remains, less what it takes to get there."""
    return (
        resale(lot, health, prices),
        _repurposing(lot, prices),
        *_sold_again(lot, prices),
    )


def remanufacture_terms(lot: Lot, health: Health, prices: Prices) -> tuple[Term, ...]:
    """Open, replace the weak modules, sell as a part for the same use."""
    return (
        _part_sale(lot, health, prices),
        _replaced_modules(lot, prices),
        _disassembly(lot, prices),
        *_sold_again(lot, prices),
    )


def _sold_again(lot: Lot, prices: Prices) -> tuple[Term, ...]:
    return _test(prices), _transport(lot, prices), _failure(lot, prices), _later_recycling(lot, prices)


def _term(name: str, value: Range, prices: Prices, used: tuple[Amount, ...], **values: Scalar) -> Term:
    source = "; ".join(dict.fromkeys(amount.source for amount in used))
    return Term(name, value.low, value.central, value.high, prices.currency, source, values)


def resale(lot: Lot, health: Health, prices: Prices) -> Term:
    """Price per kWh that remains; linear in the health, so a better battery is never worth less."""
    price = prices.reuse.resale
    value = Range.of(price).times(health.fraction).scaled(lot.energy_kwh)
    return _term("resale", value, prices, (price,), price_per_kwh=price.central, **_remaining(lot, health))


def _remaining(lot: Lot, health: Health) -> dict[str, Scalar]:
    return {
        "energy_kwh": lot.energy_kwh,
        "remaining_fraction": health.fraction.central,
        "fraction_of": health.quantity,
    }


def _part_sale(lot: Lot, health: Health, prices: Prices) -> Term:
    new, factor = prices.remanufacture.new_price, prices.remanufacture.used_factor
    value = Range.of(new).times(Range.of(factor)).times(health.fraction).scaled(lot.energy_kwh)
    values = {"new_price_per_kwh": new.central, "used_factor": factor.central, **_remaining(lot, health)}
    return _term("part_sale", value, prices, (new, factor), **values)


def _replaced_modules(lot: Lot, prices: Prices) -> Term:
    new, share = prices.remanufacture.new_price, prices.remanufacture.replaced_share
    value = Range.of(new).times(Range.of(share)).scaled(lot.energy_kwh).paid()
    return _term("replaced_modules", value, prices, (share, new), replaced_share=share.central)


def _disassembly(lot: Lot, prices: Prices) -> Term:
    """Open the pack; a module on its own is already out of it."""
    labour, packs = prices.labour, 1.0 if lot.level == "pack" else 0.0
    removal, opening = Range.of(labour.removal_hours), Range.of(labour.to_modules_hours)
    hours = Range(*(a + b for a, b in zip(removal, opening, strict=True))).scaled(packs)
    used = (labour.removal_hours, labour.to_modules_hours, labour.rate)
    value = hours.times(Range.of(labour.rate)).paid()
    return _term("disassembly", value, prices, used, hours=hours.central, rate_per_hour=labour.rate.central)


def _repurposing(lot: Lot, prices: Prices) -> Term:
    cost = prices.reuse.repurposing
    value = Range.of(cost).scaled(lot.energy_kwh).paid()
    return _term("repurposing", value, prices, (cost,), energy_kwh=lot.energy_kwh, cost_per_kwh=cost.central)


def _test(prices: Prices) -> Term:
    minutes, rate = prices.testing.minutes, prices.testing.rate
    value = Range.of(minutes).times(Range.of(rate)).scaled(1 / 60).paid()
    return _term("test", value, prices, (minutes, rate), minutes=minutes.central, rate_per_hour=rate.central)


def _transport(lot: Lot, prices: Prices) -> Term:
    value = Range.of(prices.transport).scaled(lot.mass_kg).paid()
    values = {"mass_kg": lot.mass_kg, "cost_per_kg": prices.transport.central}
    return _term("transport", value, prices, (prices.transport,), **values)


def _failure(lot: Lot, prices: Prices) -> Term:
    probability, cost = prices.failure_probability, prices.failure_cost
    value = Range.of(probability).times(Range.of(cost)).scaled(lot.energy_kwh).paid()
    values = {"probability": probability.central, "cost_per_kwh": cost.central}
    return _term("failure", value, prices, (probability, cost), **values)


def _later_recycling(lot: Lot, prices: Prices) -> Term:
    """Bring today's feed price, which may be a fee, to the end of the second life."""
    rate, years = prices.discount_rate, prices.second_life
    discount = Range((1 + rate.high) ** -years.high, (1 + rate.central) ** -years.central, (1 + rate.low) ** -years.low)
    value = Range.of(_feed(lot, prices)).times(discount)
    values = {"discount_factor": discount.central, "years": years.central}
    return _term("later_recycling", value, prices, (rate, years), **values)


def _feed(lot: Lot, prices: Prices) -> Term:
    per_kg = prices.feed.per_kg.get(lot.chemistry)
    if per_kg is not None:
        value = Range.of(per_kg).scaled(lot.mass_kg)
        values = {"mass_kg": lot.mass_kg, "price_per_kg": per_kg.central}
        return _term("feed_price", value, prices, (per_kg,), **values)
    return _metal_feed(lot, prices)


def _metal_feed(lot: Lot, prices: Prices) -> Term:
    """Pay a share of cobalt and nickel; the range seen elsewhere is wider than any metal price makes it."""
    assert lot.content is not None  # noqa: S101 - an obstacle otherwise
    metals, share, seen = prices.metals, prices.feed.share, prices.feed.seen_per_kwh
    cobalt_kg, nickel_kg = lot.content.cobalt * lot.energy_kwh, lot.content.nickel * lot.energy_kwh
    worth = zip(Range.of(metals.cobalt).scaled(cobalt_kg), Range.of(metals.nickel).scaled(nickel_kg), strict=True)
    ruled = Range(*(a + b for a, b in worth)).times(Range.of(share))
    low, high = seen.low * lot.energy_kwh, seen.high * lot.energy_kwh
    value = Range(min(low, ruled.low), ruled.central, max(high, ruled.high))
    used = (share, metals.cobalt, metals.nickel, seen)
    return _term("feed_price", value, prices, used, share=share.central, cobalt_kg=cobalt_kg, nickel_kg=nickel_kg)
