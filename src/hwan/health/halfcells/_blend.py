"""Two materials in one electrode share one potential: their tables blended at equal potential."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from hwan.core import BadDefinition
from hwan.health.halfcells._halfcell import Direction, Floats, HalfCell

ROWS: Final = 4001
REACHES: Final = 0.02
"""A table that ends so near to empty or full may stand still there while the other material goes on."""


def blended(host: HalfCell, silicon: HalfCell, share: float) -> HalfCell:
    """Return the half-cell of a composite electrode: ``x(U) = (1 − s)·x_host(U) + s·x_silicon(U)``.

    Both materials are taken to be in equilibrium with each other, as they are at low rate. Where only one of
    the tables reaches a potential, the other stands still if it is within 0.02 of empty or full there; else
    the blend ends at that potential.

    Parameters
    ----------
    host, silicon
        Half-cells of one side (``graphite`` and ``silicon``, or ``nmc`` and ``lmo``), both of one direction; a
        mean goes with either.
    share
        Share `s` of the electrode's capacity that the second material has, 0 to 1: capacity, not mass.

    Returns
    -------
    HalfCell
        On 4,001 rows. Its error is that of the two, each weighed by how much of the lithium it takes at a potential.

    Raises
    ------
    BadDefinition
        When the share is outside 0 to 1, the sides or directions differ, or no potential is common to both.

    References
    ----------
    Equal potential of parallel materials: Ai et al., J. Power Sources 527 (2022) 231142,
    doi:10.1016/j.jpowsour.2022.231142.

    Examples
    --------
    >>> from hwan.health.halfcells import half_cell
    >>> both = blended(half_cell("graphite-ai2020/1"), half_cell("silicon-delithiation-verbrugge2016/1"), 0.1)
    >>> both.chemistry, both.direction
    ('graphite-silicon', 'delithiation')
    """
    direction = _direction(host, silicon, share)
    stoichiometry, potential = _nodes(host, silicon, share)
    low, high = float(stoichiometry[0]), float(stoichiometry[-1])
    grid = np.linspace(low, high, ROWS)
    blend = np.interp(grid, stoichiometry, potential)
    return HalfCell(
        id=f"{host.id}+{share:g}*{silicon.id}",
        electrode=host.electrode,
        chemistry=f"{host.chemistry}-{silicon.chemistry}",
        direction=direction,
        stoichiometry=grid,
        potential_volt=blend,
        domain_low=low,
        domain_high=high,
        error_volt=_error(host, silicon, share, grid, blend),
        source=f"{host.source}; {silicon.source}",
        doi=host.doi if host.doi == silicon.doi else f"{host.doi}; {silicon.doi}",
        licence=host.licence if host.licence == silicon.licence else f"{host.licence}; {silicon.licence}",
        version=f"{host.version}+{silicon.version}",
        caution=_both(host.caution, silicon.caution),
    )


def _direction(host: HalfCell, silicon: HalfCell, share: float) -> Direction:
    source = f"{host.id}, {silicon.id}"
    if not 0 <= share <= 1:
        raise BadDefinition("half_cells_share", source=source, got=share)
    if host.electrode != silicon.electrode:
        raise BadDefinition("half_cells_blend_sides", source=source, host=host.electrode, second=silicon.electrode)
    directions = {host.direction, silicon.direction} - {"mean"}
    if len(directions) > 1:
        raise BadDefinition("half_cells_directions", source=source, host=host.direction, second=silicon.direction)
    return silicon.direction if host.direction == "mean" else host.direction


def _nodes(host: HalfCell, silicon: HalfCell, share: float) -> tuple[Floats, Floats]:
    """Return stoichiometry and potential of every row of either table that lies inside the blend."""
    lowest, highest = _range(host, silicon)
    parts = []
    for own, other, weight in ((host, silicon, 1 - share), (silicon, host, share)):
        potential, stoichiometry = _falling(own)
        inside = (potential >= lowest) & (potential <= highest)
        at_other = np.interp(potential[inside], *_falling(other))
        parts.append((weight * stoichiometry[inside] + (1 - weight) * at_other, potential[inside]))
    joined = np.hstack([np.vstack(part) for part in parts])
    joined = joined[:, np.lexsort((-joined[1], joined[0]))]
    return joined[0], np.minimum.accumulate(joined[1])


def _falling(cell: HalfCell) -> tuple[Floats, Floats]:
    """Return potential, rising, and stoichiometry; the few millivolts that a table may climb are levelled."""
    return np.minimum.accumulate(cell.potential_volt)[::-1], cell.stoichiometry[::-1]


def _range(host: HalfCell, silicon: HalfCell) -> tuple[float, float]:
    """Return the potentials between which both tables tell, or stand still at empty or full."""
    tops = [(float(each.potential_volt[0]), each.domain_low <= REACHES) for each in (host, silicon)]
    bottoms = [(float(each.potential_volt[-1]), each.domain_high >= 1 - REACHES) for each in (host, silicon)]
    highest = min([max(level for level, _ in tops), *(level for level, still in tops if not still)])
    lowest = max([min(level for level, _ in bottoms), *(level for level, still in bottoms if not still)])
    if lowest >= highest:
        raise BadDefinition("half_cells_apart", source=f"{host.id}, {silicon.id}", low=lowest, high=highest)
    return lowest, highest


def _error(host: HalfCell, silicon: HalfCell, share: float, grid: Floats, potential: Floats) -> float:
    """Return the error of the blend, V: at each row the two errors by the part that each material takes there."""
    taken = share * np.gradient(np.interp(potential, *_falling(silicon)), grid)
    taken = np.clip(taken, 0, 1)
    return float(np.sqrt(np.mean(((1 - taken) * host.error_volt) ** 2 + (taken * silicon.error_volt) ** 2)))


def _both(first: Mapping[str, str], second: Mapping[str, str]) -> dict[str, str]:
    told = {language: (first.get(language), second.get(language)) for language in (*first, *second)}
    return {language: " ".join(filter(None, said)) for language, said in told.items()}
