"""Resistance at a stated time after the current began, by the curve through a pulse where it follows the samples.

R(t) = (V(t) − V_before)/I. :func:`hwan.health.dc_resistances` reads V(t) off the samples; here two pairs are fitted
to the pulse alone, as a filter and no claim on the cell, and V_before is the line through the last tenth of the rest
at its end. Where the curve leaves the samples by more than their noise, the reading stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from hwan.core import ErrorComponent
from hwan.health._analysis import Analysis
from hwan.health._levenberg import Floats
from hwan.health._noise import noise, resolution
from hwan.health._resistance import METHOD as READ
from hwan.health._resistance import Edge, resistance_at
from hwan.health._uncertainty import Figure
from hwan.health.pulses._curve import Curve, curve_of, spread_at
from hwan.health.pulses._estimate import estimated
from hwan.health.pulses._find import Pulse
from hwan.health.pulses._space import Grid, Space

FITTED: Final = "dc_resistance.curve"
LEAST_SAMPLES: Final = 8
REST_PART: Final = 0.1
"""Over so much of its age a rest goes straight: what relaxes after an age of t has time constants of about t."""
LEAST_RESTED: Final = 3
FOLLOWS: Final = 1.5
"""The residuals of a curve that follows the samples are at most this many times their noise."""
REPLACED: Final = ("noise", "current_noise", "rest_resolution")


@dataclass(frozen=True, slots=True)
class Filter:
    """The curve through one pulse from the rest voltage, its covariance, and the error of the rest voltage in ohm."""

    curve: Curve
    covariance: Floats
    rest_ohm: float


def resistance(analysis: Analysis, pulse: Pulse, curve: Filter | None, time_second: float) -> tuple[Figure, str] | None:
    """Return R in ohm `time_second` after the current began, and by which method; None where nobody can tell."""
    read = resistance_at(analysis, pulse.edge, time_second)
    if read is None or curve is None:
        return None if read is None else (read, READ)
    at = np.array([min(time_second, np.nextafter(pulse.width_second, 0.0))])
    value = float(curve.curve.volt(at)[0]) / pulse.current_ampere
    kept = [part for part in read.components if part.name not in REPLACED and _holds(part, pulse.edge)]
    own = "the record itself"
    parts = (
        *kept,
        ErrorComponent("curve", float(spread_at(curve.curve, curve.covariance, at)[0]), "normal", own),
        ErrorComponent("rest_voltage", curve.rest_ohm, "normal", own),
    )
    return Figure(value, parts), FITTED


def _holds(part: ErrorComponent, edge: Edge) -> bool:
    """Return whether a source of error of the reading is one of the curve as well."""
    return part.name != "sampling" or edge.start_half_width_second > 0


def filter_of(analysis: Analysis, pulse: Pulse) -> Filter | None:
    """Return the curve through a pulse; None where it has too few samples, or the curve does not follow them."""
    inside = (pulse.time_second >= 0) & (pulse.time_second < pulse.width_second)
    time, volt = pulse.time_second[inside], pulse.response_volt[inside]
    if len(time) < LEAST_SAMPLES or not pulse.steady or time[-1] <= time[0]:
        return None
    rest_volt, rest_spread = _rest_voltage(analysis, pulse)
    response = volt - (rest_volt - pulse.rest_voltage_volt)
    grid = Grid(time, pulse.width_second, "none")
    found = estimated(Space(grid), (response / pulse.current_ampere)[None])
    left = float(found.noise_ohm[0]) * abs(pulse.current_ampere)
    if left > FOLLOWS * max(noise(volt), resolution(volt) / np.sqrt(12)):
        return None
    curve = curve_of(grid, found, 0, pulse.current_ampere)
    return Filter(curve, found.covariance[0], rest_spread / abs(pulse.current_ampere))


def _rest_voltage(analysis: Analysis, pulse: Pulse) -> tuple[float, float]:
    """Return the voltage at the end of the rest in V, by a line through its last tenth, and its standard deviation."""
    data, last, start = analysis.data, pulse.edge.before_sample, pulse.edge.start_second
    first = int(np.searchsorted(data.time_second[: last + 1], start - REST_PART * pulse.rest_before_second))
    first = min(first, last)
    time, volt = data.time_second[first : last + 1] - start, data.voltage_volt[first : last + 1]
    white = max(noise(volt), noise(data.voltage_volt[pulse.edge.first_sample : pulse.last_sample + 1]))
    if len(time) < LEAST_RESTED or np.ptp(time) == 0:
        return float(volt[-1]), white
    design = np.stack((np.ones_like(time), time / np.ptp(time)), axis=1)
    inverse = np.linalg.inv(design.T @ design)
    return float((inverse @ design.T @ volt)[0]), white * float(np.sqrt(inverse[0, 0]))
