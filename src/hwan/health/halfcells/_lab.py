"""A lab's own half-cell: a table of potential over stoichiometry or charge, and a TOML that says what it is."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import numpy as np
import polars as pl

from hwan.core import UNKNOWN, BadDefinition, Unknown, is_known, read_toml
from hwan.health.halfcells._halfcell import Direction, Electrode, Floats, HalfCell

ROWS: Final = 4001
LEAST_ROWS: Final = 20
MOST_BYTES: Final = 50_000_000
AXES: Final = {
    "stoichiometry": ("stoichiometry", "sto", "x"),
    "delithiated": ("delithiated", "degree_of_delithiation", "soc"),
    "charge_ah": ("charge_ah", "capacity_ah", "q_ah", "ah"),
}
"""Headings that each kind of axis may have without being named."""
POTENTIALS: Final = ("potential_volt", "voltage_volt", "u_v", "u", "ocp", "ocp_v", "ocv", "potential", "voltage")


@dataclass(frozen=True, slots=True)
class LabTable:
    """Where the rows stand and what their axis counts; nothing of it is guessed.

    Parameters
    ----------
    file
        CSV beside the TOML: with heading; ``;`` and decimal commas are understood, ``#`` begins a remark.
    axis
        ``stoichiometry`` (lithium in), ``delithiated`` (lithium out), or ``charge_ah`` of one slow run.
    axis_column, potential_column
        Their headings, where they are not the usual ones.
    stoichiometry_at_highest_potential, stoichiometry_at_lowest_potential
        For ``charge_ah``: the stoichiometry at either end of the run.
    """

    axis: Literal["stoichiometry", "delithiated", "charge_ah"]
    file: str | Unknown = UNKNOWN
    axis_column: str | Unknown = UNKNOWN
    potential_column: str | Unknown = UNKNOWN
    stoichiometry_at_highest_potential: float | Unknown = UNKNOWN
    stoichiometry_at_lowest_potential: float | Unknown = UNKNOWN


@dataclass(frozen=True, slots=True)
class LabHalfCell:
    """What a lab says of its own half-cell; fields as in :class:`HalfCell`."""

    id: str
    electrode: Electrode
    chemistry: str
    direction: Direction
    error_volt: float
    source: str
    table: LabTable
    licence: str = "own"
    version: str = "1"
    doi: str | Unknown = UNKNOWN
    temperature_celsius: float | Unknown = UNKNOWN
    rate_per_hour: float | Unknown = UNKNOWN
    title: Mapping[str, str] = field(default_factory=dict)
    caution: Mapping[str, str] = field(default_factory=dict)


def half_cell_from_table(about: str | Path | LabHalfCell, table: str | Path | pl.DataFrame | None = None) -> HalfCell:
    """Return the half-cell of a lab's own measurement.

    Assumes one slow run (at most C/20) of one electrode against lithium (or sodium) metal, or a table made
    of such runs. Rows are brought into order and made to fall (isotonic regression) where they scatter by
    less than the stated error; which way the axis counts is told by the file, or by the potential, which
    falls while lithium enters. Nothing is extrapolated.

    Parameters
    ----------
    about
        Path of a TOML file with the fields of :class:`LabHalfCell` (docs/halfcells.md), or the same as an object.
    table
        The rows, where they are not those of ``table.file``: the path of a CSV, or a frame.

    Raises
    ------
    BadDefinition
        When the TOML does not fit, a column is missing, the axis counts the other way, the direction
        contradicts the potential, both directions are in one table, or the numbers are no half-cell's.
    """
    path = Path() if isinstance(about, LabHalfCell) else Path(about)
    lab = about if isinstance(about, LabHalfCell) else read_toml(path, LabHalfCell)
    frame, source, sha256 = _frame(lab, table, path)
    axis, potential = _columns(frame, lab.table, source)
    stoichiometry = _stoichiometry(axis, potential, lab, source)
    _check_order(stoichiometry, potential, lab, source)
    grid, smooth = _on_grid(stoichiometry, potential, lab.error_volt, source)
    return HalfCell(
        id=lab.id,
        electrode=lab.electrode,
        chemistry=lab.chemistry,
        direction=lab.direction,
        stoichiometry=grid,
        potential_volt=smooth,
        domain_low=float(grid[0]),
        domain_high=float(grid[-1]),
        error_volt=lab.error_volt,
        temperature_celsius=lab.temperature_celsius,
        rate_per_hour=lab.rate_per_hour,
        measured_low=float(grid[0]),
        measured_high=float(grid[-1]),
        source=lab.source,
        doi=lab.doi,
        licence=lab.licence,
        version=lab.version,
        title=lab.title,
        caution=lab.caution,
        sha256=sha256,
    )


def _frame(lab: LabHalfCell, table: str | Path | pl.DataFrame | None, path: Path) -> tuple[pl.DataFrame, str, str]:
    if isinstance(table, pl.DataFrame):
        return table, lab.id, ""
    if table is None and not is_known(lab.table.file):
        raise BadDefinition("half_cell_no_table", source=str(path) if path.name else lab.id)
    place = path.parent / str(lab.table.file) if table is None else Path(table)
    return _read(place)


def _read(path: Path) -> tuple[pl.DataFrame, str, str]:
    source = str(path)
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise BadDefinition("definition_too_large", source=source, got_bytes=size, most_bytes=MOST_BYTES)
        content = path.read_bytes()
    except OSError as error:
        detail = error.strerror or str(error)
        raise BadDefinition("definition_unreadable", source=source, detail=detail) from error
    heading = next((line for line in content.splitlines() if line.strip() and not line.startswith(b"#")), b"")
    separator = max((b",", b";", b"\t"), key=heading.count).decode()
    try:
        frame = pl.read_csv(content, separator=separator, comment_prefix="#", infer_schema=False).rename(str.strip)
    except (pl.exceptions.PolarsError, UnicodeDecodeError) as error:
        detail = next(iter(str(error).splitlines()), type(error).__name__)
        raise BadDefinition("half_cell_csv", source=source, detail=detail) from error
    return frame, source, hashlib.sha256(content).hexdigest()


def _columns(frame: pl.DataFrame, table: LabTable, source: str) -> tuple[Floats, Floats]:
    found = []
    for stated, usual in ((table.axis_column, AXES[table.axis]), (table.potential_column, POTENTIALS)):
        names = (stated,) if is_known(stated) else usual
        column = next((name for name in frame.columns if name in names or name.lower() in names), None)
        if column is None:
            raise BadDefinition(
                "half_cell_column", source=source, expected=", ".join(map(str, names)), found=", ".join(frame.columns)
            )
        found.append(_numbers(frame[column], source))
    axis, potential = found
    told = np.isfinite(axis) & np.isfinite(potential)
    halves = np.flatnonzero(np.isfinite(axis) != np.isfinite(potential))
    if len(halves):
        raise BadDefinition("half_cell_half_row", source=source, row=int(halves[0]) + 1, count=len(halves))
    if told.sum() < LEAST_ROWS:
        raise BadDefinition("half_cell_few_rows", source=source, got=int(told.sum()), least=LEAST_ROWS)
    return axis[told], potential[told]


def _numbers(column: pl.Series, source: str) -> Floats:
    """Return a column as numbers, NaN where it is empty; a decimal comma is a point."""
    written = column.cast(pl.String).str.strip_chars().replace("", None)
    numbers = written.str.replace(",", ".", literal=True).cast(pl.Float64, strict=False)
    wrong = (numbers.is_null() & written.is_not_null()).arg_true()
    if len(wrong):
        place = int(wrong[0])
        got = str(written[place])[:40]
        raise BadDefinition("half_cell_no_number", source=source, column=column.name, row=place + 1, got=got)
    return numbers.fill_null(np.nan).to_numpy()


def _stoichiometry(axis: Floats, potential: Floats, lab: LabHalfCell, source: str) -> Floats:
    if lab.table.axis == "stoichiometry":
        return axis
    if lab.table.axis == "delithiated":
        return 1 - axis
    high, low = lab.table.stoichiometry_at_highest_potential, lab.table.stoichiometry_at_lowest_potential
    if isinstance(high, Unknown) or isinstance(low, Unknown) or not 0 <= high < low <= 1:
        raise BadDefinition("half_cell_ends", source=source, highest=str(high), lowest=str(low))
    span = float(np.ptp(axis))
    if span <= 0:
        raise BadDefinition("half_cell_axis_still", source=source)
    passed = (axis - axis.min()) / span
    lithiated = passed if _trend(axis, potential) < 0 else 1 - passed
    stoichiometry: Floats = high + (low - high) * lithiated
    return stoichiometry


def _trend(axis: Floats, potential: Floats) -> float:
    """Return which way the potential goes along an axis: −1 … 1, by ranks, so that steep ends do not decide."""
    first, second = (np.argsort(np.argsort(values)).astype(np.float64) for values in (axis, potential))
    return float(np.corrcoef(first, second)[0, 1])


def _check_order(stoichiometry: Floats, potential: Floats, lab: LabHalfCell, source: str) -> None:
    if stoichiometry.min() < 0 or stoichiometry.max() > 1:
        low, high = float(stoichiometry.min()), float(stoichiometry.max())
        raise BadDefinition("half_cell_domain", source=source, low=low, high=high)
    if np.ptp(stoichiometry) <= 0:
        raise BadDefinition("half_cell_axis_still", source=source)
    if _trend(stoichiometry, potential) > 0:
        raise BadDefinition("half_cell_axis_reversed", source=source, axis=lab.table.axis)
    if lab.table.axis == "charge_ah" and lab.direction != "mean":
        # In one run, rows are in the order of time: lithium enters while the potential falls.
        seen = "lithiation" if _trend(np.arange(len(potential), dtype=np.float64), potential) < 0 else "delithiation"
        if seen != lab.direction:
            raise BadDefinition("half_cell_direction", source=source, got=lab.direction, expected=seen)


def _on_grid(stoichiometry: Floats, potential: Floats, error_volt: float, source: str) -> tuple[Floats, Floats]:
    """Return an even grid and the falling curve on it; scatter is pooled, and told where it is too large."""
    from scipy.interpolate import PchipInterpolator
    from scipy.optimize import isotonic_regression

    places, inverse = np.unique(stoichiometry, return_inverse=True)
    counts = np.bincount(inverse)
    means = np.bincount(inverse, potential) / counts
    falling = isotonic_regression(means, weights=counts, increasing=False).x
    scatter = float(np.sqrt(np.mean((falling[inverse] - potential) ** 2)))
    if scatter > error_volt:
        raise BadDefinition("half_cell_scatter", source=source, scatter_mv=1e3 * scatter, stated_mv=1e3 * error_volt)
    pool = np.r_[0, np.cumsum(np.diff(falling) != 0)]
    centres = np.bincount(pool, places * counts) / np.bincount(pool, counts)
    levels = falling[np.r_[0, np.flatnonzero(np.diff(pool)) + 1]]
    centres[0], centres[-1] = places[0], places[-1]
    grid = np.linspace(places[0], places[-1], ROWS)
    smooth = np.minimum.accumulate(PchipInterpolator(centres, levels)(grid)) if len(levels) > 1 else means[:1]
    return grid, smooth
