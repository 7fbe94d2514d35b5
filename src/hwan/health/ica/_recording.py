"""The slow charges and discharges of a recording, each with its incremental capacity."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import polars as pl

from hwan.core import BatteryType, Conditions, Denominator, Recording, Refusal, Scalar, is_known, known_or
from hwan.health._analysis import Analysis, analyse
from hwan.health._cycles import cycle_numbers
from hwan.health._signals import Floats
from hwan.health.ica._capacity import of_curves
from hwan.health.ica._checks import LEAST_SAMPLES, ONE_CELL, QUANTITY, SLOW_CHARGE, oriented
from hwan.health.ica._differential import QUANTITY as DIFFERENTIAL
from hwan.health.ica._differential import DifferentialVoltage, of_curve
from hwan.health.ica._result import Circumstances, IncrementalCapacity

MOST_RATE_PER_HOUR: Final = 0.35
"""Fastest charge or discharge that is taken: C/3 as it is measured. The rate stands in the conditions."""
LEAST_PART: Final = 0.2
"""A run holds this part of the capacity at least; a shorter one shows no peaks to compare."""
SECONDS_PER_HOUR: Final = 3600.0
Way = Literal["charge", "discharge"]
Curve = tuple[Floats, Floats]


@dataclass(frozen=True, slots=True)
class Runs:
    """Slow constant currents of a recording, or why there is none."""

    curves: tuple[Curve, ...] = ()
    known: tuple[Circumstances, ...] = ()
    refusal: Refusal | None = None


def incremental_capacities_of(
    recording: Recording,
    kind: BatteryType | None = None,
    *,
    direction: Way | None = None,
    most_rate_per_hour: float = MOST_RATE_PER_HOUR,
) -> tuple[IncrementalCapacity | Refusal, ...]:
    """Return the incremental capacity of every slow constant-current charge and discharge of a recording of one cell.

    Assumes one cell, or cells in parallel. The rate is the mean current over rated capacity, over the largest charge
    of any step where no rating is stated; it stands in each result's conditions with what it was divided by.

    Parameters
    ----------
    recording
        Samples with positive current charging.
    kind
        Chemistry, rated capacity and cells in series, as far as they are known.
    direction
        Only charges, or only discharges; by default both.
    most_rate_per_hour
        Faster runs are left out.

    Returns
    -------
    tuple
        In the order of the test; one refusal alone where there is no such run or the battery is no single cell.

    Raises
    ------
    ColumnProblem, NothingInside
        As :func:`hwan.health.steps`.
    """
    kind = kind or BatteryType()
    runs = runs_of(recording, kind, direction, most_rate_per_hour, QUANTITY)
    if runs.refusal:
        return (runs.refusal,)
    return tuple(of_curves(runs.curves, runs.known, kind.chemistry))


def differential_voltages_of(
    recording: Recording,
    kind: BatteryType | None = None,
    *,
    direction: Way | None = None,
    most_rate_per_hour: float = MOST_RATE_PER_HOUR,
) -> tuple[DifferentialVoltage | Refusal, ...]:
    """Return the differential voltage of the same runs as :func:`incremental_capacities_of`, in the same order."""
    kind = kind or BatteryType()
    runs = runs_of(recording, kind, direction, most_rate_per_hour, DIFFERENTIAL)
    if runs.refusal:
        return (runs.refusal,)
    pairs = zip(runs.curves, runs.known, strict=True)
    return tuple(of_curve(curve, None, kind.chemistry, known) for curve, known in pairs)


def runs_of(
    recording: Recording, kind: BatteryType, direction: Way | None, most_rate_per_hour: float, quantity: str
) -> Runs:
    """Return the runs that are slow, long and of the direction asked for."""
    if known_or(kind.series_count, 1) > 1:
        values: dict[str, Scalar] = {"count": known_or(kind.series_count, 1)}
        return Runs(refusal=Refusal(quantity, "ica_cells_in_series", ("voltage of one cell",), ONE_CELL, values))
    analysis = analyse(recording, kind)
    steps = analysis.steps.with_columns(cycle_number=pl.Series(cycle_numbers(analysis.steps)))
    whole = _denominator(kind, steps)
    steady = steps.filter(pl.col("kind") == "cc", pl.col("direction") != "none")
    steady = steady.filter(pl.col("direction") == direction) if direction else steady
    steady = steady.with_columns(rate=pl.col("mean_current_ampere").abs() / whole.value)
    enough = (pl.col("charge_ah").abs() >= LEAST_PART * whole.value) & (
        pl.col("last_sample") - pl.col("first_sample") + 1 >= LEAST_SAMPLES
    )
    slow = steady.filter(enough, pl.col("rate") <= most_rate_per_hour)
    if not len(slow):
        return Runs(refusal=_none(steady.filter(enough), quantity, most_rate_per_hour, steps, whole.value))
    against = sum(_against(analysis, row) for row in slow.iter_rows(named=True))
    if 2 * against > len(slow):
        wrong: dict[str, Scalar] = {"count": against, "of": len(slow)}
        return Runs(refusal=Refusal(quantity, "ica_against_current", ("sign",), "mend_the_sign", wrong))
    found = [_run(analysis, row, whole, kind) for row in slow.iter_rows(named=True)]
    return Runs(tuple(curve for curve, _ in found), tuple(known for _, known in found))


def _against(analysis: Analysis, row: dict[str, Any]) -> bool:
    """Return whether the voltage moved against the current."""
    volt = analysis.data.voltage_volt
    moved = float(volt[int(row["last_sample"])] - volt[int(row["first_sample"])])
    return moved * float(row["mean_current_ampere"]) < 0


def _denominator(kind: BatteryType, steps: pl.DataFrame) -> Denominator:
    if is_known(kind.rated_capacity_ah):
        return Denominator("rated_capacity", kind.rated_capacity_ah, "Ah", "maker")
    largest = float(steps["charge_ah"].abs().to_numpy().max())
    return Denominator("largest_step", max(largest, 1e-12), "Ah", "recording")


def _none(steady: pl.DataFrame, quantity: str, most: float, steps: pl.DataFrame, capacity_ah: float) -> Refusal:
    """Return why there is no run: too fast, or none that is long enough, as with a rating in mAh."""
    values: dict[str, Scalar]
    if not len(steady):
        values = {"part": LEAST_PART * 100, "capacity": capacity_ah, "largest": float(steps["charge_ah"].abs().max())}  # type: ignore[arg-type]
        return Refusal(quantity, "ica_no_constant_current", ("slow charge",), SLOW_CHARGE, values)
    values = {"got": float(steady["rate"].to_numpy().min()), "most": most}
    return Refusal(quantity, "ica_too_fast", ("slow charge",), SLOW_CHARGE, values)


def _run(analysis: Analysis, row: dict[str, Any], whole: Denominator, kind: BatteryType) -> tuple[Curve, Circumstances]:
    """Return one step as a curve, without its first sample: some testers take that before the current flows."""
    first, last = int(row["first_sample"]) + 1, int(row["last_sample"])
    data, accuracy = analysis.data, analysis.accuracy
    current, time = np.abs(data.current_ampere[first : last + 1]), data.time_second[first : last + 1]
    moved = 0.5 * (current[1:] + current[:-1]) * np.diff(time) / SECONDS_PER_HOUR
    charge = np.concatenate(([0.0], np.cumsum(moved)))
    known = Circumstances(
        conditions=_conditions(analysis, row, whole, kind),
        evidence=analysis.evidence(first, last),
        voltage_gain=accuracy.voltage_gain,
        voltage_offset_volt=accuracy.voltage_offset_volt,
        current_gain=accuracy.current_gain,
        source=accuracy.id,
        key=analysis.instrument_key,
        cycle_number=int(row["cycle_number"]),
        step_number=int(row["step_number"]),
    )
    return oriented(data.voltage_volt[first : last + 1], charge), known


def _conditions(analysis: Analysis, row: dict[str, Any], whole: Denominator, kind: BatteryType) -> Conditions:
    degrees = analysis.temperature(int(row["first_sample"]), int(row["last_sample"]))
    told: dict[str, Any] = dict(_temperature(analysis, degrees))
    return Conditions(
        rate_per_hour=float(row["rate"]),
        current_ampere=float(row["mean_current_ampere"]),
        direction=row["direction"],
        upper_cutoff_volt=kind.upper_voltage_volt,
        lower_cutoff_volt=kind.lower_voltage_volt,
        denominator=whole,
        **told,
    )


def _temperature(analysis: Analysis, degrees: float | None) -> Iterator[tuple[str, Any]]:
    if degrees is not None:
        yield "temperature_celsius", degrees
        yield "temperature_place", analysis.data.temperature_place
