"""Charge between given voltages, of every run of a recording that passes all of them at the stated current."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from hwan.core import BatteryType, Recording, known_or
from hwan.health._analysis import Analysis, analyse
from hwan.health._resistance import charge_course
from hwan.health.rapid._protocol import RATE_TOLERANCE, Floats, PartialProtocol, Response

LEAST_SAMPLES: Final = 5


def partial_responses(recording: Recording, kind: BatteryType, protocol: PartialProtocol) -> tuple[Response, ...]:
    """Return what flowed between the protocol's voltages, for each step of constant current that passes them.

    Assumes that the step begins before the first of these voltages, so that each charge is whole. The voltage of a
    battery of several cells in series is divided by their number: the cells are taken as alike.

    Parameters
    ----------
    recording
        Samples with positive current charging.
    kind
        States the rated capacity and the cells in series.
    protocol
        Which voltages, in which direction, at which current.

    Returns
    -------
    tuple of Response
        Charges over rated capacity; empty when no step passes all voltages.
    """
    analysis = analyse(recording, kind)
    rated = known_or(kind.rated_capacity_ah, float("nan"))
    series = known_or(kind.series_count, 1)
    return tuple(_responses(analysis, protocol, rated, series))


def _responses(analysis: Analysis, protocol: PartialProtocol, rated_ah: float, series: int) -> Iterator[Response]:
    sign = 1.0 if protocol.direction == "charge" else -1.0
    rest = 0.0
    course: Floats | None = None
    for step in analysis.steps.iter_rows(named=True):
        rate = sign * step["mean_current_ampere"] / rated_ah
        if step["direction"] == protocol.direction and abs(rate - protocol.rate_per_hour) <= RATE_TOLERANCE * rate:
            course = charge_course(analysis) if course is None else course
            first, last = step["first_sample"], step["last_sample"] + 1
            volts = sign * analysis.data.voltage_volt[first:last] / series
            values = _between(
                sign * np.array(protocol.voltages_volt), volts, np.abs(course[first:last] - course[first])
            )
            if values is not None:
                degrees = analysis.temperature(first, last - 1)
                yield Response(values / rated_ah, degrees, rest, step["first_row"], step["last_row"])
        rest = rest + step["duration_second"] if step["direction"] == "none" else 0.0


def _between(marks: Floats, volts: Floats, charge_ah: Floats) -> Floats | None:
    """Return the charge from each mark to the next, None where the run does not pass them all; all rising."""
    rising = np.maximum.accumulate(volts)
    if len(volts) < LEAST_SAMPLES or rising[0] > marks[0] or rising[-1] < marks[-1]:
        return None
    # Where the voltage is held by noise, the first sample at a mark counts: np.interp wants rising marks.
    step = np.concatenate([[True], np.diff(rising) > 0])
    found: Floats = np.diff(np.interp(marks, rising[step], charge_ah[step]))
    return found
