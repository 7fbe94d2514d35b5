"""A table as the page draws it: cells of plain text, each with a tone, a second line, a share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hwan.report._numbers import ABSENT


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell. `tone` colours it (never alone: the text says the same), `share` draws a bar of 0 to 1."""

    text: str
    below: str = ""
    tone: str = ""
    share: float | None = None
    code: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """One column; numbers stand right."""

    label: str
    number: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its title; `folded` ones open on demand."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    folded: bool = False


def table(
    title: str, labels: Sequence[str], rows: Iterable[Sequence[Cell | str]], *, note: str = "", folded: bool = False
) -> Table | None:
    """Return a table, or None without rows. A label that begins with ``#`` heads a column of numbers."""
    columns = tuple(Column(label.removeprefix("#"), label.startswith("#")) for label in labels)
    cells = tuple(tuple(_cell(each) for each in row) for row in rows)
    return Table(title, columns, cells, note, folded) if cells else None


def _cell(content: Cell | str) -> Cell:
    return content if isinstance(content, Cell) else Cell(content or ABSENT)
