"""Which discharge of a recording is a capacity test, and why the others are not.

Capacity needs a recorded end of full charge, a rest, and a discharge to the stated cut-off. The
cut-offs are stated by the battery's type, or shown by the record where two runs end alike.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import polars as pl

from hwan.core import BatteryType, is_known, known_or
from hwan.health._analysis import Analysis
from hwan.health._cells import Cells, Floats
from hwan.health._segments import REST_FRACTION

ALIKE_FRACTION: Final = 0.02
"""Runs that end within this part of the voltage span of one another have the same cut-off."""
FULL_RATE_PER_HOUR: Final = 0.105
"""A charge is full when its last current is at most a tenth of the rating, or of the discharge, per hour (+5 %)."""
CUTOFF_TOLERANCE: Final = 2e-3
"""A run ends at a stated cut-off when it is within this fraction of it."""


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive steps in one direction, positions of steps and samples first and last included."""

    direction: str
    first_step: int
    last_step: int
    first_sample: int
    last_sample: int
    end_voltage_volt: float
    charge_ah: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Discharge:
    """A discharge with what came before it; `lacking` is empty for a capacity test."""

    run: Run
    charged_by: Run | None
    rest_second: float
    lacking: str


def runs(steps: pl.DataFrame) -> tuple[Run, ...]:
    """Return the runs of consecutive charge or discharge steps, in order."""
    direction = steps["direction"].to_numpy()
    starts = np.append([0], np.flatnonzero(direction[1:] != direction[:-1]) + 1)
    ends = np.append(starts[1:], len(direction)) - 1
    rows = steps.rows(named=True)
    found = (_run(rows, int(a), int(b)) for a, b in zip(starts, ends, strict=True))
    return tuple(run for run in found if run.direction != "none")


def deepest_discharge(steps: pl.DataFrame) -> Run | None:
    """Return the steps between which the most net charge was taken out; None without a discharge."""
    charge = steps.select(pl.coalesce("counter_charge_ah", "charge_ah")).to_series().to_numpy()
    course = np.append([0.0], np.cumsum(charge))
    taken = np.maximum.accumulate(course) - course
    last = int(np.argmax(taken)) - 1
    if last < 0:
        return None
    first = int(np.argmax(course[: last + 2]))
    found = _run(steps.rows(named=True), first, last)
    return replace(found, direction="discharge")


def _run(rows: list[dict[str, Any]], first: int, last: int) -> Run:
    members = rows[first : last + 1]
    return Run(
        direction=members[0]["direction"],
        first_step=first,
        last_step=last,
        first_sample=members[0]["first_sample"],
        last_sample=members[-1]["last_sample"],
        end_voltage_volt=members[-1]["last_voltage_volt"],
        charge_ah=sum(_first_known(row["counter_charge_ah"], row["charge_ah"]) for row in members),
        seconds=members[-1]["end_second"] - members[0]["start_second"],
    )


def _first_known(counted: float | None, integrated: float) -> float:
    return integrated if counted is None else counted


def discharges(analysis: Analysis, kind: BatteryType) -> tuple[Discharge, ...]:
    """Return every discharge run, judged against the definition of capacity."""
    if kind not in analysis.judged:
        analysis.judged[kind] = _judged(analysis, kind)
    known: tuple[Discharge, ...] = analysis.judged[kind]
    return known


def _judged(analysis: Analysis, kind: BatteryType) -> tuple[Discharge, ...]:
    found = runs(analysis.steps)
    reaches = {way: _reaches(analysis, kind, found, way) for way in ("charge", "discharge")}
    resting = analysis.steps.select(pl.when(pl.col("kind") == "rest").then("duration_second")).to_series().to_numpy()
    judged = []
    for index, run in enumerate(found):
        if run.direction == "discharge":
            before = found[index - 1] if index else None
            judged.append(_judge(analysis, kind, run, before, _rest_between(resting, before, run), reaches))
    return tuple(judged)


def _judge(
    analysis: Analysis, kind: BatteryType, run: Run, before: Run | None, rest: float, reaches: dict[str, Any]
) -> Discharge:
    if before is not None and before.direction == "discharge":
        return Discharge(run, None, 0.0, "discharge_interrupted")
    if before is None or not reaches["charge"](before):
        lacking = "no_full_charge_recorded"
    elif not _finished(analysis, kind, before, run):
        lacking = "charge_not_finished"
    elif rest <= 0:
        lacking = "no_rest_recorded"
    else:
        lacking = "" if reaches["discharge"](run) else "cutoff_not_reached"
    return Discharge(run, before, rest, lacking)


def _finished(analysis: Analysis, kind: BatteryType, charge: Run, discharge: Run) -> bool:
    """Return whether the charge ended at a low current: touching the upper voltage at a high one is not full."""
    reference = known_or(kind.rated_capacity_ah, abs(discharge.charge_ah))
    return end_current(analysis, charge) <= FULL_RATE_PER_HOUR * reference


def end_current(analysis: Analysis, run: Run) -> float:
    """Return the magnitude in A of the current with which a run ended: a tester's last row may be zero already."""
    magnitude = np.abs(analysis.data.current_ampere[run.first_sample : run.last_sample + 1])
    flowing = magnitude[magnitude > REST_FRACTION * magnitude.max()]
    return float(flowing[-1]) if len(flowing) else 0.0


def reaching_cutoff(analysis: Analysis, kind: BatteryType) -> tuple[Run, ...]:
    """Return the runs that end at the cut-off of their direction, in order."""
    found = runs(analysis.steps)
    reaches = {way: _reaches(analysis, kind, found, way) for way in ("charge", "discharge")}
    return tuple(run for run in found if reaches[run.direction](run))


def _rest_between(resting: Floats, before: Run | None, run: Run) -> float:
    """Return the rest between two runs in s, 0 with anything else between; `resting` of each step, NaN of no rest."""
    if before is None:
        return 0.0
    return float(np.nan_to_num(resting[before.last_step + 1 : run.first_step].sum()))


def _reaches(analysis: Analysis, kind: BatteryType, found: tuple[Run, ...], way: str) -> Any:
    """Return a test of whether a run in direction `way` ends at its cut-off."""
    stated = kind.upper_voltage_volt if way == "charge" else kind.lower_voltage_volt
    if is_known(stated):
        sign = 1 if way == "charge" else -1
        return lambda run: (
            sign * (float(deciding_voltage(analysis, kind, run)[-1]) - stated) >= -CUTOFF_TOLERANCE * stated
        )
    span = float(np.ptp(analysis.data.voltage_volt))
    ends = np.array([run.end_voltage_volt for run in found if run.direction == way])
    extreme = (ends.max() if way == "charge" else ends.min()) if len(ends) else 0.0
    alike = np.abs(ends - extreme) <= ALIKE_FRACTION * span
    shown = int(alike.sum()) >= 2
    return lambda run: shown and abs(run.end_voltage_volt - extreme) <= ALIKE_FRACTION * span


def deciding_voltage(analysis: Analysis, kind: BatteryType, run: Run) -> Floats:
    """Return the voltage in V that decides where a run ends: of the battery, or of its limiting cell, in series."""
    cells, part = analysis.data.cells, slice(run.first_sample, run.last_sample + 1)
    volts = analysis.data.voltage_volt[part]
    if not isinstance(cells, Cells):
        return volts
    series = known_or(kind.series_count, cells.count)
    if run.direction == "charge":
        return np.maximum(volts, series * cells.highest_volt[part])
    return np.minimum(volts, series * cells.lowest_volt[part])


def limiting_voltage(analysis: Analysis, run: Run) -> Floats:
    """Return the course of the voltage that ends a run: of its limiting cell where cells were recorded."""
    cells = analysis.data.cells
    part = slice(run.first_sample, run.last_sample + 1)
    if not isinstance(cells, Cells):
        return analysis.data.voltage_volt[part]
    return (cells.highest_volt if run.direction == "charge" else cells.lowest_volt)[part]


def cutoffs_are_stated(kind: BatteryType) -> bool:
    """Return whether the type states both cut-offs."""
    return is_known(kind.upper_voltage_volt) and is_known(kind.lower_voltage_volt)
