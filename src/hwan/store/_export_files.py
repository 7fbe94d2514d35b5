"""The files of an export: streamed beside their places, renamed together, over nobody else's."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from glob import escape
from pathlib import Path

import polars as pl

from hwan.core import UsageError
from hwan.store._export_document import SUFFIX, WrittenFile
from hwan.store._export_names import place, with_suffix
from hwan.store._write import PART, _remove_if_stale, _sync_folder, _temporary


def write_files(
    stem: Path,
    form: str,
    frames: Mapping[str, pl.LazyFrame],
    metadata_of: Callable[[list[WrittenFile]], bytes],
    *,
    overwrite: bool,
) -> tuple[WrittenFile, ...]:
    """Write frames and metadata under their names: first all of it beside, then the names, the metadata's first.

    So a file of data never stands without its metadata, and whoever is killed in between finds, calling
    again, the metadata of the same source and completes them.

    Raises
    ------
    UsageError
        A file is there and may not be replaced, or the folder cannot be written.
    """
    places = {holds: place(stem, holds, form) for holds in frames}
    metadata = with_suffix(stem, SUFFIX)
    _refuse_existing(places, overwrite)
    try:
        _sweep([*places.values(), metadata])
        with ExitStack() as stack:
            parts = {holds: _part(stack, places[holds], _sink(frame, form)) for holds, frame in frames.items()}
            files = [_written(places[holds], holds, part) for holds, part in parts.items()]
            content = metadata_of(files)
            beside = _part(stack, metadata, lambda path: path.write_bytes(content))
            _publish(beside, metadata, replace=metadata.exists())
            for holds, part in parts.items():
                _publish(part, places[holds], replace=overwrite)
            _sync_folder(stem.parent)
    except OSError as error:
        raise not_written(stem, error) from error
    return tuple(files)


def made(folder: Path) -> Path:
    """Return the folder, made when it is not there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise not_written(folder, error) from error
    return folder


def not_written(path: Path, error: OSError) -> UsageError:
    """Return the error that says which place cannot be written, and why."""
    return UsageError("export_not_written", path=str(path), detail=error.strerror or str(error))


def _refuse_existing(places: Mapping[str, Path], overwrite: bool) -> None:
    for each in places.values():
        if each.exists() and not overwrite:
            raise UsageError("export_exists", path=str(each))


def _sink(frame: pl.LazyFrame, form: str) -> Callable[[Path], object]:
    if form == "parquet":
        return lambda path: frame.sink_parquet(path, compression="zstd")
    # A number of single precision is written as the number it is, so that every reader gets its value.
    return frame.with_columns(pl.col(pl.Float32).cast(pl.Float64)).sink_csv


def _part(stack: ExitStack, target: Path, write: Callable[[Path], object]) -> Path:
    """Write a temporary beside its place, to the disk; it is removed with `stack` if it was not renamed."""
    file, part = stack.enter_context(_temporary(target))
    write(part)
    os.fsync(file.fileno())
    if sys.platform == "win32":
        file.close()  # an open file cannot be renamed there
    return part


def _written(target: Path, holds: str, part: Path) -> WrittenFile:
    with part.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return WrittenFile(str(target), holds, sha256, part.stat().st_size)


def _publish(part: Path, target: Path, *, replace: bool) -> None:
    """Give a file its name; without `replace` the name must be free until this very moment."""
    if replace:
        part.replace(target)
        return
    try:
        os.link(part, target)
    except FileExistsError as error:
        raise UsageError("export_exists", path=str(target)) from error
    except OSError:  # a file system without links
        _refuse_existing({"": target}, overwrite=False)
        part.replace(target)


def _sweep(targets: list[Path]) -> None:
    """Remove the temporaries that killed exports to these names left; those of living ones are locked."""
    for name in {target.stem[:16] for target in targets}:
        for left in targets[0].parent.glob(f".{escape(name)}-{'[0-9a-f]' * 32}{PART}"):
            _remove_if_stale(left)
