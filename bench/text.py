"""Text of testers to recordings: rows per second, against the same columns by the table library alone.

Run: python bench/text.py [rows]   By default one million rows of each dialect, written to a temporary folder.
Limits: Maccor and PEC at least 20 times what cellpy 2 was measured to read on such files (22 k and 84 k rows/s by
the clock, so that ours is by the clock, too, on all cores; the rate per second of processor is told beside it);
each at most 5 times the processor time of the table library's own read of the same columns (which decides no
dialect, parses no times, proves nothing and keeps no hash). The current changes with the steps, as a tester's does.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import polars as pl

from hwan.readers import read

ROWS = 1_000_000
ROUNDS = 5
LIMITS = {"Maccor": 20 * 22_000, "PEC": 20 * 84_000}
MOST_OVER_LIBRARY = 5.0


def maccor(rows: int) -> Iterator[str]:
    """Give a Maccor-like text: tab, durations with days, dates, states, 15 columns of zeros."""
    zeros = "\t0.00000" * 15
    heads = "Rec#\tCyc#\tStep\tTestTime\tStepTime\tAmp-hr\tWatt-hr\tAmps\tVolts\tState\tES\tDPt Time"
    yield "Today's Date 03/20/2024  Date of Test:\t03/01/2024\n" + heads
    yield "".join(f"\tVAR{number}" for number in range(1, 16)) + "\n"
    for n in range(rows):
        step, clock = n // 1000, _clock(n)
        state = ("R", "C", "D")[step % 3]
        yield (
            f"{n + 1}\t{n // 6000}\t{step % 7}\t  {n // 86400}d {clock}.0000\t  0d {_clock(n % 1000)}.0000\t"
            f"{n % 1000 / 3600:.10f}\t{n % 1000 / 900:.10f}\t{step % 3 * 1.0001:.10f}\t3.{n % 9999:04d}\t{state}\t1\t"
            f"03/{1 + n // 86400:02d}/2024 {clock}{zeros}\n"
        )


def pec(rows: int) -> Iterator[str]:
    """Give a PEC-like text: commas, a block of lines above, two dates, 30 columns."""
    yield "Request Year:,2024\nTest:,1\nTest,Cell,Rack,Shelf,Position,Cell ID,Step,Cycle,Total Time (Seconds),"
    yield "Load On Time (Seconds),Step Time (Seconds),Real Time,Position Start Time,Voltage (mV),Current (mA),"
    yield "Charge Capacity (mAh),Discharge Capacity (mAh),Charge Capacity (mWh),Discharge Capacity (mWh),ReasonCode,"
    yield "50% DoD (mV),PeakPower 1 (W),PeakPower 2 (W),Ambient temperature (°C),Cell surface temperature (°C),\n"
    for n in range(rows):
        yield (
            f"187,1,SBT0550,001,1,,{n // 1000},{n // 6000},{n}.183,{n},{n % 1000}.5,"
            f"03/{1 + n // 86400:02d}/2024 {_clock(n)},03/01/2024 00:00:00,3{n % 999:03d}.6728,{n // 1000 % 3}640.2,"
            f"{n % 6000}.708,0,{n % 6000}.136,0,2,0,0,0,26.23,25.6,\n"
        )


def bdf(rows: int) -> Iterator[str]:
    """Give a BDF table of eight columns."""
    yield "Test Time / s,Voltage / V,Current / A,Unix Time / s,Cycle Count / 1,Step Count / 1,Net Capacity / Ah,"
    yield "Surface Temperature / degC\n"
    for n in range(rows):
        yield (
            f"{n}.25,3.{n % 9999:04d},{n // 1000 % 3}.0001,{1_700_000_000 + n}.25,{n // 6000},{n // 1000},"
            f"{n % 777}.12345,25.{n % 99:02d}\n"
        )


def _clock(second: int) -> str:
    return f"{second // 3600 % 24:02d}:{second // 60 % 60:02d}:{second % 60:02d}"


def write(folder: Path, name: str, lines: Callable[[int], Iterator[str]], rows: int) -> Path:
    """Write a text of the given dialect."""
    path = folder / name
    with path.open("w", encoding="utf-8") as file:
        file.writelines(lines(rows))
    return path


@dataclass(frozen=True)
class Cost:
    """Seconds by the clock and of the processors, the least of a few calls: what other work adds is not ours."""

    wall: float
    processor: float


def cost(work: Callable[[], object]) -> Cost:
    """Return what one call takes."""
    walls, processors = [], []
    for _ in range(ROUNDS):
        wall, processor = time.perf_counter(), time.process_time()
        work()
        walls.append(time.perf_counter() - wall)
        processors.append(time.process_time() - processor)
    return Cost(min(walls), min(processors))


def main(rows: int) -> int:
    """Print rows per second and ratios; return 1 when a limit is passed."""
    passed = False
    with tempfile.TemporaryDirectory(prefix="hwan-") as folder:
        for dialect, (lines, skip, mark) in DIALECTS.items():
            path = write(Path(folder), f"{dialect}.csv", lines, rows)
            ours = cost(partial(_ours, path))
            alone = cost(partial(library, path, skip, mark))
            print(f"{dialect:8} {path.stat().st_size / 1e6:6.0f} MB", ours, alone)
            passed |= _told(dialect, rows, ours, alone)
            path.unlink()
    return int(passed)


def _told(dialect: str, rows: int, ours: Cost, alone: Cost) -> bool:
    claim, speed, ratio = f"{dialect} text of {rows:,} rows", rows / ours.wall, ours.processor / alone.processor
    limit = LIMITS.get(dialect, 0)
    if limit:
        cores, of_processor = os.cpu_count(), rows / ours.processor
        print(f"RESULT | {claim}, thousand rows/s, {cores} cores | {speed / 1e3:.0f} | at least {limit / 1e3:.0f}")
        print(f"RESULT | {claim}, thousand rows per second of processor | {of_processor / 1e3:.0f} | told, no limit")
        floor = f"{rows / alone.wall / 1e3:.0f} by the clock, {rows / alone.processor / 1e3:.0f} of processor time"
        print(f"RESULT | {claim}, thousand rows/s: floor of the table library itself | {floor} | told, no limit")
    print(f"RESULT | {claim}, processor time over the table library's | {ratio:.2f} | at most {MOST_OVER_LIBRARY:g}")
    return speed < limit or ratio > MOST_OVER_LIBRARY


def _ours(path: Path) -> pl.DataFrame:
    return read(path).samples.collect()


def library(path: Path, skip: int, mark: str) -> pl.DataFrame:
    """Read a text whose headings stand under `skip` lines by the table library alone."""
    return pl.read_csv(path, skip_rows=skip, separator=mark, infer_schema_length=1000, truncate_ragged_lines=True)


DIALECTS: dict[str, tuple[Callable[[int], Iterator[str]], int, str]] = {
    "Maccor": (maccor, 1, "\t"), "PEC": (pec, 2, ","), "BDF": (bdf, 0, ","),
}  # fmt: skip

if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS))
