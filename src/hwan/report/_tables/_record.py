"""Tables of the record itself: steps, cycles' sources, provenance."""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from hwan import core
from hwan.report._numbers import ABSENT, plain
from hwan.report._tables._table import Cell, Table, table
from hwan.report._words import Words

MOST_STEPS: Final = 60
_NUMBERS: Final = (
    "duration_second", "first_voltage_volt", "last_voltage_volt", "mean_current_ampere", "charge_ah", "energy_wh",
)  # fmt: skip


def steps(frame: pl.DataFrame | None, words: Words) -> Table | None:
    """Return the first steps, folded."""
    if frame is None:
        return None
    labels = [words.ui("column_step"), words.ui("cycle"), words.ui("column_kind"), words.ui("column_recognised_by")]
    labels += [f"#{words.ui('column_' + name)}" for name in _NUMBERS]
    rows = [_step_row(row, words) for row in frame.head(MOST_STEPS).iter_rows(named=True)]
    hidden = frame.height - len(rows)
    note = words.ui("rows_left_out", count=hidden) if hidden > 0 else ""
    return table(words.ui("table_steps", count=frame.height), labels, rows, note=note, folded=True)


def _step_row(row: dict[str, Any], words: Words) -> tuple[Cell, ...]:
    side = row.get("direction")
    kind = words.name(row.get("kind") or "other")
    return (
        Cell(_number(row.get("step_number"))),
        Cell(_number(row.get("cycle_number"))),
        Cell(kind if side in (None, "none") else f"{kind} · {words.name(side)}"),
        Cell(words.say("reason", row["reason"]) if row.get("reason") else ABSENT),
        *(Cell(_number(row.get(name))) for name in _NUMBERS),
    )


def _number(value: float | None) -> str:
    return ABSENT if value is None else plain(float(value))


def provenance(sources: tuple[core.Provenance, ...], words: Words) -> Table | None:
    """Return where the recordings came from, enough to read them again."""
    rows = [
        (
            Cell(each.source_name, each.key),
            Cell(f"{each.source_bytes:,}"),
            Cell(f"{each.reader} {each.reader_version}"),
            Cell(each.source_sha256, code=True),
            Cell(each.recording_id, code=True),
        )
        for each in sources
    ]
    labels = (
        words.ui("column_source_name"), f"#{words.ui('column_bytes')}", words.ui("column_reader"),
        words.ui("column_sha256"), words.ui("column_recording_id"),
    )  # fmt: skip
    return table(words.ui("table_provenance"), labels, rows)
