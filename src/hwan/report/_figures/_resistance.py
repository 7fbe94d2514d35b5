"""Pulse resistance against the time of the pulse, with its interval."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from hwan import core
from hwan.report._figures._picture import Key, Picture, Said, axes, footing, heading, picture
from hwan.report._numbers import bounds_of, plain, scale_of
from hwan.report._palette import light
from hwan.report._words import Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_POINTS: Final = 400
_MARKS: Final = {"charge": ("s", "■", 0.97), "discharge": ("o", "●", 1.03)}


@dataclass(frozen=True, slots=True)
class Point:
    """One resistance of one pulse."""

    direction: str
    state_of_charge: float | None
    seconds: float
    value: float
    low: float
    high: float


def resistance(measurements: Iterable[core.Measurement], words: Words, name: str) -> Picture | None:
    """Return the picture of all pulse resistances, or None when there is none."""
    points = tuple(_points(measurements))[:MOST_POINTS]
    if not points:
        return None
    scale = scale_of("ohm", max(point.high for point in points))
    low, high = (pick(point.value for point in points) * scale.factor for pick in (min, max))
    description = words.ui(
        "resistance_description", count=len(points), low=plain(low, 3), high=plain(high, 3), unit=scale.symbol
    )
    present = {point.direction for point in points}
    keys = tuple(Key(words.name(side), side, mark[1]) for side, mark in _MARKS.items() if side in present)
    said = Said(words.ui("resistance_title"), description, words.ui("resistance_caption"))
    return picture(name, said, partial(_paint, points=points, words=words), 280, keys=keys)


def _points(measurements: Iterable[core.Measurement]) -> Iterable[Point]:
    for each in measurements:
        seconds, side = each.conditions.pulse_time_second, each.conditions.direction
        if each.quantity != "dc_resistance" or not core.is_known(seconds) or not core.is_known(side) or seconds <= 0:
            continue
        charge = each.conditions.state_of_charge
        low, high = bounds_of(each) or (each.value, each.value)
        yield Point(side, round(charge, 2) + 0.0 if core.is_known(charge) else None, seconds, each.value, low, high)


def _paint(figure: Figure, points: tuple[Point, ...], words: Words) -> None:
    left = 46
    ax = axes(figure, left, 62, 28, 44)
    scale = scale_of("ohm", max(point.high for point in points))
    groups: dict[tuple[str, float | None], list[Point]] = {}
    for point in points:
        groups.setdefault((point.direction, point.state_of_charge), []).append(point)
    for (side, _), group in groups.items():
        _group(ax, side, sorted(group, key=lambda point: point.seconds), scale.factor)
    _label_levels(ax, groups, scale.factor)
    _decades(ax, sorted({point.seconds for point in points}))
    heading(ax, f"{words.name('dc_resistance')} / {scale.symbol}", left)
    footing(ax, f"{words.ui('pulse_time')} / s")


def _group(ax: Axes, side: str, group: list[Point], factor: float) -> None:
    marker, _, shift = _MARKS[side]
    xs = [point.seconds * shift for point in group]
    ys = [point.value * factor for point in group]
    below = [max(0.0, (point.value - point.low) * factor) for point in group]
    above = [max(0.0, (point.high - point.value) * factor) for point in group]
    ax.plot(xs, ys, color=light(side), linewidth=0.8, alpha=0.5)
    ax.errorbar(xs, ys, (below, above), fmt=marker, color=light(side), markersize=5, capsize=3, linewidth=1.3)


def _label_levels(ax: Axes, groups: dict[tuple[str, float | None], list[Point]], factor: float) -> None:
    """Name the state of charge beside the last point of each line, from the top, never on each other."""
    ends = {key: max(group, key=lambda point: point.seconds) for key, group in groups.items() if key[1] is not None}
    levels: dict[float, float] = {}
    for (_, charge), point in ends.items():
        if charge is not None:
            levels[charge] = max(levels.get(charge, 0.0), point.value * factor)
    low, high = ax.get_ylim()
    gap, ceiling = (high - low) / 13, high
    for charge, level in sorted(levels.items(), key=lambda pair: -pair[1])[:12]:
        ceiling = min(level, ceiling - gap)
        ax.annotate(
            f"{charge * 100:.0f} % SOC", (1, ceiling), (4, 0), ("axes fraction", "data"), "offset points",
            size=10, va="center", color=light("muted"), annotation_clip=False,
        )  # fmt: skip


def _decades(ax: Axes, seconds: list[float]) -> None:
    from matplotlib.ticker import NullFormatter

    ax.set_xscale("log")
    ticks = [tick for tick in (0.001, 0.01, 0.1, 1, 10, 100, 1000) if seconds[0] <= tick <= seconds[-1]]
    shown = ticks if len(ticks) > 1 else sorted({seconds[0], seconds[-1]})
    ax.set_xticks(shown, [f"{tick:g}" for tick in shown])
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.set_xlim(seconds[0] / 1.3, seconds[-1] * 1.3)
