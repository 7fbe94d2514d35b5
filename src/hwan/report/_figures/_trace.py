"""Voltage and current over time, steps shaded by kind."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from hwan.report._figures._picture import Key, Picture, Said, axes, footing, heading, picture
from hwan.report._figures._svg import render
from hwan.report._numbers import plain, scale_of
from hwan.report._palette import light
from hwan.report._thin import Curve, curve
from hwan.report._words import Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

KINDS: Final = ("rest", "cc", "cv", "pulse", "other")
BINS: Final = 500
Span = tuple[float, float, str]
SHEET: Final = 900.0
SHEET_HEIGHT: Final = 330.0
_TIME: Final = "test_time_second"
_UNITS: Final = ((172_800, 86_400, "time_day"), (5_400, 3_600, "time_hour"), (180, 60, "time_minute"))


@dataclass(frozen=True, slots=True)
class Drawn:
    """What is drawn: two curves over seconds, the spans behind them, and the unit of the time axis."""

    volts: Curve
    amperes: Curve
    spans: tuple[Span, ...]
    divisor: float
    unit: str


@dataclass(frozen=True, slots=True)
class Strip:
    """The picture in one shape, for paper."""

    said: Said
    keys: tuple[Key, ...]
    svg: str


def trace(samples: pl.DataFrame, steps: pl.DataFrame | None, words: Words, name: str) -> Picture | None:
    """Return the picture of a recording, or None when it has no curve."""
    drawn = _drawn(samples, steps)
    if drawn is None:
        return None
    said, keys = _said(drawn, samples.height, words), _keys(drawn.spans, words)
    return picture(name, said, partial(_paint, drawn=drawn, words=words), 370, keys=keys, full=True)


def strip(samples: pl.DataFrame, steps: pl.DataFrame | None, words: Words, name: str) -> Strip | None:
    """Return the picture of a recording for the width of a sheet of paper, or None when it has no curve."""
    drawn = _drawn(samples, steps)
    if drawn is None:
        return None
    paint = partial(_paint, drawn=drawn, words=words)
    svg = render(paint, SHEET, SHEET_HEIGHT, name, f"{name}-title {name}-description")
    return Strip(_said(drawn, samples.height, words), _keys(drawn.spans, words), svg)


def _drawn(samples: pl.DataFrame, steps: pl.DataFrame | None) -> Drawn | None:
    volts = curve(samples, _TIME, "voltage_volt")
    amperes = curve(samples, _TIME, "current_ampere")
    if not (len(volts[0]) > 1 and len(amperes[0]) > 1):
        return None
    start, end = float(volts[0].min()), float(volts[0].max())
    spans = shaded(steps, start, end) if steps is not None else ()
    return Drawn(volts, amperes, spans, *_time_unit(end - start))


def _said(drawn: Drawn, rows: int, words: Words) -> Said:
    seconds = np.ptp(drawn.volts[0])
    values = {
        "duration": f"{plain(float(seconds) / drawn.divisor, 3)} {words.ui(drawn.unit)}",
        "voltage_low": plain(float(drawn.volts[1].min())),
        "voltage_high": plain(float(drawn.volts[1].max())),
        "current_low": plain(float(drawn.amperes[1].min())),
        "current_high": plain(float(drawn.amperes[1].max())),
    }
    caption = words.ui("trace_caption", points=len(drawn.volts[0]), rows=f"{rows:,}")
    return Said(words.ui("trace_title"), words.ui("trace_description", **values), caption)


def shaded(steps: pl.DataFrame, start: float, end: float) -> tuple[Span, ...]:
    """Return spans of one kind each, as finely as can be seen: at most as many as there are bins."""
    edges = np.linspace(start, end, BINS + 1)
    kinds = np.full(BINS, -1)
    known = steps.select("kind", "start_second", "end_second").drop_nulls().iter_rows()
    for kind, first, last in known:
        low, high = np.searchsorted(edges, (first, last), side="right") - 1
        kinds[max(low, 0) : max(high, low + 1)] = KINDS.index(kind) if kind in KINDS else KINDS.index("other")
    borders = [0, *(np.flatnonzero(np.diff(kinds)) + 1), BINS]
    return tuple((float(edges[a]), float(edges[b]), KINDS[kinds[a]]) for a, b in pairwise(borders) if kinds[a] >= 0)


def _time_unit(seconds: float) -> tuple[float, str]:
    for least, divisor, unit in _UNITS:
        if seconds >= least:
            return divisor, unit
    return 1, "time_second"


def _keys(spans: tuple[Span, ...], words: Words) -> tuple[Key, ...]:
    lines = (Key(words.ui("voltage"), "voltage", "━"), Key(words.ui("current"), "current", "━"))
    present = {kind for _, _, kind in spans}
    return (*lines, *(Key(words.name(kind), f"step-{kind}") for kind in KINDS if kind in present))


def _paint(figure: Figure, drawn: Drawn, words: Words) -> None:
    _, height = figure.get_size_inches() * figure.dpi
    left, half = 46, (height - 44) / 2
    above = axes(figure, left, 8, 28, 44 + half)
    below = axes(figure, left, 8, 28 + half, 44)
    _panel(above, drawn.volts, "voltage", drawn)
    scale = scale_of("A", float(abs(drawn.amperes[1]).max()))
    _panel(below, (drawn.amperes[0], drawn.amperes[1] * scale.factor), "current", drawn)
    below.axhline(0, color=light("muted"), linewidth=0.8)
    above.tick_params(labelbottom=False, bottom=False)
    heading(above, f"{words.ui('voltage')} / V", left, "voltage")
    heading(below, f"{words.ui('current')} / {scale.symbol}  ({words.ui('positive_charges')})", left, "current")
    footing(below, f"{words.ui('time')} / {words.ui(drawn.unit)}")


def _panel(ax: Axes, points: Curve, role: str, drawn: Drawn) -> None:
    divisor = drawn.divisor
    for first, last, kind in drawn.spans:
        ax.axvspan(first / divisor, last / divisor, color=light(f"step-{kind}"), linewidth=0, zorder=0)
    ax.plot(points[0] / divisor, points[1], color=light(role), linewidth=1.4)
    ax.set_xlim(points[0].min() / divisor, points[0].max() / divisor)
    ax.locator_params(axis="y", nbins=4)
