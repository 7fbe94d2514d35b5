"""Times that are written as text: dates and durations, to seconds."""

from __future__ import annotations

from typing import Final

import polars as pl

from hwan.core import ColumnProblem
from hwan.readers._table import Sheet
from hwan.readers.generic._mapping import ColumnRule

_DURATION: Final = r"^(?:(\d+)[-d ]\s*)?(\d+):(\d{1,2}):(\d{1,2}(?:[.,]\d+)?)$"
_WEIGHTS: Final = (86_400.0, 3_600.0, 60.0, 1.0)


def seconds(text: pl.Series, rule: ColumnRule, sheet: Sheet, heading: str) -> pl.Series:
    """Return the times of a column in seconds: since 1970 in UTC for dates, since zero for durations.

    Raises
    ------
    ColumnProblem
        A cell that is no such time, with its line.
    """
    text = text.cast(pl.String).str.strip_chars()
    parsed = _date(text, rule) if rule.datetime else _duration(text)
    wrong = (parsed.is_null() & text.is_not_null() & ~text.is_in(["", *sheet.dialect.null_tokens])).arg_true()
    if len(wrong):
        row = int(wrong[0])
        raise ColumnProblem(
            "cell_not_a_time",
            source=sheet.source,
            line=sheet.first_line + row,
            column=heading,
            got=str(text[row])[:80],
            expected=rule.datetime or "hours:minutes:seconds",
            count=len(wrong),
        )
    return parsed


def _date(text: pl.Series, rule: ColumnRule) -> pl.Series:
    moment = pl.col("text").str.strptime(pl.Datetime("us"), rule.datetime, strict=False)
    # Where a clock goes back an hour is repeated: the first pass is taken; a skipped hour is no time.
    local = moment.dt.replace_time_zone(rule.zone, ambiguous="earliest", non_existent="null")
    return pl.DataFrame({"text": text}).select(local.dt.epoch("us") / 1e6).to_series()


def _duration(text: pl.Series) -> pl.Series:
    part = [pl.col("text").str.extract(_DURATION, number + 1) for number in range(4)]
    number = [one.str.replace(",", ".", literal=True).cast(pl.Float64) for one in part]
    total = number[0].fill_null(0.0) * _WEIGHTS[0]
    for value, weight in zip(number[1:], _WEIGHTS[1:], strict=True):
        total = total + value * weight
    return pl.DataFrame({"text": text}).select(total).to_series()
