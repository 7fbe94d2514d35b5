"""Impedance on the page: one article per spectrum, with the gate's verdict, relaxation times and the circuit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from hwan import core
from hwan.health.impedance import CircuitFit, Gate, RelaxationTimes, Spectrum
from hwan.report._cards import Card
from hwan.report._health._impedance_pictures import Shown, pictures
from hwan.report._health._page import HealthChapter, Told, found, refused
from hwan.report._numbers import bounds_of, plain, shown
from hwan.report._tables import Section, Table, table
from hwan.report._words import Words


@dataclass(frozen=True, slots=True)
class Examined:
    """A spectrum with the answers to it; `fit` is None where no circuit was asked for."""

    spectrum: Spectrum
    gate: Gate | core.Refusal
    times: RelaxationTimes | core.Refusal
    fit: CircuitFit | core.Refusal | None = None
    source: str = ""

    @property
    def refusals(self) -> tuple[core.Refusal, ...]:
        """What was refused, each reason once."""
        named = {each.code: each for each in (self.gate, self.times, self.fit) if isinstance(each, core.Refusal)}
        return tuple(named.values())

    @property
    def findings(self) -> tuple[core.Finding, ...]:
        """What was noticed, each code once."""
        answers = (self.fit, self.gate, self.times)
        told = [
            each for answer in answers if answer and not isinstance(answer, core.Refusal) for each in answer.findings
        ]
        return tuple({each.code: each for each in told}.values())


def impedance_chapter(examined: Examined, words: Words, prefix: str) -> HealthChapter:
    """Return one spectrum's article; `prefix` stands before the ids of its pictures."""
    spectrum, gate = examined.spectrum, examined.gate
    times = examined.times if isinstance(examined.times, RelaxationTimes) else None
    fit = examined.fit if isinstance(examined.fit, CircuitFit) else None
    drawn = pictures(Shown(spectrum, gate, times, fit, words, prefix)) if isinstance(gate, Gate) else ()
    tables = [each for each in (_peaks(times, words), _parameters(fit, words)) if each is not None]
    return HealthChapter(
        spectrum.name,
        facts=tuple(_facts(spectrum, words)),
        cards=tuple(_cards(gate, times, words)),
        told=_told(examined, words),
        pictures=drawn,
        sections=(Section(words.ui("impedance_figures"), tuple(tables)),) if tables else (),
    )


def _facts(spectrum: Spectrum, words: Words) -> Iterator[str]:
    low, high = (plain(float(spectrum.frequency_hertz[place]), 3) for place in (-1, 0))
    yield words.ui("impedance_points", points=len(spectrum), low=low, high=high)
    if core.is_known(spectrum.cycle):
        yield words.ui("impedance_cycle", cycle=spectrum.cycle)
    if core.is_known(spectrum.voltage_volt):
        yield words.ui("impedance_voltage", volt=f"{spectrum.voltage_volt:.3f}")
    if core.is_known(spectrum.conditions.temperature_celsius):
        yield words.ui("impedance_temperature", celsius=f"{spectrum.conditions.temperature_celsius:.1f}")


def _cards(gate: Gate | core.Refusal, times: RelaxationTimes | None, words: Words) -> Iterator[Card]:
    if isinstance(gate, Gate):
        verdict = "passed" if gate.passed else "failed"
        seen = words.ui("impedance_seen", least=f"{100 * gate.least_drift_seen:.2g}")
        yield Card(words.name("kramers_kronig"), words.ui(f"impedance_{verdict}"), "", (seen,), verdict)
        yield _card(gate.noise, words)
    if times is not None:
        yield _card(times.series_resistance, words)
        yield _card(times.total_polarisation, words)


def _card(figure: core.Measurement, words: Words) -> Card:
    written = shown(figure.value, bounds_of(figure), figure.unit)
    return Card(words.name(figure.quantity), written.value, written.unit, (words.interval(written),))


def _told(examined: Examined, words: Words) -> tuple[Told, ...]:
    refusals = (refused(each, words) for each in examined.refusals)
    return (*refusals, *(found(each, words) for each in examined.findings))


def _peaks(times: RelaxationTimes | None, words: Words) -> Table | None:
    if times is None:
        return None
    rows = [
        (f"{plain(peak.frequency_hertz, 3)} Hz", written(peak.time_constant), written(peak.resistance))
        for peak in times.peaks
    ]
    labels = (f"#{words.ui('impedance_frequency')}", f"#{words.name('relaxation_time')}",
              f"#{words.name('relaxation_resistance')}")  # fmt: skip
    note = words.ui("relaxation_rest", warburg=written(times.warburg_coefficient),
                    inductance=f"{plain(1e9 * times.inductance_henry, 3)} nH")  # fmt: skip
    return table(words.name("relaxation_times"), labels, rows, note=note)


def _parameters(fit: CircuitFit | None, words: Words) -> Table | None:
    if fit is None:
        return None
    rows = [(name, written(figure)) for name, figure in fit.measurements.items()]
    rms = f"{100 * float(np.sqrt(np.mean(np.abs(fit.residual) ** 2) / 2)):.2g}"
    note = words.ui("impedance_circuit_note", rms=rms)
    labels = (words.ui("impedance_parameter"), f"#{words.ui('impedance_value')}")
    return table(f"{words.name('equivalent_circuit')} {fit.circuit.text}", labels, rows, note=note)


_PREFIXES: Final = ((1.0, ""), (1e3, "m"), (1e6, "µ"), (1e9, "n"))
_SCALED: Final = ("s", "H", "ohm")
_UNITS: Final = {"1": "", "ohm": "Ω", "ohm/s^0.5": "Ω/√s", "s^n/ohm": "sⁿ/Ω"}


def written(figure: core.Measurement) -> str:
    """Return a figure with its interval and unit; fractions such as exponents stay fractions."""
    low, high = figure.interval
    unit = _UNITS.get(figure.unit, figure.unit)
    factor, prefix = _prefix(high) if figure.unit in _SCALED else (1.0, "")
    value, low, high = (each * factor for each in (figure.value, low, high))
    return f"{plain(value)} [{plain(low)}, {plain(high)}] {prefix}{unit}".rstrip()


def _prefix(size: float) -> tuple[float, str]:
    return next(((factor, prefix) for factor, prefix in _PREFIXES if size * factor >= 1), (1.0, ""))
