"""Faults that real files have, planted where asked; each is plain in the recorded columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from hwan.core import cell_column
from hwan.synthetic._programme import Step

SENTINEL: Final = 999_999.0
CLOCK_JUMP_SECOND: Final = 120.0
CAPACITY_COUNTERS: Final = ("step_charging_capacity_ah", "step_discharging_capacity_ah")


@dataclass(frozen=True, slots=True)
class Faults:
    """What is wrong with the recorded file; by default nothing. The truth stays that of the whole protocol.

    Parameters
    ----------
    sentinel_rows
        Number of rows whose voltage (of a pack: of its second cell) is 999999.
    nan_rows
        Number of rows whose voltage and current are NaN.
    dead_temperature
        The first temperature column of the battery is 0 throughout.
    absent_cell
        1-based number of the cell of a pack whose voltage column is all null; 0 for none.
    current_sign_swapped
        Positive current discharges.
    current_in_milliampere, counters_in_milliampere_hour
        Values in a thousandth of the unit that the column says.
    truncated
        The recording ends when 60 % of the discharge's rows are written.
    missing_rest
        There is no rest between the full charge and the discharge.
    no_counters
        There are no columns of charge and energy.
    clock_backwards
        From half of the rows on the clock is 120 s behind.
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

    def steps(self, steps: tuple[Step, ...]) -> tuple[Step, ...]:
        """Return the steps that the tester executes."""
        return tuple(step for step in steps if not (self.missing_rest and step.name == "rest_full"))


def planted(whole: pl.DataFrame, faults: Faults, steps: tuple[Step, ...], seed: list[int]) -> pl.DataFrame:
    """Return the recorded frame with `faults`; `seed` chooses the rows of sentinels and of NaN."""
    samples = _truncated(whole, steps) if faults.truncated else whole
    samples = samples.with_columns(_scaled(samples, faults))
    samples = samples.with_columns(_overwritten(samples, faults, np.random.default_rng(seed)))
    return samples.drop(_counters(samples)) if faults.no_counters else samples


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
    if faults.absent_cell:
        yield pl.lit(None, pl.Float64).alias(cell_column(faults.absent_cell, "voltage_volt"))


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
