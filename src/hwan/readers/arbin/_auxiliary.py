"""Arbin's auxiliary channels: one row per reading in the file, one column per sensor here.

Auxiliary voltages whose sum is the voltage between the terminals are the cells of a pack in series;
temperatures are numbered, as the file does not say where the sensors sit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from hwan.core import Finding, raw_name
from hwan.core.columns import cell_column
from hwan.readers.arbin._jetrows import MOST_WRITTEN_ROWS, Rows

Floats = NDArray[np.float64]

# In the order of the mapped numbers in Global_Table; units of voltage and temperature are in the file.
_KINDS: Final = ("voltage", "temperature", "pressure", "ph", "flow_rate", "concentration", "digital_in", "digital_out")
_VOLTAGE, _TEMPERATURE = 0, 1
_KIND_STEP: Final = 1 << 16
MOST_SENSORS: Final = 1024
MOST_PLACED: Final = 5
"""BDF has five temperatures without a place."""
SUM_AGREEMENT: Final = 0.01
"""Part of the voltage between the terminals by which the sum of its cells may differ."""
_LEAST_SPARSE: Final = 64
MOST_CELLS: Final = 1 << 27


@dataclass(frozen=True, slots=True)
class Sensor:
    """One auxiliary channel: its kind, its index from 0, and its unit as the file writes it."""

    kind: int
    index: int
    unit: str
    values: Floats

    @property
    def heading(self) -> str:
        """As Arbin's own exports name it, counted from 1."""
        kind = _KINDS[self.kind] if 0 <= self.kind < len(_KINDS) else f"kind_{self.kind}"
        return f"aux_{kind}_{self.index + 1}"


def sensors_of(rows: Rows, named: Rows | None, test: int, points: NDArray[Any]) -> tuple[list[Sensor], int]:
    """Return the sensors of a test, their readings at its rising data points, and how many readings have no row.

    ``ValueError`` when the readings cannot be assigned to the rows at all.
    """
    tests = rows.numbers("Test_ID")
    rows = rows if tests is None else rows.kept(tests == test)
    point, kind, index, value = (rows.numbers(name) for name in ("Data_Point", "Data_Type", "Auxiliary_Index", "X"))
    if point is None or kind is None or index is None or value is None:
        raise ValueError("columns of the auxiliary table are missing")
    if not len(rows):
        return [], 0
    code, which = np.unique(kind.astype(np.int64) * _KIND_STEP + index, return_inverse=True)
    cells = len(code) * len(points)
    if len(code) > MOST_SENSORS or cells > min(MOST_CELLS, _LEAST_SPARSE * len(rows) + (1 << 20)):
        raise ValueError(f"{len(code)} sensors, {len(rows)} readings")
    at = np.minimum(np.searchsorted(points, point), len(points) - 1)
    found = points[at] == point
    table = np.full((len(code), len(points)), np.nan)
    table[which[found], at[found]] = value[found]
    units = _units(named) if named is not None else {}
    placed = zip(code.tolist(), table, strict=True)
    sensors = [Sensor(c // _KIND_STEP, c % _KIND_STEP, units.get(c, ""), readings) for c, readings in placed]
    return sensors, int((~found).sum())


def _units(named: Rows) -> dict[int, str]:
    kind, index = named.numbers("Data_Type"), named.numbers("Auxiliary_Index")
    if kind is None or index is None:
        return {}
    code = kind.astype(np.int64) * _KIND_STEP + index
    return {int(code[row]): named.words("Unit", row).strip() for row in range(min(len(named), MOST_WRITTEN_ROWS))}


def columns_of(sensors: list[Sensor], voltage: Floats) -> tuple[list[pl.Series], list[Finding]]:
    """Return one column per sensor: cells, numbered temperatures, else raw, with what was decided."""
    findings: list[Finding] = []
    names = {
        sensor.heading: raw_name(sensor.heading + (f"_{sensor.unit}" if sensor.unit else "")) for sensor in sensors
    }
    volts = [sensor for sensor in sensors if sensor.kind == _VOLTAGE]
    residual = _sum_residual(volts, voltage)
    if residual is not None and residual <= SUM_AGREEMENT:
        names |= {sensor.heading: cell_column(n, "voltage_volt") for n, sensor in enumerate(volts, 1)}
        values = {"count": len(volts), "residual_percent": round(100 * residual, 3)}
        findings.append(Finding("auxiliary_voltages_are_cells", "note", "columns", values))
    warm = [sensor for sensor in sensors if sensor.kind == _TEMPERATURE and sensor.unit.upper() in ("", "C")]
    placed = {sensor.heading: f"temperature_t{n}_celsius" for n, sensor in enumerate(warm[:MOST_PLACED], 1)}
    if placed:
        pairs = ", ".join(f"{heading} → {name}" for heading, name in placed.items())
        findings.append(Finding("sensors_numbered", "note", "columns", {"pairs": pairs}))
    names |= placed
    raw = ", ".join(heading for heading, name in names.items() if name.startswith("raw_"))
    if raw:
        findings.append(Finding("columns_kept_raw", "note", "columns", {"columns": raw[:1000]}))
    return [pl.Series(names[sensor.heading], sensor.values, nan_to_null=True) for sensor in sensors], findings


def _sum_residual(volts: list[Sensor], voltage: Floats) -> float | None:
    """Return how far the auxiliary voltages together are from the terminals', as a part of it."""
    if len(volts) < 2:
        return None
    total, size = np.sum([sensor.values for sensor in volts], axis=0), np.abs(voltage)
    both = np.isfinite(total) & (size > 0)
    return float(np.median(np.abs(total - voltage)[both] / size[both])) if both.any() else None
