"""The simulated cells of the lab, their half-cells, and errors of our own to put on these."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import polars as pl

from hwan.health.modes import Curve, Electrodes

SETS = ("Chen2020", "Prada2013", "Mohtat2020", "Chayambuka2022")
WINDOWS = ("", "10-90", "20-80", "40-80")
LOSSES = (
    "loss_of_lithium_inventory", "loss_of_active_material_negative", "loss_of_active_material_positive",
)  # fmt: skip
EXACT_VOLT = 1e-6


@cache
def frame(name: str) -> pl.DataFrame:
    """Return one table of the lab's truth."""
    return pl.read_parquet(Path(os.environ["HWAN_LAB_DATA"]) / "truth" / f"{name}.parquet")


@cache
def curves(name: str, window: str = "") -> tuple[Curve, ...]:
    """Return the curves of a set, the fresh one first."""
    rows = frame("dma_windows" if window else "dma_curves").filter(pl.col("set") == name)
    rows = rows.filter(pl.col("window") == window) if window else rows
    parts = sorted(rows.group_by("case"), key=lambda each: each[0])
    return tuple(Curve(part["q_Ah"].to_numpy(), part["V_V"].to_numpy()) for _, part in parts)


def losses(name: str) -> np.ndarray:
    """Return what each case lost: lithium, negative, positive."""
    return frame("dma_truth").filter(pl.col("set") == name).select("LLI", "LAM_NE", "LAM_PE").to_numpy()


def table(name: str, side: str, column: str = "U_V") -> tuple[np.ndarray, np.ndarray]:
    """Return stoichiometry and potential of a half-cell."""
    rows = frame("ocp_tables").filter(pl.col("set") == name, pl.col("electrode") == side)
    return rows["sto"].to_numpy(), rows[column].to_numpy()


@dataclass(frozen=True)
class Wrong:
    """An error of the tables: of the lab's draw (`kind` file), or of a shape and a seed of ours; its RMS in mV."""

    kind: str = "none"
    error_mv: float = 0.0
    seed: int = 0

    def electrodes(self, name: str) -> Electrodes:
        """Return the half-cells of a set with this error; the stated error is its root mean square."""
        return Electrodes(self._half(name, "negative"), self._half(name, "positive"))

    def _half(self, name: str, side: str) -> SimpleNamespace:
        """Return a table that may climb a little where its error does, which a published one may not."""
        column = f"U_err{self.error_mv:g}mV_V" if self.kind == "file" else "U_V"
        at, potential = table(name, side, column)
        if self.kind not in ("none", "file"):
            generator = np.random.default_rng([self.seed, SETS.index(name), side == "negative"])
            potential = potential + shape(self.kind, potential, generator) * self.error_mv * 1e-3
        chemistry = "lfp" if name == "Prada2013" else "made"
        return SimpleNamespace(
            id=f"{name} {side}", electrode=side, chemistry=chemistry, stoichiometry=at, potential_volt=potential,
            domain_low=at[0], domain_high=at[-1], error_volt=max(1e-3 * self.error_mv, EXACT_VOLT),
        )  # fmt: skip


def shape(kind: str, potential: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Return an error of root mean square 1 over a table."""
    t, sign = np.linspace(0, 1, len(potential)), generator.choice([-1.0, 1.0])
    if kind == "waves":
        parts = (generator.standard_normal() / np.sqrt(k) * np.sin(np.pi * k * t + generator.uniform(0, 6.28))
                 for k in range(1, 9))  # fmt: skip
        error = sum(parts, np.zeros(len(t)))
    elif kind == "amplitude":
        error = sign * (potential - potential.mean())
    elif kind == "shift":
        error = sign * (np.interp(t + 0.002, t, potential) - potential)
    elif kind == "hysteresis":
        error = sign * np.sqrt(t * (1 - t))
    elif kind == "rate":
        error = sign * (0.3 + 1 / (t + 0.05) + 0.6 / (1.05 - t))
    else:  # a feature where the table has none
        error = sign * np.exp(-0.5 * ((t - generator.uniform(0.1, 0.9)) / 0.05) ** 2)
    return error / np.sqrt(np.mean(error**2))
