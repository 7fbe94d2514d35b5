"""The figures of a calibration: predicted against true, coverage by cell, deferral, control chart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from hwan.health.rapid import ControlChart, coverage_band
from hwan.report._calibration import _deferral as deferral
from hwan.report._calibration._entry import Calibration
from hwan.report._figures._picture import Key, Picture, Said, axes, footing, heading, is_narrow, picture
from hwan.report._numbers import fixed
from hwan.report._palette import light
from hwan.report._words import Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

MOST_POINTS: Final = 400
CLAIM: Final = 0.9
SIGMA_LINES: Final = ((0.0, "rule"), (2.0, "uncertain"), (3.0, "failed"))


def calibration_figures(entry: Calibration, chart: ControlChart | None, words: Words) -> Iterator[Picture]:
    """Yield the pictures in the order of the page."""
    yield _predicted(entry, words)
    yield _coverage(entry, words)
    if entry.limits:
        yield _by_width(entry, words)
    yield _by_allowance(entry, words)
    if chart is not None and entry.checks:
        yield _control(entry, chart, words)


# Predicted against true ------------------------------------------------------------------------------


def _predicted(entry: Calibration, words: Words) -> Picture:
    inside = covered(entry)
    kept = slice(None, None, max(1, -(-len(inside) // MOST_POINTS)))
    drawn = len(inside[kept])
    said = Said(
        words.ui("calibration_predicted_title"),
        words.ui("calibration_predicted_description", rows=len(inside), outside=int((~inside).sum())),
        words.ui("calibration_predicted_caption", drawn=drawn, rows=len(inside)),
    )
    keys = (
        Key(words.ui("calibration_inside"), "accent", "●"),
        Key(words.ui("calibration_outside"), "failed", "◆"),
        Key(words.ui("calibration_diagonal"), "ink", "╱"),
    )
    paint = partial(_paint_predicted, entry=entry, inside=inside, kept=kept, words=words)
    return picture("calibration-predicted", said, paint, 400, keys=keys)


def covered(entry: Calibration) -> NDArray[np.bool_]:
    """Return whether each row's truth lies in its interval."""
    found: NDArray[np.bool_] = np.abs(entry.found.predicted - entry.table.state_of_health) <= entry.found.half_width
    return found


def _paint_predicted(figure: Figure, entry: Calibration, inside: NDArray[np.bool_], kept: slice, words: Words) -> None:
    left = 40
    ax = axes(figure, left, 10, 28, 44)
    truth, value, half = (100 * each for each in (entry.table.state_of_health, *_answers(entry)))
    low, high = float(min(truth.min(), value.min())) - 2, float(max(truth.max(), value.max())) + 2
    ax.plot((low, high), (low, high), color=light("ink"), linewidth=1.2, zorder=3)
    for chosen, role, marker in ((inside, "accent", "o"), (~inside, "failed", "D")):
        x, y, reach = (each[kept][chosen[kept]] for each in (truth, value, half))
        gaps = np.full(len(x), np.nan)
        bars = np.column_stack([y - reach, y + reach, gaps]).ravel()
        ax.plot(np.repeat(x, 3), bars, color=light(role), linewidth=0.7, alpha=0.35)
        ax.plot(x, y, marker, color=light(role), markersize=3 if marker == "o" else 4, markeredgewidth=0)
    ax.set_xlim(low, high)
    ax.set_ylim(low, high)
    heading(ax, words.ui("calibration_predicted_axis"), left)
    footing(ax, words.ui("calibration_true_axis"))


def _answers(entry: Calibration) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return entry.found.predicted, entry.found.half_width


# Coverage by cell ------------------------------------------------------------------------------------


def coverage_of_cells(entry: Calibration) -> list[tuple[str, int, float]]:
    """Return name, rows and share covered of each cell, the least covered first."""
    inside, cells = covered(entry), entry.table.cells
    found = [(str(name), int((cells == name).sum()), float(inside[cells == name].mean())) for name in np.unique(cells)]
    return sorted(found, key=lambda each: (each[2], each[0]))


def _coverage(entry: Calibration, words: Words) -> Picture:
    shares = [share for _, _, share in coverage_of_cells(entry)]
    whole, low, high = coverage_band(covered(entry), entry.table.cells)
    values = {
        "cells": len(shares), "percent": fixed(100 * whole, 1), "low": fixed(100 * low, 1),
        "high": fixed(100 * high, 1), "below": sum(share < CLAIM for share in shares),
    }  # fmt: skip
    said = Said(
        words.ui("calibration_coverage_title"),
        words.ui("calibration_coverage_description", **values),
        words.ui("calibration_coverage_caption", **values),
    )
    paint = partial(_paint_coverage, shares=shares, whole=whole, band=(low, high), words=words)
    return picture("calibration-coverage", said, paint, 400)


def _paint_coverage(figure: Figure, shares: list[float], whole: float, band: tuple[float, float], words: Words) -> None:
    left = 40
    ax = axes(figure, left, 10, 28, 44)
    places = np.arange(1, len(shares) + 1)
    ax.axhspan(100 * band[0], 100 * band[1], color=light("passed-soft"), linewidth=0, zorder=0)
    ax.axhline(100 * whole, color=light("passed"), linewidth=1.4)
    ax.axhline(100 * CLAIM, color=light("ink"), linewidth=1.2, linestyle=(0, (5, 3)))
    size = 5 if len(shares) <= 60 else 3.5
    for below, role, marker in ((False, "accent", "o"), (True, "uncertain", "v")):
        chosen = np.array([(share < CLAIM) == below for share in shares])
        ax.plot(places[chosen], 100 * np.array(shares)[chosen], marker, color=light(role), markersize=size, zorder=3)
    ax.set_ylim(-3, 104)
    ax.set_xlim(0, len(shares) + 1)
    ax.locator_params(axis="x", integer=True, nbins=6)
    heading(ax, words.ui("calibration_coverage_axis"), left)
    footing(ax, words.ui("calibration_cells_axis"))


# Deferral --------------------------------------------------------------------------------------------


def _by_width(entry: Calibration, words: Words) -> Picture:
    curves = deferral.by_width(entry, words)
    said = Said(
        words.ui("calibration_deferral_title"),
        words.ui("calibration_deferral_description", limits=", ".join(each.label for each in curves)),
        words.ui("calibration_deferral_caption", ruleset=entry.ruleset.id),
    )
    claim = entry.found.model.bound(CLAIM).bound
    ticks = [(each.bound / claim, f"{100 * each.probability:g} %") for each in entry.found.model.bounds]
    ticks = [(place, word) for place, word in ticks if place <= deferral.reach(entry) + 1e-9]
    keys = tuple(Key(each.label, each.role, "━") for each in curves)
    paint = partial(_paint_curves, curves=curves, ticks=ticks, mark=1.0, axis="calibration_width_axis", words=words)
    return picture("calibration-deferral", said, paint, 380, keys=keys)


def _by_allowance(entry: Calibration, words: Words) -> Picture:
    curves = deferral.by_allowance(entry, words)
    said = Said(
        words.ui("calibration_allowance_title"),
        words.ui("calibration_allowance_description"),
        words.ui("calibration_allowance_caption", points=f"{100 * deferral.TOLERANCE:g}"),
    )
    mark = 100 * deferral.TOLERANCE
    ticks = [(float(place), f"{place}") for place in (1, 3, 5, 7, 9)]
    paint = partial(
        _paint_curves, curves=curves, ticks=ticks, mark=mark, axis="calibration_allowance_axis", words=words
    )
    return picture("calibration-allowance", said, paint, 380)


def _paint_curves(
    figure: Figure,
    curves: Sequence[deferral.Curve],
    ticks: Sequence[tuple[float, str]],
    mark: float,
    axis: str,
    words: Words,
) -> None:
    left, height = 40, float(figure.get_size_inches()[1] * figure.dpi)
    upper = axes(figure, left, 12, 28, height / 2 + 22)
    lower = axes(figure, left, 12, height / 2 + 18, 44)
    worst = max((100 * each.wrong for curve in curves for each in curve.points), default=0.0)
    for ax in (upper, lower):
        ax.axvline(mark, color=light("ink"), linewidth=1.2, linestyle=(0, (5, 3)))
        ax.set_xlim(curves[0].places[0], curves[0].places[-1])
    for curve in curves:
        upper.plot(curve.places, [100 * each.decided for each in curve.points], color=light(curve.role), linewidth=2)
        _plot_wrong(lower, curve)
    upper.set_ylim(-2, 102)
    lower.set_ylim(0, max(1.15 * worst, 1.0))
    upper.set_xticks([place for place, _ in ticks], [""] * len(ticks))
    lower.set_xticks([place for place, _ in ticks], [word for _, word in ticks])
    heading(upper, words.ui("calibration_decided_axis"), left)
    heading(lower, words.ui("calibration_wrong_axis"), left)
    footing(lower, words.ui(axis))


def _plot_wrong(ax: Axes, curve: deferral.Curve) -> None:
    """Draw the wrong share where anything is decided: of nothing there is no share."""
    shares = [100 * each.wrong if each.decided_rows else np.nan for each in curve.points]
    ax.plot(curve.places, shares, color=light(curve.role), linewidth=2)


# Control chart ---------------------------------------------------------------------------------------


def _control(entry: Calibration, chart: ControlChart, words: Words) -> Picture:
    alarms = sum(signal != "in_control" for signal in chart.signals)
    said = Said(
        words.ui("calibration_control_title"),
        words.ui("calibration_control_description", points=len(chart.signals), alarms=alarms),
        words.ui("calibration_control_caption"),
    )
    keys = (
        Key(words.ui("signal_in_control"), "accent", "●"),
        Key(words.ui("calibration_alarm"), "failed", "◆"),
        Key("±2 σ", "uncertain", "┄"),
        Key("±3 σ", "failed", "┄"),
    )
    paint = partial(_paint_control, entry=entry, chart=chart, words=words)
    return picture("calibration-control", said, paint, 280, keys=keys, full=True)


def _paint_control(figure: Figure, entry: Calibration, chart: ControlChart, words: Words) -> None:
    left = 40
    ax = axes(figure, left, 36, 28, 44)
    points, places = 100 * chart.difference, np.arange(1, len(chart.difference) + 1)
    sigma = 100 * sigma_of(entry)
    for factor, role in SIGMA_LINES:
        for sign in (-1, 1):
            style = (0, (5, 3)) if factor else "solid"
            ax.axhline(sign * factor * sigma, color=light(role), linewidth=1.2, linestyle=style)
    ax.plot(places, points, color=light("neutral"), linewidth=1)
    alarm = np.array([signal != "in_control" for signal in chart.signals])
    for chosen, role, marker in ((~alarm, "accent", "o"), (alarm, "failed", "D")):
        ax.plot(places[chosen], points[chosen], marker, color=light(role), markersize=5.5, zorder=3)
    reach = 1.15 * max(3 * sigma, float(np.abs(points).max()))
    ax.set_ylim(-reach, reach)
    ax.set_xlim(0.3, len(points) + 0.7)
    _dates(ax, entry, most=3 if is_narrow(figure) else 7)
    heading(ax, words.ui("calibration_control_axis"), left)


def sigma_of(entry: Calibration) -> float:
    """Return the standard deviation between a cell left out and its prediction."""
    errors = entry.found.predicted - entry.table.state_of_health
    return float(np.sqrt(np.mean(errors**2)))


def _dates(ax: Axes, entry: Calibration, most: int) -> None:
    count = len(entry.checks)
    places = np.unique(np.linspace(0, count - 1, min(most, count)).astype(int))
    ax.set_xticks(places + 1, [f"{entry.checks[place].at:%Y-%m-%d}" for place in places])
