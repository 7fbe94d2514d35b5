"""What the store costs and keeps: bytes per row, the proof that nothing is lost, and kills at random moments.

Run: python bench/store.py [--kills N]   100 kills of a job of 50 files by default; 0 leaves them out.
Limits: every value comes back bit by bit, and no kill loses or doubles a recording. The plain file beside
ours is what polars writes of the same frame with zstd.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import polars as pl

from hwan.core import Recording, recording_id
from hwan.readers import read
from hwan.store import Store
from hwan.synthetic import cell_test

FILE = "testers/neware/BTS85-36-6-5-110-20240424.ndax"
ROWS = 10_000_000
FILES = 50
JOB = """
import sys
from hwan.store import Store
print("ready", flush=True)
job = Store(sys.argv[1]).add_many([sys.argv[2]])
sys.exit(len(job.failures))
"""


def tiled(rows: int) -> Recording:
    """Return a synthetic test of a cell, repeated until it has `rows` rows, its clock running on."""
    test = cell_test(7, sampling_second=1.0)
    one = test.samples
    times = -(-rows // one.height)
    span = float(one["test_time_second"][-1]) + 1.0
    clocks = [name for name in ("test_time_second", "unix_time_second") if name in one.columns]
    parts = [one.with_columns((pl.col(name) + span * k).round(1) for name in clocks) for k in range(times)]
    identifier = recording_id(f"tiled {rows}", "hwan.synthetic", "1", "", "")
    provenance = replace(test.recording.provenance, recording_id=identifier)
    return replace(test.recording, provenance=provenance, samples=pl.concat(parts).head(rows).lazy())


def same(back: pl.DataFrame, samples: pl.DataFrame) -> bool:
    """Return whether two frames have the same bits, column by column, without the store's own hash."""
    return back.schema == samples.schema and all(
        one.is_null().equals(other.is_null()) and _bits(one).equals(_bits(other), null_equal=True)
        for one, other in zip(back.iter_columns(), samples.iter_columns(), strict=True)
    )


def _bits(column: pl.Series) -> pl.Series:
    kinds = {pl.Float32: pl.Int32, pl.Float64: pl.Int64}
    return column.reinterpret(dtype=kinds[type(column.dtype)]) if column.dtype.is_float() else column


def sizes(name: str, recording: Recording) -> bool:
    """Store a recording, print what it costs, and return whether it came back bit by bit."""
    samples = recording.samples.collect()
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.parquet"
        samples.write_parquet(plain, compression="zstd")
        store = Store(Path(folder) / "store")
        start = time.perf_counter()
        stored = store.add(replace(recording, samples=samples.lazy()))
        wrote = time.perf_counter() - start
        start = time.perf_counter()
        back = store.get(stored.id).samples.collect()
        took = time.perf_counter() - start
        whole = same(back, samples) and not store.check().damages
        ours, theirs = stored.entry.file_bytes / samples.height, plain.stat().st_size / samples.height
    memory = samples.estimated_size() / samples.height
    print(f"{name}: {samples.height:,} rows, {samples.width} columns, {memory:.0f} B per row in memory")
    print(f"  plain zstd {theirs:.2f} B per row, store {ours:.2f} ({ours / theirs:.2f} of it)")
    print(f"  stored and proven in {wrote:.1f} s, read in {took:.2f} s; bit by bit the same: {whole}")
    print(f"RESULT | bytes per row in the store, {name} | {ours:.2f} | plain zstd Parquet {theirs:.2f}")
    print(f"RESULT | bit by bit the same, {name} | {'yes' if whole else 'NO'} | yes")
    return whole


def kills(count: int) -> bool:
    """Kill a job `count` times at random moments, check each time, finish it; return whether all is there once."""
    draw = random.Random(26)  # noqa: S311 - moments, not secrets
    with tempfile.TemporaryDirectory() as folder:
        files, place = Path(folder) / "files", Path(folder) / "store"
        files.mkdir()
        for number in range(FILES):
            small(files / f"cell-{number:02d}.bdf.csv", number)
        sound, before, halves, midway = True, set[str](), 0, 0
        for _ in range(count):
            if len(before) == FILES:  # begin again
                shutil.rmtree(place)
                before = set()
            killed(place, files, draw.uniform(0, 0.6))
            halves += len(list(place.glob("recordings/.*.part")))
            store = Store(place)
            now = {each.id for each in store.recordings()}
            stray = [path for path in (place / "recordings").iterdir() if path.name.startswith(".")]
            sound = sound and not store.check().damages and not stray and before <= now
            midway += before < now and len(now) < FILES
            before = now
        job = Store(place).add_many([files])
        ids = [each.id for each in Store(place).recordings()]
        complete = not job.failures and len(ids) == len(set(ids)) == FILES
    verdict = "nothing lost, doubled or half-written" if sound and complete else "DAMAGE"
    print(f"{count} kills: {midway} midway in the job, {halves} left a temporary that the next opening cleaned")
    print(f"RESULT | {count} random kills of a job of {FILES} files | {verdict} | nothing lost")
    return sound and complete


def small(path: Path, number: int) -> None:
    """Write a small file whose content is its own."""
    rows = range(200 + number)
    volts = [3.0 + (row * (number + 1) % 97) / 1000 for row in rows]
    frame = {"Test Time / s": list(map(float, rows)), "Voltage / V": volts, "Current / A": [1.5] * len(rows)}
    pl.DataFrame(frame).write_csv(path)


def killed(place: Path, files: Path, after_second: float) -> None:
    """Start the job and kill it without warning."""
    words = [sys.executable, "-c", JOB, str(place), str(files)]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(after_second)
        process.kill()


def main() -> int:
    """Print all figures; return 1 when something is lost."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--kills", type=int, default=100)
    count = options.parse_args().kills
    sound = [sizes("10 M synthetic rows", tiled(ROWS))]
    lab = Path(os.environ.get("HWAN_LAB_DATA", "../shared/data")) / FILE
    if lab.is_file():
        sound.append(sizes("a 699,677-row .ndax", read(lab)))
    else:
        print(f"{lab} is not here. Next: set HWAN_LAB_DATA.")
    if count:
        sound.append(kills(count))
    return int(not all(sound))


if __name__ == "__main__":
    sys.exit(main())
