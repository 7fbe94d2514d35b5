"""The cells of a pack from its wide columns: which were seen, and their extremes at each sample.

A cell column may lie: readings for 'no answer', a column that stands still, a cell without a column.
What lies is left out and named; the columns that remain must still add up to the battery's voltage.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from hwan.core import cell_column, known_or
from hwan.core.columns import CELL_VOLTAGE, WIDE_CELL
from hwan.core.unknown import Unknown

Floats = NDArray[np.float64]

TAP_SUM_TOLERANCE: Final = 0.01
"""All cells in series add up to the battery's voltage within this fraction; else some are missing."""
TAP_LEAST: Final = 0.5
TAP_MOST: Final = 1.5
"""A tap below or above these parts of the mean tap is a broken wire or a dead cell."""
MOST_SENTINELS: Final = 0.2
"""Readings that no cell has are 'no answer' in fewer rows than this; in more the column is something else."""
SEEN_LEAST: Final = 0.9
"""With fewer of its cells seen, a pack is not judged by its cells."""
ROWS_LEAST: Final = 0.8
"""A cell with fewer readings than this part of the best-read cell's was not seen where it counts."""
STILL_VOLT: Final = 1e-9
"""What interpolation between equal readings leaves of a column that stands still."""
STUCK_SPAN_VOLT: Final = 0.02
"""A column that stands still while the mean cell moves more than this shows no cell."""


@dataclass(frozen=True, slots=True)
class Cells:
    """The highest and the lowest cell voltage at each sample, of the cells that were seen.

    `numbers` are those of the columns, from 1; `unseen` have no usable column; `no_answer` counts the
    readings left out, by cell.
    """

    numbers: tuple[int, ...]
    unseen: tuple[int, ...]
    stuck: tuple[int, ...]
    no_answer: dict[int, int]
    highest_volt: Floats
    lowest_volt: Floats

    @property
    def count(self) -> int:
        """Number of cells in series, seen or not."""
        return len(self.numbers) + len(self.unseen)


@dataclass(frozen=True, slots=True)
class DoubtedCells:
    """Cell columns that cannot be all cells of this battery, or not working ones.

    `share` is their sum over the battery's voltage, `lowest` and `highest` the most extreme tap over
    the mean tap.
    """

    count: int
    share: float
    lowest: float
    highest: float


@dataclass(frozen=True, slots=True)
class Columns:
    """What the cell columns of a frame hold, before any sample is read as a cell's."""

    seen: tuple[int, ...]
    stuck: tuple[int, ...]
    absent: tuple[int, ...]
    no_answer: dict[int, int]

    @property
    def unseen(self) -> tuple[int, ...]:
        """Cells without a usable column, in order."""
        return tuple(sorted((*self.stuck, *self.absent)))


def cell_columns(samples: pl.LazyFrame, names: set[str]) -> Columns | None:
    """Return what the cell voltage columns among `names` hold; None without any."""
    numbers = sorted(int(found[1]) for name in names if (found := WIDE_CELL.fullmatch(name)) and found[2][0] == "v")
    if not numbers:
        return None
    # Streaming: a long record of many cells need not be in memory for its extremes.
    wanted = samples.select(pl.len().alias("rows"), *(part for number in numbers for part in _aggregates(number)))
    told = wanted.collect(engine="streaming").row(0, named=True)
    silent = {number: told[f"{number} rows all"] - told[f"{number} rows"] for number in numbers}
    # Readings that no cell has are 'no answer' while they are few; else the column is something else, as it stands.
    kept = {number: "" if silent[number] <= MOST_SENTINELS * told["rows"] else " all" for number in numbers}
    count = {number: told[f"{number} rows{kept[number]}"] for number in numbers}
    enough = ROWS_LEAST * max(count.values())
    read = [number for number in numbers if count[number] and count[number] >= enough]
    spans = {number: told[f"{number} high{kept[number]}"] - told[f"{number} low{kept[number]}"] for number in read}
    moving = float(np.median(list(spans.values()))) if spans else 0.0
    stuck = tuple(number for number, span in spans.items() if span <= STILL_VOLT and moving > STUCK_SPAN_VOLT)
    missing = set(range(1, numbers[-1] + 1)) - set(spans)
    return Columns(
        seen=tuple(number for number in spans if number not in stuck),
        stuck=stuck,
        absent=tuple(sorted(missing)),
        no_answer={number: silent[number] for number in spans if silent[number] and not kept[number]},
    )


def answered(number: int) -> pl.Expr:
    """Return a cell's voltage in V, null where its reading is none that a cell can have."""
    volts = _volts(number)
    return pl.when(volts.is_between(CELL_VOLTAGE.minimum, CELL_VOLTAGE.maximum)).then(volts)


def _volts(number: int) -> pl.Expr:
    return pl.col(cell_column(number, "voltage_volt")).cast(pl.Float64).fill_nan(None)


def _aggregates(number: int) -> Iterator[pl.Expr]:
    for suffix, volts in (("", answered(number)), (" all", _volts(number))):
        yield volts.min().alias(f"{number} low{suffix}")
        yield volts.max().alias(f"{number} high{suffix}")
        yield volts.count().cast(pl.Int64).alias(f"{number} rows{suffix}")


def extremes(columns: Columns | None) -> list[pl.Expr]:
    """Return the extremes over the cells seen; a row without any cell keeps those of the row before it."""
    if columns is None or not columns.seen:
        return []
    volts = [answered(number) if number in columns.no_answer else _volts(number) for number in columns.seen]
    found = {"highest_cell": pl.max_horizontal(volts), "lowest_cell": pl.min_horizontal(volts)}
    filled = [extreme.forward_fill().backward_fill().alias(name) for name, extreme in found.items()]
    total = pl.sum_horizontal(volts, ignore_nulls=False).alias("sum_of_cells")
    return [*filled, total, pl.mean_horizontal(volts).alias("mean_cell")]


def cells_of(frame: pl.DataFrame, columns: Columns | None, series: int | Unknown) -> Cells | DoubtedCells | None:
    """Return the cells when their sum is the battery's voltage and no tap is far from the others.

    `frame` holds the columns of :func:`extremes` and the battery's voltage; `series` is the number of
    cells that the type states.
    """
    if columns is None or not columns.seen or frame["highest_cell"].null_count():
        return None
    highest, lowest = frame["highest_cell"].to_numpy(), frame["lowest_cell"].to_numpy()
    columns = _counted(columns, series)
    count = len(columns.seen) + len(columns.unseen)
    share = _share_of_voltage(frame) * count / len(columns.seen)
    mean = frame["mean_cell"].cast(pl.Float64).to_numpy()
    alive = np.isfinite(mean) & (mean != 0)  # a log that was just switched on may read zero throughout
    if not alive.any():
        return DoubtedCells(len(columns.seen), share * len(columns.seen) / count, 0.0, 0.0)
    least = float(np.min(lowest[alive] / mean[alive]))
    most = float(np.max(highest[alive] / mean[alive]))
    whole = abs(share - 1) <= TAP_SUM_TOLERANCE and len(columns.seen) >= SEEN_LEAST * count
    if not whole or least < TAP_LEAST or most > TAP_MOST:
        return DoubtedCells(len(columns.seen), share * len(columns.seen) / count, least, most)
    return Cells(columns.seen, columns.unseen, columns.stuck, columns.no_answer, highest, lowest)


def _counted(columns: Columns, series: int | Unknown) -> Columns:
    """Return the columns with the cells beyond the last column that the type knows of."""
    last = max((*columns.seen, *columns.unseen))
    beyond = tuple(range(last + 1, known_or(series, last) + 1))
    return Columns(columns.seen, columns.stuck, (*columns.absent, *beyond), columns.no_answer)


def _share_of_voltage(frame: pl.DataFrame) -> float:
    """Return the median of the cells' sum over the battery's voltage, 0 without a complete row."""
    total, voltage = frame["sum_of_cells"].cast(pl.Float64).to_numpy(), frame["voltage_volt"].to_numpy()
    complete = np.isfinite(total) & (voltage != 0)
    return float(np.median(total[complete] / voltage[complete])) if complete.any() else 0.0


def cell_voltages(samples: pl.LazyFrame, numbers: Sequence[int], rows: NDArray[np.int64]) -> Floats:
    """Return the voltages in V of cells at rows of the source, shape (rows, cells); NaN where there is none.

    `rows` rise. Only the part of the record that holds them is read, so that a long one costs no memory.
    """
    first = int(rows[0])
    wanted = pl.Series("row", rows - first, dtype=pl.UInt32)
    part = samples.slice(first, int(rows[-1]) - first + 1)
    few = [answered(number).alias(str(number)) for number in numbers]
    picked = part.select(few).with_row_index("row").filter(pl.col("row").is_in(wanted.implode()))
    volts: Floats = picked.select(map(str, numbers)).collect().to_numpy().astype(np.float64)
    return volts
