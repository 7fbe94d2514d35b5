"""The entry point: whatever happens, one exit code of the contract, and with --json one document."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from functools import cache
from itertools import pairwise
from typing import Any, Final

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

from hwan.cli._outcome import FAILED, USAGE, Failure, document, print_document, print_failures, worst
from hwan.cli._program import EVALUATING, program, with_evaluation
from hwan.core import text

DOCUMENTS: Final = {"report": "evaluate"}
"""Commands that print the document of another."""


def commands(words: Sequence[str]) -> TyperGroup:
    """Return the program for a call: all commands, or the one that evaluates where it is the first word."""
    return _commands(words[0] if words and words[0] in EVALUATING else None)


@cache
def _commands(evaluating: str | None) -> TyperGroup:
    if evaluating:
        return _group(with_evaluation(program(), evaluating))
    from hwan.cli._app import app

    return _group(app)


def _group(made: typer.Typer) -> TyperGroup:
    found = typer.main.get_command(made)
    assert isinstance(found, TyperGroup)  # noqa: S101  # of several commands
    return found


def run(words: Sequence[str]) -> int:
    """Run the command that `words` name and return the exit code."""
    closed = sys.stdout is None
    if closed:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - stands in until the end
    _escape_what_cannot_be_encoded()
    try:
        code = _run(words)
        sys.stdout.flush()
    except BrokenPipeError:
        _discard_output()
        return 0
    except OSError as error:
        return _lost(words, error.strerror or str(error))
    return worst([code, _lost(words, "closed")]) if closed else code


def _escape_what_cannot_be_encoded() -> None:
    """Let a terminal of another encoding show escapes instead of ending hwan midway."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure: Any = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _run(words: Sequence[str]) -> int:
    try:
        command = commands(words)
        with command.make_context("hwan", list(words)) as context:
            return int(command.invoke(context) or 0)
    except typer.Exit as leaving:
        return leaving.exit_code
    except TyperException as error:
        return _wrong(words, error.format_message())
    except (Exception, KeyboardInterrupt, typer.Abort) as error:
        if isinstance(error, OSError) and error.filename is None:
            raise  # no file was named: it is the output that fails
        return tell(words, KeyboardInterrupt() if isinstance(error, typer.Abort) else error)


def _wrong(words: Sequence[str], detail: str) -> int:
    """Tell of a call that cannot be parsed; a call without words has got the help as its detail."""
    said = text("error", "usage", _language(words), {"detail": detail}) if words else detail
    return _told(words, Failure("", "usage", said, USAGE))


def _lost(words: Sequence[str], detail: str) -> int:
    """Tell on stderr that stdout does not take the results."""
    _discard_output()
    print_failures(
        [Failure("", "output_lost", text("error", "output_lost", _language(words), {"detail": detail}), FAILED)]
    )
    return FAILED


def _discard_output() -> None:
    """Send what is still buffered nowhere, so that the interpreter does not fail on it at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def tell(words: Sequence[str], error: BaseException) -> int:
    """Tell of an exception that reached the entry point, and return its exit code."""
    return _told(words, Failure.of(error, "", _language(words)))


def _told(words: Sequence[str], failure: Failure) -> int:
    """Tell of a failure before any command could, in the form that was asked for."""
    if "--json" in words:
        command = _command(words)
        parts: dict[str, Any] = {"assessments": []} if command in ("evaluate", "certificate") else {}
        print_document(document(f"hwan.{command}/1" if command else "hwan/1", [failure], **parts))
    else:
        print_failures([failure])
    return worst([failure.exit_code])


def _command(words: Sequence[str]) -> str | None:
    """Return the command whose document is wanted: the one named, or the nearest to what was typed."""
    known: Any = commands(words)
    typed = next((word for word in words if not word.startswith("-")), "")
    near = get_close_matches(typed, known.commands, n=1)
    return DOCUMENTS.get(near[0], near[0]) if near else None


def _language(words: Sequence[str]) -> str:
    """Return the language of a call that could not be parsed."""
    given = [after for word, after in pairwise(words) if word == "--lang"]
    given += [word.removeprefix("--lang=") for word in words if word.startswith("--lang=")]
    return "ko" if (given or [os.environ.get("HWAN_LANG", "en")])[-1] == "ko" else "en"
