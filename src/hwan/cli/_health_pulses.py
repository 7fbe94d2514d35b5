"""``hwan health pulses``: resistance, circuit and power of every pulse of files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table

from hwan.cli import _options as option
from hwan.cli._chemistry import chemistry_or_file
from hwan.cli._figures import with_interval
from hwan.cli._health_page import (
    WIDE,
    Outputs,
    Page,
    Points,
    in_time,
    print_findings,
    print_refusal,
    print_refusals,
    refused_for,
    say,
)
from hwan.cli._instrument import load_instrument, stated_over
from hwan.cli._outcome import DONE, REFUSED, document
from hwan.cli._recordings import Wanted, name_of
from hwan.cli._work import over
from hwan.core import (
    UNKNOWN,
    BatteryType,
    Finding,
    Instrument,
    Measurement,
    Recording,
    Refusal,
    format_number,
    is_known,
    known_or,
    text,
)

if TYPE_CHECKING:
    import polars as pl

    from hwan.health.pulses import MappedPulse, PulseMap, TwoRc
    from hwan.report import HealthChapter

SCHEMA: Final = "hwan.health.pulses/1"
MOST_PRINTED: Final = 40
WIDEST: Final = 170
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
    series_count: option.Series = None,
    initial_state_of_charge: InitialCharge = None,
    charge_limit_ampere: ChargeLimit = None,
    discharge_limit_ampere: DischargeLimit = None,
    longest_second: Longest = None,
    instrument: option.InstrumentFile = None,
    continued: option.Continued = False,
    key: option.Key = None,
    mapping: option.MappingFile = None,
    csv: Points = None,
    report: Page = None,
    json: option.Json = False,
    lang: option.Lang = option.Language.en,
) -> int:
    """Resistance at stated times, circuit (R0, two RC pairs) and 10 s power of every pulse of a cell, by its SOC."""
    outputs = Outputs(csv, report, lang.value, (*files, mapping, instrument, chemistry))
    kind = BatteryType(
        chemistry=chemistry_or_file(chemistry),
        rated_capacity_ah=rated_capacity_ah or UNKNOWN,
        upper_voltage_volt=upper_voltage_volt or UNKNOWN,
        lower_voltage_volt=lower_voltage_volt or UNKNOWN,
        series_count=series_count or UNKNOWN,
    )
    asked: dict[str, Any] = {
        "initial_state_of_charge": initial_state_of_charge,
        "charge_limit_ampere": charge_limit_ampere,
        "discharge_limit_ampere": discharge_limit_ampere,
    } | ({"longest_second": longest_second} if longest_second else {})
    tester = load_instrument(instrument) if instrument else None
    wanted = Wanted.of(key, mapping, continued=continued)
    done = over(
        wanted.groups(files),
        lambda group: [_mapped(in_time(each), kind, tester, asked) for each in wanted.recordings(group)],
        name_of,
        outputs.language,
    )
    outputs.write(
        done, lambda: points(done.results), "pulses_title", lambda: _chapters(done.results, outputs.language)
    )  # fmt: skip
    content = document(SCHEMA, done.failures, recordings=[_plain(each) for each in done.results]) if json else None
    outputs.tell(done, content, lambda: _print_all(done.results, outputs.language), chemistry, "pulses")
    return done.exit_code(*(REFUSED if isinstance(each.found, Refusal) else DONE for each in done.results))


def _mapped(recording: Recording, kind: BatteryType, tester: Instrument | None, asked: dict[str, Any]) -> Mapped:
    from hwan.health.pulses import pulse_map

    measured = stated_over(recording, tester) if tester else recording
    refusal = refused_for(kind.chemistry, "pulses")
    return Mapped(recording.provenance.source_name, refusal or pulse_map(measured, kind, **asked))


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


def _chapters(found: Sequence[Mapped], language: str) -> list[HealthChapter]:
    from hwan.report._health._pulses import pulses_chapter
    from hwan.report._words import Words

    words = Words(language)
    return [pulses_chapter(each.source, each.found, words, f"r{number}") for number, each in enumerate(found, 1)]


def _print_all(found: Sequence[Mapped], language: str) -> None:
    for each in found:
        _print(each, language)


def _print(each: Mapped, language: str) -> None:
    """Print one row per pulse, what is to be said of all of them, and each refusal once."""
    if isinstance(each.found, Refusal):
        print_refusal(each.source, each.found, language)
        return
    console = Console(highlight=False)
    console.print(f"\n{each.source}", style="bold", markup=False)
    say(console, _basis(each.found, language))
    console.print(_table(each.found, language, console.width))
    if len(each.found.pulses) > MOST_PRINTED:
        more = {"count": len(each.found.pulses) - MOST_PRINTED}
        say(console, text("screen", "more_rows", language, more), "dim")
    print_findings(console, _findings(each.found), language)
    parts = (one for pulse in each.found.pulses for one in (pulse.circuit, pulse.power))
    print_refusals("", (one for one in parts if isinstance(one, Refusal)), language)


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
    """Return one row per pulse without empty columns; a narrower screen has fewer columns and no intervals."""
    rows = [_row(pulse, language, wide=width >= WIDEST) for pulse in found.pulses[:MOST_PRINTED]]
    alone = any(not any(_at(pulse, time) for time in PRINTED_TIMES) for pulse in found.pulses[:MOST_PRINTED])
    left_out = {"end"} if not alone else set()
    if width < WIDE:
        left_out |= {"direction", "tau1", "tau2"} | (set() if alone else {"width"})
    table = Table(header_style="bold", show_edge=False, pad_edge=False)
    codes = [code for code in rows[0] if code not in left_out and any(row[code] for row in rows)]
    for code in codes:
        table.add_column(_heading(code, language), justify="right")
    for row in rows:
        table.add_row(*(row[code] for code in codes))
    return table


def _heading(code: str, language: str) -> str:
    usual = {"tau1": "τ1 / s", "tau2": "τ2 / s"} | {f"{time:g}": f"R({time:g} s)" for time in PRINTED_TIMES}
    return usual.get(code) or text("ui", f"pulses_column_{code}", language)


def _at(pulse: MappedPulse, time: float) -> Measurement | None:
    return next((ohm for ohm in pulse.resistances if ohm.conditions.pulse_time_second == time), None)


def _row(pulse: MappedPulse, language: str, *, wide: bool) -> dict[str, str]:
    """Return what is told of a pulse by the code of its column; nothing where it is not known."""
    soc = pulse.state_of_charge
    last = max(pulse.resistances, key=lambda ohm: known_or(ohm.conditions.pulse_time_second, 0.0), default=None)
    told = {f"{time:g}": _at(pulse, time) for time in PRINTED_TIMES} | {"end": last}
    return {
        "pulse": str(pulse.number),
        "direction": text("name", pulse.direction, language),
        "soc": f"{100 * soc:.1f} %" if is_known(soc) else "",
        "current": format_number(pulse.current_ampere, 4),
        "width": format_number(pulse.width_second, 3),
        **{code: _resistance(ohm, wide=wide) if ohm else "" for code, ohm in told.items()},
        "tau1": _time_constant(pulse.circuit, 2, language),
        "tau2": _time_constant(pulse.circuit, 4, language),
        "power": format_number(pulse.power.value, 4) if isinstance(pulse.power, Measurement) else "",
    }


def _resistance(ohm: Measurement, *, wide: bool) -> str:
    if wide:
        return with_interval(ohm)
    scale, unit = (1e3, "mΩ") if abs(ohm.value) < 1 else (1.0, "Ω")
    return f"{format_number(scale * ohm.value, 4)} {unit}"


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
