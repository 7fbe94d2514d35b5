"""From assessments to the page."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from hwan.cli._battery import Request
from hwan.cli._evaluate import Assessed
from hwan.cli._outcome import Failure
from hwan.core import UsageError
from hwan.health import cycles, steps

if TYPE_CHECKING:
    from hwan.report import Entry


def check_place(path: Path, inputs: Iterable[Path | str | None]) -> None:
    """Raise when an output would overwrite an input.

    Raises
    ------
    hwan.core.UsageError
        Names the output and the input.
    """
    for each in inputs:
        if each is not None and _same(path, Path(each)):
            raise UsageError("output_is_input", path=str(path), input=str(each))


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:  # one of them is not there, or cannot be asked
        return one.resolve() == other.resolve()


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Say of a place that cannot be written that the call is wrong."""
    try:
        yield
    except OSError as error:
        raise UsageError("output_not_writable", path=str(path), detail=error.strerror or str(error)) from error


def write_report(
    path: Path, assessed: Sequence[Assessed], failures: Sequence[Failure], asked: Request, language: str
) -> None:
    """Write one HTML page about batteries and failures, over none of their photos."""
    check_place(path, [photo for each in assessed for photo in each.photos])
    write_page(path, [entry(each, asked) for each in assessed], failures, language)


def write_page(path: Path, entries: Sequence[Entry], failures: Sequence[Failure], language: str) -> None:
    """Write a page of prepared entries."""
    from hwan.report import Failure as PageFailure
    from hwan.report import html

    page = html(
        entries,
        failures=[PageFailure(each.source, each.code, each.message) for each in failures],
        language=language,
        made_at=datetime.now().astimezone(),
        hwan_version=version("hwan"),
    )
    with writing(path):
        replace_file(path.resolve(), page.encode("utf-8", errors="backslashreplace"))


def replace_file(path: Path, content: bytes) -> None:
    """Write beside `path` and rename: whoever looks sees the old file or the new one, never half of one."""
    if path.exists() and not path.is_file():
        raise OSError(None, "not a file")
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name[:200]}.{os.getpid()}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def entry(
    assessed: Assessed, asked: Request, *, truth: Mapping[str, float] | None = None, notes: tuple[str, ...] = ()
) -> Entry:
    """Return what the page shows of one battery: its last recording drawn."""
    from hwan.report import Entry

    last = assessed.last
    return Entry(
        assessment=assessed.assessment,
        samples=last.samples.collect() if last else None,
        steps=steps(last) if last else None,
        cycles=cycles(last) if last else None,
        truth=truth,
        notes=notes,
        ruleset=asked.ruleset,
        prices_sha256=asked.prices.sha256,
        recordings=assessed.recordings,
        rapid_models=asked.rapid.used(assessed.assessment) if asked.rapid else {},
    )
