"""Electrode balance on the page: the cell's voltage and both electrodes on one charge axis, and what is left over."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from hwan import core
from hwan.health.modes import Balance, DegradationModes
from hwan.report._cards import Card
from hwan.report._figures._picture import Key, Picture, Said, footing, heading, picture
from hwan.report._health._page import HealthChapter, Told, found, refused, refused_once
from hwan.report._palette import light
from hwan.report._tables import Section, table
from hwan.report._words import Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HEIGHT: Final = 470
MOST_POINTS: Final = 1_000
FIGURES: Final = (
    "loss_of_lithium_inventory", "loss_of_active_material_negative", "loss_of_active_material_positive",
    "lithium_inventory", "negative_electrode_capacity", "positive_electrode_capacity", "silicon_share",
)  # fmt: skip


def modes_chapter(
    name: str, result: DegradationModes | core.Refusal, words: Words, prefix: str, facts: tuple[str, ...] = ()
) -> HealthChapter:
    """Return one run's article: losses, capacities, the fit and its residual.

    Parameters
    ----------
    prefix
        Stands before the ids of the picture.
    facts
        What else is to be said of the run: its half-cells.
    """
    if isinstance(result, core.Refusal):
        return HealthChapter(name, facts=facts, told=(refused(result, words),))
    figures = [getattr(result, each) for each in FIGURES]
    told = [each for each in figures if isinstance(each, core.Measurement)]
    return HealthChapter(
        name,
        facts=(words.ui("modes_fact", **_fit(result.balance)), *facts, words.ui("modes_caution")),
        cards=tuple(_card(each, words) for each in told[:3]),
        told=tuple(_told(result, figures, words)),
        pictures=(balance_picture(result.balance, words, f"{prefix}-balance"),),
        sections=_sections(told, words),
    )


def _told(result: DegradationModes, figures: list[core.Measurement | core.Refusal], words: Words) -> Iterator[Told]:
    """Yield findings, then each reason for a refusal once."""
    yield from (found(each, words) for each in result.findings)
    refusals = (each for each in figures if isinstance(each, core.Refusal) and each.code != "modes_no_silicon")
    yield from refused_once(refusals, words)


def _fit(balance: Balance) -> dict[str, object]:
    return {
        "residual": f"{1e3 * balance.residual_volt:.2f}",
        "limit": f"{1e3 * balance.residual_limit_volt:.2f}", "noise": f"{1e3 * balance.noise_volt:.2f}",
        "agreeing": balance.starts_agreeing, "starts": balance.starts,
    }  # fmt: skip


def _card(figure: core.Measurement, words: Words) -> Card:
    low, high = figure.interval
    if figure.unit == "1":
        between = words.ui("interval", low=f"{100 * low:z.1f}", high=f"{100 * high:z.1f}", unit="%")
        return Card(words.name(figure.quantity), f"{100 * figure.value:z.1f}", "%", (between,))
    between = words.ui("interval", low=f"{low:.4g}", high=f"{high:.4g}", unit=figure.unit)
    return Card(words.name(figure.quantity), f"{figure.value:.4g}", figure.unit, (between,))


def _sections(told: list[core.Measurement], words: Words) -> tuple[Section, ...]:
    labels = (words.ui("modes_figure"), f"#{words.ui('modes_value')}", f"#{words.ui('modes_interval')}")
    rows = [(words.name(each.quantity), *_written(each)) for each in told]
    made = table(words.name("degradation_modes"), labels, rows)
    return (Section(words.ui("modes_figures"), (made,)),) if made else ()


def _written(figure: core.Measurement) -> Iterator[str]:
    low, high = figure.interval
    if figure.unit == "1":
        yield f"{100 * figure.value:z.2f} %"
        yield f"{100 * low:z.2f} … {100 * high:z.2f} %"
    else:
        yield f"{figure.value:.5g} {figure.unit}"
        yield f"{low:.5g} … {high:.5g} {figure.unit}"


def balance_picture(balance: Balance, words: Words, name: str) -> Picture:
    """Return the picture of a fit: voltage and both electrodes over charge, the residual below."""
    values = {
        "low": f"{balance.voltage_volt[0]:.2f}", "high": f"{balance.voltage_volt[-1]:.2f}",
        "charge": f"{balance.charge_ah[-1]:.4g}", "n_first": f"{balance.negative_first:.3f}",
        "n_last": f"{balance.negative_last:.3f}", "p_first": f"{balance.positive_first:.3f}",
        "p_last": f"{balance.positive_last:.3f}",
    }  # fmt: skip
    said = Said(
        words.ui("modes_picture_title"), words.ui("modes_picture_description", **values),
        words.ui("modes_picture_caption"),
    )  # fmt: skip
    keys = (
        Key(words.ui("modes_key_measured"), "ink", "━"), Key(words.ui("modes_key_fit"), "accent", "━"),
        Key(words.ui("modes_key_positive"), "failed", "━"), Key(words.ui("modes_key_negative"), "muted", "━"),
    )  # fmt: skip
    return picture(name, said, partial(_paint, balance=balance, words=words), HEIGHT, keys=keys, full=True)


def _paint(figure: Figure, balance: Balance, words: Words) -> None:
    upper, lower = _panel(figure, 30, 150), _panel(figure, 350, 46)
    every = max(1, len(balance.charge_ah) // MOST_POINTS)
    charge = balance.charge_ah[::every]
    upper.plot(charge, balance.voltage_volt[::every], color=light("ink"), linewidth=3, alpha=0.35)
    upper.plot(charge, balance.model_volt[::every], color=light("accent"), linewidth=1.3)
    upper.plot(charge, balance.positive_volt[::every], color=light("failed"), linewidth=1.3)
    heading(upper, words.ui("modes_axis_volt"), 48)
    beside = upper.twinx()
    beside.grid(visible=False)
    beside.plot(charge, balance.negative_volt[::every], color=light("muted"), linewidth=1.3)
    beside.set_ylim(0, max(1.0, 2 * float(np.quantile(balance.negative_volt, 0.95))))
    beside.annotate(
        words.ui("modes_axis_negative"), (1, 1), (44, 8), "axes fraction", "offset points", color=light("muted"),
        va="bottom", ha="right",
    )  # fmt: skip
    upper.tick_params(labelbottom=False)
    left = 1e3 * (balance.model_volt - balance.voltage_volt)[::every]
    lower.axhline(0, color=light("rule"), linewidth=1)
    lower.plot(charge, left, color=light("accent"), linewidth=0.9)
    lower.set_xlim(upper.get_xlim())
    heading(lower, words.ui("modes_axis_residual"), 48)
    footing(lower, words.ui("modes_axis_charge"))


def _panel(figure: Figure, top: float, bottom: float) -> Axes:
    """Return axes with room at the left and, for the negative's axis, at the right."""
    from hwan.report._figures._picture import axes

    return axes(figure, 48, 46, top, bottom)
