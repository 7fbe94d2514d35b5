"""A picture: one figure in two shapes (wide page, narrow page), with key, caption and text alternative."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hwan.report._figures._svg import render
from hwan.report._palette import light

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FULL: Final = 940.0
HALF: Final = 500.0
NARROW: Final = 350.0


@dataclass(frozen=True, slots=True)
class Key:
    """One entry of a picture's key: a mark in the colour of `role`, and a word."""

    label: str
    role: str
    mark: str = "■"


@dataclass(frozen=True, slots=True)
class Said:
    """What a picture says in words: its title, what is seen for those who do not see it, how to read it."""

    title: str
    description: str
    caption: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure ready for the page."""

    id: str
    said: Said
    keys: tuple[Key, ...]
    wide: str
    narrow: str
    full: bool = False


Paint = Callable[["Figure"], None]


def picture(
    name: str, said: Said, paint: Paint, height: float, *, keys: tuple[Key, ...] = (), full: bool = False
) -> Picture:
    """Paint a figure for the wide and for the narrow page."""
    label = f"{name}-title {name}-description"
    wide = render(paint, FULL if full else HALF, height, f"{name}-w", label)
    narrow = render(paint, NARROW, height, f"{name}-n", label)
    return Picture(name, said, keys, wide, narrow, full)


def is_narrow(figure: Figure) -> bool:
    """Return whether a figure is for the narrow page."""
    return float(figure.get_size_inches()[0] * figure.dpi) <= NARROW


def axes(figure: Figure, left: float, right: float, top: float, bottom: float) -> Axes:
    """Return axes with margins in CSS pixels from the figure's edges."""
    width, height = figure.get_size_inches() * figure.dpi
    box = (left / width, bottom / height, (width - left - right) / width, (height - top - bottom) / height)
    return figure.add_axes(box)


def heading(ax: Axes, words: str, left: float, role: str = "muted") -> None:
    """Write the name of the upright axis above it, level, from the figure's left edge."""
    ax.annotate(words, (0, 1), (-left, 8), "axes fraction", "offset points", color=light(role), va="bottom")


def footing(ax: Axes, words: str) -> None:
    """Write the name of the level axis below it, at its right end."""
    ax.annotate(
        words, (1, 0), (0, -23), "axes fraction", "offset points", color=light("muted"), va="top", ha="right"
    )  # fmt: skip
