"""One target per parser: bytes go to a file, the file through the reader and the door, or through its loader.

Allowed is a recording (a state, a table, a definition), or an error that hwan raises on purpose. Anything else
is a finding: another exception (``reader_failed`` is one that the door caught), more than two seconds, more
than 1 GB.
"""

from __future__ import annotations

import itertools
import os
import resource
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from fuzz import documents, seeds
from hwan.core import LANGUAGES, Finding, HwanError, Recording, text
from hwan.readers import Reader
from hwan.readers._detect import choose
from hwan.readers._read import recording_with
from hwan.readers._registry import registry
from hwan.readers._source import open_source

LONGEST_SECONDS: Final = 2.0
MOST_BYTES: Final = 1 << 30
MOST_KEYS: Final = 8
_FAILED: Final = "reader_failed"
_NUMBER: Final = itertools.count()


class Broken(AssertionError):
    """The house was broken by bytes from outside."""


@dataclass(frozen=True, slots=True)
class Target:
    """A parser: its reader (empty: whichever is chosen by content, or none), its seeds, how bytes become a file."""

    name: str
    reader: str
    seeds: Callable[[], seeds.Seeds]
    file: Callable[[bytes], bytes] = bytes
    rounds: int = 150
    """How many mutations the short run of the tests makes."""
    read: Callable[[Path], None] | None = None
    """What reads a file that is no recording, in place of a reader."""


def _inside(name: str, reader: str, archive: Callable[[], seeds.Seeds], rounds: int = 150) -> Target:
    """Return a target for the members of a zip, whose checksums would otherwise stop every damage."""
    return Target(
        name, reader, lambda: seeds.members(_last(archive)), lambda data: seeds.packed(_last(archive), data), rounds
    )


def _state_members() -> seeds.Seeds:
    return seeds.members(_last(documents.state_archives))


def _state_packed(data: bytes) -> bytes:
    return documents.state(seeds.packed(_last(documents.state_archives), data))


@cache
def _last(make: Callable[[], seeds.Seeds]) -> bytes:
    return make()[-1]


TARGETS: Final = (
    Target("mpr", "biologic-mpr", seeds.mprs),
    Target("res", "arbin-res", seeds.ress),
    Target("arbin-hdf5", "arbin-hdf5", seeds.arbin_hdf5),
    Target("indigo-hdf5", "indigo-hdf5", seeds.indigo_hdf5),
    Target("nda", "neware-nda", seeds.ndas),
    Target("ndax", "neware-ndax", seeds.ndaxs),
    _inside("ndax-members", "neware-ndax", seeds.ndaxs),
    Target("arbin-xlsx", "arbin-xlsx", seeds.arbin_xlsx, rounds=60),
    _inside("arbin-xlsx-members", "arbin-xlsx", seeds.arbin_xlsx, rounds=40),
    Target("nebula-xlsx", "nebula-xlsx", seeds.nebula_xlsx, rounds=60),
    _inside("nebula-xlsx-members", "nebula-xlsx", seeds.nebula_xlsx, rounds=40),
    Target("bdf-parquet", "bdf-parquet", seeds.bdf_parquet, rounds=6),
    Target("bdf-csv", "bdf-csv", seeds.bdf_csv),
    Target("text", "", seeds.texts, rounds=60),
    Target("state", "", documents.states, read=documents.read_state),
    Target("state-members", "", _state_members, _state_packed, read=documents.read_state),
    Target("responses", "", documents.responses, read=documents.read_responses),
    Target("definitions", "", documents.definitions, read=documents.read_definition),
    Target("rapid-model", "", documents.models, rounds=20, read=documents.read_model),
)
BY_NAME: Final = {target.name: target for target in TARGETS}


def examine(target: Target, data: bytes, folder: Path) -> str:
    """Read `data` as a file of the target; return ``read`` or the code of the error.

    Raises
    ------
    Broken
        The outcome is not allowed; the cause is chained.
    """
    # A new name each time: what a child said of a file is remembered by name, time and size.
    path = folder / f"input-{os.getpid()}-{next(_NUMBER)}"
    path.write_bytes(target.file(data))
    start, before = worked(), memory()
    try:
        outcome = _outcome(target, path)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        cause = error.__cause__ if isinstance(error, HwanError) and error.__cause__ else error
        raise Broken(f"{type(cause).__name__}: {cause}") from error
    finally:
        path.unlink()
    seconds, more = worked() - start, memory() - before
    if seconds > LONGEST_SECONDS:
        raise Broken(f"{seconds:.1f} s, at most {LONGEST_SECONDS}")
    if more > MOST_BYTES:
        raise Broken(f"{more} bytes more, at most {MOST_BYTES}")
    return outcome


def _outcome(target: Target, path: Path) -> str:
    try:
        if target.read:
            target.read(path)
            return "read"
        source = open_source(path)
        if target.reader:
            reader = reader_of(target.reader)
            reader.recognise(path, source.head)  # asked here, as detection would hide what it raises
        else:
            reader = choose(source)
        keys = reader.keys(path) or ("",)
        told(recording_with(reader, source, key) for key in keys[:MOST_KEYS])
    except HwanError as error:
        if error.code == _FAILED:
            raise
        for language in LANGUAGES:
            error.message(language)
        return error.code
    return "read"


@cache
def reader_of(name: str) -> Reader:
    """Return the reader of that name."""
    return next(reader for reader in registry().readers if reader.name == name)


def told(recordings: Iterable[Recording]) -> list[Finding]:
    """Return all findings, each rendered in both languages: hostile values must not break a sentence."""
    findings = [finding for recording in recordings for finding in recording.findings]
    for finding in findings:
        for language in LANGUAGES:
            text("finding", finding.code, language, finding.values)
    return findings


def worked() -> float:
    """Return the seconds of work of this process and of its children that have ended."""
    return sum(os.times()[:4])


def memory() -> int:
    """Return the most bytes that this process has had in memory."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@cache
def folder() -> Path:
    """Return a folder for inputs, in memory where there is one, gone with the process."""
    place = Path("/dev/shm")  # noqa: S108  # a folder of our own is made in it
    made = tempfile.TemporaryDirectory(prefix="hwan-fuzz-", dir=place if place.is_dir() else None)
    _KEPT.append(made)
    return Path(made.name)


_KEPT: Final[list[tempfile.TemporaryDirectory[str]]] = []
