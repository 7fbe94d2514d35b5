"""The page's voice in one language: sentences, names, intervals, dates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from hwan import core
from hwan.report._numbers import ABSENT, Shown

# Controls, lone surrogates and direction overrides: nothing a file name may do to the page around it.
_UNSAFE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufffe\uffff]")


def harmless(words: str) -> str:
    """Return `words` without characters that break or disguise a document."""
    return _UNSAFE.sub("\N{REPLACEMENT CHARACTER}", words)


@dataclass(frozen=True, slots=True)
class Words:
    """Texts of one language."""

    language: str

    def ui(self, code: str, **values: object) -> str:
        """Return a sentence of the page."""
        return core.text("ui", code, self.language, values)

    def say(self, kind: str, code: str, values: Mapping[str, object] | None = None) -> str:
        """Return a sentence of any room."""
        return core.text(kind, code, self.language, values)

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
        return self.say("refusal", refusal.code, refusal.values)

    def test_for(self, refusal: core.Refusal) -> str:
        """Return the test that would lift a refusal, or nothing."""
        return self.say("test", refusal.test_needed) if core.is_known(refusal.test_needed) else ""

    def term(self, term: core.Term) -> str:
        """Return the name of a term of a route's value."""
        return self.say("term", term.name, term.values)
