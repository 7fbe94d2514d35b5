"""What stands in the footer of each file: everything of a recording except its samples."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from cattrs.errors import BaseValidationError

from hwan.core import (
    DamagedFile,
    Finding,
    HwanError,
    Instrument,
    Mark,
    Provenance,
    Recording,
    Unknown,
    from_plain,
    to_plain,
)
from hwan.store._arrow import arrow, parquet

SCHEMA: Final = 1
"""Version of the footer and of the encodings; a reader refuses a higher one."""
KEY: Final = b"hwan"


@dataclass(frozen=True, slots=True)
class Footer:
    """A recording without its samples, and the hash of these.

    Parameters
    ----------
    rows, columns
        Shape of the samples.
    samples_sha256
        See :func:`hwan.store._digest.samples_sha256`.
    source_keys
        Keys of all recordings in the same source, so that a job knows when it has them all;
        empty where the recording was not added from a file.
    asked_mapping_sha256
        Hash of the mapping that the user gave; empty where the format was found by content.
    """

    schema: int
    provenance: Provenance
    instrument: Instrument
    metadata: Mapping[str, str]
    findings: tuple[Finding, ...]
    started_at: datetime | Unknown
    rows: int
    columns: int
    samples_sha256: str
    source_keys: tuple[str, ...] = ()
    asked_mapping_sha256: str = ""
    marks: tuple[Mark, ...] = ()


def footer_of(recording: Recording, shape: tuple[int, int], sha256: str, keys: tuple[str, ...], asked: str) -> Footer:
    """Return the footer of a recording whose samples have this `shape` and hash."""
    return Footer(
        SCHEMA, recording.provenance, recording.instrument, dict(recording.metadata), tuple(recording.findings),
        recording.started_at, *shape, sha256, keys, asked, tuple(recording.marks),
    )  # fmt: skip


def to_bytes(footer: Footer) -> bytes:
    """Return the footer as one JSON document with a hash of its own."""
    content = to_plain(footer)
    return json.dumps({"sha256": _sha256(content), "content": content}, ensure_ascii=False).encode()


def _sha256(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def read_footer(path: Path) -> Footer:
    """Read the footer of one file; of the samples nothing is read.

    Raises
    ------
    DamagedFile
        The file is no Parquet of this store, or its footer has changed.
    HwanError
        A newer version of hwan wrote it.
    """
    return footer_in(read_parquet_footer(path), path)


def read_parquet_footer(path: Path) -> Any:
    """Return pyarrow's ``FileMetaData`` of one file; raises as :func:`read_footer`."""
    try:
        return parquet().read_metadata(path)
    except (arrow().ArrowException, OSError, ValueError) as error:
        raise DamagedFile("store_file_unreadable", source=path.name) from error


def footer_in(metadata: Any, path: Path) -> Footer:
    """Return the footer in pyarrow's ``FileMetaData`` of a file; raises as :func:`read_footer`."""
    try:
        document = json.loads(metadata.metadata[KEY])
        content, sha256 = document["content"], document["sha256"]
        version = int(content["schema"])
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise DamagedFile("store_footer_damaged", source=path.name) from error
    if _sha256(content) != sha256:
        raise DamagedFile("store_footer_damaged", source=path.name)
    if version > SCHEMA:
        raise HwanError("store_schema_newer", source=path.name, got=version, expected=SCHEMA)
    try:
        return from_plain(Footer, content)
    except (BaseValidationError, ValueError) as error:
        raise DamagedFile("store_footer_damaged", source=path.name) from error
