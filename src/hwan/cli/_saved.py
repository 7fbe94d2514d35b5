"""Evaluations that were saved as JSON, read back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cattrs.errors import BaseValidationError

from hwan.cli._outcome import UNREADABLE, Failure
from hwan.core import Assessment, DamagedFile, Problem, from_plain, text
from hwan.core.converter import Unfit
from hwan.core.malformed import problems

MOST_BYTES: Final = 256_000_000
"""A saved evaluation of some ten thousand batteries; a larger file is the wrong file."""
SCHEMA: Final = "hwan.evaluate/1"
_TOLD: Final = 3
"""Problems said of one battery; the first ones show what is wrong."""


@dataclass(frozen=True, slots=True)
class Saved:
    """What could be read, and each battery that could not."""

    assessments: tuple[Assessment, ...]
    failures: tuple[Failure, ...]


def saved_assessments(path: Path, language: str) -> Saved:
    """Read what ``hwan evaluate --json`` printed.

    Raises
    ------
    DamagedFile
        When the file as a whole is no such document.
    """
    found: list[Assessment] = []
    failures: list[Failure] = []
    for index, plain in enumerate(_entries(path)):
        try:
            found.append(from_plain(Assessment, plain))
        except (BaseValidationError, Unfit) as error:
            failures.append(_failure(path, index, list(problems(error)), language))
    return Saved(tuple(found), tuple(failures))


def _failure(path: Path, index: int, found: list[Problem], language: str) -> Failure:
    detail = "; ".join(
        f"assessments[{index}]: {text('problem', code, language, values)}" for code, values in found[:_TOLD]
    )
    message = text("error", "assessments_malformed", language, {"source": str(path), "detail": detail})
    return Failure(str(path), "assessments_malformed", message, UNREADABLE)


def _entries(path: Path) -> Iterator[Any]:
    document = _document(path)
    entries = document.get("assessments") if isinstance(document, Mapping) else None
    if not isinstance(entries, list) or document.get("schema") != SCHEMA:
        raise _damaged(path, f"schema ≠ {SCHEMA}")
    yield from entries


def _document(path: Path) -> Any:
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise _damaged(path, f"{size} > {MOST_BYTES} bytes")
        return json.loads(path.read_text(encoding="utf-8"), parse_constant=_no_constant)
    except OSError as error:
        raise _damaged(path, error.strerror or str(error)) from error
    except (ValueError, RecursionError) as error:  # no UTF-8, no JSON, or nested without end
        raise _damaged(path, str(error)) from error


def _no_constant(word: str) -> None:
    """Refuse NaN and Infinity: hwan writes none, and no grade can rest on one."""
    raise ValueError(word)


def _damaged(path: Path, detail: str) -> DamagedFile:
    return DamagedFile("assessments_malformed", source=str(path), detail=detail)
