"""The commands of the store: add, list, show, reindex, check."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from hwan.cli import _options as option
from hwan.cli._outcome import Failure, document, print_document, print_failures, worst
from hwan.cli._seen import seen
from hwan.cli._tables import print_recordings, ui
from hwan.cli._work import _progress
from hwan.core import InputError, Recording, is_known
from hwan.store import Entry, Job, Store, StoredRecording

SCHEMA = "hwan.store/1"
SHORT_ID = 12
"""Digits of an id on the screen; the store finds a recording by its first ones."""

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Keep recordings: whole, unchanged, found again.")

Folder = Annotated[Path, typer.Option("--store", envvar="HWAN_STORE", help="Folder of the store.")]
DEFAULT = Path("hwan-store")


@app.command("add")
def add(
    paths: Annotated[list[Path], typer.Argument(help="Tester files, folders, globs.", show_default=False)],
    store: Folder = DEFAULT,
    mapping: option.MappingFile = None,
    json: option.Json = False,
    lang: option.Lang = option.Language.en,
) -> int:
    """Store the recordings of files, folders and globs; what is there already is not read again."""
    with _steps() as progress:
        job = Store(store).add_many(paths, mapping, progress)
    failures = [Failure.of(each.error, str(each.path), lang.value) for each in job.failures]
    if job.interrupted:
        failures.append(Failure.of(KeyboardInterrupt(), "", lang.value))
    if json:
        added = [{"added": each.added, **_plain(each.entry)} for each in job.results]
        skipped = [str(each.path) for each in job.skipped]
        print_document(document(SCHEMA, failures, recordings=added, skipped=skipped))
    else:
        _print_job(job, lang.value)
        print_failures(failures)
    return worst([each.exit_code for each in failures])


def _print_job(job: Job[StoredRecording], language: str) -> None:
    for each in job.skipped:
        Console(stderr=True).print(ui("store_skipped", language, source=each.path), markup=False, style="dim")
    added = sum(each.added for each in job.results)
    present, skipped = len(job.results) - added, len(job.skipped)
    Console().print(ui("store_added", language, added=added, present=present, skipped=skipped), markup=False)


@app.command("list")
def list_recordings(store: Folder = DEFAULT, json: option.Json = False, lang: option.Lang = option.Language.en) -> int:
    """List what is stored."""
    entries = _opened(store).recordings()
    if json:
        print_document(document(SCHEMA, [], recordings=[_plain(each) for each in entries]))
    else:
        _print_entries(entries, store, lang.value)
    return 0


@app.command("show")
def show(
    identifier: Annotated[str, typer.Argument(metavar="ID", help="Id of a recording, or how it begins.")],
    store: Folder = DEFAULT,
    json: option.Json = False,
    lang: option.Lang = option.Language.en,
) -> int:
    """Say what is in one recording, and what was noticed about it."""
    opened = _opened(store)
    entry = opened.find(identifier)
    recording = opened.get(entry.id)
    if json:
        print_document(document(SCHEMA, [], recordings=[{**_plain(entry), **_told(recording)}]))
    else:
        print_recordings([seen(recording)], lang.value)
    return 0


@app.command("reindex")
def reindex(store: Folder = DEFAULT, json: option.Json = False, lang: option.Lang = option.Language.en) -> int:
    """Rebuild the index from the files alone."""
    entries = _opened(store).reindex()
    if json:
        print_document(document(SCHEMA, [], recordings=[_plain(each) for each in entries]))
    else:
        Console().print(ui("store_rebuilt", lang.value, count=len(entries)))
    return 0


@app.command("check")
def check(store: Folder = DEFAULT, json: option.Json = False, lang: option.Lang = option.Language.en) -> int:
    """Read every file whole and compare it with the hash that was written with it."""
    with _steps() as progress:
        result = _opened(store).check(progress)
    failures = [Failure.of(each.error, each.file, lang.value) for each in result.damages]
    if json:
        print_document(document(SCHEMA, failures, checked=result.files))
    else:
        code = "store_damaged" if failures else "store_sound"
        Console().print(ui(code, lang.value, damaged=len(failures), count=result.files))
        print_failures(failures)
    return worst([each.exit_code for each in failures])


def _opened(folder: Path) -> Store:
    """Open a store that is there; only adding makes one."""
    if not folder.is_dir():
        raise InputError("store_missing", source=str(folder))
    return Store(folder)


@contextmanager
def _steps() -> Iterator[Any]:
    """Show progress on stderr where it is a terminal."""
    with _progress() as shown:
        task = shown.add_task("", total=None)
        yield lambda path, number, total: shown.update(task, description=path.name, completed=number, total=total)


def _plain(entry: Entry) -> dict[str, Any]:
    return {
        "provenance": entry.provenance,
        "started_at": entry.started_at,
        "rows": entry.rows,
        "columns": entry.columns,
        "finding_count": entry.findings,
        "samples_sha256": entry.samples_sha256,
        "file_bytes": entry.file_bytes,
    }


def _told(recording: Recording) -> dict[str, Any]:
    dtypes = recording.samples.collect_schema()
    return {
        "dtypes": {name: str(dtype) for name, dtype in dtypes.items()},
        "instrument": recording.instrument,
        "metadata": dict(recording.metadata),
        "findings": recording.findings,
    }


def _print_entries(entries: Sequence[Entry], folder: Path, language: str) -> None:
    table = Table(header_style="bold", show_edge=False, pad_edge=False)
    for heading in ("column_recording", "column_source", "column_started"):
        table.add_column(ui(heading, language), overflow="fold")
    for heading in ("column_rows", "column_bytes_per_row"):
        table.add_column(ui(heading, language), justify="right")
    for each in entries:
        began = f"{each.started_at:%Y-%m-%d %H:%M}" if is_known(each.started_at) else ""
        name = f"{each.provenance.source_name} {each.provenance.key}".strip()
        rate = f"{each.file_bytes / each.rows:.1f}" if each.rows else ""
        table.add_row(each.id[:SHORT_ID], name, began, f"{each.rows:,}", rate)
    rows, size = sum(each.rows for each in entries), sum(each.file_bytes for each in entries)
    Console().print(table)
    counted = {"count": f"{len(entries):,}", "rows": f"{rows:,}", "megabytes": f"{size / 1e6:,.1f}", "folder": folder}
    Console().print(ui("store_shown", language, **counted), markup=False)
