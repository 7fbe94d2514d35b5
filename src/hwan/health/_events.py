"""The moments of a test at which a pack's cells are compared: full, rested, empty, pulsed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from hwan.core import BatteryType
from hwan.health._analysis import Analysis
from hwan.health._cells import Cells, Floats
from hwan.health._discharge import Discharge, Run, discharges, reaching_cutoff
from hwan.health._readings import Readings, log_interval, readings_at
from hwan.health._resistance import Edge, edge_nearest_to_half

END_SECOND: Final = 30.0
REST_SECOND: Final = 120.0
PULSE_SECOND: Final = 10.0
PULSE_END_SECOND: Final = 5.0
BEFORE_PULSE_SECOND: Final = 30.0
LOG_READINGS: Final = 2
"""Fewer readings of a log within a pulse do not show when in it they were taken."""


@dataclass(frozen=True, slots=True)
class Events:
    """Readings of all cells at the moments a record has; None where it has none.

    `full` and `empty` end the last charge and discharge at their cut-offs; `rest_full` and `rest_empty`
    end the rests behind the same capacity test `test`, so that the four belong together.
    """

    full: Readings | None
    empty: Readings | None
    rest_full: Readings | None
    rest_empty: Readings | None
    test: Discharge | None
    pulse: Pulse | None


@dataclass(frozen=True, slots=True)
class Pulse:
    """Resistances in ohm of all cells by one pulse, with the readings before and in it."""

    edge: Edge
    before: Readings
    during: Readings
    current_ampere: float
    seconds: float

    @property
    def resistance_ohm(self) -> Floats:
        """Voltage step over current step, shape (cells,)."""
        found: Floats = (self.during.volts - self.before.volts) / self.current_ampere
        return found

    @property
    def noise_ohm(self) -> Floats:
        """Standard error of each resistance, shape (cells,)."""
        noise: Floats = np.hypot(self.before.noise_volt, self.during.noise_volt) / abs(self.current_ampere)
        return noise


def events_of(analysis: Analysis, cells: Cells, kind: BatteryType) -> Events:
    """Return the readings of all cells at the moments that this record has."""
    tests = [found for found in discharges(analysis, kind) if not found.lacking]
    test = tests[-1] if tests else None
    reached = reaching_cutoff(analysis, kind)
    charge = test.charged_by if test else _last(reached, "charge")
    discharge = test.run if test else _last(reached, "discharge")
    return Events(
        full=_at_end(analysis, cells, charge),
        empty=_at_end(analysis, cells, discharge),
        rest_full=_after(analysis, cells, charge) if test else None,
        rest_empty=_after(analysis, cells, discharge) if test else None,
        test=test,
        pulse=_pulse(analysis, cells, kind),
    )


def _last(found: tuple[Run, ...], direction: str) -> Run | None:
    return next((run for run in reversed(found) if run.direction == direction), None)


def _at_end(analysis: Analysis, cells: Cells, run: Run | None) -> Readings | None:
    if run is None:
        return None
    first = int(analysis.steps["first_sample"][run.last_step])
    return _heard(readings_at(analysis, cells, run.last_sample, first, END_SECOND))


def _heard(readings: Readings) -> Readings | None:
    """Return the readings, or None where every log was silent."""
    return readings if readings.heard else None


def _after(analysis: Analysis, cells: Cells, run: Run | None) -> Readings | None:
    """Return the readings at the end of the rest after a run; None where no rest follows."""
    following = analysis.steps.slice(run.last_step + 1, 1) if run else pl.DataFrame()
    if not len(following) or following["kind"][0] != "rest":
        return None
    last, first = int(following["last_sample"][0]), int(following["first_sample"][0])
    return _heard(readings_at(analysis, cells, last, first, REST_SECOND))


def _pulse(analysis: Analysis, cells: Cells, kind: BatteryType) -> Pulse | None:
    """Return the cells' resistances at `PULSE_SECOND` of the discharge, else charge, pulse nearest to half charge."""
    if LOG_READINGS * log_interval(analysis, cells) > PULSE_SECOND:
        return None  # each log would have read its cells at another moment of the pulse
    edge = edge_nearest_to_half(analysis, kind, "discharge") or edge_nearest_to_half(analysis, kind, "charge")
    if edge is None:
        return None
    data = analysis.data
    since = data.time_second - edge.start_second
    last = min(int(np.searchsorted(since, PULSE_SECOND * (1 + 1e-6), side="right")) - 1, edge.last_sample)
    if last <= edge.first_sample:
        return None
    before = readings_at(analysis, cells, edge.before_sample, edge.rest_first_sample, BEFORE_PULSE_SECOND)
    during = readings_at(analysis, cells, last, edge.first_sample, PULSE_END_SECOND)
    step = float(np.mean(data.current_ampere[during.first_sample : last + 1]) - data.current_ampere[edge.before_sample])
    if not step or not (before.heard and during.heard):
        return None
    pulse = Pulse(edge, before, during, step, float(since[last]))
    # A voltage that goes against the current shows no resistance: one of both signs is wrong.
    typical = pulse.resistance_ohm[np.isfinite(pulse.resistance_ohm)]
    return pulse if len(typical) and float(np.median(typical)) > 0 else None
