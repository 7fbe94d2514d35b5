"""Tables of steps and cycles: as many columns as the screen is wide."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import polars as pl
from rich.console import Console
from rich.table import Table

from hwan.cli._tables import ui
from hwan.core import Recording, format_number, format_percent, text

MOST_ROWS: Final = 60
WIDE: Final = 120
"""Columns of a screen from which everything is shown."""
SHOWN: Final = {
    "steps": ("step_number", "kind", "duration_second", "first_voltage_volt", "last_voltage_volt",
              "mean_current_ampere", "charge_ah"),
    "cycles": ("cycle_number", "complete", "charging_capacity_ah", "discharging_capacity_ah",
               "coulombic_efficiency", "energy_efficiency"),
}  # fmt: skip
"""The most useful; the sign of the current already says the way."""
MORE: Final = {"steps": ("energy_wh", "direction", "reason"), "cycles": ()}


def print_frames(name: str, found: Iterable[tuple[Recording, pl.DataFrame]], language: str) -> None:
    """Print tables of steps or cycles."""
    console = Console(highlight=False)
    narrow = console.width < WIDE and bool(MORE[name])
    shown = SHOWN[name] if narrow else (*SHOWN[name], *MORE[name])
    for recording, frame in found:
        console.print(recording.provenance.source_name, style="bold", markup=False)
        console.print(_table(frame.head(MOST_ROWS).select(shown), language))
        if len(frame) > MOST_ROWS:
            console.print(ui("more_rows", language, count=len(frame) - MOST_ROWS), style="dim")
        if narrow:
            console.print(ui("more_columns", language), style="dim")


def _table(frame: pl.DataFrame, language: str) -> Table:
    table = Table(header_style="bold", show_edge=False, pad_edge=False)
    for column, dtype in frame.schema.items():
        heading = ui(f"short_{column}", language)
        table.add_column(heading, justify="right" if dtype.is_numeric() else "left", overflow="fold")
    for row in frame.rows(named=True):
        table.add_row(*(_cell(column, value, language) for column, value in row.items()))
    return table


def _cell(column: str, value: object, language: str) -> str:
    if isinstance(value, bool):
        return ui("yes" if value else "no", language)
    if isinstance(value, float):
        return format_percent(value) if column.endswith("_efficiency") else format_number(value, 4)
    if isinstance(value, str):
        return text("reason" if column == "reason" else "name", value, language)
    return "" if value is None else str(value)
