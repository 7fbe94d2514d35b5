"""Power that a cell can give or take for ten seconds between its voltage limits, and at most a stated current.

With the voltage before the pulse U and R(10 s) the current that brings the cell to the limit is |U − U_limit|/R, and
the power there U_limit times that current (FreedomCAR manual, DOE/ID-11069, 2003; IEC 62660-1). A lower limit of
current binds first where it is stated.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from hwan.core import UNKNOWN, BatteryType, ErrorComponent, Finding, Measurement, Refusal, Unknown, Validation, is_known
from hwan.health._analysis import Analysis
from hwan.health._noise import noise
from hwan.health._uncertainty import Figure
from hwan.health.pulses._find import Pulse

POWER_SECOND: Final = 10.0
QUANTITY: Final = "power_capability"
BY_VOLTAGE: Final = "pulse_power.voltage_limit"
BY_CURRENT: Final = "pulse_power.current_limit"
VERSION: Final = "1"
FAR: Final = 2.0
"""A current this many times the pulse's is told as extrapolated: resistance falls and diffusion limits with current."""


@dataclass(frozen=True, slots=True)
class PowerLimits:
    """Voltages in V and currents in A, both as sizes, between which a cell may be used; None where none is stated."""

    upper_voltage_volt: float | None = None
    lower_voltage_volt: float | None = None
    charge_ampere: float | None = None
    discharge_ampere: float | None = None

    def of(self, direction: str) -> tuple[float | None, float | None]:
        """Return the limits of voltage and current that bind in a direction."""
        if direction == "charge":
            return self.upper_voltage_volt, self.charge_ampere
        return self.lower_voltage_volt, self.discharge_ampere


def limits_of(
    kind: BatteryType, charge_ampere: float | None = None, discharge_ampere: float | None = None
) -> PowerLimits:
    """Return the limits that a type states, with limits of current beside them."""
    upper = kind.upper_voltage_volt if is_known(kind.upper_voltage_volt) else None
    lower = kind.lower_voltage_volt if is_known(kind.lower_voltage_volt) else None
    return PowerLimits(upper, lower, charge_ampere, discharge_ampere)


def power_of(
    analysis: Analysis, at_ten_seconds: Measurement | None, pulse: Pulse, limits: PowerLimits
) -> Measurement | Refusal:
    """Return the power for 10 s by one pulse, or what is missing for it."""
    direction, rest_voltage_volt = pulse.edge.direction, pulse.rest_voltage_volt
    voltage, current = limits.of(direction)
    if voltage is None:
        return Refusal(QUANTITY, "voltage_limits_unknown", ("voltage limits",), "state_voltage_limits")
    if at_ten_seconds is None:
        return Refusal(QUANTITY, "pulse_shorter_than_power", ("pulse",), "pulse_of_ten_seconds")
    resistance = at_ten_seconds.value
    if resistance <= 0:
        return Refusal(QUANTITY, "pulse_against_current", ("pulse",), "mend_the_sign")
    way = 1.0 if direction == "charge" else -1.0
    # Below half the rest voltage a cell gives less power, not more.
    bound = voltage if way > 0 else max(voltage, rest_voltage_volt / 2)
    possible = max(way * (bound - rest_voltage_volt) / resistance, 0.0)
    by_current = current is not None and current < possible
    ampere = min(possible, current) if current is not None else possible
    power = ampere * (rest_voltage_volt + way * ampere * resistance)
    per_ohm = way * ampere**2 if by_current else -power / resistance
    per_volt = ampere if by_current else -way * bound / resistance if possible else 0.0
    parts = tuple(replace(part, effect=part.effect * per_ohm) for part in at_ten_seconds.components)
    offset = analysis.shared("voltage_offset", analysis.accuracy.voltage_offset_volt * per_volt)
    white = noise(analysis.data.voltage_volt[pulse.edge.first_sample : pulse.last_sample + 1])
    rest = ErrorComponent("rest_voltage", white * per_volt, "normal", "the record itself")
    return _measurement(at_ten_seconds, Figure(power, (*parts, offset, rest)), limits, ampere, by_current=by_current)


def _measurement(
    source: Measurement, figure: Figure, limits: PowerLimits, ampere: float, *, by_current: bool
) -> Measurement:
    conditions = replace(
        source.conditions,
        current_ampere=ampere if source.conditions.direction == "charge" else -ampere,
        upper_cutoff_volt=_or_unknown(limits.upper_voltage_volt),
        lower_cutoff_volt=_or_unknown(limits.lower_voltage_volt),
    )
    used = abs(source.conditions.current_ampere) if is_known(source.conditions.current_ampere) else ampere
    far = Finding("power_extrapolated", "note", "current", {"ampere": ampere, "used_ampere": used})
    return Measurement(
        quantity=QUANTITY,
        value=figure.value,
        unit="W",
        quantiles=figure.quantiles(),
        conditions=conditions,
        method=BY_CURRENT if by_current else BY_VOLTAGE,
        method_version=VERSION,
        components=tuple(part for part in figure.components if part.effect),
        evidence=source.evidence,
        findings=(far,) if ampere > FAR * used else (),
        validation=Validation("synthetic", 16, "pulses of a simulated cell: bench/pulses.py"),
    )


def _or_unknown(value: float | None) -> float | Unknown:
    return UNKNOWN if value is None else value
