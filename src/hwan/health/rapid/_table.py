"""A calibration table: pulse responses of cells beside the capacity that a full test gave them.

The columns are those of published tables: ``cell`` (the physical cell), ``soh`` or ``q_ah`` with
``q_nominal_ah``, and the turning points ``U1``, ``U2``, ... in V, or the charges ``Q1``, ``Q2``, ... of a partial
test over the rating. A column of the state of charge is never an
input: where it was set by charge over rated capacity, the voltage at a stated value tells the label.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from hwan.core import BadDefinition, Finding
from hwan.health.rapid._conformal import least_cells
from hwan.health.rapid._protocol import RapidProtocol

LEAST_CELLS: Final = 3
LEAST_ROWS: Final = 20
MOST_ROWS: Final = 200_000
STATE_OF_HEALTH_MOST: Final = 1.5
VALUE_MOST: Final = 6.0
"""No cell reaches 6 V; no charge is six times its rating."""
CLAIM: Final = 0.9
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CalibrationTable:
    """Rows that fit for calibration, with what was noticed.

    Parameters
    ----------
    values
        Turning points in V, or charges over rated capacity, shape (rows, len(protocol.names)).
    state_of_health
        Capacity by a full test over rated capacity, shape (rows,).
    cells
        Name of the physical cell of each row, shape (rows,).
    protocol
        What the values answer to.
    findings
        What was left out, and how few cells there are.
    """

    values: Floats
    state_of_health: Floats
    cells: NDArray[np.str_]
    protocol: RapidProtocol
    findings: tuple[Finding, ...] = ()

    def part(self, rows: NDArray[np.bool_]) -> CalibrationTable:
        """Return some of the rows."""
        return CalibrationTable(self.values[rows], self.state_of_health[rows], self.cells[rows], self.protocol)


def calibration_table(frame: pl.DataFrame, protocol: RapidProtocol, source: str) -> CalibrationTable:
    """Return the rows of a table that can calibrate, or say why none can.

    Parameters
    ----------
    frame
        Columns as above; ``pulse_s`` or ``pulse_ms`` and ``chemistry`` are checked where they are.
    protocol
        What the values answer to.
    source
        Name of the table, for errors.

    Raises
    ------
    hwan.core.BadDefinition
        When a column is missing, the labels are no state of health, several chemistries or ratings are mixed,
        the pulses are of another width, one response stands under two cells, or there are too few cells.
    """
    _check_columns(frame, protocol, source)
    _check_one_kind(frame, source)
    _check_width(frame, protocol, source)
    health, cells = _state_of_health(frame, source), frame["cell"].cast(pl.String)
    values = frame.select(pl.col(name).cast(pl.Float64, strict=False) for name in protocol.names).to_numpy()
    usable = np.isfinite(values).all(axis=1) & np.isfinite(health) & cells.is_not_null().to_numpy()
    usable &= ((values > 0) & (values < VALUE_MOST)).all(axis=1)
    names = cells.fill_null("").to_numpy().astype(str)[usable]
    _check_cells(values[usable], names, source)
    table = CalibrationTable(values[usable], health[usable], names, protocol)
    return CalibrationTable(*_parts(table), findings=tuple(_findings(frame, usable, names, source)))


def _parts(table: CalibrationTable) -> tuple[Floats, Floats, NDArray[np.str_], RapidProtocol]:
    return table.values, table.state_of_health, table.cells, table.protocol


def check_responses(frame: pl.DataFrame, protocol: RapidProtocol, source: str) -> tuple[Floats, Floats]:
    """Return responses and states of health of check cells, shapes (rows, values) and (rows,), from such a table.

    Raises
    ------
    hwan.core.BadDefinition
        As :func:`calibration_table`, but one cell is enough.
    """
    _check_columns(frame, protocol, source)
    _check_width(frame, protocol, source)
    health = _state_of_health(frame, source)
    values = frame.select(pl.col(name).cast(pl.Float64, strict=False) for name in protocol.names).to_numpy()
    usable = np.isfinite(values).all(axis=1) & np.isfinite(health)
    if not usable.any():
        raise BadDefinition("calibration_labels_missing", source=source)
    return values[usable], health[usable]


def _check_columns(frame: pl.DataFrame, protocol: RapidProtocol, source: str) -> None:
    labels = ("soh",) if "soh" in frame.columns else ("q_ah", "q_nominal_ah")
    missing = [name for name in ("cell", *labels, *protocol.names) if name not in frame.columns]
    if missing:
        found = ", ".join(frame.columns[:20])
        raise BadDefinition("calibration_columns_missing", source=source, missing=", ".join(missing), found=found)
    if frame.height > MOST_ROWS:
        raise BadDefinition("calibration_too_large", source=source, rows=frame.height, most=MOST_ROWS)


def _check_one_kind(frame: pl.DataFrame, source: str) -> None:
    """One model is of one type: mixed chemistries or ratings would calibrate none of them."""
    for column in ("chemistry", "q_nominal_ah"):
        kinds = sorted(map(str, frame[column].drop_nulls().unique())) if column in frame.columns else []
        if len(kinds) > 1:
            raise BadDefinition("calibration_mixed", source=source, column=column, got=", ".join(kinds[:8]))


def _check_width(frame: pl.DataFrame, protocol: RapidProtocol, source: str) -> None:
    if protocol.kind != "pulses":
        return
    for column, factor in (("pulse_s", 1.0), ("pulse_ms", 1e-3)):
        if column in frame.columns:
            widths = frame[column].drop_nulls().cast(pl.Float64, strict=False).unique() * factor
            wrong = sorted(each for each in widths if not protocol.is_width(each))
            if wrong:
                got = ", ".join(f"{each:g}" for each in wrong[:8])
                raise BadDefinition("calibration_width", source=source, got=got, expected=protocol.width_second)


def _state_of_health(frame: pl.DataFrame, source: str) -> Floats:
    ratio = pl.col("soh") if "soh" in frame.columns else pl.col("q_ah") / pl.col("q_nominal_ah")
    values = frame.select(ratio.cast(pl.Float64, strict=False)).to_series().to_numpy()
    known = values[np.isfinite(values)]
    if not len(known):
        raise BadDefinition("calibration_labels_missing", source=source)
    if np.median(known) > STATE_OF_HEALTH_MOST:
        raise BadDefinition("calibration_labels_percent", source=source, got=float(np.median(known)))
    wrong = np.flatnonzero((values <= 0) | (values > STATE_OF_HEALTH_MOST))
    if len(wrong):
        row = int(wrong[0])
        raise BadDefinition(
            "calibration_labels_impossible", source=source, row=row + 1, got=float(values[row]), count=len(wrong)
        )
    return np.asarray(values, dtype=float)


def _check_cells(values: Floats, cells: NDArray[np.str_], source: str) -> None:
    """Refuse too few cells, and one response under two names: it would stand on both sides of a fold."""
    count = len(np.unique(cells))
    if count < LEAST_CELLS or len(cells) < LEAST_ROWS:
        raise BadDefinition(
            "calibration_too_small",
            source=source,
            cells=count,
            rows=len(cells),
            least=LEAST_CELLS,
            least_rows=LEAST_ROWS,
        )
    _, first, owner = np.unique(values, axis=0, return_index=True, return_inverse=True)
    twin = np.flatnonzero(cells != cells[first[owner]])
    if len(twin):
        names = f"{cells[first[owner[twin[0]]]]}, {cells[twin[0]]}"
        raise BadDefinition("calibration_cells_doubled", source=source, cells=names, count=len(twin))


def _findings(frame: pl.DataFrame, usable: NDArray[np.bool_], cells: NDArray[np.str_], source: str) -> list[Finding]:
    found, count = [], len(np.unique(cells))
    if not usable.all():
        rows = ", ".join(str(row + 1) for row in np.flatnonzero(~usable)[:8])
        found.append(
            Finding("calibration_rows_left_out", "warning", source, {"count": int((~usable).sum()), "rows": rows})
        )
    if count < least_cells(CLAIM):
        values = {"cells": count, "least": least_cells(CLAIM)}
        found.append(Finding("calibration_interval_assumed", "warning", source, values))
    if any(name.startswith("soc") for name in frame.columns):
        found.append(Finding("calibration_soc_not_used", "note", source))
    return found
