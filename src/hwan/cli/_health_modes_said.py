"""What ``hwan health modes`` tells of its runs: on the screen, in the document, in the table and on the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console
from rich.table import Table

from hwan.cli._health_page import print_findings, print_refusals, say
from hwan.cli._health_pairs import Pairs, names
from hwan.core import Measurement, Refusal, Unknown, format_number, is_known, text

if TYPE_CHECKING:
    import polars as pl

    from hwan.health.modes import Balance, DegradationModes, Electrodes
    from hwan.report import HealthChapter

FIGURES: Final = (
    "loss_of_lithium_inventory", "loss_of_active_material_negative", "loss_of_active_material_positive",
    "lithium_inventory", "negative_electrode_capacity", "positive_electrode_capacity", "silicon_share",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Run:
    """One run with what was found of it."""

    step_number: int
    direction: str | Unknown
    electrodes: Electrodes
    found: DegradationModes | Refusal

    @property
    def told(self) -> tuple[Measurement, ...]:
        """Figures that were told."""
        return tuple(each for each in self.figures if isinstance(each, Measurement))

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        """Why figures were not told; the silicon that nobody asked for is none."""
        return tuple(each for each in self.figures if isinstance(each, Refusal) and each.code != "modes_no_silicon")

    @property
    def figures(self) -> tuple[Measurement | Refusal, ...]:
        """All figures, or the refusal of the whole."""
        if isinstance(self.found, Refusal):
            return (self.found,)
        return tuple(getattr(self.found, name) for name in FIGURES)

    @property
    def balance(self) -> Balance | None:
        """The fit, where there is one."""
        return None if isinstance(self.found, Refusal) else self.found.balance

    def name(self, language: str) -> str:
        """Return which run of the recording it is."""
        direction = text("name", str(self.direction), language) if is_known(self.direction) else ""
        values = {"step": self.step_number, "direction": direction}
        return text("screen", "modes_run", language, values)


@dataclass(frozen=True, slots=True)
class Evaluated:
    """A recording with its runs, or why it has none."""

    source: str
    runs: tuple[Run, ...] = ()
    refusal: Refusal | None = None

    @property
    def answered(self) -> bool:
        """Whether any figure was told."""
        return any(run.told for run in self.runs)


def points(found: Sequence[Evaluated]) -> pl.DataFrame:
    """Return the points of all fits, one row each."""
    import polars as pl

    names = ("charge_ah", "voltage_volt", "model_volt", "negative_volt", "positive_volt")
    parts = [
        pl.DataFrame({name: getattr(run.balance, name) for name in names}).select(
            pl.lit(each.source).alias("source"), pl.lit(run.step_number).alias("step_number"),
            pl.lit(str(run.direction)).alias("direction"), pl.all(),
        )
        for each in found
        for run in each.runs
        if run.balance is not None
    ]  # fmt: skip
    empty = pl.DataFrame(schema=dict.fromkeys(("source", "step_number", "direction", *names), pl.String))
    return pl.concat(parts) if parts else empty


def plain_recording(each: Evaluated, pairs: Pairs) -> dict[str, Any]:
    """Return a recording for the document; the points are in the table."""
    return {
        "source": each.source,
        "runs": [_plain_run(run, pairs) for run in each.runs],
        "refusals": [each.refusal] if each.refusal else [],
    }


def _plain_run(run: Run, pairs: Pairs) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "step_number": run.step_number, "direction": run.direction,
        "half_cells": names(run.electrodes) | {"basis": pairs.basis},
        "measurements": run.told, "refusals": run.refusals,
    }  # fmt: skip
    balance = run.balance
    if balance is not None and not isinstance(run.found, Refusal):
        left_out = ("charge_ah", "voltage_volt", "model_volt", "negative_volt", "positive_volt")
        kept = [name for name in balance.__dataclass_fields__ if name not in left_out]
        plain["balance"] = {name: getattr(balance, name) for name in kept}
        plain["findings"] = run.found.findings
    return plain


def chapters(found: Sequence[Evaluated], pairs: Pairs, language: str) -> list[HealthChapter]:
    from hwan.report._health._modes import modes_chapter
    from hwan.report._words import Words

    words = Words(language)
    used = (pairs.words(language),) if pairs.chosen else ()
    made: list[HealthChapter] = []
    for each in found:
        if each.refusal:
            made.append(modes_chapter(each.source, each.refusal, words, ""))
        for run in each.runs:
            name = f"{each.source}, {run.name(language)}"
            made.append(modes_chapter(name, run.found, words, f"m{len(made) + 1}", used))
    return made


def print_runs(found: Sequence[Evaluated], pairs: Pairs, language: str) -> None:
    """Print the figures of each run, each reason for a refusal once, and at the end what holds for all of them."""
    console = Console(highlight=False)
    for each in found:
        if each.refusal:
            print_refusals(each.source, [each.refusal], language)
        for run in each.runs:
            console.print(f"\n{each.source}, {run.name(language)}", style="bold", markup=False)
            _print_run(console, run, language)
    if pairs.chosen:
        console.print()
        say(console, pairs.words(language))
    if any(each.answered for each in found):
        say(console, text("ui", "modes_caution", language), "dim")


def _print_run(console: Console, run: Run, language: str) -> None:
    if not isinstance(run.found, Refusal):
        say(console, text("screen", "modes_fit_line", language, fit_values(run.found.balance)))
        if run.told:
            console.print(_table(run, language))
        print_findings(console, run.found.findings, language)
    print_refusals("", run.refusals, language)


def fit_values(balance: Balance) -> dict[str, object]:
    """Return what is said of a fit."""
    return {
        "residual": f"{1e3 * balance.residual_volt:.2f}", "limit": f"{1e3 * balance.residual_limit_volt:.2f}",
        "noise": f"{1e3 * balance.noise_volt:.2f}", "agreeing": balance.starts_agreeing, "starts": balance.starts,
    }  # fmt: skip


def _table(run: Run, language: str) -> Table:
    table = Table(header_style="bold", show_edge=False, pad_edge=True)
    table.add_column(text("screen", "modes_column_figure", language))
    for name in ("modes_column_value", "modes_column_interval"):
        table.add_column(text("screen", name, language), justify="right")
    for figure in run.told:
        low, high = figure.interval
        if figure.unit == "1":
            value, bounds = f"{100 * figure.value:z.2f} %", f"{100 * low:z.2f} … {100 * high:z.2f} %"
        else:
            value = f"{format_number(figure.value, 4)} {figure.unit}"
            bounds = f"{format_number(low, 4)} … {format_number(high, 4)} {figure.unit}"
        table.add_row(text("name", figure.quantity, language), value, bounds)
    return table
