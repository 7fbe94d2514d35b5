"""Many pulses, on one time grid or on many: checked, put together by grid, estimated, and told as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from hwan.core import BadDefinition
from hwan.health._levenberg import Floats, Rows
from hwan.health._noise import typical_noise
from hwan.health.pulses._estimate import Estimates, estimated
from hwan.health.pulses._response import BACKGROUNDS, Background
from hwan.health.pulses._space import Grid, Space

LONGEST_SECOND: Final = 3600.0
"""A pulse longer than this is a step of another test, or its clock counts milliseconds."""
LEAST_PULSE_SAMPLES: Final = 5
MOST_SAMPLES: Final = 50_000
"""Samples of one pulse; a grid of more would need gigabytes, and tells no more."""
CLEAR: Final = 3.0
"""A mean response smaller than this many of its standard deviations is none."""
Curves = npt.NDArray[np.floating[Any]] | Sequence[npt.ArrayLike]
"""One array of numbers, or one array for each item."""
Key = tuple[bytes, float, float]


@dataclass(frozen=True, slots=True)
class Pulses:
    """Checked input: a time grid, a response in V, a current in A and a width in s for each item."""

    time_second: tuple[Floats, ...]
    response_volt: tuple[Floats, ...]
    current_ampere: Floats
    width_second: Floats
    rest_second: Floats
    background: Background

    def __len__(self) -> int:
        return len(self.response_volt)


@dataclass(frozen=True, slots=True)
class Fitted:
    """Items that share a grid, with what was estimated of them."""

    rows: Rows
    space: Space
    estimates: Estimates


def checked(
    time_second: Curves, response_volt: Curves, current_ampere: npt.ArrayLike, width_second: npt.ArrayLike,
    background: Background, rest_second: npt.ArrayLike = np.inf,
) -> Pulses:  # fmt: skip
    """Return the input as arrays.

    Raises
    ------
    BadDefinition
        When shapes, values or units cannot be those of a pulse.
    """
    if background not in BACKGROUNDS:
        raise BadDefinition("pulse_background_unknown", got=str(background), expected=", ".join(BACKGROUNDS))
    responses = tuple(np.asarray(each, dtype=np.float64) for each in response_volt)
    times = _times(time_second, len(responses))
    count = len(responses)
    current = _per_item(current_ampere, count, "current_ampere")
    width = _per_item(width_second, count, "pulse_second")
    seen: set[int] = set()
    for item, (time, response) in enumerate(zip(times, responses, strict=True)):
        _check_curve(item, time, response, check_time=id(time) not in seen)
        seen.add(id(time))
    _check_numbers(current, width)
    rest = _per_item(rest_second, count, "rest_before_second")
    if not (rest > 0).all():
        raise BadDefinition("pulse_rest", what="rest_before_second", got=float(rest.min()))
    return Pulses(times, responses, current, width, rest if background == "drift" else rest + np.inf, background)


def _times(time_second: Curves, count: int) -> tuple[Floats, ...]:
    """Return one grid per item; a single grid is shared, and stays one object."""
    if not len(time_second) or np.ndim(time_second[0]) == 0:
        return (np.asarray(time_second, dtype=np.float64),) * count
    times = tuple(np.asarray(each, dtype=np.float64) for each in time_second)
    if len(times) != count:
        raise BadDefinition("pulse_shapes", what="time_second", got=f"{len(times)}", expected=f"1 or {count}")
    return times


def _per_item(values: npt.ArrayLike, count: int, what: str) -> Floats:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim > 1 or (array.ndim == 1 and len(array) != count):
        raise BadDefinition("pulse_shapes", what=what, got=str(array.shape), expected=f"(), ({count},)")
    return np.array(np.broadcast_to(array, (count,)))


def _check_curve(item: int, time: Floats, response: Floats, *, check_time: bool) -> None:
    if time.ndim != 1 or response.shape != time.shape:
        raise BadDefinition(
            "pulse_shapes", what=f"response_volt[{item}]", got=str(response.shape), expected=str(time.shape)
        )
    if len(time) > MOST_SAMPLES:
        raise BadDefinition("pulse_too_long", what=f"time_second[{item}]", got=len(time), most=MOST_SAMPLES)
    _check_finite(f"response_volt[{item}]", response)
    if not check_time:
        return
    _check_finite(f"time_second[{item}]", time)
    if len(time) > 1 and (np.diff(time) < 0).any():
        raise BadDefinition("pulse_time_backwards", what=f"time_second[{item}]")


def _check_finite(what: str, values: Floats) -> None:
    count = int((~np.isfinite(values)).sum())
    if count:
        raise BadDefinition("pulse_not_finite", what=what, count=count)


def _check_numbers(current: Floats, width: Floats) -> None:
    bad = np.flatnonzero(~np.isfinite(current) | (current == 0))
    if len(bad):
        raise BadDefinition("pulse_without_current", what=f"current_ampere[{bad[0]}]", got=float(current[bad[0]]))
    bad = np.flatnonzero(~(width > 0) | ~(width <= LONGEST_SECOND))
    if len(bad):
        raise BadDefinition(
            "pulse_width", what=f"pulse_second[{bad[0]}]", got=float(width[bad[0]]), longest=LONGEST_SECOND
        )


def fitted(pulses: Pulses) -> tuple[Fitted, ...]:
    """Return the estimates of all items with enough samples, grid by grid."""
    return tuple(_fitted_group(pulses, rows) for rows in _groups(pulses).values() if _is_enough(pulses, int(rows[0])))


def _groups(pulses: Pulses) -> dict[Key, Rows]:
    """Return the items of each grid; a grid that is one object for many items is looked at once."""
    known: dict[int, bytes] = {}
    members: dict[Key, list[int]] = {}
    for item, time in enumerate(pulses.time_second):
        if id(time) not in known:
            known[id(time)] = time.tobytes()
        key = known[id(time)], float(pulses.width_second[item]), float(pulses.rest_second[item])
        members.setdefault(key, []).append(item)
    return {key: np.array(rows, dtype=np.intp) for key, rows in members.items()}


def _is_enough(pulses: Pulses, item: int) -> bool:
    return during(pulses, item) >= LEAST_PULSE_SAMPLES


def during(pulses: Pulses, item: int) -> int:
    """Return the number of samples while the current flows."""
    time = pulses.time_second[item]
    return int(((time >= 0) & (time < pulses.width_second[item])).sum())


def _fitted_group(pulses: Pulses, rows: Rows) -> Fitted:
    first = int(rows[0])
    width, rest = float(pulses.width_second[first]), float(pulses.rest_second[first])
    space = Space(Grid(pulses.time_second[first], width, pulses.background, rest))
    responses = np.stack([pulses.response_volt[row] for row in rows])
    return Fitted(rows, space, estimated(space, responses / pulses.current_ampere[rows, None]))


def refusals(pulses: Pulses, groups: Sequence[Fitted]) -> npt.NDArray[np.object_]:
    """Return the code of why an item has no answer, None where it has one."""
    codes = np.full(len(pulses), "pulse_too_few_samples", dtype=object)
    for group in groups:
        found = group.estimates
        codes[group.rows] = None
        total = found.instant_ohm[:, 0] + np.nansum(found.pair_ohm, axis=1)
        doubtful = (found.value[:, 0] < 0) | (total <= CLEAR * (found.high[:, 0] - found.value[:, 0]))
        for row in group.rows[doubtful]:
            codes[row] = _why_not(pulses, int(row))
    return codes


def _why_not(pulses: Pulses, item: int) -> str | None:
    """Return why the voltage of a pulse does not answer its current; None where it does."""
    time, response = pulses.time_second[item], pulses.response_volt[item]
    flows = (time >= 0) & (time < pulses.width_second[item])
    mean = float(response[flows].mean()) * float(np.sign(pulses.current_ampere[item]))
    doubt = CLEAR * typical_noise(response) / float(np.sqrt(flows.sum()))
    if abs(mean) <= doubt:
        return "pulse_no_response"
    return "pulse_against_current" if mean < 0 else None
