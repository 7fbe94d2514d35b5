"""The demonstration on the terminal: what each table is, truth beside estimate, what to type next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from hwan.cli._battery import Request
from hwan.cli._evaluate import Assessed
from hwan.cli._figures import unit_sign, with_interval
from hwan.cli._tables import find, print_assessments, ui
from hwan.cli._work import Done
from hwan.core import Assessment, Measurement, format_number, text


@dataclass(frozen=True, slots=True)
class Demo:
    """What the demonstration found: the tables, the pack, and the truth about the pack by quantity."""

    asked: Request
    tables: Done[Assessed]
    step_volt: dict[str, float]
    retained: Measurement | None
    pack: Done[Assessed]
    truth: dict[str, float]
    report: Path
    command: str


def print_demo(shown: Demo, origins: Mapping[str, str], language: str) -> None:
    """Print the demonstration's tables, the report's place, and the next command."""
    console = Console(highlight=False)
    console.print(ui("demo_samples", language), style="bold")
    console.print(_origins(shown, origins, language))
    console.print()
    print_assessments([each.assessment for each in shown.tables.results], language, reasons=False)
    if shown.retained:
        console.print(f"{text('name', shown.retained.quantity, language)}: {with_interval(shown.retained)}\n")
    console.print(ui("demo_pack", language), style="bold")
    for each in shown.pack.results:
        console.print(_truths(each.assessment, shown.truth, language))
    console.print()
    print_assessments([each.assessment for each in shown.pack.results], language, shown.report)
    console.print(ui("demo_next", language, command=shown.command), markup=False, soft_wrap=True)


def _origins(shown: Demo, origins: Mapping[str, str], language: str) -> Table:
    table = Table(show_header=False, show_edge=False, pad_edge=False)
    for name, origin in origins.items():
        step = shown.step_volt.get(Path(name).name)
        quiet = "" if step is None else ui("demo_quiet", language, step_volt=step)
        table.add_row(name, quiet, ui(origin, language))
    return table


def _truths(assessment: Assessment, truth: Mapping[str, float], language: str) -> Table:
    table = Table(header_style="bold", show_edge=False, pad_edge=False)
    for heading in ("demo_quantity", "demo_truth", "demo_estimate", "demo_inside"):
        table.add_column(ui(heading, language))
    for quantity, true in truth.items():
        name, *pulse = quantity.split()
        measured = resistance(assessment, *pulse) if pulse else find(assessment, name)
        if measured is not None:
            low, high = measured.interval
            inside = ui("yes" if low <= true <= high else "no", language)
            truth_text = f"{format_number(true, 5)} {unit_sign(measured.unit)}".rstrip()
            table.add_row(text("name", name, language), truth_text, with_interval(measured), inside)
    return table


def resistance(assessment: Assessment, direction: str, time_second: str) -> Measurement | None:
    """Return the resistance in one direction at a stated time."""
    wanted = (float(time_second), direction)
    for each in assessment.measurements:
        if (each.conditions.pulse_time_second, each.conditions.direction) == wanted:
            return each
    return None
