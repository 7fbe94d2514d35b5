"""The next test: which, why, and what the others would cost."""

from __future__ import annotations

from collections.abc import Iterable

from hwan import core
from hwan.report._numbers import ABSENT, fixed
from hwan.report._tables._table import Cell, Table, table
from hwan.report._words import Words


def next_test(upcoming: core.NextTest | core.Unknown, words: Words) -> Table | None:
    """Return the tests considered, the chosen one marked; None where no rapid evaluation was asked for."""
    if not core.is_known(upcoming):
        return None
    labels = (
        words.ui("column_stage"), f"#{words.ui('column_minutes')}", f"#{words.ui('column_decides')}",
        f"#{words.ui('column_expected_minutes')}", words.ui("column_reason"),
    )  # fmt: skip
    rows = list(_rows(upcoming, words)) or [_alone(upcoming, words)]
    return table(_title(upcoming, words), labels, rows, note=words.ui("next_test_note") if upcoming.choices else "")


def _title(upcoming: core.NextTest, words: Words) -> str:
    stage = _stage(upcoming.stage, words)
    return f"{stage}: {words.reason(upcoming.reason, upcoming.values)}" if upcoming.choices else stage


def _stage(stage: str, words: Words) -> str:
    """Return the name of a test; a centre's own is called as its file calls it."""
    return words.name(f"stage_{stage}").removeprefix("stage_") if stage else words.ui("next_test_none")


def _alone(upcoming: core.NextTest, words: Words) -> tuple[Cell, ...]:
    reason = Cell(words.reason(upcoming.reason, upcoming.values))
    return Cell(_stage(upcoming.stage, words)), Cell(ABSENT), Cell(ABSENT), Cell(ABSENT), reason


def _rows(upcoming: core.NextTest, words: Words) -> Iterable[tuple[Cell, ...]]:
    for each in upcoming.choices:
        chosen = each.stage == upcoming.stage
        yield (
            Cell(f"{'→ ' if chosen else ''}{_stage(each.stage, words)}", tone="passed" if chosen else ""),
            Cell(fixed(each.minutes, 0)),
            Cell(core.format_percent(each.decides, 0)),
            Cell(fixed(each.expected_minutes, 0)),
            Cell(words.reason(each.reason, each.values)),
        )
