"""Cells of two made electrodes, whose balance is known because they are computed from it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest

from hwan.health.halfcells import HalfCell
from hwan.health.modes import Curve, Electrodes

FRESH = (3.0, 3.2, 3.0)
"""Negative, positive and lithium, Ah."""


def negative_volt(x: np.ndarray) -> np.ndarray:
    """A graphite's plateaus and steps."""
    steps = 0.06 / (1 + np.exp((x - 0.5) / 0.02)) + 0.08 / (1 + np.exp((x - 0.2) / 0.03))
    return 0.08 + steps + 0.9 * np.exp(-x / 0.02) + 0.25 * np.exp(-x / 0.12)


def layered_volt(y: np.ndarray) -> np.ndarray:
    """A layered oxide's slope."""
    return 4.35 - 0.85 * y + 0.1 / (1 + np.exp((y - 0.55) / 0.06)) - 0.5 * np.exp((y - 1) / 0.03)


def flat_volt(y: np.ndarray) -> np.ndarray:
    """A phosphate's plateau."""
    return 3.43 - 0.015 * y + 0.6 * np.exp(-y / 0.01) - 0.7 * np.exp((y - 1) / 0.015)


def half_cell_of(
    potential: Callable[[np.ndarray], np.ndarray], electrode: Any, chemistry: str, error_volt: float = 1e-6
) -> HalfCell:
    """Return a table of a formula."""
    grid = np.linspace(0.002, 0.998, 2001)
    return HalfCell(
        id=f"{chemistry}-made/1", electrode=electrode, chemistry=chemistry, direction="mean", stoichiometry=grid,
        potential_volt=potential(grid), domain_low=0.002, domain_high=0.998, error_volt=error_volt,
    )  # fmt: skip


@dataclass(frozen=True)
class Cells:
    """Cells of one kind."""

    positive: Callable[[np.ndarray], np.ndarray]
    chemistry: str
    lower: float
    upper: float

    def electrodes(self, error_volt: float = 1e-6) -> Electrodes:
        """Return the tables with a stated error."""
        return Electrodes(
            half_cell_of(negative_volt, "negative", "graphite", error_volt),
            half_cell_of(self.positive, "positive", self.chemistry, error_volt),
        )

    def curve(
        self, losses: Iterable[float] = (0, 0, 0), *, points: int = 400, noise: float = 5e-4, seed: int = 1,
        window: tuple[float, float] = (0, 1), **more: Any,
    ) -> Curve:  # fmt: skip
        """Return a charge of a cell that lost lithium, negative and positive."""
        lli, ne, pe = losses
        qn, qp, qli = FRESH[0] * (1 - ne), FRESH[1] * (1 - pe), FRESH[2] * (1 - lli)
        x = np.linspace(0.003, 0.997, 200_001)
        y = (qli - qn * x) / qp
        x, y = x[(y > 0.003) & (y < 0.997)], y[(y > 0.003) & (y < 0.997)]
        voltage = self.positive(y) - negative_volt(x)
        inside = (voltage >= self.lower) & (voltage <= self.upper)
        x, voltage = x[inside], voltage[inside]
        charge = qn * (x - x[0])
        wanted = np.linspace(*(charge[-1] * np.array(window)), points)
        measured = np.interp(wanted, charge, voltage) + noise * np.random.default_rng(seed).standard_normal(points)
        return Curve(wanted - wanted[0], measured, **{"rate_per_hour": 0.04, **more})


@pytest.fixture(scope="session")
def layered() -> Cells:
    return Cells(layered_volt, "nmc622", 3.0, 4.2)


@pytest.fixture(scope="session")
def phosphate() -> Cells:
    return Cells(flat_volt, "lfp", 2.5, 3.6)


@dataclass(frozen=True)
class Truth:
    """The lab's simulated cells of one set."""

    folder: Path
    name: str

    def electrodes(self, column: str = "U_V", error_volt: float = 1e-6) -> Electrodes:
        """Return the tables; those with an error may climb a little, which a published table may not."""
        return Electrodes(self._half("negative", column, error_volt), self._half("positive", column, error_volt))

    def _half(self, side: str, column: str, error_volt: float) -> Any:
        table = pl.read_parquet(self.folder / "ocp_tables.parquet").filter(
            pl.col("set") == self.name, pl.col("electrode") == side
        )
        grid = table["sto"].to_numpy()
        return SimpleNamespace(
            id=f"{self.name} {side}", electrode=side, chemistry="lfp" if self.name == "Prada2013" else "made",
            stoichiometry=grid, potential_volt=table[column].to_numpy(), domain_low=grid[0], domain_high=grid[-1],
            error_volt=error_volt,
        )  # fmt: skip

    def curves(self, window: str = "") -> list[Curve]:
        """Return the curves of all cases, the fresh one first."""
        file = "dma_windows" if window else "dma_curves"
        rows = pl.read_parquet(self.folder / f"{file}.parquet").filter(pl.col("set") == self.name)
        rows = rows.filter(pl.col("window") == window) if window else rows
        return [
            Curve(part["q_Ah"].to_numpy(), part["V_V"].to_numpy(), name=str(case))
            for (case,), part in sorted(rows.group_by("case"), key=lambda each: each[0])
        ]

    def losses(self) -> np.ndarray:
        """Return what each case lost: lithium, negative, positive."""
        truth = pl.read_parquet(self.folder / "dma_truth.parquet").filter(pl.col("set") == self.name)
        return truth.select("LLI", "LAM_NE", "LAM_PE").to_numpy()


@pytest.fixture(scope="session")
def truth(lab_data: Path) -> Callable[[str], Truth]:
    return lambda name: Truth(lab_data / "truth", name)
