"""From assessments to the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from hwan.cli._battery import Request
from hwan.cli._evaluate import Assessed
from hwan.cli._outcome import Failure
from hwan.health import cycles, steps
from hwan.report import Entry, html
from hwan.report import Failure as PageFailure


def write_report(
    path: Path, assessed: Sequence[Assessed], failures: Sequence[Failure], asked: Request, language: str
) -> None:
    """Write one HTML page about batteries and failures."""
    write_page(path, [entry(each, asked) for each in assessed], failures, language)


def write_page(path: Path, entries: Sequence[Entry], failures: Sequence[Failure], language: str) -> None:
    """Write a page of prepared entries."""
    page = html(
        entries,
        failures=[PageFailure(each.source, each.code, each.message) for each in failures],
        language=language,
        made_at=datetime.now().astimezone(),
        hwan_version=version("hwan"),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page, encoding="utf-8")


def entry(
    assessed: Assessed, asked: Request, *, truth: Mapping[str, float] | None = None, notes: tuple[str, ...] = ()
) -> Entry:
    """Return what the page shows of one battery: its last recording drawn."""
    last = assessed.recordings[-1]
    return Entry(
        assessment=assessed.assessment,
        samples=last.samples.collect(),
        steps=steps(last),
        cycles=cycles(last),
        truth=truth,
        notes=notes,
        ruleset=asked.ruleset,
        prices_sha256=asked.prices.sha256,
    )
