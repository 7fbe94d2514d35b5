"""The table of work steps as the file has it, and what a pulse test says when its steps are counted.

Rules, by which the published pulse voltages follow exactly: lines without a step are left out of the
counting, rests in a row are one rest, the pulses of a visit are counted after the step that sets its state
of charge, and none is chosen by its duration (a pulse cut short by protection can have none).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from hwan.core import ColumnProblem, DamagedFile
from hwan.readers._arrange import raw_free
from hwan.readers._cellcolumns import CellTable, table_of
from hwan.readers._xlsx import glance, rows_of
from hwan.readers.nebula._headings import (
    CHARGE_TO_FULL,
    CLOCKS,
    DISCHARGE,
    DURATIONS,
    NAMES,
    RECOGNISED,
    REQUIRED,
    REST,
    RESULT_JUMP,
    STATE,
    TEXTS,
)  # fmt: skip

_DURATION: Final = r"^(\d+):(\d{1,2}):(\d{1,2})(?:[.:](\d+))?$"


@dataclass(frozen=True, slots=True)
class PulseTest:
    """Counts and extremes of one pulse test; None where the test has no such step."""

    rows: int
    blank_rows: int
    capacity_ah: float | None
    discharge_end_volt: float | None
    first_charge_ah: float | None
    soc_visits: int
    pulses: int
    missing_rests: int
    double_rests: int
    manual_jumps: int
    zero_duration_pulses: int
    highest_voltage_volt: float | None
    highest_temperature_celsius: float | None


def work_steps(path: Path) -> pl.DataFrame:
    """Return one row per line of the file, in its order; ``line`` is the sheet's line.

    Raises
    ------
    DamagedFile
        No workbook with NEBULA's headings.
    ColumnProblem
        A heading that is needed is absent, or a cell is not what its column holds.
    """
    seen = glance(path)
    if seen is None or not seen.sheets or not all(heading in seen.text for heading in RECOGNISED):
        raise DamagedFile("nebula_headings_absent", source=path.name, headings=", ".join(RECOGNISED))
    table = table_of(path.name, rows_of(path, seen.sheets[0]))
    missing = [heading for heading, name in NAMES.items() if name in REQUIRED and heading not in table.columns]
    if missing:
        found = ", ".join(table.columns)[:1000]
        raise ColumnProblem("columns_missing", source=path.name, missing=", ".join(missing), found=found)
    lines = pl.Series("line", range(table.first_line, table.first_line + table.height), dtype=pl.Int64)
    taken = {"line", *NAMES.values()}
    names = {heading: NAMES.get(heading) or raw_free(heading, taken) for heading in table.columns}
    return pl.DataFrame([lines, *(_series(table, heading).alias(name) for heading, name in names.items())])


def pulse_test(steps: pl.DataFrame) -> PulseTest:
    """Count what the work steps of one pulse test hold.

    Parameters
    ----------
    steps
        From :func:`work_steps`.
    """
    done = steps.filter(~blank())
    rest = done[STATE] == REST
    pulses = done.filter(is_pulse())
    full = done.filter((pl.col(STATE) == CHARGE_TO_FULL).cum_sum() > 0)
    charge, discharge = full.filter(pl.col(STATE) == CHARGE_TO_FULL), full.filter(pl.col(STATE) == DISCHARGE)
    return PulseTest(
        rows=steps.height,
        blank_rows=steps.height - done.height,
        capacity_ah=_magnitude(discharge, "step_discharging_capacity_ah"),
        discharge_end_volt=_magnitude(discharge, "end_voltage_volt"),
        first_charge_ah=_magnitude(charge, "step_charging_capacity_ah"),
        soc_visits=pulses["raw_loop_step"].n_unique(),
        pulses=pulses.height,
        missing_rests=int((~rest & ~rest.shift(1, fill_value=True)).sum()),
        double_rests=int((rest & rest.shift(1, fill_value=False)).sum()),
        manual_jumps=int(done.select((pl.col("raw_result") == RESULT_JUMP).sum()).item()),
        zero_duration_pulses=int((pulses["step_time_second"] == 0).sum()),
        highest_voltage_volt=_highest(done, "raw_highest_voltage_volt"),
        highest_temperature_celsius=_highest(done, "raw_highest_t1_celsius"),
    )


def pulse_voltages(steps: pl.DataFrame, first: int = 90, count: int = 5) -> list[list[float | None]]:
    """Return U1, U2, ... of each visit: the rest before pulse `first` (from 0), then each pulse and its rest.

    The last of ten widths (5 s) begins with pulse 90. Each pulse gives its start and end in V, then the
    start and end of the rest behind it (None where it is missing).
    """
    done = steps.filter(~blank()).with_columns(pulse=is_pulse())
    done = done.with_columns(visit=pl.col("pulse").fill_null(value=False).cum_sum())
    return [_voltages(part, first, count) for part in _visits(done) if part["pulse"].sum() >= first + count]


def blank() -> pl.Expr:
    """Return where a line holds no step."""
    return pl.col(STATE).is_null()


def is_pulse() -> pl.Expr:
    """Return where a step is a pulse: in a visit, no rest, and not the step that sets the state of charge."""
    active = (pl.col(STATE) != REST) & (pl.col("raw_loop_step") > 0)
    nth = active.cum_sum().over("raw_loop_step")
    return active & (nth > 1)


def _visits(done: pl.DataFrame) -> list[pl.DataFrame]:
    return done.filter(pl.col("raw_loop_step") > 0).partition_by("raw_loop_step", maintain_order=True)


def _voltages(visit: pl.DataFrame, first: int, count: int) -> list[float | None]:
    """Walk through the steps of one visit: a pulse opens its group, the rests behind it belong to it."""
    group = visit["pulse"].cum_sum()
    before = visit.filter((group == first) & (pl.Series(visit[STATE]) == REST))
    found: list[float | None] = [before["end_voltage_volt"].last() if before.height else None]  # type: ignore[list-item]
    for number in range(first + 1, first + count + 1):
        part = visit.filter(group == number)
        rests = part.filter(pl.col(STATE) == REST)
        found += [part["start_voltage_volt"][0], part["end_voltage_volt"][0]]
        found += [rests["start_voltage_volt"][0], rests["end_voltage_volt"][-1]] if rests.height else [None, None]
    return found


def _series(table: CellTable, heading: str) -> pl.Series:
    name = NAMES.get(heading)
    if name in CLOCKS:
        return table.times(heading)
    if name in DURATIONS:
        return _durations(table, heading)
    if name in TEXTS:
        return table.texts(heading)
    return table.plain(heading) if name is None else table.numbers(heading)


def _durations(table: CellTable, heading: str) -> pl.Series:
    """Return ``hours:minutes:seconds.milliseconds`` in s."""
    text = table.texts(heading)
    parts = text.str.extract_groups(_DURATION).struct.unnest().cast(pl.String)
    bad = (text.is_not_null() & parts.to_series(0).is_null()).arg_true()
    if len(bad):
        row = int(bad[0])
        raise ColumnProblem(
            "cell_not_a_time", source=table.source, line=table.first_line + row, column=heading,
            got=str(text[row])[:80], expected="h:min:s.ms", count=len(bad),
        )  # fmt: skip
    hours, minutes, whole = (parts.to_series(n).cast(pl.Float64) for n in range(3))
    fraction = ("0." + parts.to_series(3).fill_null("0")).cast(pl.Float64)
    return (hours * 3600 + minutes * 60 + whole + fraction).alias(heading)


def _magnitude(steps: pl.DataFrame, name: str) -> float | None:
    first = steps[name][0] if steps.height and name in steps.columns else None
    return None if first is None else abs(float(first))


def _highest(steps: pl.DataFrame, name: str) -> float | None:
    return float(steps[name].max()) if name in steps.columns and steps[name].count() else None  # type: ignore[arg-type]
