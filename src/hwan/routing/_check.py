"""What a price list must hold to beyond its schema."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Final

from hwan.core import CHEMISTRIES, LANGUAGES, BadDefinition, UnknownName
from hwan.routing._schema import Amount, Content, Prices

# Unit ({money} is the list's currency), least and greatest value that make sense.
_INFINITE: Final = math.inf
_EXPECTED: Final = {
    "metals.cobalt": ("{money}/kg", 0, _INFINITE),
    "metals.nickel": ("{money}/kg", 0, _INFINITE),
    "feed.share": ("1", 0, 1),
    "feed.seen_per_kwh": ("{money}/kWh", -_INFINITE, _INFINITE),
    "feed.per_kg": ("{money}/kg", -_INFINITE, _INFINITE),
    "labour.removal_hours": ("h", 0, _INFINITE),
    "labour.to_modules_hours": ("h", 0, _INFINITE),
    "labour.rate": ("{money}/h", 0, _INFINITE),
    "testing.minutes": ("min", 0, _INFINITE),
    "testing.rate": ("{money}/h", 0, _INFINITE),
    "reuse.resale": ("{money}/kWh", 0, _INFINITE),
    "reuse.repurposing": ("{money}/kWh", 0, _INFINITE),
    "remanufacture.new_price": ("{money}/kWh", 0, _INFINITE),
    "remanufacture.used_factor": ("1", 0, 1),
    "remanufacture.replaced_share": ("1", 0, 1),
    "transport": ("{money}/kg", 0, _INFINITE),
    "failure_probability": ("1", 0, 1),
    "failure_cost": ("{money}/kWh", 0, _INFINITE),
    "second_life": ("a", 0, _INFINITE),
    "discount_rate": ("1/a", 0, _INFINITE),
}


def check_prices(prices: Prices, source: str) -> None:
    """Raise the first contradiction found in a price list read from `source`."""
    for language in LANGUAGES:
        if not prices.title.get(language):
            raise BadDefinition("price_title_missing", source=source, language=language)
    known = (*CHEMISTRIES, *prices.own_chemistries)
    for name in (*prices.contents, *prices.feed.per_kg):
        if name not in known:
            raise UnknownName("chemistry", name, known, f"{source}, own_chemistries")
    for path, amount in _amounts(prices):
        _check_amount(path, amount, prices.currency, source)
    for name, content in prices.contents.items():
        _check_content(name, content, source)


def _amounts(noun: Any, path: str = "") -> Iterator[tuple[str, Amount]]:
    """Yield every amount with its place in the file; those of one mapping share the mapping's place."""
    if isinstance(noun, Amount):
        yield path, noun
    elif isinstance(noun, Mapping):
        for value in noun.values():
            yield from _amounts(value, path)
    elif is_dataclass(noun):
        for field in fields(noun):
            yield from _amounts(getattr(noun, field.name), f"{path}.{field.name}".lstrip("."))


def _check_amount(path: str, amount: Amount, money: str, source: str) -> None:
    unit, least, greatest = _EXPECTED[path]
    expected = unit.format(money=money)
    if amount.unit != expected:
        raise BadDefinition("price_unit", source=source, field=path, got=amount.unit, expected=expected)
    ends = (amount.low, amount.central, amount.high)
    if not least <= ends[0] <= ends[1] <= ends[2] <= greatest:
        got = ", ".join(map(str, ends))
        raise BadDefinition("price_range", source=source, field=path, got=got, least=least, greatest=greatest)


def _check_content(name: str, content: Content, source: str) -> None:
    metals = content.cobalt + content.nickel
    known = min(content.cobalt, content.nickel) >= 0 and content.module > 0
    if not (known and metals <= content.module <= content.pack):
        raise BadDefinition("price_content", source=source, field=f"contents.{name}")
