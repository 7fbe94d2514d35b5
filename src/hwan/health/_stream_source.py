"""What a stream is read from: frames, one after the other, of the columns that the pass needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain, product
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from hwan.core import ColumnProblem, NothingInside
from hwan.health._signals import SCOPES, TEMPERATURES
from hwan.health._stream_figures import Rows

Samples = pl.LazyFrame | pl.DataFrame | Iterable[pl.DataFrame]

BATCH_ROWS: Final = 1 << 17
"""So many rows are handed on at a time..."""
SLICE_ROWS: Final = 1 << 20
"""...and so many read at a time from Parquet: a usual row group."""
PROBE_ROWS: Final = 1_000
"""The first rows show which of the optional columns have values."""
BASE: Final = {"test_time_second": "time", "voltage_volt": "voltage", "current_ampere": "current"}
_COUNTED: Final = ("capacity_ah", "energy_wh")
OPTIONAL: Final = frozenset(("step_count", "step_id", "cycle_count", *TEMPERATURES)) | {
    f"{'' if scope == 'test' else f'{scope}_'}{flow}_{kind}"
    for scope, flow, kind in product(SCOPES, ("net", "charging", "discharging"), _COUNTED)
}
"""What a plan may read beside time, voltage and current."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Which columns a stream reads; a counter has one column (net) or two (charging, discharging)."""

    step: str = ""
    cycle: str = ""
    temperature: str = ""
    capacity_scope: str = ""
    capacity: tuple[str, ...] = ()
    energy_scope: str = ""
    energy: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns, in the order in which they are read."""
        named = (self.step, self.cycle, self.temperature)
        return (*BASE, *(name for name in named if name), *self.capacity, *self.energy)

    @property
    def named(self) -> frozenset[str]:
        """What rows read by this plan hold, by the short names of the pass."""
        optional = ("step", "cycle", "temperature", "capacity", "energy")
        return frozenset(("row", *BASE.values(), *(name for name in optional if getattr(self, name))))


def plan_of(first: pl.DataFrame) -> Plan:
    """Return the plan for frames that begin with the rows `first`."""
    return plan_by(
        {name for name in first.columns if name in OPTIONAL and _whole(first, name)},
        {name for name in TEMPERATURES if name in first.columns and _any(first[name])},
    )


def plan_by(whole: Set[str], measured: Set[str]) -> Plan:
    """Return the plan where the columns `whole` have a number in every row, and `measured` in any."""
    capacity_scope, capacity = _counter(whole, "capacity_ah")
    energy_scope, energy = _counter(whole, "energy_wh")
    return Plan(
        step=next((name for name in ("step_count", "step_id") if name in whole), ""),
        cycle="cycle_count" if "cycle_count" in whole else "",
        temperature=next((name for name in TEMPERATURES if name in measured), ""),
        capacity_scope=capacity_scope,
        capacity=capacity,
        energy_scope=energy_scope,
        energy=energy,
    )


def _counter(whole: Set[str], kind: str) -> tuple[str, tuple[str, ...]]:
    """Return scope and columns of the first counter that has a number in every row; empty without one."""
    for scope in SCOPES:
        prefix = "" if scope == "test" else f"{scope}_"
        pair = (f"{prefix}charging_{kind}", f"{prefix}discharging_{kind}")
        for columns in ((f"{prefix}net_{kind}",), pair):
            if whole >= set(columns):
                return scope, columns
    return "", ()


def _whole(first: pl.DataFrame, name: str) -> bool:
    return bool(first.height) and bool(np.isfinite(_floats(first[name])).all())


def _any(column: pl.Series) -> bool:
    return bool(np.isfinite(_floats(column)).any())


def _floats(column: pl.Series) -> NDArray[np.float64]:
    return column.cast(pl.Float64).to_numpy()


def opened(samples: Samples, source: str, plan: Plan | None) -> tuple[Plan, Iterator[pl.DataFrame]]:
    """Return the plan and the frames, each with the columns of the plan only.

    Raises
    ------
    ColumnProblem
        Without time, voltage or current.
    NothingInside
        Where no frame has a row with all three.
    """
    if isinstance(samples, pl.LazyFrame | pl.DataFrame):
        expect(plan.columns if plan else BASE, samples, source)
        plan = plan or plan_of(_probe(samples.lazy()))
        return plan, _frames(samples.select(plan.columns))
    frames, begin = iter(samples), []
    while plan is None:
        frame = next(frames, None)
        if frame is None:
            raise NothingInside("rows_missing", source=source)
        expect(BASE, frame, source)
        begin.append(frame)
        first = _probe(frame.lazy())
        plan = plan_of(first) if first.height else None
    return plan, _selected(chain(begin, frames), plan, source)


def _selected(frames: Iterable[pl.DataFrame], plan: Plan, source: str) -> Iterator[pl.DataFrame]:
    for frame in frames:
        expect(plan.columns, frame, source)
        yield frame.select(plan.columns)


def expect(names: Iterable[str], samples: pl.LazyFrame | pl.DataFrame, source: str) -> None:
    """Raise :class:`ColumnProblem` where a column is missing."""
    found = samples.lazy().collect_schema().names()
    missing = ", ".join(name for name in names if name not in found)
    if missing:
        raise ColumnProblem("column_missing", source=source, missing=missing, found=", ".join(sorted(found)))


def _probe(samples: pl.LazyFrame) -> pl.DataFrame:
    """Return the first rows that have time, voltage and current, of all columns that a plan may have."""
    found = samples.collect_schema().names()
    chosen = samples.select(name for name in found if name in BASE or name in OPTIONAL)
    # A filter before the head would have whole row groups read, and many at a time.
    first = chosen.head(PROBE_ROWS).collect().filter(usable())
    return first if first.height else chosen.filter(usable()).head(PROBE_ROWS).collect()


def usable() -> pl.Expr:
    """Return whether a row has time, voltage and current."""
    return pl.all_horizontal(pl.col(name).cast(pl.Float64).is_finite() for name in BASE)


def _frames(samples: pl.LazyFrame | pl.DataFrame) -> Iterator[pl.DataFrame]:
    if isinstance(samples, pl.DataFrame):
        return samples.iter_slices(BATCH_ROWS)
    plan = samples.slice(1, 1).explain()
    if "SCAN" not in plan:
        return samples.collect().iter_slices(BATCH_ROWS)  # nothing but frames in memory
    if plan.count("SCAN") == plan.count("SLICE") == plan.count("Parquet SCAN") == plan.count("SLICE: Positive") == 1:
        return _slices(samples)
    return iter(samples.collect_batches(chunk_size=BATCH_ROWS, maintain_order=True, lazy=True, engine="streaming"))


def _slices(samples: pl.LazyFrame) -> Iterator[pl.DataFrame]:
    """Yield the rows of one Parquet file, the next ones read meanwhile.

    Polars passes a slice down to such a file; its own batches hold several row groups at a time.
    """
    with ThreadPoolExecutor(1) as reader:
        first, coming = 0, reader.submit(samples.head(SLICE_ROWS).collect)
        while (frame := coming.result()).height:
            first += SLICE_ROWS
            coming = reader.submit(samples.slice(first, SLICE_ROWS).collect)
            yield from frame.iter_slices(BATCH_ROWS)


def rows_of(frame: pl.DataFrame, plan: Plan, seen: int, source: str) -> Rows:
    """Return the rows of a frame that have time, voltage and current; `seen` rows came before it.

    Raises
    ------
    ColumnProblem
        When another column of the plan has no number in one of them.
    """
    base = {short: _floats(frame[name]) for name, short in BASE.items()}
    row = np.arange(seen, seen + frame.height, dtype=np.int64)
    if not all(_complete(values) for values in base.values()):
        usable = np.isfinite(base["time"]) & np.isfinite(base["voltage"]) & np.isfinite(base["current"])
        base = {name: values[usable] for name, values in base.items()}
        row, frame = row[usable], frame.filter(usable)
    rows: dict[str, NDArray[Any]] = {"row": row, **base}
    for short, name in (("step", plan.step), ("cycle", plan.cycle)):
        if name:
            rows[short] = _numbers(frame[name], row, source).astype(np.int64, copy=False)
    for short, columns in (("capacity", plan.capacity), ("energy", plan.energy)):
        if columns:
            rows[short] = _net([_numbers(frame[name], row, source) for name in columns])
    if plan.temperature:
        rows["temperature"] = _floats(frame[plan.temperature])
    return rows


def _net(values: Sequence[NDArray[Any]]) -> NDArray[np.float64]:
    net = values[0] - np.abs(values[-1]) if len(values) > 1 else values[0]
    return net.astype(np.float64, copy=False)


def _numbers(column: pl.Series, row: NDArray[np.int64], source: str) -> NDArray[Any]:
    """Return a column that has a number in every row."""
    if column.dtype.is_integer() and not column.null_count():
        return column.to_numpy()
    values = _floats(column)
    if not _complete(values) and not (known := np.isfinite(values)).all():
        raise ColumnProblem("stream_column_gap", source=source, column=column.name, row=int(row[np.argmin(known)]))
    return values


def _complete(values: NDArray[np.float64]) -> bool:
    """Return whether surely all are numbers: their sum is none where one is not, and costs less than a look at each."""
    with np.errstate(all="ignore"):
        return bool(np.isfinite(values.sum()))
