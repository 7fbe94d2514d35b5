"""Fuzz every target, one after the other, each in a process of its own.

Run: make fuzz   or   FUZZ_SECONDS=1200 .venv/bin/python -m fuzz [NAME ...]
What was found lies in build/fuzz/NAME/; the exit code is 1 when anything was.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from fuzz.targets import BY_NAME, TARGETS, Target

ROOT: Final = Path(__file__).parent.parent
WORK: Final = ROOT / "build" / "fuzz"
# The target itself finds what takes two seconds of work; these are for what never comes back.
LONGEST_WALL_SECONDS: Final = 60
MOST_MEGABYTES: Final = 2048
_RUNS: Final = re.compile(r"stat::number_of_executed_units:\s+(\d+)")
_DONE: Final = re.compile(r"Done (\d+) runs")
_COVERED: Final = re.compile(r"cov: (\d+)")
_CAUSE: Final = re.compile(r"fuzz\.targets\.Broken: (.*)|ERROR: libFuzzer: (.*)")


@dataclass(frozen=True, slots=True)
class Ran:
    """What one target's process did."""

    name: str
    minutes: float
    runs: int
    covered: int
    cause: str


def main(names: list[str]) -> int:
    """Fuzz the named targets, all by default; print a line for each."""
    unknown = [name for name in names if name not in BY_NAME]
    if unknown:
        say(f"no target {', '.join(unknown)}. Next: choose among {', '.join(BY_NAME)}")
        return 2
    if find_spec("atheris") is None:
        say("atheris is not installed. Next: make fuzz, which installs it (Linux only); tests/fuzz needs none")
        return 2
    seconds = int(os.environ.get("FUZZ_SECONDS", "60"))
    ran = [_fuzzed(BY_NAME[name], seconds) for name in names or [target.name for target in TARGETS]]
    broken = [one for one in ran if one.cause]
    say(f"{sum(one.runs for one in ran)} executions in {sum(one.minutes for one in ran):.1f} min, "
        f"{len(broken)} of {len(ran)} targets broken")  # fmt: skip
    return int(bool(broken))


def _fuzzed(target: Target, seconds: int) -> Ran:
    folder = WORK / target.name
    corpus = _corpus(target, folder)
    command = [
        sys.executable, "-m", "fuzz.one", target.name, f"-max_total_time={seconds}", "-print_final_stats=1",
        f"-timeout={LONGEST_WALL_SECONDS}", f"-rss_limit_mb={MOST_MEGABYTES}", f"-artifact_prefix={folder}/",
        f"-max_len={max(map(len, target.seeds())) * 2}", "-len_control=0", str(corpus),
    ]  # fmt: skip
    start = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, errors="replace", check=False)  # noqa: S603
    ran = _told(target.name, done, (time.monotonic() - start) / 60)
    (folder / "log.txt").write_text(done.stdout + done.stderr, encoding="utf-8")
    say(f"{ran.name:20} {ran.minutes:5.1f} min {ran.runs:9d} executions {ran.covered:6d} places covered  "
        f"{ran.cause or 'nothing found'}")  # fmt: skip
    return ran


def _told(name: str, done: subprocess.CompletedProcess[str], minutes: float) -> Ran:
    """Read what libFuzzer said; a process that ended otherwise than by its time is a finding."""
    text = done.stdout + done.stderr
    cause = next((a or b for a, b in _CAUSE.findall(text)), f"exit {done.returncode}") if done.returncode else ""
    runs = max((int(one) for one in _RUNS.findall(text) + _DONE.findall(text)), default=0)
    return Ran(name, minutes, runs, max(map(int, _COVERED.findall(text)), default=0), cause)


def _corpus(target: Target, folder: Path) -> Path:
    """Lay the seeds beside what earlier runs kept."""
    corpus = folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for seed in target.seeds():
        (corpus / hashlib.sha256(seed).hexdigest()[:32]).write_bytes(seed)
    return corpus


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
