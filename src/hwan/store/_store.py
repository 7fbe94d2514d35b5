"""The store of a folder: add, list, get, rebuild, check."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from hwan.core import DamagedFile, HwanError, InputError, Recording, UsageError
from hwan.readers import Mapping, load_mapping, read_all
from hwan.store._arrow import arrow
from hwan.store._digest import samples_sha256
from hwan.store._footer import footer_of, read_footer
from hwan.store._index import Entry, Index
from hwan.store._job import Job, Progress, run_job, stored_whole
from hwan.store._scan import recording_in, scan
from hwan.store._write import sweep, write_recording

FILES: Final = "recordings"
INDEX: Final = "index.sqlite"
AnyMapping = Mapping | Path | str | None


@dataclass(frozen=True, slots=True)
class StoredRecording:
    """A recording in the store, and whether it was this call that put it there."""

    entry: Entry
    added: bool

    @property
    def id(self) -> str:
        """The recording's id."""
        return self.entry.id


@dataclass(frozen=True, slots=True)
class Damage:
    """A file of the store that is not what it was when it was written."""

    file: str
    error: HwanError


@dataclass(frozen=True, slots=True)
class Check:
    """How many files were read, and which of them have changed."""

    files: int
    damages: tuple[Damage, ...]


class Store:
    """Recordings in a folder: one immutable Parquet file each, and an index made from their footers.

    Opening cleans what killed processes left, and takes in files that the index does not know.
    Several processes may use one folder at once.

    Parameters
    ----------
    folder
        Made when it is not there.

    Raises
    ------
    MissingExtra
        pyarrow is not installed.
    InputError
        The folder cannot be made or written.
    """

    def __init__(self, folder: Path | str) -> None:
        arrow()
        self.folder = Path(folder)
        self._files = self.folder / FILES
        try:
            self._files.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError("store_folder_unusable", source=str(folder), detail=error.strerror or "") from error
        self._index = Index(self.folder / INDEX, self._files)
        sweep(self._files)
        self._index.match()

    def add(self, recording: Recording) -> StoredRecording:
        """Store a recording; one that is there already is left as it is and returned.

        Raises
        ------
        HwanError
            A column's dtype cannot be stored bit by bit; nothing is stored then.
        """
        return self._add(recording, (), "")

    def add_file(self, path: Path | str, mapping: AnyMapping = None) -> tuple[StoredRecording, ...]:
        """Store every recording of a tester's file; errors as in :func:`hwan.readers.read_all`.

        A source that is stored whole, read by the same version of its reader, is not read again.
        """
        chosen = load_mapping(mapping) if isinstance(mapping, Path | str) else mapping
        asked = chosen.sha256 if chosen else ""
        known = stored_whole(self._index.of_source(_sha256_of(Path(path)), asked), chosen)
        if known:
            return tuple(StoredRecording(entry, False) for entry in known)
        recordings = read_all(path, mapping=chosen)
        keys = tuple(recording.provenance.key for recording in recordings)
        return tuple(self._add(recording, keys, asked) for recording in recordings)

    def add_many(
        self, paths: Iterable[Path | str], mapping: AnyMapping = None, progress: Progress | None = None
    ) -> Job[StoredRecording]:
        """Store files, folders and globs; what fails stops nobody, what is interrupted can be called again.

        Parameters
        ----------
        progress
            Called before each file with its path, its number (from 0) and how many there are.
        """
        chosen = load_mapping(mapping) if isinstance(mapping, Path | str) else mapping
        work: Callable[[Path], tuple[StoredRecording, ...]] = lambda path: self.add_file(path, chosen)  # noqa: E731
        return run_job(paths, self.folder, work, progress)

    def _add(self, recording: Recording, keys: tuple[str, ...], asked: str) -> StoredRecording:
        path = self._path(recording.id)
        added = not path.exists()
        if added:
            samples = recording.samples.collect()
            footer = footer_of(recording, samples.shape, samples_sha256(samples), keys, asked)
            write_recording(path, samples, footer)
        return StoredRecording(self._indexed(recording.id), added)

    def _indexed(self, identifier: str) -> Entry:
        found = self._index.beginning(identifier)
        if not found:
            read_footer(self._path(identifier))
            self._index.add(self._path(identifier))
            found = self._index.beginning(identifier)
        return found[0]

    def _path(self, identifier: str) -> Path:
        if not identifier.isalnum():
            raise UsageError("store_id_malformed", got=identifier)
        return self._files / f"{identifier}.parquet"

    def recordings(self) -> tuple[Entry, ...]:
        """Return what is stored, by source name and key, from the index."""
        return self._index.entries()

    def find(self, identifier: str) -> Entry:
        """Return the one entry whose id is, or begins with, `identifier`.

        Raises
        ------
        UsageError
            There is none, or there are several.
        """
        found = self._index.beginning(identifier) if identifier else ()
        if not found:
            raise UsageError("store_id_unknown", got=identifier, source=str(self.folder))
        if len(found) > 1:
            raise UsageError("store_id_several", got=identifier, count=len(found))
        return found[0]

    def get(self, identifier: str) -> Recording:
        """Return the recording whose id is, or begins with, `identifier`; its samples are a lazy scan.

        Raises
        ------
        UsageError
            There is none, or there are several.
        DamagedFile
            Its file has changed.
        """
        return recording_in(self._path(self.find(identifier).id))

    def reindex(self) -> tuple[Entry, ...]:
        """Rebuild the index from the footers alone, and return its entries."""
        self._index.rebuild()
        return self.recordings()

    def check(self, progress: Progress | None = None) -> Check:
        """Read every file whole and compare it with its footer."""
        files = sorted(self._files.glob("*.parquet"))
        damages = []
        for number, path in enumerate(files):
            if progress:
                progress(path, number, len(files))
            try:
                _verify(path)
            except HwanError as error:
                damages.append(Damage(path.name, error))
        return Check(len(files), tuple(damages))


def _verify(path: Path) -> None:
    footer = read_footer(path)
    if footer.provenance.recording_id != path.stem:
        raise DamagedFile("store_file_misnamed", source=path.name, got=footer.provenance.recording_id)
    try:
        sha256 = samples_sha256(scan(path).collect())
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError, KeyError) as error:
        raise DamagedFile("store_file_unreadable", source=path.name) from error
    if sha256 != footer.samples_sha256:
        raise DamagedFile("store_content_differs", source=path.name)


def _sha256_of(path: Path) -> str:
    """Return the hash of a source; empty where it cannot be read, so that the reader says why."""
    if not path.is_file():
        return ""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
