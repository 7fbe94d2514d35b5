"""Times of one width throughout a column, read digit by digit: no cell is cut, all rows at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

Letters = NDArray[np.uint8]
Ints = NDArray[np.int64]
Numbers = NDArray[Any]

WIDEST: Final = 40
"""Letters; no time is written wider."""
MOST_DAYS: Final = 20_000
"""Changes of the date in one column; a clock that jumps more often is read cell by cell."""
MOST_DIGITS: Final = 15
"""Digits of one number; more are no longer exact."""
_DURATION: Final = re.compile(rb" *(?:(\d+) *[-d ] *)?(\d+):(\d{1,2}):(\d{1,2})(?:[.,](\d+))? *")
_WEIGHTS: Final = (86_400.0, 3_600.0, 60.0, 1.0)
_PARTS: Final = {
    "%Y": r"(?P<Y>\d{4})", "%m": r"(?P<m>\d\d)", "%d": r"(?P<d>\d\d)", "%H": r"(?P<H>\d\d)", "%M": r"(?P<M>\d\d)",
    "%S": r"(?P<S>\d\d)", "%.f": r"(?:\.(?P<f>\d{1,6}))?",
}  # fmt: skip
_ZERO: Final = 48
_BLANK: Final = 32


def durations_of_one_width(text: pl.Series) -> pl.Series | None:
    """Return ``[days-]hours:minutes:seconds`` in seconds, or None where a cell is laid out otherwise.

    >>> durations_of_one_width(pl.Series([" 0d 00:01:02.5", "12d 00:00:00.0"])).to_list()
    [62.5, 1036800.0]
    """
    letters = _letters(text)
    match = _DURATION.fullmatch(letters[:, 0].tobytes()) if letters is not None else None
    if letters is None or match is None:
        return None
    spans = {str(number): match.span(number) for number in range(1, 6) if match[number]}
    first = next(iter(spans))
    numbers = _numbers(letters, spans | {first: (0, spans[first][1])}, led_by_blanks=first)
    if numbers is None:
        return None
    if "5" in numbers:
        scale = 10 ** (spans["5"][1] - spans["5"][0])
        # One division of whole numbers rounds as the decimal number itself does.
        numbers["4"] = (numbers["4"] * scale + numbers["5"]) / scale
    total = np.zeros(letters.shape[1])
    for name, weight in zip("1234", _WEIGHTS, strict=True):
        total += numbers.get(name, 0) * weight
    return pl.Series(total)


def clock_of_one_width(text: pl.Series, form: str) -> pl.Series | None:
    """Return dates in UTC in seconds since 1970, or None where a cell is laid out otherwise.

    >>> clock_of_one_width(pl.Series(["1970-01-02 00:00:01.5"]), "%Y-%m-%d %H:%M:%S%.f").to_list()
    [86401.5]
    """
    letters = _letters(text)
    match = _pattern(form).fullmatch(letters[:, 0].tobytes()) if letters is not None else None
    if letters is None or match is None:
        return None
    part = _numbers(letters, {name: match.span(name) for name, found in match.groupdict().items() if found})
    if part is None or not set("YmdHMS") <= set(part):
        return None
    days = _days(part["Y"] * 10_000 + part["m"] * 100 + part["d"])
    if days is None or part["H"].max() > 23 or part["M"].max() > 59 or part["S"].max() > 59:
        return None
    second = ((days * 24 + part["H"]) * 60 + part["M"]) * 60 + part["S"]
    micro = part["f"] * 10 ** (6 - len(match["f"])) if "f" in part else 0
    return pl.Series(second * 1_000_000 + micro) / 1e6  # divided by the library, to round as other clocks do


@cache
def _pattern(form: str) -> re.Pattern[bytes]:
    """Return what a cell of a format looks like; nothing fits a format with other parts than numbers."""
    parts = re.findall(r"%\.f|%.|[^%]", form)
    if any(parts.count(part) > 1 for part in _PARTS):
        return re.compile(rb"(?!)")
    return re.compile("".join(_PARTS.get(part, re.escape(part)) for part in parts).encode())


def _letters(text: pl.Series) -> Letters | None:
    """Return the bytes of a column, a row for each place; None where cells are absent or far too wide.

    Narrower cells get blanks in front.
    """
    widths = text.str.len_bytes()
    narrow, wide = widths.min(), widths.max()
    if text.null_count() or not isinstance(wide, int) or not 0 < wide <= WIDEST:
        return None
    padded = text if narrow == wide else text.str.pad_start(wide)
    joined = np.frombuffer(str(padded.str.join("").item()).encode(), np.uint8)
    return np.ascontiguousarray(joined.reshape(-1, wide).T) if len(joined) == len(text) * wide else None


def _numbers(
    letters: Letters, spans: Mapping[str, tuple[int, int]], led_by_blanks: str = ""
) -> dict[str, Numbers] | None:
    """Return the numbers that stand in `spans`; None unless every other place repeats its first letter."""
    used = {place for begin, end in spans.values() for place in range(begin, end)}
    if any(_varies(letters[place]) for place in range(len(letters)) if place not in used):
        return None
    numbers: dict[str, Numbers] = {}
    for name, (begin, end) in spans.items():
        number = _number(letters[begin:end], led_by_blanks=name == led_by_blanks)
        if number is None:
            return None
        numbers[name] = number
    return numbers


def _varies(letters: Letters) -> bool:
    return bool((letters != letters[0]).any())


def _number(letters: Letters, *, led_by_blanks: bool) -> Ints | None:
    """Return whole numbers, or None where a letter is no digit; blanks may lead where they are allowed."""
    if len(letters) > MOST_DIGITS:
        return None
    total = np.zeros(letters.shape[1], np.int64)
    blank = np.ones(letters.shape[1], np.bool_)
    for place, row in enumerate(letters):
        digit = row - np.uint8(_ZERO)
        if (digit > 9).any():
            blank &= row == _BLANK
            if not led_by_blanks or place == len(letters) - 1 or (digit[~blank] > 9).any():
                return None
            digit[blank] = 0
        else:
            blank[:] = False
        total *= 10
        total += digit
    return total


def _days(dates: Ints) -> Ints | None:
    """Return days since 1970 of dates written as one number, year, month and day."""
    starts = np.append(0, np.flatnonzero(np.diff(dates)) + 1)
    if len(starts) > MOST_DAYS:
        return None
    epoch = date(1970, 1, 1).toordinal()
    try:
        days = [date(one // 10_000, one // 100 % 100, one % 100).toordinal() - epoch for one in dates[starts].tolist()]
    except ValueError:
        return None
    return np.repeat(np.array(days, np.int64), np.diff(np.append(starts, len(dates))))
