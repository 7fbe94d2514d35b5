"""Another tool reads what we export, to the last bit; a long recording is exported within little memory.

The other tool is batterydf, the format's own package, in an environment of its own (hwan-bench in the
folder for temporary files) that is made at the first run. It reads our csv and our parquet of several
recordings; every number is compared by its bits, every text by its letters. Then 10 M rows are exported
from a lazy scan by a process of its own.

Run: python bench/export.py [--rows N]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import polars as pl

import hwan
from hwan.core import Recording
from hwan.store._export import Exported, export_bdf
from hwan.synthetic import cell_test, pack_test

PEER: Final = "batterydf==0.1.0"
HOME: Final = Path(tempfile.gettempdir()) / "hwan-bench" / "batterydf"
LAB: Final = (
    "neware/BTS85-36-6-5-110-20240424.ndax", "neware/nda_v23.nda", "bdf/sample.bdf.csv",
    "landt/SINTEF__LiGrR2032__2024-04-30__25degC__Landt.bdf.csv", "ampworks-csv/hppc_discharge.csv",
)  # fmt: skip
ROWS: Final = 10_000_000
MOST_MEGABYTES: Final = 800
"""The samples alone would take 1,100 MB in memory."""

READ = """
import contextlib, io, json, sys, warnings
import bdf
for line in sys.stdin:
    path, copy = json.loads(line)
    with warnings.catch_warnings(record=True) as caught, contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("always")
        try:
            frame = bdf.read(path)
            report = bdf.validate(frame, raise_on_error=False)
            frame.to_parquet(copy, index=False)
            told = {"ok": bool(report["ok"]), "legacy": list(report["legacy_labels"]),
                    "extras": [str(each) for each in report["extras"]]}
        except Exception as error:
            told = {"error": f"{type(error).__name__}: {error}"}
    told["warnings"] = sorted({str(each.message)[:120] for each in caught})
    print(json.dumps(told), flush=True)
"""
EXPORT = """
import re, sys
from dataclasses import replace
from pathlib import Path
import polars as pl
from hwan.store._export import export_bdf
from hwan.synthetic import cell_test
first = replace(cell_test(7).recording, samples=pl.scan_parquet(sys.argv[1]))
exported = export_bdf(first, sys.argv[2], form=sys.argv[3])
peak = re.search(r"VmHWM:\\s*(\\d+)", Path("/proc/self/status").read_text())
print(int(peak[1]) / 1024, exported.rows)
"""


def peer() -> Path:
    """Return the peer's Python; its environment is made when it is not there."""
    python = HOME / "bin" / "python"
    if not (HOME / "made").is_file():
        subprocess.run([sys.executable, "-m", "venv", str(HOME)], check=True)
        words = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet", PEER]
        subprocess.run(words, check=True)
        (HOME / "made").touch()
    return python


def recordings() -> Iterator[tuple[str, Recording]]:
    """Yield synthetic recordings and, where they are, those of the lab."""
    yield "synthetic cell", cell_test(7).recording
    yield "synthetic pack of 24", pack_test(11, series=24).recording
    lab = Path(os.environ.get("HWAN_LAB_DATA", "../shared/data")) / "testers"
    for name in LAB:
        if (lab / name).is_file():
            yield Path(name).name, hwan.read(lab / name)


def difference(exported: Exported, theirs: Path) -> str:
    """Return what is not the same in the peer's copy; empty where nothing is."""
    path = Path(exported.files[0].path)
    ours = hwan.read(path).samples.collect()
    got = pl.read_parquet(theirs)
    headings = {each["name"]: each["heading"] for each in _columns(exported)}
    if got.height != ours.height:
        return f"{got.height} rows of {ours.height}"
    unlike = [name for name in ours.columns if not _same(ours[name], got, headings[name])]
    return ", ".join(unlike)


def _columns(exported: Exported) -> list[dict[str, str]]:
    files = json.loads(Path(exported.metadata).read_text(encoding="utf-8"))["files"]
    return next(each["columns"] for each in files if each["path"] == Path(exported.files[0].path).name)


def _same(ours: pl.Series, got: pl.DataFrame, heading: str) -> bool:
    if heading not in got.columns:
        return False
    theirs = got[heading]
    if not ours.dtype.is_numeric():
        return ours.cast(pl.String).equals(theirs.cast(pl.String), null_equal=True)
    # pandas has no whole number that is missing: it makes such a column floating point.
    wide, their = ours.cast(pl.Float64), theirs.cast(pl.Float64).fill_nan(None)
    return wide.is_null().equals(their.is_null()) and _bits(wide).equals(_bits(their), null_equal=True)


def _bits(column: pl.Series) -> pl.Series:
    return column.reinterpret(dtype=pl.Int64)


def read_by_peer(folder: Path) -> bool:
    """Let the peer read every export; print what it said and what differs, and return whether nothing does."""
    jobs = [
        (name, form, export_bdf(recording, folder / form, form=form))
        for name, recording in recordings()
        for form in ("csv", "parquet")
    ]
    copies = [folder / f"{number}.parquet" for number in range(len(jobs))]
    asked = "".join(
        json.dumps([job[2].files[0].path, str(copy)]) + "\n" for job, copy in zip(jobs, copies, strict=True)
    )
    done = subprocess.run([str(peer()), "-c", READ], input=asked, stdout=subprocess.PIPE, text=True, check=True)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    sound: dict[str, list[bool]] = {"csv": [], "parquet": []}
    for (name, form, exported), copy, said in zip(jobs, copies, answers, strict=True):
        unlike = said.get("error") or difference(exported, copy)
        sound[form].append(not unlike and said["ok"] and not said["legacy"])
        _print(name, form, exported, said, unlike)
    for form, right in sound.items():
        claim = f"exports that batterydf reads and validates bit by bit, {form}"
        print(f"RESULT | {claim} | {sum(right)} of {len(right)} | all")
    return all(all(right) for right in sound.values())


def _print(name: str, form: str, exported: Exported, said: dict[str, Any], unlike: str) -> None:
    print(f"{name}, {form}: {exported.rows:,} rows, {exported.columns} columns; differs: {unlike or 'nothing'}")
    for what in ("extras", "warnings", "legacy"):
        if said.get(what):
            print(f"  {what}: {', '.join(said[what])[:160]}")


def long_recording(folder: Path, rows: int) -> bool:
    """Export a long recording from a lazy scan; print memory and time, and return whether memory was bounded."""
    place, samples = folder / "long.parquet", cell_test(7, sampling_second=1.0).samples
    times = -(-rows // samples.height)
    span = float(samples["test_time_second"][-1]) + 1.0
    parts = [samples.lazy().with_columns(pl.col("test_time_second") + span * k) for k in range(times)]
    pl.concat(parts).head(rows).sink_parquet(place)
    bounded = True
    for form in ("parquet", "csv"):
        start = time.perf_counter()
        words = [sys.executable, "-c", EXPORT, str(place), str(folder / "long"), form]
        done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True)
        took = time.perf_counter() - start
        megabytes, written = done.stdout.split()
        bounded = bounded and float(megabytes) <= MOST_MEGABYTES and int(written) == rows
        print(f"{rows:,} rows to {form}: {took:.1f} s, {float(megabytes):.0f} MB at most")
        print(f"RESULT | memory to export {rows:,} rows, {form} | {float(megabytes):.0f} MB | {MOST_MEGABYTES} MB")
    return bounded


def main() -> int:
    """Print all figures; return 1 when one falls short."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--rows", type=int, default=ROWS)
    rows = options.parse_args().rows
    with tempfile.TemporaryDirectory() as name:
        return int(not all([read_by_peer(Path(name)), long_recording(Path(name), rows)]))


if __name__ == "__main__":
    sys.exit(main())
