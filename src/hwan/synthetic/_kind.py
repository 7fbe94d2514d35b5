"""Everything but the seed: the parameters of one kind of test, and what a seed makes of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from hwan.core import AccuracyClass, Battery, BatteryType
from hwan.synthetic._cells import Cells, Spread, draw_cells, in_parallel
from hwan.synthetic._checks import at_least, at_most, positive
from hwan.synthetic._faults import Faults
from hwan.synthetic._programme import Programme
from hwan.synthetic._tester import Tester

# Streams of one seed: what is drawn in one does not move the others.
CELLS, TESTER, NOISE, FAULTS, AMBIENT = range(5)


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

    def __post_init__(self) -> None:
        positive("rated_capacity_ah", self.rated_capacity_ah)
        at_least("parallel", self.parallel, 1)
        at_least("series", self.series, 1)
        # Wide columns have three digits.
        at_most("series", self.series, 999)
        at_most("absent_cell", self.faults.absent_cell, self.series if self.series > 1 else 0)

    @property
    def string_capacity_ah(self) -> float:
        """Rated capacity of the string, Ah."""
        return self.rated_capacity_ah * self.parallel

    def cells(self, seed: int) -> Cells:
        """Draw the cells of one string, parallel ones as one."""
        count = self.series * self.parallel
        rated = self.rated_capacity_ah
        drawn = draw_cells([seed, CELLS], count, self.chemistry, rated_capacity_ah=rated, spread=self.spread)
        return in_parallel(drawn, self.parallel)

    def tester(self, seed: int) -> Tester:
        """Draw the tester, its ranges fit for the string."""
        if self.perfect:
            return Tester.perfect()
        drawn = Tester.draw(
            [seed, TESTER],
            current_range_ampere=1.5 * self.string_capacity_ah,
            voltage_range_volt=5.0 * self.series,
            accuracy=self.accuracy,
            cell_taps=self.series if self.series > 1 else 0,
        )
        return replace(drawn, instrument=replace(drawn.instrument, id=f"synthetic-{seed}"))

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
