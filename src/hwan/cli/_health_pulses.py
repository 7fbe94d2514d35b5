"""``hwan health pulses``: resistance, circuit and power of every pulse of files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table

from hwan.cli import _options as option
from hwan.cli._chemistry import chemistry_or_file
from hwan.cli._figures import with_interval
from hwan.cli._health_page import Page, Points, print_refusal, write_health_page, write_points
from hwan.cli._outcome import DONE, REFUSED, document, print_document, print_failures
from hwan.cli._recordings import Wanted, name_of
from hwan.cli._work import over
from hwan.core import (
    UNKNOWN,
    BatteryType,
    Finding,
    Measurement,
    Recording,
    Refusal,
    format_number,
    is_known,
    text,
)

if TYPE_CHECKING:
    import polars as pl

    from hwan.health.pulses import MappedPulse, PulseMap, TwoRc

SCHEMA: Final = "hwan.health.pulses/1"
MOST_PRINTED: Final = 40
WIDE: Final = 150
NARROW: Final = 110
"""Columns of a screen from which intervals are shown."""
PRINTED_TIMES: Final = (0.1, 1.0, 10.0)
InitialCharge = Annotated[
    float | None,
    typer.Option("--initial-state-of-charge", min=0, max=1, help="At the first sample, as a fraction (0 to 1)."),
]
Longest = Annotated[
    float | None,
    typer.Option("--longest-second", min=1e-3, help="Longest current that is a pulse, in s; by default 60."),
]
ChargeLimit = Annotated[
    float | None, typer.Option("--charge-limit-ampere", min=1e-9, help="Largest charge current for the power.")
]
DischargeLimit = Annotated[
    float | None, typer.Option("--discharge-limit-ampere", min=1e-9, help="Largest discharge current for the power.")
]


@dataclass(frozen=True, slots=True)
class Mapped:
    """A recording with its pulses, or why there are none."""

    source: str
    found: PulseMap | Refusal


def map_pulses(
    files: option.Files,
    rated_capacity_ah: option.Capacity = None,
    chemistry: option.Chemistry = "unknown",
    upper_voltage_volt: option.Upper = None,
    lower_voltage_volt: option.Lower = None,
    initial_state_of_charge: InitialCharge = None,
    charge_limit_ampere: ChargeLimit = None,
    discharge_limit_ampere: DischargeLimit = None,
    longest_second: Longest = None,
    continued: option.Continued = False,
    key: option.Key = None,
    mapping: option.MappingFile = None,
    csv: Points = None,
    report: Page = None,
    json: option.Json = False,
    lang: option.Lang = option.Language.en,
) -> int:
    """Resistance at stated times, circuit (R0, two RC pairs) and 10 s power of every pulse of a cell, by its SOC."""
    kind = BatteryType(
        chemistry=chemistry_or_file(chemistry),
        rated_capacity_ah=rated_capacity_ah or UNKNOWN,
        upper_voltage_volt=upper_voltage_volt or UNKNOWN,
        lower_voltage_volt=lower_voltage_volt or UNKNOWN,
    )
    asked: dict[str, Any] = {
        "initial_state_of_charge": initial_state_of_charge,
        "charge_limit_ampere": charge_limit_ampere,
        "discharge_limit_ampere": discharge_limit_ampere,
    }
    if longest_second:
        asked["longest_second"] = longest_second
    wanted = Wanted.of(key, mapping, continued=continued)
    language, inputs = lang.value, (*files, mapping)
    done = over(
        wanted.groups(files),
        lambda group: [_mapped(each, kind, asked) for each in wanted.recordings(group)],
        name_of,
        language,
    )
    if csv:
        done.attempt(lambda: write_points(csv, points(done.results), inputs), str(csv), language)
    if report:
        done.attempt(lambda: _write_page(report, done.results, language, inputs), str(report), language)
    if json:
        print_document(document(SCHEMA, done.failures, recordings=[_plain(each) for each in done.results]))
    else:
        for each in done.results:
            _print(each, language)
        print_failures(done.failures)
    return done.exit_code(*(REFUSED if isinstance(each.found, Refusal) else DONE for each in done.results))


def _mapped(recording: Recording, kind: BatteryType, asked: dict[str, Any]) -> Mapped:
    from hwan.health.pulses import pulse_map

    return Mapped(recording.provenance.source_name, pulse_map(recording, kind, **asked))


def points(found: Sequence[Mapped]) -> pl.DataFrame:
    """Return one row per pulse and time, with the circuit and the power of the pulse beside each."""
    import polars as pl

    parts = [_points(each.source, each.found) for each in found if not isinstance(each.found, Refusal)]
    return pl.concat(parts) if parts else pl.DataFrame(schema={"source": pl.String})


def _points(source: str, found: PulseMap) -> pl.DataFrame:
    import polars as pl

    from hwan.health.pulses import circuit_table, power_table, resistance_table

    resistances = resistance_table(found).drop("refusal_code")
    led = [name for name in power_table(found).columns if name in resistances.columns and name != "pulse"]
    circuits = circuit_table(found).drop(led).rename({"refusal_code": "circuit_refusal_code"})
    powers = power_table(found).drop(led).rename({"refusal_code": "power_refusal_code"})
    joined = resistances.join(circuits, on="pulse", how="left").join(powers, on="pulse", how="left")
    return joined.select(pl.lit(source).alias("source"), pl.all())


def _plain(each: Mapped) -> dict[str, Any]:
    """Return a recording for the document; samples and curves are not in it."""
    if isinstance(each.found, Refusal):
        return {"source": each.source, "pulses": [], "refusals": [each.found]}
    found = each.found
    return {
        "source": each.source,
        "soc_basis": found.soc_basis,
        "pulses": [_plain_pulse(pulse) for pulse in found.pulses],
        "refusals": [],
        "findings": found.findings,
    }


def _plain_pulse(pulse: MappedPulse) -> dict[str, Any]:
    names = ("number", "direction", "current_ampere", "width_second", "state_of_charge", "soc_basis", "charge_ah",
             "rest_voltage_volt", "temperature_celsius", "rest_before_second", "rest_after_second", "first_row",
             "last_row", "resistances", "power", "findings")  # fmt: skip
    return {name: getattr(pulse, name) for name in names} | {"circuit": _plain_circuit(pulse.circuit)}


def _plain_circuit(circuit: TwoRc | Refusal) -> Refusal | dict[str, Any]:
    if isinstance(circuit, Refusal):
        return circuit
    names = ("pairs", "figures", "sampling_second", "noise_volt", "inflation")
    return {name: getattr(circuit, name) for name in names}


def _write_page(path: Path, found: Sequence[Mapped], language: str, inputs: Iterable[Path | None]) -> None:
    from hwan.report._health._pulses import pulses_chapter
    from hwan.report._words import Words

    words = Words(language)
    chapters = [pulses_chapter(each.source, each.found, words, f"r{number}") for number, each in enumerate(found, 1)]
    write_health_page(path, "pulses_title", chapters, (), language, inputs=inputs)


def _print(each: Mapped, language: str) -> None:
    """Print one row per pulse, what is to be said of all of them, and each refusal once."""
    if isinstance(each.found, Refusal):
        print_refusal(each.source, each.found, language)
        return
    console = Console(highlight=False)
    console.print(f"\n{each.source}", style="bold", markup=False)
    console.print(f"  {_basis(each.found, language)}", markup=False, soft_wrap=True)
    console.print(_table(each.found, language, console.width))
    if len(each.found.pulses) > MOST_PRINTED:
        more = {"count": len(each.found.pulses) - MOST_PRINTED}
        console.print(f"  {text('screen', 'more_rows', language, more)}", style="dim", markup=False)
    for finding in _findings(each.found):
        said = text("finding", finding.code, language, finding.values)
        console.print(f"  {said}", style="dim" if finding.severity == "note" else "yellow", markup=False)
    refusals = {one.code: one for pulse in each.found.pulses for one in (pulse.circuit, pulse.power)
                if isinstance(one, Refusal)}  # fmt: skip
    for refusal in refusals.values():
        print_refusal(each.source, refusal, language)


def _basis(found: PulseMap, language: str) -> str:
    if not is_known(found.soc_basis):
        return text("ui", "pulses_soc_unknown", language)
    return text("ui", "pulses_soc_basis", language, {"basis": text("name", found.soc_basis, language)})


def _findings(found: PulseMap) -> tuple[Finding, ...]:
    """Return what is to be said of the recording, and of its pulses each thing once."""
    powers = [pulse.power for pulse in found.pulses if isinstance(pulse.power, Measurement)]
    of_pulses = (one for pulse in found.pulses for one in pulse.findings)
    of_powers = (one for power in powers for one in power.findings)
    noted = {one.code: one for one in (*of_pulses, *of_powers)}
    return (*found.findings, *noted.values())


def _table(found: PulseMap, language: str, width: int) -> Table:
    """Return one row per pulse; a narrower screen has values without intervals, the narrowest fewer of them."""
    times = [time for time in PRINTED_TIMES if any(_at(pulse, time) for pulse in found.pulses)]
    unit = "" if width >= WIDE else " / mΩ"
    named = [
        text("ui", f"pulses_column_{code}", language) for code in ("pulse", "direction", "soc", "current", "width")
    ]
    resistances = [f"R({time:g} s){unit}" for time in times]
    headings = [*named, *resistances, "τ1 / s", "τ2 / s", text("ui", "pulses_column_power", language)]
    left_out = {named[1], named[4], "τ1 / s", "τ2 / s"} if width < NARROW else set()
    table = Table(header_style="bold", show_edge=False, pad_edge=False)
    for heading in headings:
        if heading not in left_out:
            table.add_column(heading, justify="right")
    for pulse in found.pulses[:MOST_PRINTED]:
        cells = _row(pulse, times, language, wide=width >= WIDE)
        table.add_row(*(cell for heading, cell in zip(headings, cells, strict=True) if heading not in left_out))
    return table


def _at(pulse: MappedPulse, time: float) -> Measurement | None:
    return next((ohm for ohm in pulse.resistances if ohm.conditions.pulse_time_second == time), None)


def _row(pulse: MappedPulse, times: Sequence[float], language: str, *, wide: bool) -> list[str]:
    soc = pulse.state_of_charge
    resistances = (_at(pulse, time) for time in times)
    return [
        str(pulse.number),
        text("name", pulse.direction, language),
        f"{100 * soc:.1f} %" if is_known(soc) else "",
        format_number(pulse.current_ampere, 4),
        format_number(pulse.width_second, 3),
        *(_resistance(ohm, wide=wide) if ohm else "" for ohm in resistances),
        _time_constant(pulse.circuit, 2, language),
        _time_constant(pulse.circuit, 4, language),
        format_number(pulse.power.value, 4) if isinstance(pulse.power, Measurement) else "",
    ]


def _resistance(ohm: Measurement, *, wide: bool) -> str:
    return with_interval(ohm) if wide else format_number(1e3 * ohm.value, 4)


def _time_constant(circuit: TwoRc | Refusal, place: int, language: str) -> str:
    if isinstance(circuit, Refusal):
        return ""
    figure = circuit.figures[place]
    if isinstance(figure, Measurement):
        return format_number(figure.value, 3)
    if "low" not in figure.values:
        return ""
    low = format_number(float(figure.values["low"]), 3)
    return text("ui", "pulses_at_least", language, {"value": low})
