"""Value of each way a battery can go: terms stacked right (received) and left (paid), the sum with its range."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from hwan import core
from hwan.report._figures._picture import Key, Picture, Said, axes, is_narrow, picture
from hwan.report._numbers import shown
from hwan.report._palette import TERMS, light
from hwan.report._words import Words, brief

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ROW: Final = 78.0


def routes(route: core.Route, words: Words, name: str) -> Picture | None:
    """Return the picture of the alternatives, or None when none has a value."""
    alternatives = tuple(each for each in route.alternatives if each.terms or core.is_known(each.central))
    if not alternatives:
        return None
    colours = _colours(alternatives)
    choice = words.known(route.choice)
    description = words.ui("routes_description", choice=choice, values="; ".join(_values(alternatives, words)))
    caption = " ".join((words.ui("routes_caption"), *_barred(alternatives, words)))
    said = Said(words.ui("routes_title"), description, caption)
    paint = partial(_paint, route=replace(route, alternatives=alternatives), colours=colours, words=words)
    return picture(name, said, paint, 32 + ROW * len(alternatives), keys=_keys(colours, words))


def _colours(alternatives: tuple[core.Alternative, ...]) -> dict[str, str]:
    """Give the largest terms a colour of their own; the rest share the last."""
    sizes: dict[str, float] = {}
    for each in alternatives:
        for term in each.terms:
            sizes[term.name] = max(sizes.get(term.name, 0.0), abs(term.central))
    ranked = sorted(sizes, key=lambda name: (-sizes[name], name))
    return {name: TERMS[min(place, len(TERMS) - 1)] for place, name in enumerate(ranked)}


def _keys(colours: dict[str, str], words: Words) -> tuple[Key, ...]:
    own = tuple(Key(brief(words.term_name(name)), role) for name, role in colours.items() if role != TERMS[-1])
    shared = [name for name, role in colours.items() if role == TERMS[-1]]
    rest = (
        (Key(brief(words.term_name(shared[0])) if len(shared) == 1 else words.ui("other_terms"), TERMS[-1]),)
        if shared
        else ()
    )
    return (*own, *rest, Key(words.ui("route_sum"), "ink", "┃"))


def _values(alternatives: tuple[core.Alternative, ...], words: Words) -> list[str]:
    return [f"{words.name(each.route)} {_sum(each, words)}" for each in alternatives]


def _barred(alternatives: tuple[core.Alternative, ...], words: Words) -> list[str]:
    barred = [each for each in alternatives if not each.allowed and each.reason]
    return [f"{words.name(each.route)}: {words.say('reason', each.reason).rstrip('.')}." for each in barred]


def _sum(alternative: core.Alternative, words: Words) -> str:
    value = alternative.central
    if not core.is_known(value):
        return words.ui("unknown")
    bounds = _range(alternative)
    written = shown(value, bounds, alternative.unit)
    return f"{written.value} {written.unit}"


def _range(alternative: core.Alternative) -> tuple[float, float] | None:
    low, high = alternative.low, alternative.high
    return (low, high) if core.is_known(low) and core.is_known(high) else None


def _paint(figure: Figure, route: core.Route, colours: dict[str, str], words: Words) -> None:
    alternatives = route.alternatives
    ax = axes(figure, 8, 8, 6, 26)
    ax.set_ylim(len(alternatives), 0)
    ax.set_yticks([])
    ax.grid(visible=True, axis="x")
    ax.set_xlim(*_reach(alternatives))
    ax.locator_params(axis="x", nbins=4 if is_narrow(figure) else 7)
    for place, each in enumerate(alternatives):
        _terms(ax, each, place, colours)
        _whisker(ax, each, place)
        _label(ax, each, place, chosen=each.route == route.choice, words=words)


def _reach(alternatives: tuple[core.Alternative, ...]) -> tuple[float, float]:
    ends = [0.0]
    for each in alternatives:
        ends += [sum(max(term.central, 0) for term in each.terms), sum(min(term.central, 0) for term in each.terms)]
        ends += [end for end in (each.low, each.central, each.high) if core.is_known(end)]
    low, high = min(ends), max(ends)
    pad = (high - low or 1) * 0.04
    return low - pad, high + pad


def _terms(ax: Axes, alternative: core.Alternative, place: int, colours: dict[str, str]) -> None:
    ends = {True: 0.0, False: 0.0}
    for term in sorted(alternative.terms, key=lambda term: -abs(term.central)):
        received = term.central >= 0
        face = light(colours[term.name]) if alternative.allowed else light("neutral-soft")
        edge = light("paper") if alternative.allowed else light("neutral")
        ax.barh(place + 0.66, term.central, 0.3, ends[received], color=face, edgecolor=edge, linewidth=0.8)
        ends[received] += term.central


def _whisker(ax: Axes, alternative: core.Alternative, place: int) -> None:
    colour = light("ink") if alternative.allowed else light("neutral")
    ax.plot((0, 0), (place + 0.46, place + 0.97), color=light("muted"), linewidth=1)
    bounds, y = _range(alternative), place + 0.9
    if bounds:
        ax.plot(bounds, (y, y), color=colour, linewidth=1.6)
        ax.plot(bounds, (y, y), "|", color=colour, markersize=7, markeredgewidth=1.6)
    if core.is_known(alternative.central):
        ax.plot((alternative.central,) * 2, (place + 0.48, place + 0.94), color=colour, linewidth=2.4)


def _label(ax: Axes, alternative: core.Alternative, place: int, *, chosen: bool, words: Words) -> None:
    role = "ink" if alternative.allowed else "neutral"
    name = f"{'▸ ' if chosen else ''}{words.name(alternative.route)}"
    if not alternative.allowed:
        name = f"✗ {name}: {words.ui('not_allowed')}"
    weight = "bold" if chosen else "normal"
    box = ax.get_yaxis_transform()
    ax.text(0, place + 0.3, brief(name, 34), transform=box, color=light(role), weight=weight, va="center", size=12.5)
    ax.text(
        1, place + 0.3, brief(_sum(alternative, words), 20), transform=box, color=light(role), weight=weight,
        ha="right", va="center", size=12.5,
    )  # fmt: skip
