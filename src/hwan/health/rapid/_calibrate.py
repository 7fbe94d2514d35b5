"""From a calibration table to a model: fitted, bounded by cells, and told how near a battery must be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hwan.health.rapid._conformal import assumed_bound, cell_quantile
from hwan.health.rapid._deferral import coverage_band, interval_score
from hwan.health.rapid._features import features
from hwan.health.rapid._members import fit_members
from hwan.health.rapid._model import Bound, Estimator, Nearness, Numbers, Origin, Population, RapidModel, Reference
from hwan.health.rapid._nearness import fit_nearness
from hwan.health.rapid._predict import Visit, predict, spread_features
from hwan.health.rapid._protocol import Floats, PulseProtocol
from hwan.health.rapid._spread import crossed_scores, fit_spread
from hwan.health.rapid._table import CalibrationTable

PROBABILITIES: Final = (0.5, 0.9, 0.95, 0.99)
CLIP: Final = 4.0
DIGITS: Final = 7
FOLDS: Final = 5
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class About:
    """What the table does not say: of which batteries it is, what was predicted, and where it came from."""

    id: str
    population: Population
    reference: Reference
    temperature_low_celsius: float
    temperature_high_celsius: float
    origin: Origin
    note: str = ""


@dataclass(frozen=True, slots=True)
class Calibrated:
    """A model, and how it did on each row with that row's cell left out, arrays of shape (rows,)."""

    model: RapidModel
    predicted: Floats
    half_width: Floats
    fold: NDArray[np.int64]


def calibrate(
    table: CalibrationTable,
    about: About,
    *,
    first_voltage: bool = False,
    progress: Progress = lambda _done, _of: None,
) -> Calibrated:
    """Return a model of the table's cells.

    Everything is chosen with whole cells left out, and deterministic: the same table gives the same model.

    Parameters
    ----------
    table
        From :func:`calibration_table`.
    about
        What the model says of itself.
    first_voltage
        Take the voltage before the first pulse as an input. Only for tables whose states of charge were not set by
        charge over rated capacity: there that voltage tells the label, and a battery from the dock does not.
    progress
        Called with how many fits are done and how many there are.

    Returns
    -------
    Calibrated
        Below nine cells the bounds of 90 % are assumed, not shown, and marked so.
    """
    near_name = "pulse-parts/1" if isinstance(table.protocol, PulseProtocol) else "charges/1"
    name = "pulse-parts-and-voltage/1" if first_voltage else near_name
    raw = features(table.values, table.protocol, name)
    centre, scale = raw.mean(axis=0), np.maximum(raw.std(axis=0), 1e-9)
    inputs = np.clip((raw - centre) / scale, -CLIP, CLIP)
    owner, fold = owners_and_folds(table.cells)
    level = float(table.state_of_health.mean())
    members, answers = fit_members(inputs, table.state_of_health - level, owner, fold, progress)
    predicted = answers.left_out @ answers.shares + level
    errors = table.state_of_health - predicted
    middle, width = float(predicted.mean()), max(float(predicted.std()), 1e-6)
    seen = spread_features(answers.left_out + level, predicted, middle, width)
    spread = fit_spread(seen, errors, owner)
    scores = crossed_scores(seen, errors, owner, fold)
    estimator = Estimator(
        name,
        rounded(centre),
        rounded(scale),
        CLIP,
        members,
        rounded(answers.shares),
        level,
        middle,
        width,
        rounded(spread),
    )
    bounds = tuple(_bounds(scores, table.cells))
    half = np.exp(np.clip(seen @ spread, -9.0, 0.0)) * bounds[1].bound
    near = fit_nearness(features(table.values, table.protocol, near_name), table.cells, fold, near_name)
    model = _model(table, about, estimator, bounds, near, dict(_card(table, predicted, half)))
    later = float(predict(model, table.values, Visit()).half_width(model).mean())
    card = {**model.card, "later_half_width": float(f"{later:.4g}")}
    return Calibrated(replace(model, card=card), predicted, half, fold)


def with_later_visits(model: RapidModel, table: CalibrationTable, later: CalibrationTable, about: About) -> RapidModel:
    """Return the model with bounds from cells that were tested again later, each by a model without its fold.

    Parameters
    ----------
    model, table, about
        As calibrated on the first visits.
    later
        Second visits of the same cells, with the capacity measured then; as many rows as there were.
    """
    _, fold = owners_and_folds(table.cells)
    names = {name: int(fold[np.argmax(table.cells == name)]) for name in np.unique(table.cells).tolist()}
    own = np.array([names.get(name, -1) for name in later.cells.tolist()])
    errors = np.full(len(own), np.nan)
    for each in np.unique(own[own >= 0]):
        part = calibrate(table.part(fold != each), about).model
        rows = own == each
        errors[rows] = predict(part, later.values[rows]).value - later.state_of_health[rows]
    known = np.isfinite(errors)
    bounds = tuple(_bounds(np.abs(errors[known]), later.cells[known]))
    half = float(predict(model, later.values, Visit()).half_width(replace(model, later_bounds=bounds)).mean())
    card = {**model.card, "later_half_width": float(f"{half:.4g}")}
    return replace(model, later_bounds=bounds, card=card)


def owners_and_folds(cells: NDArray[np.str_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the number of each row's cell, and its fold: cell names in order of their bytes, number mod 5."""
    names = sorted(set(cells.tolist()), key=str.encode)
    number = {name: place for place, name in enumerate(names)}
    owner = np.array([number[name] for name in cells], dtype=np.int64)
    return owner, owner % min(FOLDS, len(names))


def rounded(values: Floats) -> Numbers:
    """Return numbers with the digits that a document needs."""
    return tuple(float(f"{value:.{DIGITS}g}") for value in values)


def _bounds(scores: Floats, cells: NDArray[np.str_]) -> Iterator[Bound]:
    for probability in PROBABILITIES:
        shown = cell_quantile(scores, cells, probability)
        if np.isfinite(shown):
            yield Bound(probability, shown, shown=True)
        else:
            yield Bound(probability, assumed_bound(scores, cells, probability), shown=False)


def _card(table: CalibrationTable, predicted: Floats, half: Floats) -> Iterator[tuple[str, float]]:
    """Yield what a reader of the model wants to know, as fractions: all with the row's cell left out."""
    truth = table.state_of_health
    errors = np.abs(predicted - truth)
    share, low, high = coverage_band(errors <= half, table.cells)
    named = {
        "mean_absolute_error": errors.mean(), "p95_absolute_error": np.quantile(errors, 0.95),
        "mean_predictor_error": np.abs(truth - truth.mean()).mean(), "coverage": share, "coverage_low": low,
        "coverage_high": high, "half_width": np.mean(half),
        "interval_score": interval_score(truth, predicted - half, predicted + half).mean(),
        "health_mean": truth.mean(), "health_sigma": truth.std(),
    }  # fmt: skip
    for name, value in named.items():
        yield name, float(f"{value:.4g}")


def _model(
    table: CalibrationTable,
    about: About,
    estimator: Estimator,
    bounds: tuple[Bound, ...],
    near: Nearness,
    card: dict[str, float],
) -> RapidModel:
    low, high = float(table.state_of_health.min()), float(table.state_of_health.max())
    return RapidModel(
        schema="hwan.rapid/1",
        id=about.id,
        population=about.population,
        protocol=table.protocol,
        reference=about.reference,
        temperature_low_celsius=about.temperature_low_celsius,
        temperature_high_celsius=about.temperature_high_celsius,
        estimator=estimator,
        bounds=bounds,
        nearness=near,
        health_low=round(low, 4),
        health_high=round(high, 4),
        origin=about.origin,
        card=card,
        note=about.note,
    )
