"""Incremental capacity against known truth: error, thinned samples, intervals, processor time; peers beside it.

Run: python bench/ica.py [draws]   Needs HWAN_LAB_DATA (half-cell tables); PyProBE gets its own environment.
Curves of 3,000 samples with 1 mV of noise and 1 mV of resolution. Two are put together from half-cell tables (Chen2020:
NMC, Prada2013: LFP), two are sums of Gaussian peaks. Behind them the kinds that are hardest to be honest about:
sodium-ion cells, few and many samples, noise that hangs together, a coarse voltmeter.
"rel" is the root of the mean squared error over that of the curve, over the samples.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from scipy.signal import savgol_filter
from scipy.special import ndtr

from hwan.health.ica import IncrementalCapacity, incremental_capacities, incremental_capacity
from ica_honesty import honesty, twins
from ica_oracle import told_the_truth
from ica_plain import told_of_the_note
from peers.environments import PEERS, environment

SAMPLES = 3000
NOISE = RESOLUTION = 1e-3
DRAWS = 20
MANY, CALLS = 1000, 10
Floats = Any
Claim = tuple[str, str, str, bool]
LEAN = """
import sys, time, warnings
warnings.simplefilter("ignore")
import numpy as np, polars as pl
from pyprobe.result import Result
from pyprobe.analysis.differentiation import differentiate_lean
data = np.load(sys.argv[1])
def once(volt):
    frame = pl.DataFrame({"Capacity [Ah]": data["charge"], "Voltage [V]": volt})
    made = Result(lf=frame.lazy(), info={}, column_definitions={"Capacity": "", "Voltage": ""})
    return differentiate_lean(made, "Capacity [Ah]", "Voltage [V]", k=2, gradient="dxdy").lf.collect()
once(data["volts"][0])
began = time.process_time()
found = [once(volt) for volt in data["volts"]]
spent = (time.process_time() - began) / len(found)
np.savez(sys.argv[2], spent=spent, **{f"v{i}": f["Voltage [V]"].to_numpy() for i, f in enumerate(found)},
         **{f"c{i}": f[f.columns[-1]].to_numpy() for i, f in enumerate(found)})
"""


@dataclass(frozen=True, slots=True)
class Truth:
    """A curve without noise: charge in Ah, voltage in V and dQ/dV in Ah/V at each sample."""

    name: str
    charge: Floats
    volt: Floats
    capacity: Floats
    most_rel: float

    def noisy(self, seed: int, kept: Floats = slice(None)) -> Floats:
        """Return the voltage as a tester writes it."""
        volt = self.volt + NOISE * np.random.default_rng(seed).standard_normal(len(self.volt))
        return (np.round(volt / RESOLUTION) * RESOLUTION)[kept]

    def rel(self, volt: Floats, capacity: Floats) -> float:
        """Return the error of a curve."""
        error = np.interp(self.volt, volt, capacity) - self.capacity
        return float(np.sqrt(np.mean(error**2) / np.mean(self.capacity**2)))


def from_tables(lab: Path, name: str, title: str, most: float, samples: int = SAMPLES) -> Truth:
    """Put a full cell together from half-cell tables and the fresh case of the truth set."""
    tables = pl.read_parquet(lab / "truth" / "ocp_tables.parquet").filter(pl.col("set") == name)
    cases = pl.read_parquet(lab / "truth" / "dma_truth.parquet")
    case = cases.filter(pl.col("set") == name, pl.col("case") == 0).row(0, named=True)
    charge = np.linspace(0, case["capacity_Ah"], samples)
    half = {}
    stops = {"positive": case["y0"] - charge / case["Qp_Ah"], "negative": case["x0"] + charge / case["Qn_Ah"]}
    for electrode, stoichiometry in stops.items():
        own = tables.filter(pl.col("electrode") == electrode)
        half[electrode] = np.interp(stoichiometry, own["sto"], own["U_V"])
    volt = half["positive"] - half["negative"]
    return Truth(title, charge, volt, np.gradient(charge, volt), most)


def from_peaks(
    title: str, peaks: list[tuple[float, float, float]], base: float, ends: tuple[float, float], most: float
) -> Truth:
    """Make a curve of Gaussian peaks (Ah, V, V) on a constant dQ/dV."""
    fine = np.linspace(*ends, 400_001)
    whole = base * (fine - ends[0]) + sum(area * ndtr((fine - at) / width) for area, at, width in peaks)
    charge = np.linspace(0, whole[-1] - whole[0], SAMPLES)
    volt = np.interp(charge, whole - whole[0], fine)
    shapes = [area / width * np.exp(-0.5 * ((volt - at) / width) ** 2) for area, at, width in peaks]
    return Truth(title, charge, volt, base + sum(shapes) / np.sqrt(2 * np.pi), most)


def truths(lab: Path) -> list[Truth]:
    """Return the four curves, each with the error that is allowed."""
    nmc = [(1.6, 3.5, 0.03), (1.2, 3.65, 0.04), (1.5, 3.85, 0.05), (0.7, 4.1, 0.02)]
    lfp = [(0.5, 3.2, 0.012), (0.9, 3.28, 0.0045), (1.0, 3.335, 0.0042)]
    return [
        from_tables(lab, "Chen2020", "NMC, tables of Chen2020", 0.04),
        from_tables(lab, "Prada2013", "LFP, tables of Prada2013", 0.08),
        from_peaks("NMC-like, Gaussian peaks", nmc, 0.6, (3.0, 4.2), 0.04),
        from_peaks("LFP-like, Gaussian peaks", lfp, 0.2, (2.5, 3.6), 0.08),
    ]


def found(truth: Truth, volt: Floats, kept: Floats = slice(None)) -> IncrementalCapacity:
    """Return our answer; a refusal here is a failure of the bench."""
    answer = incremental_capacity(volt, truth.charge[kept])
    assert isinstance(answer, IncrementalCapacity), answer
    return answer


def highest(answer: IncrementalCapacity) -> float:
    """Return the height of the highest peak in Ah/V."""
    return max((peak.height.value for peak in answer.peaks), default=float("nan"))


def accuracy(truth: Truth, draws: int) -> Iterator[Claim]:
    """Yield error and highest peak over the draws of noise."""
    answers = [found(truth, truth.noisy(seed)) for seed in range(draws)]
    rel = [truth.rel(one.voltage_volt, one.incremental_capacity_ah_per_volt) for one in answers]
    peak = np.abs([highest(one) / truth.capacity.max() - 1 for one in answers])
    taken = sum(one.estimator == "regression" for one in answers)
    median, worst = float(np.median(rel)), max(rel)
    yield (f"{truth.name}: rel, {draws} draws ({taken} by regression)", f"median {median:.4f}, worst {worst:.4f}",
           f"median at most {truth.most_rel}", median <= truth.most_rel)  # fmt: skip
    yield (f"{truth.name}: error of the highest peak", f"median {np.median(peak):.1%}, worst {peak.max():.1%}",
           "median at most 3 %", bool(np.median(peak) <= 0.03))  # fmt: skip


def thinned(truth: Truth) -> Iterator[Claim]:
    """Yield how far the answer moves when uneven samples are left out, half of all; beside it, by other noise alone."""
    random = np.random.default_rng(5)
    kept = np.sort(np.concatenate(([0, SAMPLES - 1], 1 + random.permutation(SAMPLES - 2)[: SAMPLES // 2 - 2])))
    for name, volt in (("without noise", truth.volt), ("with noise", truth.noisy(1))):
        measured, moved = apart(truth, found(truth, volt), found(truth, volt[kept], kept))
        least = "at most 0.01" if name == "without noise" else "told"
        yield (f"{truth.name}: half of the samples left out unevenly, {name}", measured, least,
               name == "with noise" or moved <= 0.01)  # fmt: skip
    draws = [found(truth, truth.noisy(seed)) for seed in range(11)]
    between = [apart(truth, one, other) for one, other in pairwise(draws)]
    measured, _ = sorted(between, key=lambda each: each[1])[len(between) // 2]
    yield (
        f"{truth.name}: nothing left out, another draw of the noise (median of {len(between)})",
        measured,
        "told",
        True,
    )


def apart(truth: Truth, one: IncrementalCapacity, other: IncrementalCapacity) -> tuple[str, float]:
    """Return how far two answers are apart, in words and as a part of the first."""
    curves = [np.interp(truth.volt, each.voltage_volt, each.incremental_capacity_ah_per_volt) for each in (one, other)]
    moved = float(np.sqrt(np.mean((curves[0] - curves[1]) ** 2) / np.mean(curves[0] ** 2)))
    return f"{moved:.4f}, peak {highest(other) / highest(one) - 1:+.1%}", moved


def coverage(truth: Truth, draws: int) -> Claim:
    """Return how often the 90 % intervals of all peaks hold the truth, in position and height."""
    table = incremental_capacities([truth.noisy(1000 + seed) for seed in range(draws)], [truth.charge] * draws)
    rises = np.diff(truth.capacity) > 0
    places = np.flatnonzero(rises[:-1] & ~rises[1:]) + 1
    inside: list[tuple[bool, bool]] = []
    for row in table["peaks"].to_list():
        for peak in row:
            at = places[np.argmin(np.abs(truth.volt[places] - peak["peak_volt"]))]
            volt, capacity = truth.volt[at], truth.capacity[at]
            within = peak["peak_ah_per_volt_low"] <= capacity <= peak["peak_ah_per_volt_high"]
            inside.append((peak["peak_volt_low"] <= volt <= peak["peak_volt_high"], within))
    position, height = np.mean(inside, axis=0)
    name = f"{truth.name}: 90 % intervals of {len(inside)} peaks hold the truth"
    measured = f"position {position:.1%}, height {height:.1%}"
    return name, measured, "both at least 80 %", bool(min(position, height) >= 0.8)


def seconds(work: Callable[[], object], times: int = 1) -> float:
    """Return the processor time of one call in s, after one that is not counted."""
    work()
    began = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - began) / times


def speed(cases: list[Truth]) -> tuple[Claim, float]:
    """Return the claim on 10,000 curves, and our processor time for one curve in s."""
    volts = [case.noisy(seed) for seed in range(MANY // 2) for case in cases[:2]]
    charges = [case.charge for _ in range(MANY // 2) for case in cases[:2]]
    spent = seconds(lambda: incremental_capacities(volts, charges), CALLS)
    total = spent * 10_000 / len(volts)
    name = f"{MANY * CALLS} curves of {SAMPLES} samples ({MANY} a call), NMC and LFP in turn"
    return (name, f"{total:.2f} s of processor time", "at most 2 s", total <= 2.0), spent / len(volts)


def beside(cases: list[Truth], own: float) -> Iterator[Claim]:
    """Yield what a Savitzky-Golay filter and PyProBE give on the same curves, and their processor time over ours."""
    for case in cases:
        volt, step = case.noisy(0), case.charge[1]
        with np.errstate(divide="ignore"):
            curve = 1 / savgol_filter(volt, 51, 2, deriv=1, delta=step)
        finite = np.where(np.isfinite(curve), curve, 0.0)
        error = float(np.sqrt(np.mean((finite - case.capacity) ** 2) / np.mean(case.capacity**2)))
        ratio = (
            seconds(
                lambda volt=volt, step=step: 1 / np.maximum(savgol_filter(volt, 51, 2, deriv=1, delta=step), 1e-9), 50
            )
            / own
        )
        peak = finite.max() / case.capacity.max() - 1
        measured = f"rel {error:.3g}, peak {peak:+.1%}, {ratio:.1f} times our time"
        yield f"{case.name}: Savitzky-Golay, 51 samples", measured, "told", True
    yield from _lean(cases, own)


def _lean(cases: list[Truth], own: float) -> Iterator[Claim]:
    where = environment("pyprobe")
    if where.missing:
        yield "PyProBE differentiate_lean", where.missing, "told", True
        return
    with tempfile.TemporaryDirectory() as folder:
        for case in cases:
            given, got = Path(folder) / "in.npz", Path(folder) / "out.npz"
            np.savez(given, charge=case.charge, volts=np.array([case.noisy(seed) for seed in range(5)]))
            done = subprocess.run(
                [where.python, "-c", LEAN, str(given), str(got)], capture_output=True, text=True, check=False
            )
            if done.returncode:
                yield f"{case.name}: {PEERS['pyprobe'].title}", done.stderr.strip().splitlines()[-1][:120], "told", True
                continue
            told = np.load(got)
            rel = [case.rel(told[f"v{i}"], told[f"c{i}"]) for i in range(5)]
            peak = float(np.median([told[f"c{i}"].max() / case.capacity.max() - 1 for i in range(5)]))
            ratio = float(told["spent"]) / own
            measured = f"rel {np.median(rel):.3f}, peak {peak:+.1%}, {ratio:.0f} times our time"
            yield f"{case.name}: {PEERS['pyprobe'].title} differentiate_lean, k = 2", measured, "told", True


def claims(lab: Path, draws: int) -> Iterator[Claim]:
    """Yield everything that was measured."""
    cases = truths(lab)
    for case in cases:
        yield from accuracy(case, draws)
        for name, measured in told_the_truth(case.charge, case.volt, case.capacity, NOISE**2 + RESOLUTION**2 / 12):
            yield f"{case.name}: {name}", measured, "told", True
    for case in cases:
        yield from thinned(case)
    for case in cases:
        yield coverage(case, 100)
    claim, own = speed(cases)
    yield claim
    yield from beside(cases, own)
    yield from told_of_the_note(cases)
    yield from honesty(lab, draws, from_tables, cases)
    yield from twins()


def main(argv: list[str]) -> int:
    """Print each claim; 1 when one does not hold."""
    lab = os.environ.get("HWAN_LAB_DATA")
    if not lab:
        print("HWAN_LAB_DATA is not set: no half-cell tables")
        return 2
    held = True
    for claim, measured, limit, good in claims(Path(lab), int(argv[0]) if argv else DRAWS):
        print(f"RESULT | {claim} | {measured} | {limit}{'' if good else ' (missed)'}", flush=True)
        held = held and good
    return int(not held)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
