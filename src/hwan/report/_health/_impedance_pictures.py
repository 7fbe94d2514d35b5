"""Pictures of a spectrum: Nyquist with the circuit, relaxation times, modulus and phase, the gate's residuals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from hwan.health.impedance import CircuitFit, Gate, RelaxationTimes, Spectrum
from hwan.report._figures._picture import Key, Picture, Said, axes, footing, heading, picture
from hwan.report._numbers import plain, scale_of
from hwan.report._palette import light
from hwan.report._words import Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from hwan.health.impedance._gate_result import Bools
    from hwan.health.impedance._spectrum import Complexes, Floats

LEFT: Final = 56
LINE_POINTS: Final = 240
MOST_PEAKS: Final = 8
"""Peaks that are named in the picture; the table has all."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What the pictures show of a spectrum."""

    spectrum: Spectrum
    gate: Gate
    times: RelaxationTimes | None
    fit: CircuitFit | None
    words: Words
    prefix: str


def pictures(shown: Shown) -> tuple[Picture, ...]:
    """Return the pictures of one spectrum."""
    drawn = [_nyquist(shown), _bode(shown), _residuals(shown)]
    if shown.times is not None:
        drawn.insert(1, _relaxation(shown, shown.times))
    return tuple(drawn)


# Nyquist ---------------------------------------------------------------------------------------------


def _nyquist(shown: Shown) -> Picture:
    words, spectrum = shown.words, shown.spectrum
    scale = scale_of("ohm", float(np.median(np.abs(spectrum.impedance_ohm))))
    values = {
        "points": len(spectrum),
        "low": plain(spectrum.frequency_hertz[-1], 3),
        "high": plain(spectrum.frequency_hertz[0], 3),
    }
    keys = [Key(words.ui("impedance_measured"), "accent", "●")]
    if shown.fit is not None:
        keys.append(Key(words.ui("impedance_fitted", circuit=shown.fit.circuit.text), "current", "━"))
    if shown.gate.outlier.any():
        keys.append(Key(words.ui("impedance_left_out"), "failed", "×"))
    said = Said(words.ui("nyquist_title"), words.ui("nyquist_description", **values), words.ui("nyquist_caption"))
    paint = partial(_paint_nyquist, shown=shown, factor=scale.factor, unit=scale.symbol)
    return picture(f"{shown.prefix}-nyquist", said, paint, 400, keys=tuple(keys))


def _paint_nyquist(figure: Figure, shown: Shown, factor: float, unit: str) -> None:
    ax = axes(figure, LEFT, 14, 28, 44)
    ax.grid(visible=True, axis="x")
    impedance = shown.spectrum.impedance_ohm * factor
    kept = ~shown.gate.outlier
    if shown.fit is not None:
        _, line = _line(shown.fit)
        ax.plot(line.real * factor, -line.imag * factor, color=light("current"), linewidth=1.6)
    _points(ax, impedance.real, -impedance.imag, kept)
    ax.axhline(0, color=light("rule"), linewidth=1)
    _equal(ax, impedance[kept])
    _name_decades(ax, shown.spectrum.frequency_hertz, impedance, kept)
    heading(ax, f"−Im Z / {unit}", LEFT)
    footing(ax, f"Re Z / {unit}")


def _equal(ax: Axes, impedance: Complexes) -> None:
    """Show all points with equal scales: an arc is drawn round."""
    box = ax.get_window_extent()
    low = np.array([impedance.real.min(), min(-impedance.imag.max(), 0.0)])
    high = np.array([impedance.real.max(), max(-impedance.imag.min(), 0.0)])
    step = 1.16 * float(np.max((high - low) / (box.width, box.height)))
    middle, half = (low + high) / 2, np.array([box.width, box.height]) * step / 2
    ax.set_xlim(middle[0] - half[0], middle[0] + half[0])
    ax.set_ylim(middle[1] - half[1], middle[1] + half[1])


def _name_decades(ax: Axes, frequency: Floats, impedance: Complexes, kept: Bools) -> None:
    """Mark the points nearest to whole decades with their frequency, unless two names would touch."""
    taken: list[tuple[float, float]] = []
    for power in range(int(np.ceil(np.log10(frequency[-1]))), int(np.floor(np.log10(frequency[0]))) + 1):
        place = int(np.argmin(np.abs(np.log10(frequency) - power)))
        if not kept[place] or abs(np.log10(frequency[place]) - power) > 0.1:
            continue
        point = (float(impedance[place].real), float(-impedance[place].imag))
        across, up = ax.transData.transform(point)
        if any(abs(across - x) < 52 and abs(up - y) < 15 for x, y in taken):
            continue
        taken.append((float(across), float(up)))
        ax.plot(*point, "o", color=light("ink"), markersize=5.5, zorder=5)
        away, side = _beside(impedance, place)
        ax.annotate(_hertz(10.0**power), point, away, textcoords="offset points", size=10, ha=side, va="center",
                    color=light("ink"), zorder=6)  # fmt: skip


def _beside(impedance: Complexes, place: int) -> tuple[tuple[float, float], str]:
    """Return where a name stands clear of the curve: above a level part, to the right of a steep one."""
    step = impedance[min(place + 1, len(impedance) - 1)] - impedance[max(place - 1, 0)]
    return ((9, -2), "left") if abs(step.imag) > 1.2 * abs(step.real) else ((0, 12), "center")


def _hertz(frequency: float) -> str:
    """Return a frequency as a person writes it.

    >>> _hertz(1e4), _hertz(0.01)
    ('10 kHz', '10 mHz')
    """
    for factor, unit in ((1e6, "MHz"), (1e3, "kHz"), (1.0, "Hz")):
        if frequency >= factor:
            return f"{frequency / factor:g} {unit}"
    return f"{frequency * 1e3:g} mHz"


def _points(ax: Axes, x: Floats, y: Floats, kept: Bools) -> None:
    ax.plot(x[kept], y[kept], "o", color=light("accent"), markersize=3.5, zorder=3)
    ax.plot(x[~kept], y[~kept], "x", color=light("failed"), markersize=6, markeredgewidth=1.6, zorder=4)


def _line(fit: CircuitFit) -> tuple[Floats, Complexes]:
    """Return frequencies and the impedance of the fitted circuit between the measured points."""
    frequency = np.geomspace(fit.spectrum.frequency_hertz[0], fit.spectrum.frequency_hertz[-1], LINE_POINTS)
    values = np.array([fit.measurements[name].value for name in fit.circuit.names])
    return frequency, fit.circuit.impedance(values, frequency)


# Modulus and phase, residuals ------------------------------------------------------------------------


def _bode(shown: Shown) -> Picture:
    words = shown.words
    modulus = np.abs(shown.spectrum.impedance_ohm)
    scale = scale_of("ohm", float(np.median(modulus)))
    values = {
        "low": plain(float(modulus.min()) * scale.factor, 3),
        "high": plain(float(modulus.max()) * scale.factor, 3),
        "unit": scale.symbol,
    }
    keys = (Key("|Z|", "accent", "●"), Key(words.ui("impedance_phase"), "current", "■"))
    said = Said(words.ui("bode_title"), words.ui("bode_description", **values), words.ui("bode_caption"))
    paint = partial(_paint_bode, shown=shown, factor=scale.factor, unit=scale.symbol)
    return picture(f"{shown.prefix}-bode", said, paint, 300, keys=keys)


def _paint_bode(figure: Figure, shown: Shown, factor: float, unit: str) -> None:
    ax = axes(figure, LEFT, 46, 28, 44)
    _frequency_axis(ax, shown.spectrum.frequency_hertz, shown.words)
    impedance, kept = shown.spectrum.impedance_ohm, ~shown.gate.outlier
    phase = ax.twinx()
    phase.grid(visible=False)
    if shown.fit is not None:
        frequency, line = _line(shown.fit)
        ax.plot(frequency, np.abs(line) * factor, color=light("accent"), linewidth=1.2)
        phase.plot(frequency, -np.degrees(np.angle(line)), color=light("current"), linewidth=1.2)
    _points(ax, shown.spectrum.frequency_hertz, np.abs(impedance) * factor, kept)
    phase.plot(shown.spectrum.frequency_hertz[kept], -np.degrees(np.angle(impedance[kept])), "s",
               color=light("current"), markersize=3)  # fmt: skip
    _modulus_axis(ax, np.abs(impedance[kept]) * factor)
    heading(ax, f"|Z| / {unit}", LEFT)
    phase.annotate("−φ / °", (1, 1), (40, 8), "axes fraction", "offset points", color=light("muted"), va="bottom",
                   ha="right")  # fmt: skip


def _modulus_axis(ax: Axes, modulus: Floats) -> None:
    """Give a modulus of more than a factor of twenty a logarithmic axis, with plain numbers."""
    from matplotlib.ticker import FuncFormatter, NullFormatter

    if modulus.max() > 20 * modulus.min():
        ax.set_yscale("log")
        ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        ax.yaxis.set_minor_formatter(NullFormatter())


def _residuals(shown: Shown) -> Picture:
    words, gate = shown.words, shown.gate
    values = {
        "largest": f"{100 * float(np.abs(gate.misfit[~gate.outlier]).max()):.2g}",
        "noise": f"{100 * gate.noise.value:.2g}",
    }
    keys = [Key("Re", "accent", "●"), Key("Im", "current", "■"), Key(words.ui("impedance_noise_band"), "neutral-soft")]
    if not gate.passed:
        keys.append(Key(words.ui("impedance_systematic"), "failed", "━"))
    said = Said(words.ui("residuals_title"), words.ui("residuals_description", **values), words.ui("residuals_caption"))
    return picture(f"{shown.prefix}-residuals", said, partial(_paint_residuals, shown=shown), 300, keys=tuple(keys))


def _paint_residuals(figure: Figure, shown: Shown) -> None:
    ax = axes(figure, LEFT, 14, 28, 44)
    gate, frequency = shown.gate, shown.spectrum.frequency_hertz
    _frequency_axis(ax, frequency, shown.words)
    kept, band = ~gate.outlier, 200 * gate.noise.value
    ax.axhspan(-band, band, color=light("neutral-soft"), zorder=0)
    ax.axhline(0, color=light("rule"), linewidth=1)
    for part, marker, role in ((gate.misfit.real, "o", "accent"), (gate.misfit.imag, "s", "current")):
        ax.plot(frequency[kept], 100 * part[kept], marker, color=light(role), markersize=3.5)
    if not gate.passed:
        for part, style in ((gate.systematic.real, "-"), (gate.systematic.imag, "--")):
            ax.plot(frequency[kept], 100 * part[kept], style, color=light("failed"), linewidth=1.2)
    heading(ax, f"{shown.words.ui('impedance_residual')} / %", LEFT)


def _frequency_axis(ax: Axes, frequency: Floats, words: Words) -> None:
    """Draw frequency from high at the left to low at the right, as it was measured, with plain numbers."""
    _logarithmic(ax, float(frequency[-1]), float(frequency[0]))
    ax.invert_xaxis()
    footing(ax, f"{words.ui('impedance_frequency')} / Hz")


def _logarithmic(ax: Axes, low: float, high: float, written: Callable[[float], str] = "{:g}".format) -> None:
    from matplotlib.ticker import NullFormatter

    ax.set_xscale("log")
    powers = range(int(np.ceil(np.log10(low))), int(np.floor(np.log10(high))) + 1)
    every = 1 + len(powers) // 6
    ticks = [10.0**power for power in powers][::every]
    ax.set_xticks(ticks, [written(tick) for tick in ticks])
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.set_xlim(low / 1.3, high * 1.3)


# Relaxation times ------------------------------------------------------------------------------------


def _relaxation(shown: Shown, times: RelaxationTimes) -> Picture:
    words = shown.words
    scale = scale_of("ohm", float(times.gamma_ohm.max()))
    places = ", ".join(seconds(peak.time_constant.value) for peak in times.peaks) or words.ui("impedance_none")
    said = Said(
        words.ui("relaxation_title"),
        words.ui("relaxation_description", peaks=len(times.peaks), places=places),
        words.ui("relaxation_caption"),
    )
    keys = (Key("γ(ln τ)", "accent", "━"), Key(words.ui("impedance_interval"), "step-cc"))
    paint = partial(_paint_relaxation, times=times, factor=scale.factor, unit=scale.symbol)
    return picture(f"{shown.prefix}-relaxation", said, paint, 400, keys=keys)


def _paint_relaxation(figure: Figure, times: RelaxationTimes, factor: float, unit: str) -> None:
    ax = axes(figure, LEFT, 14, 28, 44)
    tau, gamma = times.tau_second, times.gamma_ohm * factor
    top = 1.18 * float(gamma.max())
    upper = np.minimum(times.gamma_high_ohm * factor, 2 * top)
    ax.fill_between(tau, times.gamma_low_ohm * factor, upper, color=light("step-cc"), linewidth=0)
    ax.plot(tau, gamma, color=light("accent"))
    _logarithmic(ax, float(tau[0]), float(tau[-1]), seconds)
    ax.set_ylim(0, top)
    for peak in sorted(times.peaks, key=lambda each: -each.height.value)[:MOST_PEAKS]:
        place, height = peak.time_constant.value, min(peak.height.value * factor, top / 1.1)
        ax.plot(place, height, "v", color=light("failed"), markersize=6, zorder=4)
        resistance = scale_of("ohm", peak.resistance.value)
        name = f"{seconds(place)}, {plain(peak.resistance.value * resistance.factor, 3)} {resistance.symbol}"
        ax.annotate(name, (place, height), (0, 7), textcoords="offset points", size=10, ha="center",
                    color=light("ink"))  # fmt: skip
    heading(ax, f"γ / {unit}", LEFT)
    footing(ax, "τ = 1/(2πf)")


def seconds(value: float) -> str:
    """Return a time as a person writes it.

    >>> seconds(0.0203), seconds(3.7)
    ('20.3 ms', '3.7 s')
    """
    for factor, unit in ((1.0, "s"), (1e3, "ms"), (1e6, "µs")):
        if value * factor >= 1:
            return f"{plain(value * factor, 3)} {unit}"
    return f"{plain(value * 1e9, 3)} ns"
