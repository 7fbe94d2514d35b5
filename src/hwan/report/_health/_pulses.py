"""Pulses on the page: resistance over state of charge, one pulse with its circuit and what is left, and power."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hwan import core
from hwan.health.pulses import POWER_SECOND, MappedPulse, PulseMap, TwoRc
from hwan.report._cards import Card
from hwan.report._figures._picture import Key, Picture, Said, axes, footing, heading, is_narrow, picture
from hwan.report._health._page import HealthChapter, Told, found, refused
from hwan.report._health._pulses_tables import pulses_sections, resistance_at
from hwan.report._numbers import plain, scale_of
from hwan.report._palette import TERMS, light
from hwan.report._words import Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_TIMES: Final = 4
OFTEN: Final = 0.45
CROWDED: Final = 30
"""A line of more points is drawn without their intervals, over the range of most of them."""
MOST_OF: Final = 0.985
DEGREES: Final = 5.0
"""Pulses whose temperatures round to the same multiple of this are of one line."""
MOST_POINTS: Final = 1200
MARKS: Final = {"discharge": ("o", "●"), "charge": ("s", "■")}
Pulses = Sequence[MappedPulse]


def pulses_chapter(name: str, mapped: PulseMap | core.Refusal, words: Words, prefix: str) -> HealthChapter:
    """Return one recording's article; `prefix` stands before the ids of its pictures."""
    if isinstance(mapped, core.Refusal):
        return HealthChapter(name, told=(refused(mapped, words),))
    pictures = (
        resistance_map(mapped, words, f"{prefix}-map"),
        circuit_fit(mapped, words, f"{prefix}-fit"),
        power_map(mapped, words, f"{prefix}-power"),
    )
    return HealthChapter(
        name,
        facts=tuple(_facts(mapped, words)),
        cards=tuple(_cards(mapped, words)),
        told=tuple(_told(mapped, words)),
        pictures=tuple(each for each in pictures if each is not None),
        sections=pulses_sections(mapped, words),
    )


def _facts(mapped: PulseMap, words: Words) -> Iterator[str]:
    counts = {side: sum(each.direction == side for each in mapped.pulses) for side in MARKS}
    yield words.ui("pulses_count", **counts)
    if core.is_known(mapped.soc_basis):
        yield words.ui("pulses_soc_basis", basis=words.name(mapped.soc_basis))
    else:
        yield words.ui("pulses_soc_unknown")


def _cards(mapped: PulseMap, words: Words) -> Iterator[Card]:
    """Yield for each direction the mean resistance at the time that most pulses tell."""
    yield Card(words.ui("pulses_found"), str(len(mapped.pulses)), "")
    time = _headline_time(mapped)
    if time is None:
        return
    for side in MARKS:
        each_ohm = (resistance_at(each, time) for each in mapped.pulses if each.direction == side)
        told = [ohm.value for ohm in each_ohm if ohm is not None]
        if told:
            scale = scale_of("ohm", max(map(abs, told)))
            low, mean, high = (plain(float(f(told)) * scale.factor) for f in (min, np.median, max))
            span = words.ui("pulses_resistance_card", direction=words.name(side), low=low, high=high)
            yield Card(words.ui("pulses_resistance_at", seconds=f"{time:g}"), mean, scale.symbol, (span,))


def _told(mapped: PulseMap, words: Words) -> Iterator[Told]:
    for finding in mapped.findings:
        yield found(finding, words)
    noted = {each.code: each for pulse in mapped.pulses for each in _noted(pulse)}
    yield from (found(each, words) for each in noted.values())
    refusals = {each.code: each for pulse in mapped.pulses for each in (pulse.circuit, pulse.power)
                if isinstance(each, core.Refusal)}  # fmt: skip
    yield from (refused(each, words) for each in refusals.values())


def _noted(pulse: MappedPulse) -> tuple[core.Finding, ...]:
    power = pulse.power
    return (*pulse.findings, *(power.findings if isinstance(power, core.Measurement) else ()))


def drawn_times(mapped: PulseMap) -> tuple[float, ...]:
    """Return the times that are drawn: told by at least half as many pulses as any, and far apart."""
    times = (ohm.conditions.pulse_time_second for each in mapped.pulses for ohm in each.resistances)
    told = Counter(time for time in times if core.is_known(time))
    often = sorted(time for time, count in told.items() if count >= OFTEN * max(told.values()))
    if len(often) <= MOST_TIMES:
        return tuple(often)
    wished = np.geomspace(often[0], often[-1], MOST_TIMES)
    return tuple(sorted({min(often, key=lambda time: abs(np.log(time / wish))) for wish in wished}))


def _headline_time(mapped: PulseMap) -> float | None:
    """Return the time of the headline: 10 s where it is drawn, else the longest."""
    times = drawn_times(mapped)
    return POWER_SECOND if POWER_SECOND in times else max(times, default=None)


# Where a pulse stands ------------------------------------------------------------------------------


def _place(mapped: PulseMap, words: Words) -> tuple[Callable[[MappedPulse], float], str]:
    """Return the level axis: state of charge where every pulse has one, else the charge since the start."""
    if all(core.is_known(each.state_of_charge) for each in mapped.pulses):
        return (lambda each: 100 * core.known_or(each.state_of_charge, 0.0)), words.ui("pulses_soc_axis")
    return (lambda each: each.charge_ah), words.ui("pulses_charge_axis")


def _degrees(each: MappedPulse) -> float | None:
    if not core.is_known(each.temperature_celsius):
        return None
    return DEGREES * round(each.temperature_celsius / DEGREES)


# Resistance ----------------------------------------------------------------------------------------


def resistance_map(mapped: PulseMap, words: Words, name: str) -> Picture | None:
    """Return the picture of resistance over state of charge, or None without any."""
    times = drawn_times(mapped)
    told = [ohm for each in mapped.pulses for time in times if (ohm := resistance_at(each, time)) is not None]
    if not told:
        return None
    scale = scale_of("ohm", max(abs(each.value) for each in told))
    low, high = (plain(pick(each.value for each in told) * scale.factor) for pick in (min, max))
    values = {"count": len(mapped.pulses), "low": low, "high": high, "unit": scale.symbol}
    said = Said(
        words.ui("pulses_map_title"), words.ui("pulses_map_description", **values), words.ui("pulses_map_caption")
    )
    keys = [Key(f"{time:g} s", role, "━") for time, role in zip(times, TERMS, strict=False)]
    present = {each.direction for each in mapped.pulses}
    keys += [Key(words.name(side), "muted", sign) for side, (_, sign) in MARKS.items() if side in present]
    paint = partial(_paint_map, mapped=mapped, times=times, factor=scale.factor, unit=scale.symbol, words=words)
    return picture(name, said, paint, 360, keys=tuple(keys), full=True)


def _paint_map(
    figure: Figure, mapped: PulseMap, times: Sequence[float], factor: float, unit: str, words: Words
) -> None:
    left = 52
    ax = axes(figure, left, 12, 28, 44)
    place, label = _place(mapped, words)
    warmths = sorted({_degrees(each) for each in mapped.pulses}, key=lambda each: (each is not None, each or 0.0))
    for time, role in zip(times, TERMS, strict=False):
        for side in MARKS:
            for number, warmth in enumerate(warmths):
                own = [(place(each), ohm) for each in mapped.pulses
                       if each.direction == side and _degrees(each) == warmth
                       and (ohm := resistance_at(each, time)) is not None]  # fmt: skip
                _line(ax, own, factor, light(role), MARKS[side][0], dashed=number > 0)
    heading(ax, f"{words.name('dc_resistance')} / {unit}", left)
    footing(ax, label)
    drawn = [ohm.value * factor for each in mapped.pulses for time in times
             if (ohm := resistance_at(each, time)) is not None]  # fmt: skip
    part = MOST_OF if len(drawn) > CROWDED * len(times) * len(MARKS) else 1.0
    ax.set_ylim(min(0.0, float(np.min(drawn))), 1.1 * float(np.quantile(drawn, part)))


def _line(
    ax: Axes, own: Sequence[tuple[float, core.Measurement]], factor: float, colour: str, mark: str, *, dashed: bool
) -> None:
    """Draw every figure with its interval, and a line through the middle of those at one place."""
    if not own:
        return
    xs = np.array([x for x, _ in own])
    value, low, high = (np.array(each) * factor for each in zip(*((m.value, *m.interval) for _, m in own), strict=True))
    bars = np.maximum((value - low, high - value), 0.0) if len(own) <= CROWDED else None
    ax.errorbar(xs, value, bars, fmt=mark, color=colour, markersize=4, linewidth=1, capsize=2, alpha=0.9)
    span = max(float(np.ptp(xs)), 1e-9)
    level = np.round(xs / span * 50)
    levels = np.unique(level)
    if len(levels) > 1:
        middle = [(xs[level == each].mean(), np.median(value[level == each])) for each in levels]
        ax.plot(*zip(*middle, strict=True), color=colour, linewidth=1.2, linestyle="--" if dashed else "-", alpha=0.8)


# One pulse -----------------------------------------------------------------------------------------


def circuit_fit(mapped: PulseMap, words: Words, name: str) -> Picture | None:
    """Return the picture of one pulse with its circuit, or None where no circuit was told."""
    told = [each for each in mapped.pulses if isinstance(each.circuit, TwoRc)]
    if not told:
        return None
    shown = min(told, key=_unlike)
    assert isinstance(shown.circuit, TwoRc)  # noqa: S101 - chosen so
    values = {
        "number": shown.number, "ampere": plain(shown.current_ampere), "seconds": plain(shown.width_second),
        "millivolt": plain(1e3 * shown.circuit.noise_volt, 3),
    }  # fmt: skip
    description = words.ui("pulses_fit_description", **values)
    said = Said(words.ui("pulses_fit_title"), description, f"{description} {words.ui('pulses_fit_caption')}")
    keys = (Key(words.ui("pulses_measured"), "muted", "●"), Key(words.ui("pulses_fitted"), "accent", "━"))
    return picture(name, said, partial(_paint_fit, pulse=shown, words=words), 420, keys=keys, full=True)


def _unlike(each: MappedPulse) -> tuple[int, bool, float]:
    """Return how far a pulse is from one to show: two pairs, a rest behind it, and half charge."""
    pairs = each.circuit.pairs if isinstance(each.circuit, TwoRc) else 0
    return -pairs, each.rest_after_second == 0, abs(core.known_or(each.state_of_charge, 0.0) - 0.5)


def _paint_fit(figure: Figure, pulse: MappedPulse, words: Words) -> None:
    assert isinstance(pulse.circuit, TwoRc)  # noqa: S101 - chosen so
    time, volt = pulse.shape.time_second, pulse.shape.response_volt
    left = np.asarray(volt - pulse.circuit.curve.volt(time))
    every = max(1, len(time) // MOST_POINTS)
    size = max(float(np.abs(volt).max()), 1e-12)
    unit, factor = ("mV", 1e3) if size < 1 else ("V", 1.0)
    margin = 52
    upper, lower = axes(figure, margin, 12, 28, 170), axes(figure, margin, 12, 300, 44)
    dots: dict[str, Any] = {
        "color": light("muted"),
        "markersize": 2.5,
        "linestyle": "none",
        "marker": "o",
        "alpha": 0.6,
    }
    upper.plot(time[::every], factor * volt[::every], **dots)
    dense = np.unique(np.concatenate((time[::every], np.linspace(time[0], time[-1], 400))))
    upper.plot(dense, factor * pulse.circuit.curve.volt(dense), color=light("accent"), linewidth=1.6)
    lower.plot(time[::every], 1e3 * left[::every], **dots)
    lower.axhline(0, color=light("accent"), linewidth=1)
    upper.set_xlim(*lower.get_xlim())
    if is_narrow(figure):
        lower.locator_params(axis="x", nbins=4)
        upper.locator_params(axis="x", nbins=4)
    heading(upper, words.ui("pulses_response", unit=unit), margin)
    heading(lower, words.ui("pulses_residual", unit="mV"), margin)
    footing(lower, words.ui("pulses_since"))


# Power ---------------------------------------------------------------------------------------------


def power_map(mapped: PulseMap, words: Words, name: str) -> Picture | None:
    """Return the picture of the power for 10 s over state of charge, or None without any."""
    told = [(each, each.power) for each in mapped.pulses if isinstance(each.power, core.Measurement)]
    if not told:
        return None
    top = max(power.value for _, power in told)
    scale = (1e3, "mW") if top < 1 else (1e-3, "kW") if top >= 10_000 else (1.0, "W")
    low, high = (plain(pick(power.value for _, power in told) * scale[0]) for pick in (min, max))
    values = {"count": len(told), "low": low, "high": high, "unit": scale[1]}
    said = Said(
        words.ui("pulses_power_title"), words.ui("pulses_power_description", **values), words.ui("pulses_power_caption")
    )
    present = {each.direction for each, _ in told}
    keys = tuple(Key(words.name(side), side, sign) for side, (_, sign) in MARKS.items() if side in present)
    paint = partial(_paint_power, mapped=mapped, told=told, scale=scale, words=words)
    return picture(name, said, paint, 320, keys=keys, full=True)


def _paint_power(
    figure: Figure, mapped: PulseMap, told: Sequence[tuple[MappedPulse, core.Measurement]], scale: tuple[float, str],
    words: Words,
) -> None:  # fmt: skip
    margin = 52
    ax = axes(figure, margin, 12, 28, 44)
    place, label = _place(mapped, words)
    for side, (mark, _) in MARKS.items():
        own = sorted(((place(each), power) for each, power in told if each.direction == side), key=lambda one: one[0])
        ax.plot([x for x, _ in own], [scale[0] * power.value for _, power in own], color=light(side), linewidth=1.2)
        for x, power in own:
            low, high = power.interval
            bars = scale[0] * np.maximum([[power.value - low], [high - power.value]], 0.0)
            face = "none" if power.method.endswith("current_limit") else light(side)
            ax.errorbar([x], [scale[0] * power.value], bars, fmt=mark, color=light(side), markerfacecolor=face,
                        markersize=5, capsize=2, linewidth=1)  # fmt: skip
    heading(ax, f"{words.ui('pulses_power_title')} / {scale[1]}", margin)
    footing(ax, label)
    ax.set_ylim(bottom=0)
