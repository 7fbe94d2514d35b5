"""The rapid evaluation of retired batteries: errors, intervals, decisions, unknown batteries, second visits, minutes.

Models of the folds are kept in build/rapid-bench/ until the code of the calibration or the data change: the first
run takes a quarter of an hour of processor, the second one minute. Random forests run in .peers/ with scikit-learn.

Run: HWAN_LAB_DATA=… python bench/rapid.py [--write]   With --write: docs/rapid-figures.md.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from rapid_accuracy import accuracy, figures
from rapid_costs import speed, tolerance
from rapid_data import LINES, Task, task
from rapid_models import all_jobs, make_all
from rapid_page import Section, write
from rapid_peers import peers
from rapid_unknown import shifted, unknown
from rapid_visits import check_cells, visits


def sections(tasks: Sequence[Task], data: Path) -> Iterator[Section]:
    """Yield every section."""
    yield from accuracy(figures(tasks, peers(tasks)))
    yield from unknown(tasks)
    yield shifted(tasks)
    yield from visits(tasks)
    yield check_cells(tasks)
    yield from tolerance(tasks)
    yield speed(tasks, data)


def main(arguments: Sequence[str]) -> int:
    """Print all sections and claims; return 1 when a claim does not hold."""
    lab = os.environ.get("HWAN_LAB_DATA")
    if not lab:
        print("not run: HWAN_LAB_DATA is not set")
        return 0
    data = Path(lab) / "retired"
    tasks = [task(data, name, protocol) for name, protocol in LINES]
    make_all(list(all_jobs(tasks)), workers=os.cpu_count() or 1)
    found = []
    for each in sections(tasks, data):
        print(f"{each}\n", flush=True)
        found.append(each)
    claims = [claim for each in found for claim in each.claims]
    print("\n".join(map(str, claims)))
    if "--write" in arguments:
        write(found)
    return int(not all(claim.holds for claim in claims))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
