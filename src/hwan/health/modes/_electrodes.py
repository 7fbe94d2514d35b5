"""The two half-cells a cell is made of, as the fit takes them, and what speaks against them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from hwan.core import CHEMISTRIES, BadDefinition, Refusal
from hwan.health.halfcells import HalfCell, blended, check_pair
from hwan.health.modes._discrepancy import Errors
from hwan.health.modes._kernel import Floats, Table
from hwan.health.profiles import applicable

FLAT_VOLT: Final = 0.08
"""A positive whose potential falls less than this over the middle of its range has a plateau there."""
MIDDLE: Final = (0.2, 0.8)
BEYOND_VOLT: Final = 0.3
"""How far a cell's voltage may lie outside what its two tables span."""
SHARES: Final = 13


@dataclass(frozen=True, slots=True, eq=False)
class Electrodes:
    """The half-cells of a cell.

    Parameters
    ----------
    negative, positive
        Tables of the two electrodes (:func:`hwan.health.halfcells.half_cell`).
    silicon
        Table of a second active material of the negative: its share of the negative's capacity is then fitted.
    share_low, share_high
        Ends between which the share may lie.

    Raises
    ------
    BadDefinition
        When the tables are swapped or of one side, or the shares are not 0 <= low < high <= 1.
    """

    negative: HalfCell
    positive: HalfCell
    silicon: HalfCell | None = None
    share_low: float = 0.0
    share_high: float = 0.3

    def __post_init__(self) -> None:
        check_pair(self.negative, self.positive)
        if not 0 <= self.share_low < self.share_high <= 1:
            raise BadDefinition("modes_shares", source=self.negative.id, low=self.share_low, high=self.share_high)

    @property
    def errors(self) -> Errors:
        """Stated root mean square errors of the tables, V."""
        second = self.silicon.error_volt if self.silicon else 0.0
        return Errors(max(self.negative.error_volt, second), self.positive.error_volt)

    @property
    def plateau(self) -> bool:
        """Whether the positive's potential is flat over the middle of its range, as that of LFP."""
        cell = self.positive
        at = cell.domain_low + np.array(MIDDLE) * (cell.domain_high - cell.domain_low)
        first, last = np.interp(at, cell.stoichiometry, cell.potential_volt)
        return bool(first - last < FLAT_VOLT)

    def tables(self) -> tuple[Table, Table]:
        """Return both as even grids; the negative of composite electrodes with a line for each share."""
        negative = _table(self.negative) if self.silicon is None else self._blends(self.silicon)
        return negative, _table(self.positive)

    def _blends(self, silicon: HalfCell) -> Table:
        shares = np.linspace(self.share_low, self.share_high, SHARES)
        each = [blended(self.negative, silicon, float(share)) for share in shares]
        low, high = max(one.domain_low for one in each), min(one.domain_high for one in each)
        grid = np.linspace(low, high, max(len(one.stoichiometry) for one in each))
        lines = np.stack([np.interp(grid, one.stoichiometry, one.potential_volt) for one in each])
        return Table(lines, low, float(grid[1] - grid[0]), float(shares[0]), float(shares[1] - shares[0]))

    @property
    def window_volt(self) -> tuple[float, float, float]:
        """The lowest, the usual and the highest voltage that a cell of these tables can have, V."""
        positive, negative = self.positive.potential_volt, self.negative.potential_volt
        usual = float(np.median(positive) - np.median(negative))
        return float(positive.min() - negative.max()), usual, float(positive.max() - negative.min())


def check_voltage(voltage_volt: Floats, window_volt: tuple[float, float, float], where: str) -> None:
    """Raise when a voltage cannot be that of one cell of the electrodes.

    Raises
    ------
    BadDefinition
        Says how many cells in series it would be.
    """
    (lowest, usual, highest), low, high = window_volt, float(voltage_volt[0]), float(voltage_volt[-1])
    if lowest - BEYOND_VOLT <= low and high <= highest + BEYOND_VOLT:
        return
    raise BadDefinition(
        "modes_voltage_outside", source=where, low=low, high=high, lowest=lowest, highest=highest,
        cells=max(1, round(float(np.median(voltage_volt)) / usual)),
    )  # fmt: skip


def chemistry_refused(chemistry: str, electrodes: Electrodes) -> Refusal | None:
    """Return why modes are not defined for a chemistry; None where they are.

    Raises
    ------
    UnknownName
        When hwan knows no such chemistry.
    BadDefinition
        When the positive's table is of another chemistry.
    """
    refused = applicable(chemistry, "modes", own_half_cells=True)
    table = electrodes.positive.chemistry
    if refused is None and chemistry in CHEMISTRIES and not _agree(chemistry, table):
        raise BadDefinition("modes_other_chemistry", source=electrodes.positive.id, chemistry=chemistry, table=table)
    return refused


def _agree(named: str, table: str) -> bool:
    """Return whether a table can be a chemistry's: layered oxides of other nickel content are another chemistry."""
    if named == "na-ion":
        return table in ("nvpf", "na-ion") or table.startswith("na")
    known = ("lfp", "nmc111", "nmc532", "nmc622", "nmc811", "nca", "lmo", "lco")
    return named in ("lto", "unknown") or table not in known or table == named


def _table(cell: HalfCell) -> Table:
    """Return a half-cell as an even grid of one line."""
    step = (cell.domain_high - cell.domain_low) / (len(cell.stoichiometry) - 1)
    potential = np.ascontiguousarray(cell.potential_volt, np.float64)[None]
    return Table(potential, cell.domain_low, step, 0.0, 1.0)
