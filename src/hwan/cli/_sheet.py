"""What was read by hand, photographed, and read out of the BMS: from files of a user's own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from hwan.cli._photos import Photo, attachments_of
from hwan.core import (
    UNKNOWN,
    Attachment,
    BadDefinition,
    BmsSnapshot,
    Observation,
    Problem,
    Unknown,
    UsageError,
    check_claims,
    check_observations,
    is_known,
    known_or,
    read_toml,
)
from hwan.core.converter import written


@dataclass(frozen=True, slots=True)
class ReadingsSheet:
    """What a hand-readings file may hold; `observer` and the two after it stand for readings that do not say."""

    observer: str | Unknown = UNKNOWN
    observed_at: datetime | Unknown = UNKNOWN
    instrument_id: str | Unknown = UNKNOWN
    observations: tuple[Observation, ...] = ()
    photos: tuple[Photo, ...] = ()
    bms: BmsSnapshot | Unknown = UNKNOWN


@dataclass(frozen=True, slots=True)
class Readings:
    """What stood in a sheet and in a snapshot, checked; `files` are those of the photos."""

    observations: tuple[Observation, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    bms: BmsSnapshot | None = None
    files: tuple[Path, ...] = ()


def load_readings(sheet: Path | None, bms: Path | None) -> Readings:
    """Read the sheet and the snapshot of one battery.

    Raises
    ------
    hwan.core.UsageError
        Names every reading, photo or claim that cannot be, and the values in which two snapshots differ.
    """
    told = _sheet(sheet) if sheet else Readings()
    return replace(told, bms=_joined(told.bms, _snapshot(bms), str(sheet), str(bms))) if bms else told


def _sheet(path: Path) -> Readings:
    sheet = read_toml(path, ReadingsSheet)
    check_observations(sheet.observations, str(path))
    if is_known(sheet.bms):
        check_claims(sheet.bms, str(path))
    return Readings(
        tuple(_by_default(each, sheet) for each in sheet.observations),
        attachments_of([_signed(each, sheet) for each in sheet.photos], path),
        sheet.bms if is_known(sheet.bms) else None,
        tuple(path.parent / each.file for each in sheet.photos if is_known(each.file)),
    )


Item = TypeVar("Item", Observation, Photo)


def _signed(item: Item, sheet: ReadingsSheet) -> Item:
    """Return the item with who and when of the sheet, where it does not say itself."""
    return replace(
        item,
        observer=known_or(item.observer, sheet.observer),
        observed_at=known_or(item.observed_at, sheet.observed_at),
    )


def _by_default(reading: Observation, sheet: ReadingsSheet) -> Observation:
    """Return the reading signed; an inspection that passed or failed is done without the instrument."""
    signed = _signed(reading, sheet)
    if isinstance(reading.value, bool):
        return signed
    return replace(signed, instrument_id=known_or(reading.instrument_id, sheet.instrument_id))


def _snapshot(path: Path) -> BmsSnapshot:
    snapshot = read_toml(path, BmsSnapshot)
    if snapshot == BmsSnapshot():
        raise BadDefinition("bms_empty", source=str(path))
    check_claims(snapshot, str(path))
    return snapshot


def _joined(sheet: BmsSnapshot | None, file: BmsSnapshot, sheet_name: str, file_name: str) -> BmsSnapshot:
    """Return one snapshot from two; what only one of them says stays."""
    if sheet is None:
        return file
    names = [each.name for each in fields(BmsSnapshot)]
    different = tuple(_differences(sheet, file, names))
    if different:
        raise UsageError("bms_differs", *different, sheet=sheet_name, source=file_name)
    return replace(sheet, **{name: getattr(file, name) for name in names if is_known(getattr(file, name))})


def _differences(sheet: BmsSnapshot, file: BmsSnapshot, names: Sequence[str]) -> Iterator[Problem]:
    for name in names:
        one, other = getattr(sheet, name), getattr(file, name)
        if is_known(one) and is_known(other) and one != other:
            yield "bms_value_differs", {"field": name, "sheet_value": written(one), "got": written(other)}
