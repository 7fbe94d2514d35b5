"""``hwan health modes``: electrode balance and degradation modes of the slow charges and discharges of files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table

from hwan.cli import _options as option
from hwan.cli._health_page import Page, Points, print_refusal, write_health_page, write_points
from hwan.cli._outcome import DONE, REFUSED, document, print_document, print_failures
from hwan.cli._recordings import Wanted, name_of
from hwan.cli._work import over
from hwan.core import UNKNOWN, BatteryType, Measurement, Recording, Refusal, format_number, format_percent, text

if TYPE_CHECKING:
    import polars as pl

    from hwan.health.modes import Balance, Curve, DegradationModes, Electrodes

SCHEMA: Final = "hwan.health.modes/1"
FIGURES: Final = (
    "loss_of_lithium_inventory", "loss_of_active_material_negative", "loss_of_active_material_positive",
    "lithium_inventory", "negative_electrode_capacity", "positive_electrode_capacity", "silicon_share",
)  # fmt: skip
LOSSES: Final = FIGURES[:3]


class Way(StrEnum):
    """Which runs are evaluated."""

    charge = "charge"
    discharge = "discharge"
    both = "both"


Negative = Annotated[str, typer.Option("--negative", help="Half-cell of the negative: an id, or your own file.")]
Positive = Annotated[str, typer.Option("--positive", help="Half-cell of the positive: an id, or your own file.")]
Silicon = Annotated[
    str | None, typer.Option("--silicon", help="Half-cell of a second material of the negative; its share is fitted.")
]
Fresh = Annotated[
    list[Path] | None,
    typer.Option("--fresh", help="Slow charge of the fresh cell, or of fresh cells of its type; without: no losses."),
]
Direction = Annotated[Way, typer.Option("--direction", help="Charges, discharges, or both.")]
Resistance = Annotated[
    float | None,
    typer.Option("--resistance-ohm", help="Take the drop of the current out with this resistance (up to C/5)."),
]


@dataclass(frozen=True, slots=True)
class Evaluated:
    """One run with what was found of it, or why nothing was."""

    source: str
    run: str
    found: DegradationModes | Refusal

    @property
    def answered(self) -> bool:
        """Whether any figure was told."""
        return bool(self.told)

    @property
    def told(self) -> tuple[Measurement, ...]:
        """Figures that were told."""
        return tuple(each for each in self.figures if isinstance(each, Measurement))

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        """Why figures were not told; the silicon that nobody asked for is none."""
        return tuple(each for each in self.figures if isinstance(each, Refusal) and each.code != "modes_no_silicon")

    @property
    def figures(self) -> tuple[Measurement | Refusal, ...]:
        """All figures, or the refusal of the whole."""
        if isinstance(self.found, Refusal):
            return (self.found,)
        return tuple(getattr(self.found, name) for name in FIGURES)

    @property
    def balance(self) -> Balance | None:
        """The fit, where there is one."""
        return None if isinstance(self.found, Refusal) else self.found.balance


@dataclass(frozen=True, slots=True)
class Asked:
    """What a call says beside its files."""

    electrodes: Electrodes
    fresh: tuple[Curve, ...]
    kind: BatteryType
    way: Way
    resistance_ohm: float | None


def evaluate_modes(
    files: option.Files,
    negative: Negative,
    positive: Positive,
    silicon: Silicon = None,
    fresh: Fresh = None,
    rated_capacity_ah: option.Capacity = None,
    chemistry: option.Chemistry = "unknown",
    series_count: option.Series = None,
    direction: Direction = Way.both,
    resistance_ohm: Resistance = None,
    key: option.Key = None,
    mapping: option.MappingFile = None,
    csv: Points = None,
    report: Page = None,
    json: option.Json = False,
    lang: option.Lang = option.Language.en,
) -> int:
    """Capacities of both electrodes, lithium inventory, and what was lost of them, from slow charges of a cell."""
    from hwan.health.halfcells import half_cell
    from hwan.health.modes import Electrodes

    second = half_cell(silicon) if silicon else None
    electrodes = Electrodes(half_cell(negative), half_cell(positive), second)
    kind = BatteryType(
        chemistry=chemistry,
        rated_capacity_ah=rated_capacity_ah or UNKNOWN,
        series_count=series_count or UNKNOWN,
    )
    wanted, language, inputs = Wanted.of(key, mapping), lang.value, (*files, *(fresh or ()), mapping)
    curves = tuple(each for path in fresh or () for each in _fresh(path, wanted, kind, resistance_ohm))
    asked = Asked(electrodes, curves, kind, direction, resistance_ohm)
    done = over(
        wanted.groups(files),
        lambda group: [one for each in wanted.recordings(group) for one in _evaluated(each, asked)],
        name_of,
        language,
    )
    if csv:
        done.attempt(lambda: write_points(csv, points(done.results), inputs), str(csv), language)
    if report:
        done.attempt(lambda: _write_page(report, done.results, electrodes, language, inputs), str(report), language)
    if json:
        print_document(document(SCHEMA, done.failures, runs=[_plain(each) for each in done.results]))
    else:
        for each in done.results:
            _print(each, language)
        print_failures(done.failures)
    return done.exit_code(*(DONE if each.answered else REFUSED for each in done.results))


def _fresh(path: Path, wanted: Wanted, kind: BatteryType, resistance_ohm: float | None) -> Iterable[Curve]:
    """Return the first slow charge and the first slow discharge of a fresh cell's file."""
    from hwan.core import NothingInside, is_known
    from hwan.health.modes import slow_curves

    found = [slow_curves(each, kind) for each in wanted.recordings((path,))]
    curves = [curve for each in found if not isinstance(each, Refusal) for curve in each]
    first = {curve.direction: curve for curve in reversed(curves) if is_known(curve.direction)}
    if not first:
        raise NothingInside("modes_fresh_without_run", source=str(path))
    return [_corrected(curve, resistance_ohm) for curve in first.values()]


def _evaluated(recording: Recording, asked: Asked) -> list[Evaluated]:
    """Evaluate every slow run of a recording, each against fresh runs of its own direction where there are any."""
    from hwan.health.modes import Design, degradation_modes, slow_curves

    source = recording.provenance.source_name
    runs = slow_curves(recording, asked.kind)
    if isinstance(runs, Refusal):
        return [Evaluated(source, "", runs)]
    design = Design(rated_capacity_ah=asked.kind.rated_capacity_ah)
    done = []
    for run in runs:
        if asked.way is not Way.both and run.direction != asked.way.value:
            continue
        alike = tuple(each for each in asked.fresh if each.direction == run.direction) or asked.fresh
        curve = _corrected(run, asked.resistance_ohm)
        found = degradation_modes(curve, asked.electrodes, fresh=alike, design=design, chemistry=asked.kind.chemistry)
        done.append(Evaluated(source, run.name.rpartition(", ")[2], found))
    return done


def _corrected(curve: Curve, resistance_ohm: float | None) -> Curve:
    from hwan.health.modes import without_drop

    return curve if resistance_ohm is None else without_drop(curve, resistance_ohm)


def points(found: Sequence[Evaluated]) -> pl.DataFrame:
    """Return the points of all fits, one row each."""
    import polars as pl

    names = ("charge_ah", "voltage_volt", "model_volt", "negative_volt", "positive_volt")
    parts = [
        pl.DataFrame({name: getattr(each.balance, name) for name in names}).select(
            pl.lit(each.source).alias("source"), pl.lit(each.run).alias("run"), pl.all()
        )
        for each in found
        if each.balance is not None
    ]
    return pl.concat(parts) if parts else pl.DataFrame(schema=dict.fromkeys(names, pl.Float64))


def _plain(each: Evaluated) -> dict[str, Any]:
    """Return a run for the document; the points are in the table."""
    plain: dict[str, Any] = {"source": each.source, "run": each.run, "measurements": each.told,
                             "refusals": each.refusals}  # fmt: skip
    balance = each.balance
    if balance is not None and not isinstance(each.found, Refusal):
        left_out = ("charge_ah", "voltage_volt", "model_volt", "negative_volt", "positive_volt")
        names = [name for name in balance.__dataclass_fields__ if name not in left_out]
        plain["balance"] = {name: getattr(balance, name) for name in names}
        plain["findings"] = each.found.findings
    return plain


def _write_page(
    path: Path, found: Sequence[Evaluated], electrodes: Electrodes, language: str, inputs: Iterable[Path | None]
) -> None:
    from hwan.report._health._modes import modes_chapter
    from hwan.report._words import Words

    words = Words(language)
    chapters = [
        modes_chapter(f"{each.source} {each.run}".strip(), each.found, words, f"m{number}")
        for number, each in enumerate(found, 1)
    ]
    pair = (electrodes.negative, electrodes.positive, electrodes.silicon)
    origins = [(words.name("half_cell"), each.id, each.sha256) for each in pair if each is not None]
    write_health_page(path, "modes_title", chapters, (), language, inputs=inputs, origins=origins)


def _print(each: Evaluated, language: str) -> None:
    """Print the figures of one run, then each reason for a refusal once."""
    console = Console(highlight=False)
    if isinstance(each.found, Refusal):
        print_refusal(f"{each.source} {each.run}".strip(), each.found, language)
        return
    heading = text("screen", "modes_heading", language, {"source": each.source, "run": each.run})
    console.print(f"\n{heading}", style="bold", markup=False)
    console.print(f"  {text('screen', 'modes_fit_line', language, fit_values(each.found.balance))}", markup=False)
    if each.told:
        console.print(_table(each, language))
    for finding in each.found.findings:
        console.print(f"  {text('finding', finding.code, language, finding.values)}", style="yellow", markup=False)
    for refusal in {one.code: one for one in each.refusals}.values():
        print_refusal(each.source, refusal, language)
    console.print(f"  {text('ui', 'modes_caution', language)}", markup=False)


def fit_values(balance: Balance) -> dict[str, object]:
    """Return what is said of a fit."""
    return {
        "residual": f"{1e3 * balance.residual_volt:.2f}", "limit": f"{1e3 * balance.residual_limit_volt:.2f}",
        "noise": f"{1e3 * balance.noise_volt:.2f}", "agreeing": balance.starts_agreeing, "starts": balance.starts,
    }  # fmt: skip


def _table(each: Evaluated, language: str) -> Table:
    table = Table(header_style="bold", show_edge=False, pad_edge=True)
    table.add_column(text("screen", "modes_column_figure", language))
    for name in ("modes_column_value", "modes_column_interval"):
        table.add_column(text("screen", name, language), justify="right")
    for figure in each.told:
        low, high = figure.interval
        bounds = f"{_written(low, figure.unit)} … {_written(high, figure.unit)}"
        table.add_row(text("name", figure.quantity, language), _written(figure.value, figure.unit), bounds)
    return table


def _written(value: float, unit: str) -> str:
    return format_percent(value) if unit == "1" else f"{format_number(value, 4)} {unit}"
