"""How fast an Arbin .res is read, from bytes to a checked recording: recognised, its keys, read, checked, hashed.

Run: python bench/res.py [file.res]   By default the 26,989-row file of the lab's data.
Limit: at least 0.7 million rows a second, five times what batterydf with mdbtools reads of the same file (0.14
million; they are programs of their own and are not started here). The limit holds for the time of the processors,
all threads together, because the machine is shared; the time by the clock is printed beside it.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from pathlib import Path

from hwan.core import Recording
from hwan.readers._read import recording_with
from hwan.readers._source import open_source
from hwan.readers.arbin import ARBIN_RES

FILE = "testers/arbin/20210210_FC_01_cc_02.res"
ROUNDS = 31
LEAST_MILLION_ROWS_PER_SECOND = 0.7


def whole(path: Path) -> Recording:
    """Do what :func:`hwan.read` does with the file once the other readers were asked."""
    source = open_source(path)
    if ARBIN_RES.recognise(path, source.head).confidence != "certain":
        raise SystemExit(f"{path.name} is no .res")
    return recording_with(ARBIN_RES, source, ARBIN_RES.keys(path)[0])


def seconds(path: Path) -> tuple[float, float]:
    """Return how long one reading takes by the clock, and how long it keeps processors busy."""
    start, busy = time.perf_counter(), time.process_time()
    whole(path)
    return time.perf_counter() - start, time.process_time() - busy


def main(path: Path) -> int:
    """Print the median; return 1 when it is below the limit."""
    rows = whole(path).samples.collect().height
    times = [seconds(path) for _ in range(ROUNDS)]
    clock, busy = (statistics.median(column) for column in zip(*times, strict=True))
    print(f"{path.name}: {rows:,} rows, {ROUNDS} rounds: median {1000 * clock:.1f} ms, processors {1000 * busy:.1f} ms")
    rate, least = rows / busy / 1e6, LEAST_MILLION_ROWS_PER_SECOND
    print(f"RESULT | reading an Arbin .res, million rows per second of processor | {rate:.2f} | at least {least}")
    return int(rate < least)


if __name__ == "__main__":
    lab = Path(os.environ.get("HWAN_LAB_DATA", "../shared/data"))
    chosen = Path(sys.argv[1]) if len(sys.argv) > 1 else lab / FILE
    if not chosen.is_file():
        print(f"{chosen} is not here. Next: set HWAN_LAB_DATA, or name a .res file.")
        sys.exit(0)
    sys.exit(main(chosen))
