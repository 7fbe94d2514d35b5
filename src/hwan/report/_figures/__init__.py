"""The figures of a battery, each one function."""

from __future__ import annotations

from collections.abc import Iterable

from hwan import core
from hwan.report._entry import Entry
from hwan.report._figures._capacity import capacity
from hwan.report._figures._cells import cells
from hwan.report._figures._limits import SIGNS, limits
from hwan.report._figures._picture import Key, Picture
from hwan.report._figures._resistance import resistance
from hwan.report._figures._routes import routes
from hwan.report._figures._trace import Strip, strip, trace
from hwan.report._words import Words

__all__ = ["SIGNS", "Key", "Picture", "Strip", "figures", "strip"]


def figures(entry: Entry, words: Words, prefix: str) -> tuple[Picture, ...]:
    """Return the pictures that the entry's data allow, in the order of the page."""
    return tuple(picture for picture in _all(entry, words, prefix) if picture is not None)


def _all(entry: Entry, words: Words, prefix: str) -> Iterable[Picture | None]:
    assessment = entry.assessment
    yield limits(assessment.grade.outcomes, _bounds(entry), words, f"{prefix}-limits")
    yield routes(assessment.route, words, f"{prefix}-routes")
    if entry.samples is not None:
        yield trace(entry.samples, entry.steps, words, f"{prefix}-trace")
    yield cells(assessment, words, f"{prefix}-cells")
    if entry.cycles is not None:
        yield capacity(entry.cycles, words, f"{prefix}-cycles")
    yield resistance(assessment.measurements, words, f"{prefix}-resistance")


def _bounds(entry: Entry) -> dict[str, str]:
    rules = entry.ruleset.rules if entry.ruleset else ()
    return {rule.id: rule.bound for rule in rules if isinstance(rule, core.Limit)}
