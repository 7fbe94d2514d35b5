"""A fitted curve: what it answers at any time, and how well it is known there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hwan.health._levenberg import Floats
from hwan.health.pulses._estimate import MOST_PAIRS, Estimates
from hwan.health.pulses._response import Background, instant_responses, pair_responses
from hwan.health.pulses._space import Grid


@dataclass(frozen=True, slots=True)
class Curve:
    """The fitted response of one pulse: series resistance, pairs and background, before anything is merged or bound.

    Parameters
    ----------
    instant_ohm
        Coefficients of the series resistance and the background columns, per ampere.
    pair_ohm, tau_second
        The pairs of the fit, none to two.
    """

    current_ampere: float
    width_second: float
    span_second: float
    rest_second: float
    background: Background
    instant_ohm: tuple[float, ...]
    pair_ohm: tuple[float, ...]
    tau_second: tuple[float, ...]

    def volt(self, time_second: Floats) -> Floats:
        """Return the fitted response in V at times in s since the current began, the background included."""
        columns = self.columns(np.asarray(time_second, dtype=np.float64))
        answer: Floats = self.current_ampere * (np.array([*self.instant_ohm, *self.pair_ohm]) @ columns)
        return answer

    def columns(self, time_second: Floats) -> Floats:
        """Return the responses of 1 ohm each, shape (instant columns and pairs, times)."""
        ln_tau = np.log(np.array(self.tau_second))
        pairs = pair_responses(time_second, self.width_second, ln_tau)[0]
        instant = instant_responses(time_second, self.width_second, self.span_second, self.rest_second, self.background)
        return np.concatenate((instant, pairs))


def curve_of(grid: Grid, found: Estimates, item: int, current_ampere: float) -> Curve:
    """Return the curve of one item of a batch."""
    there = np.isfinite(found.ln_tau[item])
    return Curve(
        current_ampere=current_ampere,
        width_second=grid.width_second,
        span_second=grid.span_second,
        rest_second=grid.rest_second,
        background=grid.background,
        instant_ohm=tuple(found.instant_ohm[item].tolist()),
        pair_ohm=tuple(found.pair_ohm[item, there].tolist()),
        tau_second=tuple(np.exp(found.ln_tau[item, there]).tolist()),
    )


def spread_at(curve: Curve, covariance: Floats, time_second: Floats) -> Floats:
    """Return the standard deviation of the curve in ohm at times in s, by its covariance (as in `Estimates`)."""
    instant, pairs = len(curve.instant_ohm), len(curve.pair_ohm)
    ln_tau = np.log(np.array(curve.tau_second))
    slope = pair_responses(time_second, curve.width_second, ln_tau)[1] * np.array(curve.pair_ohm)[:, None]
    gradient = np.concatenate((curve.columns(time_second), slope))
    place = [*range(instant + pairs), *range(instant + MOST_PAIRS, instant + MOST_PAIRS + pairs)]
    spread: Floats = np.sqrt(np.einsum("pt,pq,qt->t", gradient, covariance[np.ix_(place, place)], gradient))
    return spread
