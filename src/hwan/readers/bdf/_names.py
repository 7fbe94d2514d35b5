"""Headings of BDF files, of today, of earlier versions and in other units, to machine names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from hwan.core import REQUIRED, Finding, Scalar, machine_name
from hwan.readers._arrange import Target, raw_free

# Names that earlier versions of the format and its tools wrote: machine name of today, factor.
_EARLIER: Final = {
    "test_time_millisecond": ("test_time_second", 1e-3),
    "Test Time / ms": ("test_time_second", 1e-3),
    "date_time_millisecond": ("unix_time_second", 1e-3),
    "unix_time_millisecond": ("unix_time_second", 1e-3),
    "Date Time / ms": ("unix_time_second", 1e-3),
    "Unix Time / ms": ("unix_time_second", 1e-3),
    "cycle_dimensionless": ("cycle_count", 1.0),
    "Cycle / 1": ("cycle_count", 1.0),
    "step_dimensionless": ("step_id", 1.0),
    "step_index": ("step_id", 1.0),
    "Step Index / 1": ("step_id", 1.0),
}

# PyProBE's own tables; an event is one execution of a step. Its plain words count only beside its units.
_PYPROBE: Final = {
    "Time [s]": ("test_time_second", 1.0),
    "Current [A]": ("current_ampere", 1.0),
    "Voltage [V]": ("voltage_volt", 1.0),
    "Capacity [Ah]": ("net_capacity_ah", 1.0),
    "Temperature [C]": ("temperature_t1_celsius", 1.0),
}
_PYPROBE_PLAIN: Final = {"Cycle": ("cycle_count", 1.0), "Step": ("step_id", 1.0), "Event": ("step_count", 1.0)}

# Units that a label may carry instead of BDF's: factor to BDF's unit.
_UNITS: Final = {
    "V": {"µV": 1e-6, "uV": 1e-6, "mV": 1e-3, "kV": 1e3},
    "A": {"µA": 1e-6, "uA": 1e-6, "mA": 1e-3, "kA": 1e3},
    "s": {"us": 1e-6, "µs": 1e-6, "ms": 1e-3, "min": 60.0, "h": 3600.0, "d": 86_400.0},
    "Ah": {"µAh": 1e-6, "uAh": 1e-6, "mAh": 1e-3, "kAh": 1e3},
    "Wh": {"µWh": 1e-6, "uWh": 1e-6, "mWh": 1e-3, "kWh": 1e3},
    "W": {"µW": 1e-6, "uW": 1e-6, "mW": 1e-3, "kW": 1e3},
    "ohm": {"Ω": 1.0, "Ohm": 1.0, "µohm": 1e-6, "uohm": 1e-6, "mohm": 1e-3, "mOhm": 1e-3, "mΩ": 1e-3, "kohm": 1e3},
    "Hz": {"mHz": 1e-3, "kHz": 1e3},
    "degC": {"°C": 1.0},
    "Pa": {"hPa": 1e2, "mbar": 1e2, "kPa": 1e3, "bar": 1e5, "MPa": 1e6},
}
_LABELLED: Final = re.compile(r"(.+?)\s*/\s*(\S+)")


@dataclass(frozen=True, slots=True)
class Plan:
    """Where each source column goes, and what was noticed about the headings."""

    targets: tuple[Target, ...]
    findings: tuple[Finding, ...]

    def known(self) -> tuple[Target, ...]:
        """Return the targets with a BDF name."""
        return tuple(target for target in self.targets if not target.name.startswith("raw_"))


def recognised(headings: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the BDF names among the headings, and the required ones that are absent."""
    earlier = _earlier(headings)
    names = [name for heading in headings if (name := _name_of(heading, earlier)[0]) and not name.startswith("raw_")]
    return names, [name for name in REQUIRED if name not in names]


def plan(columns: Sequence[str], headings: Sequence[str]) -> Plan:
    """Return the way of every column: BDF by name, else raw; two of one name keep the first."""
    earlier = _earlier(headings)
    exact = {name for heading in headings if (name := machine_name(heading))}
    taken: set[str] = set()
    targets: list[Target] = []
    converted: list[Finding] = []
    raw: list[str] = []
    for column, heading in zip(columns, headings, strict=True):
        name, factor = _name_of(heading, earlier)
        if name is None or name in taken or (name in exact and machine_name(heading) is None):
            raw.append(heading or column)
            targets.append(Target(column, raw_free(heading or column, taken)))
            continue
        taken.add(name)
        targets.append(Target(column, name, factor))
        if machine_name(heading) is None:
            code = "heading_converted" if heading.strip() in earlier else "unit_converted"
            converted.append(_converted(code, heading.strip(), name, factor))
    if raw:
        converted.append(Finding("columns_kept_raw", "note", "columns", {"columns": ", ".join(raw)[:1000]}))
    return Plan(tuple(targets), tuple(converted))


Names = Mapping[str, tuple[str, float]]


def _earlier(headings: Sequence[str]) -> Names:
    """Return the names of other makes that these headings may be."""
    both = {"Time [s]", "Voltage [V]"} <= {heading.strip() for heading in headings}
    return {**_EARLIER, **_PYPROBE, **_PYPROBE_PLAIN} if both else _EARLIER


def _name_of(heading: str, earlier: Names) -> tuple[str | None, float]:
    name = machine_name(heading)
    return (name, 1.0) if name else earlier.get(heading.strip()) or _of_other_unit(heading.strip())


def _of_other_unit(heading: str) -> tuple[str | None, float]:
    """Return the column that a label such as ``Current / mA`` names, and the factor to its unit."""
    said = _LABELLED.fullmatch(heading)
    for unit, factors in _UNITS.items():
        if said and said[2] in factors and (name := machine_name(f"{said[1]} / {unit}")):
            return name, factors[said[2]]
    return None, 1.0


def _converted(code: str, heading: str, name: str, factor: float) -> Finding:
    values: dict[str, Scalar] = {"heading": heading, "column": name, "factor": factor}
    return Finding(code, "note", f"column {name}", values)
