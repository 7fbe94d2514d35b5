"""Price lists by id or by path."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from hwan.core import UnknownName, read_toml
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
    path = _located(name_or_path)
    prices = read_toml(path, Prices)
    check_prices(prices, str(path))
    return prices


def price_lists() -> tuple[str, ...]:
    """Return the ids of the price lists that come with hwan.

    >>> price_lists()
    ('everbatt-2023-kr/1',)
    """
    return tuple(sorted(_packaged()))


def _located(name_or_path: str | Path) -> Path:
    packaged, path = _packaged(), Path(name_or_path)
    if str(name_or_path) in packaged:
        return packaged[str(name_or_path)]
    if path.suffix == ".toml" or path.is_file():
        return path
    raise UnknownName("price list", str(name_or_path), packaged)


def _packaged() -> dict[str, Path]:
    """Return id → file; ``everbatt-2023-kr-1.toml`` holds ``everbatt-2023-kr/1``."""
    return {"/".join(path.stem.rsplit("-", 1)): path for path in FOLDER.glob("*.toml")}
