"""Where one step ends and the next begins, and where a CCCV step turns from current to voltage.

The tester's step number is believed where there is one. Otherwise the numbers decide: a change
between rest, charge and discharge, or a jump of the current that stays and that the voltage follows
(in a constant-voltage phase the current moves and the voltage does not). A cycle begins with a step:
without step numbers one begins wherever the tester's cycle number turns, in a rest as well. Such a rest
is two rests, as it is in a record with step numbers. Within a row of a change of the current the cycle
begins with that change: testers write the one or the other a row late.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from hwan.health._noise import CLEAR, resolution, typical_noise
from hwan.health._signals import Floats, Ints, Signals

REST_FRACTION: Final = 1e-3
"""Current below this fraction of the largest one is rest; a tester's zero is noise and offset."""
REST_FRACTION_MOST: Final = 1e-2
"""So far does the noise of a tester on too wide a range raise that limit."""
JUMP_FRACTION: Final = 0.05
"""A smaller relative change of current is regulation or noise, not a new step."""
HELD_FRACTION: Final = 5e-4
"""Voltage within this fraction of its end value counts as held: the regulation band of a cycler."""
CV_DECAY: Final = 0.9
"""In a constant-voltage phase the current falls at least to this fraction of its start."""
CV_ROWS: Final = 3
VOLTAGE_JUMP: Final = 1.5
"""An ohmic step is larger than the voltage's change before and after it, and than its resolution, by this factor."""
VOLTAGE_FLOOR: Final = 1e-5
"""...and larger than this fraction of the voltage: digits behind that are arithmetic."""
CC_SHARE: Final = 0.05
"""A constant-current share shorter than this part of a step is the regulator settling."""


def rest_current(current: Floats) -> float:
    """Return the current, in A, up to which a sample counts as rest; `current` is without spikes."""
    return rest_limit(typical_noise(current), float(np.abs(current).max()))


def rest_limit(noise: float, largest: float) -> float:
    """Return :func:`rest_current` by the typical noise and the largest current, both in A."""
    return float(np.clip(CLEAR * noise, REST_FRACTION * largest, REST_FRACTION_MOST * largest))


def segment_starts(data: Signals, current: Floats) -> Ints:
    """Return the index of the first sample of each step, shape (steps,), beginning with 0.

    `current` in A is that of `data` without spikes.
    """
    limit = rest_current(current)
    if data.step is None:
        changed = with_cycles(changes(current, data.voltage_volt, limit, least_response(data.voltage_volt)), data.cycle)
    else:
        changed = np.flatnonzero(np.diff(data.step)) + 1
    starts = np.concatenate(([0], changed)).astype(np.int64)
    held = constant_voltage_starts(data.time_second, data.voltage_volt, current, starts, limit)
    return np.union1d(starts, held)


def with_cycles(changed: Ints, cycle: Ints | None) -> Ints:
    """Return the changes and the turns of the cycle number; within a row they are one event, where the change is."""
    if cycle is None:
        return changed
    turned = np.flatnonzero(np.diff(cycle)) + 1
    near = np.concatenate((changed - 1, changed, changed + 1))
    return np.union1d(changed, turned[~np.isin(turned, near)])


def without_stale_starts(current: Floats, starts: Ints, limit: float | None = None) -> Floats:
    """Return the current in A with the second sample's where a step's first was taken before the current flowed.

    Such a first sample repeats the step before it; the integral would lose half an interval by it.
    `limit` in A is that of a rest where `current` is a part of the record.
    """
    ends = np.append(starts[1:], len(current))
    first = starts[1:][ends[1:] - starts[1:] >= 2]
    before, here, after = current[first - 1], current[first], current[first + 1]
    limit = rest_current(current) if limit is None else limit
    turns = _state(before, limit) != _state(after, limit)
    stale = first[(np.abs(here - before) < 0.5 * np.abs(after - before)) & turns]
    fresh = current.copy()
    fresh[stale] = current[stale + 1]
    return fresh


def _state(current: Floats, limit: float) -> Floats:
    """Return 1 where a sample charges, -1 where it discharges, 0 where it rests, by a limit in A."""
    state: Floats = np.sign(current) * (np.abs(current) > limit)
    return state


def changes(current: Floats, voltage: Floats, limit: float, least: float) -> Ints:
    """Return where the numbers begin a step, by the limit of a rest in A and the least response in V."""
    state = _state(current, limit)
    jumps = _lasting_jumps(current, voltage, least) & ((state[1:] != 0) | (state[:-1] != 0))
    return np.flatnonzero((np.diff(state) != 0) | jumps) + 1


def _lasting_jumps(current: Floats, voltage: Floats, least: float) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Mark i where the level changes between samples i and i+1 and stays: a spike returns at once."""
    step = np.diff(current)
    if len(step) < 3:
        return np.zeros(len(step), dtype=np.bool_)
    large = JUMP_FRACTION * np.maximum(np.abs(current[1:]), np.abs(current[:-1]))
    jump = (np.abs(step) > large) & _followed(step, np.diff(voltage), least)
    after, before = np.empty_like(step), np.empty_like(step)
    after[:-1], after[-1] = current[2:] - current[:-2], step[-1]
    before[1:], before[0] = after[:-1], step[0]
    half = 0.5 * np.abs(step)
    stays: np.ndarray[tuple[int], np.dtype[np.bool_]] = (
        jump & (after * np.sign(step) > half) & (before * np.sign(step) > half)
    )
    return stays


def _followed(step: Floats, response: Floats, least: float) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Mark where the voltage jumps with the current: the same way, and out of line with its neighbours."""
    size = np.abs(response)
    neighbour = np.zeros_like(size)
    neighbour[1:] = size[:-1]
    neighbour[:-1] = np.maximum(neighbour[:-1], size[1:])
    followed: np.ndarray[tuple[int], np.dtype[np.bool_]] = (step * response > 0) & (
        size > np.maximum(VOLTAGE_JUMP * neighbour, least)
    )
    return followed


def least_response(voltage: Floats) -> float:
    """Return the change of voltage, in V, that is neither noise nor one digit."""
    floor = VOLTAGE_FLOOR * float(np.abs(voltage).max())
    return max(CLEAR * typical_noise(voltage), VOLTAGE_JUMP * resolution(voltage), floor)


def constant_voltage_starts(time: Floats, voltage: Floats, current: Floats, starts: Ints, limit: float) -> Ints:
    """Return where a held voltage begins inside a step: the CC and CV share of a CCCV step.

    `current` in A is without spikes, `limit` in A that of a rest.
    """
    magnitude = np.abs(current)
    ends = np.append(starts[1:], len(current))
    largest = np.maximum.reduceat(magnitude, starts)
    decayed = (magnitude[ends - 1] < CV_DECAY * largest) & (ends - starts > CV_ROWS)
    decayed &= largest > limit
    parts = [slice(int(a), int(b)) for a, b in zip(starts[decayed], ends[decayed], strict=True)]
    turns = (_held_from(time[part], voltage[part], current[part]) for part in parts)
    found = [part.start + turn for part, turn in zip(parts, turns, strict=True) if turn is not None]
    return np.array(found, dtype=np.int64)


def _held_from(time: Floats, voltage: Floats, signed: Floats) -> int | None:
    """Return the first sample of the constant-voltage part of a step's samples, if it has one."""
    current = np.abs(signed)
    band = HELD_FRACTION * abs(voltage[-1])
    away = np.flatnonzero(np.abs(voltage - voltage[-1]) > band)
    held = int(away[-1]) + 1 if len(away) else 0
    if len(voltage) - held < CV_ROWS or current[-1] > CV_DECAY * current[held]:
        return None
    still_full = np.flatnonzero(current[held:] >= 0.98 * current[held])
    turn = held + int(still_full[-1]) + 1
    if turn >= len(voltage) or (voltage[-1] - voltage[0]) * signed[turn] <= band * current[turn]:
        return None
    return turn if time[turn] - time[0] > CC_SHARE * (time[-1] - time[0]) else None
