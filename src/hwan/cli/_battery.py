"""The battery, its readings and its tester, from options and files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from hwan.core import (
    UNKNOWN,
    Battery,
    BatteryType,
    BmsSnapshot,
    Instrument,
    Observation,
    Recording,
    Ruleset,
    Unknown,
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
        return recording if self.instrument is None else replace(recording, instrument=self.instrument)


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
        rated_capacity_ah=_told(rated_capacity_ah),
        rated_energy_wh=_told(rated_energy_wh),
        upper_voltage_volt=_told(upper_voltage_volt),
        lower_voltage_volt=_told(lower_voltage_volt),
    )
    readings = read_toml(sheet, ReadingsSheet) if sheet else ReadingsSheet()
    stated = () if temperature_celsius is None else (Observation("ambient_temperature", temperature_celsius, "degC"),)
    return Request(
        kind=kind,
        level=level,
        observations=(*readings.observations, *stated),
        bms=readings.bms if is_known(readings.bms) else None,
        instrument=read_toml(instrument, Instrument) if instrument else None,
        ruleset=load_ruleset(ruleset),
        prices=load_prices(prices),
        mapping=load_mapping(mapping) if mapping else None,
        key=key,
    )


def _told(value: float | None) -> float | Unknown:
    return UNKNOWN if value is None else value
