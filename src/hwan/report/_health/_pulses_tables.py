"""The tables of the pulse page: resistance, circuit and power of each pulse."""

from __future__ import annotations

from typing import Final

from hwan import core
from hwan.health.pulses import MappedPulse, PulseMap, TwoRc
from hwan.report._numbers import ABSENT, plain, scale_of, shown
from hwan.report._tables import Section, Table, table
from hwan.report._words import Words

MOST_ROWS: Final = 400


def resistance_at(each: MappedPulse, time_second: float) -> core.Measurement | None:
    """Return the resistance of a pulse at a time, None where it was not told."""
    return next((ohm for ohm in each.resistances if ohm.conditions.pulse_time_second == time_second), None)


def pulses_sections(mapped: PulseMap, words: Words) -> tuple[Section, ...]:
    """Return the three tables in one section."""
    made = (_resistances(mapped, words), _circuits(mapped, words), _powers(mapped, words))
    told = tuple(each for each in made if each)
    return (Section(words.ui("pulses_each"), told),) if told else ()


def _leading(words: Words) -> list[str]:
    codes = ("pulse", "direction", "soc", "current", "temperature")
    return [words.ui(f"pulses_column_{code}") if code == "direction" else f"#{words.ui(f'pulses_column_{code}')}"
            for code in codes]  # fmt: skip


def _led(each: MappedPulse, words: Words) -> list[str]:
    soc, degrees = each.state_of_charge, each.temperature_celsius
    return [
        str(each.number),
        words.name(each.direction),
        f"{100 * soc:.1f} %" if core.is_known(soc) else ABSENT,
        plain(each.current_ampere),
        f"{degrees:.1f}" if core.is_known(degrees) else ABSENT,
    ]


def _resistances(mapped: PulseMap, words: Words) -> Table | None:
    seconds = (ohm.conditions.pulse_time_second for each in mapped.pulses for ohm in each.resistances)
    times = sorted({time for time in seconds if core.is_known(time)})
    title = words.ui("pulses_table_resistances")
    labels = [*_leading(words), *(f"#{time:g} s" for time in times)]
    rows = [[*_led(each, words), *(_figure(resistance_at(each, time), words) for time in times)]
            for each in mapped.pulses[:MOST_ROWS]]  # fmt: skip
    return table(title, labels, rows, folded=True) if times else None


def _figure(figure: core.Measurement | core.Refusal | None, words: Words) -> str:
    """Return a figure with its interval; a bound as such; nothing where nothing is known."""
    if isinstance(figure, core.Measurement):
        told = shown(figure.value, figure.interval, figure.unit)
        return f"{told.value} [{told.low}, {told.high}] {told.unit}"
    if figure is not None and "low" in figure.values:
        return words.ui("pulses_at_least", value=_low(figure))
    return ABSENT


def _low(figure: core.Refusal) -> str:
    unit = "s" if figure.quantity.endswith("constant") else "ohm"
    low = float(figure.values["low"])
    scale = scale_of(unit, low)
    return f"{plain(low * scale.factor, 3)} {scale.symbol}"


def _circuits(mapped: PulseMap, words: Words) -> Table | None:
    labels = [*_leading(words), f"#{words.ui('pulses_column_pairs')}", "#R0", "#R1", "#τ1", "#R2", "#τ2",
              f"#{words.ui('pulses_column_residual')}"]  # fmt: skip
    rows = [
        [*_led(each, words), str(each.circuit.pairs), *(_figure(one, words) for one in each.circuit.figures),
         plain(1e3 * each.circuit.noise_volt, 3)]
        for each in mapped.pulses[:MOST_ROWS]
        if isinstance(each.circuit, TwoRc)
    ]  # fmt: skip
    times = {each.circuit.sampling_second for each in mapped.pulses if isinstance(each.circuit, TwoRc)}
    note = words.ui("pulses_r0_at", seconds=" … ".join(plain(time, 2) for time in sorted({min(times), max(times)}))) \
        if times else ""  # fmt: skip
    return table(words.ui("pulses_table_circuits"), labels, rows, note=note, folded=True)


def _powers(mapped: PulseMap, words: Words) -> Table | None:
    labels = [*_leading(words), f"#{words.ui('pulses_column_power')}", words.ui("pulses_column_limit")]
    rows = [
        [*_led(each, words), _figure(each.power, words),
         words.ui("pulses_by_current" if each.power.method.endswith("current_limit") else "pulses_by_voltage")]
        for each in mapped.pulses[:MOST_ROWS]
        if isinstance(each.power, core.Measurement)
    ]  # fmt: skip
    return table(words.ui("pulses_table_powers"), labels, rows, folded=True)
