"""What every line of the rapid bench says: errors, intervals and decisions, counted by rows and by cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hwan.health.rapid import Deferral, by_limit, coverage_band, interval_score, series_shifted
from rapid_data import LIMIT, Flags, Floats, Task

PROBABILITY: Final = 0.9
LARGE: Final = 0.03


DRAWS: Final = 1000
SEED: Final = 0


@dataclass(frozen=True, slots=True)
class Measures:
    """Figures of one model on the tested rows of a task, as fractions."""

    rows: int
    cells: int
    mean_error: float
    root_mean_square: float
    p95: float
    large: float
    coverage: float
    coverage_low: float
    coverage_high: float
    half: float
    score: float
    decisions: Deferral

    @property
    def holds(self) -> bool:
        """Whether 90 % lies inside the band of the coverage."""
        return self.coverage_low <= PROBABILITY <= self.coverage_high


def measures(task: Task, value: Floats, half: Floats) -> Measures:
    """Return the figures of answers given for each row of a task, shape (rows,)."""
    rows = task.tested
    truth, cells = task.table.state_of_health[rows], task.table.cells[rows]
    return measured(truth, value[rows], half[rows], cells)


def measured(
    truth: Floats, value: Floats, half: Floats, cells: NDArray[np.str_], known: Flags | bool = True
) -> Measures:
    """Return the figures of rows, shape (rows,); `known` is False where a row is deferred for another reason."""
    errors, low, high = np.abs(value - truth), value - half, value + half
    return Measures(
        len(truth),
        len(np.unique(cells)),
        float(errors.mean()),
        float(np.sqrt((errors**2).mean())),
        float(np.quantile(errors, 0.95)),
        float((errors > LARGE).mean()),
        *coverage_band(errors <= half, cells),
        float(half.mean()),
        float(interval_score(truth, low, high, PROBABILITY).mean()),
        by_limit(truth, low, high, cells, LIMIT, known=known),
    )


def series_share(chances: Floats, cells: NDArray[np.str_], count: int, draws: int = DRAWS) -> float:
    """Return the share of drawn series that are called shifted: `count` cells each, one row of a cell."""
    draw = np.random.default_rng(SEED)
    rows = [np.flatnonzero(cells == name) for name in np.unique(cells)]
    hits = 0
    for _ in range(draws):
        chosen = draw.choice(len(rows), count, replace=False)
        hits += series_shifted([chances[draw.choice(rows[each])] for each in chosen])
    return hits / draws
