"""Pulse responses of a recording: every place where the pulses of a protocol stand in their order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
import polars as pl

from hwan.core import Recording
from hwan.health._steps import steps
from hwan.health.rapid._protocol import RATE_TOLERANCE, REST_TOLERANCE, PulseProtocol, Response

LONGEST_PULSE_SECOND: Final = 60.0
Row = dict[str, Any]


def pulse_responses(recording: Recording, rated_capacity_ah: float, protocol: PulseProtocol) -> tuple[Response, ...]:
    """Return every whole response to `protocol` in a recording, in the order of the test.

    Assumes one row at least at the beginning and at the end of every step, as testers write them; consecutive
    rests are one rest.

    Parameters
    ----------
    recording
        Samples with positive current charging, of one cell or of a module whose cells are in parallel.
    rated_capacity_ah
        What the rates of the protocol refer to.
    protocol
        Which pulses, in which order.

    Returns
    -------
    tuple of Response
        Empty when the recording has no such sequence.
    """
    found = _merged(steps(recording))
    pattern = [rate * rated_capacity_ah for rate in protocol.rates_per_hour]
    starts = (place for place, row in enumerate(found) if row["direction"] != "none" and place > 0)
    matches = (_match(found, place, pattern, protocol) for place in starts)
    return tuple(each for each in matches if each is not None)


def widths_seen(recording: Recording) -> tuple[float, ...]:
    """Return the lengths in s of the pulses between rests that a recording has, rounded, each once."""
    found = _merged(steps(recording))
    lengths = {
        float(f"{row['duration_second']:.2g}")
        for before, row in pairwise(found)
        if row["direction"] != "none"
        and before["direction"] == "none"
        and 0 < row["duration_second"] <= LONGEST_PULSE_SECOND
    }
    return tuple(sorted(lengths))


def _merged(table: pl.DataFrame) -> list[Row]:
    """Return the steps with consecutive rests made one."""
    rows: list[Row] = []
    for row in table.iter_rows(named=True):
        if rows and row["direction"] == rows[-1]["direction"] == "none":
            rows[-1] = _joined(rows[-1], row)
        else:
            rows.append(row)
    return rows


def _joined(first: Row, second: Row) -> Row:
    kept = ("last_row", "end_second", "last_voltage_volt")
    seconds = first["duration_second"] + second["duration_second"]
    return {**first, **{name: second[name] for name in kept}, "duration_second": seconds}


def _match(rows: Sequence[Row], place: int, currents: Sequence[float], protocol: PulseProtocol) -> Response | None:
    """Return the response that begins with the pulse at `place`, or None."""
    part = rows[place : place + 2 * len(currents)]
    before = rows[place - 1]
    if len(part) < 2 * len(currents) or before["direction"] != "none":
        return None
    for pulse, rest, current in zip(part[::2], part[1::2], currents, strict=True):
        if not (_is_pulse(pulse, current, protocol) and _is_rest(rest, protocol)):
            return None
    degrees = [row["temperature_celsius"] for row in part if row["temperature_celsius"] is not None]
    return Response(
        values=np.array(list(_voltages(before, part))),
        temperature_celsius=float(np.mean(degrees)) if degrees else None,
        rest_before_second=before["duration_second"],
        first_row=before["last_row"],
        last_row=part[-1]["last_row"],
    )


def _voltages(before: Row, part: Sequence[Row]) -> Iterator[float]:
    yield before["last_voltage_volt"]
    for row in part:
        yield from (row["first_voltage_volt"], row["last_voltage_volt"])


def _is_pulse(row: Row, current_ampere: float, protocol: PulseProtocol) -> bool:
    near = abs(row["mean_current_ampere"] - current_ampere) <= RATE_TOLERANCE * abs(current_ampere)
    return bool(near and row["direction"] != "none" and protocol.is_width(row["duration_second"]))


def _is_rest(row: Row, protocol: PulseProtocol) -> bool:
    """Return whether a rest is long enough; behind the last pulse a longer one follows in many programmes."""
    return bool(row["direction"] == "none" and row["duration_second"] >= (1 - REST_TOLERANCE) * protocol.rest_second)
