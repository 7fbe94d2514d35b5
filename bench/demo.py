"""How long the demonstration takes once everything is installed.

Run: python bench/demo.py   Limit: 60 s.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time

LIMIT_SECOND = 60.0
ROUNDS = 3


def main() -> int:
    """Print the median wall time of the command."""
    times = []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(ROUNDS):
            start = time.perf_counter()
            command = [sys.executable, "-c", "import sys; from hwan.cli import main; sys.exit(main())"]
            subprocess.run([*command, "demo", "--folder", folder], check=True, capture_output=True)
            times.append(time.perf_counter() - start)
    median = statistics.median(times)
    print(f"RESULT | the demonstration, wall seconds | {median:.1f} | at most {LIMIT_SECOND:g}")
    return int(median > LIMIT_SECOND)


if __name__ == "__main__":
    sys.exit(main())
