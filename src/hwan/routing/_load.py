"""Price lists by id or by path."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

from hwan.core import load_definition, packaged
from hwan.routing._check import check_prices
from hwan.routing._schema import Prices

FOLDER: Final = Path(__file__).parent / "prices"


def load_prices(name_or_path: str | Path) -> Prices:
    """Return the price list with this id, or the one in a file of the user's own.

    Parameters
    ----------
    name_or_path
        An id such as ``everbatt-2023-kr/1``, or the path of a TOML file (schema: docs/definitions.md).

    Raises
    ------
    UnknownName
        When no list has that id, or the list names a chemistry that does not exist.
    BadDefinition
        When the file does not fit the schema: a field, a unit, or a range out of order.

    Examples
    --------
    >>> load_prices("everbatt-2023-kr/1").currency
    'USD'
    """
    prices, source, sha256 = load_definition("price list", name_or_path, FOLDER, Prices)
    check_prices(prices, source)
    return replace(prices, sha256=sha256)


def price_lists() -> tuple[str, ...]:
    """Return the ids of the price lists that come with hwan.

    >>> price_lists()
    ('everbatt-2023-kr/1',)
    """
    return tuple(sorted(packaged(FOLDER)))
