"""The program without its commands, and the commands that evaluate: those start without the others."""

from __future__ import annotations

from importlib.metadata import version as installed
from typing import Annotated, Final

import typer

from hwan.cli._evaluation import certify_batteries, evaluate

EVALUATING: Final = {
    "evaluate": "Evaluate batteries: capacity, resistance, grade and route, each with its reasons.",
    "report": "Evaluate batteries as 'evaluate' does, and write the report.",
    "certificate": "Evaluate batteries as 'evaluate' does, and write a certificate (PDF, HTML) of each.",
}


def program() -> typer.Typer:
    """Return the program with the options that stand before any command."""
    made = typer.Typer(
        add_completion=False,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        help="hwan: from a used battery's test file to what it still is, its grade and its next life.",
    )
    made.callback()(about)
    return made


def with_evaluation(made: typer.Typer, *names: str) -> typer.Typer:
    """Add commands that evaluate, and return the program."""
    for name in names:
        made.command(name, help=EVALUATING[name])(certify_batteries if name == "certificate" else evaluate)
    return made


def _say_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"hwan {installed('hwan')}")
        raise typer.Exit


def about(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_say_version, help="Say the version and end.")
    ] = False,
) -> None:
    """Do nothing: the commands do."""
