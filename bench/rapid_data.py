"""The sets of the rapid bench, their folds, and which rows a protocol trains on, tests on, and takes widths from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from hwan.health.rapid import PULSES_5_SECOND, CalibrationTable, calibration_table

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Protocol = Literal["G", "GS", "GR"]
FOLDS: Final = 5
SOC_TRAINED: Final = (5, 15, 25, 35, 45, 50)
SOC_TESTED: Final = (10, 20, 30, 40)
SOC_MOST: Final = 60
LIMIT: Final = 0.80


@dataclass(frozen=True, slots=True)
class Kind:
    """One type of battery: its table and what a model says of it.

    `first_voltage` is an input only where states of charge were not set by charge over rated capacity: elsewhere
    that voltage tells the label (:func:`hwan.health.rapid.calibrate`).
    """

    name: str
    file: str
    chemistry: str
    rated_capacity_ah: float
    first_voltage: bool = False


PULSEBAT: Final = (
    Kind("lmo10", "pulsebat/lmo10_w5000.parquet", "lmo", 10.0),
    Kind("nmc2p1", "pulsebat/nmc2p1_w5000.parquet", "nmc", 2.1, first_voltage=True),
    Kind("nmc21", "pulsebat/nmc21_w5000.parquet", "nmc", 21.0),
    Kind("lfp35", "pulsebat/lfp35_w5000.parquet", "lfp", 35.0),
)
LFP: Final = (
    Kind("lfp20", "lfp_pulse/lfp20_w5000.parquet", "lfp", 20.0),
    Kind("lfp68", "lfp_pulse/lfp68_w5000.parquet", "lfp", 68.0),
)
KINDS: Final = {kind.name: kind for kind in (*PULSEBAT, *LFP)}
"""The types of protocols G and GS; GR takes the tables with second visits."""
LINES: Final[tuple[tuple[str, Protocol], ...]] = (
    *((name, "G") for name in KINDS),
    *((name, "GS") for name in (kind.name for kind in PULSEBAT)),
    *((name, "GR") for name in ("lfp20", "lfp35", "lfp68")),
)


@dataclass(frozen=True, slots=True)
class Task:
    """A set under a protocol: rows that may train, are tested, and measure a constant width, before folds.

    `fold` is that of each row's cell, shape (rows,).
    """

    name: str
    protocol: Protocol
    table: CalibrationTable
    fold: NDArray[np.int64]
    trains: Flags
    tested: Flags

    @property
    def title(self) -> str:
        """Set and protocol."""
        return f"{self.name} {self.protocol}"

    def training(self, *left_out: int) -> CalibrationTable:
        """Return the rows that train when folds are left out."""
        return self.table.part(self.trains & ~np.isin(self.fold, left_out))


def fold_of_cells(names: set[str]) -> dict[str, int]:
    """Return the fold of each cell of a set: names in order of their UTF-8 bytes, number from 0, mod 5."""
    return {name: place % FOLDS for place, name in enumerate(sorted(names, key=str.encode))}


def task(data: Path, name: str, protocol: Protocol) -> Task:
    """Return a set under a protocol; the folds are those of folds.csv."""
    file = f"lfp_pulse/{name}_w5000.parquet" if protocol == "GR" else KINDS[name].file
    frame = pl.read_parquet(data / file)
    table = calibration_table(frame, PULSES_5_SECOND, file)
    if len(table.cells) != frame.height:
        message = f"{file}: {frame.height - len(table.cells)} rows cannot be used; the folds are of all rows"
        raise ValueError(message)
    folds = pl.read_csv(data / "folds.csv").filter(pl.col("dataset") == name)
    fold = dict(folds.select("cell", "fold").iter_rows())
    soc = frame["soc_nominal_pct"].to_numpy()
    regular = (frame["visit"] == "regular").to_numpy() if "visit" in frame.columns else np.ones(len(soc), dtype=bool)
    trains, tested = masks(soc, regular, protocol)
    return Task(name, protocol, table, np.array([fold[cell] for cell in table.cells.tolist()]), trains, tested)


def masks(soc: Floats, regular: Flags, protocol: Protocol) -> tuple[Flags, Flags]:
    """Return which rows train and which are tested, before folds.

    Parameters
    ----------
    soc
        Nominal state of charge in per cent, shape (rows,): chooses rows, is never an input.
    regular
        False at the second visit of a cell, shape (rows,).
    protocol
        G, GS or GR.
    """
    if protocol == "GS":
        return np.isin(soc, SOC_TRAINED), np.isin(soc, SOC_TESTED)
    if protocol == "GR":
        return regular, ~regular
    within = regular if regular.all() else regular & (soc <= SOC_MOST)
    return within, within
