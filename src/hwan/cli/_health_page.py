"""What the commands of ``hwan health`` share: the page, the table of points, and refusals in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from hwan.cli._outcome import Failure
from hwan.cli._report import check_place, replace_file, writing
from hwan.core import Refusal, is_known, text

if TYPE_CHECKING:
    import polars as pl

    from hwan.report import HealthChapter

Page = Annotated[Path | None, typer.Option("--report", "-o", help="Write the page with the pictures (HTML) here.")]
Points = Annotated[Path | None, typer.Option("--csv", help="Write the points behind the pictures here.")]


def write_health_page(
    path: Path,
    title: str,
    chapters: Sequence[HealthChapter],
    failures: Sequence[Failure],
    language: str,
    *,
    inputs: Iterable[Path | str | None] = (),
    origins: Sequence[tuple[str, str, str]] = (),
) -> None:
    """Write the page of a method whole or not at all, over none of its inputs."""
    from hwan.report import Failure as PageFailure
    from hwan.report import health_page

    check_place(path, inputs)
    page = health_page(
        title,
        chapters,
        failures=[PageFailure(each.source, each.code, each.message) for each in failures],
        origins=origins,
        language=language,
        made_at=datetime.now().astimezone(),
        hwan_version=version("hwan"),
    )
    with writing(path):
        replace_file(path.resolve(), page.encode("utf-8", errors="backslashreplace"))


def write_points(path: Path, points: pl.DataFrame, inputs: Iterable[Path | str | None] = ()) -> None:
    """Write a table of points as CSV, units in its headings."""
    check_place(path, inputs)
    with writing(path):
        replace_file(path.resolve(), points.write_csv().encode())


def print_refusal(source: str, refusal: Refusal, language: str) -> None:
    """Tell a person on stdout what was refused, why, and which test would lift it."""
    console = Console(highlight=False)
    name = text("name", refusal.quantity, language)
    console.print(f"{source}: {name}", style="bold yellow", markup=False, end=" ")
    console.print(text("refusal", refusal.code, language, refusal.values), markup=False)
    if is_known(refusal.test_needed):
        console.print(f"  → {text('test', refusal.test_needed, language)}", markup=False)
