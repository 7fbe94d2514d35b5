"""From tester files to calibration rows: the label by the full test, the responses by the rapid one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from hwan.cli._battery import Known, request
from hwan.cli._evaluate import Job, jobs_of
from hwan.cli._outcome import Failure
from hwan.cli._table import load_table
from hwan.cli._work import over
from hwan.core import BatteryType, InputError, Measurement, Recording, UsageError, is_known, known_or, stops
from hwan.health import analyse, capacity_of, joined, plausibility_of

if TYPE_CHECKING:
    from hwan.cli._calibrate_ask import Ask
    from hwan.health.rapid import RapidProtocol, Response

RATE_TOLERANCE: Final = 0.1
"""A full test this far from the stated rate, relative, is still of it."""
PASSED_BY_PULSES: Final = ("voltage_above_window", "voltage_below_window")
"""A pulse near full or empty leaves the window of the full test; that says nothing against the label."""
Row = dict[str, Any]


def frame_of_files(asked: Ask, protocol: RapidProtocol) -> tuple[pl.DataFrame | None, list[Failure]]:
    """Return one row per response of every cell, None without any, and the cells that gave none."""
    from hwan.cli._battery import known

    stated = asked.stated()
    jobs = load_table(asked.batteries, stated) if asked.batteries else jobs_of(asked.files or [], known(stated))
    reading = request(mapping=asked.mapping)

    def work(job: Job) -> list[list[Row]]:
        about = job.known()
        test = reading.test(job.files, about)
        return [list(_rows(job.name, joined(test), about, asked, protocol))]

    done = over(jobs, work, lambda job: job.source, asked.lang.value)
    rows = list(chain.from_iterable(done.results))
    return (pl.DataFrame(rows) if rows else None), done.failures


def _rows(
    name: str, recordings: Sequence[Recording], about: Known, asked: Ask, protocol: RapidProtocol
) -> Iterator[Row]:
    """Yield the rows of one cell.

    Raises
    ------
    hwan.core.InputError
        When the cell is of another type, or has no full test, no rapid one, or none at a fitting temperature.
    """
    _check_type(name, about, asked)
    health = _label(name, recordings, about.kind, asked)
    found = [each for recording in recordings for each in _responses(recording, about.kind, protocol)]
    if not found:
        raise InputError("calibrate_rapid_test_missing", source=name)
    low, high = asked.temperatures()
    degrees = [_temperature(each, about) for each in found]
    kept = [each for each, at in zip(found, degrees, strict=True) if at is not None and low <= at <= high]
    if not kept:
        seen = ", ".join(dict.fromkeys("–" if at is None else f"{at:.1f}" for at in degrees[:8]))
        raise InputError("calibrate_temperature_outside", source=name, got=seen, low=low, high=high)
    batch = {"batch": about.batch} if about.batch else {}
    for each in kept:
        yield {"cell": name, "soh": health, **batch, **dict(zip(protocol.names, map(float, each.values), strict=True))}


def _check_type(name: str, about: Known, asked: Ask) -> None:
    """Refuse a row of a table that says another type than the model is of."""
    kind, rated = about.kind, asked.rated_capacity_ah
    same = known_or(kind.rated_capacity_ah, 0.0) == rated and str(kind.chemistry) == asked.chemistry
    if not same:
        got = f"{kind.chemistry} {known_or(kind.rated_capacity_ah, 0.0):g} Ah"
        raise UsageError("calibrate_other_type", source=name, got=got, expected=f"{asked.chemistry} {rated:g} Ah")


def _label(name: str, recordings: Sequence[Recording], kind: BatteryType, asked: Ask) -> float:
    """Return the state of health by the last full test at the reference rate."""
    found: list[Measurement] = []
    for recording in recordings:
        analysis = analyse(recording, kind)
        wrong = [each for each in stops(plausibility_of(analysis, kind)) if each.code not in PASSED_BY_PULSES]
        if wrong:
            raise InputError("calibrate_record_not_plausible", source=name, finding=wrong[0].code)
        capacity = capacity_of(analysis, kind)
        found += [capacity] if isinstance(capacity, Measurement) else []
    if not found:
        raise InputError("calibrate_full_test_missing", source=name)
    rate = found[-1].conditions.rate_per_hour
    if is_known(rate) and abs(abs(rate) / asked.reference_rate - 1) > RATE_TOLERANCE:
        raise InputError("calibrate_full_test_rate", source=name, got=abs(rate), expected=asked.reference_rate)
    return found[-1].value / asked.rated_capacity_ah


def _responses(recording: Recording, kind: BatteryType, protocol: RapidProtocol) -> tuple[Response, ...]:
    from hwan.health.rapid import PulseProtocol, partial_responses, pulse_responses

    if isinstance(protocol, PulseProtocol):
        return pulse_responses(recording, known_or(kind.rated_capacity_ah, 0.0), protocol)
    return partial_responses(recording, kind, protocol)


def _temperature(response: Response, about: Known) -> float | None:
    """Return the temperature of a response, where none was recorded the stated one."""
    if response.temperature_celsius is not None:
        return response.temperature_celsius
    stated = [each.value for each in about.readings.observations if each.quantity.endswith("_temperature")]
    return float(stated[-1]) if stated and is_known(stated[-1]) else None
