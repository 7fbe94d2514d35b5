"""Headings of BDF files, of today and of earlier versions, to machine names."""

from __future__ import annotations

from collections.abc import Sequence
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
    names = [name for heading in headings if (name := _name_of(heading)[0]) and not name.startswith("raw_")]
    return names, [name for name in REQUIRED if name not in names]


def plan(columns: Sequence[str], headings: Sequence[str]) -> Plan:
    """Return the way of every column: BDF by name, else raw; two of one name keep the first."""
    taken: set[str] = set()
    targets: list[Target] = []
    converted: list[Finding] = []
    raw: list[str] = []
    for column, heading in zip(columns, headings, strict=True):
        name, factor = _name_of(heading)
        if name is None or name in taken:
            raw.append(heading or column)
            targets.append(Target(column, raw_free(heading or column, taken)))
            continue
        taken.add(name)
        targets.append(Target(column, name, factor))
        if heading.strip() in _EARLIER:
            values: dict[str, Scalar] = {"heading": heading.strip(), "column": name, "factor": factor}
            converted.append(Finding("heading_converted", "note", f"column {name}", values))
    if raw:
        converted.append(Finding("columns_kept_raw", "note", "columns", {"columns": ", ".join(raw)[:1000]}))
    return Plan(tuple(targets), tuple(converted))


def _name_of(heading: str) -> tuple[str | None, float]:
    name = machine_name(heading)
    return (name, 1.0) if name else _EARLIER.get(heading.strip(), (None, 1.0))
