"""What a rapid test asks of a battery, and what the battery answered.

A pulse answers with four voltages: its first and its last, then the first and the last of the rest behind
it. With the voltage before the first pulse, n pulses give 1 + 4n of them, U1, U2, ... A partial charge or
discharge answers with the charge between given voltages, Q1, Q2, ...
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

WIDTH_TOLERANCE: Final = 0.05
"""A pulse this far from the stated width, relative, is still of that width; testers end a step a tick late."""
RATE_TOLERANCE: Final = 0.05
REST_TOLERANCE: Final = 0.2


@dataclass(frozen=True, slots=True)
class PulseProtocol:
    """Pulses of one width.

    Parameters
    ----------
    width_second
        Length of each pulse.
    rest_second
        Length of the rest behind each.
    rates_per_hour
        Current over rated capacity in 1/h, in the order of the test, positive when charging.
    """

    width_second: float
    rest_second: float
    rates_per_hour: tuple[float, ...]

    kind: Literal["pulses"] = "pulses"

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the turning points, in V, as published tables have them."""
        return tuple(f"U{number}" for number in range(1, 2 + 4 * len(self.rates_per_hour)))

    @property
    def seconds(self) -> float:
        """How long the pulses and their rests take."""
        return len(self.rates_per_hour) * (self.width_second + self.rest_second)

    def is_width(self, seconds: float) -> bool:
        """Return whether a step of `seconds` is a pulse of this width."""
        return abs(seconds - self.width_second) <= WIDTH_TOLERANCE * self.width_second


@dataclass(frozen=True, slots=True)
class PartialProtocol:
    """A part of a charge or discharge at constant current.

    Parameters
    ----------
    direction
        Whether the battery is charged or discharged.
    rate_per_hour
        Current over rated capacity in 1/h, above zero.
    voltages_volt
        Voltages between which charge is counted, in the order in which they are passed, of one cell.
    """

    direction: Literal["charge", "discharge"]
    rate_per_hour: float
    voltages_volt: tuple[float, ...]
    kind: Literal["partial"] = "partial"

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the charges, over rated capacity, between one voltage and the next."""
        return tuple(f"Q{number}" for number, _ in enumerate(pairwise(self.voltages_volt), start=1))


RapidProtocol = PulseProtocol | PartialProtocol


@dataclass(frozen=True, slots=True)
class Response:
    """What a battery answered to a protocol at one visit.

    `values` are those that the protocol names, shape (len(protocol.names),); rows count from 0, first and last
    included. `rest_before_second` is how long nothing flowed before it.
    """

    values: Floats
    temperature_celsius: float | None
    rest_before_second: float
    first_row: int
    last_row: int


PULSES_5_SECOND: Final = PulseProtocol(5.0, 75.0, (0.5, -0.5, 1.0, -1.0, 1.5))
"""The 5 s pulses of PulseBat, to the 1.5C charge pulse: U1 to U21."""
