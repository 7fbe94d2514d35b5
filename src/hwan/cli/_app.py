"""The commands."""

from __future__ import annotations

from typing import Annotated

import typer

from hwan.cli import _options as option
from hwan.cli._calibrate import calibrate_cells
from hwan.cli._demo import demo
from hwan.cli._export import export
from hwan.cli._health import app as health
from hwan.cli._mapping import write_mapping
from hwan.cli._outcome import document, print_document, print_failures
from hwan.cli._program import EVALUATING, program, with_evaluation
from hwan.cli._recordings import Wanted, name_of
from hwan.cli._rules import app as rules
from hwan.cli._seen import seen
from hwan.cli._steps import list_frames
from hwan.cli._store import app as store
from hwan.cli._tables import print_formats, print_recognitions, print_recordings
from hwan.cli._work import over
from hwan.readers import explain, formats

app = program()
app.command("demo")(demo)
app.command("export")(export)
app.add_typer(health, name="health")
app.add_typer(rules, name="rules")
app.add_typer(store, name="store")


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
    continued: option.Continued = False,
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
    wanted = Wanted.of(key, mapping, continued=continued)
    groups = wanted.groups(files)
    found = over(groups, lambda group: [seen(each) for each in wanted.recordings(group)], name_of, lang.value)
    if json:
        print_document(document("hwan.read/1", found.failures, recordings=found.results))
    else:
        print_recordings(found.results, lang.value)
        print_failures(found.failures)
    return found.exit_code()


app.command("steps", help="List the steps of each recording: kind, reason, charge, energy.")(list_frames)
app.command("cycles", help="List the cycles of each recording: capacity, energy, efficiency.")(list_frames)
with_evaluation(app, *EVALUATING)
app.command("calibrate", help="Calibrate a rapid test on cells with full tests, and write the model.")(calibrate_cells)
