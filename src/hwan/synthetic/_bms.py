"""Battery management systems beside the tester: each reads its own cells, by its own clock and numbering.

``measured = true·(1 + gain) + offset + noise``, rounded to the resolution, as for the tester. The system
also ends the tester's steps, on the true reading of its taps without noise and rounding.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import accumulate, pairwise
from typing import Final

import numpy as np

from hwan.core import AccuracyClass, Instrument, TapAccuracy
from hwan.synthetic._checks import at_least, at_most, positive
from hwan.synthetic._clock import Clock
from hwan.synthetic._tester import many_within, within

LOG_CLASS: Final = "synthetic/bms"
SOURCE: Final = "hwan.synthetic: limits of the simulated battery management system"
TEMPERATURE_OFFSET_KELVIN: Final = 1.0
# Phases are whole milliseconds, so that the log's times are decimals.
PHASE_STEP_SECOND: Final = 1e-3


@dataclass(frozen=True, slots=True)
class Bms:
    """The battery management systems of a pack: how many, and the limits of their errors.

    Each log draws its own clock, phase of sampling and current sensor, and each tap its own gain and
    offset, uniform within the limits.

    Parameters
    ----------
    count
        Number of systems; the cells are shared out in order, as evenly as can be.
    sampling_second
        Interval of a log by its own clock, s.
    clock_offset_second, clock_drift
        Limits of what the clock shows when the tester starts (s), and of its gain; see :class:`Clock`.
    voltage_gain, voltage_offset_volt
        Limits of each tap.
    voltage_noise_volt, voltage_resolution_volt
        Standard deviation of the white noise of one reading, and its rounding step; 0 for none.
    current_gain, current_offset_ampere
        Limits of each system's current sensor.
    current_noise_ampere, current_resolution_ampere
        As of the voltage.

    Raises
    ------
    UsageError
        When a figure cannot be.
    """

    count: int = 2
    sampling_second: float = 1.0
    clock_offset_second: float = 120.0
    clock_drift: float = 5e-5
    voltage_gain: float = 5e-4
    voltage_offset_volt: float = 2e-3
    voltage_noise_volt: float = 3e-4
    voltage_resolution_volt: float = 1e-3
    current_gain: float = 5e-3
    current_offset_ampere: float = 0.2
    current_noise_ampere: float = 0.1
    current_resolution_ampere: float = 0.1

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            at_least(f"bms.{name}", value, 0)
        at_least("bms.count", self.count, 1)
        positive("bms.sampling_second", self.sampling_second)
        # The shortest programme takes longer, so that no log is empty.
        at_most("bms.clock_offset_second", self.clock_offset_second, 3600)
        at_most("bms.clock_drift", self.clock_drift, 0.01)

    def accuracy(self, cells: int) -> AccuracyClass:
        """Return the class of a log of `cells` cells, whose voltage is the sum of its taps."""
        return AccuracyClass(
            id=LOG_CLASS,
            current_gain=self.current_gain,
            current_offset_ampere=self.current_offset_ampere,
            voltage_gain=self.voltage_gain,
            voltage_offset_volt=self.voltage_offset_volt * cells,
            source=SOURCE,
        )

    def instrument(self, number: int, seed: int, cells: int) -> Instrument:
        """Return what is known of system `number` (from 1), which reads `cells` cells."""
        return Instrument(
            id=f"synthetic-{seed}-bms-{number}",
            maker="hwan synthetic",
            model=LOG_CLASS,
            voltage_range_volt=5.0 * cells,
            accuracy=self.accuracy(cells),
            taps=TapAccuracy(LOG_CLASS, self.voltage_gain, self.voltage_offset_volt, SOURCE),
        )


@dataclass(frozen=True, slots=True)
class DrawnBms:
    """One system with its drawn errors, which a real laboratory would never know.

    Parameters
    ----------
    limits
        Limits within which it was drawn.
    cells
        Numbers of its cells over the whole string, from 1; its log counts them from 1 again.
    clock
        What its log's times are by.
    phase_second
        What its clock shows at the log's first row, s.
    current_gain, current_offset_ampere, temperature_offset_kelvin
        Drawn errors of its sensors.
    voltage_gains, voltage_offsets_volt
        Drawn errors of its taps, one for each cell.
    """

    limits: Bms
    cells: range
    clock: Clock
    phase_second: float
    current_gain: float
    current_offset_ampere: float
    temperature_offset_kelvin: float
    voltage_gains: tuple[float, ...] = field(repr=False)
    voltage_offsets_volt: tuple[float, ...] = field(repr=False)

    def own_number(self, cell: int) -> int:
        """Return the number of string cell `cell` in the log; 0 when another system reads it."""
        return cell - self.cells.start + 1 if cell in self.cells else 0


def draw_systems(bms: Bms | None, seed: Sequence[int], series: int) -> tuple[DrawnBms, ...]:
    """Draw the systems of a string of `series` cells; none without `bms`."""
    return () if bms is None else tuple(_drawn(bms, np.random.default_rng(seed), series))


def _drawn(bms: Bms, random: np.random.Generator, series: int) -> Iterator[DrawnBms]:
    sizes = [len(part) for part in np.array_split(np.arange(series), bms.count)]
    for first, after in pairwise(accumulate(sizes, initial=1)):
        yield DrawnBms(
            limits=bms,
            cells=range(first, after),
            clock=Clock(within(random, bms.clock_offset_second), within(random, bms.clock_drift)),
            phase_second=_phase(random, bms.sampling_second),
            current_gain=within(random, bms.current_gain),
            current_offset_ampere=within(random, bms.current_offset_ampere),
            temperature_offset_kelvin=within(random, TEMPERATURE_OFFSET_KELVIN),
            voltage_gains=many_within(random, bms.voltage_gain, after - first),
            voltage_offsets_volt=many_within(random, bms.voltage_offset_volt, after - first),
        )


def _phase(random: np.random.Generator, interval: float) -> float:
    return float(np.floor(random.uniform(0, interval) / PHASE_STEP_SECOND) * PHASE_STEP_SECOND)
