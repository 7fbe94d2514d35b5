"""A damaged Parquet page can abort the whole process inside the decoder; a child goes first.

One wrong byte may ask for an allocation of exabytes, which ends a process without an exception. So a
foreign Parquet file is decoded once by a child process, which may die; only then do we read it.
"""

from __future__ import annotations

import subprocess
import sys
from functools import lru_cache
from pathlib import Path
from typing import Final

LONGEST_SECONDS: Final = 600
_CODE: Final = "import sys, polars; polars.read_parquet(sys.argv[1], glob=False)"


def survives(path: Path) -> bool:
    """Return whether a child process could decode the file; remembered while the file is unchanged."""
    state = path.stat()
    return _survives(str(path.resolve()), state.st_mtime_ns, state.st_size, state.st_ino)


@lru_cache(maxsize=64)
def _survives(path: str, *_state: int) -> bool:
    command = [sys.executable, "-I", "-c", _CODE, path]
    try:
        done = subprocess.run(command, check=False, capture_output=True, timeout=LONGEST_SECONDS)  # noqa: S603
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0
