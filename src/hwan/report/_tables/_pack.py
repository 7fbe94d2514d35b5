"""Tables of a pack's cells: which one limits it, what mending it gives, and every cell."""

from __future__ import annotations

from hwan import core
from hwan.report._numbers import ABSENT, bounds_of, shown
from hwan.report._tables._table import Cell, Table, table
from hwan.report._words import Words

MOST_CANDIDATES = 8
MENDED = (
    "capacity_after_balancing", "energy_after_balancing", "capacity_after_replacement", "energy_after_replacement",
)  # fmt: skip


def verdicts(assessment: core.Assessment, words: Words) -> Table | None:
    """Return which cell is first to empty, first to full and of the highest resistance."""
    rows = [_verdict_row(each, words) for each in assessment.cell_verdicts]
    labels = (
        words.ui("column_question"), f"#{words.ui('column_cell')}", words.ui("column_how_sure"),
        f"#{words.ui('column_margin')}", words.ui("column_candidates"),
    )  # fmt: skip
    return table(words.ui("table_verdicts"), labels, rows)


def _verdict_row(each: core.CellVerdict, words: Words) -> tuple[Cell, ...]:
    figure = shown(each.margin.value, bounds_of(each.margin), each.margin.unit)
    code, tone = ("cell_decided", "passed") if each.decided else ("cell_undecided", "uncertain")
    others = ", ".join(map(str, each.candidates[1 : MOST_CANDIDATES + 1])) or ABSENT
    return (
        Cell(words.name(each.question)),
        Cell(str(each.cell)),
        Cell(words.ui(code), core.format_probability(each.probability), tone),
        Cell(f"{figure.value} {figure.unit}", words.interval(figure)),
        Cell(others + (" …" if len(each.candidates) > MOST_CANDIDATES + 1 else "")),
    )


def mended(assessment: core.Assessment, words: Words) -> Table | None:
    """Return what the pack holds as it stands, balanced, and with modules replaced."""
    wanted = [each for each in assessment.measurements if each.quantity in MENDED]
    if not wanted:
        return None
    as_it_is = [each for each in assessment.measurements if each.quantity in ("capacity", "energy")]
    rows = [_mended_row(each, words) for each in (*as_it_is, *wanted)]
    labels = (words.ui("column_quantity"), f"#{words.ui('column_value')}", words.ui("column_modules"))
    return table(words.ui("table_mended"), labels, rows, note=words.ui("mended_note"))


def _mended_row(each: core.Measurement, words: Words) -> tuple[Cell, ...]:
    figure = shown(each.value, bounds_of(each), each.unit)
    modules = ", ".join(map(str, each.conditions.replaced_modules)) or ABSENT
    return Cell(words.name(each.quantity)), Cell(f"{figure.value} {figure.unit}", words.interval(figure)), Cell(modules)


def cells(assessment: core.Assessment, words: Words) -> Table | None:
    """Return every cell, folded."""
    rows = [_cell_row(each) for each in assessment.cells]
    names = ("end_of_charge", "rest", "end_of_discharge", "resistance", "least", "central", "most")
    labels = [words.ui("column_cell"), *(words.ui(f"column_cell_{name}") for name in names)]
    title = words.ui("table_cells", count=len(rows))
    return table(title, [f"#{label}" for label in labels], rows, note=words.ui("cells_note"), folded=True)


def _cell_row(each: core.CellFigure) -> tuple[Cell, ...]:
    volts = (each.end_of_charge_volt, each.rest_volt, each.end_of_discharge_volt)
    milliohm = each.resistance_ohm * 1000 if core.is_known(each.resistance_ohm) else core.UNKNOWN
    charges = (each.capacity_low_ah, each.capacity_ah, each.capacity_high_ah)
    figures = [_number(value, 4) for value in volts] + [_number(milliohm, 3)]
    return (Cell(str(each.cell)), *(Cell(text) for text in figures), *(Cell(_number(value, 2)) for value in charges))


def _number(value: float | core.Unknown, decimals: int) -> str:
    return f"{value:.{decimals}f}" if core.is_known(value) else ABSENT
