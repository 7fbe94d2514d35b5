"""Parquet that is larger than memory: its samples as a scan, with what the door does to each value.

What the door decides by looking at a whole table (a unit that must be wrong, a counter with fractions) is
asked in one pass of aggregates; where that finds anything, the file goes the way of all files.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import polars as pl

from hwan.core import COLUMNS, REQUIRED, DamagedFile, Provenance, Recording, recording_id
from hwan.health._stream_source import BASE, OPTIONAL
from hwan.readers._arrange import _not_whole
from hwan.readers._door import MOST_BEYOND
from hwan.readers._source import sha256_of
from hwan.readers.bdf import BDF_PARQUET
from hwan.readers.bdf._canary import most_cells
from hwan.readers.bdf._names import plan

MARK: Final = b"PAR1"
LARGE_ROWS: Final = 1 << 22
"""Recordings of more rows, in Parquet, are passed through in one bounded pass: more would fill a laptop's memory."""
_NEEDED: Final = frozenset(BASE) | OPTIONAL
_LONGEST_SECONDS: Final = 3600
_SLICE_ROWS: Final = 1 << 20
_ROOM_BYTES: Final = 4 << 30
_CODE: Final = """
import sys
path, first, step, room = sys.argv[1], *map(int, sys.argv[2:5])
try:
    import resource
    resource.setrlimit(resource.RLIMIT_DATA, (room, room))
except ImportError:
    pass
import polars
scan = polars.scan_parquet(path, glob=False).select(sys.argv[5:])
rows = scan.select(polars.len()).collect().item()
for begin in range(first, rows, step):
    scan.slice(begin, step).collect()
"""
_BROKEN: Final = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError)


def is_parquet(path: Path) -> bool:
    """Return whether a file is there and begins as Parquet does."""
    try:
        with path.open("rb") as file:
            return file.read(len(MARK)) == MARK
    except OSError:
        return False


def stored(path: Path) -> Recording | None:
    """Return the recording of a file of the store, its samples as a scan; None for any other file.

    Raises
    ------
    hwan.core.DamagedFile
        It has changed since it was stored.
    """
    if not is_parquet(path):
        return None
    from hwan.store._footer import KEY
    from hwan.store._scan import recording_in

    try:
        written, columns = KEY.decode() in pl.read_parquet_metadata(path), list(pl.read_parquet_schema(path))
    except _BROKEN:
        return None
    if not written:
        return None
    if not _decodes(path, 0, columns):
        raise DamagedFile("store_file_unreadable", source=path.name)
    return recording_in(path)


def scanned(path: Path, seen: int = 0) -> Recording | None:
    """Return BDF Parquet as a recording of a scan, None where it is none or the door has to see the whole of it.

    Parameters
    ----------
    seen
        So many first rows are known already and are not looked at again.
    """
    if not is_parquet(path):
        return None
    try:
        samples = _samples(path, seen)
    except _BROKEN:
        return None
    return None if samples is None else Recording(_provenance(path), samples)


def rows_of(path: Path) -> int:
    """Return how many rows a Parquet file says that it has; 0 where it cannot be asked."""
    try:
        return int(pl.scan_parquet(path, glob=False).select(pl.len()).collect().item()) if is_parquet(path) else 0
    except _BROKEN:
        return 0


def _samples(path: Path, seen: int) -> pl.LazyFrame | None:
    scan = pl.scan_parquet(path, glob=False)
    schema = scan.collect_schema()
    needed = [each for each in plan(list(schema), list(schema)).known() if each.name in _NEEDED]
    numeric = all(schema[each.column].is_numeric() for each in needed) and set(REQUIRED) <= {e.name for e in needed}
    if not numeric or rows_of(path) * len(schema) > most_cells(path):
        return None
    if not _decodes(path, seen, [each.column for each in needed]):
        return None
    named = scan.select(each.expression() for each in needed)
    types = named.collect_schema()
    clean = named.select(_cleaned(name, dtype) for name, dtype in types.items())
    facts = named.slice(seen).select(_facts(types)).collect(engine="streaming").row(0, named=True)
    empty = not seen and any(not facts[f"{name} count"] for name in REQUIRED)
    if empty or _needs_the_door(facts, types):
        return None
    dead = [name for name in types if not seen and facts.get(f"{name} dead")]
    return clean.drop(dead)


def _decodes(path: Path, seen: int, columns: Sequence[str]) -> bool:
    """Return whether a child process could decode the columns, some rows at a time.

    A damaged page can end a process without an exception: the child goes first.
    """
    words = [str(path), str(seen), str(_SLICE_ROWS), str(_ROOM_BYTES), *columns]
    command = [sys.executable, "-I", "-c", _CODE, *words]
    try:
        done = subprocess.run(command, check=False, capture_output=True, timeout=_LONGEST_SECONDS)  # noqa: S603
    except (subprocess.TimeoutExpired, OSError):
        return False
    return done.returncode == 0


def _cleaned(name: str, dtype: pl.DataType) -> pl.Expr:
    """Return a column as the door gives it: in its own type, null where a value cannot be."""
    kept = pl.when(_real(name, dtype)).then(pl.col(name))
    single = dtype == pl.Float32 and COLUMNS[name].dtype == pl.Float64
    return (kept if single else kept.cast(COLUMNS[name].dtype)).alias(name)


def _real(name: str, dtype: pl.DataType) -> pl.Expr:
    column, value = COLUMNS[name], pl.col(name)
    within = (value >= column.minimum) & (value <= column.maximum)
    return within & value.is_finite() if dtype.is_float() else within


def _facts(types: pl.Schema) -> Iterator[pl.Expr]:
    """Yield per column how many values it has, how many cannot be, and what else the door would ask."""
    for name, dtype in types.items():
        value, real = pl.col(name), _real(name, dtype).fill_null(value=False)
        finite = value.is_finite() if dtype.is_float() else value.is_not_null()
        yield finite.sum().alias(f"{name} count")
        yield (finite & ~real).sum().alias(f"{name} beyond")
        if COLUMNS[name].dtype == pl.Int64 and dtype.is_float():
            yield _not_whole(name).any().alias(f"{name} fractions")
        if name.endswith("_celsius"):
            yield (~real | (value == 0)).all().alias(f"{name} dead")


def _needs_the_door(facts: dict[str, Any], types: pl.Schema) -> bool:
    other_unit = any(facts[f"{name} beyond"] > MOST_BEYOND * facts[f"{name} count"] for name in REQUIRED)
    return other_unit or any(facts.get(f"{name} fractions") for name in types)


def _provenance(path: Path) -> Provenance:
    """Return the provenance that reading the file whole would give."""
    sha256 = sha256_of(path)
    identifier = recording_id(sha256, BDF_PARQUET.name, BDF_PARQUET.version, "", "")
    size = path.stat().st_size
    return Provenance(identifier, path.name, sha256, size, BDF_PARQUET.name, BDF_PARQUET.version)
