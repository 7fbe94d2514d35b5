"""What damage does to reading: samples of a laboratory, mutated, each read in a process that may die.

Run: python bench/mutations.py [COUNT]   COUNT mutations, 10,000 by default, spread over the samples of
HWAN_LAB_DATA. Limits: no exception of ours uncaught, no process lost, nothing over 2 s of work, nothing
over 1 GB. For each format it tells how often damage was refused, told by a finding, without effect on
values, and silent: values differ and no new warning or stop says so. Values are those of BDF's columns.

Samples over 2 MB are cut to their first 2 MB (text at the end of a line); those that cannot be read so, or
take over half a second undamaged, are left out and counted.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import polars as pl

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from fuzz.mutate import mutated  # noqa: E402  # from the root, which is no package

from hwan.core import LANGUAGES, Finding, HwanError, Recording, text  # noqa: E402
from hwan.readers import read_all  # noqa: E402

COUNT = 10_000
LONGEST_SECONDS, MOST_BYTES = 2.0, 1 << 30
CUT_BYTES, LONGEST_WHOLE_SECONDS = 2 << 20, 0.5
# A process takes this many mutations of one sample; beyond these fences it is ended.
BATCH, WALL_SECONDS, ADDRESS_BYTES = 125, 60, 16 << 30
WHOLE = {b"PK\x03\x04", b"\x89HDF", b"PAR1", b"\x00\x01\x00\x00"}  # zip, HDF5, Parquet, Jet: none is read when cut
SAMPLES = ("testers", "retired/cycler_raw/nebula")
OUTCOMES = ("refused", "told", "no effect", "silent", "uncaught", "lost")


@dataclass(frozen=True, slots=True)
class Read:
    """What one reading gave: a hash per row, and what was told."""

    hashes: pl.Series
    columns: tuple[str, ...]
    told: Counter[str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one mutation."""

    kind: str
    damage: str = ""
    detail: str = ""
    rows: int = 0
    of: int = 0
    seconds: float = 0.0
    bytes: int = 0


def content_of(path: Path) -> bytes:
    """Return a sample's bytes, cut where it is large."""
    with path.open("rb") as file:
        content = file.read(CUT_BYTES + 1)
        if len(content) <= CUT_BYTES or content[:4] in WHOLE:
            return content + file.read()
    cut = content[:CUT_BYTES]
    return cut if b"\x00" in cut else cut[: cut.rfind(b"\n") + 1]


def reading(path: Path) -> Read:
    """Read all of a file; every finding is rendered, too."""
    recordings = read_all(path)
    frames = [recording.samples.collect() for recording in recordings]
    frame = pl.concat(frames, how="diagonal_relaxed")
    # Columns that nobody asked for are left out: one wrong cell makes a text of each of their numbers.
    declared = frame.select(name for name in sorted(frame.columns) if not name.startswith("raw_"))
    return Read(declared.hash_rows(), tuple(declared.columns), Counter(_told(recordings)))


def _told(recordings: tuple[Recording, ...]) -> Iterator[str]:
    for finding in (one for recording in recordings for one in recording.findings):
        for language in LANGUAGES:
            text("finding", finding.code, language, finding.values)
        if finding.severity != "note":
            yield _words(finding)


def _words(finding: Finding) -> str:
    return f"{finding.severity} {finding.code} {finding.where} {sorted(finding.values.items())}"


def compare(whole: Read, damaged: Read) -> tuple[str, int]:
    """Return whether damage was told, and how many rows differ; a warning or a stop tells, a note does not."""
    if damaged.told != whole.told:
        return "told", 0
    gone = int((~whole.hashes.is_in(damaged.hashes.implode())).sum())
    new = int((~damaged.hashes.is_in(whole.hashes.implode())).sum())
    rows = max(gone, new, abs(len(whole.hashes) - len(damaged.hashes)))
    if damaged.columns != whole.columns:
        rows = max(len(whole.hashes), len(damaged.hashes))
    if not rows and len(whole.hashes) == len(damaged.hashes):
        rows = int((whole.hashes != damaged.hashes).sum())
    return ("silent" if rows else "no effect"), rows


def one(path: Path, content: bytes, whole: Read, seed: str) -> Outcome:
    """Damage, write, read and compare."""
    data, damage = mutated(content, seed)
    path.write_bytes(data)
    before, start = _memory(), worked()
    kind, detail, damaged = "", "", None
    try:
        damaged = reading(path)
    except HwanError as error:
        detail = error.message("ko") and error.code
        kind = "uncaught" if error.code == "reader_failed" else "refused"
        detail = error.message() if kind == "uncaught" else detail
    except BaseException as error:
        kind, detail = "uncaught", f"{type(error).__name__}: {error}"[:300]
    seconds, more = worked() - start, _memory() - before
    rows = 0
    if damaged is not None:
        kind, rows = compare(whole, damaged)
        detail = "columns" if kind == "silent" and damaged.columns != whole.columns else ""
    return Outcome(kind, damage, detail, rows, len(whole.hashes), seconds, more)


def worked() -> float:
    """Return the seconds of work of this process and of its children that have ended."""
    return sum(os.times()[:4])


def _memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def work(sample: Path, name: str, first: int, last: int) -> None:
    """Read mutations `first` to `last` of a sample; one line of JSON for each."""
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_BYTES, ADDRESS_BYTES))
    content = content_of(sample)
    with tempfile.TemporaryDirectory(prefix="hwan-mutations-") as folder:
        path = Path(folder) / sample.name
        path.write_bytes(content)
        whole = reading(path)
        path.unlink()
        for number in range(first, last):
            # A new name each time, with the sample's own suffix: what a child said of a file is remembered.
            fresh = Path(folder) / f"{number}{sample.suffix}"
            print(json.dumps(asdict(one(fresh, content, whole, f"{name} {number}"))), flush=True)
            fresh.unlink()


def batch(sample: Path, name: str, first: int, last: int) -> list[Outcome]:
    """Have one batch read by a process; where it is lost, note it and go on behind the mutation it was at."""
    done: list[Outcome] = []
    while first + len(done) < last:
        begin = first + len(done)
        command = [sys.executable, __file__, "--work", str(sample), name, str(begin), str(last)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as worker:
            done += _heard(worker)
        if first + len(done) < last:
            done.append(Outcome("lost", detail=f"{name} {first + len(done)}: exit {worker.returncode}"))
    return done


def _heard(worker: subprocess.Popen[bytes]) -> Iterator[Outcome]:
    """Yield what a worker says until it ends; a timer ends one that is silent for too long."""
    assert worker.stdout is not None
    timer = _fence(worker)
    for line in worker.stdout:
        timer.cancel()
        timer = _fence(worker)
        if line.endswith(b"\n"):  # one that dies in the middle of a line has not said it
            yield Outcome(**json.loads(line))
    worker.wait()
    timer.cancel()


def _fence(worker: subprocess.Popen[bytes]) -> threading.Timer:
    timer = threading.Timer(WALL_SECONDS, worker.kill)
    timer.start()
    return timer


def files(lab: Path) -> Iterator[tuple[str, Path]]:
    """Yield the name and path of each file of the samples, those that testers wrote and those in the old workbooks."""
    for folder in SAMPLES:
        base = lab / folder
        for path in sorted(path for path in base.rglob("*") if path.is_file()):
            name = path.relative_to(lab / folder.partition("/")[0]).as_posix()
            if not name.startswith("truth/"):
                yield name.removeprefix("cycler_raw/"), path


def usable(lab: Path) -> tuple[dict[str, tuple[Path, str]], Counter[str]]:
    """Return the samples that are read, with their readers, and why others are left out."""
    found: dict[str, tuple[Path, str]] = {}
    left: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="hwan-mutations-") as folder:
        for name, sample in files(lab):
            path = Path(folder) / sample.name
            path.write_bytes(content_of(sample))
            start = worked()
            try:
                reader = read_all(path)[0].provenance.reader
            except HwanError as error:
                left[f"not readable ({type(error).__name__})"] += 1
                continue
            if worked() - start > LONGEST_WHOLE_SECONDS:
                left[f"over {LONGEST_WHOLE_SECONDS} s undamaged: {name}"] += 1
            else:
                found[name] = (sample, "text" if reader.startswith("csv:") else reader)
    return found, left


def outcomes(samples: dict[str, tuple[Path, str]], count: int) -> dict[str, list[Outcome]]:
    """Read `count` mutations, an equal share of each sample, on every core; return them by format."""
    shares = {name: count // len(samples) + (n < count % len(samples)) for n, name in enumerate(samples)}
    jobs = [
        (sample, name, first, min(first + BATCH, shares[name]))
        for name, (sample, _) in samples.items()
        for first in range(0, shares[name], BATCH)
    ]
    by_format: dict[str, list[Outcome]] = defaultdict(list)
    with ThreadPoolExecutor(int(os.environ.get("MUTATION_WORKERS", os.cpu_count() or 1))) as pool:
        for job, done in zip(jobs, pool.map(lambda job: batch(*job), jobs), strict=True):
            by_format[samples[job[1]][1]] += done
    return dict(sorted(by_format.items()))


def table(by_format: dict[str, list[Outcome]]) -> None:
    """Print a line per format, and of the silent damages how many rows they reach."""
    print(f"{'format':16}{'read':>7}" + "".join(f"{name:>11}" for name in OUTCOMES) + "   rows of a silent damage")
    for name, done in by_format.items():
        kinds = Counter(one.kind for one in done)
        rows = sorted(one.rows for one in done if one.kind == "silent")
        reach = f"median {rows[len(rows) // 2]}, most {rows[-1]}" if rows else "none"
        print(f"{name:16}{len(done):7}" + "".join(f"{kinds[kind]:11}" for kind in OUTCOMES) + f"   {reach}")


def silent(by_format: dict[str, list[Outcome]]) -> None:
    """Print which damages were silent, by format and damage."""
    for name, done in by_format.items():
        by_damage: dict[str, list[Outcome]] = defaultdict(list)
        for one in done:
            by_damage[one.damage].append(one)
        parts = [
            f"{damage} {sum(one.kind == 'silent' for one in those)}/{len(those)}"
            for damage, those in sorted(by_damage.items())
            if damage
        ]
        print(f"silent {name:16} {', '.join(parts)}")


def main(count: int) -> int:
    """Read, print, and return 1 when a limit is passed."""
    lab = Path(os.environ.get("HWAN_LAB_DATA", "../shared/data")).resolve()
    if not (lab / "testers").is_dir():
        print(f"{lab}/testers is not here. Next: set HWAN_LAB_DATA.")
        return 0
    start = time.monotonic()
    samples, left = usable(lab)
    print(f"{len(samples)} samples; left out: {', '.join(f'{why} × {n}' for why, n in left.items())}")
    by_format = outcomes(samples, count)
    table(by_format)
    silent(by_format)
    return verdict([one for done in by_format.values() for one in done], time.monotonic() - start)


def verdict(done: list[Outcome], seconds: float) -> int:
    """Print the claims, and what broke them."""
    broken = {
        "exceptions uncaught": [one for one in done if one.kind == "uncaught"],
        "processes lost": [one for one in done if one.kind == "lost"],
        "over 2 s": [one for one in done if one.seconds > LONGEST_SECONDS],
        "over 1 GB": [one for one in done if one.bytes > MOST_BYTES],
    }
    for what, those in broken.items():
        print(f"RESULT | {len(done)} mutated samples: {what} | {len(those)} | none")
        for one in those[:20]:
            print(f"  {one}")
    read = [one for one in done if one.kind in {"told", "silent", "no effect"}]
    changed = [one for one in read if one.kind != "no effect"]
    mute = [one for one in changed if one.kind == "silent"]
    print(
        f"RESULT | damaged and read: told by a finding | {len(changed) - len(mute)} of {len(changed)} | told, no limit"
    )
    within = sum(one.rows <= 1 for one in mute)
    print(f"RESULT | silent damage that stays within one row | {within} of {len(mute)} | told, no limit")
    print(f"{len(done)} mutations in {seconds / 60:.1f} min; the slowest {max(one.seconds for one in done):.2f} s")
    return int(any(broken.values()))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--work"]:
        with contextlib.suppress(BrokenPipeError):
            work(Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
        sys.exit(0)
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else COUNT))
