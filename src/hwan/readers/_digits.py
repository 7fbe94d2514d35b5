"""Times of one width throughout a column, read digit by digit: no cell is cut, all rows at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

Letters = NDArray[np.uint8]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Number = int | Ints
"""Of each row, or one that all rows share."""

WIDEST: Final = 40
"""Letters; no time is written wider."""
BLOCK: Final = 1 << 15
"""So many rows at once: what is computed from them stays in the processor's cache."""
MOST_DAYS: Final = 1_000
"""Changes of the date in one block; a clock that jumps more often is read cell by cell."""
MOST_DIGITS: Final = 15
"""Digits of one number; more are no longer exact."""
_DURATION: Final = re.compile(rb" *(?:(\d+) *[-d ] *)?(\d+):(\d{1,2}):(\d{1,2})(?:[.,](\d+))? *")
_WEIGHTS: Final = (86_400.0, 3_600.0, 60.0)
_PARTS: Final = {
    "%Y": r"(?P<Y>\d{4})", "%m": r"(?P<m>\d\d)", "%d": r"(?P<d>\d\d)", "%H": r"(?P<H>\d\d)", "%M": r"(?P<M>\d\d)",
    "%S": r"(?P<S>\d\d)", "%.f": r"(?:\.(?P<f>\d{1,6}))?",
}  # fmt: skip
_ZERO: Final = 48
_NINE: Final = 57
_BLANK: Final = 32


def durations_of_one_width(text: pl.Series) -> pl.Series | None:
    """Return ``[days-]hours:minutes:seconds`` in seconds, or None where a cell is laid out otherwise.

    >>> durations_of_one_width(pl.Series([" 0d 00:01:02.5", "12d 00:00:00.0"])).to_list()
    [62.5, 1036800.0]
    """
    return _in_blocks(text, _durations)


def _durations(text: pl.Series) -> pl.Series | None:
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
        second = (numbers["4"] * scale + numbers["5"]) / scale
    else:
        second = numbers["4"] * 1.0
    total = np.zeros(letters.shape[1])
    for name, weight in zip("123", _WEIGHTS, strict=True):
        total += numbers.get(name, 0) * weight
    return pl.Series(total + second)


def clock_of_one_width(text: pl.Series, form: str) -> pl.Series | None:
    """Return dates in UTC in seconds since 1970, or None where a cell is laid out otherwise.

    >>> clock_of_one_width(pl.Series(["1970-01-02 00:00:01.5"]), "%Y-%m-%d %H:%M:%S%.f").to_list()
    [86401.5]
    """
    return _in_blocks(text, lambda block: _clock(block, form))


def _clock(text: pl.Series, form: str) -> pl.Series | None:
    letters = _letters(text)
    match = _pattern(form).fullmatch(letters[:, 0].tobytes()) if letters is not None else None
    if letters is None or match is None:
        return None
    part = _numbers(letters, {name: match.span(name) for name, found in match.groupdict().items() if found})
    if part is None or not set("YmdHMS") <= set(part):
        return None
    days = _days(part["Y"] * 10_000 + part["m"] * 100 + part["d"])
    if days is None or np.max(part["H"]) > 23 or np.max(part["M"]) > 59 or np.max(part["S"]) > 59:
        return None
    second = (days * 24 + part["H"]) * 3600 + part["M"] * 60 + part["S"] + np.zeros(len(text), np.int64)
    micro = part["f"] * 10 ** (6 - len(match["f"])) if "f" in part else 0
    return pl.Series(second * 1_000_000 + micro) / 1e6  # divided by the library, to round as other clocks do


def _in_blocks(text: pl.Series, read: Callable[[pl.Series], pl.Series | None]) -> pl.Series | None:
    blocks = []
    for first in range(0, max(1, len(text)), BLOCK):
        block = read(text.slice(first, BLOCK))
        if block is None:
            return None
        blocks.append(block)
    return pl.concat(blocks, rechunk=True)


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
) -> dict[str, Number] | None:
    """Return the numbers that stand in `spans`; None unless every other place repeats its first letter."""
    used = {place for begin, end in spans.values() for place in range(begin, end)}
    if any(_varies(letters[place]) for place in range(len(letters)) if place not in used):
        return None
    numbers: dict[str, Number] = {}
    for name, (begin, end) in spans.items():
        number = _number(letters[begin:end], led_by_blanks=name == led_by_blanks)
        if number is None:
            return None
        numbers[name] = number
    return numbers


def _varies(letters: Letters) -> bool:
    return bool((letters != letters[0]).any())


def _number(letters: Letters, *, led_by_blanks: bool) -> Number | None:
    """Return whole numbers, or None where a letter is no digit; blanks may lead where they are allowed.

    Digits that all rows share stay one number, and cost as much as one: years, days and hours change seldom.
    """
    if len(letters) > MOST_DIGITS:
        return None
    total: Number = 0
    blank: bool | Bools = led_by_blanks
    for place, row in enumerate(letters):
        low, high = int(row.min()), int(row.max())
        if low == high == _BLANK and blank is True and place < len(letters) - 1:
            continue
        if low < _ZERO or high > _NINE:
            blank &= row == _BLANK
            digit = row - np.uint8(_ZERO)
            if not led_by_blanks or place == len(letters) - 1 or (digit[~blank] > 9).any():
                return None
            digit[blank] = 0
            total = total * 10 + digit.astype(np.int64)
            continue
        blank = False
        total = total * 10 + (low - _ZERO if low == high else (row - np.uint8(_ZERO)).astype(np.int64))
    return total


def _days(dates: Number) -> Ints | None:
    """Return days since 1970 of dates written as one number, year, month and day."""
    dates = np.atleast_1d(dates)
    starts = np.append(0, np.flatnonzero(np.diff(dates)) + 1)
    if len(starts) > MOST_DAYS:
        return None
    epoch = date(1970, 1, 1).toordinal()
    try:
        days = [date(one // 10_000, one // 100 % 100, one % 100).toordinal() - epoch for one in dates[starts].tolist()]
    except ValueError:
        return None
    return np.repeat(np.array(days, np.int64), np.diff(np.append(starts, len(dates))))
