"""``hwan health ica``: incremental capacity and differential voltage of the slow charges and discharges of files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import floor, log10
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer
from rich.console import Console
from rich.table import Table

from hwan.cli import _options as option
from hwan.cli._chemistry import chemistry_or_file
from hwan.cli._health_page import Page, Points, print_refusal, write_health_page, write_points
from hwan.cli._outcome import DONE, REFUSED, document, print_document, print_failures
from hwan.cli._recordings import Wanted, name_of
from hwan.cli._work import over
from hwan.core import (
    UNKNOWN,
    BatteryType,
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

SCHEMA: Final = "hwan.health.ica/1"
MOST_PRINTED: Final = 4
"""Curves of a recording that are printed: the first and the last ones."""
_HEADINGS: Final = ("ica_column_volt", "ica_column_height", "ica_column_charge", "ica_column_bandwidth")


class Way(StrEnum):
    """Which runs are analysed."""

    charge = "charge"
    discharge = "discharge"
    both = "both"


Direction = Annotated[Way, typer.Option("--direction", help="Charges, discharges, or both.")]
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
    key: option.Key = None,
    mapping: option.MappingFile = None,
    csv: Points = None,
    report: Page = None,
    json: option.Json = False,
    lang: option.Lang = option.Language.en,
) -> int:
    """Incremental capacity (dQ/dV) and differential voltage (dV/dQ) of every slow charge and discharge of a cell."""
    kind = BatteryType(
        chemistry=chemistry_or_file(chemistry),
        rated_capacity_ah=rated_capacity_ah or UNKNOWN,
        series_count=series_count or UNKNOWN,
    )
    if most_rate is not None and not most_rate > 0:
        raise UsageError("ica_rate_not_positive", got=most_rate)
    wanted = Wanted.of(key, mapping)
    language, inputs = lang.value, (*files, mapping)
    way: Literal["charge", "discharge"] | None = None
    if direction is not Way.both:
        way = "charge" if direction is Way.charge else "discharge"
    found = over(
        wanted.groups(files),
        lambda group: [_analysed(each, kind, way, most_rate) for each in wanted.recordings(group)],
        name_of,
        language,
    )
    if csv:
        found.attempt(lambda: write_points(csv, points(found.results), inputs), str(csv), language)
    if report:
        found.attempt(lambda: _write_page(report, found.results, language, inputs), str(report), language)
    if json:
        told = [_plain(each) for each in found.results]
        print_document(document(SCHEMA, found.failures, recordings=told))
    else:
        for each in found.results:
            _print(each, language)
        print_failures(found.failures)
    return found.exit_code(*(DONE if each.answered else REFUSED for each in found.results))


def _analysed(
    recording: Recording, kind: BatteryType, way: Literal["charge", "discharge"] | None, rate: float | None
) -> Analysed:
    from hwan.health.ica import MOST_RATE_PER_HOUR, differential_voltages_of, incremental_capacities_of

    most = rate or MOST_RATE_PER_HOUR
    return Analysed(
        recording.provenance.source_name,
        incremental_capacities_of(recording, kind, direction=way, most_rate_per_hour=most),
        differential_voltages_of(recording, kind, direction=way, most_rate_per_hour=most),
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

    names = ("voltage_volt", "incremental_capacity_ah_per_volt", "relative_error")
    return pl.DataFrame(schema=dict.fromkeys(names, pl.Float64))


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
             "resolution_volt", "charge_ah", "conditions", "evidence", "peaks")  # fmt: skip
    plain = {name: getattr(curve, name) for name in names}
    return plain if curve.window_ah is None else {**plain, "window_ah": curve.window_ah}


def _write_page(path: Path, found: Sequence[Analysed], language: str, inputs: Iterable[Path | None]) -> None:
    from hwan.report._health._ica import ica_chapter
    from hwan.report._words import Words

    words = Words(language)
    chapters = [
        ica_chapter(each.source, each.capacities, each.differences, words, f"r{number}")
        for number, each in enumerate(found, 1)
    ]
    write_health_page(path, "ica_title", chapters, (), language, inputs=inputs)


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
        console.print(f"  {text('screen', 'ica_more', language, {'count': len(curves) - len(shown)})}", markup=False)
    for refusal in {one.code: one for one in each.capacities if isinstance(one, Refusal)}.values():
        print_refusal(each.source, refusal, language)


def _print_curve(console: Console, curve: IncrementalCapacity, language: str) -> None:
    values: dict[str, object] = {
        "cycle": curve.cycle_number, "step": curve.step_number,
        "direction": text("name", str(curve.conditions.direction), language),
        "rate": f"{known_or(curve.conditions.rate_per_hour, 0.0):.3f}", "charge": f"{curve.charge_ah:.4g}",
        "estimator": text("name", curve.estimator, language), "bandwidth": f"{1e3 * curve.bandwidth_volt:.2f}",
    }  # fmt: skip
    console.print(f"  {text('screen', 'ica_heading', language, values)}", markup=False, soft_wrap=True)
    measured = {
        "noise": f"{1e3 * curve.noise_volt:.3f}", "resolution": f"{1e3 * curve.resolution_volt:.3f}",
        "percent": format_percent(curve.expected_error),
    }  # fmt: skip
    console.print(f"    {text('screen', 'ica_expected_error', language, measured)}", markup=False, soft_wrap=True)
    console.print(_peaks(curve, language) if curve.peaks else f"    {text('screen', 'ica_no_peaks', language)}")


def _peaks(curve: IncrementalCapacity, language: str) -> Table:
    table = Table(header_style="bold", show_edge=False, pad_edge=True)
    for name in _HEADINGS:
        table.add_column(text("screen", name, language), justify="right")
    for peak in curve.peaks:
        width = f"{1e3 * peak.bandwidth_volt:.2f}"
        table.add_row(_bounds(peak.position), _bounds(peak.height), _bounds(peak.area), width)
    return table


def _bounds(figure: Measurement) -> str:
    """Return a figure and its interval with the digits that the interval bears: two of its width."""
    low, high = figure.interval
    digits = min(max(1 - floor(log10(high - low)), 0), 7) if high > low else 4
    return f"{figure.value:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"
