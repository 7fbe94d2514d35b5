"""Steps and cycles of records larger than memory: rows per second and peak memory, beside polars on the same file.

Run: python bench/stream.py [--rows N] [--rounds N]   100 M rows in the large file by default; 0 leaves it out.
Limits: 10 M rows at least 17 M rows/s in memory and 13 M rows/s from Parquet with at most 500 MB; 100 M rows with
at most 800 MB; an appended 1 % costs at most a tenth of the whole. The peer is what polars needs for eight
figures per step (first, last, lowest, highest, mean), by group_by; it knows no kinds, integrals, cycles or counters.

Each measurement is a process of its own; its memory is that of the whole process, from its start. On a machine
that others use as well, the time of the processor tells more than that of the clock.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from hwan.core import Provenance, Recording
from hwan.health import cycles, resume_steps, state_from_bytes, state_to_bytes, steps, stream_steps

ROWS = 10_000_000
BASE = ["test_time_second", "voltage_volt", "current_ampere", "step_count", "cycle_count"]
COUNTERS = ["net_capacity_ah", "net_energy_wh"]
PARTS = ((0.0, 600), (5.0, 6000), (5.0, 3000), (0.0, 900), (-5.0, 7000), (0.0, 900))
BYTES_PER_ROW = 40


def synthetic(rows: int) -> pl.DataFrame:
    """Return cycles of rest, CC, CV, rest, CC, rest with noise and four decimals, as a tester exports them."""
    lengths = np.array([length for _, length in PARTS])
    ampere = np.repeat([part[0] for part in PARTS], lengths)
    held = slice(6600, 9600)
    ampere[held] = 5 * np.exp(-np.arange(3000) / 1000)
    ends = np.append(0, np.cumsum(lengths))
    volt = np.interp(np.arange(lengths.sum()), ends, [3, 3, 4.2, 4.2, 4.15, 2.9, 3])
    times = -(-rows // lengths.sum())
    step = np.repeat(np.arange(times * len(PARTS)), np.tile(lengths, times))[:rows] + 1
    random = np.random.default_rng(1)
    current = np.round(np.tile(ampere, times)[:rows] + 1e-4 * random.standard_normal(rows), 4)
    voltage = np.round(np.tile(volt, times)[:rows] + 1e-4 * random.standard_normal(rows), 4)
    columns = (np.arange(rows, dtype=float), voltage, current, step, (step - 1) // len(PARTS) + 1)
    counted = (np.round(np.cumsum(each) / 3600, 6) for each in (current, current * voltage))
    return pl.DataFrame(dict(zip((*BASE, *COUNTERS), (*columns, *counted), strict=True)))


def made(path: Path, rows: int) -> None:
    """Write the file of `rows` rows; a large one is the small one again and again, never held in memory."""
    if rows <= ROWS:
        synthetic(rows).write_parquet(path, compression="zstd", row_group_size=1 << 20)
        return
    times = rows // ROWS
    one = pl.scan_parquet(path.with_name("small.parquet"))
    span, last, cycle = one.select(pl.len(), pl.col("step_count").max(), pl.col("cycle_count").max()).collect().row(0)
    parts = [
        one.with_columns(
            pl.col("test_time_second") + float(k * span),
            pl.col("step_count") + k * last,
            pl.col("cycle_count") + k * cycle,
        )
        for k in range(times)
    ]
    pl.concat(parts).sink_parquet(path, compression="zstd", row_group_size=1 << 20)


def grouped(frame: pl.LazyFrame) -> pl.DataFrame:
    """Return eight figures per step by polars alone."""
    volt = pl.col("voltage_volt")
    return (
        frame.group_by("cycle_count", "step_count")
        .agg(
            pl.col("test_time_second").first().alias("start"),
            pl.col("test_time_second").last().alias("end"),
            volt.first().alias("first"),
            volt.last().alias("last"),
            volt.min().alias("lowest"),
            volt.max().alias("highest"),
            volt.mean(),
            pl.col("current_ampere").mean(),
        )
        .collect(engine="streaming")
    )


def in_memory(frame: pl.DataFrame) -> object:
    """Analyse the whole in memory."""
    recording = Recording(Provenance("made", "made", "0" * 64, 1, "bench", "1"), frame.lazy())
    return steps(recording), cycles(recording)


def measured(job: str, path: Path) -> dict[str, float]:
    """Run one job in this process; return its seconds, its seconds of processor, and the peak of the process in MB."""
    columns = BASE if "counters" not in job else BASE + COUNTERS
    lazy = pl.scan_parquet(path).select(columns)
    works: dict[str, Callable[[], object]]
    if job.startswith("memory"):
        frame = lazy.collect()
        stream_steps(frame.head(1 << 20))
        works = {
            "memory": lambda: stream_steps(frame),
            "memory, counters": lambda: stream_steps(frame),
            "memory, polars": lambda: grouped(frame.lazy()),
            "memory, whole": lambda: in_memory(frame),
        }
    elif job == "appended":
        begun = stream_steps(lazy.head(ROWS * 99 // 100)).state
        saved = state_to_bytes(begun)
        works = {job: lambda: resume_steps(state_from_bytes(saved), lazy.slice(begun.seen))}
    else:
        works = {
            "parquet": lambda: stream_steps(lazy),
            "parquet, counters": lambda: stream_steps(lazy),
            "parquet, polars": lambda: grouped(lazy),
        }
    start, used = time.perf_counter(), time.process_time()
    works[job]()
    seconds, used = time.perf_counter() - start, time.process_time() - used
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    return {"seconds": seconds, "processor": used, "megabytes": megabytes}


def child(job: str, path: Path, rows: int = ROWS) -> dict[str, float]:
    """Return :func:`measured` from a process of its own; files too, for a child begins with its parent's peak."""
    words = [sys.executable, __file__, "--job", job, "--path", str(path), "--rows", str(rows)]
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


JOBS = (
    "memory", "memory, counters", "memory, polars", "memory, whole",
    "parquet", "parquet, counters", "parquet, polars", "appended",
)  # fmt: skip


def small_file(path: Path, rounds: int) -> bool:
    """Print medians over 10 M rows; return whether they keep the limits."""
    runs = [{job: child(job, path) for job in JOBS} for _ in range(rounds)]
    speed = {job: statistics.median(ROWS / 1e6 / run[job]["seconds"] for run in runs) for job in JOBS}
    best = {job: max(ROWS / 1e6 / run[job]["seconds"] for run in runs) for job in JOBS}
    used = {job: statistics.median(run[job]["processor"] for run in runs) / ROWS * 1e9 for job in JOBS}
    peak = {job: max(run[job]["megabytes"] for run in runs) for job in JOBS}
    print(f"{ROWS:,} rows, {rounds} rounds in turn")
    for job in JOBS:
        told = f"{speed[job]:6.1f} M rows/s, fastest {best[job]:6.1f}   {used[job]:5.1f} ns of processor per row"
        print(f"{job:20} {told}   {peak[job]:5.0f} MB")
    for place, least in (("memory", 17), ("parquet", 13)):
        for job in (place, f"{place}, counters"):
            ratio = statistics.median(run[f"{place}, polars"]["seconds"] / run[job]["seconds"] for run in runs)
            print(f"RESULT | steps + cycles, 10 M rows, {job} (M rows/s) | {speed[job]:.1f} | at least {least}")
            print(f"RESULT | the same, speed over polars' group_by | {ratio:.2f} | no limit")
    share = statistics.median(run["appended"]["seconds"] / run["parquet"]["seconds"] for run in runs)
    most = max(peak["parquet"], peak["parquet, counters"])
    print(f"RESULT | steps + cycles, 10 M rows from Parquet (peak MB) | {most:.0f} | at most 500")
    print(f"RESULT | 1 % appended, time over the whole pass | {share:.3f} | at most 0.1")
    kept = [speed["memory"] >= 17, speed["memory, counters"] >= 17, speed["parquet"] >= 13]
    return all([*kept, speed["parquet, counters"] >= 13, most <= 500, share <= 0.1])


def large_file(path: Path, rows: int) -> bool:
    """Print one pass over the large file, and polars beside it; return whether the memory keeps its limit."""
    peaks = []
    for job in ("parquet", "parquet, counters", "parquet, polars"):
        run = child(job, path)
        peaks.append(run["megabytes"])
        speed, used = rows / 1e6 / run["seconds"], run["processor"] / rows * 1e9
        print(f"{job:20} {speed:6.1f} M rows/s   {used:5.1f} ns of processor per row   {run['megabytes']:5.0f} MB")
    most = max(peaks[:2])
    print(f"RESULT | steps + cycles, {rows / 1e6:.0f} M rows from Parquet (peak MB) | {most:.0f} | at most 800")
    return most <= 800


def main() -> int:
    """Make the files, print all figures; return 1 when a limit is passed."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--rows", type=int, default=100_000_000)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--job")
    options.add_argument("--path", type=Path)
    given = options.parse_args()
    if given.job == "make":
        made(given.path, given.rows)
    if given.job:
        print(json.dumps({} if given.job == "make" else measured(given.job, given.path)))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        small, large = Path(folder) / "small.parquet", Path(folder) / "large.parquet"
        child("make", small)
        kept = small_file(small, given.rounds)
        times = given.rows // ROWS
        if times and shutil.disk_usage(folder).free < times * ROWS * BYTES_PER_ROW:
            print(f"There is no room in {folder} for {given.rows:,} rows. Next: free some, or --rows fewer.")
            return 1
        if times:
            child("make", large, times * ROWS)
            print(f"{times * ROWS:,} rows, {large.stat().st_size / 1e6:.0f} MB")
            kept = large_file(large, times * ROWS) and kept
    return int(not kept)


if __name__ == "__main__":
    sys.exit(main())
