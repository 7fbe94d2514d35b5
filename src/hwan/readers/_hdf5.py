"""Frames that pandas wrote to HDF5: read as plain numbers and texts, bounded, and nothing is unpickled.

pandas writes a frame in blocks of one dtype. The names of the columns of a *fixed* frame are texts of
their own; those of an appendable *table* stand in attributes as a pickled list of strings, whose text
form is matched letter by letter, never loaded. Columns of Python objects are pickled whole: they are
left out and named. Links to other files and data outside the file are refused.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hwan.core import DamagedFile, Finding, HwanError, MissingExtra
from hwan.readers._contract import Recognition
from hwan.readers._detail import detail_of

HDF5_MARK: Final = b"\x89HDF\r\n\x1a\n"
MOST_BYTES: Final = 1 << 30
MOST_RATIO: Final = 300
MOST_BLOCKS: Final = 256
MOST_COLUMNS: Final = 4096
_FREE_BYTES: Final = 32 << 20
_LONGEST_LIST: Final = 1 << 20
# A list of strings in the oldest pickle protocol, which is text: ( l p0, then for each V<string> p<n> a, and a stop.
_LIST: Final = re.compile(rb"\(lp\d+\n((?:V[^\n]{0,1000}\np\d+\na)*)\.")
_WORD: Final = re.compile(rb"V([^\n]*)\np\d+\na")


@dataclass(frozen=True, slots=True)
class PandasFrame:
    """The columns of one frame that are numbers or texts, and the names of those that are Python objects."""

    columns: Mapping[str, NDArray[Any]]
    objects: tuple[str, ...] = ()

    def findings(self) -> list[Finding]:
        """Tell the columns that were left pickled."""
        if not self.objects:
            return []
        return [Finding("objects_not_unpacked", "note", "columns", {"columns": ", ".join(self.objects)[:500]})]


def recognise_hdf5(reader: str, head: bytes, names: tuple[str, ...]) -> Recognition:
    """Ask for HDF5 whose first bytes name these groups; certain, as nothing else is laid out so."""
    wanted = ", ".join(names)
    if not head.startswith(HDF5_MARK):
        return Recognition(reader, "no", "signature_missing", {"expected": "HDF5", "got": head[:8].hex(" ")})
    if not all(name.encode() in head for name in names):
        return Recognition(reader, "no", "hdf5_groups_absent", {"groups": wanted})
    return Recognition(reader, "certain", "hdf5_groups", {"groups": wanted})


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """Open a file for reading; whatever the library raises on damaged bytes becomes the one error for it.

    Raises
    ------
    MissingExtra
        h5py is not installed.
    DamagedFile
        The bytes are damaged, cut short, or larger than may be read.
    """
    try:
        library = import_module("h5py")
    except ImportError as error:
        raise MissingExtra("h5py", "hdf5") from error
    try:
        with np.errstate(all="ignore"), library.File(path, "r", locking=False) as file:
            yield file
    except HwanError:
        raise
    except Exception as error:  # which one depends on the byte at which the library trips
        raise DamagedFile("tester_file_unreadable", source=path.name, detail=detail_of(error)) from error


def frame_in(file: Any, name: str) -> PandasFrame:
    """Return the frame under a name, whichever of the two ways pandas wrote it; ``KeyError`` without one."""
    group = _own(file, name)
    return _appendable(group) if "table" in group else _fixed(group)


def _own(group: Any, name: str) -> Any:
    """Return a member that is in this file; a link could lead to any other file."""
    if type(group.get(name, getlink=True)).__name__ != "HardLink":
        raise KeyError(name)
    return group[name]


def _values(dataset: Any) -> NDArray[Any]:
    """Return a dataset's numbers or texts: bounded, stored in this file, and of a plain type."""
    if dataset.is_virtual or dataset.external:
        raise ValueError(f"{dataset.name} lies outside the file")
    _bound([dataset], max(int(dataset.id.get_storage_size()), 1))
    if dataset.dtype.hasobject:
        raise ValueError(f"{dataset.name} holds objects")
    return np.asarray(dataset[()])


def _bound(datasets: Sequence[Any], stored: int) -> None:
    """Refuse datasets that would together need more memory than their stored bytes are worth."""
    size = sum(_needed(dataset) for dataset in datasets if not dataset.dtype.hasobject)
    if size > MOST_BYTES or (size > _FREE_BYTES and size > MOST_RATIO * stored):
        raise ValueError(f"{datasets[0].name} and what belongs to it would need {size} bytes")


def _needed(dataset: Any) -> int:
    """Return the bytes of a dataset, or of one chunk where that is larger: a chunk is unpacked whole."""
    cells = max(int(dataset.size or 0), math.prod(dataset.chunks or (0,)))
    return cells * int(dataset.dtype.itemsize)


def _fixed(group: Any) -> PandasFrame:
    columns: dict[str, NDArray[Any]] = {}
    objects: list[str] = []
    count = min(int(group.attrs["nblocks"]), MOST_BLOCKS)
    items = [_own(group, f"block{number}_items") for number in range(count)]
    values = [_own(group, f"block{number}_values") for number in range(count)]
    if sum(int(item.size or 0) for item in items) > MOST_COLUMNS:
        raise ValueError(f"more than {MOST_COLUMNS} names of columns")
    if count:  # several names may lead to one dataset, so all together are bounded by the file
        _bound([*items, *values], int(group.file.id.get_filesize()))
    for item, dataset in zip(items, values, strict=True):
        names = [_text(cell) for cell in _values(item).tolist()]
        if dataset.dtype.hasobject:
            objects += names
        else:
            _add(columns, names, _values(dataset))
    return PandasFrame(columns, tuple(objects))


def _appendable(group: Any) -> PandasFrame:
    dataset = _own(group, "table")
    table = _values(dataset)
    columns: dict[str, NDArray[Any]] = {}
    for name in (table.dtype.names or ())[:MOST_BLOCKS]:
        if name.startswith("values_block_"):
            _add(columns, _listed(dataset.attrs[f"{name}_kind"]), table[name])
        elif name != "index":
            columns[name] = table[name]
    return PandasFrame(columns)


def _add(columns: dict[str, NDArray[Any]], names: list[str], block: NDArray[Any]) -> None:
    block = block.reshape(len(block), -1)
    if block.shape[1] != len(names) or len(columns) + len(names) > MOST_COLUMNS:
        raise ValueError(f"{len(names)} names for {block.shape[1]} columns")
    columns |= {name: np.ascontiguousarray(block[:, number]) for number, name in enumerate(names)}


def _listed(pickled: object) -> list[str]:
    """Return the strings of a pickled list from its text, without loading it."""
    text = bytes(pickled) if isinstance(pickled, bytes) else b""
    match = _LIST.fullmatch(text) if len(text) <= _LONGEST_LIST else None
    if match is None:
        raise ValueError("names of columns are not a plain list")
    return [word.decode("raw_unicode_escape") for word in _WORD.findall(match[1])]


def _text(cell: object) -> str:
    return cell.decode("utf-8", "replace") if isinstance(cell, bytes) else str(cell)
