"""Everything but the seed: the parameters of one kind of test, and what a seed makes of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain

import numpy as np

from hwan.core import AccuracyClass, Battery, BatteryType
from hwan.synthetic._bms import Bms, DrawnBms, draw_systems
from hwan.synthetic._cells import Cells, Spread, draw_cells, in_parallel
from hwan.synthetic._channels import Channel, draw_channels, together
from hwan.synthetic._checks import at_least, at_most, positive
from hwan.synthetic._faults import Faults, worn
from hwan.synthetic._programme import Programme
from hwan.synthetic._tester import Tester

# Streams of one seed: what is drawn in one does not move the others.
CELLS, TESTER, NOISE, FAULTS, AMBIENT, SYSTEMS, LOG_NOISE, LOG_FAULTS, CHANNELS = range(9)


@dataclass(frozen=True, slots=True)
class Equipment:
    """What measures one string: channels in parallel, and battery management systems beside them."""

    channels: tuple[Channel, ...]
    systems: tuple[DrawnBms, ...] = ()

    @property
    def together(self) -> Tester:
        """The one tester that the battery feels: the current of all channels, the limits of its own systems."""
        felt = together(self.channels)
        if not self.systems:
            return felt
        return replace(
            felt,
            cell_voltage_gains=tuple(chain.from_iterable(each.voltage_gains for each in self.systems)),
            cell_voltage_offsets_volt=tuple(chain.from_iterable(each.voltage_offsets_volt for each in self.systems)),
        )


@dataclass(frozen=True, slots=True)
class Kind:
    """Parameters of one kind of test; `rated_capacity_ah` is of one cell."""

    chemistry: str
    rated_capacity_ah: float
    series: int
    parallel: int
    accuracy: AccuracyClass | None
    perfect: bool
    programme: Programme
    faults: Faults
    spread: Spread
    bms: Bms | None = None
    channels: int = 1

    def __post_init__(self) -> None:
        positive("rated_capacity_ah", self.rated_capacity_ah)
        at_least("parallel", self.parallel, 1)
        at_least("series", self.series, 1)
        # Wide columns have three digits.
        at_most("series", self.series, 999)
        at_least("channels", self.channels, 1)
        at_most("channels", self.channels, 16)
        if self.bms is not None:
            at_most("bms.count", self.bms.count, self.series)
        self.faults.check(self.series, self.bms.count if self.bms else 0)

    @property
    def string_capacity_ah(self) -> float:
        """Rated capacity of the string, Ah."""
        return self.rated_capacity_ah * self.parallel

    def cells(self, seed: int) -> Cells:
        """Draw the cells of one string, parallel ones as one."""
        count = self.series * self.parallel
        rated = self.rated_capacity_ah
        drawn = draw_cells([seed, CELLS], count, self.chemistry, rated_capacity_ah=rated, spread=self.spread)
        return worn(in_parallel(drawn, self.parallel), self.faults)

    def equipment(self, seed: int) -> Equipment:
        """Draw all that measures the string."""
        testers = [self._tester(seed, number) for number in range(self.channels)]
        longest = self.programme.rest_start_second / 2
        systems = draw_systems(self.bms, [seed, SYSTEMS], self.series)
        return Equipment(draw_channels(testers, [seed, CHANNELS], longest), systems)

    def _tester(self, seed: int, number: int) -> Tester:
        """Draw channel `number` (from 0), its ranges fit for its part of the string's current."""
        # A trailing 0 adds no entropy (numpy.random.SeedSequence): the first draws what a single one does.
        if self.perfect:
            return Tester.perfect()
        has_taps = self.series > 1 and self.bms is None and number == 0
        drawn = Tester.draw(
            [seed, TESTER, number],
            current_range_ampere=1.5 * self.string_capacity_ah / self.channels,
            voltage_range_volt=5.0 * self.series,
            accuracy=self.accuracy,
            cell_taps=self.series if has_taps else 0,
        )
        own = f"synthetic-{seed}-channel-{number + 1}" if number else f"synthetic-{seed}"
        return replace(drawn, instrument=replace(drawn.instrument, id=own))

    def type(self, cells: Cells) -> BatteryType:
        """Return ratings and window of the string."""
        curve = cells.open_circuit
        return BatteryType(
            chemistry=self.chemistry,
            rated_capacity_ah=self.string_capacity_ah,
            rated_energy_wh=self.string_capacity_ah * curve.nominal_volt * self.series,
            upper_voltage_volt=curve.upper_volt * self.series,
            lower_voltage_volt=curve.lower_volt * self.series,
            series_count=self.series,
            parallel_count=self.parallel,
            maker="hwan synthetic",
            model=f"{self.chemistry}-{self.string_capacity_ah:g}Ah-{self.series}S{self.parallel}P",
        )

    def ambient_celsius(self, seed: int) -> float:
        """Draw the true temperature around the battery, degC."""
        return float(np.random.default_rng([seed, AMBIENT]).uniform(23, 27))

    def battery(self, seed: int, cells: Cells) -> Battery:
        """Return the string as core's noun."""
        of = self.type(cells)
        return Battery(id=f"synthetic-{of.model}-{seed}", type=of, level="pack" if self.series > 1 else "cell")
