"""Distance of each figure to its limit: the limit upright in the middle, the good side right."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from hwan import core
from hwan.report._figures._picture import Key, Picture, Said, axes, is_narrow, picture
from hwan.report._numbers import shown, with_unit
from hwan.report._palette import light
from hwan.report._words import Words, harmless

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

REACH: Final = 50.0
MOST_ROWS: Final = 14
ROW: Final = 46.0
SIGNS: Final = {"passed": "✓", "failed": "✗", "uncertain": "?", "not_assessable": "–", "given": "·"}
ROLES: Final = {"passed": "passed", "failed": "failed", "uncertain": "uncertain"}
_MARKERS: Final = {"passed": "o", "failed": "X", "uncertain": "D"}


@dataclass(frozen=True, slots=True)
class Row:
    """One limit: where the figure lies from it, in per cent of the limit, positive on the good side."""

    label: str
    figure: str
    verdict: str
    centre: float
    low: float
    high: float


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
    caption = words.ui("limits_caption", reach=f"{REACH:.0f}")
    said = Said(words.ui("limits_title"), words.ui("limits_description", **counts), caption)
    return picture(name, said, partial(_paint, rows=rows, words=words), 64 + ROW * len(rows), keys=keys)


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
    figure = f"{SIGNS[outcome.verdict]} {words.ui('verdict_' + outcome.verdict)}  {written.value} {written.unit}"
    return Row(harmless(label), harmless(figure), outcome.verdict, (value - limit) * per_cent, *ends)


def _paint(figure: Figure, rows: tuple[Row, ...], words: Words) -> None:
    ax = axes(figure, 6, 6, 26, 38)
    ax.set_xlim(-REACH, REACH)
    ax.set_ylim(len(rows), 0)
    ax.axvspan(-REACH, 0, color=light("failed-soft"), linewidth=0, zorder=0)
    ax.axvspan(0, REACH, color=light("passed-soft"), linewidth=0, zorder=0)
    ax.axvline(0, color=light("ink"), linewidth=1.6, zorder=1)
    ax.grid(visible=False)
    ax.set_yticks([])
    ax.set_xticks((-50, -25, 0, 25, 50), ["-50 %", "-25 %", words.ui("limit"), "+25 %", "+50 %"])
    first, *_, last = ax.get_xticklabels()
    first.set_horizontalalignment("left")
    last.set_horizontalalignment("right")
    _sides(ax, words)
    for place, row in enumerate(rows):
        _draw_row(ax, row, place, 11 if is_narrow(figure) else 12)


def _sides(ax: Axes, words: Words) -> None:
    for x, side, code, role in ((0, "left", "side_fails", "failed"), (1, "right", "side_meets", "passed")):
        ax.annotate(
            words.ui(code), (x, 1), (0, 7), "axes fraction", "offset points", ha=side, va="bottom",
            color=light(role), size=12,
        )  # fmt: skip


def _draw_row(ax: Axes, row: Row, place: int, size: float) -> None:
    ax.text(-REACH + 1, place + 0.32, row.label, size=size, va="center", color=light("ink"))
    ax.text(REACH - 1, place + 0.32, row.figure, size=size, va="center", ha="right", color=light(row.verdict))
    low, centre, high = (max(-REACH, min(REACH, x)) for x in (row.low, row.centre, row.high))
    y, colour = place + 0.72, light(row.verdict)
    ax.plot((low, high), (y, y), color=colour, linewidth=3, solid_capstyle="butt")
    beyond = abs(row.centre) > REACH
    marker = (">" if row.centre > 0 else "<") if beyond else _MARKERS[row.verdict]
    ax.plot(centre, y, marker, color=colour, markersize=8, clip_on=False)
    if place:
        ax.axhline(place, color=light("paper"), linewidth=2)
