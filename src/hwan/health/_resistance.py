"""DC resistance at stated times after the current steps on or off.

R(t) = (V(t) - V_before) / (I(t) - I_before), with V_before the last rested voltage. A resistance
carries its time, direction and state of charge in its Conditions: without them two laboratories
mean different things by the same word.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
import polars as pl

from hwan.core import (
    UNKNOWN,
    BatteryType,
    Conditions,
    ErrorComponent,
    Measurement,
    Recording,
    Refusal,
    Validation,
)
from hwan.health._analysis import Analysis, analyse
from hwan.health._counter import charge_increments
from hwan.health._discharge import discharges
from hwan.health._noise import noise, undithered
from hwan.health._signals import Floats
from hwan.health._uncertainty import Figure

METHOD: Final = "dc_resistance.step"
VERSION: Final = "1"
TIMES_SECOND: Final = (0.1, 1.0, 2.0, 5.0, 10.0, 18.0, 30.0, 60.0)
VALIDATION: Final = Validation("synthetic", 2000, "90 % interval on synthetic cells: bench/intervals.py")
REST_SAMPLES: Final = 5
"""So many last samples of a rest give the voltage before the pulse."""
REST_SECONDS: Final = 1.0
"""...but none older than this before the pulse: the voltage may still relax."""
START_TOLERANCE: Final = 0.5
"""The current must have begun, and a sample lie, within this part of the stated time, or R there is not known."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A current step from rest, positions in the arrays; `start_second` is when the current began."""

    before_sample: int
    first_sample: int
    last_sample: int
    rest_first_sample: int
    direction: str
    start_second: float
    start_half_width_second: float
    duration_second: float


def dc_resistances(recording: Recording, times_second: tuple[float, ...] = TIMES_SECOND) -> pl.DataFrame:
    """Return the DC resistance of every step from rest at each stated time.

    Assumes that the battery rested before; any constant current after a rest counts, a pulse or the
    beginning of a charge or discharge.

    Parameters
    ----------
    recording
        Samples with positive current charging; resolution in time finer than the stated times.
    times_second
        Times after the current began, in s.

    Returns
    -------
    polars.DataFrame
        ``direction``, ``pulse_time_second``, ``current_ampere``, ``resistance_ohm``, ``low_ohm`` and
        ``high_ohm`` (90 % interval), ``rest_before_second``, ``first_row``.
    """
    analysis = analyse(recording)
    rows = [_row(analysis, edge, time) for edge in edges(analysis) for time in times_second]
    return pl.DataFrame([row for row in rows if row], schema=_SCHEMA)


_SCHEMA: Final = {
    "direction": pl.String, "pulse_time_second": pl.Float64, "current_ampere": pl.Float64,
    "resistance_ohm": pl.Float64, "low_ohm": pl.Float64, "high_ohm": pl.Float64,
    "rest_before_second": pl.Float64, "first_row": pl.Int64,
}  # fmt: skip


def _row(analysis: Analysis, edge: Edge, time_second: float) -> dict[str, Any] | None:
    figure = resistance_at(analysis, edge, time_second)
    if figure is None:
        return None
    quantiles = {quantile.probability: quantile.value for quantile in figure.quantiles()}
    data = analysis.data
    return {
        "direction": edge.direction,
        "pulse_time_second": time_second,
        "current_ampere": float(data.current_ampere[edge.last_sample]),
        "resistance_ohm": figure.value,
        "low_ohm": quantiles[0.05],
        "high_ohm": quantiles[0.95],
        "rest_before_second": float(data.time_second[edge.before_sample] - data.time_second[edge.rest_first_sample]),
        "first_row": int(data.row[edge.first_sample]),
    }


def resistances_of(analysis: Analysis, kind: BatteryType) -> tuple[Measurement | Refusal, ...]:
    """Return, for each direction, R at each stated time of one pulse: the one nearest to half charge.

    Pulses go before the beginnings of long steps. Half charge is by the capacity test of the same
    recording where there is one, else by the middle of the charge that flowed.
    """
    found = tuple(edges(analysis))
    course = charge_course(analysis) if found else np.zeros(1)
    soc = _soc_course(analysis, kind, course)
    chosen = [_nearest_to_half(found, direction, course, soc) for direction in ("discharge", "charge")]
    measured = [
        measurement
        for edge in chosen
        if edge is not None
        for time in TIMES_SECOND
        if (measurement := _measurement(analysis, edge, time, soc)) is not None
    ]
    missing = Refusal("dc_resistance", "no_pulse_recorded", ("pulse after a rest",), "pulse_after_rest")
    return tuple(measured) or (missing,)


def edge_nearest_to_half(analysis: Analysis, kind: BatteryType, direction: str) -> Edge | None:
    """Return the pulse in `direction` nearest to half charge, else the beginning of a long step; None without one."""
    found = tuple(edges(analysis))
    if not found:
        return None
    course = charge_course(analysis)
    return _nearest_to_half(found, direction, course, _soc_course(analysis, kind, course))


def edges(analysis: Analysis) -> Iterator[Edge]:
    """Yield every constant current that follows a rest."""
    rows = analysis.steps.rows(named=True)
    for rest, step in pairwise(rows):
        if rest["kind"] == "rest" and step["kind"] in ("pulse", "cc"):
            yield _edge(analysis, rest, step)


def _edge(analysis: Analysis, rest: dict[str, Any], step: dict[str, Any]) -> Edge:
    data, before = analysis.data, rest["last_sample"]
    # The current began after the last sample that does not have it yet.
    without = step["first_sample"] if _is_stale(data.current_ampere, before, step) else before
    first = without + 1
    if data.step_time_second is not None:
        start, half = float(data.time_second[first] - data.step_time_second[first]), 0.0
    else:
        half = float(data.time_second[first] - data.time_second[without]) / 2
        start = float(data.time_second[first]) - half
    enough = int(np.searchsorted(data.time_second[first : step["last_sample"] + 1], start + 1.1 * max(TIMES_SECOND)))
    last = min(first + enough, step["last_sample"])
    duration = step["end_second"] - start
    return Edge(before, first, last, rest["first_sample"], step["direction"], start, half, duration)


def _is_stale(current: Floats, before: int, step: dict[str, Any]) -> bool:
    """Return whether the step's first sample still has the current from before it."""
    first = step["first_sample"]
    if first == step["last_sample"]:
        return False
    return bool(abs(current[first] - current[before]) < 0.5 * abs(current[first + 1] - current[before]))


def resistance_at(analysis: Analysis, edge: Edge, time_second: float) -> Figure | None:
    """Return R in ohm `time_second` after the current began; None where the record cannot tell.

    The step must last that long, with a sample at or before that time, and one near it.
    """
    data = analysis.data
    part = slice(edge.first_sample, edge.last_sample + 1)
    since = data.time_second[part] - edge.start_second
    if len(since) < 2 or since[-1] < time_second * (1 - 1e-6) or since[0] > time_second * (1 + 1e-6):
        return None
    nearest = float(np.abs(since - time_second).min())
    if max(edge.start_half_width_second, nearest) > START_TOLERANCE * time_second * (1 + 1e-6):
        return None
    voltage, current = data.voltage_volt[part], data.current_ampere[part]
    at = float(np.interp(time_second, since, voltage))
    rest = _rest_voltages(analysis, edge)
    step = float(np.interp(time_second, since, current)) - float(data.current_ampere[edge.before_sample])
    if step == 0.0:
        return None
    value = (at - float(rest.mean())) / step
    away = edge.start_half_width_second + nearest
    around = np.interp((time_second - away, time_second + away), since, voltage)
    parts = _components(analysis, edge, value, step, len(rest), voltage)
    sampling = ErrorComponent("sampling", float(np.ptp(around)) / 2 / abs(step), "uniform", "the record itself")
    return Figure(value, (*parts, sampling))


def _rest_voltages(analysis: Analysis, edge: Edge) -> Floats:
    """Return the last voltages of the rest: all within `REST_SECONDS` before its end."""
    data, last = analysis.data, edge.before_sample
    first = max(edge.rest_first_sample, last - REST_SAMPLES + 1)
    recent = data.time_second[first : last + 1] >= data.time_second[last] - REST_SECONDS
    voltages: Floats = data.voltage_volt[first : last + 1][recent]
    return voltages


def _components(
    analysis: Analysis, edge: Edge, value: float, step: float, rested: int, voltage: Floats
) -> tuple[ErrorComponent, ...]:
    data, accuracy = analysis.data, analysis.accuracy
    rest = data.voltage_volt[edge.rest_first_sample : edge.before_sample + 1]
    volts = noise(voltage, rest)
    amperes = noise(data.current_ampere[edge.first_sample : edge.last_sample + 1])
    own = "the record itself"
    return (
        analysis.shared("voltage_gain", accuracy.voltage_gain * value),
        analysis.shared("current_gain", -accuracy.current_gain * value),
        ErrorComponent("noise", volts * float(np.sqrt(1 + 1 / rested)) / abs(step), "normal", own),
        ErrorComponent("current_noise", value * amperes * float(np.sqrt(2)) / abs(step), "normal", own),
        ErrorComponent("resolution", undithered(voltage) / abs(step), "uniform", own),
        ErrorComponent("rest_resolution", undithered(rest) / abs(step), "uniform", own),
    )


SocCourse = Callable[[Edge], float] | None


def _nearest_to_half(found: tuple[Edge, ...], direction: str, course: Floats, soc: SocCourse) -> Edge | None:
    wanted = [edge for edge in found if edge.direction == direction]
    pulses = [edge for edge in wanted if edge.duration_second <= max(TIMES_SECOND)]
    middle = 0.5 * float(course.min() + course.max())

    def away(edge: Edge) -> float:
        return abs(soc(edge) - 0.5) if soc else abs(float(course[edge.first_sample]) - middle)

    return min(pulses or wanted, key=away, default=None)


def charge_course(analysis: Analysis) -> Floats:
    """Return the net charge in Ah since the first sample, shape (samples,).

    At the end of each step it is the sum of the steps' `charge_ah`: where their ends do not give the
    integral, a proven counter does, and what is missing flowed as the rest of the step's charge did.
    """
    starts = analysis.steps["first_sample"].to_numpy()
    added = charge_increments(analysis.data, starts)
    size = np.abs(added)
    last = analysis.steps["last_sample"].to_numpy()
    still = np.add.reduceat(size, starts) == 0
    size[last[still]] = 1.0
    missing = analysis.steps["charge_ah"].to_numpy() - np.add.reduceat(added, starts)
    per_size = missing / np.add.reduceat(size, starts)
    course: Floats = np.cumsum(added + size * np.repeat(per_size, last - starts + 1))
    return course


def _soc_course(analysis: Analysis, kind: BatteryType, course: Floats) -> SocCourse:
    """Return the state of charge at an edge by the recording's last capacity test; None without one."""
    tests = [each for each in discharges(analysis, kind) if not each.lacking]
    if not tests:
        return None
    run = tests[-1].run
    empty = course[run.last_sample]
    return lambda edge: float((course[edge.first_sample] - empty) / -run.charge_ah)


def _measurement(analysis: Analysis, edge: Edge, time_second: float, soc: SocCourse) -> Measurement | None:
    figure = resistance_at(analysis, edge, time_second)
    if figure is None:
        return None
    temperature = analysis.temperature(edge.first_sample, edge.last_sample)
    data = analysis.data
    conditions = Conditions(
        temperature_celsius=UNKNOWN if temperature is None else temperature,
        temperature_place=UNKNOWN if temperature is None else data.temperature_place,
        current_ampere=float(data.current_ampere[edge.last_sample]),
        direction="charge" if edge.direction == "charge" else "discharge",
        soc_basis="capacity_test" if soc else UNKNOWN,
        state_of_charge=soc(edge) if soc else UNKNOWN,
        rest_before_second=float(data.time_second[edge.before_sample] - data.time_second[edge.rest_first_sample]),
        pulse_time_second=time_second,
    )
    return Measurement(
        quantity="dc_resistance",
        value=figure.value,
        unit="ohm",
        quantiles=figure.quantiles(),
        conditions=conditions,
        method=METHOD,
        method_version=VERSION,
        components=figure.components,
        evidence=analysis.evidence(edge.before_sample, edge.last_sample),
        validation=VALIDATION,
    )
