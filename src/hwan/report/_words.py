"""The page's voice in one language: sentences, names, intervals, dates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from hwan import core
from hwan.core.language import catalogue
from hwan.report._numbers import ABSENT, Shown
from hwan.report._particles import settled

# Controls, lone surrogates and direction overrides: nothing a file name may do to the page around it.
_UNSAFE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufffe\uffff]")

_OPENING: Final = re.compile(r"[^{(:,;]+")


def brief(words: str, most: int = 36) -> str:
    """Return `words` for a figure: harmless, and cut where they would run out of it.

    >>> brief("State of health", 8)
    'State o…'
    """
    words = harmless(words)
    return words if len(words) <= most else words[: most - 1] + "…"


def harmless(words: str) -> str:
    """Return `words` without characters that break or disguise a document."""
    return _UNSAFE.sub("\N{REPLACEMENT CHARACTER}", words)


@dataclass(frozen=True, slots=True)
class Words:
    """Texts of one language."""

    language: str

    def ui(self, code: str, **values: object) -> str:
        """Return a sentence of the page."""
        return self.say("ui", code, values)

    def say(self, kind: str, code: str, values: Mapping[str, object] | None = None) -> str:
        """Return a sentence of any room."""
        return self.settled(core.text(kind, code, self.language, values))

    def settled(self, words: str) -> str:
        """Return a sentence with the particles of its language decided."""
        return settled(words) if self.language == "ko" else words

    def chemistry(self, chemistry: str) -> str:
        """Return the name of a chemistry; one of the user's own is its id."""
        code = f"chemistry_{chemistry}"
        named = self.name(code)
        return chemistry if named == code else named

    def name(self, code: str) -> str:
        """Return the name of a quantity, kind, class or unit."""
        return core.text("name", code, self.language)

    def known(self, code: str | core.Unknown) -> str:
        """Return the name of `code`, or the word for unknown."""
        return self.name(code) if core.is_known(code) else self.ui("unknown")

    def interval(self, figure: Shown) -> str:
        """Return the bounds of a figure with its unit."""
        if not figure.bounded:
            return ABSENT
        return self.ui("interval", low=figure.low, high=figure.high, unit=figure.unit)

    def moment(self, moment: datetime) -> str:
        """Return date and time of day."""
        zone = f" {moment.tzname()}" if moment.tzinfo else ""
        return f"{core.format_date(moment.date(), self.language)} {moment:%H:%M}{zone}"

    def labelled(self, labels: Mapping[str, str], fallback: str) -> str:
        """Return the label of this language, of English, or the name of `fallback`."""
        return labels.get(self.language) or labels.get("en") or self.name(fallback)

    def refusal(self, refusal: core.Refusal) -> str:
        """Return why a figure is refused."""
        return self.say("refusal", refusal.code, self._named(refusal.values))

    def _named(self, values: Mapping[str, object]) -> Mapping[str, object]:
        """Return the values of a refusal with a finding and its place in words."""
        words = {"finding": self.name, "where": self.place}
        return {key: words[key](str(value)) if key in words else value for key, value in values.items()}

    def place(self, where: str) -> str:
        """Return where a finding stands: file, column, rows; a place without words stays as it is."""
        kind, _, rest = where.partition(" ")
        if self._template("name", where):
            return self.name(where)
        return self.ui(f"place_{kind}", rest=rest) if self._template("ui", f"place_{kind}") else where

    def missing(self, name: str) -> str:
        """Return what a refusal lacks; a finding that refuses lacks a record without it."""
        return self.ui("missing_without_finding") if self._template("finding", name) else self.name(name)

    def test_for(self, refusal: core.Refusal) -> str:
        """Return the test that would lift a refusal, or nothing."""
        return self.say("test", refusal.test_needed) if core.is_known(refusal.test_needed) else ""

    def rule(self, outcome: core.RuleOutcome) -> str:
        """Return the name of a rule, or of the figure that it binds."""
        return self._template("rule", outcome.rule_id) or self.name(outcome.quantity)

    def reason(self, code: str, values: Mapping[str, object]) -> str:
        """Return why a rule came out as it did; what refuses is told in the words of the refusal."""
        kind = "refusal" if self._template("refusal", code) and not self._template("reason", code) else "reason"
        return self.say(kind, code, self._named(values))

    def term(self, term: core.Term) -> str:
        """Return the sentence of a term of a route's value, with its figures."""
        return self.say("term", term.name, term.values) if self._template("term", term.name) else self.name(term.name)

    def term_name(self, name: str) -> str:
        """Return the short name of a term: its own, or what its sentence begins with."""
        opening = _OPENING.match(self._template("term", name) or "")
        named = self._template("name", name) or (opening[0].strip() if opening else "")
        return named or name

    def _template(self, kind: str, code: str) -> str | None:
        return catalogue(self.language).get(kind, {}).get(code)
