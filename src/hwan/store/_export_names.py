"""Names of exported files: ``Institution__Cell__YYYYMMDD_XXX``, the same for the same source every time."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Final

from hwan.core import Recording, is_known
from hwan.store._export_document import SUFFIX, origin_in

FORMS: Final = ("csv", "parquet")
TABLES: Final = ("steps", "cycles")
UNKNOWN_PART: Final = "unknown"
"""What stands in a file name and in the metadata for what nobody stated."""
MOST_NAME_BYTES: Final = {"institution": 60, "cell": 120}
"""Of a part of the name: the whole name may have 255, and Hangul has three bytes a letter."""


def named(recording: Recording, institution: str, cell: str) -> dict[str, str]:
    """Return institution, cell and date as given or recorded, else as the source's own name says them, else unknown."""
    parts = recording.provenance.source_name.split("__")
    said = parts[:3] if len(parts) >= 3 and all(parts[:2]) else [UNKNOWN_PART] * 3
    day = re.match(r"(\d{4})-?(\d{2})-?(\d{2})", said[2])
    began = recording.started_at
    recorded = f"{began.year:04d}{began.month:02d}{began.day:02d}" if is_known(began) else ""
    date = recorded or ("".join(day.groups()) if day else UNKNOWN_PART)
    return {"institution": institution or said[0], "cell": cell or said[1], "date": date}


def free_stem(folder: Path, said: Mapping[str, str], recording: Recording) -> Path:
    """Return the path without suffix: the first number that is free, or that is this source's already."""
    ours = (recording.provenance.source_sha256, recording.provenance.key)
    prefix = _prefix(recording, said)
    stems = (folder / f"{prefix}_{number:03d}" for number in count(1))
    return next(stem for stem in stems if _owner(stem) in (None, ours))


def with_suffix(stem: Path, suffix: str) -> Path:
    """Return the path with a suffix of several points; the name before may have points in it."""
    return stem.with_name(stem.name + suffix)


def place(stem: Path, holds: str, form: str) -> Path:
    """Return where the samples, steps or cycles of an export stand.

    >>> place(Path("UCam__A1__20241031_001"), "steps", "csv").name
    'UCam__A1__20241031_001.steps.bdf.csv'
    """
    return with_suffix(stem, f"{'' if holds == 'samples' else f'.{holds}'}.bdf.{form}")


def _prefix(recording: Recording, said: Mapping[str, str]) -> str:
    origin, cell = recording.provenance, said["cell"]
    if cell == UNKNOWN_PART:
        source = re.sub(r"(\.bdf)?\.\w+$", "", origin.source_name)
        cell = f"{source}-{origin.key}" if origin.key else source
    return "__".join((_part(said["institution"], "institution"), _part(cell, "cell"), said["date"]))


def _part(name: str, kind: str) -> str:
    """Return what may stand between two double underscores of a file name, on any file system."""
    plain = re.sub(r"_{2,}", "_", re.sub(r"[^\w.-]+", "-", unicodedata.normalize("NFC", name)))
    cut = plain.encode()[: MOST_NAME_BYTES[kind]].decode(errors="ignore")
    return cut.strip("._-") or UNKNOWN_PART


def _owner(stem: Path) -> tuple[str, str] | None:
    """Return the source whose export stands under `stem`; empty where somebody else's file does."""
    metadata = with_suffix(stem, SUFFIX)
    if metadata.exists():
        origin = origin_in(metadata) or {}
        return str(origin.get("source_sha256", "")), str(origin.get("key", ""))
    places = (place(stem, holds, form) for holds in ("samples", *TABLES) for form in FORMS)
    return ("", "") if any(each.exists() for each in places) else None
