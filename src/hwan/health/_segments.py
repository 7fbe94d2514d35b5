"""Where one step ends and the next begins, and where a CCCV step turns from current to voltage.

The tester's step number is believed where there is one. Otherwise the numbers decide: a change
between rest, charge and discharge, or a jump of the current that stays and that the voltage follows
(in a constant-voltage phase the current moves and the voltage does not).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from hwan.health._signals import Floats, Ints, Signals

REST_FRACTION: Final = 1e-3
"""Current below this fraction of the largest one is rest; a tester's zero is noise and offset."""
JUMP_FRACTION: Final = 0.05
"""A smaller relative change of current is regulation or noise, not a new step."""
HELD_FRACTION: Final = 5e-4
"""Voltage within this fraction of its end value counts as held: the regulation band of a cycler."""
CV_DECAY: Final = 0.9
"""In a constant-voltage phase the current falls at least to this fraction of its start."""
CV_ROWS: Final = 3
VOLTAGE_JUMP: Final = 1.5
"""An ohmic step is larger than the voltage's change before and after it by this factor."""
CC_SHARE: Final = 0.05
"""A constant-current share shorter than this part of a step is the regulator settling."""


def rest_current(current: Floats) -> float:
    """Return the current, in A, up to which a sample counts as rest."""
    magnitude = np.abs(current)
    largest = float(np.quantile(magnitude[:: max(1, len(magnitude) // 20_000)], 0.999))
    return REST_FRACTION * largest


def segment_starts(signals: Signals) -> Ints:
    """Return the index of the first sample of each step, shape (steps,), beginning with 0."""
    changed = _changes(signals) if signals.step is None else np.flatnonzero(np.diff(signals.step)) + 1
    starts = np.concatenate(([0], changed)).astype(np.int64)
    return np.union1d(starts, _constant_voltage_starts(signals, starts))


def _changes(signals: Signals) -> Ints:
    current, voltage = signals.current_ampere, signals.voltage_volt
    threshold = rest_current(current)
    state = np.sign(current) * (np.abs(current) > threshold)
    return np.flatnonzero((np.diff(state) != 0) | _lasting_jumps(current, voltage)) + 1


def _lasting_jumps(current: Floats, voltage: Floats) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Mark i where the level changes between samples i and i+1 and stays: a spike returns at once."""
    step = np.diff(current)
    if len(step) < 3:
        return np.zeros(len(step), dtype=np.bool_)
    large = JUMP_FRACTION * np.maximum(np.abs(current[1:]), np.abs(current[:-1]))
    jump = (np.abs(step) > large) & _followed(step, np.diff(voltage))
    after, before = np.empty_like(step), np.empty_like(step)
    after[:-1], after[-1] = current[2:] - current[:-2], step[-1]
    before[1:], before[0] = after[:-1], step[0]
    half = 0.5 * np.abs(step)
    stays: np.ndarray[tuple[int], np.dtype[np.bool_]] = (
        jump & (after * np.sign(step) > half) & (before * np.sign(step) > half)
    )
    return stays


def _followed(step: Floats, response: Floats) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Mark where the voltage jumps with the current: the same way, and out of line with its neighbours."""
    size = np.abs(response)
    neighbour = np.zeros_like(size)
    neighbour[1:] = size[:-1]
    neighbour[:-1] = np.maximum(neighbour[:-1], size[1:])
    followed: np.ndarray[tuple[int], np.dtype[np.bool_]] = (step * response > 0) & (size > VOLTAGE_JUMP * neighbour)
    return followed


def _constant_voltage_starts(signals: Signals, starts: Ints) -> Ints:
    """Return where a held voltage begins inside a step: the CC and CV share of a CCCV step."""
    current = np.abs(signals.current_ampere)
    ends = np.append(starts[1:], len(signals))
    largest = np.maximum.reduceat(current, starts)
    decayed = (current[ends - 1] < CV_DECAY * largest) & (ends - starts > CV_ROWS) & (largest > rest_current(current))
    found = (_held_from(signals, int(a), int(b)) for a, b in zip(starts[decayed], ends[decayed], strict=True))
    return np.array([index for index in found if index is not None], dtype=np.int64)


def _held_from(signals: Signals, start: int, end: int) -> int | None:
    """Return the first sample of the constant-voltage part of samples start..end-1, if it has one."""
    voltage, current = signals.voltage_volt[start:end], np.abs(signals.current_ampere[start:end])
    away = np.flatnonzero(np.abs(voltage - voltage[-1]) > HELD_FRACTION * abs(voltage[-1]))
    held = int(away[-1]) + 1 if len(away) else 0
    if end - start - held < CV_ROWS or current[-1] > CV_DECAY * current[held]:
        return None
    still_full = np.flatnonzero(current[held:] >= 0.98 * current[held])
    turn = held + int(still_full[-1]) + 1
    time = signals.time_second[start:end]
    settled = turn < len(time) - 1 and time[turn] - time[0] > CC_SHARE * (time[-1] - time[0])
    return start + turn if settled else None
