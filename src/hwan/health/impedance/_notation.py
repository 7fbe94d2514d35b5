"""Circuits as they are usually written: ``L0-R0-p(R1,CPE1)-p(R2,CPE2)-W1``.

``-`` puts parts in series, ``p(…,…)`` beside each other. An element is a code (R, C, L, CPE, W, Wo, Ws) and a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, NoReturn

from hwan.core import BadDefinition
from hwan.health.impedance._circuit import Circuit, Leaf, Node, Parallel, Parameter, Series
from hwan.health.impedance._elements import ARC, DEBYE, ELEMENTS, Element

LONGEST: Final = 500
MOST_ELEMENTS: Final = 30
DEEPEST: Final = 12
_TOKEN: Final = re.compile(r"p\(|[-,()]|([A-Za-z]+)(\d*)")
_PAIRS: Final = {("R", "CPE"): ARC, ("R", "C"): DEBYE}


def circuit_of(text: str) -> Circuit:
    """Return the circuit that a notation describes.

    Parameters
    ----------
    text
        For example ``R0-p(R1,CPE1)-W1``; spaces do not matter. ``p(R1-W1,CPE1)`` is a series inside a parallel.

    Raises
    ------
    BadDefinition
        At the first character that does not fit, with what was expected there.

    Examples
    --------
    >>> circuit_of("R0-p(R1,CPE1)-Wo1").names
    ('R0', 'R1', 'tau1', 'n1', 'Wo1', 'tau_Wo1')
    """
    return _parsed(text)


@lru_cache(maxsize=256)
def _parsed(text: str) -> Circuit:
    reading = _Reading(text)
    if len(text) > LONGEST:
        reading.fail("circuit_too_long", most=LONGEST)
    reading.advance()
    written = reading.series(0)
    if reading.word:
        reading.fail("circuit_expected", expected="-" if reading.word != "," else "p(")
    built = _Building()
    root = built.node(written)
    return Circuit(text.replace(" ", ""), root, tuple(built.parameters))


@dataclass(frozen=True, slots=True)
class _Written:
    """What stands in the notation: an element (code, number), or parts in series or parallel."""

    code: str
    number: str = ""
    parts: tuple[_Written, ...] = ()


@dataclass(slots=True)
class _Reading:
    """A notation read from left to right, one word ahead."""

    text: str
    position: int = 0
    word: str = ""
    next_position: int = 0
    labels: set[str] = field(default_factory=set)

    def fail(self, code: str, **values: str | int) -> NoReturn:
        """Raise with the place in the text."""
        got = self.word or self.text[self.position : self.position + 1]
        if code == "circuit_expected" and not got:
            code = "circuit_ended"
        told = {"place": self.position + 1, "got": got, **values}
        raise BadDefinition("circuit_malformed", (code, told), text=self.text[:LONGEST])

    def advance(self) -> None:
        """Step to the next word; empty at the end."""
        self.position = self.next_position
        while self.text[self.position : self.position + 1].isspace():
            self.position += 1
        self.word = ""
        if self.position >= len(self.text):
            return
        found = _TOKEN.match(self.text, self.position)
        if found is None:
            self.fail("circuit_character")
        self.word, self.next_position = found.group(), found.end()

    def series(self, depth: int) -> _Written:
        """Read parts joined by ``-``."""
        parts = [self.part(depth)]
        while self.word == "-":
            self.advance()
            parts.append(self.part(depth))
        return parts[0] if len(parts) == 1 else _Written("series", parts=tuple(parts))

    def part(self, depth: int) -> _Written:
        """Read an element or a parallel."""
        return self.parallel(depth + 1) if self.word == "p(" else self.element()

    def parallel(self, depth: int) -> _Written:
        """Read ``p(…,…)``."""
        if depth > DEEPEST:
            self.fail("circuit_too_deep", most=DEEPEST)
        parts = [self._after(depth)]
        while self.word == ",":
            parts.append(self._after(depth))
        if self.word != ")" or len(parts) < 2:
            self.fail("circuit_expected", expected="," if len(parts) < 2 else ", )")
        self.advance()
        return _Written("parallel", parts=tuple(parts))

    def _after(self, depth: int) -> _Written:
        self.advance()
        return self.series(depth)

    def element(self) -> _Written:
        """Read a code and its number."""
        found = _TOKEN.fullmatch(self.word)
        code, number = (found.group(1) or "", found.group(2) or "") if found else ("", "")
        if not code:
            self.fail("circuit_expected", expected=f"p( {' '.join(ELEMENTS)}")
        if code not in ELEMENTS:
            self.fail("circuit_element", available=", ".join(ELEMENTS))
        if code + number in self.labels:
            self.fail("circuit_label_twice")
        if len(self.labels) >= MOST_ELEMENTS:
            self.fail("circuit_too_many", most=MOST_ELEMENTS)
        self.labels.add(code + number)
        self.advance()
        return _Written(code, number)


@dataclass(slots=True)
class _Building:
    """The tree with the places of its parameters."""

    parameters: list[Parameter] = field(default_factory=list)

    def node(self, written: _Written) -> Node:
        """Return the node of what was written; a resistor beside a CPE or a capacitor becomes one element."""
        if not written.parts:
            return self.leaf(ELEMENTS[written.code], (written.number,) * 2)
        pair = self._pair(written) if written.code == "parallel" else None
        if pair is not None:
            return pair
        parts = tuple(self.node(part) for part in written.parts)
        return Series(parts) if written.code == "series" else Parallel(parts)

    def _pair(self, written: _Written) -> Leaf | None:
        one, *others = sorted(written.parts, key=lambda part: part.code != "R")
        element = _PAIRS.get((one.code, others[0].code)) if len(others) == 1 else None
        return None if element is None else self.leaf(element, (one.number, others[0].number, others[0].number))

    def leaf(self, element: Element, numbers: tuple[str, ...]) -> Leaf:
        """Return an element, and keep its parameters; their names carry the numbers."""
        first = len(self.parameters)
        names = tuple(symbol + number for symbol, number in zip(element.symbols, numbers, strict=False))
        self.parameters += [Parameter(name, role) for name, role in zip(names, element.roles, strict=True)]
        return Leaf(element, names, first)


def ladder_text(arcs: int, *, inductor: bool, warburg: bool) -> str:
    """Return the notation of a member of the ladder family.

    >>> ladder_text(2, inductor=True, warburg=False)
    'L0-R0-p(R1,CPE1)-p(R2,CPE2)'
    """
    return "-".join(_ladder_parts(arcs, inductor, warburg))


def _ladder_parts(arcs: int, inductor: bool, warburg: bool) -> Iterator[str]:
    if inductor:
        yield "L0"
    yield "R0"
    yield from (f"p(R{n},CPE{n})" for n in range(1, arcs + 1))
    if warburg:
        yield "W1"
