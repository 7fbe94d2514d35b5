"""Do the 90 % intervals hold? Capacity, energy, resistance and efficiencies of synthetic cells with known truth.

Run: python bench/intervals.py [seeds]   Passes when each share lies within 88.5 and 91.5 %.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from hwan.core import Measurement
from hwan.health import analyse, capacity_of, efficiencies, energy_of, resistances_of
from hwan.synthetic import Programme, Step, SyntheticTest, cell_tests

LOWEST, HIGHEST = 0.885, 0.915
BATCH = 250
Case = tuple[str, Measurement | None, float]


@dataclass(frozen=True, slots=True)
class FullCycle(Programme):
    """The programme after a discharge to the cut-off, so that it holds a cycle from empty to empty."""

    def steps(self) -> tuple[Step, ...]:
        """Return the steps, in order."""
        first = Step("discharge_first", "CC discharge", "voltage", rate_per_hour=-self.rate_per_hour)
        rest = Step("rest_first", "Rest", "time", self.rest_empty_second)
        start, *others = Programme.steps(self)
        return (start, first, rest, *others)


def cases(test: SyntheticTest) -> Iterator[Case]:
    """Yield name, estimate and truth of each figure of a test."""
    analysis, kind, truth = analyse(test.recording), test.battery.type, test.truth
    for name, result, true in (
        ("capacity", capacity_of(analysis, kind), truth.capacity_ah),
        ("energy", energy_of(analysis, kind), truth.energy_wh),
    ):
        yield name, result if isinstance(result, Measurement) else None, true
    for result in resistances_of(analysis, kind):
        if isinstance(result, Measurement):
            time = float(result.conditions.pulse_time_second)  # type: ignore[arg-type]
            known = (
                truth.discharge_resistances_ohm
                if result.conditions.direction == "discharge"
                else truth.charge_resistances_ohm
            )
            if time in known:
                yield f"resistance {result.conditions.direction} {time:g} s", result, known[time]


def cycle_cases(test: SyntheticTest, perfect: SyntheticTest) -> Iterator[Case]:
    """Yield the efficiencies of a test's full cycle; truth is what a tester without errors counted on the same cell."""
    recording = replace(test.recording, samples=test.recording.samples.drop("cycle_count"))
    for result, true in zip(efficiencies(recording), _counted_efficiencies(perfect), strict=True):
        yield result.quantity, result if isinstance(result, Measurement) else None, true


def _counted_efficiencies(perfect: SyntheticTest) -> tuple[float, float]:
    names = [step.name for step in FullCycle().steps()]
    last = perfect.samples.group_by("step_count", maintain_order=True).last()

    def ratio(amount: str) -> float:
        taken, given = (
            last.filter(pl.col("step_count").is_in([names.index(step) + 1 for step in steps]))[column].sum()
            for steps, column in (
                (("discharge",), f"step_discharging_{amount}"),
                (("charge", "hold"), f"step_charging_{amount}"),
            )
        )
        return float(taken / given)

    return ratio("capacity_ah"), ratio("energy_wh")


def all_cases(count: int) -> Iterator[Case]:
    """Yield the figures of `count` cells, half of each chemistry."""
    for chemistry, offset in (("nmc622", 0), ("lfp", 1_000_000)):
        for begin in range(0, count // 2, BATCH):
            seeds = range(offset + begin, offset + min(begin + BATCH, count // 2))
            for test in cell_tests(seeds, chemistry=chemistry):
                yield from cases(test)
            tests, ideal = (
                cell_tests(seeds, chemistry=chemistry, programme=FullCycle(), perfect=perfect)
                for perfect in (False, True)
            )
            for test, perfect in zip(tests, ideal, strict=True):
                yield from cycle_cases(test, perfect)


def main(count: int) -> int:
    """Print the coverage of each figure; return 1 when one is outside."""
    inside, widths, errors = defaultdict(list), defaultdict(list), defaultdict(list)
    for name, result, true in all_cases(count):
        low, high = result.interval if result else (np.inf, -np.inf)
        inside[name].append(low <= true <= high)
        widths[name].append((high - low) / 2 / true if result else np.nan)
        errors[name].append(result.value / true - 1 if result else np.nan)
    print(f"{'figure':32} {'n':>6} {'covered':>9} {'half-width':>11} {'mean error':>11}")
    outside = 0
    for name, hits in inside.items():
        share = float(np.mean(hits))
        outside += not LOWEST <= share <= HIGHEST
        mark = "" if LOWEST <= share <= HIGHEST else "  outside"
        half, error = np.nanmean(widths[name]), np.nanmean(errors[name])
        print(f"{name:32} {len(hits):6d} {share:9.1%} {half:11.3%} {error:11.4%}{mark}")
    for kind in ("capacity", "energy", "resistance", "coulombic_efficiency", "energy_efficiency"):
        same = (name for name in inside if name == kind or name.startswith(f"{kind} "))
        pooled = np.concatenate([inside[name] for name in same])
        print(f"RESULT | 90 % interval of {kind}, {count} synthetic cells | covers {pooled.mean():.1%} | 88.5–91.5 %")
    return int(outside > 0)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000))
