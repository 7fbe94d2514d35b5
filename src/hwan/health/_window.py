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
from hwan.health._accuracy import TAPS, accuracy_class
from hwan.health._analysis import Analysis, noise
from hwan.health._counter import SECONDS_PER_HOUR
from hwan.health._discharge import Discharge, Run, limiting_voltage
from hwan.health._signals import Floats

SLOPE_FRACTION: Final = 0.02
"""The slope at a cut-off is taken over this part of the run's voltage span, at least `SLOPE_SAMPLES`."""
SLOPE_SAMPLES: Final = 5


def window(analysis: Analysis, found: Discharge, *, in_wh: bool = False) -> tuple[ErrorComponent, ...]:
    """Return what the voltage error moves at both cut-offs, in Ah, or in Wh at the voltage of each."""
    ends = [(found.run, 1.0), *([(found.charged_by, -1.0)] if found.charged_by else [])]
    parts = [_at_cutoff(analysis, run, sign * (run.end_voltage_volt if in_wh else 1.0)) for run, sign in ends]
    return tuple(component for part in parts for component in part)


def _at_cutoff(analysis: Analysis, run: Run, weight: float) -> tuple[ErrorComponent, ...]:
    voltage = limiting_voltage(analysis, run)
    slope = weight * _charge_per_volt(analysis, run, voltage)
    gain, offset, name, source = _limits(analysis)
    key = f"{analysis.instrument_key} {name}"
    moved = slope * gain * float(voltage[-1])
    return (
        ErrorComponent(f"{name}_gain", moved, "uniform", source, f"{key}_gain"),
        ErrorComponent(f"{name}_offset", slope * offset, "uniform", source, f"{key}_offset"),
        ErrorComponent("window", slope * noise(voltage), "normal", "the record itself"),
    )


def _limits(analysis: Analysis) -> tuple[float, float, str, str]:
    """Return gain, offset in V, name and source of the voltage that decides."""
    if analysis.data.cells is None:
        accuracy = analysis.accuracy
        return accuracy.voltage_gain, accuracy.voltage_offset_volt, "voltage", accuracy.id
    taps = accuracy_class(TAPS)
    return taps["voltage_gain"], taps["voltage_offset_volt"], "cell_tap", TAPS


def _charge_per_volt(analysis: Analysis, run: Run, voltage: Floats) -> float:
    """Return |dQ/dV| in Ah/V where the run's last constant current meets the cut-off; 0 if it has none."""
    steps = analysis.steps.slice(run.first_step, run.last_step - run.first_step + 1)
    steady = steps.filter(pl.col("kind") == "cc")
    if not len(steady):
        return 0.0
    first, last = int(steady["first_sample"][-1]), int(steady["last_sample"][-1])
    volts = voltage[first - run.first_sample : last - run.first_sample + 1]
    begin = _end_of_curve(volts)
    volts, seconds = volts[begin:], analysis.data.time_second[first + begin : last + 1]
    spread = float(np.var(volts))
    if len(volts) < 2 or spread == 0.0:
        return 0.0
    seconds_per_volt = float(np.mean((volts - volts.mean()) * (seconds - seconds.mean()))) / spread
    return abs(seconds_per_volt * float(steady["mean_current_ampere"][-1])) / SECONDS_PER_HOUR


def _end_of_curve(volts: Floats) -> int:
    """Return where the last part of the curve begins, over which its slope is taken."""
    away = np.flatnonzero(np.abs(volts - volts[-1]) > SLOPE_FRACTION * np.ptp(volts))
    begin = int(away[-1]) + 1 if len(away) else 0
    return max(0, min(begin, len(volts) - SLOPE_SAMPLES))
