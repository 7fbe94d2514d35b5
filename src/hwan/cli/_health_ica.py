"""``hwan health ica``: incremental capacity and differential voltage of the slow charges and discharges of files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import floor, log10
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer
from rich.console import Console
from rich.table import Table

from hwan.cli import _options as option
from hwan.cli._chemistry import chemistry_or_file
from hwan.cli._health_page import (
    WIDE,
    Direction,
    Outputs,
    Page,
    Points,
    Way,
    bounded,
    in_time,
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
    Instrument,
    Measurement,
    Recording,
    Refusal,
    UsageError,
    format_percent,
    known_or,
    text,
)

if TYPE_CHECKING:
    import polars as pl

    from hwan.health.ica import DifferentialVoltage, IncrementalCapacity
    from hwan.report import HealthChapter

SCHEMA: Final = "hwan.health.ica/1"
MOST_PRINTED: Final = 4
"""Curves of a recording that are printed: the first and the last ones."""
_HEADINGS: Final = ("ica_column_volt", "ica_column_height", "ica_column_charge", "ica_column_bandwidth")


MostRate = Annotated[
    float | None,
    typer.Option("--most-rate", help="Fastest run that is taken, in capacities per hour; by default 0.35."),
]


@dataclass(frozen=True, slots=True)
class Analysed:
    """A recording with what was found in it."""

    source: str
    capacities: tuple[IncrementalCapacity | Refusal, ...]
    differences: tuple[DifferentialVoltage | Refusal, ...]

    @property
    def answered(self) -> bool:
        """Whether any curve was told."""
        return any(not isinstance(each, Refusal) for each in self.capacities)


def analyse_capacity(
    files: option.Files,
    rated_capacity_ah: option.Capacity = None,
    chemistry: option.Chemistry = "unknown",
    series_count: option.Series = None,
    direction: Direction = Way.both,
    most_rate: MostRate = None,
    instrument: option.InstrumentFile = None,
    continued: option.Continued = False,
    key: option.Key = None,
    mapping: option.MappingFile = None,
    csv: Points = None,
    report: Page = None,
    json: option.Json = False,
    lang: option.Lang = option.Language.en,
) -> int:
    """Incremental capacity (dQ/dV) and differential voltage (dV/dQ) of every slow charge and discharge of a cell."""
    outputs = Outputs(csv, report, lang.value, (*files, mapping, instrument, chemistry))
    if most_rate is not None and not most_rate > 0:
        raise UsageError("ica_rate_not_positive", got=most_rate)
    tester = load_instrument(instrument) if instrument else None
    asked = Asked(
        BatteryType(
            chemistry=chemistry_or_file(chemistry),
            rated_capacity_ah=rated_capacity_ah or UNKNOWN,
            series_count=series_count or UNKNOWN,
        ),
        direction.only, most_rate, tester,
    )  # fmt: skip
    wanted = Wanted.of(key, mapping, continued=continued)
    found = over(
        wanted.groups(files),
        lambda group: [_analysed(in_time(each), asked) for each in wanted.recordings(group)],
        name_of,
        outputs.language,
    )
    outputs.write(
        found, lambda: points(found.results), "ica_title", lambda: _chapters(found.results, outputs.language)
    )  # fmt: skip
    content = document(SCHEMA, found.failures, recordings=[_plain(each) for each in found.results]) if json else None
    outputs.tell(found, content, lambda: _print_all(found.results, outputs.language), chemistry, "ica")
    return found.exit_code(*(DONE if each.answered else REFUSED for each in found.results))


@dataclass(frozen=True, slots=True)
class Asked:
    """What a call says beside its files."""

    kind: BatteryType
    way: Literal["charge", "discharge"] | None
    most_rate: float | None
    tester: Instrument | None


def _analysed(recording: Recording, asked: Asked) -> Analysed:
    from hwan.health.ica import MOST_RATE_PER_HOUR, differential_voltages_of, incremental_capacities_of

    most = asked.most_rate or MOST_RATE_PER_HOUR
    source = recording.provenance.source_name
    refusal = refused_for(asked.kind.chemistry, "ica")
    if refusal:
        return Analysed(source, (refusal,), (refusal,))
    measured = stated_over(recording, asked.tester) if asked.tester else recording
    return Analysed(
        source,
        incremental_capacities_of(measured, asked.kind, direction=asked.way, most_rate_per_hour=most),
        differential_voltages_of(measured, asked.kind, direction=asked.way, most_rate_per_hour=most),
    )


def points(found: Sequence[Analysed]) -> pl.DataFrame:
    """Return the points of all incremental capacities, one row each."""
    import polars as pl

    return pl.concat([_points(each.source, curve) for each in found for curve in told(each)] or [_no_points()])


def told(each: Analysed) -> Iterator[IncrementalCapacity]:
    """Yield the curves that were told, without the refusals."""
    for curve in each.capacities:
        if not isinstance(curve, Refusal):
            yield curve


def _points(source: str, curve: IncrementalCapacity) -> pl.DataFrame:
    import polars as pl

    return pl.DataFrame({
        "voltage_volt": curve.voltage_volt,
        "incremental_capacity_ah_per_volt": curve.incremental_capacity_ah_per_volt,
        "relative_error": curve.relative_error,
    }).select(
        pl.lit(source).alias("source"),
        pl.lit(curve.cycle_number).alias("cycle_number"),
        pl.lit(curve.step_number).alias("step_number"),
        pl.lit(str(curve.conditions.direction)).alias("direction"),
        pl.lit(curve.estimator).alias("estimator"),
        pl.lit(curve.bandwidth_volt).alias("bandwidth_volt"),
        pl.all(),
    )  # fmt: skip


def _no_points() -> pl.DataFrame:
    import polars as pl

    names = ("source", "cycle_number", "step_number", "direction", "estimator", "bandwidth_volt", "voltage_volt",
             "incremental_capacity_ah_per_volt", "relative_error")  # fmt: skip
    return pl.DataFrame(schema=dict.fromkeys(names, pl.String))


def _plain(each: Analysed) -> dict[str, Any]:
    """Return a recording for the document: peaks and how they were obtained; the points are in the table."""
    return {
        "source": each.source,
        "curves": [_plain_curve(curve) for curve in told(each)],
        "differential_voltages": [
            {"cycle_number": slope.cycle_number, "step_number": slope.step_number, "window_ah": slope.window_ah}
            for slope in each.differences
            if not isinstance(slope, Refusal)
        ],
        "refusals": [curve for curve in each.capacities if isinstance(curve, Refusal)],
    }


def _plain_curve(curve: IncrementalCapacity) -> dict[str, Any]:
    names = ("cycle_number", "step_number", "estimator", "bandwidth_volt", "expected_error", "noise_volt",
             "noise_samples", "resolution_volt", "charge_ah", "conditions", "evidence", "peaks")  # fmt: skip
    plain = {name: getattr(curve, name) for name in names}
    return plain if curve.window_ah is None else {**plain, "window_ah": curve.window_ah}


def _chapters(found: Sequence[Analysed], language: str) -> list[HealthChapter]:
    from hwan.report._health._ica import ica_chapter
    from hwan.report._words import Words

    words = Words(language)
    return [
        ica_chapter(each.source, each.capacities, each.differences, words, f"r{number}")
        for number, each in enumerate(found, 1)
    ]


def _print_all(found: Sequence[Analysed], language: str) -> None:
    for each in found:
        _print(each, language)


def _print(each: Analysed, language: str) -> None:
    """Print the first and the last curves of a recording with their peaks, and each reason for a refusal once."""
    curves = list(told(each))
    shown = curves if len(curves) <= MOST_PRINTED else [*curves[:2], *curves[-2:]]
    console = Console(highlight=False)
    if curves:
        console.print(f"\n{each.source}", style="bold", markup=False)
    for curve in shown:
        _print_curve(console, curve, language)
    if len(curves) > len(shown):
        say(console, text("screen", "ica_more", language, {"count": len(curves) - len(shown)}), "dim")
    refusals = (one for one in each.capacities if isinstance(one, Refusal))
    print_refusals("" if curves else each.source, refusals, language)


def _print_curve(console: Console, curve: IncrementalCapacity, language: str) -> None:
    values: dict[str, object] = {
        "cycle": curve.cycle_number, "step": curve.step_number,
        "direction": text("name", str(curve.conditions.direction), language),
        "rate": f"{known_or(curve.conditions.rate_per_hour, 0.0):.3f}", "charge": f"{curve.charge_ah:.4g}",
        "estimator": text("name", curve.estimator, language), "bandwidth": f"{1e3 * curve.bandwidth_volt:.2f}",
    }  # fmt: skip
    say(console, text("screen", "ica_heading", language, values))
    measured = {
        "noise": f"{1e3 * curve.noise_volt:.3f}", "resolution": f"{1e3 * curve.resolution_volt:.3f}",
        "percent": format_percent(curve.expected_error),
    }  # fmt: skip
    say(console, text("screen", "ica_expected_error", language, measured), indent=4)
    if curve.noise_samples > 1:
        alike = {"count": f"{curve.noise_samples:.0f}"}
        say(console, text("screen", "ica_noise_together", language, alike), indent=4)
    if curve.peaks:
        console.print(_peaks(curve, language, wide=console.width >= WIDE))
    else:
        say(console, text("screen", "ica_no_peaks", language), indent=4)


def _peaks(curve: IncrementalCapacity, language: str, *, wide: bool) -> Table:
    table = Table(header_style="bold", show_edge=False, pad_edge=True)
    for name in _HEADINGS:
        table.add_column(text("screen", name, language), justify="right")
    for peak in curve.peaks:
        figures = (_bounds(each, wide=wide) for each in (peak.position, peak.height, peak.area))
        table.add_row(*figures, f"{1e3 * peak.bandwidth_volt:.2f}")
    return table


def _bounds(figure: Measurement, *, wide: bool) -> str:
    """Return a figure and its interval with the digits that the interval bears: two of its width."""
    low, high = figure.interval
    digits = min(max(1 - floor(log10(high - low)), 0), 7) if high > low else 4
    return bounded(figure, digits, wide=wide)
