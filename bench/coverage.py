"""Do the 90 % intervals hold? Capacity, energy and resistance of synthetic cells with known truth.

Run: python bench/coverage.py [seeds]   Passes when each share lies within 88.5 and 91.5 %.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from hwan.core import Measurement
from hwan.health import analyse, capacity_of, energy_of, resistances_of
from hwan.synthetic import SyntheticTest, cell_tests

LOWEST, HIGHEST = 0.885, 0.915
BATCH = 250


def cases(test: SyntheticTest) -> Iterator[tuple[str, Measurement | None, float]]:
    """Yield name, estimate and truth of each figure."""
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


def main(count: int) -> int:
    """Print the coverage of each figure; return 1 when one is outside."""
    inside, widths, errors = defaultdict(list), defaultdict(list), defaultdict(list)
    for chemistry, offset in (("nmc622", 0), ("lfp", 1_000_000)):
        for begin in range(0, count // 2, BATCH):
            seeds = range(offset + begin, offset + min(begin + BATCH, count // 2))
            for test in cell_tests(seeds, chemistry=chemistry):
                for name, result, true in cases(test):
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
    for kind in ("capacity", "energy", "resistance"):
        pooled = np.concatenate([hits for name, hits in inside.items() if name.startswith(kind)])
        print(f"RESULT | 90 % interval of {kind}, {count} synthetic cells | covers {pooled.mean():.1%} | 88.5–91.5 %")
    return int(outside > 0)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000))
