"""A partial discharge instead of a whole one: synthetic cells, since no licensed pack logs are at hand.

Run: python bench/rapid_partial.py [cells]   By default 120 cells calibrate and 120 others, never seen, are asked.
The first part of a C/3 discharge (4.10 to 3.60 V, the voltages of the model) predicts the capacity of the whole.
What it shows is that the chain works and its intervals hold on cells of one make; not how real cells behave.
"""

from __future__ import annotations

import sys
from datetime import date

import numpy as np
import polars as pl

from hwan.health.rapid import (
    About,
    CalibrationTable,
    Origin,
    PartialProtocol,
    Population,
    Reference,
    calibrate,
    calibration_table,
    coverage_band,
    partial_responses,
    predict,
)
from hwan.synthetic import cell_test

CELLS = 120
PROTOCOL = PartialProtocol("discharge", 1 / 3, (4.10, 4.05, 4.00, 3.95, 3.90, 3.85, 3.80, 3.75, 3.70, 3.65, 3.60))
ABOUT = About(
    "synthetic-nmc50/1", Population("nmc622", 50.0, "synthetic cells"), Reference(1 / 3, 25.0, 4.2, 2.8), 15.0, 35.0,
    Origin("hwan.synthetic", "Apache-2.0", date(2026, 11, 22), CELLS, CELLS),
)  # fmt: skip
Claim = tuple[str, str, str, bool]


def table(first_seed: int, cells: int) -> CalibrationTable:
    """Return the partial responses of synthetic cells beside their true state of health."""
    rows = []
    for seed in range(first_seed, first_seed + cells):
        test = cell_test(seed)
        found = partial_responses(test.recording, test.battery.type, PROTOCOL)
        if found:
            values = dict(zip(PROTOCOL.names, found[0].values.tolist(), strict=True))
            rows.append({"cell": str(seed), "soh": test.truth.state_of_health, **values})
    return calibration_table(pl.DataFrame(rows), PROTOCOL, "synthetic cells")


def claims(cells: int = CELLS) -> list[Claim]:
    """Calibrate on some cells, ask others, and return what was found."""
    known, new = table(40_000, cells), table(50_000, cells)
    model = calibrate(known, ABOUT).model
    found = predict(model, new.values)
    error = np.abs(found.value - new.state_of_health)
    mean = float(np.abs(new.state_of_health - known.state_of_health.mean()).mean())
    share, low, high = coverage_band(error <= found.half_width(model), new.cells)
    half = 100 * float(found.half_width(model).mean())
    return [
        (f"partial discharge, {len(error)} synthetic cells never seen, mean error over the mean predictor's",
         f"{error.mean() / mean:.2f} ({100 * error.mean():.2f} points, p95 {100 * np.quantile(error, 0.95):.2f})",
         "at most 0.5", bool(error.mean() <= 0.5 * mean)),
        (f"the same, 90 % interval (half width {half:.2f} points)", f"covers {share:.1%} ({low:.1%} to {high:.1%})",
         "90 % inside", low <= 0.9 <= high),
    ]  # fmt: skip


def main(argv: list[str]) -> int:
    """Print each claim; 1 when one does not hold."""
    found = claims(int(argv[0]) if argv else CELLS)
    for claim, measured, limit, _ in found:
        print(f"RESULT | {claim} | {measured} | {limit}")
    return int(not all(each[-1] for each in found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
