"""Is the error that is told the error that is made? On the kinds of curve where that is hardest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from scipy.signal import lfilter

from hwan.health.ica import IncrementalCapacity, incremental_capacities, incremental_capacity

FIRST = 3000
"""Seeds that nothing was chosen by."""
ROUGH = Path(__file__).resolve().parent.parent / ".samples" / "ampworks" / "datasets" / "resources" / "dqdv"
Claim = tuple[str, str, str, bool]


@dataclass(frozen=True, slots=True)
class Kind:
    """A voltmeter: noise and resolution in V, and the part of its noise that each sample keeps of the one before."""

    noise: float = 1e-3
    resolution: float = 1e-3
    kept: float = 0.0

    @property
    def title(self) -> str:
        """Return what it is, in mV."""
        hangs = f", each keeps {self.kept} of the one before" if self.kept else ""
        return f"{1e3 * self.noise:g} mV of noise{hangs}, {1e3 * self.resolution:g} mV of resolution"

    def drawn(self, volt: Any, seed: int) -> Any:
        """Return the voltage as it writes it."""
        fresh = np.random.default_rng(FIRST + seed).standard_normal(len(volt))
        own = lfilter([np.sqrt(1 - self.kept**2)], [1, -self.kept], fresh) if self.kept else fresh
        return np.round((volt + self.noise * own) / self.resolution) * self.resolution


def honesty(lab: Path, draws: int, from_tables: Callable[..., Any], cases: list[Any]) -> Iterator[Claim]:
    """Yield error made over error told, and how often the intervals of heights hold, for each kind."""
    for name in ("Chayambuka2022", "Mohtat2020"):
        for samples in (300, 3000, 20_000):
            truth = from_tables(lab, name, f"{name}, {samples} samples", 1.0, samples)
            yield told_and_made(truth, Kind(), draws if samples < 20_000 else max(draws // 2, 1))
    sodium = from_tables(lab, "Chayambuka2022", "Chayambuka2022", 1.0)
    for truth in (*cases, sodium):
        for kind in (Kind(1e-4, 1e-4), Kind(2e-3, 1e-3), Kind(3e-4, 5e-3), Kind(5e-4, 1e-4, 0.9)):
            yield told_and_made(truth, kind, draws)


def told_and_made(truth: Any, kind: Kind, draws: int) -> Claim:
    """Return the claim on one truth and one voltmeter."""
    places = tops(truth)
    ratios, made, held = [], [], []
    for seed in range(draws):
        found = incremental_capacity(kind.drawn(truth.volt, seed), truth.charge)
        if not isinstance(found, IncrementalCapacity):
            continue
        made.append(truth.rel(found.voltage_volt, found.incremental_capacity_ah_per_volt))
        ratios.append(made[-1] / found.expected_error)
        for peak in found.peaks:
            nearest = places[np.argmin(np.abs(truth.volt[places] - peak.position.value))]
            low, high = peak.height.interval
            held.append(low <= truth.capacity[nearest] <= high)
    name = f"{truth.name}, {kind.title}: error made over error told"
    refused = draws - len(made)
    if not made:
        return name, f"all {draws} refused: noise and resolution hide the peaks", "told", True
    within, heights = float(np.mean(np.array(ratios) <= 1.5)), float(np.mean(held)) if held else 1.0
    measured = (
        f"median {np.median(ratios):.2f}, within 1.5 in {within:.0%} of {len(made)} draws ({refused} refused); "
        f"rel {np.median(made):.3f}; 90 % intervals of {len(held)} heights hold {heights:.0%}"
    )
    return name, measured, "median at most 1.5, heights at least 80 %", np.median(ratios) <= 1.5 and heights >= 0.8


def tops(truth: Any) -> Any:
    """Return the places of the peaks of a truth; of a plateau, its beginning."""
    rises = np.diff(truth.capacity) > 0
    return np.flatnonzero(rises[:-1] & ~rises[1:]) + 1


def twins() -> Iterator[Claim]:
    """Yield the peaks of a measured curve whose noise hangs together, beside those of its smoothed twin."""
    name = "ampworks sample cell1, rough and smoothed: peaks in V (Ah/V)"
    if not ROUGH.is_dir():
        yield name, "the sample tables are not installed: make .samples/made", "told", True
        return
    tables = [pl.read_csv(ROUGH / f"cell1_{kind}.csv") for kind in ("rough", "smooth")]
    found = incremental_capacities([table["Volts"] for table in tables], [table["Ah"] for table in tables])
    lists = [[(peak["peak_volt"], peak["peak_ah_per_volt"]) for peak in row] for row in found["peaks"].to_list()]
    told = " and ".join(", ".join(f"{volt:.3f} ({height:.3f})" for volt, height in each) for each in lists)
    near = len(lists[0]) == len(lists[1]) and all(
        abs(one[0] - other[0]) < 0.02 and abs(one[1] / other[1] - 1) < 0.1 for one, other in zip(*lists, strict=True)
    )
    noise, together = found["noise_volt"][0], found["noise_samples"][0]
    measured = f"{told}; rough: {1e3 * noise:.2f} mV of noise over {together:.0f} samples"
    yield name, measured, "the same peaks within 20 mV and 10 %", near
