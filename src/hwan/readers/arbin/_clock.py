"""Arbin's clock as delimited exports write it: Unix seconds, or a date in one of four orders."""

from __future__ import annotations

from typing import Final

import polars as pl

from hwan.core import Finding
from hwan.readers._digits import clock_of_one_width

# With four digits of the year first, or the month first, as releases write them; the day first on other desktops.
_FORMATS: Final = (
    "%Y-%m-%d %H:%M:%S%.f", "%Y/%m/%d %H:%M:%S%.f", "%m/%d/%Y %H:%M:%S%.f", "%d/%m/%Y %H:%M:%S%.f",
)  # fmt: skip
_HEADING: Final = "Date_Time"
_SOME: Final = 100
"""Cells from either end of the column; a way of writing that one of them does not fit is not tried on all."""


def seconds_written(text: pl.Series, test_time: pl.Series) -> tuple[pl.Series, list[Finding]]:
    """Return a clock in seconds since 1970, read as UTC; as null, with a finding, when no way of writing fits.

    Where several fit (5/6 is a day of May or of June), the one whose span is nearest to the test time's is taken.
    """
    text = text.cast(pl.String)
    some = pl.concat([text.head(_SOME), text.tail(_SOME)]).drop_nulls()
    number = text.cast(pl.Float64, strict=False) if not some.cast(pl.Float64, strict=False).null_count() else None
    if number is not None and number.null_count() == text.null_count():
        return number, []
    fits = _fitting(text, some)
    if not fits:
        first = str(_plain(text).drop_nulls().first() or "")[:40]
        values = {"column": _HEADING, "got": first}
        return pl.Series(text.name, [None] * len(text), dtype=pl.Float64), [
            Finding("clock_not_read", "warning", "column unix_time_second", values)
        ]
    elapsed = _span(test_time.cast(pl.Float64, strict=False))
    chosen = min(fits, key=lambda clock: abs(_span(clock) - elapsed))
    return chosen, [Finding("clock_without_zone", "note", "column unix_time_second", {"heading": _HEADING})]


def _fitting(text: pl.Series, some: pl.Series) -> list[pl.Series]:
    """Return the readings that leave no cell empty, one for each way of writing that fits all cells."""
    plain = _plain(some)
    formats = [form for form in _FORMATS if not _read(plain, form).null_count()]
    text = text if plain.equals(some) else _plain(text)
    read = [_read_at_once(text, form) for form in formats]
    return [clock for clock in read if clock.null_count() == text.null_count() and clock.len() > clock.null_count()]


def _plain(text: pl.Series) -> pl.Series:
    return text.str.strip_chars().str.strip_suffix(".")


def _read_at_once(text: pl.Series, form: str) -> pl.Series:
    seconds = clock_of_one_width(text, form)
    return _read(_plain(text), form) if seconds is None else seconds


def _read(text: pl.Series, form: str) -> pl.Series:
    moments = text.str.to_datetime(form, strict=False, time_unit="us")
    return moments.dt.epoch("us").cast(pl.Float64) / 1e6


def _span(seconds: pl.Series) -> float:
    low, high = seconds.min(), seconds.max()
    return float(high - low) if isinstance(low, float) and isinstance(high, float) else 0.0
