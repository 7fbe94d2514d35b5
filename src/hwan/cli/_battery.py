"""The battery, its readings and its tester, from options and files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite
from pathlib import Path
from typing import Final

from hwan.cli._chemistry import chemistry_stated
from hwan.cli._instrument import load_instrument, stated_over
from hwan.cli._rapid import RapidAsked, RapidWanted
from hwan.cli._recordings import Wanted, whole
from hwan.cli._sheet import Readings, load_readings
from hwan.core import (
    OBSERVED,
    UNKNOWN,
    Battery,
    BatteryType,
    Instrument,
    Observation,
    Recording,
    Ruleset,
    Test,
    Unknown,
    UsageError,
)
from hwan.grading import load_ruleset
from hwan.readers import Mapping, load_mapping, read
from hwan.routing import Prices, load_prices

DEFAULT_RULESET: Final = "house/1"
DEFAULT_RAPID_RULESET: Final = "house-rapid/1"
DEFAULT_PRICES: Final = "everbatt-2023-kr/1"


@dataclass(frozen=True, slots=True)
class Stated:
    """What is said of one battery beside its files: by the options of a call, or by a row of a table."""

    chemistry: str = "unknown"
    rated_capacity_ah: float | None = None
    rated_energy_wh: float | None = None
    level: str | None = None
    upper_voltage_volt: float | None = None
    lower_voltage_volt: float | None = None
    series_count: int | None = None
    parallel_count: int | None = None
    cells_per_module: int | None = None
    mass_kg: float | None = None
    maker: str | None = None
    model: str | None = None
    temperature_celsius: float | None = None
    sheet: Path | None = None
    bms: Path | None = None
    instrument: Path | None = None
    cell_logs: tuple[Path, ...] = ()
    channels_in_parallel: bool = False
    continued: bool = False
    batch: str | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one battery beside its files, every definition loaded and checked."""

    kind: BatteryType
    level: str | None
    readings: Readings
    instrument: Instrument | None
    cell_logs: tuple[Path, ...] = ()
    channels_in_parallel: bool = False
    continued: bool = False
    batch: str = ""

    def battery(self, name: str) -> Battery:
        """Return the battery called `name`."""
        level = self.level if self.level in ("cell", "module", "pack") else UNKNOWN
        return Battery(name, self.kind, level)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Request:
    """By what batteries are evaluated, definitions already loaded."""

    ruleset: Ruleset
    prices: Prices
    mapping: Mapping | None = None
    key: str | None = None
    rapid: RapidWanted | None = None

    def test(self, paths: Sequence[Path], known: Known) -> Test:
        """Read the files of one battery; the tester that is stated is that of its files, not of its logs."""
        wanted = Wanted(self.key, self.mapping)
        found = whole([wanted.one(path) for path in paths], joined=known.continued)
        return Test(
            recordings=tuple(_measured_with(known.instrument, recording) for recording in found),
            cell_logs=tuple(read(path, mapping=self.mapping) for path in known.cell_logs),
            channels_in_parallel=known.channels_in_parallel,
        )


def _measured_with(instrument: Instrument | None, recording: Recording) -> Recording:
    return recording if instrument is None else stated_over(recording, instrument)


def request(
    ruleset: str | None = None,
    prices: str = DEFAULT_PRICES,
    mapping: Path | None = None,
    key: str | None = None,
    rapid: RapidAsked | None = None,
) -> Request:
    """Return the request; every definition is checked before the first file is read.

    Raises
    ------
    hwan.core.UsageError
        Names what is unknown or malformed.
    """
    rules = load_ruleset(ruleset or (DEFAULT_RAPID_RULESET if rapid else DEFAULT_RULESET))
    names = load_mapping(mapping) if mapping else None
    return Request(rules, load_prices(prices), names, key, rapid.loaded() if rapid else None)


def known(stated: Stated) -> Known:
    """Return what is known of a battery.

    Raises
    ------
    hwan.core.UsageError
        Names what is unknown or malformed.
    """
    _check_window(stated.lower_voltage_volt, stated.upper_voltage_volt)
    readings = load_readings(stated.sheet, stated.bms)
    temperature = _stated_temperature(stated.temperature_celsius)
    return Known(
        kind=_kind(stated),
        level=stated.level,
        readings=replace(readings, observations=(*readings.observations, *temperature)),
        instrument=load_instrument(stated.instrument) if stated.instrument else None,
        cell_logs=stated.cell_logs,
        channels_in_parallel=stated.channels_in_parallel,
        continued=stated.continued,
        batch=stated.batch or "",
    )


def _kind(stated: Stated) -> BatteryType:
    return BatteryType(
        chemistry=chemistry_stated(stated.chemistry),
        rated_capacity_ah=_told("--rated-capacity-ah", stated.rated_capacity_ah),
        rated_energy_wh=_told("--rated-energy-wh", stated.rated_energy_wh),
        upper_voltage_volt=_told("--upper-voltage-volt", stated.upper_voltage_volt),
        lower_voltage_volt=_told("--lower-voltage-volt", stated.lower_voltage_volt),
        series_count=stated.series_count or UNKNOWN,
        parallel_count=stated.parallel_count or UNKNOWN,
        cells_per_module=stated.cells_per_module or UNKNOWN,
        mass_kg=stated.mass_kg or UNKNOWN,
        maker=stated.maker or UNKNOWN,
        model=stated.model or UNKNOWN,
    )


def _told(option: str, value: float | None) -> float | Unknown:
    if value is None:
        return UNKNOWN
    if not isfinite(value):
        raise UsageError("option_not_finite", option=option, got=str(value))
    return value


def _check_window(lower_volt: float | None, upper_volt: float | None) -> None:
    if lower_volt is not None and upper_volt is not None and lower_volt >= upper_volt:
        raise UsageError("voltage_window", lower_volt=f"{lower_volt:g}", upper_volt=f"{upper_volt:g}")


def _stated_temperature(celsius: float | None) -> tuple[Observation, ...]:
    if celsius is None:
        return ()
    quantity = OBSERVED["ambient_temperature"]
    if not quantity.holds(celsius):
        raise UsageError(
            "option_out_of_range", option="--temperature-celsius", got=f"{celsius:g}", expected=quantity.expected
        )
    return (Observation("ambient_temperature", celsius, quantity.unit),)
