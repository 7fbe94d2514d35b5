"""How far losses are off and how often their intervals hold: true tables, wrong tables, windows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from hwan.health.modes import degradation_modes_batch
from modes_data import LOSSES, SETS, Wrong, curves, losses
from modes_noise import allowed_p95

Claim = tuple[str, str, str, bool]


@dataclass(frozen=True)
class Found:
    """Errors of the losses (n, 3), NaN where refused, and whether the interval holds."""

    error: np.ndarray
    holds: np.ndarray

    @property
    def told(self) -> np.ndarray:
        """Which losses were told."""
        return np.isfinite(self.error)

    @property
    def far(self) -> int:
        """Losses told that are off by more than 5 points and outside their interval."""
        return int((self.told & (np.abs(self.error) > 5) & ~self.holds).sum())

    def coverage(self) -> tuple[float, float]:
        """Return the share of intervals that hold, and the share that was told."""
        return float(self.holds[self.told].mean()) if self.told.any() else float("nan"), float(self.told.mean())

    def by_loss(self) -> str:
        """Return coverage and share told of lithium, negative, positive."""
        parts = [Found(self.error[:, [k]], self.holds[:, [k]]).coverage() for k in range(3)]
        return ", ".join(f"{covers:.0%} of {told:.0%}" if told else "none told" for covers, told in parts)


def evaluated(name: str, wrong: Wrong, window: str = "", cases: slice = slice(None)) -> Found:
    """Return one set against its fresh full curve; the fresh cell itself only where it is seen through a window."""
    chosen = [k for k in range(40)[cases] if k or window]
    found = degradation_modes_batch(
        [curves(name, window)[k] for k in chosen], wrong.electrodes(name), fresh=[curves(name)[0]]
    )
    value, low, high = (
        np.stack([found[f"{loss}{suffix}"].to_numpy() for loss in LOSSES], axis=1) for suffix in ("", "_low", "_high")
    )
    truth = losses(name)[chosen]
    return Found(100 * (value - truth), (low <= truth) & (truth <= high))


def together(parts: Iterable[Found]) -> Found:
    """Return several sets as one."""
    many = list(parts)
    return Found(np.concatenate([each.error for each in many]), np.concatenate([each.holds for each in many]))


def exact_claims() -> list[Claim]:
    """Return what holds with the true tables on full curves."""
    claims, each = [], {name: evaluated(name, Wrong()) for name in SETS}
    worst = np.nanmax(np.abs(together(each.values()).error))
    refused = sum(int((~found.told).any(axis=1).sum()) for found in each.values())
    claims.append(
        (
            "full window, true tables: aged cells off by over 2 points or refused, of 156",
            f"{int(worst > 2)} off (worst {worst:.2f}), {refused} refused",
            "0",
            worst <= 2 and not refused,
        )
    )
    others = np.concatenate([found.error[:, : 2 if name == "Prada2013" else 3].ravel() for name, found in each.items()])
    p95 = float(np.quantile(np.abs(others), 0.95))
    claims.append(("the same, P95 of all losses but LFP's LAM_PE", f"{p95:.3f} points", "0.15", p95 <= 0.15))
    for name, found in each.items():
        p50, p95s = (np.quantile(np.abs(found.error), level, axis=0) for level in (0.5, 0.95))
        limit = np.array([0.15, 0.15, 0.5 if name == "Prada2013" else 0.15])
        told = "; ".join(f"{a:.3f} / {b:.3f}" for a, b in zip(p50, p95s, strict=True))
        claims.append((f"{name}, true tables, LLI; LAM_NE; LAM_PE, P50 / P95", told, "P95 0.15 (LFP LAM_PE 0.5)",
                       bool((p95s <= limit).all())))  # fmt: skip
    expected, low, high = allowed_p95("Chayambuka2022")
    claims.append(("Chayambuka2022, true tables: P95 of LAM_PE that 1 mV of noise allows at best (Cramér and Rao)",
                   f"{expected:.3f} points over 39 cells ({low:.3f} to {high:.3f} in 90 % of draws)", "no limit",
                   True))  # fmt: skip
    return claims


def interval_claims() -> list[Claim]:
    """Return how the intervals hold with wrong tables and through windows."""
    claims, everything = [], []
    for window in ("", "10-90", "20-80", "40-80"):
        for error in (0, 2, 5, 10):
            if not error and not window:
                continue
            wrong = Wrong("file", error) if error else Wrong()
            found = together(evaluated(name, wrong, window) for name in SETS)
            everything.append(found)
            where = f"window {window} %" if window else "full window"
            tables = f"tables off by {error} mV" if error else "true tables"
            claims.append((f"{where}, {tables}: intervals that hold, of those told (LLI, LAM_NE, LAM_PE)",
                           found.by_loss(), "none over 5 points outside", found.far == 0))  # fmt: skip
    whole = together(everything)
    for k, loss in enumerate(("LLI", "LAM_NE", "LAM_PE")):
        covers, told = Found(whole.error[:, [k]], whole.holds[:, [k]]).coverage()
        claims.append((f"all of these, {loss}: 90 % intervals that hold", f"{covers:.1%} of {told:.0%} told",
                       "85 to 95 %", 0.85 <= covers <= 0.95))  # fmt: skip
    claims.append(("all of these: told, off by over 5 points and outside the interval", str(whole.far), "0",
                   whole.far == 0))  # fmt: skip
    return claims


def further_claims() -> list[Claim]:
    """Return the same for errors of our own: other draws, and shapes that the method does not assume."""
    kinds = ("waves", "amplitude", "shift", "hysteresis", "rate", "feature")
    return [
        *(_further(kind, 5, range(4)) for kind in kinds),
        *(_further(kind, error, range(100, 104)) for kind, error in (("feature", 3), ("feature", 8), ("waves", 8))),
    ]


def _further(kind: str, error: float, seeds: range) -> Claim:
    found = together(
        evaluated(name, Wrong(kind, error, seed), window, slice(1 + seed % 5, None, 5))
        for name in SETS for window in ("", "20-80") for seed in seeds
    )  # fmt: skip
    covers, told = found.coverage()
    median = float(np.nanmedian(np.abs(found.error)))
    return (
        f"tables off by {error:g} mV, error as {kind} (draws from {seeds[0]}), full and 20-80 %: intervals that hold",
        f"{covers:.0%} of {told:.0%} told, P50 {median:.2f} points, {found.far} far outside",
        "85 to 98 %, or refused in 80 %; 0 over 5 points outside",
        (0.85 <= covers <= 0.98 or told <= 0.2) and found.far == 0,
    )
