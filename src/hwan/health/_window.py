"""What a wrong voltage does to a capacity: it moves both cut-offs along the curve.

An instrument that reads high ends the discharge later and the charge earlier. How much charge lies
there is the slope of the curve where it meets the cut-off. In a pack the cut-off is met by one cell,
and the voltage that decides is the cell tap's, not the tester's.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from hwan.core import ErrorComponent
from hwan.health._accuracy import taps_of
from hwan.health._analysis import Analysis
from hwan.health._cells import Cells, Floats
from hwan.health._counter import SECONDS_PER_HOUR
from hwan.health._discharge import Discharge, Run, limiting_voltage
from hwan.health._noise import noise

SLOPE_FRACTION: Final = 0.1
"""The slope at a cut-off is taken over this part of the run's voltage span, at least `SLOPE_SAMPLES`."""
SLOPE_SAMPLES: Final = 5


def window(analysis: Analysis, found: Discharge, *, in_wh: bool = False) -> tuple[ErrorComponent, ...]:
    """Return what the voltage error moves at both cut-offs, in Ah of the discharge.

    With `in_wh` the same in Wh: what is gained or lost at either end is discharged at the voltage
    that the discharge has there.
    """
    run = found.run
    volts = analysis.data.voltage_volt[[run.last_sample, run.first_sample]] if in_wh else (1.0, 1.0)
    parts = _at_cutoff(analysis, run, float(volts[0]))
    if found.charged_by is None:
        return parts
    return (*parts, *_at_cutoff(analysis, found.charged_by, -float(volts[1])))


def _at_cutoff(analysis: Analysis, run: Run, weight: float) -> tuple[ErrorComponent, ...]:
    voltage = limiting_voltage(analysis, run)
    slope = weight * _charge_per_volt(analysis, run, voltage)
    gain, offset, name, source = _limits(analysis)
    key = f"{analysis.instrument_key} {name}"
    if isinstance(analysis.data.cells, Cells):
        key += f" {run.direction}"  # one tap ends the charge, another the discharge: two draws
    moved = slope * gain * float(voltage[-1])
    return (
        ErrorComponent(f"{name}_gain", moved, "uniform", source, f"{key}_gain"),
        ErrorComponent(f"{name}_offset", slope * offset, "uniform", source, f"{key}_offset"),
        ErrorComponent("window", slope * noise(voltage), "normal", "the record itself"),
    )


def _limits(analysis: Analysis) -> tuple[float, float, str, str]:
    """Return gain, offset in V, name and source of the voltage that decides."""
    if not isinstance(analysis.data.cells, Cells):
        accuracy = analysis.accuracy
        return accuracy.voltage_gain, accuracy.voltage_offset_volt, "voltage", accuracy.id
    taps = taps_of(analysis.recording)
    return taps.voltage_gain, taps.voltage_offset_volt, "cell_tap", taps.id


def _charge_per_volt(analysis: Analysis, run: Run, voltage: Floats) -> float:
    """Return |dQ/dV| in Ah/V at the end of a run.

    A parabola through the end of the last constant current gives the slope where the run ends: after
    a constant-voltage phase that is further along the curve than the current was constant.
    """
    found = steady_part(analysis, run)
    if found is None:
        return _mean_charge_per_volt(analysis, run, voltage)
    first, last, held = found
    volts = voltage[first - run.first_sample : last - run.first_sample + 1]
    begin = _end_of_curve(volts)
    seconds = analysis.data.time_second[first + begin : last + 1]
    mean = float(analysis.data.current_ampere[first + 1 : last + 1].mean())
    charge = abs(mean) * (seconds - seconds[-1]) / SECONDS_PER_HOUR
    return _inverse_slope(charge, volts[begin:], held)


def _mean_charge_per_volt(analysis: Analysis, run: Run, voltage: Floats) -> float:
    """Return the charge in Ah per V over all of a run but its holds, 0 without such a part.

    The bound where a record has too few samples for a slope: curves are steeper at their ends than between.
    """
    steps = analysis.steps.slice(run.first_step, run.last_step - run.first_step + 1).filter(pl.col("kind") != "cv")
    if not len(steps):
        return 0.0
    span = float(np.ptp(voltage[: int(steps["last_sample"][-1]) - run.first_sample + 1]))
    return float(steps["charge_ah"].abs().sum()) / span if span else 0.0


def steady_part(analysis: Analysis, run: Run) -> tuple[int, int, float] | None:
    """Return first and last sample of a run's last constant current, and the charge in Ah moved after it.

    A hold so short that its current looks constant is no constant current: it has fewer samples than a
    slope needs.
    """
    steps = analysis.steps.slice(run.first_step, run.last_step - run.first_step + 1)
    long_enough = pl.col("last_sample") - pl.col("first_sample") + 1 >= SLOPE_SAMPLES
    steady = steps.filter((pl.col("kind") == "cc") & long_enough)
    if not len(steady):
        return None
    last = int(steady["last_sample"][-1])
    held = float(steps.filter(pl.col("first_sample") > last)["charge_ah"].abs().sum())
    return int(steady["first_sample"][-1]), last, held


def _end_of_curve(volts: Floats) -> int:
    """Return where the last part of the curve begins, over which its slope is taken."""
    away = np.flatnonzero(np.abs(volts - volts[-1]) > SLOPE_FRACTION * np.ptp(volts))
    begin = int(away[-1]) + 1 if len(away) else 0
    return max(0, min(begin, len(volts) - SLOPE_SAMPLES))


def _inverse_slope(charge: Floats, volts: Floats, beyond_ah: float) -> float:
    """Return |dQ/dV| of a parabola V(Q) at `beyond_ah` after Q = 0; by a straight line where it bends back."""
    if len(volts) < SLOPE_SAMPLES or np.ptp(charge) == 0.0 or np.ptp(volts) == 0.0:
        return 0.0
    if len(np.unique(charge)) < SLOPE_SAMPLES:  # a clock that stands still
        return float(np.ptp(charge) / np.ptp(volts))
    straight = abs(float(np.polyfit(charge, volts, 1)[0]))
    bend, slope, _ = np.polyfit(charge, volts, 2)
    at_end = abs(float(slope + 2 * bend * beyond_ah))
    return 1 / max(straight, at_end)
