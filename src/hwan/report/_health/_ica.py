"""Incremental capacity and differential voltage on the page: curves over each other, cycle by cycle."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from math import floor, log10
from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np

from hwan import core
from hwan.health.ica import DifferentialVoltage, IncrementalCapacity, Peak
from hwan.report._cards import Card
from hwan.report._figures._picture import Key, Picture, Said, axes, footing, heading, picture
from hwan.report._health._page import HealthChapter, Told, refused_once
from hwan.report._numbers import plain
from hwan.report._palette import light
from hwan.report._tables import Section, table
from hwan.report._words import Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_LINES: Final = 60
MOST_POINTS: Final = 1500
DIRECTIONS: Final = ("charge", "discharge")
PALEST: Final = 0.22
"""Opacity of the first cycle's line; the last one's is 1."""
STEEP_ENDS: Final = 0.04
"""Part of the charge at either end of a differential voltage that is not drawn: its height would hide the rest."""
Curves = Sequence[IncrementalCapacity]
Differences = Sequence[DifferentialVoltage]
Line = TypeVar("Line")


def ica_chapter(
    name: str,
    capacities: Sequence[IncrementalCapacity | core.Refusal],
    differences: Sequence[DifferentialVoltage | core.Refusal],
    words: Words,
    prefix: str,
) -> HealthChapter:
    """Return one recording's article: both directions, each cycle over the others.

    Parameters
    ----------
    capacities, differences
        As :func:`hwan.health.ica.incremental_capacities_of` and the same of the differential voltage give them.
    prefix
        Stands before the ids of the pictures: each article of a page has its own.
    """
    curves = [each for each in capacities if isinstance(each, IncrementalCapacity)]
    slopes = [each for each in differences if isinstance(each, DifferentialVoltage)]
    pictures = [each for way in DIRECTIONS for each in _of_direction(way, curves, slopes, words, prefix)]
    return HealthChapter(
        name,
        facts=(words.ui("ica_count", curves=len(curves), rate=f"{_fastest(curves):.2f}"),) if curves else (),
        cards=tuple(_cards(curves, words)),
        told=_told(capacities, words),
        pictures=tuple(pictures),
        sections=_sections(curves, words),
    )


def _of_direction(way: str, curves: Curves, slopes: Differences, words: Words, prefix: str) -> Iterator[Picture]:
    own = [each for each in curves if each.conditions.direction == way]
    if own:
        yield stacked(own, way, words, f"{prefix}-ica-{way}")
    others = [each for each in slopes if each.conditions.direction == way]
    if others:
        yield stacked_differences(others, way, words, f"{prefix}-dva-{way}")


def _fastest(curves: Curves) -> float:
    return max(core.known_or(each.conditions.rate_per_hour, 0.0) for each in curves)


def _told(found: Sequence[IncrementalCapacity | core.Refusal], words: Words) -> tuple[Told, ...]:
    """Return each reason once."""
    return tuple(refused_once((each for each in found if isinstance(each, core.Refusal)), words))


def _cards(curves: Curves, words: Words) -> Iterator[Card]:
    """Yield the highest peak of the last curve."""
    last = next((each for each in reversed(curves) if each.peaks), None)
    if last is None:
        return
    highest = max(last.peaks, key=lambda peak: peak.height.value)
    width = f"{words.ui('ica_cycle')} {last.cycle_number}, h {1e3 * highest.bandwidth_volt:.2f} mV"
    for figure in (highest.position, highest.height, highest.area):
        low, high = figure.interval
        digits = decimals(low, high)
        between = words.ui("interval", low=f"{low:.{digits}f}", high=f"{high:.{digits}f}", unit=figure.unit)
        yield Card(words.name(figure.quantity), f"{figure.value:.{digits}f}", figure.unit, (between, width))


def _sections(curves: Curves, words: Words) -> tuple[Section, ...]:
    """Return the peaks of the first and the last curve of each direction."""
    labels = (
        words.ui("ica_direction"), f"#{words.ui('ica_cycle')}", "#V [90 %]", "#Ah/V [90 %]", "#Ah [90 %]", "#h / mV",
    )  # fmt: skip
    chosen = [each for way in DIRECTIONS for each in _first_and_last(curves, way)]
    rows = [
        (words.name(str(each.conditions.direction)), str(each.cycle_number), *_row(peak))
        for each in chosen
        for peak in each.peaks
    ]
    made = table(words.name("incremental_capacity"), labels, rows)
    return (Section(words.ui("ica_peaks"), (made,)),) if made else ()


def _first_and_last(curves: Curves, way: str) -> Curves:
    own = [each for each in curves if each.conditions.direction == way]
    return own if len(own) < 3 else (own[0], own[-1])


def _row(peak: Peak) -> Iterator[str]:
    for figure in (peak.position, peak.height, peak.area):
        low, high = figure.interval
        digits = decimals(low, high)
        yield f"{figure.value:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"
    yield f"{1e3 * peak.bandwidth_volt:.2f}"


def decimals(low: float, high: float) -> int:
    """Return how many decimals an interval bears: two digits of its width.

    >>> decimals(4.056, 4.064), decimals(12.1, 13.9)
    (4, 1)
    """
    return min(max(1 - floor(log10(high - low)), 0), 7) if high > low else 4


def stacked(curves: Curves, way: str, words: Words, name: str) -> Picture:
    """Return the picture of incremental capacity over voltage, one line for each curve."""
    shown = _thinned(curves)
    widths = [1e3 * each.bandwidth_volt for each in curves]
    values = {
        "curves": len(curves), "first": curves[0].cycle_number, "last": curves[-1].cycle_number,
        "low": f"{min(each.voltage_volt[0] for each in curves):.2f}",
        "high": f"{max(each.voltage_volt[-1] for each in curves):.2f}",
    }  # fmt: skip
    said = Said(
        words.ui("ica_picture_title", direction=words.name(way)),
        words.ui("ica_picture_description", **values),
        words.ui("ica_picture_caption", span=_span(f"{min(widths):.1f}", f"{max(widths):.1f}")),
    )
    paint = partial(_paint_capacity, curves=shown, words=words)
    return picture(name, said, paint, 380, keys=_keys(curves, words), full=True)


def stacked_differences(slopes: Differences, way: str, words: Words, name: str) -> Picture:
    """Return the picture of differential voltage over charge, one line for each curve."""
    windows = [each.window_ah for each in slopes]
    values = {"curves": len(slopes), "first": slopes[0].cycle_number, "last": slopes[-1].cycle_number}
    said = Said(
        words.ui("ica_dva_title", direction=words.name(way)),
        words.ui("ica_dva_description", **values),
        words.ui("ica_dva_caption", span=_span(plain(min(windows)), plain(max(windows)))),
    )
    paint = partial(_paint_difference, slopes=_thinned(slopes), words=words)
    return picture(name, said, paint, 340, keys=_keys(slopes, words), full=True)


def _span(low: str, high: str) -> str:
    return low if low == high else f"{low} – {high}"


def _thinned(lines: Sequence[Line]) -> Sequence[Line]:
    """Return at most `MOST_LINES`, the first and the last among them."""
    if len(lines) <= MOST_LINES:
        return lines
    return [lines[int(place)] for place in np.linspace(0, len(lines) - 1, MOST_LINES)]


def _keys(curves: Curves | Differences, words: Words) -> tuple[Key, ...]:
    if len(curves) < 2:
        return ()
    first, last = curves[0].cycle_number, curves[-1].cycle_number
    return (Key(words.ui("ica_first", cycle=first), "rule", "━"), Key(words.ui("ica_last", cycle=last), "accent", "━"))


def _opacities(count: int) -> list[float]:
    return [1.0] if count == 1 else list(np.linspace(PALEST, 1.0, count))


def _paint_capacity(figure: Figure, curves: Curves, words: Words) -> None:
    ax = _axes(figure, words.ui("ica_axis_capacity"), words.ui("ica_axis_volt"))
    for each, opacity in zip(curves, _opacities(len(curves)), strict=True):
        every = max(1, len(each.voltage_volt) // MOST_POINTS)
        x, y = each.voltage_volt[::every], each.incremental_capacity_ah_per_volt[::every]
        ax.plot(x, y, color=light("accent"), alpha=opacity, linewidth=1.4)
    last = curves[-1]
    for peak in last.peaks:
        ax.plot(peak.position.value, peak.height.value, "v", color=light("failed"), markersize=6, zorder=4)
    every = max(1, len(last.voltage_volt) // MOST_POINTS)
    x, y = last.voltage_volt[::every], last.incremental_capacity_ah_per_volt[::every]
    seen = np.minimum(1.645 * last.relative_error[::every], 1.0)
    ax.fill_between(x, y * (1 - seen), y * (1 + seen), color=light("accent"), alpha=0.15, linewidth=0)
    ax.set_ylim(0, 1.08 * max(float(each.incremental_capacity_ah_per_volt.max()) for each in curves))


def _paint_difference(figure: Figure, slopes: Differences, words: Words) -> None:
    ax = _axes(figure, words.ui("ica_axis_differential"), words.ui("ica_axis_charge"))
    highest = 0.0
    for each, opacity in zip(slopes, _opacities(len(slopes)), strict=True):
        cut = int(STEEP_ENDS * len(each.charge_ah))
        x, y = each.charge_ah[cut:-cut], each.differential_voltage_volt_per_ah[cut:-cut]
        highest = max(highest, float(np.quantile(y, 0.97)))
        ax.plot(x, y, color=light("accent"), alpha=opacity, linewidth=1.4)
    ax.set_ylim(0, 1.25 * highest)


def _axes(figure: Figure, upright: str, level: str) -> Axes:
    left = 48
    ax = axes(figure, left, 12, 28, 44)
    heading(ax, upright, left)
    footing(ax, level)
    return ax
