"""One recording, prepared once for all methods."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import polars as pl

from hwan.core import UNKNOWN, AccuracyClass, BatteryType, ErrorComponent, Evidence, Finding, Recording
from hwan.health._accuracy import accuracy_of, instrument_key
from hwan.health._counter import SECONDS_PER_HOUR
from hwan.health._cycles import cycle_table
from hwan.health._noise import noise, resolution, undithered
from hwan.health._signals import Floats, Signals, signals
from hwan.health._steps import StepTable, step_table
from hwan.health._uncertainty import Figure

GAP_QUANTILE: Final = 0.9
GAP_FACTOR: Final = 10.0
"""A gap is longer than this many times the sampling interval that 90 % of the samples keep..."""
GAP_LEAST_SECOND: Final = 60.0
"""...and longer than this."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """Arrays, steps, cycles and instrument of one recording.

    `judged` keeps the discharges as they were judged for a type of battery, since many methods ask for them.
    """

    recording: Recording
    data: Signals
    table: StepTable
    cycles: pl.DataFrame
    accuracy: AccuracyClass
    instrument_key: str
    findings: tuple[Finding, ...]
    judged: dict[BatteryType, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def steps(self) -> pl.DataFrame:
        """The table of steps."""
        return self.table.frame

    def evidence(self, first_sample: int, last_sample: int) -> tuple[Evidence, ...]:
        """Return the source rows of a range of samples."""
        row = self.data.row
        return (Evidence(self.recording.id, int(row[first_sample]), int(row[last_sample])),)

    def shared(self, name: str, effect: float) -> ErrorComponent:
        """Return a component that is one draw of this instrument."""
        key = f"{self.instrument_key} {name}"
        return ErrorComponent(name, effect, "uniform", self.accuracy.id, key)

    def temperature(self, first_sample: int, last_sample: int) -> float | None:
        """Return the mean temperature in °C over samples, None where none was recorded."""
        values = self.data.temperature_celsius
        if values is None:
            return None
        part = values[first_sample : last_sample + 1]
        part = part[np.isfinite(part)]
        return float(part.mean()) if len(part) else None


def analyse(recording: Recording, kind: BatteryType | None = None) -> Analysis:
    """Read and prepare a recording; errors as in :func:`hwan.health.steps`. `kind` states the cells in series."""
    data = signals(recording, kind.series_count if kind else UNKNOWN)
    table = step_table(data)
    accuracy, findings = accuracy_of(recording, data)
    return Analysis(recording, data, table, cycle_table(table.frame), accuracy, instrument_key(recording), findings)


def voltage_step(recording: Recording) -> float:
    """Return the smallest change of voltage between neighbours in V: the record's resolution or less."""
    return resolution(signals(recording).voltage_volt)


def disagreement(steps: pl.DataFrame, integrated: str) -> float | None:
    """Return how far counter and integral are apart over `steps`; None where one has no proven counter."""
    counted = f"counter_{'charge_ah' if integrated == 'charge_ah' else 'energy_wh'}"
    if steps[counted].null_count():
        return None
    return abs(float(steps[counted].sum()) - float(steps[integrated].sum()))


def charge_figure(analysis: Analysis, first: int, last: int, charge_ah: float, counter_doubt: float | None) -> Figure:
    """Return a charge in Ah, positive when charging, over samples first..last with its sources of error.

    `counter_doubt` is how far counter and integral are apart, in Ah; None for an integral alone.
    """
    data, accuracy = analysis.data, analysis.accuracy
    current, interval = _over(data, data.current_ampere, first, last)
    hours = float(interval.sum()) / SECONDS_PER_HOUR
    parts = [
        analysis.shared("current_gain", accuracy.current_gain * charge_ah),
        analysis.shared("current_offset", accuracy.current_offset_ampere * hours),
        _own("noise", noise(current) * _root_sum_square_hours(interval), "normal"),
    ]
    if counter_doubt is None:
        parts += [_own("resolution", undithered(current) * hours, "uniform"), *_unseen(current, interval)]
    else:
        parts.append(_own("counter_against_integral", counter_doubt, "uniform"))
    return Figure(charge_ah, tuple(parts))


def energy_figure(
    analysis: Analysis, first: int, last: int, charge_ah: float, energy_wh: float, counter_doubt: float | None
) -> Figure:
    """Return an energy in Wh, positive when charging, as :func:`charge_figure`."""
    data, accuracy = analysis.data, analysis.accuracy
    voltage, interval = _over(data, data.voltage_volt, first, last)
    power, _ = _over(data, data.voltage_volt * data.current_ampere, first, last)
    volt_hours = float(voltage @ interval) / SECONDS_PER_HOUR
    parts = [
        analysis.shared("current_gain", accuracy.current_gain * energy_wh),
        analysis.shared("current_offset", accuracy.current_offset_ampere * volt_hours),
        analysis.shared("voltage_gain", accuracy.voltage_gain * energy_wh),
        analysis.shared("voltage_offset", accuracy.voltage_offset_volt * charge_ah),
        _own("noise", noise(power) * _root_sum_square_hours(interval), "normal"),
    ]
    if counter_doubt is None:
        parts += _unseen(power, interval)
    else:
        parts.append(_own("counter_against_integral", counter_doubt, "uniform"))
    return Figure(energy_wh, tuple(parts))


def _unseen(rate: Floats, interval: Floats) -> tuple[ErrorComponent, ...]:
    """Return what an integral cannot see: the course between samples, and what happened in gaps."""
    missing = float(np.abs(rate) @ np.where(gaps(interval), interval, 0.0)) / SECONDS_PER_HOUR
    return _own("sampling", _sampling(rate, interval), "uniform"), _own("gap", missing, "uniform")


def unseen_share(analysis: Analysis) -> float:
    """Return how far an integral over the whole record can be off for want of samples, over the throughput."""
    data = analysis.data
    throughput = float(np.abs(analysis.steps["charge_ah"].to_numpy()).sum())
    current, interval = _over(data, data.current_ampere, 0, len(data) - 1)
    return _sampling(current, interval) / throughput if throughput else 0.0


def gaps(interval: Floats) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Mark the intervals in s that are far longer than the sampling: nobody knows what flowed in them."""
    usual = float(np.quantile(interval, GAP_QUANTILE)) if len(interval) else 0.0
    long: np.ndarray[tuple[int], np.dtype[np.bool_]] = interval > max(GAP_FACTOR * usual, GAP_LEAST_SECOND)
    return long


def _own(name: str, effect: float, distribution: str) -> ErrorComponent:
    return ErrorComponent(name, effect, "normal" if distribution == "normal" else "uniform", "the record itself")


def _over(data: Signals, values: Floats, first: int, last: int) -> tuple[Floats, Floats]:
    """Return values of samples first..last and the seconds since the sample before each."""
    begin = max(first - 1, 0)
    interval = np.maximum(np.diff(data.time_second[begin : last + 1]), 0.0)
    return values[last + 1 - len(interval) : last + 1], interval


def _root_sum_square_hours(interval: Floats) -> float:
    return float(np.sqrt(interval @ interval)) / SECONDS_PER_HOUR


def _sampling(rate: Floats, interval: Floats) -> float:
    """Return how far the trapezoid can be from any monotone course between the samples."""
    if len(rate) < 2:
        return 0.0
    return float(np.abs(np.diff(rate)) @ interval[1:]) / 2 / SECONDS_PER_HOUR
