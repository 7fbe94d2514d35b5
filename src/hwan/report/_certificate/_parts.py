"""The pieces a certificate is laid out from; both the PDF and the page are drawn from these."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from hwan.report._tables import Cell
from hwan.report._words import Words, brief

MOST_LETTERS: Final = 420
MOST_OUTSIDE: Final = 100
MOST_NUMBER: Final = 26
_SPACED_UNIT: Final = re.compile(r"(?<=[0-9]) (?=(?:%|°C|[kmµM]?(?:Ah|Wh|Ω|V|A)|kg|ohm/V|mV/day|s|min|h)(?![A-Za-z]))")


@dataclass(frozen=True, slots=True)
class Column:
    """One column; `weight` is its share of the width, 0 as wide as its content; of numbers it is not positive."""

    label: str
    weight: float = 0.0

    @property
    def number(self) -> bool:
        """Whether the column holds numbers, which stand right."""
        return self.weight <= 0


@dataclass(frozen=True, slots=True)
class Fact:
    """One line: what, and what is known of it."""

    label: str
    text: str
    below: str = ""
    stated: bool = True
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Hash:
    """A hash under the name of what it was taken of."""

    label: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Block:
    """One piece of a section: facts, a table, hashes, lines of text, or the curve."""

    kind: Literal["facts", "table", "hashes", "lines", "curve"]
    title: str = ""
    note: str = ""
    facts: tuple[Fact, ...] = ()
    columns: tuple[dict[str, Any], ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    hashes: tuple[Hash, ...] = ()
    lines: tuple[Cell, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """Blocks under a heading; `together` when it is not torn across pages."""

    title: str
    blocks: tuple[Block, ...]
    together: bool = False


def fact(words: Words, code: str, text: str = "", below: str = "", tone: str = "") -> Fact:
    """Return a line named by `code`; without a text it says that nobody stated it."""
    label = words.ui(f"certificate_{code}")
    return Fact(label, text, below, True, tone) if text else Fact(label, words.ui("certificate_not_stated"), "", False)


def table(
    words: Words, title: str, heads: Sequence[tuple[str, float]], rows: Iterable[Sequence[Cell]], note: str = ""
) -> Block:
    """Return a table whose columns are named by codes of the interface."""
    columns = (Column(words.ui(code), weight) for code, weight in heads)
    plain = tuple({"label": each.label, "weight": each.weight, "number": each.number} for each in columns)
    bounded = (tuple(_bounded(each, weight) for each, (_, weight) in zip(row, heads, strict=True)) for row in rows)
    return Block("table", title, note, columns=plain, rows=tuple(bounded))


def _bounded(cell: Cell, weight: float) -> Cell:
    """Return a cell whose number is no longer than numbers are, whatever its unit says."""
    if weight > 0:
        return cell
    return replace(cell, text=brief(cell.text, MOST_NUMBER), below=brief(cell.below, MOST_NUMBER))


def outside(words: str) -> str:
    """Return a name from outside, cut where no name goes on; the content has it whole."""
    return brief(words, MOST_OUTSIDE)


def unstated(words: Words) -> Block:
    """Return the line of a section about which nobody stated anything."""
    return Block("lines", lines=(Cell(words.ui("certificate_not_stated"), tone="neutral"),))


def left_out(words: Words, count: int) -> str:
    """Return where the rest is, when there is one."""
    return words.ui("certificate_more", count=f"{count:,}") if count > 0 else ""


def shortened(words: str) -> str:
    """Return `words` as they are shown: bounded, a number on the line of its unit, no line that begins with a dot."""
    cut = words if len(words) <= MOST_LETTERS else words[: MOST_LETTERS - 1] + "…"
    joined = _SPACED_UNIT.sub("\N{NO-BREAK SPACE}", cut)
    return joined.replace("% SOC", "%\N{NO-BREAK SPACE}SOC").replace(" ·", "\N{NO-BREAK SPACE}·")


def mapped(tree: Any, change: Callable[[str], str]) -> Any:
    """Return a tree of dicts and lists with every text changed; drawings under ``svg`` stay."""
    if isinstance(tree, str):
        return change(tree)
    if isinstance(tree, dict):
        return {key: value if key == "svg" else mapped(value, change) for key, value in tree.items()}
    return [mapped(each, change) for each in tree] if isinstance(tree, list | tuple) else tree
