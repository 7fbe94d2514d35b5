"""A simulated tester: its accuracy class, the errors drawn within it, noise and resolution.

``measured = true·(1 + gain) + offset + noise``, then rounded to the resolution. Gain and offset are
drawn once per tester, uniform within the limits of its class; noise is drawn for every recorded
sample. The tester decides (ends of steps, control of current and voltage) and counts (Ah, Wh) on
``true·(1 + gain) + offset``: it averages many conversions for those, so neither carries the noise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import floor, log10
from typing import Final

import numpy as np

from hwan.core import UNKNOWN, AccuracyClass, Instrument, TapAccuracy
from hwan.synthetic._checks import positive
from hwan.synthetic._ocv import Array

CELL_TAP_GAIN: Final = 5e-4
CELL_TAP_OFFSET_VOLT: Final = 5e-4
TAPS: Final = TapAccuracy(
    "synthetic/taps", CELL_TAP_GAIN, CELL_TAP_OFFSET_VOLT, "hwan.synthetic: limits of the simulated taps"
)


@dataclass(frozen=True, slots=True)
class Tester:
    """One channel with its drawn errors, which a real laboratory would never know.

    Parameters
    ----------
    instrument
        What the laboratory knows: range, class, limits of the taps.
    current_gain, current_offset_ampere, voltage_gain, voltage_offset_volt
        Drawn errors of the channel.
    current_noise_ampere, voltage_noise_volt, cell_voltage_noise_volt, temperature_noise_kelvin
        Standard deviation of the white noise of one sample.
    current_resolution_ampere, voltage_resolution_volt, cell_voltage_resolution_volt
        Rounding steps of what is recorded; 0 records every digit.
    temperature_resolution_kelvin, counter_resolution
        Likewise; the last is in Ah and in Wh.
    tick_second
        Steps end on multiples of this time; 0 ends them at the instant.
    temperature_offset_kelvin
        Drawn error of every temperature sensor.
    cell_voltage_gains, cell_voltage_offsets_volt
        Drawn errors of the cell taps of a pack; empty for a cell, whose tap is the channel itself.
    """

    __test__ = False  # the field's word; not a test case of pytest

    instrument: Instrument
    current_gain: float = 0.0
    current_offset_ampere: float = 0.0
    voltage_gain: float = 0.0
    voltage_offset_volt: float = 0.0
    current_noise_ampere: float = 0.0
    voltage_noise_volt: float = 0.0
    cell_voltage_noise_volt: float = 0.0
    temperature_noise_kelvin: float = 0.0
    current_resolution_ampere: float = 0.0
    voltage_resolution_volt: float = 0.0
    cell_voltage_resolution_volt: float = 0.0
    temperature_resolution_kelvin: float = 0.0
    counter_resolution: float = 0.0
    tick_second: float = 0.0
    temperature_offset_kelvin: float = 0.0
    cell_voltage_gains: tuple[float, ...] = field(default=(), repr=False)
    cell_voltage_offsets_volt: tuple[float, ...] = field(default=(), repr=False)

    @classmethod
    def perfect(cls) -> Tester:
        """Return a tester without any error, noise, rounding or delay."""
        return cls(Instrument(id="synthetic-perfect", maker="hwan synthetic", model="perfect"))

    @classmethod
    def draw(
        cls,
        seed: int | Sequence[int],
        *,
        current_range_ampere: float = 75.0,
        voltage_range_volt: float = 5.0,
        accuracy: AccuracyClass | None = None,
        cell_taps: int = 0,
    ) -> Tester:
        """Draw one tester of a class.

        Parameters
        ----------
        seed
            Seed of the generator.
        current_range_ampere, voltage_range_volt
            Ranges; noise (5e-5 and 2e-5 of range) and resolution (a power of ten) follow from them.
        accuracy
            Class; without it :func:`accuracy_class` of these ranges.
        cell_taps
            Number of cell voltage taps, each with errors of its own: gain within 5e-4, offset within 0.5 mV.
            The instrument states these limits.
        """
        accuracy = accuracy or accuracy_class(current_range_ampere, voltage_range_volt)
        random = np.random.default_rng(seed)
        return cls(
            _instrument(seed, current_range_ampere, voltage_range_volt, accuracy, cell_taps),
            within(random, accuracy.current_gain),
            within(random, accuracy.current_offset_ampere),
            within(random, accuracy.voltage_gain),
            within(random, accuracy.voltage_offset_volt),
            current_noise_ampere=5e-5 * current_range_ampere,
            voltage_noise_volt=2e-5 * voltage_range_volt,
            cell_voltage_noise_volt=1e-4,
            temperature_noise_kelvin=0.05,
            current_resolution_ampere=_decade(2e-5 * current_range_ampere),
            voltage_resolution_volt=_decade(2e-5 * voltage_range_volt),
            cell_voltage_resolution_volt=1e-4,
            temperature_resolution_kelvin=0.1,
            counter_resolution=1e-7,
            tick_second=0.1,
            temperature_offset_kelvin=within(random, 0.5),
            cell_voltage_gains=many_within(random, CELL_TAP_GAIN, cell_taps),
            cell_voltage_offsets_volt=many_within(random, CELL_TAP_OFFSET_VOLT, cell_taps),
        )


def accuracy_class(current_range_ampere: float, voltage_range_volt: float) -> AccuracyClass:
    """Return the class ``synthetic/0.05``: gains within 5e-4 of reading, offsets within 1e-4 of range.

    >>> accuracy_class(100.0, 5.0).voltage_offset_volt
    0.0005
    """
    positive("current_range_ampere", current_range_ampere)
    positive("voltage_range_volt", voltage_range_volt)
    return AccuracyClass(
        id="synthetic/0.05",
        current_gain=5e-4,
        current_offset_ampere=1e-4 * current_range_ampere,
        voltage_gain=5e-4,
        voltage_offset_volt=1e-4 * voltage_range_volt,
        source="hwan.synthetic: limits of the simulated tester",
    )


def _instrument(
    seed: int | Sequence[int], ampere: float, volt: float, accuracy: AccuracyClass, cell_taps: int
) -> Instrument:
    number = seed if isinstance(seed, int) else "-".join(str(part) for part in seed)
    return Instrument(
        id=f"synthetic-{number}",
        maker="hwan synthetic",
        model=accuracy.id,
        current_range_ampere=ampere,
        voltage_range_volt=volt,
        accuracy=accuracy,
        taps=TAPS if cell_taps else UNKNOWN,
    )


def within(random: np.random.Generator, limit: float) -> float:
    """Draw once, uniform between -`limit` and `limit`."""
    return float(random.uniform(-1, 1) * limit)


def many_within(random: np.random.Generator, limit: float, count: int) -> tuple[float, ...]:
    """Draw `count` times, each uniform between -`limit` and `limit`."""
    return tuple((random.uniform(-1, 1, count) * limit).tolist())


def _decade(value: float) -> float:
    return float(f"1e{floor(log10(value) + 1e-9)}")


@dataclass(frozen=True, slots=True)
class Errors:
    """Drawn errors of a batch of testers: channels of shape (strings, 1), taps (strings, series)."""

    current_gain: Array
    current_offset: Array
    voltage_gain: Array
    voltage_offset: Array
    cell_gain: Array
    cell_offset: Array

    def true_current(self, measured: Array | float) -> Array:
        """Return the current that flows when the tester sees `measured`, A."""
        return (measured - self.current_offset) / (1 + self.current_gain)

    def true_voltage(self, measured: Array | float) -> Array:
        """Return the voltage between the terminals when the tester sees `measured`, V."""
        return (measured - self.voltage_offset) / (1 + self.voltage_gain)

    def true_cell_voltage(self, measured: Array | float) -> Array:
        """Return the voltages of the cells when their taps see `measured`, V."""
        return (measured - self.cell_offset) / (1 + self.cell_gain)


def errors_of(testers: Sequence[Tester], series: int) -> Errors:
    """Return the errors of `testers`, one per string of `series` cells."""
    gains = [tester.cell_voltage_gains or (tester.voltage_gain,) * series for tester in testers]
    offsets = [tester.cell_voltage_offsets_volt or (tester.voltage_offset_volt,) * series for tester in testers]
    return Errors(
        np.array([[tester.current_gain] for tester in testers]),
        np.array([[tester.current_offset_ampere] for tester in testers]),
        np.array([[tester.voltage_gain] for tester in testers]),
        np.array([[tester.voltage_offset_volt] for tester in testers]),
        np.array(gains),
        np.array(offsets),
    )
