"""What a pass over a test that still runs has found, kept as a file: the test is gone on with where it stood.

One line of JSON says of which rows the state is, the bytes of :func:`hwan.health.state_to_bytes` follow.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl
from cattrs.errors import BaseValidationError

from hwan.cli._report import writing
from hwan.core import REQUIRED, DamagedFile, InputError, Recording, Scalar, UsageError, from_json, to_json
from hwan.health import StreamResult, state_from_bytes, state_to_bytes

SCHEMA: Final = "hwan.steps-state/1"
MOST_BYTES: Final = 1 << 30
LONGEST_LINE: Final = 10_000
EDGE_ROWS: Final = 1_000
"""So many first and last rows that were read tell one recording from another."""


@dataclass(frozen=True, slots=True)
class Known:
    """The rows that a state is of: how many, the hash of the first and the last of them, and the last one itself."""

    schema: str
    source: str
    rows: int
    begin_sha256: str
    end_sha256: str
    last_row: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class State:
    """A saved state: the rows that it is of, and where the pass stands after them."""

    known: Known
    stand: Any

    def require_same(self, recording: Recording, path: Path) -> None:
        """Raise where the recording does not begin with the rows that the state is of.

        Raises
        ------
        hwan.core.UsageError
            Names the state, the recording, and what differs.
        """
        got, expected = _known(recording, self.known.rows), self.known
        said: dict[str, Scalar] = {
            "state": str(path),
            "source": got.source,
            "saved": expected.source,
            "row": expected.rows,
        }
        if got.rows < expected.rows:
            raise UsageError("state_rows_missing", **said, got=got.rows, expected=expected.rows)
        if (got.begin_sha256, got.end_sha256) == (expected.begin_sha256, expected.end_sha256):
            return
        if got.last_row != expected.last_row:
            raise UsageError("state_of_another", **said, got=_told(got.last_row), expected=_told(expected.last_row))
        raise UsageError("state_of_another", **said, got=_hashes(got), expected=_hashes(expected))


def load_state(path: Path) -> State | None:
    """Return the state of a file, None where there is no file yet.

    Raises
    ------
    hwan.core.DamagedFile
        It is none.
    """
    try:
        with path.open("rb") as file:
            line, content = file.readline(LONGEST_LINE), file.read(MOST_BYTES)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InputError("path_unreadable", source=str(path), detail=error.strerror or str(error)) from error
    try:
        known = from_json(Known, line.decode())
    except (ValueError, RecursionError, BaseValidationError) as error:
        raise DamagedFile("stream_state_unreadable", source=str(path)) from error
    stand = state_from_bytes(content, str(path))
    if known.schema != SCHEMA or known.rows != stand.seen:
        raise DamagedFile("stream_state_unreadable", source=str(path))
    return State(known, stand)


def save_state(path: Path, recording: Recording, result: StreamResult) -> None:
    """Write where a pass stands, whole or not at all."""
    content = to_json(_known(recording, result.state.seen)).encode() + b"\n" + state_to_bytes(result.state)
    beside = path.with_name(f"{path.name}.part")
    with writing(path):
        beside.write_bytes(content)
        beside.replace(path)


def _known(recording: Recording, rows: int) -> Known:
    """Return what a state says of the first `rows` rows of a recording, or of all where it has fewer."""
    samples = recording.samples.select(pl.col(name).cast(pl.Float64) for name in REQUIRED)
    first = max(rows - EDGE_ROWS, 0)
    begin = samples.head(min(rows, EDGE_ROWS)).collect().rows()
    end = samples.slice(first, rows - first).collect().rows()
    last = end[-1] if end else ()
    return Known(SCHEMA, recording.provenance.source_name, first + len(end), _sha256(begin), _sha256(end), last)


def _sha256(rows: list[tuple[float | None, ...]]) -> str:
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def _told(row: tuple[float | None, ...]) -> str:
    return ", ".join(f"{name} {value}" for name, value in zip(REQUIRED, row, strict=False))


def _hashes(known: Known) -> str:
    return f"SHA-256 {known.begin_sha256[:12]}, {known.end_sha256[:12]}"
