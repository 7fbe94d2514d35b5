"""What is in front of us: battery, type, assembly, hand readings and what the BMS claims."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal

from hwan.core.errors import UnknownName
from hwan.core.unknown import UNKNOWN, Unknown

CHEMISTRIES: Final = (
    "lfp", "nmc111", "nmc532", "nmc622", "nmc811", "nca", "lmo", "lco", "lto",
    "na-ion", "li-s", "solid-state", "unknown",
)  # fmt: skip
Level = Literal["cell", "module", "pack"]


def chemistry_named(name: str) -> str:
    """Return `name` when it is a chemistry that hwan knows.

    Raises
    ------
    UnknownName
        With the nearest name, when it is not one of :data:`CHEMISTRIES`.
    """
    if name not in CHEMISTRIES:
        raise UnknownName("chemistry", name, CHEMISTRIES)
    return name


@dataclass(frozen=True, slots=True)
class Identifier:
    """A name of a battery under somebody's scheme."""

    scheme: str
    value: str
    issuer: str | Unknown = UNKNOWN


@dataclass(frozen=True, slots=True)
class ReferenceValue:
    """A value of the fresh type: for example its resistance at 10 s, with who says so."""

    quantity: str
    value: float
    unit: str
    source: str


@dataclass(frozen=True, slots=True)
class BatteryType:
    """Ratings, window, chemistry and references of one type of battery."""

    chemistry: str = "unknown"
    rated_capacity_ah: float | Unknown = UNKNOWN
    rated_energy_wh: float | Unknown = UNKNOWN
    upper_voltage_volt: float | Unknown = UNKNOWN
    lower_voltage_volt: float | Unknown = UNKNOWN
    series_count: int | Unknown = UNKNOWN
    parallel_count: int | Unknown = UNKNOWN
    cells_per_module: int | Unknown = UNKNOWN
    mass_kg: float | Unknown = UNKNOWN
    maker: str | Unknown = UNKNOWN
    model: str | Unknown = UNKNOWN
    references: tuple[ReferenceValue, ...] = ()
    calibrated_populations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Battery:
    """One physical pack, module or cell."""

    id: str
    type: BatteryType = BatteryType()
    level: Level | Unknown = UNKNOWN
    identifiers: tuple[Identifier, ...] = ()


@dataclass(frozen=True, slots=True)
class Assembly:
    """A dated link from a parent battery to one of its parts."""

    parent_id: str
    child_id: str
    position: str | Unknown = UNKNOWN
    since: date | Unknown = UNKNOWN
    until: date | Unknown = UNKNOWN


@dataclass(frozen=True, slots=True)
class Observation:
    """A hand reading: insulation, open-circuit voltage, visual, temperature, self-discharge.

    `value` is a number in `unit`, or ``True``/``False`` for an inspection that passed or failed.
    """

    quantity: str
    value: float | bool | Unknown
    unit: str = "1"
    observer: str | Unknown = UNKNOWN
    observed_at: datetime | Unknown = UNKNOWN
    instrument_id: str | Unknown = UNKNOWN


@dataclass(frozen=True, slots=True)
class Attachment:
    """A photo or document beside the readings, by the hash of its bytes: who made it, and when."""

    name: str
    sha256: str
    observer: str | Unknown = UNKNOWN
    observed_at: datetime | Unknown = UNKNOWN
    note: str | Unknown = UNKNOWN


@dataclass(frozen=True, slots=True)
class BmsSnapshot:
    """What the battery management system claims; a claim to compare, never the result."""

    state_of_health: float | Unknown = UNKNOWN
    state_of_charge: float | Unknown = UNKNOWN
    charge_throughput_ah: float | Unknown = UNKNOWN
    energy_throughput_wh: float | Unknown = UNKNOWN
    minimum_cell_voltage_volt: float | Unknown = UNKNOWN
    maximum_cell_voltage_volt: float | Unknown = UNKNOWN
    read_at: datetime | Unknown = UNKNOWN
