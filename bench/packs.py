"""Are the right cells named, the faults found and the packs' intervals honest? Synthetic packs of 96 cells.

Each pack is fed by one tester; its cells are in the logs of two battery management systems with clocks
of their own. Every second pack has one planted fault. Run: python bench/packs.py [packs]
"""

from __future__ import annotations

import sys
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np

from hwan import evaluate
from hwan.core import Assessment, Recording, Test
from hwan.readers import read
from hwan.synthetic import Bms, Faults, SyntheticTest, pack_test

CELLS_PER_MODULE: Final = 12
QUESTIONS: Final = ("first_to_empty", "first_to_full", "highest_resistance")
PLANTED: Final = (
    (Faults(sentinel_cell=50, sentinel_rows=40), "sentinel_values"),
    (Faults(stuck_cell=7), "cell_column_stuck"),
    (Faults(absent_cell=61), "cell_unseen"),
    (Faults(weak_cell=33, weak_capacity=0.88), "cell_capacity_stands_out"),
    (Faults(resistive_cell=80, resistance_growth=1.4), "cell_resistance_stands_out"),
    (Faults(low_cell=18, low_soc=0.08), "cell_charge_stands_out"),
    (Faults(dead_temperature=True), "temperature_column_dead"),
    (Faults(truncated_log=True), "cell_log_incomplete"),
    (Faults(missing_rest=True), ""),
    (Faults(current_sign_swapped=True), "current_sign_against_voltage"),
)
"""A fault, and the finding that names it; a missing rest is a refusal of capacity."""


def pack(seed: int) -> tuple[SyntheticTest, str | None]:
    """Return a pack, and the finding that must name its fault; None for a pack without one."""
    chemistry = "lfp" if seed % 4 >= 2 else "nmc622"
    if seed % 2 == 0:
        return pack_test(seed, chemistry=chemistry, bms=Bms()), None
    faults, code = PLANTED[seed // 2 % len(PLANTED)]
    return pack_test(seed, chemistry=chemistry, bms=Bms(), faults=faults), code


def from_files(test: SyntheticTest, folder: Path) -> Test:
    """Return the test as it comes from files: through the door, with what it finds."""
    return replace(
        test.test,
        recordings=tuple(_read_back(each, folder) for each in test.test.recordings),
        cell_logs=tuple(_read_back(each, folder) for each in test.logs),
    )


def _read_back(recording: Recording, folder: Path) -> Recording:
    path = folder / f"{recording.provenance.source_name}.bdf.parquet"
    recording.samples.collect().write_parquet(path)
    return replace(read(path), instrument=recording.instrument)


def assessed(test: SyntheticTest, faulty: bool, folder: Path) -> Assessment:
    """Evaluate a pack without any hand reading; one with a fault from files, where faults are met."""
    kind = replace(test.battery.type, cells_per_module=CELLS_PER_MODULE)
    given = from_files(test, folder) if faulty else test.test
    return evaluate([given], replace(test.battery, type=kind), ruleset="house/1", prices="everbatt-2023-kr/1")


def truth_of(quantity: str, modules: tuple[int, ...], test: SyntheticTest) -> float | None:
    """Return the true figure of a quantity; None where the truth does not say."""
    cells = np.array(test.truth.cell_capacities_ah)
    gone = [(each - 1) * CELLS_PER_MODULE + cell for each in modules for cell in range(CELLS_PER_MODULE)]
    known = {
        "capacity": test.truth.capacity_ah,
        "energy": test.truth.energy_wh,
        "capacity_after_balancing": float(cells.min()),
        "capacity_after_replacement": float(np.delete(cells, gone).min()),
    }
    return known.get(quantity)


def main(count: int) -> int:
    """Print every share; return 1 when one falls short."""
    named, covered, widths = defaultdict(list), defaultdict(list), defaultdict(list)
    found, graded = defaultdict(list), 0
    for seed in range(count):
        test, planted = pack(seed)
        with TemporaryDirectory() as folder:
            result = assessed(test, planted is not None, Path(folder))
        graded += result.grade.status == "graded"
        if planted is not None:
            codes = {finding.code for finding in result.findings} | {refusal.code for refusal in result.refusals}
            found[planted or "no_rest_recorded"].append((planted or "no_rest_recorded") in codes)
        hurt = planted in ("current_sign_against_voltage", "cell_column_stuck", "cell_unseen")
        for verdict in () if planted == "current_sign_against_voltage" else result.cell_verdicts:
            right = verdict.cell == getattr(test.truth, verdict.question)
            named[verdict.question].append((verdict.decided, right, verdict.probability))
        for each in () if hurt else result.measurements:
            true = truth_of(each.quantity, each.conditions.replaced_modules, test)
            if true is not None:
                low, high = each.interval
                covered[each.quantity].append(low <= true <= high)
                widths[each.quantity].append((high - low) / 2 / true)
    return report(count, graded, named, covered, widths, found)


def report(count, graded, named, covered, widths, found) -> int:  # type: ignore[no-untyped-def]
    """Print the shares; return 1 when one falls short."""
    short = graded > 0
    for question in QUESTIONS:
        rows = named[question]
        sure = [right for decided, right, _ in rows if decided]
        expected = float(np.mean([chance for _, _, chance in rows]))
        right = float(np.mean([each for _, each, _ in rows]))
        print(f"{question}: {len(rows)} packs, right {right:.1%} (said {expected:.1%}); decided {len(sure)}")
        print(f"RESULT | {question} cell right where decided, {len(sure)} packs | {np.mean(sure):.1%} | ≥ 99 %")
        short |= bool(np.mean(sure) < 0.99)
    for quantity, hits in covered.items():
        share, bound = float(np.mean(hits)), "88–92 %" if quantity in ("capacity", "energy") else "≥ 85 %"
        print(f"RESULT | 90 % interval of a pack's {quantity}, {len(hits)} figures | covers {share:.1%} | {bound}")
        print(f"  half-width {np.mean(widths[quantity]):.2%}")
        short |= not (0.88 <= share <= 0.92 if quantity in ("capacity", "energy") else share >= 0.85)
    for code, hits in found.items():
        print(f"planted {code}: {sum(hits)} of {len(hits)} found")
        short |= not all(hits)
    faults = [hit for hits in found.values() for hit in hits]
    print(f"RESULT | planted faults that became a finding | {sum(faults)} of {len(faults)} | all")
    print(f"RESULT | packs graded without a safety reading | {graded} of {count} | 0")
    return int(short)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 500))
