"""What the fit is given: curves side by side, tables, bounds of every curve; and design figures that bound them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from hwan.core import UNKNOWN, Unknown, is_known
from hwan.health.modes._curve import Prepared
from hwan.health.modes._discrepancy import Errors
from hwan.health.modes._electrodes import Electrodes
from hwan.health.modes._fit import LEAST_WIDTH, Bounds
from hwan.health.modes._kernel import Floats, Points, Table, some_of

DESIGN: Final = (0.6, 1.4)
"""An electrode's capacity lies within ± 40 % of its design."""
AGED: Final = (0.5, 1.15)
"""An aged electrode against its fresh self: it does not grow, but for the spread of its type."""
RATED: Final = (0.7, 2.2)
"""What an electrode's table spans against the cell's rated capacity."""
BEYOND: Final = 0.01
"""How far an end may lie beyond its table, in stoichiometry: as much as the table's own zero is uncertain."""


@dataclass(frozen=True, slots=True)
class Design:
    """What is known of a cell beforehand, Ah: the capacities of its electrodes by design, its rated capacity."""

    negative_capacity_ah: float | Unknown = UNKNOWN
    positive_capacity_ah: float | Unknown = UNKNOWN
    rated_capacity_ah: float | Unknown = UNKNOWN


class Problem(NamedTuple):
    """Curves side by side with all that their fits share.

    `charge_ah` is what each moved, `noise_volt` the noise of each, both of shape (curves).
    """

    points: Points
    charge_ah: Floats
    noise_volt: Floats
    negative: Table
    positive: Table
    errors: Errors


def problem(curves: Sequence[Prepared], electrodes: Electrodes) -> Problem:
    """Lay curves side by side."""
    longest = max(len(each.charge_ah) for each in curves)
    z, voltage = np.zeros((2, len(curves), longest))
    for row, each in enumerate(curves):
        z[row, : len(each.charge_ah)] = each.charge_ah / each.charge_ah[-1]
        voltage[row, : len(each.voltage_volt)] = each.voltage_volt
    count = np.array([len(each.charge_ah) for each in curves], dtype=np.int64)
    charge = np.array([each.charge_ah[-1] for each in curves])
    noise = np.array([each.noise_volt for each in curves])
    return Problem(Points(z, voltage, count), charge, noise, *electrodes.tables(), electrodes.errors)


def part_of(given: Problem, some: slice) -> Problem:
    """Return some of the curves."""
    return given._replace(
        points=some_of(given.points, some), charge_ah=given.charge_ah[some], noise_volt=given.noise_volt[some]
    )


def bounds_of(given: Problem, design: Design, reference_ah: Sequence[float] = ()) -> Bounds:
    """Return the bounds of each curve; `reference_ah` are the fresh capacities of negative and positive."""
    lower, upper = np.empty((2, len(given.charge_ah), 5))
    known = (design.negative_capacity_ah, design.positive_capacity_ah)
    for place, (table, own) in enumerate(zip((given.negative, given.positive), known, strict=True)):
        low, high = ends(table)
        least, most = _capacities(high - low, own, design, reference_ah[place] if reference_ah else None)
        at, width = 2 * place, 2 * place + 1
        lower[:, at], upper[:, at] = low - BEYOND, high + BEYOND
        widest = high - low + 2 * BEYOND
        upper[:, width] = np.clip(given.charge_ah / least, LEAST_WIDTH, widest) if least else widest
        lower[:, width] = np.clip(given.charge_ah / most, LEAST_WIDTH, widest) if most else LEAST_WIDTH
    lower[:, 4] = given.negative.share_low
    lines = len(given.negative.potential_volt)
    upper[:, 4] = given.negative.share_low + given.negative.share_step * (lines - 1)
    return Bounds(lower, upper)


def ends(table: Table) -> tuple[float, float]:
    """Return the stoichiometries between which a table is known."""
    return table.low, table.low + table.step * (table.potential_volt.shape[1] - 1)


def at_bounds(parameters: Floats, bounds: Bounds) -> npt.NDArray[np.bool_]:
    """Return which fits rest on a bound: what they say is the bound's, not the curve's."""
    near = 1e-6
    resting = np.asarray((parameters <= bounds.lower + near) | (parameters >= bounds.upper - near))
    found: npt.NDArray[np.bool_] = np.any(resting[:, :4], axis=1)
    return found


def _capacities(width: float, own: float | Unknown, design: Design, reference_ah: float | None) -> tuple[float, float]:
    """Return the least and the most capacity of an electrode, Ah; 0 where nothing is known."""
    if reference_ah is not None:
        return AGED[0] * reference_ah, AGED[1] * reference_ah
    if is_known(own):
        return DESIGN[0] * own, DESIGN[1] * own
    if is_known(design.rated_capacity_ah):
        usable = design.rated_capacity_ah / width
        return RATED[0] * usable, RATED[1] * usable
    return 0.0, 0.0
