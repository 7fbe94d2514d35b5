"""Half-cells by id or by path: a table with its grid (JSON), or a description of a lab's own table (TOML)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np

from hwan.core import UNKNOWN, BadDefinition, Unknown, load_definition, packaged
from hwan.health.halfcells._halfcell import Direction, Electrode, HalfCell
from hwan.health.halfcells._lab import half_cell_from_table

FOLDER: Final = Path(__file__).parent / "tables"
MOST_ROWS: Final = 20_001
"""A finer grid is a mistake: the steepest table of ours needs 8,001."""
BARE_TABLES: Final = (".csv", ".txt", ".xlsx", ".parquet")


@dataclass(frozen=True, slots=True)
class Domain:
    """From which to which stoichiometry a table goes, why it ends there, and what of it was measured."""

    low: float
    high: float
    reason: Mapping[str, str]
    measured_low: float | Unknown = UNKNOWN
    measured_high: float | Unknown = UNKNOWN


@dataclass(frozen=True, slots=True)
class TableFile:
    """The fields of a table's file; `potential_volt` stands on an even grid over the domain."""

    id: str
    version: str
    title: Mapping[str, str]
    electrode: Electrode
    chemistry: str
    direction: Direction
    source: str
    licence: str
    domain: Domain
    error_volt: float
    potential_volt: tuple[float, ...]
    doi: str | Unknown = UNKNOWN
    error_reason: Mapping[str, str] = field(default_factory=dict)
    caution: Mapping[str, str] = field(default_factory=dict)
    temperature_celsius: float | Unknown = UNKNOWN
    rate_per_hour: float | Unknown = UNKNOWN


def half_cell(name_or_path: str | Path) -> HalfCell:
    """Return the half-cell with this id, or the one in a file of the user's own.

    Parameters
    ----------
    name_or_path
        An id of :func:`half_cells`; the path of a table in JSON as the packaged ones are; or the path of a TOML
        file that describes a lab's own CSV (:func:`half_cell_from_table`; docs/halfcells.md).

    Raises
    ------
    UnknownName
        With the nearest id, when it is neither an id nor a file.
    BadDefinition
        When the file does not fit the schema, or its numbers cannot be those of a half-cell.

    Examples
    --------
    >>> cell = half_cell("nmc811-chen2020/1")
    >>> cell.electrode, round(float(cell.potential_at(0.5)), 3)
    ('positive', 3.972)
    """
    name = str(name_or_path)
    if name in half_cells():
        return _packaged(name)
    if Path(name).suffix in BARE_TABLES:
        raise BadDefinition("half_cell_bare_table", source=name)
    return half_cell_from_table(name) if Path(name).suffix == ".toml" else _from_file(name)


@lru_cache(maxsize=1)
def _ids() -> tuple[str, ...]:
    return tuple(sorted(packaged(FOLDER)))


def half_cells() -> tuple[str, ...]:
    """Return the ids of the half-cells that come with hwan.

    >>> "lfp-afshar2017/1" in half_cells()
    True
    """
    return _ids()


@lru_cache(maxsize=64)
def _packaged(name: str) -> HalfCell:
    return _from_file(name)


def _from_file(name: str) -> HalfCell:
    table, source, sha256 = load_definition("half-cell", name, FOLDER, TableFile)
    rows = len(table.potential_volt)
    if not 2 <= rows <= MOST_ROWS:
        raise BadDefinition("half_cell_rows", source=source, got=rows, most=MOST_ROWS)
    return HalfCell(
        id=table.id,
        electrode=table.electrode,
        chemistry=table.chemistry,
        direction=table.direction,
        stoichiometry=np.linspace(table.domain.low, table.domain.high, rows),
        potential_volt=np.array(table.potential_volt),
        domain_low=table.domain.low,
        domain_high=table.domain.high,
        error_volt=table.error_volt,
        temperature_celsius=table.temperature_celsius,
        rate_per_hour=table.rate_per_hour,
        measured_low=table.domain.measured_low,
        measured_high=table.domain.measured_high,
        source=table.source,
        doi=table.doi,
        licence=table.licence,
        version=table.version,
        title=table.title,
        domain_reason=table.domain.reason,
        error_reason=table.error_reason,
        caution=table.caution,
        sha256=sha256,
    )
