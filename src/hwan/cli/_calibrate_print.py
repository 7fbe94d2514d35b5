"""What a person sees of a calibration: the model's card, what it noticed, and how it is used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from hwan.cli._tables import _print_findings, ui
from hwan.core import Finding, text
from hwan.health.rapid import RapidModel


def print_calibration(
    model: RapidModel, findings: Iterable[Finding], path: Path, report: Path | None, language: str
) -> None:
    """Print the card of a model that was written to `path`."""
    console = Console(highlight=False)
    console.print(model.id, style="bold", markup=False)
    block = Table(show_header=False, box=None, pad_edge=True)
    for code, said in _rows(model, language):
        block.add_row(ui(code, language), said)
    console.print(block)
    console.print(f" {ui('calibrated_left_out', language)}", style="dim", markup=False)
    _print_findings(console, findings, language)
    said = ui("calibrated_written", language, path=path, sha256=model.sha256)
    console.print(said, markup=False, soft_wrap=True)
    if report:
        console.print(ui("report_written", language, path=report), markup=False, soft_wrap=True)
    own = model.population
    used = {"path": path, "chemistry": own.chemistry, "rated": f"{own.rated_capacity_ah:g}"}
    console.print(ui("calibrated_use", language, **used), markup=False, soft_wrap=True)


def _rows(model: RapidModel, language: str) -> Iterator[tuple[str, str]]:
    card, own, origin = model.card, model.population, model.origin
    chemistry = text("name", f"chemistry_{own.chemistry}", language)
    yield "calibrated_type", f"{chemistry}, {own.rated_capacity_ah:g} Ah"
    yield "calibrated_cells", f"{origin.cells}, {origin.rows:,}"
    yield "calibrated_health", f"{100 * model.health_low:.1f}–{100 * model.health_high:.1f} %"
    yield "calibrated_error", _points(card["mean_absolute_error"], language)
    yield "calibrated_p95", _points(card["p95_absolute_error"], language)
    yield "calibrated_mean", _points(card["mean_predictor_error"], language)
    share, low, high = (f"{100 * card[name]:.1f}" for name in ("coverage", "coverage_low", "coverage_high"))
    yield "calibrated_coverage", ui("calibrated_band", language, percent=share, low=low, high=high)
    yield "calibrated_half", _points(card["half_width"], language)
    yield "calibrated_later", _points(card["later_half_width"], language)
    yield "calibrated_score", _points(card["interval_score"], language)
    for code, shown in (("calibrated_shown", True), ("calibrated_assumed", False)):
        found = [f"{100 * each.probability:g} %" for each in model.bounds if each.shown == shown]
        yield code, ", ".join(found) or ui("calibrated_none", language)


def _points(value: float, language: str) -> str:
    return ui("calibrated_points", language, value=f"{100 * value:.2f}")


def card_of(model: RapidModel, path: str) -> dict[str, Any]:
    """Return what the JSON document says of a model: everything but its coefficients, which its file has."""
    return {
        "id": model.id, "path": path, "sha256": model.sha256, "population": model.population,
        "protocol": model.protocol, "reference": model.reference, "origin": model.origin, "card": dict(model.card),
        "bounds": model.bounds, "health_low": model.health_low, "health_high": model.health_high,
        "temperature_low_celsius": model.temperature_low_celsius,
        "temperature_high_celsius": model.temperature_high_celsius,
    }  # fmt: skip
