"""Distance of each figure to its limit: the limit upright in the middle, the good side right."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import TYPE_CHECKING, Final

from hwan import core
from hwan.report._figures._picture import Key, Picture, Said, axes, is_narrow, picture
from hwan.report._numbers import shown, with_unit
from hwan.report._palette import light
from hwan.report._words import Words, brief

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

REACHES: Final = (10.0, 20.0, 30.0, 50.0)
MOST_ROWS: Final = 14
ROW: Final = 46.0
SIGNS: Final = {"passed": "✓", "failed": "✗", "uncertain": "?", "not_assessable": "–", "given": "·"}
ROLES: Final = {"passed": "passed", "failed": "failed", "uncertain": "uncertain"}
_MARKERS: Final = {"passed": "o", "failed": "X", "uncertain": "D"}


@dataclass(frozen=True, slots=True)
class Row:
    """One limit: where the figure lies from it, in per cent of the limit, positive on the good side."""

    label: str
    sign: str
    said: str
    figure: str
    verdict: str
    centre: float
    low: float
    high: float

    @property
    def extent(self) -> float:
        """How far the row reaches from the limit, in per cent of it."""
        return max(abs(self.low), abs(self.high), abs(self.centre))


def limits(outcomes: tuple[core.RuleOutcome, ...], bounds: dict[str, str], words: Words, name: str) -> Picture | None:
    """Return the picture of distances, or None when no figure meets a numbered limit.

    Parameters
    ----------
    bounds
        ``at_least`` or ``at_most`` by rule id, where the ruleset is known; otherwise told from the outcome.
    """
    rows = tuple(row for each in outcomes if (row := _row(each, bounds.get(each.rule_id), words)))[:MOST_ROWS]
    if not rows:
        return None
    verdicts = [row.verdict for row in rows]
    counts = {verdict: verdicts.count(verdict) for verdict in ("passed", "failed", "uncertain")}
    keys = tuple(Key(words.ui(f"verdict_{each}"), each, SIGNS[each]) for each, count in counts.items() if count)
    caption = words.ui("limits_caption", reach=f"{reach_of(rows):.0f}")
    said = Said(words.ui("limits_title"), words.ui("limits_description", **counts), caption)
    return picture(name, said, partial(_paint, rows=rows, words=words), 52 + ROW * len(rows), keys=keys)


def at_least(outcome: core.RuleOutcome, bound: str | None) -> bool:
    """Return whether more is better under this limit."""
    if bound in ("at_least", "at_most"):
        return bound == "at_least"
    met = outcome.verdict == "passed"
    if outcome.verdict == "uncertain" and core.is_known(outcome.probability_met):
        met = outcome.probability_met >= 0.5
    above = core.is_known(outcome.distance) and outcome.distance >= 0
    return above == met


def _row(outcome: core.RuleOutcome, bound: str | None, words: Words) -> Row | None:
    value, limit = outcome.value, outcome.limit
    if not core.is_known(value) or isinstance(value, bool) or not core.is_known(limit) or bound == "is_true":
        return None
    if outcome.verdict not in ROLES:
        return None
    more = at_least(outcome, bound)
    per_cent = (1 if more else -1) * 100 / (abs(limit) or abs(value) or 1)
    low, high = core.known_or(outcome.low, value), core.known_or(outcome.high, value)
    ends = sorted(((low - limit) * per_cent, (high - limit) * per_cent))
    known = core.is_known(outcome.low) and core.is_known(outcome.high)
    written = shown(value, (low, high) if known else None, outcome.unit)
    label = f"{words.name(outcome.quantity)} {'≥' if more else '≤'} {with_unit(limit, outcome.unit)}"
    figure = brief(f"{written.value} {written.unit}", 20)
    sign, said = SIGNS[outcome.verdict], words.ui(f"verdict_{outcome.verdict}")
    return Row(brief(label, 40), sign, said, figure, outcome.verdict, (value - limit) * per_cent, *ends)


def reach_of(rows: tuple[Row, ...]) -> float:
    """Return how far the axis goes: to every row that is not passed, and to half of all, as far as can be."""
    needed = max(median(row.extent for row in rows), *(row.extent for row in rows if row.verdict != "passed"), 0.0)
    return next((reach for reach in REACHES if reach >= needed), REACHES[-1])


def _paint(figure: Figure, rows: tuple[Row, ...], words: Words) -> None:
    ax = axes(figure, 6, 6, 26, 26)
    reach, narrow = reach_of(rows), is_narrow(figure)
    ax.set_xlim(-reach, reach)
    ax.set_ylim(len(rows), 0)
    ax.axvspan(-reach, 0, color=light("failed-soft"), linewidth=0, zorder=0)
    ax.axvspan(0, reach, color=light("passed-soft"), linewidth=0, zorder=0)
    ax.grid(visible=False)
    ax.set_yticks([])
    ticks = (-reach, -reach / 2, 0, reach / 2, reach)
    ax.set_xticks(ticks, [f"{tick:+g} %" if tick else words.ui("limit") for tick in ticks])
    first, *_, last = ax.get_xticklabels()
    first.set_horizontalalignment("left")
    last.set_horizontalalignment("right")
    _sides(ax, words)
    for place, row in enumerate(rows):
        _draw_row(ax, row, place, reach, narrow=narrow)


def _sides(ax: Axes, words: Words) -> None:
    for x, side, code, role in ((0, "left", "side_fails", "failed"), (1, "right", "side_meets", "passed")):
        ax.annotate(
            words.ui(code), (x, 1), (0, 7), "axes fraction", "offset points", ha=side, va="bottom",
            color=light(role), size=12,
        )  # fmt: skip


def _draw_row(ax: Axes, row: Row, place: int, reach: float, *, narrow: bool) -> None:
    size, pad = (11 if narrow else 12), reach / 50
    figure = f"{row.sign} {row.figure}" if narrow else f"{row.sign} {row.said}  {row.figure}"
    ax.text(-reach + pad, place + 0.32, row.label, size=size, va="center", color=light("ink"))
    ax.text(reach - pad, place + 0.32, figure, size=size, va="center", ha="right", color=light(row.verdict))
    low, centre, high = (max(-reach, min(reach, x)) for x in (row.low, row.centre, row.high))
    y, colour = place + 0.72, light(row.verdict)
    ax.plot((low, high), (y, y), color=colour, linewidth=4, solid_capstyle="butt")
    ax.plot((0, 0), (place + 0.5, place + 0.96), color=light("ink"), linewidth=1.8, zorder=1)
    beyond = abs(row.centre) > reach
    marker = (">" if row.centre > 0 else "<") if beyond else _MARKERS[row.verdict]
    ax.plot(centre, y, marker, color=colour, markersize=7, clip_on=False)
    if place:
        ax.axhline(place, color=light("paper"), linewidth=2)
