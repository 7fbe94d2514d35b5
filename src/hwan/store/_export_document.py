"""The metadata beside exported files: everything of a recording that is not in its samples."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import polars as pl

from hwan.core import COLUMNS, Finding, Recording, to_plain
from hwan.store._export_labels import unit_of

SCHEMA: Final = "hwan.bdf.metadata/1"
ONTOLOGY: Final = "1.3.0"
SUFFIX: Final = ".bdf.metadata.json"
MOST_BYTES: Final = 64_000_000
"""No metadata that we wrote is larger; a larger file is somebody else's."""
Entry = dict[str, Any]


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """One file of an export.

    Parameters
    ----------
    holds
        ``samples``, ``steps`` or ``cycles``.
    not_carried
        Of samples: what a reader of the file does not get back as it was, and the columns beyond BDF.
    """

    path: str
    holds: str
    sha256: str
    bytes: int
    not_carried: tuple[Finding, ...] = ()


def entry_of(file: WrittenFile, headings: Mapping[str, str], schema: Mapping[str, pl.DataType]) -> Entry:
    """Return what the metadata say of a file: its hash, and each column's heading, name, type and unit."""
    columns = [
        {"heading": heading, "name": name, "dtype": str(schema[name]), "unit": _unit(name, heading)}
        for name, heading in headings.items()
    ]
    return {**to_plain(file), "path": Path(file.path).name, "columns": columns}


def _unit(name: str, heading: str) -> str:
    return heading.partition(" / ")[2] or unit_of(name)


def document(recording: Recording, said: Mapping[str, str], rows: int, files: Sequence[Entry]) -> bytes:
    """Return the metadata of a recording as one JSON document; `said` is what its file name says."""
    content = {
        "schema": SCHEMA,
        "format": {"name": "Battery Data Format", "ontology": ONTOLOGY, "positive_current": "charge"},
        "written_by": {"name": "hwan", "version": version("hwan")},
        **said,
        "provenance": to_plain(recording.provenance),
        "started_at": to_plain(recording.started_at),
        "instrument": to_plain(recording.instrument),
        "metadata": dict(recording.metadata),
        "findings": to_plain(tuple(recording.findings)),
        "marks": to_plain(tuple(recording.marks)),
        "rows": rows,
        "columns_beyond_bdf": [name for name in recording.samples.collect_schema() if name not in COLUMNS],
        "files": list(files),
    }
    written = json.dumps(content, ensure_ascii=False, allow_nan=False, indent=1)
    return written.encode("utf-8", errors="backslashreplace")  # a lone surrogate becomes an escape of JSON


def origin_in(path: Path) -> dict[str, Any] | None:
    """Return the provenance of the recording whose metadata stand in `path`; None where they are not ours."""
    found = _read(path).get("provenance")
    return found if isinstance(found, dict) else None


def entries_in(path: Path) -> list[Entry]:
    """Return the files that earlier metadata list, and that are still there."""
    try:
        return [each for each in _read(path).get("files", ()) if path.with_name(each["path"]).is_file()]
    except (KeyError, TypeError, ValueError):
        return []


def _read(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > MOST_BYTES:
            return {}
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) and content.get("schema") == SCHEMA else {}
