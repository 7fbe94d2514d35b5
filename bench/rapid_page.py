"""Sections of the rapid bench: tables as they are printed and written, and what each claims."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PAGE: Final = Path(__file__).resolve().parent.parent / "docs" / "rapid-figures.md"
HEAD: Final = """# Figures of the rapid evaluation

<!-- Made by bench/rapid.py --write. Do not edit; run it again. -->

Made by `python bench/rapid.py --write` from published tables of retired cells that lie beside the repository: 5 s
pulses at an unknown state of charge, turning points U1 to U21. Cells of a fold never train the model they are asked
of; all that is chosen (widths, shares, intervals, limits of nearness) is chosen inside the training folds. State of
health and its errors in points, per cent of the rated capacity. Bands of coverage and upper bounds (95 %, one-sided)
count cells, not rows.
While the method was made the outer figures of earlier variants were seen: small differences say little.
"""


@dataclass(frozen=True, slots=True)
class Claim:
    """What is claimed, measured and allowed, in words, and whether it holds."""

    claim: str
    measured: str
    limit: str
    holds: bool

    def __str__(self) -> str:
        return f"RESULT | {self.claim} | {self.measured} | {self.limit}"


@dataclass(frozen=True, slots=True)
class Section:
    """A table with its title and what must be known to read it; a table may have no rows."""

    title: str
    note: str
    heading: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    claims: tuple[Claim, ...] = ()

    def __str__(self) -> str:
        return "\n".join([f"## {self.title}", "", self.note, *self._table()])

    def _table(self) -> Iterator[str]:
        if self.rows:
            yield ""
            for line in (self.heading, ["---"] * len(self.heading), *self.rows):
                yield f"| {' | '.join(line)} |"


def write(sections: Iterable[Section]) -> None:
    """Write the page."""
    PAGE.write_text("\n".join([HEAD, *(f"{each}\n" for each in sections)]), encoding="utf-8")
    print(f"written: {PAGE}")


def percent(share: float, digits: int = 0) -> str:
    """Return a share in per cent, a small one not as zero."""
    return f"{100 * share:.{digits}f} %" if share == 0 or 100 * share >= 0.5 * 10**-digits else f"{100 * share:.1f} %"


def points(fraction: float, digits: int = 2) -> str:
    """Return a fraction of the rating in points."""
    return f"{100 * fraction:.{digits}f}"


def bound(upper: float, count: int) -> str:
    """Return an upper bound in words; nothing was seen where nothing is counted."""
    return percent(upper) if count else "–"


def yes(holds: bool) -> str:
    """Return a word for a table."""
    return "yes" if holds else "**no**"
