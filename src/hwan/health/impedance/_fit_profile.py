"""Intervals by the profile: how far a parameter can go until, all others fitted again, the cost says no.

The interval of a parameter ends where the profile cost is C (1 + t²/ν), with C the least cost and ν its degrees of
freedom (Bates and Watts 1988, doi:10.1002/9780470316757, chapter 6). Unlike the covariance it is right where
parameters are nearly exchangeable, or one is at its bound.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from hwan.health.impedance._elements import Floats
from hwan.health.impedance._fit_descent import Rows, Spectra, least_squares
from hwan.health.impedance._fit_search import Found

ROUNDS: Final = 10
NEAR: Final = 0.03
"""The end is found when the cost is this close to its target, as a fraction of t."""
STEPS: Final = 30
FARTHEST_FACTOR: Final = 3.0
FIRST_REACH: Final = 0.5
"""First distance tried where the covariance knows none."""
BETTER: Final = 1e-6
RETRIES: Final = 2


@dataclass(frozen=True, slots=True)
class Interval:
    """Ends of the intervals in coordinates, and the fits they belong to, which may be better than those given."""

    low: Floats
    high: Floats
    found: Found


def profiled(
    found: Found, spectra: Spectra, limits: tuple[Floats, Floats], deviation: Floats, reach: Floats, freedom: Floats
) -> Interval:
    """Return the profile intervals of fits.

    Parameters
    ----------
    deviation
        Standard deviations by the covariance: where the search begins.
    reach
        The t by which the cost may grow, widened where residuals are alike; per spectrum.
    """
    for _ in range(RETRIES):
        search = _Search.begun(found, limits, deviation, reach, freedom)
        for _ in range(ROUNDS):
            if not search.step(found, spectra, limits):
                break
        if not search.is_better(found):
            break
        found = _refitted(found, spectra, limits, search)
    low, high = search.ends(found, limits)
    return Interval(low, high, found)


@dataclass(slots=True)
class _Search:
    """One row per spectrum, parameter and side. `near` is a distance where the cost is below its target, `far` above.

    Of both the root of the excess cost is kept, which grows evenly with the distance in a linear problem.
    """

    of: Rows
    parameter: Rows
    side: Floats
    target: Floats
    excess_unit: Floats
    most: Floats
    next: Floats
    at: Floats
    near: Floats
    near_root: Floats
    far: Floats
    far_root: Floats
    best: Floats
    best_at: Floats
    ended: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]

    @classmethod
    def begun(
        cls, found: Found, limits: tuple[Floats, Floats], deviation: Floats, reach: Floats, freedom: Floats
    ) -> _Search:
        """Return the search before its first step."""
        spectra, size = found.at.shape
        of, parameter, number = (each.ravel() for each in np.indices((spectra, size, 2)))
        side = 2.0 * number - 1
        value = found.at[of, parameter]
        most = np.where(side < 0, value - limits[0][of, parameter], limits[1][of, parameter] - value)
        first = reach[of] * deviation[of, parameter]
        first = np.minimum(np.where(first > 0, first, FIRST_REACH), most)
        nothing, never = np.zeros(len(of)), np.full(len(of), np.inf)
        return cls(
            of, parameter, side, reach[of], found.cost[of] / freedom[of], most, first, found.at[of],
            nothing, nothing.copy(), never, never.copy(), found.cost[of], found.at[of].copy(), most <= 0,
        )  # fmt: skip

    def step(self, found: Found, spectra: Spectra, limits: tuple[Floats, Floats]) -> bool:
        """Try the next distance of all rows that go on; False when none does."""
        rows = np.flatnonzero(~self.ended)
        if not len(rows):
            return False
        self._measured(rows, *self._fitted(rows, found, spectra, limits), found.cost[self.of[rows]])
        self._chosen(rows)
        return True

    def _fitted(
        self, rows: Rows, found: Found, spectra: Spectra, limits: tuple[Floats, Floats]
    ) -> tuple[Floats, Floats]:
        """Return cost and coordinates with one parameter held at its next distance and all others fitted."""
        of, parameter = self.of[rows], self.parameter[rows]
        start, place = self.at[rows].copy(), np.arange(len(rows))
        held = found.at[of, parameter] + self.side[rows] * self.next[rows]
        lower, upper = limits[0][of].copy(), limits[1][of].copy()
        start[place, parameter] = lower[place, parameter] = upper[place, parameter] = held
        fitted = least_squares(found.circuit, spectra, start, (lower, upper), of, STEPS)
        return fitted.cost, fitted.parameters

    def _measured(self, rows: Rows, cost: Floats, at: Floats, least: Floats) -> None:
        root = np.sqrt(np.maximum(cost - least, 0.0) / np.maximum(self.excess_unit[rows], 1e-300))
        below = root <= self.target[rows]
        under, over = rows[below], rows[~below]
        self.near[under], self.near_root[under], self.at[under] = self.next[under], root[below], at[below]
        self.far[over], self.far_root[over] = self.next[over], root[~below]
        better = cost < self.best[rows]
        self.best[rows[better]], self.best_at[rows[better]] = cost[better], at[better]
        close = np.abs(root - self.target[rows]) <= NEAR * self.target[rows]
        self.ended[rows] = close | (below & (self.next[rows] >= self.most[rows]))

    def _chosen(self, rows: Rows) -> None:
        """Set the next distance: by the line through the two known ones, or further out while there is only one."""
        near, root, target = self.near[rows], self.near_root[rows], self.target[rows]
        is_open = ~np.isfinite(self.far[rows])
        factor = np.clip(target / np.maximum(root, 1e-3), 1.1, FARTHEST_FACTOR)
        outward = np.minimum(np.maximum(near, 1e-6) * factor, self.most[rows])
        with np.errstate(invalid="ignore"):
            share = (target - root) / (self.far_root[rows] - root)
            inward = near + np.clip(share, 0.05, 0.95) * (self.far[rows] - near)
        self.next[rows] = np.where(is_open, outward, inward)

    def is_better(self, found: Found) -> bool:
        """Return whether a held parameter led to a lower cost than the fit's."""
        return bool(np.any(self.best < (1 - BETTER) * found.cost[self.of]))

    def ends(self, found: Found, limits: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
        """Return low and high ends, shapes (spectra, p); a bound where the cost never said no."""
        with np.errstate(invalid="ignore"):
            share = (self.target - self.near_root) / (self.far_root - self.near_root)
            between = self.near + share * (self.far - self.near)
        reached = (self.next >= self.most) & ~np.isfinite(self.far)
        distance = np.where(np.isfinite(self.far), between, np.where(reached, self.most, self.near))
        signed = (self.side * np.maximum(distance, 0.0)).reshape(*found.at.shape, 2)
        low, high = found.at + signed[:, :, 0], found.at + signed[:, :, 1]
        return np.maximum(low, limits[0]), np.minimum(high, limits[1])


def _refitted(found: Found, spectra: Spectra, limits: tuple[Floats, Floats], search: _Search) -> Found:
    """Return the fits, those replaced that a search bettered."""
    rows = np.arange(len(found.at))
    best = np.argmin(search.best.reshape(len(rows), -1), axis=1)
    start = search.best_at.reshape(len(rows), -1, found.at.shape[1])[rows, best]
    again = least_squares(found.circuit, spectra, start, limits, rows)
    better = again.cost < found.cost
    return replace(
        found,
        at=np.where(better[:, None], again.parameters, found.at),
        cost=np.where(better, again.cost, found.cost),
        hessian=np.where(better[:, None, None], again.hessian, found.hessian),
    )
