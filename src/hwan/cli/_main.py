"""The entry point: whatever happens, one exit code of the contract, and with --json one document."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from itertools import pairwise

import typer
from typer.exceptions import TyperException

from hwan.cli._app import app
from hwan.cli._outcome import USAGE, Failure, document, print_document, print_failures, worst


def run(words: Sequence[str]) -> int:
    """Run the command that `words` name and return the exit code."""
    try:
        command = typer.main.get_command(app)
        with command.make_context("hwan", list(words)) as context:
            return int(command.invoke(context) or 0)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except typer.Exit as leaving:
        return leaving.exit_code
    except TyperException as error:
        return _told(words, Failure("", "usage", error.format_message(), USAGE))
    except (Exception, KeyboardInterrupt, typer.Abort) as error:
        return tell(words, KeyboardInterrupt() if isinstance(error, typer.Abort) else error)


def tell(words: Sequence[str], error: BaseException) -> int:
    """Tell of an exception that reached the entry point, and return its exit code."""
    return _told(words, Failure.of(error, "", _language(words)))


def _told(words: Sequence[str], failure: Failure) -> int:
    """Tell of a failure before any command could, in the form that was asked for."""
    if "--json" in words:
        command = next((word for word in words if not word.startswith("-")), "hwan")
        if command in ("evaluate", "report"):
            print_document(document("hwan.evaluate/1", [failure], assessments=[]))
        else:
            print_document(document(f"hwan.{command}/1", [failure]))
    else:
        print_failures([failure])
    return worst([failure.exit_code])


def _language(words: Sequence[str]) -> str:
    """Return the language of a call that could not be parsed."""
    given = [after for word, after in pairwise(words) if word == "--lang"]
    given += [word.removeprefix("--lang=") for word in words if word.startswith("--lang=")]
    return "ko" if (given or [os.environ.get("HWAN_LANG", "en")])[-1] == "ko" else "en"
