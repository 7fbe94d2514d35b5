"""Faults of files and of cells, planted where asked; each is plain in the recorded columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import polars as pl

from hwan.core import UsageError, cell_column
from hwan.synthetic._bms import DrawnBms
from hwan.synthetic._cells import Cells
from hwan.synthetic._checks import at_least, at_most, positive
from hwan.synthetic._ocv import Array
from hwan.synthetic._programme import Step

IN_FILES: Final = ("absent_cell", "sentinel_cell", "stuck_cell")
IN_CELLS: Final = ("weak_cell", "resistive_cell", "low_cell")
SENTINEL: Final = 999_999.0
# The highest number of 16 bit, in mV: what a battery management system sends for a cell that it cannot read.
CELL_SENTINEL_VOLT: Final = 65.535
CELL_SENTINEL_SHARE: Final = 0.01
# The state of charge to which the string is lifted when a low cell would begin below it.
LOWEST_SOC: Final = 0.02
CLOCK_JUMP_SECOND: Final = 120.0
CAPACITY_COUNTERS: Final = ("step_charging_capacity_ah", "step_discharging_capacity_ah")


@dataclass(frozen=True, slots=True)
class Faults:
    """What is wrong with the recorded files and with the cells; by default nothing.

    Faults of the files leave the truth that of the whole protocol; faults of the cells are in the truth.
    Cells are numbered from 1 over the whole string, whichever file has their columns; 0 is none.

    Parameters
    ----------
    sentinel_rows
        Number of rows of the tester's file whose voltage (of its second cell, where it has columns for
        cells) is 999999.
    nan_rows
        Number of rows of the tester's file whose voltage and current are NaN.
    dead_temperature
        The first temperature column of the battery is 0 throughout; with logs, that of the first log.
    absent_cell
        Number of the cell of a pack whose voltage column is all null.
    sentinel_cell
        Number of the cell of a pack that reads 65.535 V in one row of a hundred.
    stuck_cell
        Number of the cell of a pack whose voltage column repeats its first value.
    truncated_log
        The second log ends when 60 % of the discharge are done.
    current_sign_swapped
        Positive current discharges in the tester's file.
    current_in_milliampere, counters_in_milliampere_hour
        Values of the tester's file in a thousandth of the unit that the column says.
    truncated
        The tester's file ends when 60 % of the discharge's rows are written.
    missing_rest
        There is no rest between the full charge and the discharge.
    no_counters
        The tester's file has no columns of charge and energy.
    clock_backwards
        From half of the rows on the tester's clock is 120 s behind.
    weak_cell, weak_capacity
        Number of a cell (of parallel cells: of their group) and the factor on its capacity.
    resistive_cell, resistance_growth
        Number of a cell and the factor on its resistances.
    low_cell, low_soc
        Number of a cell and what its state of charge lacks at the start, a fraction.
    """

    sentinel_rows: int = 0
    nan_rows: int = 0
    dead_temperature: bool = False
    absent_cell: int = 0
    current_sign_swapped: bool = False
    current_in_milliampere: bool = False
    counters_in_milliampere_hour: bool = False
    truncated: bool = False
    missing_rest: bool = False
    no_counters: bool = False
    clock_backwards: bool = False
    sentinel_cell: int = 0
    stuck_cell: int = 0
    truncated_log: bool = False
    weak_cell: int = 0
    weak_capacity: float = 0.9
    resistive_cell: int = 0
    resistance_growth: float = 1.3
    low_cell: int = 0
    low_soc: float = 0.05

    def check(self, series: int, logs: int) -> None:
        """Raise a UsageError when a string of `series` cells with `logs` logs cannot have these faults."""
        for name in IN_FILES:
            at_least(name, getattr(self, name), 0)
            at_most(name, getattr(self, name), series if series > 1 else 0)
        for name in IN_CELLS:
            at_least(name, getattr(self, name), 0)
            at_most(name, getattr(self, name), series)
        for name in ("weak_capacity", "resistance_growth"):
            positive(name, getattr(self, name))
        at_most("weak_capacity", self.weak_capacity, 1.5)
        at_least("low_soc", self.low_soc, 0)
        at_most("low_soc", self.low_soc, 0.5)
        if self.truncated_log and logs < 2:
            raise UsageError("synthetic_fault", name="truncated_log", needed="bms.count >= 2", got=logs)

    def steps(self, steps: tuple[Step, ...]) -> tuple[Step, ...]:
        """Return the steps that the tester executes."""
        return tuple(step for step in steps if not (self.missing_rest and step.name == "rest_full"))


def worn(cells: Cells, faults: Faults) -> Cells:
    """Return the `cells` of one string with the faults that are in cells."""
    capacity, resistance = np.ones(cells.shape), np.ones(cells.shape)
    if faults.weak_cell:
        capacity[faults.weak_cell - 1] = faults.weak_capacity
    if faults.resistive_cell:
        resistance[faults.resistive_cell - 1] = faults.resistance_growth
    return replace(
        cells,
        charge_content_ah=cells.charge_content_ah * capacity,
        r0_ohm=cells.r0_ohm * resistance,
        r1_ohm=cells.r1_ohm * resistance,
        r2_ohm=cells.r2_ohm * resistance,
        rise_kelvin_per_square_ampere=cells.rise_kelvin_per_square_ampere * resistance,
        initial_soc=_unbalanced(cells.initial_soc, faults),
    )


def _unbalanced(soc: Array, faults: Faults) -> Array:
    if not faults.low_cell:
        return soc
    lowered = soc.copy()
    lowered[faults.low_cell - 1] -= faults.low_soc
    # The whole string begins higher rather than that the low cell lacks less than was asked.
    lifted: Array = lowered + max(0.0, LOWEST_SOC - float(lowered.min()))
    return lifted


def planted(whole: pl.DataFrame, faults: Faults, steps: tuple[Step, ...], seed: list[int]) -> pl.DataFrame:
    """Return the tester's frame with `faults`; `seed` chooses the rows of sentinels and of NaN."""
    random = np.random.default_rng(seed)
    samples = _truncated(whole, steps) if faults.truncated else whole
    samples = samples.with_columns(_scaled(samples, faults))
    samples = samples.with_columns(_overwritten(samples, faults, random))
    samples = _with_spoiled_cells(samples, faults, lambda cell: cell, random)
    return samples.drop(_counters(samples)) if faults.no_counters else samples


def planted_in_log(log: pl.DataFrame, faults: Faults, system: DrawnBms, seed: list[int]) -> pl.DataFrame:
    """Return the log of `system` with the `faults` that are in its part of the string."""
    found = _with_spoiled_cells(log, faults, system.own_number, np.random.default_rng(seed))
    first = cell_column(1, "temperature_celsius")
    return found.with_columns(pl.lit(0.0).alias(first)) if faults.dead_temperature and 1 in system.cells else found


def _with_spoiled_cells(
    samples: pl.DataFrame, faults: Faults, own_number: Callable[[int], int], random: np.random.Generator
) -> pl.DataFrame:
    """Return `samples` with the cells that are stuck, unreadable or absent, where it has their columns."""
    for fault, expression in (("stuck_cell", _stuck), ("sentinel_cell", _unreadable), ("absent_cell", _absent)):
        name = cell_column(own_number(getattr(faults, fault)), "voltage_volt")
        if name in samples.columns:
            samples = samples.with_columns(expression(name, samples.height, random))
    return samples


def _stuck(name: str, _: int, __: np.random.Generator) -> pl.Expr:
    return pl.col(name).first().alias(name)


def _unreadable(name: str, height: int, random: np.random.Generator) -> pl.Expr:
    rows = random.choice(height, max(1, int(CELL_SENTINEL_SHARE * height)), replace=False).tolist()
    return pl.when(pl.int_range(pl.len()).is_in(rows)).then(CELL_SENTINEL_VOLT).otherwise(pl.col(name)).alias(name)


def _absent(name: str, _: int, __: np.random.Generator) -> pl.Expr:
    return pl.lit(None, pl.Float64).alias(name)


def _truncated(samples: pl.DataFrame, steps: tuple[Step, ...]) -> pl.DataFrame:
    number = 1 + [step.name for step in steps].index("discharge")
    rows = (samples["step_count"] == number).arg_true()
    return samples.head(int(rows[int(0.6 * len(rows))]))


def _scaled(samples: pl.DataFrame, faults: Faults) -> Iterator[pl.Expr]:
    if faults.current_sign_swapped or faults.current_in_milliampere:
        sign = -1 if faults.current_sign_swapped else 1
        yield pl.col("current_ampere") * sign * (1000 if faults.current_in_milliampere else 1)
    if faults.counters_in_milliampere_hour:
        yield pl.col(CAPACITY_COUNTERS) * 1000
    if faults.clock_backwards:
        behind = pl.int_range(pl.len()) >= samples.height // 2
        yield pl.col("test_time_second") - behind.cast(pl.Float64) * CLOCK_JUMP_SECOND


def _overwritten(samples: pl.DataFrame, faults: Faults, random: np.random.Generator) -> Iterator[pl.Expr]:
    sentinels, blanks = _some_rows(samples, faults, random)
    broken = _second_cell_or_voltage(samples)
    for name in {broken, "voltage_volt", "current_ampere"}:
        column = pl.col(name)
        if name == broken and len(sentinels):
            column = pl.when(pl.int_range(pl.len()).is_in(sentinels)).then(SENTINEL).otherwise(column)
        if name in ("voltage_volt", "current_ampere") and len(blanks):
            column = pl.when(pl.int_range(pl.len()).is_in(blanks)).then(float("nan")).otherwise(column)
        yield column.alias(name)
    if faults.dead_temperature:
        yield pl.lit(0.0).alias(_first_temperature(samples))


def _some_rows(samples: pl.DataFrame, faults: Faults, random: np.random.Generator) -> tuple[list[int], list[int]]:
    count = min(faults.sentinel_rows, samples.height // 2), min(faults.nan_rows, samples.height // 2)
    chosen = random.choice(samples.height, sum(count), replace=False).tolist()
    return chosen[: count[0]], chosen[count[0] :]


def _second_cell_or_voltage(samples: pl.DataFrame) -> str:
    second = cell_column(2, "voltage_volt")
    return second if second in samples.columns else "voltage_volt"


def _first_temperature(samples: pl.DataFrame) -> str:
    first = cell_column(1, "temperature_celsius")
    return first if first in samples.columns else "surface_temperature_celsius"


def _counters(samples: pl.DataFrame) -> list[str]:
    return [name for name in samples.columns if name.startswith("step_") and name.endswith(("_ah", "_wh"))]
