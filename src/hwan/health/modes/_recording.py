"""The slow charges and discharges of a recording, as curves for the electrode balance."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl

from hwan.core import UNKNOWN, BatteryType, Recording, Refusal, is_known, known_or
from hwan.health._analysis import Analysis, analyse
from hwan.health._counter import SECONDS_PER_HOUR
from hwan.health.modes._curve import LEAST_POINTS, Curve
from hwan.health.modes._judge import CORRECTED_LIMIT
from hwan.health.profiles import cell_voltage_refusal

LEAST_PART: Final = 0.2
"""A run moves this part of the capacity at least; a shorter one fixes no electrode."""


def slow_curves(recording: Recording, kind: BatteryType | None = None) -> tuple[Curve, ...] | Refusal:
    """Return every slow constant-current charge and discharge of a recording of one cell.

    Assumes one cell, or cells in parallel. The rate is the mean current over the rated capacity, over the largest
    charge of any step where no rating is stated.

    Parameters
    ----------
    recording
        Samples with positive current charging.
    kind
        Chemistry, which tells a cell from a module, rated capacity and cells in series, as far as they are known.

    Returns
    -------
    tuple of Curve, or Refusal
        In the order of the test; runs up to C/5 are handed on, of which those above C/20 need a correction.

    Raises
    ------
    ColumnProblem, NothingInside
        As :func:`hwan.health.steps`.
    """
    kind = kind or BatteryType()
    series = known_or(kind.series_count, 1)
    if series > 1:
        return Refusal("degradation_modes", "modes_not_one_cell", ("cell voltage",), "cell_columns", {"count": series})
    analysis = analyse(recording, kind)
    refusal = cell_voltage_refusal(kind.chemistry, analysis.data.voltage_volt, "degradation_modes")
    if refusal is not None:
        return refusal
    steps = analysis.steps
    whole = kind.rated_capacity_ah
    capacity = whole if is_known(whole) else float(steps["charge_ah"].abs().to_numpy().max())
    rate = pl.col("mean_current_ampere").abs() / max(capacity, 1e-12)
    long = (pl.col("charge_ah").abs() >= LEAST_PART * capacity) & (
        pl.col("last_sample") - pl.col("first_sample") >= LEAST_POINTS
    )
    runs = steps.with_columns(rate=rate).filter(pl.col("kind") == "cc", pl.col("direction") != "none", long)
    slow = runs.filter(pl.col("rate") <= CORRECTED_LIMIT)
    if not len(slow):
        return _no_run(runs, steps, capacity)
    return tuple(_run(analysis, row) for row in slow.iter_rows(named=True))


def _no_run(runs: pl.DataFrame, steps: pl.DataFrame, capacity_ah: float) -> Refusal:
    """Return why there is no run: too fast, or none that is long enough, as with a rating in mAh."""
    if len(runs):
        values = {"got": float(runs["rate"].to_numpy().min())}
        return Refusal("degradation_modes", "modes_no_slow_run", ("slow charge",), "modes_slow_full_charge", values)
    values = {"largest": float(steps["charge_ah"].abs().to_numpy().max()), "capacity": capacity_ah}
    return Refusal("degradation_modes", "modes_no_long_run", ("slow charge",), "modes_slow_full_charge", values)


def _run(analysis: Analysis, row: dict[str, Any]) -> Curve:
    """Return one step without its first sample: some testers take that before the current flows."""
    first, last = int(row["first_sample"]) + 1, int(row["last_sample"])
    data = analysis.data
    current, time = data.current_ampere[first : last + 1], data.time_second[first : last + 1]
    moved = 0.5 * (current[1:] + current[:-1]) * np.diff(time) / SECONDS_PER_HOUR
    temperature = analysis.temperature(first, last)
    return Curve(
        np.concatenate(([0.0], np.cumsum(moved))),
        data.voltage_volt[first : last + 1],
        rate_per_hour=float(row["rate"]),
        direction=row["direction"],
        temperature_celsius=UNKNOWN if temperature is None else temperature,
        current_ampere=float(row["mean_current_ampere"]),
        name=f"{analysis.recording.provenance.source_name}, step {row['step_number']}",
        evidence=analysis.evidence(first, last),
    )
