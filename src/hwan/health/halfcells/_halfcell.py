"""One electrode's potential over its stoichiometry, and what every such table must hold to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from hwan.core import UNKNOWN, BadDefinition, Unknown
from hwan.core.findings import Scalar

Floats = NDArray[np.float64]
Electrode = Literal["negative", "positive"]
Direction = Literal["lithiation", "delithiation", "mean"]
Problem = tuple[str, Mapping[str, Scalar]]

LOWEST_VOLT: Final = -0.05
"""Below the potential of plated lithium nothing is an open-circuit potential; the rest is the voltmeter's error."""
HIGHEST_VOLT: Final = 6.0
"""Above it no electrolyte holds: a fitted formula that was left outside its data."""
NEGATIVE_MEDIAN_VOLT: Final = 2.0
"""A table whose median lies above is no negative electrode (lithium titanate, the highest in use, has 1.55 V)."""
POSITIVE_MEDIAN_VOLT: Final = 1.8
"""A table whose median lies below is no positive electrode (sulfur, the lowest in use, has 2.1 V)."""
LARGEST_ERROR_VOLT: Final = 0.2
HIGHEST_CLIMB_VOLT: Final = 0.03
"""Scatter of a real measurement on a plateau; a table given the wrong way round climbs by its whole span."""
GRID_TOLERANCE: Final = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class HalfCell:
    """The open-circuit potential of one electrode over its stoichiometry.

    Parameters
    ----------
    id
        Name and version: ``lfp-afshar2017/1``.
    electrode
        ``negative`` or ``positive``.
    chemistry
        The active material: ``graphite``, ``nmc811``.
    direction
        Measured while lithium (or sodium) entered, while it left, or the mean of both; ``mean`` also stands where
        the source does not say.
    stoichiometry
        Share of the sites that hold lithium, shape (n,), evenly spaced from `domain_low` to `domain_high`.
    potential_volt
        Against lithium metal (sodium metal for sodium-ion), shape (n,), V. Falls with stoichiometry, but for a
        scatter of up to 30 mV on plateaus, which is kept as it was published.
    domain_low, domain_high
        Ends of the table. Outside of them nothing is known, and nothing is extrapolated.
    measured_low, measured_high
        Between which the authors measured, where that is known; beyond it the table is their formula's.
    error_volt
        Root mean square error of the table against another batch of the same material, V.
    temperature_celsius, rate_per_hour
        Under which it was measured, where that is published.
    source, doi, licence, version
        Who measured it, where it is published, under which licence the table may be passed on.
    title, domain_reason, error_reason, caution
        Sentences by language (``en``, ``ko``): what it is, why its domain ends there, why its error is so large,
        and what to beware of.
    sha256
        Of the file that it came from; empty when it came from none.

    Raises
    ------
    BadDefinition
        When the arrays or the domain cannot be those of a half-cell: names what, got and expected.
    """

    id: str
    electrode: Electrode
    chemistry: str
    direction: Direction
    stoichiometry: Floats = field(repr=False)
    potential_volt: Floats = field(repr=False)
    domain_low: float
    domain_high: float
    error_volt: float
    temperature_celsius: float | Unknown = UNKNOWN
    rate_per_hour: float | Unknown = UNKNOWN
    measured_low: float | Unknown = UNKNOWN
    measured_high: float | Unknown = UNKNOWN
    source: str = ""
    doi: str | Unknown = UNKNOWN
    licence: str = ""
    version: str = "1"
    title: Mapping[str, str] = field(default_factory=dict, repr=False)
    domain_reason: Mapping[str, str] = field(default_factory=dict, repr=False)
    error_reason: Mapping[str, str] = field(default_factory=dict, repr=False)
    caution: Mapping[str, str] = field(default_factory=dict, repr=False)
    sha256: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        for name in ("stoichiometry", "potential_volt"):
            array = np.array(getattr(self, name), dtype=np.float64)
            array.setflags(write=False)
            object.__setattr__(self, name, array)
        for code, values in _problems(self):
            raise BadDefinition(code, source=self.id, **values)

    @property
    def step(self) -> float:
        """Distance of two neighbouring stoichiometries."""
        return (self.domain_high - self.domain_low) / (len(self.stoichiometry) - 1)

    def potential_at(self, stoichiometry: Floats | float) -> Floats:
        """Return the potential in V, linear between two rows of the table; NaN outside the domain."""
        found = np.interp(stoichiometry, self.stoichiometry, self.potential_volt, left=np.nan, right=np.nan)
        return np.asarray(found)

    def stoichiometry_at(self, potential_volt: Floats | float) -> Floats:
        """Return the stoichiometry at a potential in V; NaN where the table does not reach it."""
        falling = np.minimum.accumulate(self.potential_volt)[::-1], self.stoichiometry[::-1]
        return np.asarray(np.interp(potential_volt, *falling, left=np.nan, right=np.nan))


def check_pair(negative: HalfCell, positive: HalfCell) -> None:
    """Raise unless these two can face each other in one cell.

    Raises
    ------
    BadDefinition
        When they are swapped, both of one side, or the negative's potential lies above the positive's.
    """
    if (negative.electrode, positive.electrode) != ("negative", "positive"):
        raise BadDefinition(
            "half_cells_sides",
            source=f"{negative.id}, {positive.id}",
            negative=negative.electrode,
            positive=positive.electrode,
        )
    low, high = (float(np.median(each.potential_volt)) for each in (negative, positive))
    if low >= high:
        raise BadDefinition("half_cells_swapped", source=f"{negative.id}, {positive.id}", negative=low, positive=high)


def _problems(cell: HalfCell) -> Iterator[Problem]:
    yield from _shape_problems(cell)
    yield from _domain_problems(cell)
    yield from _potential_problems(cell)
    yield from _side_problems(cell)
    if not 0 < cell.error_volt <= LARGEST_ERROR_VOLT:
        yield "half_cell_error", {"got": cell.error_volt, "most": LARGEST_ERROR_VOLT}


def _shape_problems(cell: HalfCell) -> Iterator[Problem]:
    stoichiometry, potential = cell.stoichiometry, cell.potential_volt
    if stoichiometry.ndim != 1 or stoichiometry.shape != potential.shape or len(stoichiometry) < 2:
        yield "half_cell_shape", {"stoichiometry": str(stoichiometry.shape), "potential": str(potential.shape)}
    for name, values in (("stoichiometry", stoichiometry), ("potential_volt", potential)):
        if not np.isfinite(values).all():
            yield "half_cell_not_finite", {"field": name, "count": int((~np.isfinite(values)).sum())}


def _domain_problems(cell: HalfCell) -> Iterator[Problem]:
    low, high = cell.domain_low, cell.domain_high
    if not 0 <= low < high <= 1:
        yield "half_cell_domain", {"low": low, "high": high}
    even = np.linspace(low, high, len(cell.stoichiometry))
    if np.abs(cell.stoichiometry - even).max() > GRID_TOLERANCE:
        yield "half_cell_grid", {"low": low, "high": high, "rows": len(even)}


def _potential_problems(cell: HalfCell) -> Iterator[Problem]:
    potential = cell.potential_volt
    climb = potential - np.minimum.accumulate(potential)
    if climb.max() > HIGHEST_CLIMB_VOLT:
        place = float(cell.stoichiometry[int(climb.argmax())])
        yield "half_cell_rises", {"place": place, "climb": float(climb.max()), "most": HIGHEST_CLIMB_VOLT}
    low, high = float(potential.min()), float(potential.max())
    if low < LOWEST_VOLT or high > HIGHEST_VOLT:
        yield "half_cell_range", {"low": low, "high": high, "lowest": LOWEST_VOLT, "highest": HIGHEST_VOLT}


def _side_problems(cell: HalfCell) -> Iterator[Problem]:
    median = float(np.median(cell.potential_volt))
    if cell.electrode == "negative" and median > NEGATIVE_MEDIAN_VOLT:
        yield "half_cell_negative_high", {"median": median, "most": NEGATIVE_MEDIAN_VOLT}
    if cell.electrode == "positive" and median < POSITIVE_MEDIAN_VOLT:
        yield "half_cell_positive_low", {"median": median, "least": POSITIVE_MEDIAN_VOLT}
