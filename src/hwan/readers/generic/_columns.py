"""Headings to columns: words, units, the values under them; what is not certain is marked."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from hwan.core import Scalar, machine_name
from hwan.readers._contract import Recognition
from hwan.readers.generic._layout import NUMBER, PROPOSED, Layout
from hwan.readers.generic._mapping import OR, ColumnRule
from hwan.readers.generic._units import Heading, Unit, cut, units_of
from hwan.readers.generic._vocabulary import NEGATIVE_IMAGINARY, Meaning, meanings, vocabulary

_DURATION: Final = re.compile(r"\s*(?:\d+(?:[-d ]|\s+d)\s*)?\d+:\d{1,2}:\d{1,2}(?:[.,]\d*)?\s*")
_DATE: Final = re.compile(r"\d{1,4}[-/. ]\w{1,3}[-/. ]\d{2,4}")
_FORMATS: Final = tuple(
    f"{date}{between}{time}"
    for date in ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%m-%d-%Y", "%d-%m-%Y",
                 "%d-%b-%Y", "%d-%b-%y", "%d %b %Y", "%b %d %Y")
    for between in (" ", "T", ", ")
    for time in ("%H:%M:%S%.f", "%I:%M:%S%.f %p", "%H:%M", "%I:%M %p")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Way:
    """One heading, what it means, and its rule; `unsure` names what the heading does not say."""

    heading: str
    meaning: Meaning
    rule: ColumnRule
    unsure: str = ""
    options: tuple[Unit, ...] = field(default=())


def ways_of(layout: Layout) -> tuple[tuple[Way, ...], tuple[Recognition, ...]]:
    """Return the way of every heading that is understood, and why; of two for one column the surer one."""
    found: dict[str, Way] = {}
    for place, heading in enumerate(layout.headings):
        if not heading or layout.headings.index(heading) != place:
            continue
        unit = layout.units[place] if place < len(layout.units) else ""
        cells = [row[place] for row in layout.rows if place < len(row) and row[place]]
        way = _way(heading, unit.strip("[](){} "), cells)
        if way is None:
            continue
        name = _place(way)
        if name not in found or _rank(way) < _rank(found[name]):
            found[name] = way
    ways = tuple(way for way in found.values())
    return ways, tuple(_told(way) for way in ways)


def _rank(way: Way) -> tuple[bool, bool]:
    return bool(way.unsure), cut(way.heading).words in vocabulary().generic


def _place(way: Way) -> str:
    """Return the name under which two headings would claim the same column."""
    return f"{way.meaning.to} {way.meaning.dimension}" if way.meaning.amount else way.rule.to


def _told(way: Way) -> Recognition:
    values: dict[str, Scalar] = {"heading": way.heading, "column": way.rule.to, "factor": way.rule.factor}
    if way.rule.datetime:
        return Recognition(PROPOSED, "certain", "decided_column_clock", values | {"formats": way.rule.datetime})
    if way.rule.duration:
        return Recognition(PROPOSED, "certain", "decided_column_duration", values)
    if way.meaning.amount:
        return Recognition(PROPOSED, "certain", "decided_column_counter", values)
    return Recognition(PROPOSED, "likely" if way.unsure else "certain", "decided_column", values)


def _way(heading: str, below: str, cells: list[str]) -> Way | None:
    exact = machine_name(heading)
    if exact and not exact.startswith("raw_"):
        return Way(heading, Meaning(exact), ColumnRule(exact))
    parts = cut(heading)
    meaning = meanings().get(parts.words) or _shorter(parts)
    if meaning is None or not cells:
        return None
    unit = below or parts.unit
    if meaning.dimension == "clock" or (meaning.to == "test_time_second" and _dated(cells)):
        return _clock(heading, cells)
    if meaning.dimension == "s" and _share(cells, _DURATION) > 0.5:
        return Way(heading, meaning, ColumnRule(meaning.to, duration=True))
    numeric = _share(cells, NUMBER) >= 0.5 or _grouped(cells)
    if meaning.dimension == "text":
        return None if numeric else Way(heading, meaning, ColumnRule(meaning.to))
    return _measured(heading, meaning, unit) if numeric else None


def _shorter(parts: Heading) -> Meaning | None:
    """Try a heading without a number or a place at its end: ``Voltage 1``, ``Ecell vs Li``."""
    words = re.sub(r"( vs.*| \d+)$", "", parts.words)
    return meanings().get(words) if words != parts.words else None


def _measured(heading: str, meaning: Meaning, unit: str) -> Way | None:
    if meaning.to == "step_id" and any(one.dimension == "s" for one in units_of(unit)):
        return Way(heading, meaning, ColumnRule("step_time_second", units_of(unit)[0].factor))
    if meaning.dimension == "1":
        return Way(heading, meaning, ColumnRule(meaning.to))
    said = unit or meaning.implied
    fits = [one for one in units_of(said) if one.dimension == meaning.dimension]
    name = "imaginary_impedance_ohm" if meaning.to == NEGATIVE_IMAGINARY else meaning.to
    turn = -1.0 if meaning.to == NEGATIVE_IMAGINARY else 1.0
    if meaning.amount:
        name = f"raw_counter_{meaning.to}_{meaning.dimension.lower()}"
    if fits:
        return Way(heading, meaning, ColumnRule(name, turn * fits[0].factor, fits[0].offset))
    energy = meaning.to in ("capacity", "charging", "discharging") and meaning.dimension == "Ah"
    other = [one for one in units_of(said) if one.dimension == "Wh"] if energy else []
    if other:  # 'Charge Capacity (mWh)'
        meaning = Meaning(meaning.to, "Wh", "", meaning.amount)
        return Way(heading, meaning, ColumnRule(f"raw_counter_{meaning.to}_wh", other[0].factor))
    if units_of(said):
        return None  # the unit of something else
    return Way(heading, meaning, ColumnRule(name, turn), unsure=meaning.dimension)


def _clock(heading: str, cells: list[str]) -> Way | None:
    fits = [form for form in _FORMATS if _fits(cells, form)]
    if not fits:
        return None
    rule = ColumnRule("unix_time_second", datetime=OR.join(fits), zone="")
    return Way(heading, Meaning("unix_time_second", "clock"), rule)


def _fits(cells: list[str], form: str) -> bool:
    import polars as pl

    parsed = pl.Series(cells).str.strip_chars().str.to_datetime(form, strict=False, time_unit="us")
    return parsed.null_count() == 0


def _dated(cells: list[str]) -> bool:
    return _share(cells, _DATE) > 0.5


def _grouped(cells: list[str]) -> bool:
    return sum(bool(re.fullmatch(r"[+-]?\d{1,3}(?:[,.' ]\d{3})+(?:[.,]\d+)?", cell)) for cell in cells) > 0.2 * len(
        cells
    )


def _share(cells: list[str], pattern: re.Pattern[str]) -> float:
    fits = pattern.match if pattern is _DATE else pattern.fullmatch
    return sum(bool(fits(cell)) for cell in cells) / max(1, len(cells))
