"""From a path to recordings: choose the reader, read, check at the door, stamp where it came from."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from hwan.core import (
    Finding,
    HwanError,
    Provenance,
    Recording,
    SeveralRecordings,
    Unknown,
    UnknownName,
    UsageError,
    recording_id,
)
from hwan.readers._contract import RawRecording, Reader
from hwan.readers._detail import detail_of
from hwan.readers._detect import choose
from hwan.readers._door import pass_door
from hwan.readers._source import Source, open_source, sha256_of
from hwan.readers.generic import MappedCsv, Mapping, load_mapping


def read(path: Path | str, *, key: str | None = None, mapping: Mapping | Path | str | None = None) -> Recording:
    """Read the one recording of a file, or the one that `key` names.

    Parameters
    ----------
    path
        The tester's file; its format is found by content.
    key
        Which recording, when the file holds several.
    mapping
        How to read a delimited text file: a :class:`Mapping`, the path of a TOML file or the id of
        a shipped mapping. Given, it decides; detection is not asked.

    Raises
    ------
    SeveralRecordings
        The file holds several and `key` is not given; the message lists the keys.
    InputError
        The file cannot be used; each reason has its own code.
    UsageError
        `key` or `mapping` does not fit.
    """
    source = open_source(path)
    reader = _reader_for(source, mapping)
    return recording_with(reader, source, _chosen_key(source, reader, key))


def read_all(path: Path | str, *, mapping: Mapping | Path | str | None = None) -> tuple[Recording, ...]:
    """Read every recording of a file, in the order of its keys; errors as in :func:`read`."""
    source = open_source(path)
    reader = _reader_for(source, mapping)
    return tuple(recording_with(reader, source, key) for key in _keys(source, reader) or ("",))


def _reader_for(source: Source, mapping: Mapping | Path | str | None) -> Reader:
    if mapping is None:
        return choose(source)
    return MappedCsv(mapping if isinstance(mapping, Mapping) else load_mapping(mapping))


def _keys(source: Source, reader: Reader) -> tuple[str, ...]:
    try:
        return tuple(reader.keys(source.path))
    except HwanError:
        raise
    except Exception as error:
        raise _inside(source, reader, error) from error


def _chosen_key(source: Source, reader: Reader, key: str | None) -> str:
    keys = _keys(source, reader)
    if key is None:
        if len(keys) > 1:
            raise SeveralRecordings(source.path.name, keys)
        return keys[0] if keys else ""
    if not keys:
        raise UsageError("no_keys_inside", source=source.path.name, got=key)
    if key not in keys:
        raise UnknownName("recording", key, keys)
    return key


def recording_with(reader: Reader, source: Source, key: str) -> Recording:
    """Read with `reader`, whatever detection would say; check and stamp."""
    with ThreadPoolExecutor(1) as beside:  # hashing asks nothing of Python: it takes the other processor
        hashing = beside.submit(sha256_of, source.path)
        raw = _raw(source, reader, key)
        frame, found, repaired = pass_door(raw.frame, source.path.name)
        sha256 = hashing.result()
    return Recording(
        provenance=_provenance(source, reader, key, raw.mapping_sha256, sha256),
        samples=frame.lazy(),
        instrument=raw.instrument,
        metadata=dict(raw.metadata),
        findings=_merged(raw.findings, found),
        started_at=_started_at(frame) if isinstance(raw.started_at, Unknown) else raw.started_at,
        marks=(*raw.marks, *repaired),
    )


def _raw(source: Source, reader: Reader, key: str) -> RawRecording:
    try:
        return reader.read(source.path, key)
    except HwanError:
        raise
    except Exception as error:
        raise _inside(source, reader, error) from error


def _inside(source: Source, reader: Reader, error: Exception) -> HwanError:
    return HwanError("reader_failed", source=source.path.name, reader=reader.name, detail=detail_of(error))


def _provenance(source: Source, reader: Reader, key: str, mapping_sha256: str, sha256: str) -> Provenance:
    return Provenance(
        recording_id=recording_id(sha256, reader.name, reader.version, mapping_sha256, key),
        source_name=source.path.name,
        source_sha256=sha256,
        source_bytes=source.size,
        reader=reader.name,
        reader_version=reader.version,
        mapping_sha256=mapping_sha256,
        key=key,
    )


def _merged(of_reader: tuple[Finding, ...], of_door: tuple[Finding, ...]) -> tuple[Finding, ...]:
    # The door knows the rows, so its finding replaces the reader's of the same code and severity.
    better = {(finding.code, finding.severity) for finding in of_door}
    return (*(one for one in of_reader if (one.code, one.severity) not in better), *of_door)


def _started_at(frame: pl.DataFrame) -> datetime | Unknown:
    if "unix_time_second" not in frame.columns:
        return Unknown.UNKNOWN
    column = frame["unix_time_second"]
    first = column.first(ignore_nulls=True)
    try:
        return datetime.fromtimestamp(float(first), UTC) if isinstance(first, float | int) else Unknown.UNKNOWN
    except (OverflowError, OSError, ValueError):
        return Unknown.UNKNOWN
