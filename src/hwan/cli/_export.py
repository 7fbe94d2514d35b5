"""hwan export: recordings as files of the Battery Data Format."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import polars as pl
import typer
from rich.console import Console

from hwan.cli import _options as option
from hwan.cli._outcome import Failure, document, print_document, print_failures
from hwan.cli._recordings import Wanted, name_of
from hwan.cli._tables import _print_findings, ui
from hwan.cli._work import Done, over
from hwan.core import REQUIRED, HwanError, Recording
from hwan.health import cycles, steps
from hwan.store._export import Exported, export_bdf

SCHEMA = "hwan.export/1"


class FormName(StrEnum):
    """How samples are written."""

    parquet = "parquet"
    csv = "csv"


Folder = Annotated[Path, typer.Option("--to", help="Folder for the exported files; made when it is not there.")]
Form = Annotated[FormName, typer.Option("--format", help="Format of samples and tables.")]
Institution = Annotated[str, typer.Option(help="First part of the file name; else 'unknown'.")]
Cell = Annotated[str, typer.Option(help="Second part of the file name; else the source's name.")]
Tables = Annotated[bool, typer.Option("--tables", help="Also write the tables of steps and of cycles.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace an earlier export of the same source.")]


def export(
    files: option.Files,
    to: Folder,
    form: Form = FormName.parquet,
    institution: Institution = "",
    cell: Cell = "",
    tables: Tables = False,
    overwrite: Overwrite = False,
    continued: option.Continued = False,
    key: option.Key = None,
    mapping: option.MappingFile = None,
    json: option.Json = False,
    lang: option.Lang = option.Language.en,
) -> int:
    """Write recordings as files of the Battery Data Format, with their metadata beside them."""
    how = {"form": form.value, "institution": institution, "cell": cell, "overwrite": overwrite}
    run = Run(to, how, tables, lang.value)
    done = run.over(files, Wanted.of(key, mapping, continued=continued))
    if json:
        print_document(document(SCHEMA, done.failures, exports=run.exported))
    else:
        print_exports(run.exported, lang.value)
        print_failures(done.failures)
    return done.exit_code()


@dataclass(slots=True)
class Run:
    """How recordings are exported, and which were: kept also when somebody presses Ctrl-C."""

    folder: Path
    how: dict[str, Any]
    tables: bool
    language: str
    exported: list[Exported] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)

    def over(self, files: Sequence[Path], wanted: Wanted) -> Done[Exported]:
        """Export every recording of every file; one that cannot be written stops no other."""

        def work(group: Sequence[Path]) -> tuple[Exported, ...]:
            for each in wanted.recordings(group):
                self._one(each, name_of(group))
            return ()

        done = over(wanted.groups(files), work, name_of, self.language)
        done.failures[:0] = self.failures
        return done

    def _one(self, recording: Recording, source: str) -> None:
        try:
            tables = tables_of(recording) if self.tables else None
            self.exported.append(export_bdf(recording, self.folder, tables=tables, **self.how))
        except HwanError as error:
            self.failures.append(Failure.of(error, source, self.language))


def tables_of(recording: Recording) -> dict[str, pl.DataFrame] | None:
    """Return the tables of steps and cycles; a spectrum of impedance has none."""
    if not set(REQUIRED) <= set(recording.samples.collect_schema()):
        return None
    return {"steps": steps(recording), "cycles": cycles(recording)}


def print_exports(exported: Iterable[Exported], language: str) -> None:
    """Say where each export is, and what the files do not carry."""
    console = Console(highlight=False)
    for each in exported:
        paths = ", ".join(file.path for file in each.files)
        console.print(ui("export_written", language, source=each.source, paths=paths), markup=False, soft_wrap=True)
        said = ui("export_shape", language, rows=f"{each.rows:,}", columns=each.columns, metadata=each.metadata)
        console.print(said, markup=False, soft_wrap=True)
        for file in each.files:
            _print_findings(console, file.not_carried, language)
