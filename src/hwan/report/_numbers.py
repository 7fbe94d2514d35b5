"""Numbers as a person reads them: units in symbols, digits that follow the width of the interval."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from hwan import core

ABSENT: Final = "–"
MOST_DECIMALS: Final = 6
_SYMBOLS: Final = {
    "ohm": "Ω", "kohm": "kΩ", "Mohm": "MΩ", "megaohm": "MΩ", "milliohm": "mΩ", "degC": "°C", "celsius": "°C",
    "volt": "V", "ampere": "A", "second": "s", "ah": "Ah", "wh": "Wh",
}  # fmt: skip


_SMALL: Final = {"Ω": 1.0, "Ah": 0.1, "Wh": 0.1, "A": 0.1}


@dataclass(frozen=True, slots=True)
class Scale:
    """How a unit is shown: multiply by `factor`, write `symbol`."""

    factor: float
    symbol: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A figure and its bounds as text, all with the same decimals."""

    value: str
    low: str
    high: str
    unit: str

    @property
    def bounded(self) -> bool:
        """Whether there are bounds to show."""
        return self.low != ABSENT


def scale_of(unit: str, size: float) -> Scale:
    """Return how to show `unit` for figures of about `size`; fractions become per cent.

    >>> scale_of("1", 0.9), scale_of("ohm", 0.012).symbol
    (Scale(factor=100.0, symbol='%'), 'mΩ')
    """
    if unit == "1":
        return Scale(100.0, "%")
    symbol = _SYMBOLS.get(unit, unit)
    if symbol in _SMALL and 0 < abs(size) < _SMALL[symbol]:
        tiny = abs(size) < 1e-4
        return Scale(1e6, f"µ{symbol}") if tiny else Scale(1e3, f"m{symbol}")
    return Scale(1.0, _SYMBOLS.get(unit, unit.replace("ohm", "Ω")))


def decimals_for(width: float) -> int:
    """Return the decimals that leave two digits of an interval's `width`.

    >>> decimals_for(0.034), decimals_for(2.1), decimals_for(250)
    (3, 1, 0)
    """
    if not (math.isfinite(width) and width > 0):
        return 3
    return min(MOST_DECIMALS, max(0, 1 - math.floor(math.log10(width))))


def fixed(value: float, decimals: int) -> str:
    """Write `value` with `decimals`; never a negative zero.

    >>> fixed(-0.0001, 2), fixed(12345.6, 0)
    ('0.00', '12,346')
    """
    if not math.isfinite(value):
        return ABSENT
    rounded = round(value, decimals)
    return f"{rounded + 0.0 if rounded else 0.0:,.{decimals}f}"


def shown(value: float, bounds: tuple[float, float] | None, unit: str) -> Shown:
    """Write a figure and its bounds with the same decimals.

    >>> shown(0.9132, (0.9051, 0.9213), "1")
    Shown(value='91.3', low='90.5', high='92.1', unit='%')
    """
    scale = scale_of(unit, value)
    if bounds is None:
        return Shown(plain(value * scale.factor), ABSENT, ABSENT, scale.symbol)
    low, high = (bound * scale.factor for bound in bounds)
    decimals = decimals_for(high - low)
    return Shown(fixed(value * scale.factor, decimals), fixed(low, decimals), fixed(high, decimals), scale.symbol)


def plain(value: float, digits: int = 4) -> str:
    """Write a number that has no interval, with significant digits and no trailing zeros."""
    if not math.isfinite(value):
        return ABSENT
    written = core.format_number(value, digits)
    return written.rstrip("0").rstrip(".") if "." in written and "e" not in written else written


def with_unit(value: float, unit: str) -> str:
    """Write a number that has no interval with its unit.

    >>> with_unit(0.8, "1"), with_unit(20.0, "Ah")
    ('80 %', '20 Ah')
    """
    scale = scale_of(unit, value)
    return f"{plain(value * scale.factor)} {scale.symbol}"


def bounds_of(measurement: core.Measurement) -> tuple[float, float] | None:
    """Return the 90 % interval where it was stored."""
    try:
        return measurement.interval
    except KeyError:
        return None
