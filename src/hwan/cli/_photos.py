"""Photos and documents beside a sheet: each by the hash of its bytes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from hwan.core import UNKNOWN, Attachment, BadDefinition, Problem, Unknown, is_known
from hwan.core.converter import written

MOST_BYTES: Final = 100_000_000
"""A photo of a camera has some 10 MB; a larger file is a film, or the wrong file."""
MOST_PHOTOS: Final = 200
SHORT_HASH: Final = 12
"""Digits of its hash name a photo that has no file name."""
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Photo:
    """One photo of a sheet: its file, relative to the sheet, or its hash, or both."""

    file: str | Unknown = UNKNOWN
    sha256: str | Unknown = UNKNOWN
    note: str | Unknown = UNKNOWN
    observer: str | Unknown = UNKNOWN
    observed_at: datetime | Unknown = UNKNOWN


class _Wrong(Exception):
    def __init__(self, code: str, **values: str | int) -> None:
        super().__init__(code)
        self.problem: Problem = (code, values)


def attachments_of(photos: Sequence[Photo], sheet: Path) -> tuple[Attachment, ...]:
    """Return the photos of a sheet by their hashes; a file that lies there is hashed.

    Raises
    ------
    hwan.core.BadDefinition
        Names every photo without a hash, and every one whose hash is not the stated one.
    """
    if len(photos) > MOST_PHOTOS:
        raise BadDefinition("photos_too_many", source=str(sheet), got=len(photos), most=MOST_PHOTOS)
    found: list[Attachment] = []
    wrong: list[Problem] = []
    for index, photo in enumerate(photos):
        try:
            found.append(_attachment(photo, sheet.parent, f"photos[{index}]"))
        except _Wrong as error:
            wrong.append(error.problem)
    if wrong:
        raise BadDefinition("photos_malformed", *wrong, source=str(sheet))
    return tuple(found)


def _attachment(photo: Photo, folder: Path, field: str) -> Attachment:
    stated = _stated(photo, field)
    made = _of_file(folder / photo.file, field) if is_known(photo.file) else None
    if made and stated and made != stated:
        raise _Wrong("photo_differs", field=field, path=str(photo.file), got=made, expected=stated)
    sha256 = made or stated
    if not sha256:
        raise (
            _Wrong("photo_without_hash", field=field, path=str(photo.file))
            if is_known(photo.file)
            else _Wrong("photo_empty", field=field)
        )
    return Attachment(_name(photo, sha256), sha256, photo.observer, photo.observed_at, photo.note)


def _stated(photo: Photo, field: str) -> str | None:
    if not is_known(photo.sha256):
        return None
    digits = photo.sha256.strip().lower()
    if not _SHA256.fullmatch(digits):
        raise _Wrong("no_sha256", field=f"{field}.sha256", got=written(photo.sha256))
    return digits


def _of_file(path: Path, field: str) -> str | None:
    """Return the hash of a file, None where there is none."""
    try:
        if not path.exists():
            return None
        if not path.is_file():
            raise _Wrong("photo_no_file", field=field, path=str(path))
        if path.stat().st_size > MOST_BYTES:
            raise _Wrong("photo_too_large", field=field, path=str(path), most_bytes=MOST_BYTES)
        with path.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except (OSError, ValueError) as error:  # not permitted, or a name that no file has
        raise _Wrong("photo_unreadable", field=field, path=str(path), detail=_detail(error)) from error


def _detail(error: OSError | ValueError) -> str:
    return getattr(error, "strerror", None) or str(error)


def _name(photo: Photo, sha256: str) -> str:
    """Return the name as the sheet has it; of a path from the root the file's name, for the rest is the user's own."""
    if not is_known(photo.file):
        return sha256[:SHORT_HASH]
    path = Path(photo.file)
    return path.name if path.is_absolute() else photo.file
