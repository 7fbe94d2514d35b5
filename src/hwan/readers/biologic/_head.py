"""What stands above the table of a text export: how many lines, and what they say."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from hwan.core import UNKNOWN, Unknown

EXPORT: Final = re.compile(r"\ufeff?\"?(?:EC|BT)-Lab ASCII FILE", re.IGNORECASE)
SETTINGS: Final = re.compile(r"\ufeff?\"?(?:EC|BT)-LAB SETTING FILE", re.IGNORECASE)
_COUNT: Final = re.compile(r"Nb header lines\s*:\s*(\d{1,6})")
_STARTED: Final = re.compile(r"(\d{1,2}/\d{1,2}/\d{4} \d{1,2}:\d{2}:\d{2})(\.\d{1,6})?")
# Folders, hosts and users belong to the computer, not to the test.
_PRIVATE: Final = ("directory", "host", "user", "address", "filename", "loaded setting file")
_CELL: Final = 20
MOST_ENTRIES: Final = 300
LONGEST: Final = 1000


def lines_above(lines: Sequence[str]) -> int | None:
    """Return how many lines stand above the table, as the second line says.

    >>> lines_above(["EC-Lab ASCII FILE", "Nb header lines : 61"])
    60
    """
    found = _COUNT.search(lines[1]) if len(lines) > 1 else None
    return max(int(found[1]) - 1, 0) if found else None


def metadata_of(lines: Sequence[str]) -> dict[str, str]:
    """Return ``key : value`` lines, the name of the technique, and its parameters, sequence by sequence."""
    said: dict[str, str] = {}
    for number, line in enumerate(lines):
        if len(said) >= MOST_ENTRIES:
            break
        if number == 3 and ":" not in line and line.strip():
            said["settings.technique"] = line.strip()[:LONGEST]
            continue
        key, value = _entry(line)
        if key and value and key.lower() not in _PRIVATE:
            said.setdefault(key if key.startswith("settings.") else f"header.{key}", value[:LONGEST])
    return said


def _entry(line: str) -> tuple[str, str]:
    key, colon, value = line.partition(" :")
    if colon:
        value = value.strip().replace("\\", "/").rsplit("/", 1)[-1] if key.strip() == "File" else value.strip()
        return key.strip()[:100], value
    if len(line.rstrip("\r\n")) < 2 * _CELL or line.startswith(("\t", " ")):
        return "", ""
    cells = [line[at : at + _CELL].strip() for at in range(_CELL, len(line), _CELL)]
    return f"settings.{line[:_CELL].strip()}", " | ".join(cells).rstrip(" |")


def started_at(metadata: dict[str, str]) -> datetime | Unknown:
    """Return when the acquisition began: month before day, the zone of the computer taken as UTC."""
    found = _STARTED.match(metadata.get("header.Acquisition started on", ""))
    if found is None:
        return UNKNOWN
    try:
        begin = datetime.strptime(found[1], "%m/%d/%Y %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return UNKNOWN
    return begin.replace(microsecond=round(float(found[2]) * 1e6)) if found[2] else begin


def techniques(lines: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the techniques that a settings file links."""
    return tuple(
        lines[number + 1].strip()[:100]
        for number, line in enumerate(lines[:-1])
        if re.fullmatch(r"Technique : \d+\s*", line)
    )
