"""The index: one sqlite3 file, made from the footers and from nothing else."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from hwan.core import UNKNOWN, HwanError, Provenance, Unknown
from hwan.store._footer import Footer, read_footer

VERSION: Final = 1
"""Version of the table; an index of another one is made anew."""
WAIT_SECOND: Final = 60.0
TABLE: Final = """CREATE TABLE recordings (
    recording_id TEXT PRIMARY KEY, source_name TEXT NOT NULL, source_sha256 TEXT NOT NULL,
    source_bytes INTEGER NOT NULL, reader TEXT NOT NULL, reader_version TEXT NOT NULL, mapping_sha256 TEXT NOT NULL,
    key TEXT NOT NULL, started_at TEXT, rows INTEGER NOT NULL, columns INTEGER NOT NULL, findings INTEGER NOT NULL,
    samples_sha256 TEXT NOT NULL, file_bytes INTEGER NOT NULL, source_keys TEXT NOT NULL, asked_mapping TEXT NOT NULL
) WITHOUT ROWID"""
BY_SOURCE: Final = "CREATE INDEX by_source ON recordings (source_sha256)"
INSERT: Final = f"INSERT OR REPLACE INTO recordings VALUES ({', '.join('?' * 16)})"  # noqa: S608 - question marks only
ALL: Final = "SELECT * FROM recordings ORDER BY source_name, key, recording_id"
BEGINNING: Final = "SELECT * FROM recordings WHERE substr(recording_id, 1, ?) = ? ORDER BY recording_id"
OF_SOURCE: Final = "SELECT * FROM recordings WHERE source_sha256 = ? AND asked_mapping = ? ORDER BY key"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the index.

    Parameters
    ----------
    rows, columns
        Shape of the samples.
    findings
        How many findings the recording has.
    file_bytes
        Size of its file in the store, B.
    """

    provenance: Provenance
    started_at: datetime | Unknown
    rows: int
    columns: int
    findings: int
    samples_sha256: str
    file_bytes: int

    @property
    def id(self) -> str:
        """The recording's id."""
        return self.provenance.recording_id


@dataclass(frozen=True, slots=True)
class Known:
    """What the index knows of one recording of a source, to say whether a job has it all."""

    entry: Entry
    source_keys: tuple[str, ...]


class Index:
    """The index of one folder of files ``<id>.parquet``."""

    def __init__(self, path: Path, files: Path) -> None:
        self._path, self._files = path, files

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=WAIT_SECOND, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            if connection.execute("PRAGMA user_version").fetchone()[0] != VERSION:
                self._begin(connection)
            yield connection
            connection.execute("COMMIT")

    def _begin(self, connection: sqlite3.Connection) -> None:
        """Make the index of a folder that has none, or one of another version, from its files."""
        connection.execute("DROP TABLE IF EXISTS recordings")
        connection.execute(TABLE)
        connection.execute(BY_SOURCE)
        self._match(connection)
        connection.execute(f"PRAGMA user_version = {VERSION}")

    def _do(self, work: Callable[[sqlite3.Connection], list[Any]]) -> list[Any]:
        """Do `work` in one transaction; an index that is no database is made anew."""
        try:
            with self._open() as connection:
                return work(connection)
        except sqlite3.OperationalError as error:
            raise HwanError("store_index_unusable", source=str(self._path), detail=str(error)) from error
        except sqlite3.DatabaseError:
            self._path.unlink(missing_ok=True)
            with self._open() as connection:
                return work(connection)

    def match(self) -> None:
        """Bring the index to what files there are: new ones in, missing ones out."""
        self._do(self._match)

    def rebuild(self) -> None:
        """Forget all and read every footer again, in one transaction."""

        def work(connection: sqlite3.Connection) -> list[Any]:
            connection.execute("DELETE FROM recordings")
            return self._match(connection)

        self._do(work)

    def _match(self, connection: sqlite3.Connection) -> list[Any]:
        # First the index, then the folder: what is in the index was renamed before, so it is seen there too.
        indexed = {row[0] for row in connection.execute("SELECT recording_id FROM recordings")}
        files = {path.stem: path for path in self._files.glob("*.parquet")}
        gone = [(name,) for name in indexed - files.keys()]
        connection.executemany("DELETE FROM recordings WHERE recording_id = ?", gone)
        for name in sorted(files.keys() - indexed):
            with suppress(HwanError):  # a damaged file is told by check, and stops nobody
                self._insert(connection, files[name])
        return []

    def _insert(self, connection: sqlite3.Connection, path: Path) -> None:
        footer = read_footer(path)
        if footer.provenance.recording_id == path.stem:
            connection.execute(INSERT, _row(footer, path.stat().st_size))

    def add(self, path: Path) -> None:
        """Take in one file that was just renamed into its place."""

        def work(connection: sqlite3.Connection) -> list[Any]:
            self._insert(connection, path)
            return []

        self._do(work)

    def entries(self) -> tuple[Entry, ...]:
        """Return all lines, by source name and key."""
        rows = self._do(lambda one: one.execute(ALL).fetchall())
        return tuple(map(_entry, rows))

    def beginning(self, prefix: str) -> tuple[Entry, ...]:
        """Return the lines whose id begins so."""
        return tuple(map(_entry, self._do(lambda one: one.execute(BEGINNING, (len(prefix), prefix)).fetchall())))

    def of_source(self, sha256: str, asked_mapping_sha256: str) -> tuple[Known, ...]:
        """Return what is stored of a source that was read with this mapping (or, empty, by content)."""
        found = self._do(lambda one: one.execute(OF_SOURCE, (sha256, asked_mapping_sha256)).fetchall())
        return tuple(Known(_entry(row), tuple(json.loads(row[14]))) for row in found)


def _row(footer: Footer, file_bytes: int) -> tuple[Any, ...]:
    came, started = footer.provenance, footer.started_at
    return (
        came.recording_id, came.source_name, came.source_sha256, came.source_bytes, came.reader, came.reader_version,
        came.mapping_sha256, came.key, None if isinstance(started, Unknown) else started.isoformat(),
        footer.rows, footer.columns, len(footer.findings), footer.samples_sha256, file_bytes,
        json.dumps(footer.source_keys), footer.asked_mapping_sha256,
    )  # fmt: skip


def _entry(row: tuple[Any, ...]) -> Entry:
    started = UNKNOWN if row[8] is None else datetime.fromisoformat(row[8])
    return Entry(Provenance(row[0], *row[1:8]), started, *row[9:14])
