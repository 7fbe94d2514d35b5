"""The tables of a battery, in the order of the page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hwan.report._entry import Entry
from hwan.report._tables import _judged as judged
from hwan.report._tables import _measured as measured
from hwan.report._tables import _next as following
from hwan.report._tables import _pack as pack
from hwan.report._tables import _record as record
from hwan.report._tables._judged import (
    TONES,
    all_refusals,
    grouped_refusals,
    limit_words,
    outcome_value,
    probability_words,
    ranked_findings,
)
from hwan.report._tables._measured import conditions, headline, validation
from hwan.report._tables._table import Cell, Table, table
from hwan.report._words import Words

__all__ = [
    "TONES", "Cell", "Section", "Table", "all_refusals", "conditions", "grouped_refusals", "headline", "limit_words",
    "outcome_value", "probability_words", "ranked_findings", "sections", "table", "validation",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Section:
    """Tables under one heading."""

    title: str
    tables: tuple[Table, ...]
    note: str = ""


def sections(entry: Entry, words: Words) -> tuple[Section, ...]:
    """Return the sections that have something to say."""
    return tuple(section for section in _all(entry, words) if section.tables)


def _all(entry: Entry, words: Words) -> Iterable[Section]:
    assessment = entry.assessment
    yield _section(words.ui("section_next_test"), [following.next_test(assessment.next_test, words)])
    yield _section(words.ui("section_refused"), [judged.refusals(assessment, words)])
    yield _section(words.ui("section_truth"), [measured.truths(assessment, entry.truth, words)])
    told = [pack.verdicts(assessment, words), pack.mended(assessment, words), pack.cells(assessment, words)]
    yield _section(words.ui("section_pack"), told)
    yield _section(words.ui("section_measured"), measured.measurements(assessment, words))
    yield _section(words.ui("section_judged"), judged.rules(entry, words))
    yield _section(words.ui("section_routes"), judged.terms(assessment.route, words))
    yield _section(words.ui("section_findings"), [judged.findings(assessment, words)])
    yield _section(words.ui("section_budgets"), measured.budgets(assessment, words), words.ui("budget_note"))
    yield _section(
        words.ui("section_record"), [record.steps(entry.steps, words), record.provenance(assessment.sources, words)]
    )


def _section(title: str, tables: Iterable[Table | None], note: str = "") -> Section:
    return Section(title, tuple(each for each in tables if each is not None), note)
