"""What the commands of ``hwan health`` share: options, outputs that overwrite nothing, the page, and what is said."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer
from rich.console import Console
from rich.text import Text

from hwan.cli._outcome import Failure, print_document, print_failures
from hwan.cli._report import check_place, replace_file, writing
from hwan.cli._work import Done
from hwan.core import (
    ColumnProblem,
    Finding,
    HwanError,
    InputError,
    Measurement,
    Recording,
    Refusal,
    UsageError,
    is_known,
    text,
)
from hwan.core.jsonio import bounded_text

if TYPE_CHECKING:
    import polars as pl

    from hwan.report import HealthChapter

WIDE: Final = 110
"""Columns of a screen from which intervals are written with both bounds."""
Page = Annotated[Path | None, typer.Option("--report", "-o", help="Write the page with the pictures (HTML) here.")]
Points = Annotated[Path | None, typer.Option("--csv", help="Write the points behind the pictures here.")]


class Way(StrEnum):
    """Which runs are taken."""

    charge = "charge"
    discharge = "discharge"
    both = "both"

    @property
    def only(self) -> Literal["charge", "discharge"] | None:
        """The one direction that was asked for."""
        return None if self is Way.both else "charge" if self is Way.charge else "discharge"


Direction = Annotated[Way, typer.Option("--direction", help="Charges, discharges, or both.")]


def in_time(recording: Recording) -> Recording:
    """Return a recording in time.

    Raises
    ------
    ColumnProblem
        When it is an impedance spectrum: every row has a frequency.
    InputError
        When its reader says that the record cannot be.
    """
    import polars as pl

    stopped = [each.code for each in recording.findings if each.severity == "stop"]
    if stopped:
        raise InputError("health_record_stopped", source=recording.provenance.source_name, finding=stopped[0])

    measured = recording.samples
    everywhere = (pl.col("frequency_hertz") > 0).fill_null(value=False).all()
    if "frequency_hertz" in measured.collect_schema().names() and measured.select(everywhere).collect().item():
        raise ColumnProblem("spectrum_not_in_time", source=recording.provenance.source_name)
    return recording


# Files ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where a call writes, and in which language it speaks.

    Raises
    ------
    UsageError
        Before any work, when an output would overwrite an input or the other output.
    """

    csv: Path | None
    report: Path | None
    language: str
    inputs: tuple[Path | str | None, ...]
    kept: list[Path] = field(default_factory=list)

    def __post_init__(self) -> None:
        own = [each for name in self.inputs if name is not None for each in (name, *_beside(Path(name)))]
        for path in (self.csv, self.report):
            if path is not None:
                check_place(path, own)
        if self.csv is not None and self.report is not None and self.csv.resolve() == self.report.resolve():
            raise UsageError("health_outputs_alike", path=str(self.csv))

    def write(
        self,
        done: Done[Any],
        points: Callable[[], pl.DataFrame],
        title: str,
        chapters: Callable[[], Sequence[HealthChapter]],
        origins: Sequence[tuple[str, str, str]] = (),
    ) -> None:
        """Write the table and the page that were asked for; one that cannot be written is a failure, no more.

        What an earlier call wrote is not replaced by what an interrupted one has, or by nothing.
        """
        csv, report = (None if path is None or self._keeps(path, done) else path for path in (self.csv, self.report))
        if csv:
            done.attempt(lambda: write_points(csv, points()), str(csv), self.language)
        if report:
            done.attempt(
                lambda: _write_page(report, title, chapters(), done.failures, self.language, origins),
                str(report), self.language,
            )  # fmt: skip

    def tell(
        self, done: Done[Any], content: dict[str, Any] | None, say: Callable[[], None], chemistry: str, method: str
    ) -> None:
        """Print the document, or say to a person what was found, with what caution, where, and what failed."""
        if content is not None:
            print_document(content)
            return
        say()
        print_caution(chemistry, method, self.language)
        self._print_written(done)
        print_failures(done.failures)

    def _keeps(self, path: Path, done: Done[Any]) -> bool:
        """Return whether a file of an earlier call is left as it is."""
        unfinished = not done.results or any(each.code == "interrupted" for each in done.failures)
        if unfinished and path.exists():
            self.kept.append(path)
        return path in self.kept

    def _print_written(self, done: Done[Any]) -> None:
        """Say where the outputs are."""
        failed = {each.source for each in done.failures}
        for path in (self.csv, self.report):
            if path is not None and str(path) not in failed and path.exists():
                code = "health_kept" if path in self.kept else "health_written"
                Console(highlight=False).print(
                    text("screen", code, self.language, {"path": path}), markup=False, soft_wrap=True
                )


def _beside(path: Path) -> Iterator[Path]:
    """Yield the files that a half-cell's or a chemistry's own file names; their contents are checked elsewhere."""
    if path.suffix != ".toml" or not path.is_file():
        return
    try:
        stated = tomllib.loads(bounded_text(path))
    except (ValueError, RecursionError, HwanError):
        return
    tables = [stated.get("table"), *(stated.get("half_cells") or ())]
    for table in (each for each in tables if isinstance(each, dict)):
        names = [table[key] for key in ("file", "negative", "positive") if isinstance(table.get(key), str)]
        for named in (path.parent / name for name in names):
            yield named
            if named != path and "file" not in table:
                yield from _beside(named)


def _write_page(
    path: Path,
    title: str,
    chapters: Sequence[HealthChapter],
    failures: Sequence[Failure],
    language: str,
    origins: Sequence[tuple[str, str, str]],
) -> None:
    """Write the page of a method whole or not at all."""
    from hwan.report import Failure as PageFailure
    from hwan.report import health_page

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


# On the screen ---------------------------------------------------------------------------------------


def say(console: Console, words: str | Text, style: str = "", indent: int = 2) -> None:
    """Print a sentence, wrapped between words, every line of it indented."""
    told = words if isinstance(words, Text) else Text(words, style)
    for line in told.wrap(console, max(console.width - indent, 20)):
        line.rstrip()
        console.print(Text(" " * indent).append_text(line))


def refused_for(chemistry: str, method: str) -> Refusal | None:
    """Return why the chemistry's profile refuses a method; None where it does not, or where none is stated."""
    from hwan.health.profiles import applicable

    return None if chemistry == "unknown" else applicable(chemistry, method)


def print_caution(chemistry: str, method: str, language: str) -> None:
    """Say what the chemistry's profile says of a method that it lets answer or describe."""
    from hwan.health.profiles import profile

    if chemistry == "unknown":
        return
    own = profile(chemistry)
    entry = own.of(method)
    if entry.status != "refused" and is_known(entry.reason):
        values = {"chemistry": own.id, "reason": text("reason", entry.reason, language)}
        say(Console(highlight=False), text("screen", "health_caution", language, values), "dim")


def print_findings(console: Console, findings: Iterable[Finding], language: str) -> None:
    """Tell each finding once: warnings stand out, notes do not."""
    for finding in {each.code: each for each in findings}.values():
        style = {"stop": "red", "note": "dim"}.get(finding.severity, "yellow")
        severity = text("screen", f"severity_{finding.severity}", language)
        say(console, f"{severity}: {text('finding', finding.code, language, finding.values)}", style)


def print_refusal(source: str, refusal: Refusal, language: str, quantities: Iterable[str] = ()) -> None:
    """Tell a person on stdout what was refused, why, and which test would lift it.

    Parameters
    ----------
    source
        Stands before it; "" below a heading that names it.
    quantities
        All that were refused for this reason; by default the refusal's own.
    """
    console, indent = Console(highlight=False), 0 if source else 2
    names = ", ".join(text("name", each, language) for each in dict.fromkeys((*quantities, refusal.quantity)))
    heading = f"{source}: {names}: " if source else f"{names}: "
    reason = text("refusal", refusal.code, language, refusal.values)
    say(console, Text.assemble((heading, "bold yellow"), reason), indent=indent)
    if is_known(refusal.test_needed):
        say(console, f"→ {text('test', refusal.test_needed, language)}", indent=indent + 2)


def print_refusals(source: str, refusals: Iterable[Refusal], language: str) -> None:
    """Tell each reason once, with all that was refused for it."""
    found = list(refusals)
    for refusal in {each.code: each for each in reversed(found)}.values():
        quantities = (each.quantity for each in found if each.code == refusal.code)
        print_refusal(source, refusal, language, quantities)


def bounded(figure: Measurement, digits: int, *, wide: bool) -> str:
    """Return a figure with its 90 % interval: both bounds on a wide screen, else the larger distance to them."""
    low, high = figure.interval
    if wide:
        return f"{figure.value:z.{digits}f} [{low:z.{digits}f}, {high:z.{digits}f}]"
    return f"{figure.value:z.{digits}f} ±{max(high - figure.value, figure.value - low):.{digits}f}"
