"""From fits to figures: how many pairs the data hold, how well each figure is known, and what is a bound only.

Two pairs, one or none: the number with the lowest n ln(cost/n) + p ln n (Schwarz 1978, doi:10.1214/aos/1176344136),
p counting what is fitted. The noise is that of the residuals; where neighbouring residuals go together, which
white noise does not, the variance is raised by 1 + 2 Σ ρ.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from hwan.health._levenberg import Floats, Rows
from hwan.health.pulses._bounds import reaches_beyond, slowest_low
from hwan.health.pulses._search import Data, Found, searched
from hwan.health.pulses._space import Space

MOST_PAIRS: Final = 2
FIGURES: Final = ("r0", "r1", "tau1", "r2", "tau2")
ONE_SIDED: Final = 0.95
FLOOR: Final = 1e-7
"""Residuals smaller than this part of the response are arithmetic."""
NEAR_SPAN: Final = 0.25
"""An interval of τ that ends above this part of what was observed is tried by the profile."""
AT_EDGE: Final = 1e-6
CORRELATED: Final = 3.0
"""Autocorrelations of white residuals stay below this many 1/√n."""
LAGS_PART: Final = 8
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Estimates:
    """What a batch on one grid tells, one entry per item.

    Parameters
    ----------
    pairs
        Number of pairs that the data hold, after what merged with R0.
    merged
        Whether a pair as fast as the sampling was added to R0.
    bound
        Whether the slowest pair is slower than what was observed: its low ends only are known.
    value, low, high
        R0 in ohm, R1 in ohm, τ1 in s, R2 in ohm, τ2 in s, shape (items, 5); NaN where there is none.
    noise_ohm
        Standard deviation of the residuals in ohm (voltage over the pulse's current).
    inflation
        Factor on all variances for residuals that go together.
    instant_ohm, ln_tau, pair_ohm, covariance
        The fit before merging: coefficients of the instant columns, its pairs, and the covariance of
        (instant, pairs, ln τ), padded with NaN to two pairs.
    """

    pairs: npt.NDArray[np.int64]
    merged: Flags
    bound: Flags
    value: Floats
    low: Floats
    high: Floats
    noise_ohm: Floats
    inflation: Floats
    instant_ohm: Floats
    ln_tau: Floats
    pair_ohm: Floats
    covariance: Floats


def estimated(space: Space, resistance_ohm: Floats, most_pairs: int = MOST_PAIRS) -> Estimates:
    """Return the estimates of responses over current in ohm, shape (items, samples)."""
    data = Data(*space.project(resistance_ohm))
    fits = [searched(space, data, pairs) for pairs in range(most_pairs + 1)]
    chosen = _chosen(space, data, fits, np.mean(resistance_ohm**2, axis=1))
    out = _empty(len(data), data.instant.shape[1])
    for pairs, found in enumerate(fits):
        rows = np.flatnonzero(chosen == pairs)
        if len(rows):
            _fill(out, rows, space, resistance_ohm, data, found, pairs)
    return out


def _chosen(space: Space, data: Data, fits: list[Found], mean_square: Floats) -> Rows:
    samples, instant = len(space.grid.time_second), data.instant.shape[1]
    floor = samples * FLOOR**2 * mean_square + 1e-300
    counts = [instant + 2 * pairs for pairs in range(len(fits))]
    scores = [samples * np.log(np.maximum(found.cost, floor)) + count * np.log(samples)
              for found, count in zip(fits, counts, strict=True)]  # fmt: skip
    scores = [score if samples > count else np.full_like(score, np.inf)
              for score, count in zip(scores, counts, strict=True)]  # fmt: skip
    best: Rows = np.argmin(np.stack(scores, axis=1), axis=1)
    return best


def _empty(items: int, instant: int) -> Estimates:
    def nothing(*shape: int) -> Floats:
        return np.full((items, *shape), np.nan)

    size = instant + 2 * MOST_PAIRS
    return Estimates(
        np.zeros(items, dtype=np.int64), np.zeros(items, dtype=np.bool_), np.zeros(items, dtype=np.bool_),
        nothing(5), nothing(5), nothing(5), nothing(), nothing(),
        nothing(instant), nothing(MOST_PAIRS), nothing(MOST_PAIRS), nothing(size, size),
    )  # fmt: skip


def _fill(
    out: Estimates, rows: Rows, space: Space, resistance_ohm: Floats, data: Data, found: Found, pairs: int
) -> None:
    """Write what one number of pairs tells of the items that hold so many."""
    ln_tau, ohm = found.ln_tau[rows], found.pair_ohm[rows]
    value, slope = space.at(ln_tau)
    split = space.pairs
    fitted = np.einsum("ik,ikr->ir", ohm, value)
    instant = np.linalg.solve(space.instant_matrix, (data.instant[rows] - fitted[:, split:]).T).T
    residual = resistance_ohm[rows] - fitted[:, :split] @ space.pair_axes.T - data.instant[rows] @ space.instant_axes.T
    variance, inflation = _noise(residual, instant.shape[1] + 2 * pairs)
    covariance = _covariance(space, value, slope, ohm) * (variance * inflation)[:, None, None]
    place = _places(instant.shape[1], pairs)
    out.noise_ohm[rows], out.inflation[rows] = np.sqrt(variance), inflation
    out.instant_ohm[rows], out.ln_tau[rows, :pairs], out.pair_ohm[rows, :pairs] = instant, ln_tau, ohm
    out.covariance[np.ix_(rows, place, place)] = covariance
    _tell(out, rows, space, data, pairs)


def _places(instant: int, pairs: int) -> Rows:
    """Return where (instant, pairs, ln τ) of so many pairs stand in the padded covariance."""
    places = [*range(instant + pairs), *range(instant + MOST_PAIRS, instant + MOST_PAIRS + pairs)]
    return np.array(places, dtype=np.intp)


def _covariance(space: Space, value: Floats, slope: Floats, ohm: Floats) -> Floats:
    """Return the covariance of (instant, pairs, ln τ) for unit noise, shape (items, p, p)."""
    split, instant = space.pairs, space.instant_matrix
    columns = np.zeros((len(ohm), instant.shape[1], value.shape[2]))
    columns[:, :, split:] = instant.T
    jacobian = np.concatenate((columns, value, ohm[:, :, None] * slope), axis=1)
    size = np.sqrt(np.einsum("ipr,ipr->ip", jacobian, jacobian)) + 1e-300
    jacobian /= size[:, :, None]
    # The triangular factor keeps what the normal matrix would lose where two pairs are alike.
    triangle = np.asarray(np.linalg.qr(jacobian.transpose(0, 2, 1)).R)
    diagonal = np.arange(triangle.shape[1])
    triangle[:, diagonal, diagonal] += np.where(np.abs(triangle[:, diagonal, diagonal]) < 1e-12, 1e-12, 0.0)
    inverse = np.linalg.inv(triangle) / size[:, :, None]
    covariance: Floats = inverse @ inverse.transpose(0, 2, 1)
    return covariance


def _noise(residual: Floats, fitted: int) -> tuple[Floats, Floats]:
    """Return the variance of residuals, and how much their going together raises the variance of what is fitted."""
    samples = residual.shape[1]
    square = np.einsum("ij,ij->i", residual, residual)
    free = max(samples - fitted, 1)
    alike, going = np.zeros(len(residual)), np.ones(len(residual), dtype=np.bool_)
    for lag in range(1, max(samples // LAGS_PART, 1) + 1):
        rho = np.einsum("ij,ij->i", residual[:, lag:], residual[:, :-lag]) / (square + 1e-300)
        going &= rho > CORRELATED / np.sqrt(samples)
        if not going.any():
            break
        alike[going] += rho[going]
    return square / free, 1 + 2 * alike


def _tell(out: Estimates, rows: Rows, space: Space, data: Data, pairs: int) -> None:
    """Write values and 90 % intervals: R0 symmetric, the others in their logarithm."""
    from scipy.special import stdtrit

    instant = data.instant.shape[1]
    free = max(len(space.grid.time_second) - instant - 2 * pairs, 1)
    reach = float(stdtrit(free, ONE_SIDED))
    covariance = out.covariance[rows]
    ln_tau, ohm = out.ln_tau[rows, :pairs], out.pair_ohm[rows, :pairs]
    merged = (ln_tau[:, 0] <= space.ln_tau[0] + AT_EDGE) if pairs else np.zeros(len(rows), dtype=np.bool_)
    out.merged[rows], out.pairs[rows] = merged, pairs - merged
    gradient = np.zeros((len(rows), covariance.shape[1]))
    gradient[:, 0] = 1.0
    r0 = out.instant_ohm[rows, 0].copy()
    if pairs:
        gradient[:, instant], r0 = merged, r0 + np.where(merged, ohm[:, 0], 0.0)
    known = np.nan_to_num(covariance)
    half = reach * np.sqrt(np.einsum("ip,ipq,iq->i", gradient, known, gradient))
    _put(out, rows, 0, r0, r0 - half, r0 + half)
    for pair in range(pairs):
        kept = ~merged if pair == 0 else np.ones(len(rows), dtype=np.bool_)
        column = 1 + 2 * (pair - merged[kept].astype(np.intp))
        there = rows[kept]
        spread_ohm = np.sqrt(covariance[kept, instant + pair, instant + pair]) / ohm[kept, pair]
        spread_tau = np.sqrt(covariance[kept, instant + MOST_PAIRS + pair, instant + MOST_PAIRS + pair])
        tau = np.exp(ln_tau[kept, pair])
        for at, figure, spread in ((column, ohm[kept, pair], spread_ohm), (column + 1, tau, spread_tau)):
            factor = np.exp(np.minimum(reach * spread, 50.0))
            _put(out, there, at, figure, figure / factor, figure * factor)
    if pairs:
        _bound_slowest(out, rows, space, data, pairs, reach)


def _put(out: Estimates, rows: Rows, column: int | Rows, value: Floats, low: Floats, high: Floats) -> None:
    out.value[rows, column], out.low[rows, column], out.high[rows, column] = value, low, high


def _bound_slowest(out: Estimates, rows: Rows, space: Space, data: Data, pairs: int, reach: float) -> None:
    """Keep the low ends only of a pair whose τ may be longer than what was observed."""
    rows = rows[(out.pairs[rows] > 0)]
    rows = rows[out.high[rows, 2 * out.pairs[rows]] > NEAR_SPAN * space.grid.span_second]
    rise = (reach * out.noise_ohm[rows]) ** 2 * out.inflation[rows]
    beyond = reaches_beyond(space, data.of(rows), out.ln_tau[rows, :pairs], rise)
    rows, rise = rows[beyond], rise[beyond]
    if not len(rows):
        return
    column = 2 * out.pairs[rows]
    out.bound[rows] = True
    ln_tau, ohm = slowest_low(space, data.of(rows), out.ln_tau[rows, :pairs], rise)
    out.low[rows, column], out.low[rows, column - 1] = np.exp(ln_tau), np.maximum(ohm, 0.0)
    for figure in (column - 1, column):
        out.value[rows, figure], out.high[rows, figure] = np.nan, np.inf
