"""The commands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.metadata import version as installed
from pathlib import Path
from typing import Annotated, Final

import polars as pl
import typer

from hwan.cli import _options as option
from hwan.cli._demo import demo
from hwan.cli._evaluation import certify_batteries, evaluate
from hwan.cli._export import export
from hwan.cli._frames import print_frames
from hwan.cli._mapping import write_mapping
from hwan.cli._outcome import document, print_document, print_failures
from hwan.cli._rules import app as rules
from hwan.cli._seen import seen
from hwan.cli._store import app as store
from hwan.cli._tables import print_formats, print_recognitions, print_recordings
from hwan.cli._work import Done, over
from hwan.core import Recording
from hwan.health import cycles as cycles_of
from hwan.health import steps as steps_of
from hwan.readers import Mapping, explain, formats, load_mapping, read, read_all

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="hwan: from a used battery's test file to what it still is, its grade and its next life.",
)
app.command("demo")(demo)
app.command("export")(export)
app.add_typer(rules, name="rules")
app.add_typer(store, name="store")


def _say_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"hwan {installed('hwan')}")
        raise typer.Exit


@app.callback()
def about(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_say_version, help="Say the version and end.")
    ] = False,
) -> None:
    """Do nothing: the commands do."""


@app.command("formats")
def list_formats(json: option.Json = False, lang: option.Lang = option.Language.en) -> int:
    """List the formats that can be read, and how far each was proven."""
    if json:
        print_document(document("hwan.formats/1", [], formats=formats()))
    else:
        print_formats(formats(), lang.value)
    return 0


@app.command("read")
def read_files(
    files: option.Files,
    key: option.Key = None,
    mapping: option.MappingFile = None,
    explained: Annotated[bool, typer.Option("--explain", help="Say why a format was recognised.")] = False,
    save_mapping: option.SaveMapping = None,
    json: option.Json = False,
    lang: option.Lang = option.Language.en,
) -> int:
    """Read files and say what is in them and what is wrong with them."""
    if save_mapping:
        write_mapping(files, save_mapping)
    if explained:
        told = over(files, lambda path: [(path.name, explain(path))], str, lang.value)
        if json:
            said = [{"source": name, "recognitions": found} for name, found in told.results]
            print_document(document("hwan.read/1", told.failures, explained=said))
        else:
            print_recognitions(told.results, lang.value)
            print_failures(told.failures)
        return told.exit_code()
    named = load_mapping(mapping) if mapping else None
    found = over(files, lambda path: [seen(each) for each in _recordings(path, key, named)], str, lang.value)
    if json:
        print_document(document("hwan.read/1", found.failures, recordings=found.results))
    else:
        print_recordings(found.results, lang.value)
        print_failures(found.failures)
    return found.exit_code()


def _recordings(path: Path, key: str | None, mapping: Mapping | None) -> tuple[Recording, ...]:
    return (read(path, key=key, mapping=mapping),) if key else read_all(path, mapping=mapping)


METHODS: Final = {"steps": steps_of, "cycles": cycles_of}


@app.command("steps", help="List the steps of each recording: kind, reason, charge, energy.")
@app.command("cycles", help="List the cycles of each recording: capacity, energy, efficiency.")
def list_frames(
    context: typer.Context,
    files: option.Files,
    key: option.Key = None,
    mapping: option.MappingFile = None,
    json: option.Json = False,
    lang: option.Lang = option.Language.en,
) -> int:
    """Print the table that the command is named after."""
    name = str(context.info_name)
    done = _frames(files, key, mapping, METHODS[name], lang.value)
    return _print_frames(name, done, json, lang.value)


Frames = Done[tuple[Recording, pl.DataFrame]]


def _frames(
    files: Sequence[Path], key: str | None, mapping: Path | None, method: Callable[[Recording], pl.DataFrame], lang: str
) -> Frames:
    named = load_mapping(mapping) if mapping else None

    def work(path: Path) -> list[tuple[Recording, pl.DataFrame]]:
        return [(recording, method(recording)) for recording in _recordings(path, key, named)]

    return over(files, work, str, lang)


def _print_frames(name: str, done: Frames, json: bool, language: str) -> int:
    if json:
        parts = [{"provenance": recording.provenance, name: _rows(frame)} for recording, frame in done.results]
        print_document(document(f"hwan.{name}/1", done.failures, recordings=parts))
    else:
        print_frames(name, done.results, language)
        print_failures(done.failures)
    return done.exit_code()


def _rows(frame: pl.DataFrame) -> list[dict[str, object]]:
    """Return the rows as plain values; what is null is left out."""
    return [{name: value for name, value in row.items() if value is not None} for row in frame.rows(named=True)]


app.command("evaluate", help="Evaluate batteries: capacity, resistance, grade and route, each with its reasons.")(
    evaluate
)
app.command("report", help="Evaluate batteries as 'evaluate' does, and write the report.")(evaluate)
app.command("certificate", help="Evaluate batteries as 'evaluate' does, and write a certificate (PDF, HTML) of each.")(
    certify_batteries
)
