"""How fast large files are read beside the peers: the same file, in turn, each reader in a process of its own.

Run: python bench/peers_speed.py [part of a claim]   Files are written by the tests' and these benches' own writers.
A claim holds for the median over rounds of theirs over ours by the clock; processor time (with the programs a reader
calls) and the peak memory of each process (without) stand beside it. The first reading of each warms up and is not
timed. Both must give the same rows and voltages, or no speed is told. What both read is what a user gets:
from the path to a table in memory, ours recognised, mapped, checked and hashed.

Beside each claim stands the floor under it, measured in the same rounds: the table library's own read of the same
text (NumPy's copies of the fields of an .mpr), without a name, a unit, a clock, a check or a hash; and the same with
the file's SHA-256 computed beside, which the provenance of a recording needs. Where the floor is no faster than a
claim asks, no reader built on that library can be.

The .res, and the settings of the .mpr, without which yadg does not read it, are a laboratory's (HWAN_LAB_DATA).
"""

from __future__ import annotations

import importlib.util
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import mpr as mprs
import text as texts
from hwan.readers._source import sha256_of
from hwan.readers.biologic import _modules
from peers.environments import OURS, PEERS, environment, lacking
from peers.worker import Worker, like

LAB: Final = Path(os.environ.get("HWAN_LAB_DATA", "../shared/data")) / "testers"
LAB_MPR, LAB_RES = LAB / "biologic/jdb11-4.mpr", LAB / "arbin/20210210_FC_01_cc_02.res"
LONG_MODULE: Final = 16_384
ROUNDS, ROUNDS_WHEN_BUSY = 7, 15
BUSY_LOAD: Final = 0.5
"""Runnable processes per core before we begin; beyond it more rounds are taken."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A peer, the file both read, how many rows the peer can bear, and how many times as fast we should be."""

    form: str
    peer: str
    rows: int
    least: float


CLAIMS: Final = (
    Claim(".mpr", "navani", 1_000_000, 10), Claim(".mpr", "yadg", 1_000_000, 10),
    Claim(".res", "batterydf", 26_989, 5),
    Claim("Maccor text", "cellpy", 200_000, 20), Claim("PEC csv", "cellpy", 200_000, 20),
    Claim("Arbin csv", "cellpy", 500_000, 20),
    Claim("BDF csv", "polars", 1_000_000, 0.9),
)  # fmt: skip


def arbin(rows: int) -> Iterator[str]:
    """Give an Arbin export as its database program writes it: cycles of rest, charge, rest, discharge at 1 A."""
    yield "Data_Point,Date_Time,Test_Time(s),Step_Time(s),Cycle_Index,Step_Index,Current(A),Voltage(V),Power(W),"
    yield "Charge_Capacity(Ah),Discharge_Capacity(Ah),Charge_Energy(Wh),Discharge_Energy(Wh),Internal_Resistance(Ohm)\n"
    for n in range(rows):
        cycle, second = divmod(n, 4000)
        step, within = divmod(second, 1000)
        current = (0.0, 1.0, 0.0, -1.0)[step]
        charged, discharged = (min(max(second - begin, 0), 1000) / 3600 for begin in (1000, 3000))
        volt = 3.2 + 3 * (charged - discharged) + 0.05 * current
        yield (
            f"{n + 1},2024/03/{1 + n // 86400:02d} {texts._clock(n)},{n}.0003,{within}.0003,{cycle + 1},{step + 1},"
            f"{current:.6f},{volt:.6f},{volt * current:.6f},{charged:.10f},{discharged:.10f},"
            f"{3.6 * charged:.10f},{3.5 * discharged:.10f},0.0215\n"
        )


def mpr(folder: Path, rows: int) -> Path | None:
    """Write a .mpr of our own samples behind a laboratory's settings, without which yadg does not read it."""
    if not LAB_MPR.is_file():
        return None
    made = _writer()
    with _modules.opened(LAB_MPR) as stored:
        one = next(module for module in _modules.modules(stored) if module.name == "VMP Set")
        settings = stored.at(one.begin, one.length)
    samples = made.module("VMP data", made.data(made.cycling(rows), 3), 3)
    # yadg looks at places of the log that the tests' short one does not reach.
    log = made.module("VMP LOG", made.log().ljust(LONG_MODULE, b"\0"))
    path = folder / "large.mpr"
    path.write_bytes(made.SIGNATURE + made.module("VMP Set", settings) + samples + log)
    return path


def _writer() -> ModuleType:
    """Load the byte writer of the tests, which are no package."""
    path = Path(__file__).parent.parent / "tests/readers/writers/mpr.py"
    spec = importlib.util.spec_from_file_location("mpr_writer", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def res(_folder: Path, _rows: int) -> Path | None:
    """Return the laboratory's largest .res: mdbtools needs more of a database than the tests' writer makes."""
    return LAB_RES if LAB_RES.is_file() else None


def _text(maker: str, name: str, lines: Callable[[int], Iterator[str]]) -> Callable[[Path, int], Path]:
    """Return a writer of a text into a folder that names its maker, by which cellpy's instrument is chosen."""

    def write(folder: Path, rows: int) -> Path:
        (folder / maker).mkdir(exist_ok=True)
        return texts.write(folder / maker, name, lines, rows)

    return write


FILES: Final[dict[str, Callable[[Path, int], Path | None]]] = {
    ".mpr": mpr,
    ".res": res,
    "Maccor text": _text("maccor", "large.txt", texts.maccor),
    "PEC csv": _text("pec", "large.csv", texts.pec),
    "Arbin csv": _text("arbin", "large.csv", arbin),
    "BDF csv": _text("bdf", "large.bdf.csv", texts.bdf),
}


def _library(skip: int, mark: str) -> Callable[[Path], Callable[[], object]]:
    return lambda path: partial(texts.library, path, skip, mark)


FLOORS: Final[dict[str, Callable[[Path], Callable[[], object]]]] = {
    ".mpr": mprs.floor, "Maccor text": _library(1, "\t"), "PEC csv": _library(2, ","),
    "Arbin csv": _library(0, ","), "BDF csv": _library(0, ","),
}  # fmt: skip


def hashed(work: Callable[[], object], path: Path) -> None:
    """Do the work with the file's hash made beside, as our reader makes it."""
    with ThreadPoolExecutor(1) as beside:
        hashing = beside.submit(sha256_of, path)
        work()
        hashing.result()


def cost(work: Callable[[], object]) -> dict[str, float]:
    """Return what one call takes, in the words of a worker's answer."""
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return {"seconds": time.perf_counter() - wall, "processor": time.process_time() - processor}


def costs(works: tuple[Callable[[], object], ...], turn: int) -> list[dict[str, float]]:
    """Return what each costs; in every other turn the last is done first, since the first finds memory cold."""
    step = -1 if turn % 2 else 1
    return [cost(work) for work in works[::step]][::step]


@dataclass(frozen=True, slots=True)
class Compared:
    """Theirs over ours: the median over rounds by the clock and of the processors; the peak memory of both."""

    clock: float
    processor: float
    ours_mb: float
    theirs_mb: float

    def __str__(self) -> str:
        return (
            f"{self.clock:.2f} by the clock, {self.processor:.2f} of processor time; "
            f"peak {self.ours_mb:.0f} MB to {self.theirs_mb:.0f} MB"
        )


def compared(rounds: list[tuple[dict[str, Any], dict[str, Any]]]) -> Compared:
    """Return the medians of what ours and theirs cost."""
    ours, theirs = zip(*rounds, strict=True)
    clock, processor = (statistics.median(b[what] / a[what] for a, b in rounds) for what in ("seconds", "processor"))
    return Compared(clock, processor, max(one["peak_mb"] for one in ours), max(one["peak_mb"] for one in theirs))


def in_turn(
    peer: str, python: str, path: Path, rounds: int, floors: tuple[Callable[[], object], ...]
) -> list[tuple[dict[str, Any], ...]] | str:
    """Return what each round cost ours, theirs and the floors; a text where one did not read, or read otherwise."""
    done: list[tuple[dict[str, Any], ...]] = []
    with Worker(sys.executable, "hwan", path) as our, Worker(python, peer, path) as their:
        for turn in range(rounds):
            ours, theirs = our.ask(), their.ask()
            for name, answer in (("hwan", ours), (peer, theirs)):
                if "error" in answer:
                    return f"{name}: {answer['error']}"
            if not like(theirs, ours):
                return f"{peer} reads other rows or voltages: {theirs['rows']} {theirs['volts']}, ours {ours['volts']}"
            done.append((ours, theirs, *costs(floors, turn)))
    return done


def measure(claim: Claim, folder: Path, rounds: int) -> bool:
    """Print one claim's row; return whether it falls short."""
    named = f"{claim.form} of {claim.rows:,} rows, times as fast as {_title(claim.peer)}"
    limit = f"at least {claim.least:g} by the clock"
    found = environment(claim.peer)
    absent = found.missing or lacking(claim.peer, claim.form)
    path = None if absent else FILES[claim.form](folder, claim.rows)
    if path is None:
        print(f"RESULT | {named} | not run: {absent or 'no sample, set HWAN_LAB_DATA'} | {limit}")
        return False
    done = in_turn(claim.peer, found.python, path, rounds, _floors(claim, path))
    if isinstance(done, str):
        print(f"RESULT | {named} | not compared: {' '.join(done.replace('|', '/').split())} | {limit}")
        return True
    took = [statistics.median(each[side]["seconds"] for each in done) for side in (0, 1)]
    print(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB, {rounds} rounds in turn: ", end="")
    print(f"ours {1e3 * took[0]:.1f} ms, theirs {1e3 * took[1]:.1f} ms")
    ratio = compared([(ours, theirs) for ours, theirs, *_ in done])
    print(f"RESULT | {named} | {ratio} | {limit}")
    _tell_floors(named, done)
    return ratio.clock < claim.least


def _floors(claim: Claim, path: Path) -> tuple[Callable[[], object], ...]:
    """Return the floor under a claim, and the floor with a hash beside; none where the peer calls a program."""
    if claim.form not in FLOORS:
        return ()
    work = FLOORS[claim.form](path)
    work()
    return work, partial(hashed, work, path)


def _tell_floors(named: str, done: list[tuple[dict[str, Any], ...]]) -> None:
    """Print how many times as fast as the peer the floors are."""
    titles = ("floor of the table library itself", "the same with the file's SHA-256")
    for title, place in zip(titles, range(2, len(done[0])), strict=False):
        clock, processor = (
            statistics.median(each[1][what] / each[place][what] for each in done) for what in ("seconds", "processor")
        )
        told = f"{clock:.2f} by the clock, {processor:.2f} of processor time"
        print(f"RESULT | {named}: {title} | {told} | told, no limit", flush=True)


def _title(peer: str) -> str:
    return f"{peer} {version(peer)}" if peer in OURS else PEERS[peer].title


def main(part: str) -> int:
    """Print the claims; return 1 when one falls short."""
    busy = os.getloadavg()[0] / (os.cpu_count() or 1)
    rounds = ROUNDS_WHEN_BUSY if busy > BUSY_LOAD else ROUNDS
    print(f"load of the machine before we begin: {busy:.2f} per core, so {rounds} rounds")
    short = False
    for claim in CLAIMS:
        if part not in f"{claim.form} {claim.peer}":
            continue
        with tempfile.TemporaryDirectory(prefix="hwan-") as folder:
            short |= measure(claim, Path(folder), rounds)
    return int(short)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
