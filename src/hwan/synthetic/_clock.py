"""Clocks of the instruments beside the first channel, whose own clock is the true one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from hwan.synthetic._ocv import Array

T = TypeVar("T", float, Array)


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock that shows ``true·(1 + drift) + offset``; true is the time of the tester's first channel.

    Parameters
    ----------
    offset_second
        What it shows when the tester starts, s; above zero it was switched on before the tester.
    drift
        Its gain, a fraction.

    Examples
    --------
    >>> Clock(30.0, 1e-4).shown(1000.0), round(Clock(30.0, 1e-4).true(1030.1), 9)
    (1030.1, 1000.0)
    """

    offset_second: float = 0.0
    drift: float = 0.0

    def shown(self, true: T) -> T:
        """Return what the clock shows at `true`, s."""
        return true * (1 + self.drift) + self.offset_second

    def true(self, shown: T) -> T:
        """Return the true time at which the clock shows `shown`, s."""
        return (shown - self.offset_second) / (1 + self.drift)
