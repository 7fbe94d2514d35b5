"""What qualifies the figures: refusals with the test that would lift them, and findings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from hwan.report._certificate._parts import Section, left_out, table
from hwan.report._entry import Entry
from hwan.report._numbers import ABSENT
from hwan.report._tables import TONES, Cell, grouped_refusals, ranked_findings
from hwan.report._words import Words

MOST: Final = 10
REFUSED_HEADS: Final = (("column_quantity", 2.2), ("column_reason", 3.4), ("column_test_needed", 3.4))
FOUND_HEADS: Final = (("column_severity", 0.9), ("column_finding", 6.4), ("column_where", 2.0))


def refused(entry: Entry, words: Words) -> Iterable[Section]:
    """Return what could not be said, and the test that would say it."""
    groups = grouped_refusals(entry.assessment, words)
    rows = [
        (Cell(names), Cell(words.refusal(each)), Cell(words.test_for(each) or ABSENT)) for names, each in groups[:MOST]
    ]
    if rows:
        yield Section(
            words.ui("section_refused"), (table(words, "", REFUSED_HEADS, rows, left_out(words, len(groups) - MOST)),)
        )


def findings(entry: Entry, words: Words) -> Iterable[Section]:
    """Return what stops or warns, the gravest first; notes are counted and stand in the content."""
    ranked = ranked_findings(entry.assessment)
    grave = [each for each, _ in ranked if each.severity != "note"]
    rows = [
        (
            Cell(words.ui(f"severity_{each.severity}"), tone=TONES[each.severity]),
            Cell(words.say("finding", each.code, each.values)),
            Cell(words.place(each.where)),
        )
        for each in grave[:MOST]
    ]
    if rows:
        note = left_out(words, len(ranked) - len(rows))
        yield Section(words.ui("section_findings"), (table(words, "", FOUND_HEADS, rows, note),))
