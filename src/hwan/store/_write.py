"""A file is written beside its place, checked, and renamed into it: whole or not at all."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final
from uuid import uuid4

import polars as pl

from hwan.core import HwanError
from hwan.store._digest import samples_sha256
from hwan.store._encode import stored_columns, write_table
from hwan.store._footer import KEY, Footer, to_bytes
from hwan.store._scan import scan

PART: Final = ".part"
STALE_SECOND: Final = 86_400.0
"""Age from which a temporary is stale where files cannot be locked."""


def write_recording(path: Path, samples: pl.DataFrame, footer: Footer) -> None:
    """Write one file of the store, read it back, and publish it.

    Raises
    ------
    HwanError
        What was read back is not bit by bit what was to be written; nothing is published.
    """
    columns = stored_columns(samples)
    with _temporary(path) as (file, place):
        write_table(columns, {KEY: to_bytes(footer)}, file)
        file.flush()
        os.fsync(file.fileno())
        _prove(place, footer)
        if sys.platform == "win32":
            file.close()  # an open file cannot be renamed there
        place.replace(path)
    _sync_folder(path.parent)


def _prove(place: Path, footer: Footer) -> None:
    if samples_sha256(scan(place).collect()) != footer.samples_sha256:
        raise HwanError("store_not_lossless", source=footer.provenance.source_name)


@contextmanager
def _temporary(path: Path) -> Iterator[tuple[IO[bytes], Path]]:
    """Open a locked temporary in the folder of `path`; what was not renamed is removed."""
    place, file = _locked_file(path)
    try:
        with file:
            yield file, place
    finally:
        with suppress(OSError):
            place.unlink()


def _locked_file(path: Path) -> tuple[Path, IO[bytes]]:
    while True:
        place = path.with_name(f".{path.stem[:16]}-{uuid4().hex}{PART}")
        file = place.open("xb")
        if _lock(file) and place.exists():  # a sweep may have come between creation and lock
            return place, file
        file.close()


def sweep(folder: Path) -> int:
    """Remove the temporaries of processes that are no more; return how many."""
    return sum(_remove_if_stale(place) for place in folder.glob(f".*{PART}"))


def _remove_if_stale(place: Path) -> bool:
    with suppress(OSError), place.open("rb") as file:
        if _lock(file) and (sys.platform != "win32" or time.time() - place.stat().st_mtime > STALE_SECOND):
            place.unlink()
            return True
    return False


def _lock(file: IO[bytes]) -> bool:
    """Lock an open file against other processes; False where another holds it. Dead processes hold none."""
    if sys.platform == "win32":
        return True
    import fcntl

    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _sync_folder(folder: Path) -> None:
    """Make a rename outlast a power cut, where folders can be synced."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
