"""Run every claim's file and write docs/benchmarks.md from what they print.

Run: python bench/run.py   Returns 1 when a limit is passed.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from datetime import date
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "benchmarks.md"
CLAIMS = ("coverage.py", "packs.py", "reading.py", "store.py", "certificate.py", "demo.py")
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


def main() -> int:
    """Run all and write the page."""
    done = [results(name) for name in CLAIMS]
    head = HEAD.format(
        day=date.today().isoformat(),
        machine=f"{platform.system()} {platform.machine()}",
        cores=os.cpu_count(),
        python=platform.python_version(),
    )
    PAGE.write_text(head + "".join(f"{row}\n" for rows, _ in done for row in rows), encoding="utf-8")
    print(f"written: {PAGE}")
    return max(code for _, code in done)


if __name__ == "__main__":
    sys.exit(main())
