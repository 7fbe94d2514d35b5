"""What hwan adds to reading: the same .ndax file by fastnda alone, through our reader, and to a capacity.

Run: python bench/reading.py [file.ndax]   By default the 699,677-row file of the lab's data.
Limits: reading adds at most 10 %; reading, steps, cycles and capacity take at most twice fastnda's read.
"""

from __future__ import annotations

import logging
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from hwan.core import BatteryType
from hwan.health import analyse, capacity_of
from hwan.readers import read

FILE = "testers/neware/BTS85-36-6-5-110-20240424.ndax"
ROUNDS = 15
READ_LIMIT, WHOLE_LIMIT = 1.10, 2.0


def whole(path: Path) -> None:
    """Read a file and compute steps, cycles and capacity."""
    analysis = analyse(read(path))
    capacity_of(analysis, BatteryType())


def seconds(work: Callable[[Path], object], path: Path) -> float:
    """Return how long one call takes."""
    start = time.perf_counter()
    work(path)
    return time.perf_counter() - start


def main(path: Path) -> int:
    """Print medians and ratios of alternating calls; return 1 when a limit is passed."""
    import fastnda

    logging.getLogger("fastnda").setLevel(logging.CRITICAL + 1)

    def fastnda_alone(file: Path) -> object:
        return fastnda.read(file, cycle_mode="raw")

    works = {"fastnda, read": fastnda_alone, "hwan, read": read, "hwan, read + steps + cycles + capacity": whole}
    for work in works.values():
        work(path)
    rounds = [{name: seconds(work, path) for name, work in works.items()} for _ in range(ROUNDS)]
    first = next(iter(works))
    ratios = {name: statistics.median(each[name] / each[first] for each in rounds) for name in works}
    print(f"{path.name}, {ROUNDS} rounds in turn")
    for name in works:
        median = statistics.median(each[name] for each in rounds)
        print(f"{name:42} {1000 * median:8.0f} ms   ratio {ratios[name]:.2f}")
    reading, everything = list(ratios.values())[1:]
    print(f"RESULT | reading a 699,677-row .ndax, ours over fastnda | {reading:.2f} | at most {READ_LIMIT}")
    print(f"RESULT | reading, steps, cycles, capacity over fastnda's read | {everything:.2f} | at most {WHOLE_LIMIT}")
    return int(reading > READ_LIMIT or everything > WHOLE_LIMIT)


if __name__ == "__main__":
    lab = Path(os.environ.get("HWAN_LAB_DATA", "../shared/data"))
    chosen = Path(sys.argv[1]) if len(sys.argv) > 1 else lab / FILE
    if not chosen.is_file():
        print(f"{chosen} is not here. Next: set HWAN_LAB_DATA, or name an .ndax file.")
        sys.exit(0)
    sys.exit(main(chosen))
