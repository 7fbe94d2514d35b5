"""Every reader on every sample: read or not, like the truth or not, rows a second, memory.

Each peer runs in an environment of its own under .peers/, made on first use, and is called as a
separate program; of those under the GPL nothing is imported. A file is *right* when its rows and three
voltages are those of ours, which tests compare with the makers' own exports where these exist.

Run: HWAN_LAB_DATA=… python bench/scoreboard.py [part of a file's name]   Writes docs/scoreboard.md.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
import venv
from collections import defaultdict
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
PEERS: Final = ROOT / ".peers"
PAGE: Final = ROOT / "docs" / "scoreboard.md"
RUNNER: Final = ROOT / "bench" / "peers" / "runner.py"
TIMEOUT_SECOND: Final = 120
REQUIREMENTS: Final = {
    "newarenda": "NewareNDA==2026.6.11",
    "batterydf": "batterydf==0.1.0",
    "navani": "navani==0.1.22",
    "galvani": "galvani==0.5.0",
    "yadg": "yadg==7.0.1",
    "pyprobe": "PyProBE-Data==2.6.1",
}
OURS: Final = ("hwan", "fastnda")
NOT_SAMPLES: Final = ("truth/", "generic-bad/", "vendor-schedules/")
SUFFIXES: Final = {
    "fastnda": (".nda", ".ndax"), "newarenda": (".nda", ".ndax"), "galvani": (".mpr",), "yadg": (".mpr", ".mpt"),
    "pyprobe": (".csv", ".txt", ".xlsx", ".mpt"),
}  # fmt: skip
MAKERS: Final = ("neware", "biologic", "arbin", "basytec", "maccor", "novonix")
"""Makers that PyProBE's reader must be told."""


def interpreter(name: str) -> str | None:
    """Return the interpreter of a peer, its environment made when it is not there; None when it cannot be made."""
    if name in OURS:
        return sys.executable
    folder = PEERS / name
    if not (folder / "made").exists():
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, with_pip=True)
        command = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", REQUIREMENTS[name]]
        if subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode:
            return None
        (folder / "made").touch()
    return str(folder / "bin" / "python")


def outcome(name: str, python: str, path: Path) -> dict[str, Any]:
    """Return what one reader made of one file."""
    try:
        done = subprocess.run(
            [python, str(RUNNER), name, str(path)],
            capture_output=True, text=True, timeout=TIMEOUT_SECOND, check=False,
        )  # fmt: skip
        return json.loads(done.stdout.strip().splitlines()[-1])
    except subprocess.TimeoutExpired:
        return {"error": f"longer than {TIMEOUT_SECOND} s"}
    except (IndexError, ValueError):
        return {"error": "ended without an answer"}


def applies(name: str, file: str) -> bool:
    """Return whether a reader claims files of this kind."""
    if name == "pyprobe" and file.partition("/")[0] not in MAKERS:
        return False
    return name not in SUFFIXES or file.lower().endswith(SUFFIXES[name])


def like(one: dict[str, Any], ours: dict[str, Any]) -> bool:
    """Return whether rows and three voltages agree; millivolt for volt is another unit and not right."""
    if "error" in one or "error" in ours or one["rows"] != ours["rows"]:
        return False
    pairs = zip(one["volts"], ours["volts"], strict=False)
    return bool(one["volts"]) and all(abs(a - b) <= 1e-3 * max(abs(b), 0.1) for a, b in pairs)


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
    found = {name: python for name in (*OURS, *REQUIREMENTS) if (python := interpreter(name))}
    board: dict[str, dict[str, dict[str, Any]]] = {}
    for file in samples(folder, part):
        board[file] = {
            name: outcome(name, python, folder / file) for name, python in found.items() if applies(name, file)
        }
        print(file, {name: result.get("rows", result.get("error")) for name, result in board[file].items()}, flush=True)
    counts = tally(board)
    for name, (tried, read, right) in counts.items():
        same = "" if name == "hwan" else f", {right} like ours"
        print(f"RESULT | samples read by {name} | {read} of {tried} tried{same} | board |")
    if not part:
        write(board, counts, list(found))
    return 0


def tally(board: dict[str, dict[str, dict[str, Any]]]) -> dict[str, tuple[int, int, int]]:
    """Return per reader how many files it was given, read, and read as we do."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for results in board.values():
        for name, result in results.items():
            counts[name][0] += 1
            counts[name][1] += "error" not in result
            counts[name][2] += name != "hwan" and like(result, results["hwan"])
    return {name: (tried, read, right) for name, (tried, read, right) in counts.items()}


def write(
    board: dict[str, dict[str, dict[str, Any]]], counts: dict[str, tuple[int, int, int]], names: list[str]
) -> None:
    """Write the page."""
    lines = [
        "# Scoreboard of readers", "",
        "Made by `python bench/scoreboard.py` from samples that lie beside the repository. Rows per second, the second",
        "reading of a warm process; – not read; ≠ other rows or voltages than ours, or another unit. Empty: the",
        "reader does not claim this kind of file. The machine is shared and noisy: read ratios.", "",
        "| | " + " | ".join(names) + " |", "|---|" + "---|" * len(names),
        "| given | " + " | ".join(str(counts[name][0]) for name in names) + " |",
        "| read | " + " | ".join(str(counts[name][1]) for name in names) + " |",
        "| like ours | " + " | ".join("" if name == "hwan" else str(counts[name][2]) for name in names) + " |",
        *(
            f"| {file} | " + " | ".join(cell(results.get(name), results["hwan"]) for name in names) + " |"
            for file, results in sorted(board.items())
        ),
    ]  # fmt: skip
    PAGE.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"written: {PAGE}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
