"""What a pack would hold balanced, or with its weakest modules replaced: from what one test observed.

Balanced, every cell starts full and the pack ends with its smallest cell: what flowed, plus the least
that any cell had to go at both ends together. Replaced modules are taken as no weaker than the cells
that stay, so that these set the capacity.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hwan.core import BatteryType, ErrorComponent, Measurement, Quantile, Refusal, Validation, is_known
from hwan.health._cells import Cells, Floats
from hwan.health._lags import DOUBT_SIGMA, Lags
from hwan.health._uncertainty import Figure

MOST_REPLACED: Final = 3
GRID: Final = 4001
VERSION: Final = "1"
NOT_OBSERVED: Final = Refusal(
    "capacity_after_balancing", "balance_not_observed", ("rests at both ends",), "rests_at_both_ends"
)
VALIDATION: Final = Validation("synthetic", 500, "coverage of the 90 % interval on synthetic packs: bench/packs.py")


@dataclass(frozen=True, slots=True)
class ToGo:
    """Charge in Ah that each cell had to go at both ends of a test, arrays of shape (cells,).

    `below_ah` and `above_ah` are standard deviations to either side of `central_ah`; `least_ah` is the
    bound of a cell whose charge has no upper bound, marked by an infinite `central_ah`.
    """

    central_ah: Floats
    below_ah: Floats
    above_ah: Floats
    least_ah: Floats

    @classmethod
    def of(cls, full: Lags, empty: Lags) -> ToGo:
        """Add what was missing to full and what was left when empty."""
        bounded = np.isfinite(full.high_ah) & np.isfinite(empty.high_ah)
        central = np.where(bounded, full.central_ah + empty.central_ah, np.inf)
        with np.errstate(invalid="ignore"):
            below = np.hypot(full.central_ah - full.low_ah, empty.central_ah - empty.low_ah) / DOUBT_SIGMA
            above = np.hypot(full.high_ah - full.central_ah, empty.high_ah - empty.central_ah) / DOUBT_SIGMA
        least = full.low_ah + empty.low_ah
        return cls(central, np.where(bounded, below, 0.0), np.where(bounded, above, 0.0), least)

    def smallest(self, kept: NDArray[np.int64]) -> tuple[float, float] | None:
        """Return median and standard deviation in Ah of the least charge to go among the `kept` cells.

        A cell without an upper bound may be anything from its least upward: the lower quantile takes
        it at its least, the others leave it out. None where no cell has an upper bound.
        """
        bounded = kept[np.isfinite(self.central_ah[kept])]
        if not len(bounded):
            return None
        low, middle, high = self._quantile(kept, 0.05), self._quantile(bounded, 0.5), self._quantile(bounded, 0.95)
        half = (high - low) / 2 if len(bounded) == len(kept) else max(high - middle, middle - low)
        return middle, half / 1.645

    def _quantile(self, kept: NDArray[np.int64], probability: float) -> float:
        """Return a quantile of the smallest of independent split-normal draws, none below zero."""
        from scipy.special import ndtr

        central = np.where(np.isfinite(self.central_ah), self.central_ah, self.least_ah)[kept, None]
        below, above = (np.maximum(part[kept, None], 1e-9) for part in (self.below_ah, self.above_ah))
        grid = np.linspace(0.0, float((central + 6 * above).min()), GRID)
        greater = np.prod(ndtr((central - grid) / np.where(grid < central, below, above)), axis=0)
        return float(grid[int(np.argmax(1 - greater >= probability))])


def after_interventions(
    kind: BatteryType, cells: Cells, to_go: ToGo, capacity: Measurement, energy: Measurement | None, volts: Floats
) -> Iterator[Measurement | Refusal]:
    """Yield capacity and energy after balancing, and after replacing one to `MOST_REPLACED` modules.

    `volts` are the battery's voltages at the beginning and the end of the discharge, shape (2,). A cell that
    nobody saw may be the smallest: then nothing is said.
    """
    gain = None if cells.unseen else to_go.smallest(np.arange(len(cells.numbers)))
    if gain is None:
        yield NOT_OBSERVED
        return
    yield from _figures("balanced", (), gain, capacity, energy, volts)
    modules = _modules(kind, cells)
    if modules is None:
        yield Refusal("capacity_after_replacement", "modules_unknown", ("cells per module",), "state_the_modules")
        return
    order = np.argsort([to_go.central_ah[members].min() for members in modules], kind="stable")
    for count in range(1, min(MOST_REPLACED, len(modules) - 1) + 1):
        gain = to_go.smallest(np.concatenate([modules[each] for each in order[count:]]))
        if gain is None:
            yield replace(NOT_OBSERVED, quantity="capacity_after_replacement")
            return
        numbers = tuple(sorted(int(each) + 1 for each in order[:count]))
        yield from _figures("replaced_and_balanced", numbers, gain, capacity, energy, volts)


def _modules(kind: BatteryType, cells: Cells) -> list[NDArray[np.int64]] | None:
    """Return the positions of the cells of each module; None where the type does not say or the cells do not fit."""
    size = kind.cells_per_module
    if not is_known(size) or size < 1 or cells.count % size or cells.count == size:
        return None
    return np.split(np.arange(cells.count), cells.count // size)


def _figures(
    intervention: str,
    modules: tuple[int, ...],
    gain: tuple[float, float],
    capacity: Measurement,
    energy: Measurement | None,
    volts: Floats,
) -> Iterator[Measurement]:
    name = "balancing" if intervention == "balanced" else "replacement"
    middle, sigma = gain
    own = (ErrorComponent("cells_to_go", sigma, "normal", "the record itself"),)
    yield _with(capacity, f"capacity_after_{name}", middle, own, intervention, modules)
    if energy is not None:
        mean, spread = float(volts.mean()), float(np.ptp(volts)) / 2
        at = (
            ErrorComponent("cells_to_go", sigma * mean, "normal", "the record itself"),
            ErrorComponent("voltage_of_gain", middle * spread, "uniform", "the record itself"),
        )
        yield _with(energy, f"energy_after_{name}", middle * mean, at, intervention, modules)


def _with(
    base: Measurement,
    quantity: str,
    gain: float,
    parts: tuple[ErrorComponent, ...],
    intervention: str,
    modules: tuple[int, ...],
) -> Measurement:
    """Return the measured figure with a gain added, as a quantity of its own."""
    figure = Figure(base.value + gain, (*base.components, *parts))
    quantiles: tuple[Quantile, ...] = figure.quantiles()
    conditions = replace(base.conditions, intervention=intervention, replaced_modules=modules)  # type: ignore[arg-type]
    return replace(
        base,
        quantity=quantity,
        value=figure.value,
        quantiles=quantiles,
        components=figure.components,
        conditions=conditions,
        method="cells_to_go.limiting_curve",
        method_version=VERSION,
        validation=VALIDATION,
    )
