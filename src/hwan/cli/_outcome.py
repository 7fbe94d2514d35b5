"""What a command leaves: one document, and the exit code that the contract asks for."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from hwan.core import HwanError, text, to_plain

DONE: Final = 0
USAGE: Final = 2
UNREADABLE: Final = 3
REFUSED: Final = 4
FAILED: Final = 5
INTERRUPTED: Final = 130
_SEVERITY: Final = (INTERRUPTED, USAGE, FAILED, UNREADABLE, REFUSED, DONE)


@dataclass(frozen=True, slots=True)
class Failure:
    """A source, or the call itself, that gave no result."""

    source: str
    code: str
    message: str
    exit_code: int

    @classmethod
    def of(cls, error: BaseException, source: str, language: str) -> Failure:
        """Return the failure that an exception means; an unexpected one is a failure inside."""
        if isinstance(error, HwanError):
            return cls(source, error.code, error.message(language), error.exit_code)
        if isinstance(error, KeyboardInterrupt):
            return cls(source, "interrupted", text("error", "interrupted", language), INTERRUPTED)
        detail = f"{type(error).__name__}: {error}"
        return cls(source, "inside", text("error", "inside", language, {"detail": detail}), FAILED)


def worst(codes: Sequence[int]) -> int:
    """Return the most severe of several exit codes.

    >>> worst([0, 4, 3])
    3
    """
    return min(codes, key=_SEVERITY.index, default=DONE)


def document(schema: str, failures: Sequence[Failure], **parts: Any) -> dict[str, Any]:
    """Return the document of a command: its parts as plain values, then the failures."""
    plain = {name: to_plain(part) for name, part in parts.items()}
    told = [{"source": each.source, "code": each.code, "message": each.message} for each in failures]
    return {"schema": schema, **plain, "failures": told}


def print_document(content: Mapping[str, Any]) -> None:
    """Write one JSON document, and nothing else, on stdout; what stdout cannot encode is escaped as JSON does."""
    written = json.dumps(content, ensure_ascii=False, allow_nan=False, indent=2)
    try:
        written.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        written = json.dumps(content, allow_nan=False, indent=2)
    sys.stdout.write(written + "\n")
    sys.stdout.flush()


def print_failures(failures: Sequence[Failure]) -> None:
    """Tell a person on stderr what went wrong."""
    if not failures:
        return
    from rich.console import Console

    console = Console(stderr=True, highlight=False)
    for failure in failures:
        rest = _after_source(failure)
        console.print(failure.source, style="bold red", markup=False, end="")
        console.print(rest if rest is not None else f": {failure.message}", markup=False)


def _after_source(failure: Failure) -> str | None:
    """Return what follows the source in a message that begins with it, so that it is not said twice."""
    if not failure.source:
        return failure.message
    names = (name for name in (failure.source, Path(failure.source).name) if name)
    return next((failure.message.removeprefix(name) for name in names if failure.message.startswith(name)), None)
