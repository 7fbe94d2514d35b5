"""Electrode balance and degradation modes of cells from slow charges or discharges: one cell, or many at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from hwan.core import BadDefinition, Conditions, Finding, Measurement, Quantile, Refusal, Validation, is_known
from hwan.health._uncertainty import PROBABILITIES
from hwan.health.modes._balance import balance_of
from hwan.health.modes._curve import Curve, Prepared, prepared
from hwan.health.modes._electrodes import Electrodes, check_voltage, chemistry_refused
from hwan.health.modes._estimate import Estimates, estimate, is_exact, quantile
from hwan.health.modes._judge import NARROW, TESTS, Codes, Kinds, curve_codes, figure_codes, rate_refused
from hwan.health.modes._kernel import Floats
from hwan.health.modes._problem import Design, Problem, ends, problem
from hwan.health.modes._quantities import MODES, QUANTITIES
from hwan.health.modes._result import Balance, DegradationModes

METHOD: Final = "modes.electrode_balance"
VERSION: Final = "1"
VALIDATION: Final = Validation("synthetic", 160, "four simulated chemistries, no real aged cell: docs/modes.md")
UNITS: Final = ("1", "1", "1", "Ah", "Ah", "Ah", "1")
PAST: Final = 0.002
"""An end of the curve may lie so far beyond its table, in stoichiometry, without a finding."""
MOST_OVER_RATED: Final = 1.6
"""A curve that moved so many times the rated capacity is not this cell's, or is in mAh."""


@dataclass(frozen=True, slots=True, eq=False)
class _Judged:
    """Estimates of the curves at `places` of the input; `low`, `high` and `codes` (n, 7), `whole` (n,)."""

    places: tuple[int, ...]
    curves: tuple[Prepared, ...]
    given: Problem
    found: Estimates
    low: Floats
    high: Floats
    whole: Codes
    codes: Codes


def degradation_modes(
    curve: Curve,
    electrodes: Electrodes,
    *,
    fresh: Sequence[Curve] = (),
    design: Design = Design(),  # noqa: B008 (frozen)
    chemistry: str = "unknown",
    fresh_spread: float = 0.0,
) -> DegradationModes | Refusal:
    """Return electrode capacities and lithium inventory of a cell, and its losses against fresh curves.

    Assumes one slow charge or discharge of one cell (C/20 or slower, or corrected for the drop of its current),
    and half-cell tables of its two electrodes. The window need not be full and the charge at its start need not be
    known; what a window does not tell is refused.

    Parameters
    ----------
    curve
        Voltage over charge.
    electrodes
        Half-cell tables, whose stated errors enter every interval.
    fresh
        Curves of the same cell when it was fresh, or of fresh cells of its type; without them only capacities and
        inventory are told. Several are averaged, and their spread widens the losses.
    design
        What is known of the fresh cell: bounds the fit of the fresh curves, or of the curve without them.
    chemistry
        One of :data:`hwan.core.CHEMISTRIES`.
    fresh_spread
        Relative standard deviation of electrode capacities and inventory among fresh cells of the type, where the
        one fresh curve is not this cell's own.

    Returns
    -------
    DegradationModes or Refusal
        A refusal where the curve as a whole cannot be used.

    Raises
    ------
    BadDefinition
        When curve, tables, design or spread cannot be what they are said to be.
    UnknownName
        When hwan knows no such chemistry.

    Notes
    -----
    V(q) = Up(y0 - q/Qp) - Un(x0 + q/Qn); Qli = x0·Qn + y0·Qp; each loss is 1 - Q/Q_fresh (Dubarry, Truchot and
    Liaw 2012, doi:10.1016/j.jpowsour.2012.07.016; Birkl et al. 2017, doi:10.1016/j.jpowsour.2016.12.011). The
    tables are taken to be wrong in the same way for the cell and its fresh curves. Proven on simulated cells only.
    """
    refused = chemistry_refused(chemistry, electrodes)
    if refused is not None:
        return refused
    judged = _judged((curve,), electrodes, fresh, design, fresh_spread)
    if judged is None:
        values = {"rate_per_hour": float(max(_rates((curve, *fresh))))}
        return _refusal("degradation_modes", "modes_rate_above_limit", values)
    if judged.whole[0] is not None:
        return _refusal("degradation_modes", judged.whole[0], _fit_values(judged))
    each = {name: _figure(judged, place, curve) for place, name in enumerate(QUANTITIES)}
    balance = balance_of(judged.curves[0], judged.given, judged.found)
    return DegradationModes(**each, balance=balance, findings=_findings(curve, balance, judged.given))


def degradation_modes_batch(
    curves: Sequence[Curve],
    electrodes: Electrodes,
    *,
    fresh: Sequence[Curve] = (),
    design: Design = Design(),  # noqa: B008 (frozen)
    chemistry: str = "unknown",
    fresh_spread: float = 0.0,
) -> pl.DataFrame:
    """Return the figures of many curves of one type of cell, one row each; see :func:`degradation_modes`.

    Returns
    -------
    polars.DataFrame
        ``name``; for each figure its value, ``_low`` and ``_high`` (90 % interval; also where the value is
        refused, so that it is seen how wide it is) and ``_refusal``; ``residual_volt``, ``noise_volt``,
        ``residual_features``, ``table_ratio``, ``starts_agreeing``, the four stoichiometries at the curve's ends, and
        ``refusal_code`` of the whole curve. Values are null where refused.
    """
    refused = chemistry_refused(chemistry, electrodes)
    names = [each.name for each in curves]
    judged = None if refused else _judged(curves, electrodes, fresh, design, fresh_spread)
    columns = _columns(judged, len(curves))
    whole = np.full(len(curves), refused.code if refused else "modes_rate_above_limit", dtype=object)
    if judged is not None:
        whole[list(judged.places)] = judged.whole
    return pl.DataFrame({"name": names, **columns, "refusal_code": pl.Series(whole.tolist(), dtype=pl.String)})


def _judged(
    curves: Sequence[Curve], electrodes: Electrodes, fresh: Sequence[Curve], design: Design, fresh_spread: float
) -> _Judged | None:
    """Fit and judge; None where no curve, or one of the fresh ones, was measured slowly enough."""
    if not 0 <= fresh_spread < 0.5:
        raise BadDefinition("modes_spread", source="fresh_spread", got=fresh_spread)
    places = tuple(place for place, each in enumerate(curves) if not rate_refused(each))
    window = electrodes.window_volt
    ready = tuple(_ready(curves[place], window, design) for place in places)
    beside = [_ready(each, window, design) for each in fresh]
    if not ready or any(rate_refused(each) for each in fresh):
        return None
    given = problem(ready, electrodes)
    reference = problem(beside, electrodes) if beside else None
    found = estimate(given, reference, design, fresh_spread)
    low, high = (quantile(found.weight, found.mean, found.deviation, level) for level in (0.05, 0.95))
    exact = is_exact(given.errors)
    kinds = Kinds(electrodes.plateau, exact, electrodes.silicon is not None, _whole(beside, design))
    codes = figure_codes(found, low, high, ready, kinds, fresh_spread)
    return _Judged(places, ready, given, found, low, high, curve_codes(found), codes)


def _whole(fresh: Sequence[Prepared], design: Design) -> float:
    """Return the charge that a full curve moves, Ah; 0 where it is not known."""
    if fresh:
        return max(float(each.charge_ah[-1]) for each in fresh)
    return float(design.rated_capacity_ah) if is_known(design.rated_capacity_ah) else 0.0


def _ready(curve: Curve, window_volt: tuple[float, float, float], design: Design) -> Prepared:
    """Check a curve, its voltage against the tables and its charge against the rated capacity."""
    ready = prepared(curve)
    check_voltage(ready.voltage_volt, window_volt, curve.name or "curve")
    rated = design.rated_capacity_ah
    if is_known(rated) and ready.charge_ah[-1] > MOST_OVER_RATED * rated:
        raise BadDefinition(
            "modes_charge_over_rated", source=curve.name or "curve", got=float(ready.charge_ah[-1]), rated=float(rated)
        )
    return ready


def _figure(judged: _Judged, place: int, curve: Curve) -> Measurement | Refusal:
    quantity, code = QUANTITIES[place], judged.codes[0, place]
    if code is not None:
        interval = (float(judged.low[0, place]), float(judged.high[0, place]))
        values = {"low": interval[0], "high": interval[1]} if np.isfinite(interval).all() else {}
        values |= {"part": NARROW} if code == "modes_window_narrow" else {}
        return _refusal(quantity, code, values)
    found = judged.found
    levels = ((one, quantile(found.weight, found.mean, found.deviation, one)[0, place]) for one in PROBABILITIES)
    voltage = judged.curves[0].voltage_volt
    conditions = Conditions(
        temperature_celsius=curve.temperature_celsius, rate_per_hour=curve.rate_per_hour,
        direction=judged.curves[0].direction, lower_cutoff_volt=float(voltage[0]),
        upper_cutoff_volt=float(voltage[-1]),
    )  # fmt: skip
    return Measurement(
        quantity, float(found.mean[0, 0, place]), UNITS[place], tuple(Quantile(p, float(v)) for p, v in levels),
        conditions, METHOD, VERSION, evidence=curve.evidence, validation=VALIDATION,
    )  # fmt: skip


def _findings(curve: Curve, balance: Balance, given: Problem) -> tuple[Finding, ...]:
    """Return what qualifies all figures of a curve."""
    where, found = curve.name or "curve", []
    if not is_known(curve.rate_per_hour):
        found.append(Finding("modes_rate_unknown", "warning", where))
    (x_low, x_high), (y_low, y_high) = ends(given.negative), ends(given.positive)
    past = max(
        x_low - balance.negative_first, balance.negative_last - x_high, y_low - balance.positive_last,
        balance.positive_first - y_high,
    )  # fmt: skip
    if past > PAST:
        found.append(Finding("modes_beyond_table", "warning", where, {"by": float(past)}))
    if balance.table_ratio > 1:
        found.append(Finding("modes_tables_worse", "warning", where, {"ratio": float(np.sqrt(balance.table_ratio))}))
    return tuple(found)


def _refusal(quantity: str, code: str, values: dict[str, float]) -> Refusal:
    return Refusal(quantity, code, (), TESTS[code], values)


def _fit_values(judged: _Judged) -> dict[str, float]:
    found = judged.found
    return {
        "residual_mv": 1e3 * float(found.residual_volt[0]),
        "limit_mv": 1e3 * float(found.limit_volt[0]),
        "ratio": float(np.sqrt(found.table_ratio[0])),
        "features": float(found.features[0]),
    }


def _rates(curves: Sequence[Curve]) -> list[float]:
    return [float(each.rate_per_hour) for each in curves if is_known(each.rate_per_hour)]


def _columns(judged: _Judged | None, many: int) -> dict[str, Any]:
    """Return the columns of the batch, null where a curve was not fitted or a figure is refused."""
    places = list(judged.places) if judged else []
    columns: dict[str, Any] = {}
    told = np.full((many, len(QUANTITIES)), np.nan)
    low, high, codes = told.copy(), told.copy(), np.full(told.shape, None, dtype=object)
    rest = np.full((many, len(REST)), np.nan)
    if judged is not None:
        found, answered = judged.found, (judged.codes == None) & (judged.whole == None)[:, None]  # noqa: E711
        told[places] = np.where(answered, found.mean[:, 0], np.nan)
        low[places], high[places], codes[places] = judged.low, judged.high, judged.codes
        rest[places] = _rest(judged)
    for place, name in enumerate(QUANTITIES):
        columns[name] = pl.Series(told[:, place]).fill_nan(None)
        columns[f"{name}_low"] = pl.Series(low[:, place]).fill_nan(None)
        columns[f"{name}_high"] = pl.Series(high[:, place]).fill_nan(None)
        columns[f"{name}_refusal"] = pl.Series(codes[:, place].tolist(), dtype=pl.String)
    return columns | {name: pl.Series(rest[:, place]).fill_nan(None) for place, name in enumerate(REST)}


REST: Final = (
    "residual_volt", "residual_limit_volt", "noise_volt", "residual_features", "table_ratio", "starts_agreeing",
    "negative_first", "negative_last", "positive_first", "positive_last",
)  # fmt: skip


def _rest(judged: _Judged) -> Floats:
    found = judged.found
    x0, wx, y0, wy, _ = found.parameters.T
    return np.stack(
        (found.residual_volt, found.limit_volt, judged.given.noise_volt, found.features, found.table_ratio,
         found.agreeing, x0, x0 + wx, y0, y0 - wy), axis=1,
    )  # fmt: skip


__all__ = ["METHOD", "MODES", "VERSION", "degradation_modes", "degradation_modes_batch"]
