"""Steps of a recording, recognised from the numbers, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from hwan.core import Recording
from hwan.health._counter import (
    CounterCheck,
    charge_increments,
    charge_limits,
    check_counter,
    energy_increments,
    energy_limits,
)
from hwan.health._noise import without_spikes
from hwan.health._segments import CV_DECAY, HELD_FRACTION, rest_current, segment_starts
from hwan.health._signals import Floats, Ints, Signals, signals

PULSE_LONGEST_SECOND: Final = 60.0
"""A constant current after a rest and not longer than this is a pulse."""
STEADY_FRACTION: Final = 0.1
"""Standard deviation of the current over its mean, up to which it is constant."""
KINDS: Final = ("rest", "cc", "cv", "pulse", "other")
_REASONS: Final = ("current_zero", "current_steady", "voltage_held", "short_after_rest", "current_varies")
_REST, _CC, _CV, _PULSE, _OTHER = range(5)


def steps(recording: Recording) -> pl.DataFrame:
    """Return one row per step.

    A step that the tester ran as one CCCV is two rows: its constant-current and its
    constant-voltage share. Assumes nothing about the protocol.

    The samples are held in memory, some 150 bytes a row. A recording of a lazy scan with many millions
    of rows goes through :func:`hwan.health.stream_recording` instead: the same table in one bounded pass,
    but for last digits, noise learnt from the first 524,288 rows, and CCCV steps of more than a million
    rows, which it leaves whole. For these three the choice is the caller's and not made here.

    Parameters
    ----------
    recording
        Any recording with time, voltage and current.

    Returns
    -------
    polars.DataFrame
        ``step_number`` from 1; ``tester_step`` and ``cycle_count`` as the tester numbered them (null
        where it did not); ``kind`` (rest, cc, cv, pulse, other) and ``reason``; ``direction``
        (charge, discharge, none); ``first_row`` and ``last_row`` in the source, both included; start,
        end and duration in s; first, last, lowest and highest voltage in V; first, last and mean
        current in A; ``charge_ah`` and ``energy_wh`` = ∫I·dt and ∫V·I·dt, positive when charging;
        ``counter_charge_ah`` and ``counter_energy_wh`` from the tester's counters (null without one
        whose scope is proven);
        mean temperature in °C.

        Where a record has only the start and the end of each step, these two cannot give the
        integral of a step whose current (or power) changes. There it is the proven counter over
        the ratio of counter to integral in the steps that their ends do give; and where the
        counter's last digit is too coarse for a short step, its counter is null.

    Raises
    ------
    hwan.core.ColumnProblem, hwan.core.NothingInside
        When there is nothing to compute on.
    """
    return step_table(signals(recording)).frame.drop("first_sample", "last_sample")


@dataclass(frozen=True, slots=True)
class StepTable:
    """The table of :func:`steps`, with positions in the arrays, and what its counters were worth."""

    frame: pl.DataFrame
    capacity_counter: CounterCheck | None
    energy_counter: CounterCheck | None


def step_table(data: Signals) -> StepTable:
    """Return the steps of arrays already read."""
    current = without_spikes(data.current_ampere, data.voltage_volt)
    starts = segment_starts(data, current)
    lasts = np.append(starts[1:], len(data)) - 1
    charge = np.add.reduceat(charge_increments(data, starts), starts)
    energy = np.add.reduceat(energy_increments(data, starts), starts)
    within, within_wh = charge_limits(data, starts, lasts), energy_limits(data, starts, lasts)
    capacity_counter = check_counter(data, data.capacity_counter, starts, lasts, charge, within)
    energy_counter = check_counter(data, data.energy_counter, starts, lasts, energy, within_wh)
    frame = pl.DataFrame(
        {
            **_names(data, current, starts, lasts),
            **_course(data, starts, lasts),
            "charge_ah": completed(charge, capacity_counter),
            "energy_wh": completed(energy, energy_counter),
            "counter_charge_ah": if_proven(capacity_counter, charge),
            "counter_energy_wh": if_proven(energy_counter, energy),
            "temperature_celsius": _temperature(data, starts),
            "first_sample": starts,
            "last_sample": lasts,
        },
        schema_overrides={"tester_step": pl.Int64, "cycle_count": pl.Int64}
        | dict.fromkeys(("counter_charge_ah", "counter_energy_wh", "temperature_celsius"), pl.Float64),
    )
    frame = frame.with_columns(pl.col("temperature_celsius", "counter_charge_ah", "counter_energy_wh").fill_nan(None))
    return StepTable(frame, capacity_counter, energy_counter)


def _names(data: Signals, current: Floats, starts: Ints, lasts: Ints) -> dict[str, Any]:
    """Return numbers, kind, reason, direction and rows of each step."""
    kind, direction = _classify(data, current, starts, lasts)
    return {
        "step_number": np.arange(1, len(starts) + 1, dtype=np.int64),
        "tester_step": None if data.step is None else data.step[starts],
        # Without step numbers a cycle's number may be a row late: the second row of the step has it.
        "cycle_count": None if data.cycle is None else data.cycle[np.minimum(starts + (data.step is None), lasts)],
        **told(kind, direction),
        "first_row": data.row[starts],
        "last_row": data.row[lasts],
    }


def told(kind: Ints, direction: Ints) -> dict[str, Any]:
    """Return kind, reason and direction of each step as words."""
    return {
        "kind": np.array(KINDS)[kind],
        "reason": np.array(_REASONS)[kind],
        "direction": np.array(("discharge", "none", "charge"))[direction + 1],
    }


def _course(data: Signals, starts: Ints, lasts: Ints) -> dict[str, Floats]:
    """Return times in s, voltages in V and currents in A of each step."""
    time, voltage, current = data.time_second, data.voltage_volt, data.current_ampere
    begin = np.append(time[:1], time[lasts[:-1]])
    return {
        "start_second": begin,
        "end_second": time[lasts],
        "duration_second": time[lasts] - begin,
        "first_voltage_volt": voltage[starts],
        "last_voltage_volt": voltage[lasts],
        "lowest_voltage_volt": np.minimum.reduceat(voltage, starts),
        "highest_voltage_volt": np.maximum.reduceat(voltage, starts),
        "first_current_ampere": current[starts],
        "last_current_ampere": current[lasts],
        "mean_current_ampere": _mean(current, starts, lasts),
    }


def if_proven(counter: CounterCheck | None, integrated: Floats) -> Floats | None:
    """Return what a counter read in each step, None without one whose scope is proven."""
    return counter.readings(integrated) if counter and counter.proven else None


def completed(integrated: Floats, counter: CounterCheck | None) -> Floats:
    """Return the integral per step, by a proven counter where the ends of a step do not give it."""
    return counter.completed(integrated) if counter and counter.proven else integrated


def _classify(data: Signals, cleaned: Floats, starts: Ints, lasts: Ints) -> tuple[Ints, Ints]:
    """Return kind and direction (-1, 0, 1) of each step, shapes (steps,); `cleaned` is the current in A."""
    current, voltage = without_stale_first(cleaned, starts, lasts), data.voltage_volt
    character = Character(
        lowest_ampere=np.minimum.reduceat(current, starts),
        highest_ampere=np.maximum.reduceat(current, starts),
        mean_ampere=_mean(current, starts, lasts),
        mean_square=_mean(current * current, starts, lasts),
        last_ampere=current[lasts],
        spread_volt=np.maximum.reduceat(voltage, starts) - np.minimum.reduceat(voltage, starts),
        last_volt=voltage[lasts],
        seconds=data.time_second[lasts] - data.time_second[starts],
    )
    return classified(character, rest_current(cleaned))


@dataclass(frozen=True, slots=True)
class Character:
    """What the kind of each step follows from, shapes (steps,).

    The current is without spikes and without a first sample taken too early; `seconds` from the
    first to the last sample.
    """

    lowest_ampere: Floats
    highest_ampere: Floats
    mean_ampere: Floats
    mean_square: Floats
    last_ampere: Floats
    spread_volt: Floats
    last_volt: Floats
    seconds: Floats


def classified(steps: Character, limit: float) -> tuple[Ints, Ints]:
    """Return kind and direction (-1, 0, 1) of each step, by the limit of a rest in A."""
    low, high, mean = steps.lowest_ampere, steps.highest_ampere, steps.mean_ampere
    largest = np.maximum(np.abs(low), np.abs(high))
    deviation = np.sqrt(np.maximum(steps.mean_square - mean * mean, 0.0))
    held = steps.spread_volt <= 2 * HELD_FRACTION * np.abs(steps.last_volt)
    decays = np.abs(steps.last_ampere) < CV_DECAY * largest
    rest = largest <= limit
    kind = np.full(len(mean), _OTHER, dtype=np.int64)
    kind[deviation <= STEADY_FRACTION * np.abs(mean)] = _CC
    kind[held & decays] = _CV
    kind[rest] = _REST
    after_rest = np.append([False], kind[:-1] == _REST)
    kind[(kind == _CC) & (steps.seconds <= PULSE_LONGEST_SECOND) & after_rest] = _PULSE
    one_sided = (low >= 0) | (high <= 0) | (kind != _OTHER)
    return kind, np.where(rest | ~one_sided, 0, np.sign(mean)).astype(np.int64)


def without_stale_first(current: Floats, starts: Ints, lasts: Ints) -> Floats:
    """Return the current in A with the first sample of each step as the second: some testers take it too early.

    Of steps of two samples nobody can tell.
    """
    several = starts[lasts - starts >= 2]
    fresh = current.copy()
    fresh[several] = current[several + 1]
    return fresh


def _mean(values: Floats, starts: Ints, lasts: Ints) -> Floats:
    mean: Floats = np.add.reduceat(values, starts) / (lasts - starts + 1)
    return mean


def _temperature(data: Signals, starts: Ints) -> Floats | None:
    """Return the mean temperature of each step in °C, NaN where none was recorded in it."""
    if data.temperature_celsius is None:
        return None
    known = np.isfinite(data.temperature_celsius)
    total = np.add.reduceat(np.where(known, data.temperature_celsius, 0.0), starts)
    count = np.add.reduceat(known.astype(np.float64), starts)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
