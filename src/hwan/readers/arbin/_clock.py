"""Arbin's clock as delimited exports write it: Unix seconds, or a date in one of four orders."""

from __future__ import annotations

from typing import Final

import polars as pl

from hwan.core import Finding

# With four digits of the year first, or the month first, as releases write them; the day first on other desktops.
_FORMATS: Final = (
    "%Y-%m-%d %H:%M:%S%.f", "%Y/%m/%d %H:%M:%S%.f", "%m/%d/%Y %H:%M:%S%.f", "%d/%m/%Y %H:%M:%S%.f",
)  # fmt: skip
_HEADING: Final = "Date_Time"


def seconds_written(text: pl.Series, test_time: pl.Series) -> tuple[pl.Series, list[Finding]]:
    """Return a clock in seconds since 1970, read as UTC; as null, with a finding, when no way of writing fits.

    Where several fit (5/6 is a day of May or of June), the one whose span is nearest to the test time's is taken.
    """
    number = text.cast(pl.Float64, strict=False)
    if number.null_count() == text.null_count():
        return number, []
    plain = text.cast(pl.String).str.strip_chars().str.strip_suffix(".")
    read = [_read(plain, form) for form in _FORMATS]
    fits = [clock for clock in read if clock.null_count() == text.null_count() and clock.len() > clock.null_count()]
    if not fits:
        first = str(plain.drop_nulls().first() or "")[:40]
        values = {"column": _HEADING, "got": first}
        return pl.Series(text.name, [None] * len(text), dtype=pl.Float64), [
            Finding("clock_not_read", "warning", "column unix_time_second", values)
        ]
    elapsed = _span(test_time.cast(pl.Float64, strict=False))
    chosen = min(fits, key=lambda clock: abs(_span(clock) - elapsed))
    return chosen, [Finding("clock_without_zone", "note", "column unix_time_second", {"heading": _HEADING})]


def _read(text: pl.Series, form: str) -> pl.Series:
    moments = text.str.to_datetime(form, strict=False, time_unit="us")
    return moments.dt.epoch("us").cast(pl.Float64) / 1e6


def _span(seconds: pl.Series) -> float:
    low, high = seconds.min(), seconds.max()
    return float(high - low) if isinstance(low, float) and isinstance(high, float) else 0.0
