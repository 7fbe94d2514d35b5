"""Capacity per cycle; cycles that were not run from limit to limit are hollow."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from hwan.report._figures._picture import Key, Picture, Said, axes, footing, heading, picture
from hwan.report._numbers import plain, scale_of
from hwan.report._palette import light
from hwan.report._words import Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_CYCLES: Final = 800
MOST_BARS: Final = 4
_SIDES: Final = (("charge", "charging_capacity_ah", "s"), ("discharge", "discharging_capacity_ah", "o"))


def capacity(cycles: pl.DataFrame, words: Words, name: str) -> Picture | None:
    """Return the picture of capacity per cycle, or None without a cycle that has one."""
    frame = _drawable(cycles)
    if frame.is_empty():
        return None
    incomplete = frame.height - int(frame["complete"].sum())
    last = frame["discharging_capacity_ah"].drop_nulls()
    values = {"cycles": frame.height, "incomplete": incomplete, "last": plain(last[-1]) if len(last) else "–"}
    said = Said(words.ui("cycles_title"), words.ui("cycles_description", **values), words.ui("cycles_caption"))
    paint = partial(_paint, frame=frame, words=words)
    return picture(name, said, paint, 280, keys=_keys(words, hollow=incomplete > 0))


def _drawable(cycles: pl.DataFrame) -> pl.DataFrame:
    wanted = [column for _, column, _ in _SIDES]
    frame = cycles.filter(pl.any_horizontal(pl.col(wanted).fill_null(0) > 0))
    frame = frame.with_columns(pl.col("complete").fill_null(value=False))
    return frame.gather_every(max(1, -(-frame.height // MOST_CYCLES)))


def _keys(words: Words, *, hollow: bool) -> tuple[Key, ...]:
    keys = (Key(words.name("charge"), "charge", "■"), Key(words.name("discharge"), "discharge", "●"))
    return (*keys, Key(words.ui("incomplete_cycle"), "muted", "○")) if hollow else keys


def _paint(figure: Figure, frame: pl.DataFrame, words: Words) -> None:
    left = 46
    ax = axes(figure, left, 10, 28, 44)
    columns = [column for _, column, _ in _SIDES]
    scale = scale_of("Ah", float(frame.select(pl.max_horizontal(pl.col(columns).max())).item()))
    frame = frame.with_columns(pl.col(columns) * scale.factor)
    draw = _bars if frame.height <= MOST_BARS else _points
    draw(ax, frame)
    heading(ax, f"{words.ui('capacity_per_cycle')} / {scale.symbol}", left)
    footing(ax, words.ui("cycle"))


def _bars(ax: Axes, frame: pl.DataFrame) -> None:
    places = np.arange(frame.height)
    for shift, (role, column, _) in zip((-0.16, 0.16), _SIDES, strict=True):
        heights = frame[column].fill_null(0).to_numpy()
        faces = [light(role) if whole else "none" for whole in frame["complete"]]
        ax.bar(places + shift, heights, width=0.26, color=faces, edgecolor=light(role), linewidth=1.5)
        for place, height in zip(places, heights, strict=True):
            ax.text(place + shift, height, plain(float(height)), ha="center", va="bottom", size=11)
    ax.set_xlim(-0.6, frame.height - 0.4)
    ax.margins(y=0.12)
    ax.set_xticks(places, [str(number) for number in frame["cycle_number"]])


def _points(ax: Axes, frame: pl.DataFrame) -> None:
    size = 5.5 if frame.height <= 60 else 3
    for role, column, marker in _SIDES:
        for whole in (True, False):
            part = frame.filter(pl.col("complete") == whole, pl.col(column) > 0)
            face = light(role) if whole else light("paper")
            ax.plot(
                part["cycle_number"], part[column], marker, color=light(role), markersize=size,
                markerfacecolor=face, markeredgewidth=1.2,
            )  # fmt: skip
    ax.locator_params(axis="x", integer=True)
    ax.margins(y=0.12)
