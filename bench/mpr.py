"""How fast .mpr is read: from the bytes to samples in BDF behind the door, beside the least that numpy could do.

Run: python bench/mpr.py [file.mpr]   By default the largest .mpr of the lab's data, repeated, and a file of
1 000 000 rows that the tests' byte writer makes. The floor reads the bytes and copies each field of the records
once, without a name, a unit or a check. Limits: at least 15 million rows/s in the fastest round, to BDF and
with the checks of the door; these at most three floors in the median, as other work on the machine slows both.
"""

from __future__ import annotations

import importlib.util
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import polars as pl

from hwan.readers._door import pass_door
from hwan.readers._read import recording_with
from hwan.readers._source import open_source
from hwan.readers.biologic import MPR, _bdf, _modules, _records

ROWS = 1_000_000
ROUNDS = 21
LEAST_RATE, MOST_FLOORS = 15.0, 3.0
FLOOR, READ, WHOLE = "floor: bytes, each field copied", "bytes to BDF", "bytes to samples behind the door"


def writer() -> ModuleType:
    """Load the byte writer of the tests, which are no package."""
    path = Path(__file__).parent.parent / "tests/readers/writers/mpr.py"
    spec = importlib.util.spec_from_file_location("mpr_writer", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def seconds(work: Callable[[], object]) -> float:
    """Return how long one call takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def stored_samples(path: Path) -> pl.DataFrame:
    """Return the columns as the tester stored them."""
    with _modules.opened(path) as stored:
        (samples,) = [one for one in _modules.modules(stored) if one.name == "VMP data"]
        return _records.table_of(stored, samples).frame


def floor(path: Path) -> Callable[[], object]:
    """Return the least work that gives columns of numbers."""
    with _modules.opened(path) as stored:
        (samples,) = [one for one in _modules.modules(stored) if one.name == "VMP data"]
        head = _records._head(stored, samples)
        dtype, _ = _records._record(head)

    def _floor() -> object:
        records = np.frombuffer(path.read_bytes(), dtype, head.rows, head.begin)
        return [np.ascontiguousarray(records[name]) for name in dtype.names or ()]

    return _floor


def works(path: Path) -> dict[str, Callable[[], object]]:
    """Return the floor, the stages, each from its own input, and the whole."""
    frame = stored_samples(path)
    arranged = _bdf.to_bdf(frame)[0]
    return {
        FLOOR: floor(path),
        "records to columns": lambda: stored_samples(path),
        "columns to BDF, counters proven": lambda: _bdf.to_bdf(frame),
        READ: lambda: MPR.read(path),
        "the door": lambda: pass_door(arranged, path.name),
        WHOLE: lambda: pass_door(MPR.read(path).frame, path.name),
        "read, with its SHA-256": lambda: recording_with(MPR, open_source(path), ""),
    }


def measure(path: Path) -> tuple[float, float, float]:
    """Print each stage; return rows/s to BDF and behind the door in the fastest round, and the whole in floors."""
    rows, todo = stored_samples(path).height, works(path)
    for work in todo.values():
        work()
    rounds = [{name: seconds(work) for name, work in todo.items()} for _ in range(ROUNDS)]
    print(f"{path.name}: {rows:,} rows, {path.stat().st_size / 1e6:.1f} MB, {ROUNDS} rounds in turn: fastest, median")
    for name in todo:
        taken = [each[name] for each in rounds]
        print(f"  {name:34} {1e3 * min(taken):8.2f} {1e3 * statistics.median(taken):8.2f} ms")
    to_bdf, whole = (rows / min(each[name] for each in rounds) / 1e6 for name in (READ, WHOLE))
    return to_bdf, whole, statistics.median(each[WHOLE] / each[FLOOR] for each in rounds)


def main(given: Path | None) -> int:
    """Print the figures; return 1 when the large file passes a limit."""
    if given is not None:
        to_bdf, whole, _ = measure(given)
        print(f"RESULT | {given.name} to BDF, and behind the door, M rows/s | {to_bdf:.1f}, {whole:.1f} | none: small")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "million.mpr"
        made = writer()
        path.write_bytes(made.mpr(made.cycling(ROWS), 11))
        to_bdf, whole, floors = measure(path)
    print(f"RESULT | .mpr of {ROWS:,} rows to BDF, M rows/s | {to_bdf:.1f} | at least {LEAST_RATE:.0f}")
    print(
        f"RESULT | .mpr of {ROWS:,} rows to samples behind the door, M rows/s | {whole:.1f} | at least {LEAST_RATE:.0f}"
    )
    print(f"RESULT | .mpr of {ROWS:,} rows to samples behind the door, over numpy's floor | {floors:.2f} | at most 3")
    return int(min(to_bdf, whole) < LEAST_RATE or floors > MOST_FLOORS)


if __name__ == "__main__":
    lab = Path(os.environ.get("HWAN_LAB_DATA", "../shared/data")) / "testers/biologic"
    found = sorted(lab.glob("*.mpr"), key=lambda path: path.stat().st_size)
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else found[-1] if found else None))
