"""What was measured, each figure with its interval, conditions, method and rows."""

from __future__ import annotations

from typing import Final

from hwan import core
from hwan.report._certificate._content import chosen
from hwan.report._certificate._parts import Section, left_out, outside, table, unstated
from hwan.report._entry import Entry
from hwan.report._numbers import ABSENT, bounds_of, shown
from hwan.report._tables import Cell, conditions, validation
from hwan.report._words import Words

MOST_RESULTS: Final = 14
PLACES: Final = (
    "surface_temperature", "temperature_t1", "ambient_temperature", "stated_by_the_user", "reference", "unknown",
)  # fmt: skip
HEADS: Final = (
    ("column_quantity", 2.1), ("column_value", 0), ("column_interval", 0), ("column_conditions", 3.2),
    ("column_method", 3.4), ("certificate_rows", 1.9),
)  # fmt: skip


def results(entry: Entry, words: Words) -> Section:
    """Return the table of results."""
    printed, further = chosen(entry.assessment.measurements)
    title = words.ui("certificate_results")
    if not printed:
        return Section(title, (unstated(words),))
    rows = [result_row(each, words) for each in printed[:MOST_RESULTS]]
    note = left_out(words, len(further) + len(printed) - len(rows))
    return Section(title, (table(words, "", HEADS, rows, note),))


def result_row(each: core.Measurement, words: Words) -> tuple[Cell, ...]:
    """Return one figure as a row."""
    written = shown(each.value, bounds_of(each), each.unit)
    return (
        Cell(outside(words.name(each.quantity))),
        Cell(f"{written.value} {written.unit}"),
        Cell(f"{written.low} – {written.high}" if written.bounded else ABSENT),
        Cell(" · ".join(conditions(each.conditions, words)) or ABSENT, _place(each.conditions, words)),
        Cell(words.say("method", each.method), validation(each.validation, words)),
        rows_of(each.evidence, words),
    )


def _place(given: core.Conditions, words: Words) -> str:
    """Say where the temperature was taken."""
    if not core.is_known(given.temperature_celsius):
        return words.ui("certificate_temperature_not_stated")
    place = given.temperature_place if core.is_known(given.temperature_place) else "unknown"
    return words.ui(f"certificate_at_{place}") if place in PLACES else words.ui("certificate_at", place=place)


def rows_of(evidence: tuple[core.Evidence, ...], words: Words) -> Cell:
    """Return the rows that a figure rests on, and of which recording."""
    if not evidence:
        return Cell(words.ui("certificate_not_stated"), tone="neutral")
    first = evidence[0]
    more = words.ui("more", count=len(evidence) - 1) if len(evidence) > 1 else ""
    rows = "–".join(f"{row:,}" for row in dict.fromkeys((first.first_row, first.last_row)))
    return Cell(rows, " · ".join(filter(None, (first.recording_id[:8], more))))
