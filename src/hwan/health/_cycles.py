"""Cycles: charge and discharge that belong together."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from hwan.core import Recording
from hwan.health._signals import Ints, signals
from hwan.health._steps import step_table

EMPTY_FRACTION: Final = 0.02
"""A discharge that ends within this part of the voltage span above the lowest end has reached the cut-off."""
START_FRACTION: Final = 0.1
"""The same for the first voltage of a recording, which is relaxed and therefore higher."""
FLOW_FRACTION: Final = 0.05
"""A step with less than this part of the largest step's charge (a pulse) does not turn a cycle."""


def cycles(recording: Recording) -> pl.DataFrame:
    """Return one row per cycle.

    The tester's cycle number is kept where there is one. A step lies in one cycle: where the tester
    numbered no steps, one begins with each cycle, and a rest in which the number turns is two rests.
    Without the number a cycle begins with the first charge after a discharge; pulses do not count.
    A cycle is complete when it goes from empty through a charge to a discharge that reaches the
    cut-off; only then has it efficiencies.

    Parameters
    ----------
    recording
        Any recording with time, voltage and current.

    Returns
    -------
    polars.DataFrame
        ``cycle_number`` from 1, ``cycle_count`` (tester's, null without), ``complete``, ``first_row``
        and ``last_row`` in the source, charging and discharging capacity in Ah and energy in Wh (both
        positive), ``coulombic_efficiency`` and ``energy_efficiency`` (fractions, null if not complete).
    """
    return cycle_table(step_table(signals(recording)).frame)


def cycle_table(steps: pl.DataFrame) -> pl.DataFrame:
    """Return the table of :func:`cycles` for steps already made."""
    charge = pl.coalesce("counter_charge_ah", "charge_ah")
    energy = pl.coalesce("counter_energy_wh", "energy_wh")
    flow = pl.col("direction").filter(pl.col("direction") != "none")
    lowest = steps["lowest_voltage_volt"].min()
    return (
        steps.with_columns(cycle_number=pl.Series(cycle_numbers(steps)))
        .group_by("cycle_number", maintain_order=True)
        .agg(
            pl.col("cycle_count").first(),
            pl.col("first_row").first(),
            pl.col("last_row").last(),
            charging_capacity_ah=charge.clip(lower_bound=0).sum(),
            discharging_capacity_ah=(-charge).clip(lower_bound=0).sum(),
            charging_energy_wh=energy.clip(lower_bound=0).sum(),
            discharging_energy_wh=(-energy).clip(lower_bound=0).sum(),
            forward=(flow.first() == "charge") & (flow.last() == "discharge"),
            above_at_start=pl.col("first_voltage_volt").first() - lowest,
            above_at_end=pl.col("last_voltage_volt").filter(pl.col("direction") == "discharge").last() - lowest,
        )
        .with_columns(complete=_complete(_span(steps)))
        .with_columns(
            coulombic_efficiency=_ratio("discharging_capacity_ah", "charging_capacity_ah"),
            energy_efficiency=_ratio("discharging_energy_wh", "charging_energy_wh"),
        )
        .drop("forward", "above_at_start", "above_at_end")
    )


def _span(steps: pl.DataFrame) -> float:
    return float(steps["highest_voltage_volt"].to_numpy().max() - steps["lowest_voltage_volt"].to_numpy().min())


def _complete(span: float) -> pl.Expr:
    ended = pl.col("above_at_end") <= EMPTY_FRACTION * span
    began = pl.coalesce(ended.shift(1), pl.col("above_at_start") <= START_FRACTION * span)
    return (pl.col("forward") & ended & began).fill_null(value=False)


def _ratio(above: str, below: str) -> pl.Expr:
    return pl.when(pl.col("complete") & (pl.col(below) > 0)).then(pl.col(above) / pl.col(below))


def cycle_numbers(steps: pl.DataFrame) -> Ints:
    """Return the cycle that each step belongs to, counted from 1."""
    if steps["cycle_count"].null_count() == 0:
        counted = steps["cycle_count"].to_numpy()
        return np.append([0], np.cumsum(np.diff(counted) != 0)) + 1
    largest = steps["charge_ah"].abs().max()
    turns = pl.when(pl.col("charge_ah").abs() >= FLOW_FRACTION * pl.lit(largest)).then(pl.col("direction"))
    flow = steps.select(turns.replace({"none": None}).forward_fill().fill_null("none")).to_series()
    begins = (flow == "charge") & (flow.shift(1) == "discharge")
    return begins.fill_null(value=False).cum_sum().cast(pl.Int64).to_numpy() + 1
