"""Run every claim's file and write docs/benchmarks.md from what they print.

Run: python bench/run.py [files]   Returns 1 when a limit is passed.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "benchmarks.md"
CLAIMS = (
    "intervals.py", "packs.py", "reading.py", "mpr.py", "res.py", "text.py", "peers_speed.py", "stream.py", "store.py",
    "export.py", "mutations.py", "certificate.py", "demo.py", "rapid.py", "rapid_partial.py",
    "ica.py", "modes.py", "gate.py", "relaxation.py", "circuits.py", "pulses.py",
)  # fmt: skip
HEAD = """# Benchmarks

Made by `make bench` on {day}: {machine}, {cores} cores, Python {python}. The machine is shared and noisy:
read ratios and shares, not seconds. Each line is printed by the file named beside it.

| claim | measured | limit | file |
|---|---|---|---|
"""


def results(name: str) -> tuple[list[str], int]:
    """Run one file; return its table rows and its exit code, everything it prints shown."""
    done = subprocess.run([sys.executable, str(HERE / name)], stdout=subprocess.PIPE, text=True, check=False)
    print(f"== {name}\n{done.stdout}", flush=True)
    lines = [line.removeprefix("RESULT |") for line in done.stdout.splitlines() if line.startswith("RESULT |")]
    return [f"|{line} | bench/{name} |" for line in lines], done.returncode


def kept(names: Sequence[str]) -> dict[str, list[str]]:
    """Return the rows of the page as it stands, by file, of files that are not run now."""
    rows = PAGE.read_text(encoding="utf-8").splitlines() if PAGE.is_file() else []
    found: dict[str, list[str]] = {}
    for row in rows:
        file = row.rstrip(" |").rpartition("bench/")[2]
        if row.startswith("| ") and file in CLAIMS and file not in names:
            found.setdefault(file, []).append(row)
    return found


def main(chosen: Sequence[str]) -> int:
    """Run all files, or the chosen ones, and write the page; rows of the others stay."""
    names = [name for name in CLAIMS if name in chosen] if chosen else list(CLAIMS)
    rows, worst = kept(names), 0
    for name in names:
        rows[name], code = results(name)
        worst = max(worst, code)
    head = HEAD.format(
        day=date.today().isoformat(),
        machine=f"{platform.system()} {platform.machine()}",
        cores=os.cpu_count(),
        python=platform.python_version(),
    )
    lines = [row for name in CLAIMS for row in rows.get(name, ())]
    PAGE.write_text(head + "".join(f"{row}\n" for row in lines), encoding="utf-8")
    print(f"written: {PAGE}")
    return worst


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
