"""What follows from hand readings: self-discharge from open-circuit voltages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from hwan.core import OBSERVED, UNKNOWN, Observation, Unknown, UsageError, is_known

VOLTAGE: Final = "open_circuit_voltage"
SELF_DISCHARGE: Final = "self_discharge"
LEAST: Final = timedelta(hours=23)
"""A day, less the hour by which the second reading may come early: then the temperature of the room is near where
it was, and what is left of the relaxation after a test is small beside the step of a hand meter of 1 mV."""
DAY: Final = timedelta(days=1)


def with_self_discharge(observations: Sequence[Observation]) -> tuple[Observation, ...]:
    """Return the readings, and after them the self-discharge that two open-circuit voltages tell.

    The fall from the first to the last voltage over the time between them, in mV/day. It assumes that the battery
    rested, neither charged nor discharged nor balanced, from the first reading to the last; nothing in a sheet can
    prove that, but a voltage that rises in between disproves it.

    Parameters
    ----------
    observations
        Hand readings in any order, ``open_circuit_voltage`` in V with the time of each.

    Returns
    -------
    tuple of hwan.core.Observation
        The readings unchanged. Nothing is added where a self-discharge was read, where fewer than two voltages
        have a time, where the first and the last lie less than 23 h apart, where a voltage rises, or where they
        were read with instruments of different names (the difference of two meters is no self-discharge).
        What is added names everybody who read the voltages, the time of the last, and the instrument if it was one.

    Raises
    ------
    hwan.core.UsageError
        When some of the times have a time zone and others do not.

    Examples
    --------
    >>> from datetime import datetime
    >>> monday, friday = datetime(2026, 11, 16, 9), datetime(2026, 11, 20, 9)
    >>> readings = [
    ...     Observation("open_circuit_voltage", 3.652, "V", observed_at=monday),
    ...     Observation("open_circuit_voltage", 3.650, "V", observed_at=friday),
    ... ]
    >>> found = with_self_discharge(readings)[-1]
    >>> found.quantity, round(found.value, 6), found.unit
    ('self_discharge', 0.5, 'mV/day')
    """
    given = tuple(observations)
    if any(each.quantity == SELF_DISCHARGE and is_known(each.value) for each in given):
        return given
    voltages = _voltages(given)
    return (*given, *_derived(voltages)) if len(voltages) > 1 else given


Timed = tuple[datetime, float, Observation]


def _voltages(observations: Sequence[Observation]) -> list[Timed]:
    """Return the open-circuit voltages that have a time, earliest first."""
    found = [
        (each.observed_at, float(each.value), each)
        for each in observations
        if each.quantity == VOLTAGE
        and not isinstance(each.value, bool | Unknown)
        and not isinstance(each.observed_at, Unknown)
    ]
    _check_zones([when for when, _, _ in found])
    return sorted(found, key=lambda timed: timed[0])


def _check_zones(times: Sequence[datetime]) -> None:
    zoned = [when for when in times if when.utcoffset() is not None]
    if zoned and len(zoned) < len(times):
        bare = next(when for when in times if when.utcoffset() is None)
        raise UsageError("reading_times_differ", zoned=zoned[0].isoformat(), bare=bare.isoformat())


def _derived(voltages: Sequence[Timed]) -> tuple[Observation, ...]:
    (start, first, _), (end, last, _) = voltages[0], voltages[-1]
    readings = [each for _, _, each in voltages]
    instruments = {each.instrument_id for each in readings if is_known(each.instrument_id)}
    if end - start < LEAST or _rises(voltages) or len(instruments) > 1:
        return ()
    observers = dict.fromkeys(each.observer for each in readings if is_known(each.observer))
    fall = Observation(
        SELF_DISCHARGE,
        1000 * (first - last) / ((end - start) / DAY),
        OBSERVED[SELF_DISCHARGE].unit,
        observer=", ".join(map(str, observers)) or UNKNOWN,
        observed_at=end,
        instrument_id=next(iter(instruments), UNKNOWN),
    )
    return (fall,)


def _rises(voltages: Sequence[Timed]) -> bool:
    return any(later > earlier for (_, earlier, _), (_, later, _) in pairwise(voltages))
