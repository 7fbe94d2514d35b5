"""The columns of samples: Battery Data Format (BDF) ontology 1.3.0, declared once.

Each has its machine name (used everywhere inside), preferred label (used in exchanged files),
unit, dtype, the range outside which a value cannot be real, and its definition.
Many cells of one current path are wide columns, ``cell_001_voltage_volt``; what a file says
beyond BDF is kept as ``raw_*``.

Source: Battery Data Format, ontology 1.3.0 (labels and machine names); definitions in our words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Final, Literal

import polars as pl

Level = Literal["required", "recommended", "optional"]
WIDE_CELL: Final = re.compile(r"cell_(\d{3})_(voltage_volt|temperature_celsius)")
RAW_PREFIX: Final = "raw_"
INFINITE: Final = float("inf")


@dataclass(frozen=True, slots=True)
class Column:
    """One column: machine name, label, unit, dtype, possible range, definition."""

    name: str
    label: str
    unit: str
    dtype: type[pl.DataType]
    definition: str
    level: Level = "optional"
    minimum: float = -INFINITE
    maximum: float = INFINITE


def _column(label: str, definition: str, level: Level = "optional", **limits: float) -> Column:
    title, _, unit = label.partition(" / ")
    suffix = _SUFFIXES.get(unit, "")
    dtype = pl.Int64 if unit == "1" or title == "Step ID" else pl.Float64
    return Column(_snake(title) + suffix, label, unit or "1", dtype, definition, level, **limits)


def _snake(title: str) -> str:
    return title.lower().replace(" ", "_")


_SUFFIXES: Final = {
    "A": "_ampere", "V": "_volt", "s": "_second", "Ah": "_ah", "Wh": "_wh", "W": "_watt", "ohm": "_ohm",
    "Hz": "_hertz", "deg": "_degree", "degC": "_celsius", "Pa": "_pa",
}  # fmt: skip

_SIGNALS: Final = (
    _column("Test Time / s", "Time since the test began; pauses included or not as the tester does.", "required"),
    _column("Voltage / V", "Voltage between the terminals.", "required", minimum=-2_000, maximum=2_000),
    _column("Current / A", "Current; positive charges.", "required", minimum=-100_000, maximum=100_000),
    _column("Unix Time / s", "Seconds since 1970-01-01 UTC.", "recommended", minimum=0),
    _column("Cycle Count / 1", "The tester's cycle number; never renumbered.", "recommended", minimum=0),
    _column("Step Count / 1", "Number of the executed step; each execution has its own.", "recommended", minimum=0),
    _column("Ambient Temperature / degC", "Temperature around the battery.", "recommended", minimum=-90, maximum=300),
    _column("Step ID", "Number of the step in the tester's programme; returns in loops."),
    Column("step_type", "Step Type", "1", pl.String, "The tester's own word for the step."),
    _column("Step Time / s", "Time since the step began.", minimum=0),
    _column("Record Index / 1", "Number of the row in the source.", minimum=0),
    _column("Step Record Index / 1", "Number of the row in its step.", minimum=0),
    _column("Power / W", "Voltage times current."),
    _column("Surface Temperature / degC", "Temperature on the battery's surface.", minimum=-90, maximum=300),
    *(
        _column(f"Temperature T{n} / degC", f"Sensor {n}; its place is the user's.", minimum=-90, maximum=300)
        for n in range(1, 6)
    ),
    _column("Ambient Pressure / Pa", "Pressure around the battery.", minimum=0),
    _column("Applied Pressure / Pa", "Pressure applied to the battery.", minimum=0),
    _column("Surface Pressure / Pa", "Pressure on the battery's surface.", minimum=0),
    _column("Internal Resistance / ohm", "Internal resistance as the tester states it."),
    _column("DC Internal Resistance / ohm", "Voltage step over current step."),
    _column("AC Internal Resistance / ohm", "Resistance at a stated frequency."),
    _column("Frequency / Hz", "Frequency of the excitation.", minimum=0),
    _column("Real Impedance / ohm", "Real part of the impedance."),
    _column("Imaginary Impedance / ohm", "Imaginary part of the impedance, its sign kept."),
    _column("Absolute Impedance / ohm", "Modulus of the impedance.", minimum=0),
    _column("Phase / deg", "Phase of the impedance.", minimum=-360, maximum=360),
)  # fmt: skip

_SCOPES: Final = {"": "the test", "Cycle ": "the cycle", "Step ": "the step", "Schedule ": "the operator's reset"}
_FLOWS: Final = {
    "Charging": "put in",
    "Discharging": "taken out",
    "Net": "put in minus taken out",
    "Cumulative": "put in plus taken out",
}
_AMOUNTS: Final = {"Capacity / Ah": "Charge", "Energy / Wh": "Energy"}
_NOT_IN_BDF: Final = {"Schedule Net", "Schedule Cumulative"}

_COUNTERS: Final = tuple(
    _column(f"{scope}{flow} {amount}", f"{_AMOUNTS[amount]} {_FLOWS[flow]} since {_SCOPES[scope]} began.")
    for scope, flow, amount in product(_SCOPES, _FLOWS, _AMOUNTS)
    if scope + flow not in _NOT_IN_BDF
)

CELL_VOLTAGE: Final = Column(
    "cell_001_voltage_volt", "Cell voltage", "V", pl.Float64, "Voltage of one cell.", minimum=-2, maximum=6
)
"""No cell has a voltage outside this range; a reversed one comes down to -2 V."""
COLUMNS: Final = {column.name: column for column in (*_SIGNALS, *_COUNTERS)}
BY_LABEL: Final = {column.label: column for column in COLUMNS.values()}
REQUIRED: Final = tuple(column.name for column in COLUMNS.values() if column.level == "required")
SPECTRUM: Final = ("frequency_hertz", "real_impedance_ohm", "imaginary_impedance_ohm")
"""What a recording of impedance needs instead of :data:`REQUIRED`; a capacitive imaginary part is negative."""


def needed(names: Iterable[str]) -> tuple[str, ...]:
    """Return the columns that a recording cannot be without: those of a spectrum, or of a test in time.

    >>> needed(["frequency_hertz", "real_impedance_ohm", "imaginary_impedance_ohm"])[0], needed(["voltage_volt"])[0]
    ('frequency_hertz', 'test_time_second')
    """
    found = set(names)
    return SPECTRUM if not found.issuperset(REQUIRED) and found.issuperset(SPECTRUM) else REQUIRED


def machine_name(heading: str) -> str | None:
    """Return the machine name for a preferred label, a machine name or a wide cell column; else None.

    >>> machine_name("Test Time / s"), machine_name("cell_007_voltage_volt"), machine_name("Pressure")
    ('test_time_second', 'cell_007_voltage_volt', None)
    """
    heading = heading.strip()
    if heading in COLUMNS or WIDE_CELL.fullmatch(heading) or heading.startswith(RAW_PREFIX):
        return heading
    column = BY_LABEL.get(heading)
    return column.name if column else None


def raw_name(heading: str) -> str:
    """Return the name under which an unknown column is kept.

    >>> raw_name("Aux Pressure [bar]")
    'raw_aux_pressure_bar'
    """
    return RAW_PREFIX + (re.sub(r"[^0-9a-z가-힣]+", "_", heading.lower()).strip("_") or "column")


@cache
def cell_column(number: int, quantity: Literal["voltage_volt", "temperature_celsius"]) -> str:
    """Return the wide column of cell `number` (1-based).

    >>> cell_column(7, "voltage_volt")
    'cell_007_voltage_volt'
    """
    return f"cell_{number:03d}_{quantity}"
