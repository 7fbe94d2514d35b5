"""What the tester is told to do: the steps of the capacity and resistance test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple, dataclass, fields
from typing import Literal

from hwan.core import Protocol
from hwan.synthetic._checks import at_most, positive

End = Literal["time", "voltage", "hold", "fraction"]


@dataclass(frozen=True, slots=True)
class Step:
    """One step.

    Parameters
    ----------
    name
        What it is for; truth is read off by it.
    word
        The tester's own word, recorded as ``step_type``.
    ends
        ``time`` after `value` seconds; ``voltage`` at the limit of the current's direction; ``hold``
        holds the upper voltage until the current is `value` (1/h, times rated capacity); ``fraction``
        at `value` times the charge of the discharge before.
    value
        Threshold of `ends`.
    rate_per_hour
        Current over rated capacity, 1/h; positive charges.
    dense_second
        Time from the step's beginning that is sampled densely.
    """

    name: str
    word: str
    ends: End
    value: float = 0.0
    rate_per_hour: float = 0.0
    dense_second: float = 0.0


@dataclass(frozen=True, slots=True)
class Programme:
    """The protocol and its figures; rates over rated capacity, times in seconds.

    Rest, charge at constant current to the upper voltage, hold until `hold_end_rate`, rest, discharge to
    the lower cut-off, rest, charge to `half` of the discharged charge, long rest, discharge pulse, rest,
    charge pulse, rest.

    References
    ----------
    The pulses follow the idea of the hybrid pulse power characterisation of the USABC manuals
    (INL/EXT-15-34184), with shorter rests.
    """

    rate_per_hour: float = 1 / 3
    hold_end_rate: float = 1 / 20
    rest_start_second: float = 300.0
    rest_full_second: float = 1800.0
    rest_empty_second: float = 1800.0
    half: float = 0.5
    rest_half_second: float = 3600.0
    pulse_second: float = 10.0
    discharge_pulse_rate: float = 1.0
    charge_pulse_rate: float = 0.75
    rest_pulse_second: float = 60.0
    sampling_second: float = 10.0
    dense_sampling_second: float = 0.1

    def __post_init__(self) -> None:
        for field, value in zip(fields(self), astuple(self), strict=True):
            positive(field.name, value)
        at_most("half", self.half, 0.8)
        at_most("rate_per_hour", self.rate_per_hour, 0.5)
        at_most("hold_end_rate", self.hold_end_rate, 0.5 * self.rate_per_hour)

    def steps(self) -> tuple[Step, ...]:
        """Return the steps, in order."""
        return tuple(self._steps())

    def _steps(self) -> Iterator[Step]:
        rate, pulse = self.rate_per_hour, self.pulse_second
        yield Step("rest_start", "Rest", "time", self.rest_start_second)
        yield Step("charge", "CC charge", "voltage", rate_per_hour=rate)
        yield Step("hold", "CV charge", "hold", self.hold_end_rate)
        yield Step("rest_full", "Rest", "time", self.rest_full_second)
        yield Step("discharge", "CC discharge", "voltage", rate_per_hour=-rate)
        yield Step("rest_empty", "Rest", "time", self.rest_empty_second)
        yield Step("charge_half", "CC charge", "fraction", self.half, rate)
        yield Step("rest_half", "Rest", "time", self.rest_half_second)
        yield Step("discharge_pulse", "CC discharge", "time", pulse, -self.discharge_pulse_rate, pulse)
        yield Step("rest_discharge_pulse", "Rest", "time", self.rest_pulse_second, 0.0, pulse)
        yield Step("charge_pulse", "CC charge", "time", pulse, self.charge_pulse_rate, pulse)
        yield Step("rest_charge_pulse", "Rest", "time", self.rest_pulse_second, 0.0, pulse)

    def protocol(self) -> Protocol:
        """Return the programme as core's noun, each step with its threshold."""
        intended = {
            f"{number:02d} {step.name}": f"{step.word}; rate {step.rate_per_hour:g}/h; {step.ends} {step.value:g}"
            for number, step in enumerate(self.steps(), 1)
        }
        return Protocol(id="hwan/synthetic-capacity-pulse", version="1", intended=intended)
