"""The battery, its readings and its tester, from options and files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Final

from hwan.cli._instrument import load_instrument, stated_over
from hwan.core import (
    OBSERVED,
    UNKNOWN,
    Battery,
    BatteryType,
    BmsSnapshot,
    Instrument,
    Observation,
    Recording,
    Ruleset,
    Unknown,
    UsageError,
    check_claims,
    check_observations,
    chemistry_named,
    is_known,
    read_toml,
)
from hwan.grading import load_ruleset
from hwan.readers import Mapping, load_mapping, read
from hwan.routing import Prices, load_prices

DEFAULT_RULESET: Final = "house/1"
DEFAULT_PRICES: Final = "everbatt-2023-kr/1"


@dataclass(frozen=True, slots=True)
class ReadingsSheet:
    """What a hand-readings file may hold."""

    observations: tuple[Observation, ...] = ()
    bms: BmsSnapshot | Unknown = UNKNOWN


@dataclass(frozen=True, slots=True)
class Request:
    """What an evaluation was asked for, definitions already loaded."""

    kind: BatteryType
    level: str | None
    observations: tuple[Observation, ...]
    bms: BmsSnapshot | None
    instrument: Instrument | None
    ruleset: Ruleset
    prices: Prices
    mapping: Mapping | None = None
    key: str | None = None

    def battery(self, name: str) -> Battery:
        """Return the battery of a source."""
        level = self.level if self.level in ("cell", "module", "pack") else UNKNOWN
        return Battery(name, self.kind, level)  # type: ignore[arg-type]

    def recordings(self, paths: Sequence[Path]) -> tuple[Recording, ...]:
        """Read the files of one battery."""
        found = (read(path, key=self.key, mapping=self.mapping) for path in paths)
        return tuple(self._with_instrument(recording) for recording in found)

    def _with_instrument(self, recording: Recording) -> Recording:
        return recording if self.instrument is None else stated_over(recording, self.instrument)


def request(
    *,
    chemistry: str = "unknown",
    rated_capacity_ah: float | None = None,
    rated_energy_wh: float | None = None,
    level: str | None = None,
    upper_voltage_volt: float | None = None,
    lower_voltage_volt: float | None = None,
    temperature_celsius: float | None = None,
    ruleset: str = DEFAULT_RULESET,
    prices: str = DEFAULT_PRICES,
    sheet: Path | None = None,
    instrument: Path | None = None,
    mapping: Path | None = None,
    key: str | None = None,
) -> Request:
    """Return the request; every definition is checked before the first file is read.

    Raises
    ------
    hwan.core.UsageError
        Names what is unknown or malformed.
    """
    kind = BatteryType(
        chemistry=chemistry_named(chemistry),
        rated_capacity_ah=_told("--rated-capacity-ah", rated_capacity_ah),
        rated_energy_wh=_told("--rated-energy-wh", rated_energy_wh),
        upper_voltage_volt=_told("--upper-voltage-volt", upper_voltage_volt),
        lower_voltage_volt=_told("--lower-voltage-volt", lower_voltage_volt),
    )
    _check_window(lower_voltage_volt, upper_voltage_volt)
    readings = _sheet(sheet) if sheet else ReadingsSheet()
    return Request(
        kind=kind,
        level=level,
        observations=(*readings.observations, *_stated_temperature(temperature_celsius)),
        bms=readings.bms if is_known(readings.bms) else None,
        instrument=load_instrument(instrument) if instrument else None,
        ruleset=load_ruleset(ruleset),
        prices=load_prices(prices),
        mapping=load_mapping(mapping) if mapping else None,
        key=key,
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


def _sheet(path: Path) -> ReadingsSheet:
    """Read the hand readings, each one a figure that can be."""
    sheet = read_toml(path, ReadingsSheet)
    check_observations(sheet.observations, str(path))
    if is_known(sheet.bms):
        check_claims(sheet.bms, str(path))
    return sheet
