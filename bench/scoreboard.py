"""Every reader on every sample: read or not, like the truth or not, rows a second, memory.

Each peer runs in an environment of its own under .peers/, made on first use, and is called as a
separate program; of those under the GPL nothing is imported. A file is *like ours* when its rows and three
voltages are those of ours, a spectrum when its points and the impedance at three frequencies are; ours are
compared by tests with the makers' own exports where these exist.

Run: HWAN_LAB_DATA=… python bench/scoreboard.py [part of a file's name]   Writes docs/scoreboard.md.
"""

from __future__ import annotations

import csv
import os
import statistics
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any, Final

from peers.environments import OURS, PEERS, Environment, environment, lacking
from peers.readers import claims
from peers.worker import Worker, like

PAGE: Final = Path(__file__).resolve().parent.parent / "docs" / "scoreboard.md"
READERS: Final = (*(name for name in OURS if name != "polars"), *PEERS)
NOT_SAMPLES: Final = ("truth/", "generic-bad/", "vendor-schedules/")

Board = dict[str, dict[str, dict[str, Any]]]
"""By file and reader what one reading gave."""


def outcome(name: str, python: str, path: Path) -> dict[str, Any]:
    """Return what one reader made of one file."""
    if lack := lacking(name, path.suffix):
        return {"error": lack}
    with Worker(python, name, path) as worker:
        return worker.ask()


def samples(folder: Path, part: str) -> list[str]:
    """Return the samples that hold a recording."""
    with (folder / "SOURCES.tsv").open(encoding="utf-8") as table:
        named = [row["file"] for row in csv.DictReader(table, delimiter="\t")]
    kept = [name for name in named if not name.startswith(NOT_SAMPLES) and part in name]
    return [name for name in kept if (folder / name).is_file()]


def cell(result: dict[str, Any] | None, ours: dict[str, Any]) -> str:
    """Return one cell of the table."""
    if result is None:
        return ""
    if "error" in result:
        return "–"
    mark = "" if result is ours or like(result, ours) else " ≠"
    return f"{result['rows'] / max(result['seconds'], 1e-9):,.0f}{mark}"


def main(part: str) -> int:
    """Run all and write the page."""
    data = os.environ.get("HWAN_LAB_DATA")
    if not data:
        print("HWAN_LAB_DATA is not set: the samples lie beside the repository")
        return 0
    folder = Path(data) / "testers"
    environments = {name: environment(name) for name in READERS}
    found = {name: one.python for name, one in environments.items() if one.python}
    notes = missing(environments)
    for note in notes:
        print(note)
    board: Board = {}
    for file in samples(folder, part):
        path = folder / file
        board[file] = {name: outcome(name, python, path) for name, python in found.items() if claims(name, path)}
        print(file, {name: result.get("rows", result.get("error")) for name, result in board[file].items()}, flush=True)
    counts = tally(board)
    for name, (tried, read, right) in counts.items():
        same = "" if name == "hwan" else f", {right} like ours"
        print(f"RESULT | samples read by {name} | {read} of {tried} tried{same} | board |")
    if not part:
        write(board, counts, list(found), notes)
    return 0


def missing(environments: dict[str, Environment]) -> list[str]:
    """Return a sentence for each peer that cannot run, or not on every file it claims."""
    absent = [f"{name}: not run: {one.missing}." for name, one in environments.items() if one.missing]
    lacks = {name: lacking(name, ".res") for name, one in environments.items() if one.python}
    return absent + [f"{name}: .res not run: {lack}." for name, lack in lacks.items() if lack]


def tally(board: Board) -> dict[str, tuple[int, int, int]]:
    """Return per reader how many files it was given, read, and read as we do."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for results in board.values():
        for name, result in results.items():
            counts[name][0] += 1
            counts[name][1] += "error" not in result
            counts[name][2] += name != "hwan" and like(result, results["hwan"])
    return {name: (tried, read, right) for name, (tried, read, right) in counts.items()}


def peaks(board: Board, name: str) -> str:
    """Return the median and the largest peak memory of a reader's process, over the files it read."""
    found = [results[name]["peak_mb"] for results in board.values() if "peak_mb" in results.get(name, {})]
    return f"{statistics.median(found):.0f} / {max(found):.0f}" if found else ""


def write(board: Board, counts: dict[str, tuple[int, int, int]], names: list[str], notes: list[str]) -> None:
    """Write the page."""
    lines = [
        "# Scoreboard of readers", "",
        "Made by `python bench/scoreboard.py` from samples that lie beside the repository. Rows per second, the second",
        "reading of a warm process; – not read; ≠ other rows or voltages than ours, or another unit; of a spectrum",
        "other points or another impedance, or none. Empty: the reader does not claim this kind of file. Peak memory",
        "is the process's own, with its libraries. On small samples what a reading costs in any case rules; how fast",
        "large files are read is told by `bench/peers_speed.py` in [benchmarks](benchmarks.md). The machine is shared",
        "and noisy: read ratios.", "",
        "Versions: " + ", ".join(PEERS[name].title for name in names if name in PEERS) + ".", "",
        *(line for note in notes for line in (note, "")),
        "| | " + " | ".join(names) + " |", "|---|" + "---|" * len(names),
        "| given | " + " | ".join(str(counts[name][0]) for name in names) + " |",
        "| read | " + " | ".join(str(counts[name][1]) for name in names) + " |",
        "| like ours | " + " | ".join("" if name == "hwan" else str(counts[name][2]) for name in names) + " |",
        "| peak memory, median / largest, MB | " + " | ".join(peaks(board, name) for name in names) + " |",
        *(
            f"| {file} | " + " | ".join(cell(results.get(name), results["hwan"]) for name in names) + " |"
            for file, results in sorted(board.items())
        ),
    ]  # fmt: skip
    PAGE.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"written: {PAGE}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
