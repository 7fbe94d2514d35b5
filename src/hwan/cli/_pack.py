"""What a person sees of a pack's cells: who limits it, and what mending it would give."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table

from hwan.cli._figures import with_interval
from hwan.core import Assessment, CellVerdict, Measurement, format_probability, is_known, text

MOST_CANDIDATES = 6
MENDED = ("capacity_after_balancing", "capacity_after_replacement")


def print_pack(console: Console, assessment: Assessment, language: str) -> None:
    """Print the verdicts on the cells and the capacity after mending; nothing for a battery without cells."""
    rows = [*_verdicts(assessment, language), *_mended(assessment, language)]
    if not rows:
        return
    console.print(f"\n{assessment.battery.id}", style="bold", markup=False)
    table = Table(show_header=False, box=None, pad_edge=True)
    for row in rows:
        table.add_row(*row)
    console.print(table)


def _verdicts(assessment: Assessment, language: str) -> Iterator[tuple[str, str, str]]:
    for each in assessment.cell_verdicts:
        yield text("name", each.question, language), _named(each, language), with_interval(each.margin)


def _named(verdict: CellVerdict, language: str) -> str:
    """Return the cell, or all that it may be, with its probability."""
    if verdict.decided:
        return text("screen", "cell_decided", language, {"cell": verdict.cell})
    values = {
        "cell": verdict.cell,
        "percent": format_probability(verdict.probability),
        "others": ", ".join(map(str, verdict.candidates[1:MOST_CANDIDATES])) or "–",
    }
    return text("screen", "cell_likely", language, values)


def _mended(assessment: Assessment, language: str) -> Iterator[tuple[str, str, str]]:
    for each in assessment.measurements:
        if each.quantity in MENDED:
            yield text("name", each.quantity, language), with_interval(each), _modules(each, language)


def _modules(measured: Measurement, language: str) -> str:
    modules = measured.conditions.replaced_modules
    if not modules or not is_known(measured.conditions.intervention):
        return ""
    return text("screen", "modules_replaced", language, {"modules": ", ".join(map(str, modules))})
