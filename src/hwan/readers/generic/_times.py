"""Times that are written as text: dates and durations, to seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from hwan.core import ColumnProblem, Finding, Scalar
from hwan.readers._digits import clock_of_one_width, durations_of_one_width
from hwan.readers._table import Sheet
from hwan.readers.generic._mapping import OR, ColumnRule

_DURATION: Final = r"^(?:(\d+)(?:[-d ]|\s+d)\s*)?(\d+):(\d{1,2}):(\d{1,2}(?:[.,]\d+)?)$"
_WEIGHTS: Final = (86_400.0, 3_600.0, 60.0, 1.0)
# Two readings of a clock differ when the steps of one keep the pace of the test this much better.
_PACE: Final = 0.5
_SOME: Final = 100


@dataclass(frozen=True, slots=True)
class Times:
    """A column of times in seconds, or nothing and the finding that says why."""

    seconds: pl.Series | None
    findings: tuple[Finding, ...] = ()


def durations(text: pl.Series, sheet: Sheet, heading: str) -> pl.Series:
    """Return durations in seconds; a cell of digits only is seconds.

    Raises
    ------
    ColumnProblem
        A cell that is no such time, with its line.
    """
    text = text.cast(pl.String)
    at_once = durations_of_one_width(text)
    if at_once is not None:
        return at_once
    text = text.str.strip_chars()
    parsed = _duration(text)
    _refuse_other(text, parsed, sheet, heading, "hours:minutes:seconds")
    return parsed


def clock(text: pl.Series, rule: ColumnRule, sheet: Sheet, heading: str, elapsed: pl.Series | None) -> Times:
    """Return dates as seconds since 1970 in UTC.

    `elapsed` is the test time in seconds; it tells the order of day and month where both are possible.

    Raises
    ------
    ColumnProblem
        The rule states one format, and a cell does not fit it.
    """
    text = text.cast(pl.String)
    formats, readings = _readings(text, rule)
    if all(readings[one].null_count() > text.null_count() for one in formats):
        text = text.str.strip_chars()
        formats, readings = _readings(text, rule)
    if len(rule.datetime.split(OR)) == 1:
        _refuse_other(text, readings[formats[0]], sheet, heading, formats[0])
    fits = [one for one in formats if not len(_wrong(text, readings[one], sheet))]
    if not fits:
        return Times(None, (_raw("clock_format_unknown", heading, formats, text),))
    chosen = _choose({one: readings[one] for one in fits}, elapsed)
    if chosen is None:
        return Times(None, (_raw("date_order_unknown", heading, fits, text),))
    zone = () if rule.zone else (Finding("clock_without_zone", "note", f"column {heading}", {"heading": heading}),)
    return Times(readings[chosen], zone)


def _readings(text: pl.Series, rule: ColumnRule) -> tuple[list[str], dict[str, pl.Series]]:
    """Return the formats that can be meant, and the seconds that each of them reads."""
    formats = list(dict.fromkeys(one.strip() for one in rule.datetime.split(OR)))
    if len(formats) > 1:
        formats = _likely(text, formats) or formats
    return formats, _dates(text, formats, rule.zone or "UTC")


def _likely(text: pl.Series, formats: list[str]) -> list[str]:
    """Return the formats that cells from the start and the end fit, so that the others are not tried on all."""
    some = pl.concat([text.head(_SOME), text.tail(_SOME)]).drop_nulls()
    some = some.filter(some != "")
    fits = {one: some.len() - read.null_count() for one, read in _dates(some, formats, "UTC").items()}
    return [one for one in formats if fits[one] >= 0.9 * max(fits.values()) > 0]


def _raw(code: str, heading: str, formats: list[str], text: pl.Series) -> Finding:
    first = text.filter(text.is_not_null() & (text != ""))
    values: dict[str, Scalar] = {
        "heading": heading, "formats": OR.join(formats), "got": str(first[0])[:80] if len(first) else "",
    }  # fmt: skip
    return Finding(code, "warning", f"column {heading}", values)


def _choose(readings: dict[str, pl.Series], elapsed: pl.Series | None) -> str | None:
    """Return the format whose clock keeps pace with the test, or None when several do."""
    formats = list(readings)
    if len(formats) == 1:
        return formats[0]
    paces = {one: _pace(readings[one], elapsed) for one in formats}
    best, second = sorted(formats, key=lambda one: paces[one])[:2]
    return best if paces[best] < _PACE * paces[second] else None


def _pace(clock_second: pl.Series, elapsed: pl.Series | None) -> float:
    """Return by how many seconds the steps of a clock and of the test differ in all, backward steps twice."""
    frame = pl.DataFrame({"clock": clock_second, "time": elapsed if elapsed is not None else clock_second})
    if frame["clock"].null_count() or frame["time"].null_count():
        frame = frame.drop_nulls()
    ticks, away = np.diff(frame["clock"].to_numpy()), np.diff(frame["clock"].to_numpy() - frame["time"].to_numpy())
    return float(np.abs(away).sum() - 2 * ticks[ticks < 0].sum())


def _wrong(text: pl.Series, parsed: pl.Series, sheet: Sheet) -> pl.Series:
    if parsed.null_count() == text.null_count():
        return pl.Series([], dtype=pl.UInt32)
    return (parsed.is_null() & text.is_not_null() & ~text.is_in(["", *sheet.dialect.null_tokens])).arg_true()


def _refuse_other(text: pl.Series, parsed: pl.Series, sheet: Sheet, heading: str, expected: str) -> None:
    wrong = _wrong(text, parsed, sheet)
    if len(wrong):
        row = int(wrong[0])
        raise ColumnProblem(
            "cell_not_a_time", source=sheet.source, line=sheet.first_line + row, column=heading,
            got=str(text[row])[:80], expected=expected, count=len(wrong),
        )  # fmt: skip


def _dates(text: pl.Series, formats: list[str], zone: str) -> dict[str, pl.Series]:
    """Return the seconds that each format reads, null where a cell does not fit it."""
    fractional = [one for one in formats if zone == "UTC" and "%.f" in one]  # of others the library is as fast
    at_once = {one: clock_of_one_width(text, one) for one in fractional}
    found = {one: seconds for one, seconds in at_once.items() if seconds is not None}
    others = [_moment(one, zone).alias(one) for one in formats if one not in found]
    read = pl.DataFrame({"text": text}).select(others)  # side by side, each on its own core
    return {one: found[one] if one in found else read[one] for one in formats}


def _moment(form: str, zone: str) -> pl.Expr:
    moment = pl.col("text").str.to_datetime(form, time_unit="us", strict=False, cache=False)
    if zone != "UTC":
        # Where a clock goes back an hour is repeated: the first pass is taken; a skipped hour is no time.
        moment = moment.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    return moment.dt.epoch("us") / 1e6


def _duration(text: pl.Series) -> pl.Series:
    """Return durations in seconds, null where there is none: by cutting at the colons, or by the strict pattern."""
    cut = _cut_duration(text)
    sound = cut.null_count() == text.null_count() and bool(((cut >= 0) & cut.is_finite()).all())
    return cut if sound else _matched_duration(text)


def _cut_duration(text: pl.Series) -> pl.Series:
    """Cut ``[days-]hours:minutes:seconds`` several times faster than a pattern does; odd cells become null."""
    first = text.drop_nulls().head(1).to_list()
    mark = next((each for each in ("d ", "d", "-", " ") if first and each in first[0]), "")
    whole = pl.col("text")
    day = whole.str.find(mark, literal=True) if mark else None
    clock_part = whole if day is None else whole.str.slice(day + len(mark))
    parts = clock_part.str.splitn(":", 3).struct
    total = pl.lit(0.0) if day is None else whole.str.head(day).cast(pl.Float64, strict=False) * _WEIGHTS[0]
    for number, weight in enumerate(_WEIGHTS[1:]):
        total = total + parts.field(f"field_{number}").cast(pl.Float64, strict=False) * weight
    return pl.DataFrame({"text": text}).select(total).to_series()


def _matched_duration(text: pl.Series) -> pl.Series:
    groups = pl.col("text").str.extract_groups(_DURATION).struct
    part = [groups.field(str(number + 1)) for number in range(4)]
    seconds = part[3].str.replace(",", ".", literal=True) if text.head(1000).str.contains(",").any() else part[3]
    total = part[0].cast(pl.Float64).fill_null(0.0) * _WEIGHTS[0]
    for value, weight in zip((part[1], part[2], seconds), _WEIGHTS[1:], strict=True):
        total = total + value.cast(pl.Float64, strict=False) * weight
    plain = pl.col("text").cast(pl.Float64, strict=False)
    frame = pl.DataFrame({"text": text})
    parsed = frame.select(total).to_series()
    return parsed if parsed.null_count() == text.null_count() else frame.select(total.fill_null(plain)).to_series()
