"""Calibrate the rapid models that come with hwan, from published pulse tests that lie beside the repository.

Run: HWAN_LAB_DATA=... python tools/rapid_models.py [SET ...]   Writes src/hwan/health/rapid/models/*.json.
The tables' rows stay where they are: a model holds coefficients, bounds and figures only.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl
from rich.console import Console
from rich.progress import Progress

from hwan.core import UNKNOWN, Unknown, to_json
from hwan.health.rapid import (
    PULSES_5_SECOND,
    About,
    CalibrationTable,
    Origin,
    Population,
    Reference,
    calibrate,
    calibration_table,
    with_later_visits,
)

FOLDER = Path(__file__).parent.parent / "src" / "hwan" / "health" / "rapid" / "models"
CALIBRATED_ON = date(2026, 11, 22)
TEMPERATURE_CELSIUS = 23.0, 29.0
PULSEBAT = "PulseBat, batch 1 (retired cells, 5 s pulses at ten states of charge, 1C capacity at 25 degC)"
PULSES = "Pulse excitation of retired LFP cells (regular visits, 5 s pulses, 1C capacity at 25 degC)"
NOTE = (
    "The tests were made in a room of 25 degC; the raw exports at hand show cells of 24.6 to 28.4 degC, so "
    "23 to 29 are taken. The nominal state of charge is no input."
)


@dataclass(frozen=True, slots=True)
class Set:
    """One published table and what is known of its cells."""

    id: str
    path: str
    chemistry: str
    rated_capacity_ah: float
    description: str
    source: str
    upper_volt: float | Unknown = UNKNOWN
    lower_volt: float | Unknown = UNKNOWN
    first_voltage: bool = False


SETS = {
    "lmo10": Set("pulsebat-lmo10/1", "pulsebat/lmo10", "lmo", 10, "pouch cells from hybrid cars", PULSEBAT, 4.2, 2.0),
    "nmc2p1": Set(
        "pulsebat-nmc2/1",
        "pulsebat/nmc2p1",
        "nmc",
        2.1,
        "cylindrical cells aged in a laboratory",
        PULSEBAT,
        first_voltage=True,
    ),  # its states of charge refer to actual capacity: the voltage is no label
    "nmc21": Set("pulsebat-nmc21/1", "pulsebat/nmc21", "nmc", 21, "pouch cells from electric cars", PULSEBAT, 4.2, 2.7),
    "lfp35": Set("lfp-pulse-lfp35/1", "lfp_pulse/lfp35", "lfp", 35, "prismatic, hybrid vehicles", PULSES, 3.65, 2.5),
    "lfp20": Set("lfp-pulse-lfp20/1", "lfp_pulse/lfp20", "lfp", 20, "retired LFP cells of 20 Ah", PULSES),
    "lfp68": Set("lfp-pulse-lfp68/1", "lfp_pulse/lfp68", "lfp", 68, "retired LFP cells of 68 Ah", PULSES),
}


def main(names: list[str]) -> int:
    """Calibrate the named sets, all by default."""
    data = os.environ.get("HWAN_LAB_DATA")
    if not data:
        print("HWAN_LAB_DATA is not set. Next: point it to the folder that holds retired/", file=sys.stderr)
        return 2
    with Progress(console=Console(stderr=True)) as bar:
        for name in names or SETS:
            task = bar.add_task(name, total=None)
            write(SETS[name], Path(data), lambda done, of, task=task: bar.update(task, completed=done, total=of))
    return 0


def write(own: Set, data: Path, progress: Callable[[int, int], None]) -> None:
    """Calibrate one set, write its model and print its card."""
    table = _table(own, data, "regular")
    assert table is not None  # noqa: S101 - every set has its first visits
    cells = len(set(table.cells.tolist()))
    about = About(
        own.id,
        Population(own.chemistry, own.rated_capacity_ah, own.description),
        Reference(1.0, 25.0, own.upper_volt, own.lower_volt),
        *TEMPERATURE_CELSIUS,
        Origin(own.source, "MIT", CALIBRATED_ON, cells, len(table.cells)),
        NOTE,
    )
    model = calibrate(table, about, first_voltage=own.first_voltage, progress=progress).model
    later = _table(own, data, "random")
    if later is not None:
        model = with_later_visits(model, table, later, about)
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{own.id.replace('/', '-')}.json").write_text(to_json(model) + "\n", encoding="utf-8")
    print(own.id, cells, "cells", len(table.cells), "rows", dict(model.card))


def _table(own: Set, data: Path, visit: str) -> CalibrationTable | None:
    """Return the rows of a visit; sets of one visit have the regular one only."""
    frame = pl.read_parquet(data / "retired" / f"{own.path}_w5000.parquet")
    if "visit" in frame.columns:
        frame = frame.filter(pl.col("visit") == visit)
    elif visit != "regular":
        return None
    return calibration_table(frame, PULSES_5_SECOND, own.path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
