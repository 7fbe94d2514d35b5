"""From grade and prices to the next life: what each way is worth to the holder, and which is open."""

from hwan.routing._load import load_prices, price_lists
from hwan.routing._route import route
from hwan.routing._schema import Amount, Content, Feed, Labour, Metals, Prices, Remanufacture, Reuse, Testing

__all__ = [
    "load_prices", "price_lists", "route",
    "Amount", "Content", "Feed", "Labour", "Metals", "Prices", "Remanufacture", "Reuse", "Testing",
]  # fmt: skip
