"""Simulated cells of our own, by the lab's half-cells and designs: other losses, noise, points and windows."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from hwan.health.modes import Curve, degradation_modes_batch
from modes_accuracy import Claim, Found, together
from modes_data import LOSSES, SETS, Wrong, table

MADE = (
    (2e-3, 500, (0.0, 1.0)), (3e-4, 1500, (0.0, 1.0)), (1e-3, 300, (0.05, 0.75)), (5e-4, 800, (0.3, 0.95)),
    (1e-3, 600, (0.1, 0.9)),
)  # fmt: skip
"""Noise in V, points, and window of charge."""
MOST_LOSS = 0.32
CELLS = 8


@cache
def designs() -> dict[str, Any]:
    """Return the lab's designs of the four sets."""
    path = Path(os.environ["HWAN_LAB_DATA"]) / "truth" / "config.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["dma_sets"]
    return found


@cache
def _full_lithium(name: str) -> float:
    """Return the lithium inventory of the fresh cell, Ah."""
    (x, un), (y, up), own = table(name, "negative"), table(name, "positive"), designs()[name]
    full = own["vmax"] + np.interp(own["x_full"], x, un)
    y_full = own.get("y_full", np.interp(-full, -np.minimum.accumulate(up), y))
    return float(own["Qn_Ah"] * own["x_full"] + own["Qp_Ah"] * y_full)


def curve(
    name: str, lost: np.ndarray, noise_volt: float, points: int, window: tuple[float, float],
    generator: np.random.Generator,
) -> Curve | None:  # fmt: skip
    """Return a charge of a cell that lost lithium, negative, positive; None where it does not reach its cut-offs."""
    (x, un), (y, up), own = table(name, "negative"), table(name, "positive"), designs()[name]
    qn, qp, qli = own["Qn_Ah"] * (1 - lost[1]), own["Qp_Ah"] * (1 - lost[2]), _full_lithium(name) * (1 - lost[0])
    at = np.linspace(x[0], x[-1], 100_001)
    beside = (qli - qn * at) / qp
    at, beside = at[(beside >= y[0]) & (beside <= y[-1])], beside[(beside >= y[0]) & (beside <= y[-1])]
    voltage = np.maximum.accumulate(np.interp(beside, y, up) - np.interp(at, x, un))
    if not len(voltage) or voltage[0] > own["vmin"] or voltage[-1] < own["vmax"]:
        return None
    low, high = np.interp([own["vmin"], own["vmax"]], voltage, at)
    charge = np.linspace(*(qn * (high - low) * np.array(window)), points)
    clean = np.interp((qli - qn * low - charge) / qp, y, up) - np.interp(low + charge / qn, x, un)
    return Curve(charge - charge[0], clean + noise_volt * generator.standard_normal(points))


def _cells(name: str, made: tuple[float, int, tuple[float, float]], seed: int) -> tuple[list[Curve], np.ndarray]:
    """Return a full curve of the fresh cell, then those of aged ones, and what these lost."""
    generator = np.random.default_rng([seed, SETS.index(name)])
    fresh = curve(name, np.zeros(3), *made[:2], (0.0, 1.0), generator)
    assert fresh is not None
    curves, lost = [fresh], []
    while len(lost) < CELLS:
        losses = generator.uniform(0, MOST_LOSS, 3)
        aged = curve(name, losses, *made, generator)
        if aged is not None:
            curves.append(aged)
            lost.append(losses)
    return curves, np.array(lost)


def _found() -> Iterator[Found]:
    for error in (0, 3, 8):
        for place, made in enumerate(MADE):
            for name in SETS:
                for draw in range(2):
                    curves, lost = _cells(name, made, 100 * place + draw)
                    wrong = Wrong("waves", error, 500 + draw) if error else Wrong()
                    told = degradation_modes_batch(curves[1:], wrong.electrodes(name), fresh=curves[:1])
                    value, low, high = (
                        np.stack([told[f"{loss}{suffix}"].to_numpy() for loss in LOSSES], axis=1)
                        for suffix in ("", "_low", "_high")
                    )
                    yield Found(100 * (value - lost), (low <= lost) & (lost <= high))


def made_claims() -> list[Claim]:
    """Return how the intervals hold on these."""
    found = together(_found())
    covers, _ = found.coverage()
    title = "made cells (losses to 32 %, 0.3 to 2 mV, 300 to 1,500 points, windows), tables off by 0, 3, 8 mV"
    return [
        (f"{title}: intervals that hold (LLI, LAM_NE, LAM_PE)", found.by_loss(), "85 to 95 %", 0.85 <= covers <= 0.95),
        ("the same: told, off by over 5 points and outside", str(found.far), "0", found.far == 0),
    ]
