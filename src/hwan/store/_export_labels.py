"""Headings of exported files: BDF's preferred labels, and labels in its spirit for tables of steps and cycles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl

from hwan.core import COLUMNS
from hwan.core.columns import CELL_VOLTAGE, WIDE_CELL

# Columns of our tables that are, within one step or one cycle, what BDF calls otherwise.
_IN_BDF: Final[Mapping[str, Mapping[str, str]]] = {
    "steps": {"charge_ah": "step_net_capacity_ah", "energy_wh": "step_net_energy_wh"},
    "cycles": {
        f"{way}_{amount}": f"cycle_{way}_{amount}"
        for way in ("charging", "discharging")
        for amount in ("capacity_ah", "energy_wh")
    },
}
_UNITS: Final = {each.name.rpartition("_")[2]: each.unit for each in COLUMNS.values() if each.unit != "1"}
_ACRONYMS: Final = ("ac", "dc", "id", "ocv", "soc", "soh")


def sample_headings(columns: list[str]) -> dict[str, str]:
    """Return the heading of each column of samples: its preferred label, or its own name beyond BDF.

    >>> sample_headings(["voltage_volt", "cell_001_voltage_volt"])
    {'voltage_volt': 'Voltage / V', 'cell_001_voltage_volt': 'cell_001_voltage_volt'}
    """
    return {name: COLUMNS[name].label if name in COLUMNS else name for name in columns}


def table_headings(table: str, schema: Mapping[str, pl.DataType]) -> dict[str, str]:
    """Return the heading of each column of a table of ``steps`` or ``cycles``; no two are the same.

    >>> table_headings("steps", {"duration_second": pl.Float64(), "charge_ah": pl.Float64(), "kind": pl.String()})
    {'duration_second': 'Duration / s', 'charge_ah': 'Step Net Capacity / Ah', 'kind': 'Kind'}
    """
    headings: dict[str, str] = {}
    for name, dtype in schema.items():
        known = COLUMNS.get(_IN_BDF.get(table, {}).get(name, name))
        label = known.label if known else _label(name, dtype)
        headings[name] = name if label in headings.values() else label
    return headings


def _label(name: str, dtype: pl.DataType) -> str:
    words, _, suffix = name.rpartition("_")
    if words and suffix in _UNITS:
        return f"{_title(words)} / {_UNITS[suffix]}"
    return f"{_title(name)} / 1" if dtype.is_numeric() else _title(name)


def _title(name: str) -> str:
    return " ".join(word.upper() if word in _ACRONYMS else word.capitalize() for word in name.split("_"))


def unit_of(name: str) -> str:
    """Return the unit of a column of samples; that of a raw column is not known.

    >>> unit_of("current_ampere"), unit_of("cell_001_temperature_celsius"), unit_of("raw_aux_bar")
    ('A', 'degC', 'unknown')
    """
    cell = WIDE_CELL.fullmatch(name)
    if cell:
        return CELL_VOLTAGE.unit if cell[2] == "voltage_volt" else "degC"
    return COLUMNS[name].unit if name in COLUMNS else "unknown"
