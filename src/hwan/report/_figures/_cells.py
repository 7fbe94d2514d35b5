"""What each cell of a pack holds: a bar from what it gave to what it holds at most, along the string."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from hwan import core
from hwan.report._figures._picture import Key, Picture, Said, axes, footing, heading, picture
from hwan.report._numbers import plain
from hwan.report._palette import light
from hwan.report._words import Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MARGIN: Final = 0.1
"""Room above and below the central figures, over their span: bounds may leave the picture, cells may not."""
_ROLES: Final = {"first_to_empty": "failed", "first_to_full": "voltage", "highest_resistance": "uncertain"}
_MARKS: Final = {"first_to_empty": ("v", "▼"), "first_to_full": ("^", "▲"), "highest_resistance": ("D", "◆")}


@dataclass(frozen=True, slots=True)
class Bar:
    """One cell with a capacity; `high` is None where the test shows no upper bound."""

    cell: int
    low: float
    central: float
    high: float | None


def cells(assessment: core.Assessment, words: Words, name: str) -> Picture | None:
    """Return the picture of the cells' capacities, or None without any."""
    bars = tuple(_bars(assessment.cells))
    if len(bars) < 2:
        return None
    least = min(bars, key=lambda bar: bar.central)
    greatest = max(bars, key=lambda bar: bar.central)
    description = words.ui(
        "cells_description", count=len(bars), low=plain(least.central, 4), low_cell=least.cell,
        high=plain(greatest.central, 4), high_cell=greatest.cell,
    )  # fmt: skip
    said = Said(words.ui("cells_title"), description, words.ui("cells_caption"))
    keys = tuple(
        Key(words.name(each.question), _ROLES[each.question], _MARKS[each.question][1])
        for each in assessment.cell_verdicts
    )
    paint = partial(_paint, bars=bars, verdicts=assessment.cell_verdicts, words=words)
    return picture(name, said, paint, 260, keys=keys, full=True)


def _bars(figures: Iterable[core.CellFigure]) -> Iterable[Bar]:
    for each in figures:
        if core.is_known(each.capacity_ah) and core.is_known(each.capacity_low_ah):
            high = each.capacity_high_ah if core.is_known(each.capacity_high_ah) else None
            yield Bar(each.cell, each.capacity_low_ah, each.capacity_ah, high)


def _paint(figure: Figure, bars: tuple[Bar, ...], verdicts: tuple[core.CellVerdict, ...], words: Words) -> None:
    left = 52
    ax = axes(figure, left, 12, 28, 40)
    low, high = _span(bars)
    for bar in bars:
        top = high if bar.high is None else bar.high
        ax.plot((bar.cell, bar.cell), (bar.low, top), color=light("rule"), linewidth=3, solid_capstyle="butt")
    ax.plot(
        [bar.cell for bar in bars],
        [bar.central for bar in bars],
        "o",
        color=light("accent"),
        markersize=3,
        clip_on=True,
    )
    for verdict in verdicts:
        _mark(ax, verdict, {bar.cell: bar.central for bar in bars})
    ax.set_ylim(low, high)
    ax.set_xlim(bars[0].cell - 1, bars[-1].cell + 1)
    heading(ax, f"{words.name('capacity')} / Ah", left)
    footing(ax, words.ui("cell_number"))


def _span(bars: tuple[Bar, ...]) -> tuple[float, float]:
    lowest, highest = min(bar.low for bar in bars), max(bar.central for bar in bars)
    room = MARGIN * max(highest - lowest, 1e-9)
    return lowest - room, highest + 2 * room


def _mark(ax: Axes, verdict: core.CellVerdict, centrals: dict[int, float]) -> None:
    if verdict.cell in centrals:
        marker = _MARKS[verdict.question][0]
        filled = light(_ROLES[verdict.question]) if verdict.decided else "none"
        ax.plot(
            verdict.cell, centrals[verdict.cell], marker, markersize=9, markerfacecolor=filled,
            markeredgecolor=light(_ROLES[verdict.question]), markeredgewidth=1.5,
        )  # fmt: skip
