"""The columns that methods compute on, as float arrays, read from a recording once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from hwan.core import SPECTRUM, UNKNOWN, ColumnProblem, NothingInside, Recording, Unknown
from hwan.health._cells import Cells, DoubtedCells, cell_columns, cells_of, extremes

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TEMPERATURES: Final = ("surface_temperature_celsius", "temperature_t1_celsius", "ambient_temperature_celsius")
SCOPES: Final = ("step", "cycle", "test", "schedule")
_BASE: Final = ("test_time_second", "voltage_volt", "current_ampere")
_OPTIONAL: Final = ("step_count", "step_id", "cycle_count", "step_time_second", *TEMPERATURES)


@dataclass(frozen=True, slots=True)
class Counter:
    """One of the tester's own counters as net charge or energy, and the scope its label claims."""

    scope: str
    net: Floats


@dataclass(frozen=True, slots=True)
class Signals:
    """Samples without gaps in time, voltage and current.

    Arrays have one entry per kept row; `row` holds the row's number in the source. `step` and
    `cycle` are the tester's numbers, absent where it wrote none. `time_second` stands still where the
    tester's clock went back: no charge flows in time that did not pass.
    """

    recording_id: str
    row: Ints
    time_second: Floats
    voltage_volt: Floats
    current_ampere: Floats
    step: Ints | None
    cycle: Ints | None
    step_time_second: Floats | None
    temperature_celsius: Floats | None
    temperature_place: str
    cells: Cells | DoubtedCells | None
    capacity_counter: Counter | None
    energy_counter: Counter | None

    def __len__(self) -> int:
        return len(self.row)


def signals(recording: Recording, series: int | Unknown = UNKNOWN) -> Signals:
    """Return the arrays of a recording; `series` is the number of cells that the type states.

    Raises
    ------
    ColumnProblem
        When time, voltage or current is missing.
    NothingInside
        When no row has all three.
    """
    names = set(recording.samples.collect_schema().names())
    missing = [name for name in _BASE if name not in names]
    if missing and names.issuperset(SPECTRUM):
        raise ColumnProblem("spectrum_not_in_time", source=recording.provenance.source_name)
    if missing:
        raise ColumnProblem(
            "column_missing",
            source=recording.provenance.source_name,
            missing=", ".join(missing),
            found=", ".join(sorted(names)),
        )
    counters = {kind: _counter_columns(names, kind) for kind in ("capacity_ah", "energy_wh")}
    wanted = {*_BASE, *(name for name in _OPTIONAL if name in names)}
    wanted |= {column for found in counters.values() for _, columns in found for column in columns}
    taps = cell_columns(recording.samples, names)
    frame = recording.samples.select(*sorted(wanted), *extremes(taps)).collect(engine="streaming" if taps else "auto")
    row, frame = _complete_rows(frame)
    if not len(frame):
        raise NothingInside("rows_missing", source=recording.provenance.source_name)
    place = next((name for name in TEMPERATURES if name in names and np.isfinite(_floats(frame, name)).any()), "")
    return Signals(
        recording_id=recording.id,
        row=row,
        time_second=_never_backwards(_floats(frame, "test_time_second")),
        voltage_volt=_floats(frame, "voltage_volt"),
        current_ampere=_floats(frame, "current_ampere"),
        step=_ints(frame, "step_count", "step_id"),
        cycle=_ints(frame, "cycle_count"),
        step_time_second=_floats(frame, "step_time_second") if "step_time_second" in wanted else None,
        temperature_celsius=_floats(frame, place) if place else None,
        temperature_place=place.removesuffix("_celsius"),
        cells=cells_of(frame, taps, series),
        capacity_counter=_counter(frame, counters["capacity_ah"]),
        energy_counter=_counter(frame, counters["energy_wh"]),
    )


def _never_backwards(time: Floats) -> Floats:
    """Return the clock in s with each step back taken out; a clock that never goes back is returned as it is."""
    back = np.minimum(np.diff(time), 0.0)
    if not back.any():
        return time
    forward: Floats = time - np.append(0.0, np.cumsum(back))
    return forward


def _complete_rows(frame: pl.DataFrame) -> tuple[Ints, pl.DataFrame]:
    usable = frame.select(pl.all_horizontal(pl.col(name).cast(pl.Float64).is_finite() for name in _BASE)).to_series()
    usable = usable.fill_null(value=False)
    row = np.arange(len(frame), dtype=np.int64)
    if usable.all():
        return row, frame
    return row[usable.to_numpy()], frame.filter(usable)


def _floats(frame: pl.DataFrame, name: str) -> Floats:
    return frame[name].cast(pl.Float64).to_numpy()


def _ints(frame: pl.DataFrame, *names: str) -> Ints | None:
    """Return the first of the columns that has a number in every row."""
    for name in names:
        if name in frame.columns and np.isfinite(_floats(frame, name)).all():
            return frame[name].cast(pl.Int64).to_numpy()
    return None


def _counter_columns(names: set[str], kind: str) -> list[tuple[str, tuple[str, ...]]]:
    """Return scope and column or columns of each of the tester's counters."""
    found: list[tuple[str, tuple[str, ...]]] = []
    for scope in SCOPES:
        prefix = "" if scope == "test" else f"{scope}_"
        pair = (f"{prefix}charging_{kind}", f"{prefix}discharging_{kind}")
        found += [(scope, columns) for columns in ((f"{prefix}net_{kind}",), pair) if names.issuperset(columns)]
    return found


def _counter(frame: pl.DataFrame, found: list[tuple[str, tuple[str, ...]]]) -> Counter | None:
    """Return the first counter that has a number in every row."""
    for scope, columns in found:
        values = [_floats(frame, name) for name in columns]
        if all(np.isfinite(each).all() for each in values):
            return Counter(scope, values[0] - np.abs(values[1]) if len(values) == 2 else values[0])
    return None
