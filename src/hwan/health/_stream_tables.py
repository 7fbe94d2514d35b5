"""From the figures of a pass to the tables of steps, cycles and throughput."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
import polars as pl

from hwan.health._counter import ENDS, CounterCheck, charge_limits, check_counter, energy_limits
from hwan.health._cycles import cycle_numbers, cycle_table
from hwan.health._signals import Counter, Floats, Signals
from hwan.health._steps import Character, classified, completed, if_proven, told
from hwan.health._stream_figures import Rows, merged
from hwan.health._stream_pass import Pass

_COURSE: Final = {
    "first_row": "first_row", "last_row": "last_row", "start_second": "begin_second", "end_second": "end_second",
    "first_voltage_volt": "first_voltage", "last_voltage_volt": "last_voltage",
    "lowest_voltage_volt": "lowest_voltage", "highest_voltage_volt": "highest_voltage",
    "first_current_ampere": "first_current", "last_current_ampere": "last_current",
    "lowest_current_ampere": "lowest_current", "highest_current_ampere": "highest_current",
    "sample_count": "samples",
}  # fmt: skip
_ORDER: Final = (
    "step_number", "tester_step", "cycle_count", "kind", "reason", "direction", "first_row", "last_row", "sample_count",
    "start_second", "end_second", "duration_second", "first_voltage_volt", "last_voltage_volt", "lowest_voltage_volt",
    "highest_voltage_volt", "mean_voltage_volt", "first_current_ampere", "last_current_ampere",
    "lowest_current_ampere", "highest_current_ampere", "mean_current_ampere", "charge_ah", "energy_wh",
    "throughput_ah", "throughput_wh", "counter_charge_ah", "counter_energy_wh", "cv_share", "resistance_10s_ohm",
    "temperature_celsius",
)  # fmt: skip


def step_frame(closed: Pass) -> pl.DataFrame:
    """Return the table of steps of a pass in which every step is closed."""
    assert closed.scales is not None  # noqa: S101 - no step is closed without
    rows = merged(closed.done)
    kind, direction = classified(_character(rows), closed.scales.rest_ampere)
    capacity, energy = _check(closed, rows, "capacity"), _check(closed, rows, "energy")
    charge_ah, energy_wh = completed(rows["ah"], capacity), completed(rows["wh"], energy)
    frame = pl.DataFrame(
        {
            **{name: rows[short] for name, short in _COURSE.items()},
            **told(kind, direction),
            "step_number": np.arange(1, len(kind) + 1, dtype=np.int64),
            "tester_step": rows.get("step"),
            "cycle_count": rows.get("cycle"),
            "duration_second": rows["end_second"] - rows["begin_second"],
            "mean_voltage_volt": rows["voltage_sum"] / rows["samples"],
            "mean_current_ampere": rows["current_sum"] / rows["samples"],
            "charge_ah": charge_ah,
            "energy_wh": energy_wh,
            # Of a step that only its counter tells, what flowed is no less than what was moved.
            "throughput_ah": np.maximum(rows["throughput_ah"], np.abs(charge_ah)),
            "throughput_wh": np.maximum(rows["throughput_wh"], np.abs(energy_wh)),
            "counter_charge_ah": if_proven(capacity, rows["ah"]),
            "counter_energy_wh": if_proven(energy, rows["wh"]),
            "temperature_celsius": _temperature(rows),
            "resistance_10s_ohm": _resistance(rows),
        },
        schema_overrides={"tester_step": pl.Int64, "cycle_count": pl.Int64}
        | dict.fromkeys(("counter_charge_ah", "counter_energy_wh", "temperature_celsius"), pl.Float64),
    )
    named = ("temperature_celsius", "counter_charge_ah", "counter_energy_wh", "resistance_10s_ohm")
    frame = frame.with_columns(pl.col(named).fill_nan(None))
    return frame.with_columns(_pulses_only(), _cv_share()).select(_ORDER)


def _character(rows: Rows) -> Character:
    return Character(
        lowest_ampere=rows["lowest_cleaned"],
        highest_ampere=rows["highest_cleaned"],
        mean_ampere=rows["cleaned_sum"] / rows["samples"],
        mean_square=rows["cleaned_square"] / rows["samples"],
        last_ampere=rows["last_cleaned"],
        spread_volt=rows["highest_voltage"] - rows["lowest_voltage"],
        last_volt=rows["last_voltage"],
        seconds=rows["end_second"] - rows["first_second"],
    )


def _check(closed: Pass, rows: Rows, name: Literal["capacity", "energy"]) -> CounterCheck | None:
    """Prove a counter's scope on the ends of the steps: each of its scopes needs no sample between them."""
    if name not in rows:
        return None
    ends = _ends_only(rows)
    scope = closed.plan.capacity_scope if name == "capacity" else closed.plan.energy_scope
    starts = np.arange(0, len(ends), 2)
    integrated, limits = rows["ah" if name == "capacity" else "wh"], None
    if int(rows["samples"].max()) == ENDS:
        limits = (charge_limits if name == "capacity" else energy_limits)(ends, starts, starts + 1)
    counter = Counter(scope, _twice(rows[f"first_{name}"], rows[name]))
    return check_counter(ends, counter, starts, starts + 1, integrated, limits, rows[f"{name}_unwound"])


def _twice(first: Floats, last: Floats) -> Floats:
    return np.column_stack((first, last)).ravel()


def _ends_only(rows: Rows) -> Signals:
    """Return the first and the last sample of each step."""
    both = {name: _twice(rows[f"first_{name}"], rows[f"last_{name}"]) for name in ("voltage", "current")}
    return Signals(
        recording_id="",
        row=np.column_stack((rows["first_row"], rows["last_row"])).ravel(),
        time_second=_twice(rows["first_second"], rows["end_second"]),
        voltage_volt=both["voltage"],
        current_ampere=both["current"],
        step=np.repeat(rows["first_step"], 2) if "step" in rows else None,
        cycle=np.repeat(rows["first_cycle"], 2) if "cycle" in rows else None,
        step_time_second=None,
        temperature_celsius=None,
        temperature_place="",
        cells=None,
        capacity_counter=None,
        energy_counter=None,
    )


def _temperature(rows: Rows) -> Floats | None:
    if "temperature_sum" not in rows:
        return None
    count = rows["temperature_count"]
    return np.where(count > 0, rows["temperature_sum"] / np.maximum(count, 1), np.nan)


def _resistance(rows: Rows) -> Floats:
    """Return the resistance in ohm of each step against the end of the one before, NaN where not recorded."""
    step, rested = rows["at_current"], np.append(np.nan, rows["rested_voltage"][:-1])
    changed = step != 0
    return np.where(changed, (rows["at_voltage"] - rested) / np.where(changed, step, 1.0), np.nan)


def _pulses_only() -> pl.Expr:
    after_rest = (pl.col("kind").shift(1) == "rest") & pl.col("kind").is_in(["pulse", "cc"])
    return pl.when(after_rest).then("resistance_10s_ohm")


def _cv_share() -> pl.Expr:
    """Return of each constant-voltage step what part of the charge it moved, with the constant current before it."""
    belongs = (pl.col("kind").shift(1) == "cc") & (pl.col("direction").shift(1) == pl.col("direction"))
    whole = pl.col("charge_ah").abs() + pl.col("charge_ah").abs().shift(1)
    share = pl.col("charge_ah").abs() / whole
    return pl.when((pl.col("kind") == "cv") & belongs & (whole > 0)).then(share).alias("cv_share")


def cycle_frame(steps: pl.DataFrame) -> pl.DataFrame:
    """Return the table of cycles, each with the median resistance of its discharges from rest."""
    numbered = steps.with_columns(cycle_number=pl.Series(cycle_numbers(steps)))
    by_cycle = numbered.group_by("cycle_number", maintain_order=True).agg(
        start_second=pl.col("start_second").first(),
        end_second=pl.col("end_second").last(),
        discharge_resistance_10s_ohm=pl.col("resistance_10s_ohm").filter(pl.col("direction") == "discharge").median(),
    )
    return cycle_table(steps).join(by_cycle, on="cycle_number", how="left", maintain_order="left")


def throughput_frame(steps: pl.DataFrame) -> pl.DataFrame:
    """Return what has flowed by the end of each cycle since the record began: charge in Ah, energy in Wh."""
    sums = {"charging": 1.0, "discharging": -1.0}
    amounts = {"capacity_ah": ("throughput_ah", "charge_ah"), "energy_wh": ("throughput_wh", "energy_wh")}
    # In and out together are the throughput, in minus out is the net amount.
    flows = {
        f"{way}_{name}": (pl.col(both) + sign * pl.col(net)).sum() / 2
        for way, sign in sums.items()
        for name, (both, net) in amounts.items()
    }
    numbered = steps.with_columns(cycle_number=pl.Series(cycle_numbers(steps)))
    by_cycle = numbered.group_by("cycle_number", maintain_order=True).agg(
        pl.col("cycle_count").first(), pl.col("end_second").last(), **flows
    )
    return by_cycle.with_columns(pl.col(list(flows)).cum_sum())
