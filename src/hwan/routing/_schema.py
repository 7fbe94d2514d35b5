"""A price list: every number with its range, unit, source and date."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Evidence = Literal["text", "workbook", "memory", "own"]


@dataclass(frozen=True, slots=True)
class Amount:
    """One number of a price list; `low` and `high` are the ends of what has been seen or is thought possible.

    `evidence` says how far `central` was checked: ``workbook`` read in a cell, ``text`` in a public
    text, ``memory`` not verified, ``own`` the list's own estimate, no public number.
    """

    low: float
    central: float
    high: float
    unit: str
    source: str
    date: str
    evidence: Evidence
    note: str = ""


@dataclass(frozen=True, slots=True)
class Metals:
    """Metal prices, per kg."""

    cobalt: Amount
    nickel: Amount


@dataclass(frozen=True, slots=True)
class Feed:
    """What the recycler pays the holder; negative: the holder pays.

    A chemistry in `per_kg` has a price per kg of feed; any other is paid `share` of its cobalt and
    nickel. `seen_per_kwh` is the range of recycling values seen, and widens the latter.
    """

    share: Amount
    seen_per_kwh: Amount
    per_kg: Mapping[str, Amount]


@dataclass(frozen=True, slots=True)
class Content:
    """Masses of one chemistry, in kg per kWh of rated energy; one model's figures, without a range."""

    pack: float
    module: float
    cobalt: float
    nickel: float
    source: str
    date: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Labour:
    """Opening a pack: hours per pack, and what an hour costs."""

    removal_hours: Amount
    to_modules_hours: Amount
    rate: Amount


@dataclass(frozen=True, slots=True)
class Testing:
    """The acceptance test before a battery is sold: time on a channel, and what an hour costs."""

    minutes: Amount
    rate: Amount


@dataclass(frozen=True, slots=True)
class Reuse:
    """Sale into a second life as it is."""

    resale: Amount
    repurposing: Amount


@dataclass(frozen=True, slots=True)
class Remanufacture:
    """Sale as a reconditioned part: price of a new one, what a used one is worth of it, modules replaced."""

    new_price: Amount
    used_factor: Amount
    replaced_share: Amount


@dataclass(frozen=True, slots=True)
class Prices:
    """A versioned price list.

    `failure_probability` and `failure_cost` are those of the warranty given with a battery that is
    sold again; `second_life` and `discount_rate` bring its later recycling to today. `sha256` is that
    of the file, filled in when it is loaded.
    """

    id: str
    title: Mapping[str, str]
    currency: str
    metals: Metals
    feed: Feed
    contents: Mapping[str, Content]
    labour: Labour
    testing: Testing
    reuse: Reuse
    remanufacture: Remanufacture
    transport: Amount
    failure_probability: Amount
    failure_cost: Amount
    second_life: Amount
    discount_rate: Amount
    own_chemistries: tuple[str, ...] = ()
    sha256: str = ""
