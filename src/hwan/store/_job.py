"""Many files as one job that can be interrupted and called again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from glob import glob, has_magic
from pathlib import Path
from typing import Generic, TypeVar

from hwan.core import FormatNotRecognised
from hwan.readers import Mapping, formats
from hwan.readers.generic import MappedCsv
from hwan.store._index import Entry, Known

Progress = Callable[[Path, int, int], object]
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that could not be stored, and why."""

    path: Path
    error: Exception


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file in a folder or glob that no reader recognises: told, but no failure."""

    path: Path
    error: FormatNotRecognised


@dataclass(slots=True)
class Job(Generic[Result]):
    """What became of a job: results, failures, files that are none of ours, and whether it was stopped."""

    results: list[Result] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    interrupted: bool = False


def expand(paths: Iterable[Path | str], without: Path | None = None) -> tuple[tuple[Path, bool], ...]:
    """Return the files that `paths` name, each once, and whether it was named itself.

    Folders are looked through, hidden files left out; a path that does not exist may be a glob.
    What lies inside `without` (the store itself) is left out.
    """
    inside = without.resolve() if without else None
    found: dict[Path, bool] = {}
    for path in map(Path, paths):
        for file, named in _files_of(path):
            if inside is None or not file.resolve().is_relative_to(inside):
                found[file] = found.get(file, False) or named
    return tuple(found.items())


def _files_of(path: Path) -> Iterator[tuple[Path, bool]]:
    if path.is_dir():
        yield from ((file, False) for file in sorted(path.rglob("*")) if _is_open(file, path))
    elif not path.exists() and has_magic(str(path)) and (matches := sorted(glob(str(path), recursive=True))):  # noqa: PTH207
        yield from ((Path(file), False) for file in matches if Path(file).is_file())
    else:
        yield path, True


def _is_open(file: Path, folder: Path) -> bool:
    return file.is_file() and not any(part.startswith(".") for part in file.relative_to(folder).parts)


def run_job(
    paths: Iterable[Path | str],
    without: Path,
    work: Callable[[Path], Sequence[Result]],
    progress: Progress | None,
) -> Job[Result]:
    """Do `work` on each file; a failure stops nobody, and Ctrl-C keeps what is done."""
    job: Job[Result] = Job()
    try:
        files = expand(paths, without)
        for number, (path, named) in enumerate(files):
            if progress:
                progress(path, number, len(files))
            _one(job, path, named, work)
    except KeyboardInterrupt:
        job.interrupted = True
    return job


def _one(job: Job[Result], path: Path, named: bool, work: Callable[[Path], Sequence[Result]]) -> None:
    try:
        job.results.extend(work(path))
    except FormatNotRecognised as error:
        if named:
            job.failures.append(Failure(path, error))
        else:
            job.skipped.append(Skipped(path, error))
    except Exception as error:
        job.failures.append(Failure(path, error))


def stored_whole(known: Sequence[Known], mapping: Mapping | None) -> tuple[Entry, ...]:
    """Return the recordings of a source when all of them are stored by today's readers, else nothing."""
    current = _current(mapping)
    entries = {
        each.entry.provenance.key: each
        for each in known
        if current.get(each.entry.provenance.reader) == each.entry.provenance.reader_version
        and (mapping is not None or not each.entry.provenance.mapping_sha256)  # a shipped mapping may have changed
    }
    keys = next((each.source_keys for each in entries.values()), ())
    if not keys or any(key not in entries for key in keys):
        return ()
    return tuple(entries[key].entry for key in keys)


def _current(mapping: Mapping | None) -> dict[str, str]:
    """Return names and versions of the readers that can be asked."""
    if mapping is None:
        return {each.name: each.version for each in formats()}
    reader = MappedCsv(mapping)
    return {reader.name: reader.version}
