"""A damaged Parquet page can abort the whole process inside the decoder; a child goes first.

One wrong byte may ask for an allocation of exabytes, which ends a process without an exception. So a
foreign Parquet file is decoded once by a child process, which may die; only then do we read it. The child
decodes a few columns after the other, so that it never holds a large table. A run of one value needs no
bytes, so the cells are bounded by the size of the file before even the child decodes.
"""

from __future__ import annotations

import subprocess
import sys
from functools import lru_cache
from pathlib import Path
from typing import Final

LONGEST_SECONDS: Final = 600
MOST_CELLS: Final = 4_000_000_000
FREE_CELLS: Final = 8_000_000
# 320 bytes of a value in each byte of the file; testers' files that were packed well have twenty.
CELLS_PER_BYTE: Final = 40
_ROOM_BYTES, _ROOM_PER_CELL = 2 << 30, 64
_CODE: Final = """
import sys
path, most, room, part = sys.argv[1], *map(int, sys.argv[2:])
try:
    import resource
    resource.setrlimit(resource.RLIMIT_DATA, (room, room))
except ImportError:
    pass
import polars
scan = polars.scan_parquet(path, glob=False)
rows, names = scan.select(polars.len()).collect().item(), scan.collect_schema().names()
if rows * len(names) <= most:
    at_once = max(1, part // max(1, rows))
    for first in range(0, len(names), at_once):
        scan.select(names[first : first + at_once]).collect()
"""


def most_cells(path: Path) -> int:
    """Return how many cells a file of this size may have."""
    return min(MOST_CELLS, max(FREE_CELLS, CELLS_PER_BYTE * path.stat().st_size))


def survives(path: Path) -> bool:
    """Return whether a child process could decode the file, or count that it has too many cells.

    Remembered while the file is unchanged.
    """
    state = path.stat()
    return _survives(str(path.resolve()), state.st_mtime_ns, state.st_size, state.st_ino)


@lru_cache(maxsize=64)
def _survives(path: str, *_state: int) -> bool:
    most = most_cells(Path(path))
    room = _ROOM_BYTES + _ROOM_PER_CELL * most
    command = [sys.executable, "-I", "-c", _CODE, path, *map(str, (most, room, FREE_CELLS))]
    try:
        done = subprocess.run(command, check=False, capture_output=True, timeout=LONGEST_SECONDS)  # noqa: S603
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0
