"""Checks at the door, the same for every reader: the extremes of each column, and more only where one trips.

Values that cannot be real become null, columns that say nothing move to ``raw_*``, and each is a
finding. No row is removed and no order is changed: a clock that runs backwards is evidence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
import polars as pl

from hwan.core import COLUMNS, REQUIRED, ColumnProblem, DamagedFile, Finding, Mark, NothingInside, Scalar, needed
from hwan.core.columns import CELL_VOLTAGE, INFINITE, RAW_PREFIX, WIDE_CELL, Column
from hwan.readers._arrange import raw_free, rows_finding, rows_text, whole_counters
from hwan.readers._changes import Watch, changes_beyond
from hwan.readers._detail import detail_of
from hwan.readers._extremes import Extremes, extremes_of, ranges_of
from hwan.readers._marks import marks_of
from hwan.readers._physics import physics
from hwan.readers._physics_samples import at_rows

TEMPERATURES: Final = tuple(name for name in COLUMNS if name.endswith("_celsius"))
Stats = Mapping[str, Extremes]
# Testers write one or two fixed values for "no reading", in few rows; a wrong unit moves the whole column.
MOST_BEYOND: Final = 0.2
MOST_SENTINELS: Final = 2


def pass_door(
    frame: pl.DataFrame | pl.LazyFrame, source: str
) -> tuple[pl.DataFrame, tuple[Finding, ...], tuple[Mark, ...]]:
    """Return the frame in declared columns and dtypes, with what was noticed and which values were taken out.

    Raises
    ------
    ColumnProblem
        A required column is missing, has no usable value, or is not numeric.
    NothingInside
        There are no rows.
    DamagedFile
        A lazy frame could not be read.
    """
    frame = _collected(frame, source)
    _require(frame, source)
    as_read = frame.schema
    frame, findings = _declared(frame, source)
    asked = _asked(frame, as_read)
    stats = extremes_of(frame, asked)
    cleaned, found, marks = _cleaned(frame, stats, source)
    findings += found
    if cleaned is not frame:
        frame, stats = cleaned, extremes_of(cleaned, asked)
    findings += _missing(frame, stats, source)
    findings += _backwards(frame, stats)
    findings += _remarkable(frame, stats)
    contradictions, unmeasured = physics(frame, ranges_of(stats))
    findings += contradictions
    marks += unmeasured
    frame, silent = _silent_columns(frame, stats)
    return frame, tuple(findings + silent), tuple(marks)


def _collected(frame: pl.DataFrame | pl.LazyFrame, source: str) -> pl.DataFrame:
    if isinstance(frame, pl.DataFrame):
        return frame
    try:
        return frame.collect()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise DamagedFile("table_unreadable", source=source, detail=detail_of(error)) from error


def _require(frame: pl.DataFrame, source: str) -> None:
    missing = [name for name in needed(frame.columns) if name not in frame.columns]
    if missing:
        raise ColumnProblem(
            "columns_missing", source=source, missing=", ".join(missing), found=", ".join(frame.columns)[:1000]
        )
    if frame.is_empty():
        raise NothingInside("table_without_rows", source=source, columns=", ".join(frame.columns)[:500])


def column_of(name: str) -> Column | None:
    """Return the declared column, also for a wide cell column (which has its signal's range)."""
    match = WIDE_CELL.fullmatch(name)
    if match:
        return CELL_VOLTAGE if match[2] == "voltage_volt" else COLUMNS["surface_temperature_celsius"]
    return COLUMNS.get(name)


def _declared(frame: pl.DataFrame, source: str) -> tuple[pl.DataFrame, list[Finding]]:
    unknown = [name for name in frame.columns if not (column_of(name) or name.startswith(RAW_PREFIX))]
    findings = [Finding("columns_kept_raw", "note", "columns", {"columns": ", ".join(unknown)})] if unknown else []
    taken = set(frame.columns)
    if unknown:
        frame = frame.rename({name: raw_free(name, taken) for name in unknown})
    # A cast would make 6 of 2π without a word.
    frame, broken = whole_counters(frame)
    findings += broken
    casts = [cast for name, dtype in frame.schema.items() if (cast := _cast(name, dtype)) is not None]
    try:
        return frame.with_columns(casts) if casts else frame, findings
    except pl.exceptions.PolarsError as error:
        raise ColumnProblem("column_wrong_type", source=source, detail=detail_of(error)) from error


def _cast(name: str, dtype: pl.DataType) -> pl.Expr | None:
    column = column_of(name)
    if column is None or dtype == column.dtype or (dtype == pl.Float32 and column.dtype == pl.Float64):
        return None
    return pl.col(name).cast(column.dtype)


def _numeric(frame: pl.DataFrame) -> list[str]:
    return [name for name, dtype in frame.schema.items() if dtype.is_numeric() and column_of(name)]


def _asked(frame: pl.DataFrame, as_read: pl.Schema) -> list[str]:
    """Return the numeric columns but for counters that can have any value: those of no range, or read unsigned."""
    return [name for name in _numeric(frame) if not _any_value(name, as_read)]


def _any_value(name: str, as_read: pl.Schema) -> bool:
    column = column_of(name)
    if column is None or column.dtype != pl.Int64 or column.maximum < INFINITE:
        return False
    return column.minimum == -INFINITE or (column.minimum == 0 and as_read[name].is_unsigned_integer())


def _cleaned(frame: pl.DataFrame, stats: Stats, source: str) -> tuple[pl.DataFrame, list[Finding], list[Mark]]:
    findings: list[Finding] = []
    marks: list[Mark] = []
    clean: list[pl.Expr] = []
    for name in stats:
        finite = stats[name].finite or bool(frame[name].is_finite().all())
        column = pl.col(name) if finite else pl.when(pl.col(name).is_finite()).then(pl.col(name))
        if not finite and name not in REQUIRED:
            bad = ~pl.col(name).is_finite()
            findings.append(rows_finding("values_not_finite", "warning", frame, bad, column=name))
        beyond = _beyond(frame, name, stats)
        if beyond is not None:
            _refuse_other_unit(frame, name, beyond, source)
            findings.append(_sentinel(frame, name, beyond))
            marks += marks_of(frame, beyond, name, "repaired")
            column = pl.when(~beyond).then(column)
        if not finite or beyond is not None:
            clean.append(column.alias(name))
    return (frame.with_columns(clean) if clean else frame), findings, marks


def _beyond(frame: pl.DataFrame, name: str, stats: Stats) -> pl.Expr | None:
    column, low, high = column_of(name), stats[name].low, stats[name].high
    if column is None or low is None or high is None or (low >= column.minimum and high <= column.maximum):
        return None
    value = pl.col(name)
    beyond = (value < column.minimum) | (value > column.maximum)
    if frame.schema[name].is_float():
        beyond = beyond & value.is_finite()
    return beyond if frame.select(beyond.any()).item() else None


def _refuse_other_unit(frame: pl.DataFrame, name: str, beyond: pl.Expr, source: str) -> None:
    """Refuse a required column whose values lie beyond its range in number and variety: no sentinel does."""
    values, column = frame.filter(beyond)[name], COLUMNS.get(name)
    few = len(values) <= MOST_BEYOND * frame.height or values.n_unique() <= MOST_SENTINELS
    if few or column is None or name not in REQUIRED:
        return
    finite = frame[name].cast(pl.Float64).filter(frame[name].is_finite())
    low, high = float(finite.min()), float(finite.max())  # type: ignore[arg-type]
    raise ColumnProblem(
        "column_unit_suspect", source=source, column=name, rows=frame.height, count=len(values), low=low, high=high,
        minimum=column.minimum, maximum=column.maximum, factor=_factor_to_try(max(-low, high) / column.maximum),
    )  # fmt: skip


def _factor_to_try(excess: float) -> float:
    return next((factor for factor in (1e-3, 1e-6) if excess * factor <= 1), 1e-9)


def _sentinel(frame: pl.DataFrame, name: str, beyond: pl.Expr) -> Finding:
    values = frame.filter(beyond)[name]
    common = values.mode().sort()[0]
    rows = frame.select(pl.arg_where(beyond).head(5)).to_series()
    return Finding(
        "sentinel_values",
        "warning",
        f"column {name}",
        {"column": name, "value": common, "count": len(values), "rows": rows_text(rows)},
    )


def _missing(frame: pl.DataFrame, stats: Stats, source: str) -> list[Finding]:
    wanted = needed(frame.columns)
    empty = [name for name in wanted if stats[name].low is None]
    if empty:
        raise ColumnProblem("column_without_values", source=source, columns=", ".join(empty), rows=frame.height)
    lacking = [name for name in wanted if stats[name].nulls]
    if not lacking:
        return []
    where = pl.any_horizontal([pl.col(name).is_null() for name in lacking])
    return [rows_finding("values_missing", "warning", frame, where, columns=", ".join(lacking))]


def _backwards(frame: pl.DataFrame, stats: Stats) -> Iterator[Finding]:
    codes = {"unix_time_second": "clock_runs_backwards", "test_time_second": "test_time_runs_backwards"}
    for name, code in codes.items():
        if name in stats and stats[name].falls:
            clock = frame[name].to_numpy()
            yield at_rows(code, "warning", np.flatnonzero(clock[1:] < clock[:-1]) + 1, column=name)


def _remarkable(frame: pl.DataFrame, stats: Stats) -> Iterator[Finding]:
    if "cycle_count" in frame.columns:
        (skips,) = changes_beyond(Watch(frame["cycle_count"].to_numpy(), -np.inf, 1))
        if len(skips.rows):
            yield at_rows("cycle_numbers_skip", "note", skips.rows + 1)
    if {"current_ampere", "voltage_volt"} <= stats.keys() and stats["current_ampere"].are(0.0):
        voltage = stats["voltage_volt"]
        span = (voltage.high or 0.0) - (voltage.low or 0.0)
        values: dict[str, Scalar] = {"rows": frame.height, "span_volt": round(span, 6)}
        yield Finding("current_always_zero", "note", "column current_ampere", values)


def _silent_columns(frame: pl.DataFrame, stats: Stats) -> tuple[pl.DataFrame, list[Finding]]:
    silent = [name for name in stats if _says_nothing(name, stats)]
    dead = [name for name in silent if name.endswith("_celsius")]
    absent = [name for name in silent if WIDE_CELL.fullmatch(name) and name not in dead]
    if frame.height < 2 or not (absent or dead):
        return frame, []
    groups = {"cell_absent": absent, "temperature_column_dead": dead}
    findings = [
        Finding(code, "warning", "columns", {"columns": ", ".join(names), "count": len(names)})
        for code, names in groups.items()
        if names
    ]
    taken = set(frame.columns)
    return frame.rename({name: raw_free(name, taken) for name in (*absent, *dead)}), findings


def _says_nothing(name: str, stats: Stats) -> bool:
    return stats[name].low is None or stats[name].are(0.0)
