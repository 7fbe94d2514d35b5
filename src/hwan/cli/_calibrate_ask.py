"""What 'hwan calibrate' is asked: cells, protocol, reference, and what the model says of itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import polars as pl
import typer

from hwan.cli import _options as option
from hwan.cli._battery import Stated, known
from hwan.cli._chemistry import chemistry_stated
from hwan.cli._outcome import Failure
from hwan.core import UsageError, known_or

if TYPE_CHECKING:
    from hwan.health.rapid import About, RapidProtocol

MOST_RATES: Final = 12
MOST_RATE: Final = 20.0
MOST_VOLTAGES: Final = 60
ID: Final = re.compile(r"[\w.+-]{1,60}/[\w.+-]{1,20}")


class DirectionName(StrEnum):
    """Which way a partial test goes."""

    charge = "charge"
    discharge = "discharge"


Sources = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="FILE",
        help="A table of responses (csv, parquet), or tester files that hold a full and the rapid test of a cell each.",
        show_default=False,
    ),
]
Out = Annotated[Path, typer.Option("--out", help="Write the model (JSON) here.", show_default=False)]
Id = Annotated[str, typer.Option("--id", help="Id of the model: my-cells/1.", show_default=False)]
Chemistry = Annotated[str, typer.Option(help="Chemistry of the cells.", show_default=False)]
Capacity = Annotated[
    float, typer.Option("--rated-capacity-ah", min=1e-9, help="Rated capacity in Ah.", show_default=False)
]
Source = Annotated[str, typer.Option("--source", help="Where the data came from.")]
Licence = Annotated[str, typer.Option("--licence", help="Licence of the data.")]
Description = Annotated[str, typer.Option("--description", help="Which cells these are, in words.")]
Batches = Annotated[
    list[str] | None, typer.Option("--batch", help="Production batch of the cells; repeatable. Others are refused.")
]
Width = Annotated[float, typer.Option("--width-second", min=1e-3, max=3600, help="Width of each pulse in s.")]
Rest = Annotated[float, typer.Option("--rest-second", min=0, max=36000, help="Rest behind each pulse in s.")]
Rates = Annotated[
    str, typer.Option("--rates", help="Current of each pulse over rated capacity in 1/h, positive charging.")
]
Partial = Annotated[
    DirectionName | None, typer.Option("--partial", help="A partial run instead of pulses: which way it goes.")
]
Rate = Annotated[float, typer.Option("--rate", min=1e-3, max=20, help="Its current over rated capacity in 1/h.")]
Voltages = Annotated[
    str | None, typer.Option("--voltages", help="Its voltages, in the order in which they are passed: 4.1,4.0,3.9.")
]
Range = Annotated[str, typer.Option("--temperature-range", help="Temperatures of the rapid tests in °C, low:high.")]
ReferenceRate = Annotated[
    float, typer.Option("--reference-rate", min=1e-3, max=20, help="Rate of the full tests in 1/h.")
]
ReferenceTemperature = Annotated[
    float, typer.Option("--reference-temperature", min=-40, max=80, help="Temperature of the full tests in °C.")
]
Page = Annotated[Path | None, typer.Option("--report", "-o", help="Write a page (HTML) about the calibration here.")]
Checks = Annotated[
    Path | None, typer.Option("--checks", help="Check cells (csv: date, cell, predicted, reference) for the page.")
]
Stages = Annotated[
    str | None, typer.Option("--stages", help="Minutes of the centre's tests, for the page: an id, or a path.")
]
Limits = Annotated[
    str | None,
    typer.Option("--ruleset", help="Ruleset whose limits the page looks at; by default house-rapid/1."),
]


@dataclass(frozen=True, slots=True)
class Ask:
    """A calibration as it was called; each field is an argument or an option."""

    out: Out
    id: Id
    chemistry: Chemistry
    rated_capacity_ah: Capacity
    files: Sources = None
    batteries: option.Batteries = None
    source: Source = ""
    licence: Licence = ""
    description: Description = ""
    batch: Batches = None
    width_second: Width = 5.0
    rest_second: Rest = 75.0
    rates: Rates = "0.5,-0.5,1,-1,1.5"
    partial: Partial = None
    rate: Rate = 0.5
    voltages: Voltages = None
    temperature_range: Range = "20:30"
    reference_rate: ReferenceRate = 1.0
    reference_temperature: ReferenceTemperature = 25.0
    upper_voltage_volt: option.Upper = None
    lower_voltage_volt: option.Lower = None
    temperature_celsius: option.Temperature = None
    report: Page = None
    checks: Checks = None
    ruleset: Limits = None
    stages: Stages = None
    mapping: option.MappingFile = None
    json: option.Json = False
    lang: option.Lang = option.Language.en

    def inputs(self) -> Iterator[Path | str | None]:
        """Yield every file that the options name, which no output may replace."""
        yield from (*(self.files or ()), self.batteries, self.checks, self.mapping, self.ruleset, self.stages)

    def named(self) -> str:
        """Return how the cells are called in errors."""
        given = [*(self.files or ()), *([self.batteries] if self.batteries else [])]
        return str(given[0]) if len(given) == 1 else f"{given[0]} … {given[-1]}"

    def stated(self) -> Stated:
        """Return what the options say of every cell."""
        return Stated(
            chemistry=self.chemistry,
            rated_capacity_ah=self.rated_capacity_ah,
            upper_voltage_volt=self.upper_voltage_volt,
            lower_voltage_volt=self.lower_voltage_volt,
            temperature_celsius=self.temperature_celsius,
            level="cell",
        )

    def protocol(self) -> RapidProtocol:
        """Return the rapid test, checked."""
        from hwan.health.rapid import PartialProtocol, PulseProtocol

        if self.partial is None:
            if self.voltages is not None:
                raise UsageError("calibrate_voltages_without_partial")
            return PulseProtocol(self.width_second, self.rest_second, _rates(self.rates))
        return PartialProtocol(self.partial.value, self.rate, _voltages(self.voltages, self.partial.value))

    def temperatures(self) -> tuple[float, float]:
        """Return the lowest and the highest temperature of the rapid tests in °C."""
        found = _numbers("--temperature-range", self.temperature_range.replace(":", ","))
        if len(found) != 2 or not -40 <= found[0] < found[1] <= 80:
            raise UsageError("calibrate_temperatures", got=self.temperature_range)
        return found[0], found[1]

    def about(self, *, cells: int, rows: int, today: date, frame: pl.DataFrame | None = None) -> About:
        """Return what the model says of itself, checked."""
        from hwan.health.rapid import About, Origin, Population, Reference, models

        chemistry = known_or(chemistry_stated(self.chemistry), "unknown")
        if chemistry == "unknown":
            raise UsageError("calibrate_chemistry_unknown")
        if not ID.fullmatch(self.id) or self.id in models():
            raise UsageError("calibrate_id", got=self.id[:100])
        kind = known(self.stated()).kind
        low, high = self.temperatures()
        batches = tuple(self.batch or ()) or _batches_in(frame)
        return About(
            self.id,
            Population(chemistry, self.rated_capacity_ah, self.description, batches),
            Reference(
                self.reference_rate,
                self.reference_temperature,
                upper_cutoff_volt=kind.upper_voltage_volt,
                lower_cutoff_volt=kind.lower_voltage_volt,
            ),
            low,
            high,
            Origin(self.source or self.named(), self.licence, today, cells, rows),
        )

    def frame(self, protocol: RapidProtocol) -> tuple[pl.DataFrame | None, list[Failure]]:
        """Return labels and responses of all cells, and what could not be used."""
        from hwan.cli._calibrate_cells import frame_of_files
        from hwan.cli._calibrate_table import is_table, load_frame

        files = self.files or []
        tables = [path for path in files if is_table(path)]
        if tables and len(files) > 1:
            raise UsageError("calibrate_table_alone", table=str(tables[0]), count=len(files))
        return (load_frame(tables[0], protocol, self), []) if tables else frame_of_files(self, protocol)

    def check(self) -> None:
        """Refuse what leaves open which cells are meant, and what speaks of a page that is not asked for."""
        if not self.files and not self.batteries:
            raise UsageError("calibrate_no_cells")
        if self.files and self.batteries:
            raise UsageError("options_beside_table", options="FILE", column="files")
        given = {"--checks": self.checks, "--stages": self.stages, "--ruleset": self.ruleset}
        for name, value in given.items():
            if value and not self.report:
                raise UsageError("calibrate_without_report", option=name)


def _batches_in(frame: pl.DataFrame | None) -> tuple[str, ...]:
    if frame is None or "batch" not in frame.columns:
        return ()
    return tuple(sorted(frame["batch"].cast(pl.String).drop_nulls().unique()))


def _numbers(name: str, given: str) -> tuple[float, ...]:
    try:
        found = tuple(float(word) for word in given.split(","))
    except ValueError:
        found = ()
    if not found or not all(isfinite(each) for each in found) or "_" in given:
        raise UsageError("calibrate_numbers", option=name, got=given[:100])
    return found


def _rates(given: str) -> tuple[float, ...]:
    """Return the rates: of both signs, since charge and discharge are told apart."""
    found = _numbers("--rates", given)
    fits = len(found) <= MOST_RATES and all(0 < abs(each) <= MOST_RATE for each in found)
    if not fits or not (min(found) < 0 < max(found)):
        raise UsageError("calibrate_rates", got=given[:100], most=MOST_RATES)
    return found


def _voltages(given: str | None, direction: str) -> tuple[float, ...]:
    if given is None:
        raise UsageError("calibrate_voltages", got="–", direction=direction)
    found = _numbers("--voltages", given)
    sign = 1 if direction == "charge" else -1
    ordered = all(sign * (after - before) > 0 for before, after in pairwise(found))
    if not 2 <= len(found) <= MOST_VOLTAGES or not ordered or not all(0 < each < 6 for each in found):
        raise UsageError("calibrate_voltages", got=given[:100], direction=direction)
    return found
