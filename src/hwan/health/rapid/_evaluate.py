"""A battery's state of health from its rapid test, or which test it needs instead."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from hwan.core import (
    BatteryType,
    Conditions,
    Denominator,
    ErrorComponent,
    Evidence,
    Finding,
    Measurement,
    Quantile,
    Recording,
    Refusal,
    Scalar,
    Validation,
    is_known,
    known_or,
)
from hwan.health.rapid._conformal import least_cells
from hwan.health.rapid._model import Population, RapidModel
from hwan.health.rapid._partial import partial_responses
from hwan.health.rapid._predict import Predictions, Visit, predict
from hwan.health.rapid._protocol import PulseProtocol, Response
from hwan.health.rapid._pulses import pulse_responses, widths_seen

QUANTITY: Final = "state_of_health_capacity"
VERSION: Final = "1"
RATING_TOLERANCE: Final = 0.02
"""A rating this far from the model's, relative, is the same type written otherwise."""
CLAIM: Final = 0.9
FULL_TEST: Final = "full_test_of_the_type"
FAR: Final = "rapid_outside_population"


def rapid_state_of_health(
    recording: Recording,
    kind: BatteryType,
    model: RapidModel,
    *,
    batch: str = "",
    temperature_celsius: float | None = None,
    visit: Visit | None = None,
) -> Measurement | Refusal:
    """Return the state of health that a rapid test tells, for one battery of the model's type.

    Assumes the test that the model was calibrated with: pulses of its width, rates and rests from any state of
    charge, or a run through its voltages; at a temperature inside the calibrated range. Of several responses the
    first counts, as it would have been the only one at a centre.

    Parameters
    ----------
    recording
        The rapid test; a full test in the same file is not used.
    kind
        Chemistry, rated capacity and cells in series of the battery.
    model
        From :func:`load_model` or :func:`calibrate`.
    batch
        Name of the production batch, where it is known.
    temperature_celsius
        A hand reading, for a recording without any temperature.
    visit
        From check cells of the same series (:func:`visit_of_checks`); without them it is any later visit.

    Returns
    -------
    Measurement or Refusal
        The capacity under the model's reference conditions over rated capacity, with an interval that holds for
        cells never seen; refused outside the calibrated population, protocol or temperature.
    """
    reasons = (*_of_type(kind, model.population), *_of_batch(batch, model))
    if reasons:
        return reasons[0]
    responses = _responses(recording, kind, model)
    if not responses:
        return _no_response(recording, model)
    first = responses[0]
    degrees = first.temperature_celsius if first.temperature_celsius is not None else temperature_celsius
    found = predict(model, first.values[None, :], visit or Visit())
    reasons = (*_of_temperature(degrees, model), *_of_distance(found, model), *_of_answer(found, model))
    rows = (Evidence(recording.id, first.first_row, first.last_row),)
    return _refusal(reasons[0], rows) if reasons else _measurement(found, kind, model, rows, degrees, len(responses))


def _responses(recording: Recording, kind: BatteryType, model: RapidModel) -> tuple[Response, ...]:
    if isinstance(model.protocol, PulseProtocol):
        return pulse_responses(recording, known_or(kind.rated_capacity_ah, 0.0), model.protocol)
    return partial_responses(recording, kind, model.protocol)


def _outside(code: str, test: str = FULL_TEST, **values: str | float) -> Refusal:
    return Refusal(QUANTITY, code, ("calibrated population",), test, values)


def _refusal(refusal: Refusal, rows: tuple[Evidence, ...]) -> Refusal:
    return Refusal(refusal.quantity, refusal.code, refusal.missing, refusal.test_needed, refusal.values, rows)


def _of_type(kind: BatteryType, own: Population) -> Iterator[Refusal]:
    """Yield why a battery is not of the type that was calibrated."""
    count = least_cells(CLAIM)
    if not is_of_chemistry(str(kind.chemistry), own.chemistry):
        yield _outside("rapid_other_chemistry", got=str(kind.chemistry), expected=own.chemistry, count=count)
    rated = kind.rated_capacity_ah
    if not is_known(rated):
        yield Refusal(QUANTITY, "rating_unknown", ("rated capacity",), "state_the_rating")
    elif abs(rated - own.rated_capacity_ah) > RATING_TOLERANCE * own.rated_capacity_ah:
        yield _outside("rapid_other_rating", got=rated, expected=own.rated_capacity_ah, count=count)


def is_of_type(population: Population, kind: BatteryType) -> bool:
    """Return whether a battery's stated chemistry and rating are those of a calibrated population."""
    return not any(_of_type(kind, population))


def is_of_chemistry(chemistry: str, population: str) -> bool:
    """Return whether a battery is of a population's chemistry; a population may be of a whole family, ``nmc``.

    >>> is_of_chemistry("nmc622", "nmc"), is_of_chemistry("lfp", "lmo"), is_of_chemistry("lmo", "lmo")
    (True, False, True)
    """
    return chemistry == population or (population == "nmc" and chemistry.startswith("nmc"))


def _of_batch(batch: str, model: RapidModel) -> Iterator[Refusal]:
    if batch and model.population.batches and batch not in model.population.batches:
        known = ", ".join(model.population.batches)
        yield _outside("rapid_other_batch", got=batch, expected=known, count=least_cells(CLAIM))


def _of_temperature(degrees: float | None, model: RapidModel) -> Iterator[Refusal]:
    low, high = model.temperature_low_celsius, model.temperature_high_celsius
    if degrees is None:
        yield Refusal(
            QUANTITY, "rapid_temperature_unknown", ("temperature",), "rapid_temperature", {"low": low, "high": high}
        )
    elif not low <= degrees <= high:
        values = {"got": round(degrees, 2), "low": low, "high": high}
        yield Refusal(QUANTITY, "rapid_temperature_outside", ("temperature",), "rapid_temperature", values)


def _of_distance(found: Predictions, model: RapidModel) -> Iterator[Refusal]:
    if not found.distance[0] <= 1:
        yield _outside(FAR, distance=round(float(found.distance[0]), 3), count=least_cells(CLAIM), model=model.id)


def _of_answer(found: Predictions, model: RapidModel) -> Iterator[Refusal]:
    """Yield why an answer is none: it lies further beyond the calibrated states of health than its interval is wide."""
    value, half = float(found.value[0]), float(found.half_width(model, CLAIM)[0])
    if not model.health_low - half <= value <= model.health_high + half:
        low, high = model.health_low, model.health_high
        yield _outside("rapid_outside_health", got=round(value, 4), low=low, high=high, count=least_cells(CLAIM))


def _no_response(recording: Recording, model: RapidModel) -> Refusal:
    if not isinstance(model.protocol, PulseProtocol):
        return Refusal(QUANTITY, "rapid_no_partial_run", ("partial test",), "rapid_protocol")
    seen = ", ".join(f"{each:g}" for each in widths_seen(recording)[:12])
    rates = ", ".join(f"{each:+g}" for each in model.protocol.rates_per_hour)
    values: dict[str, Scalar] = {
        "width": model.protocol.width_second,
        "rest": model.protocol.rest_second,
        "rates": rates,
        "got": seen or "–",
    }
    return Refusal(QUANTITY, "rapid_no_such_pulses", ("pulses of the model",), "rapid_protocol", values)


def _measurement(
    found: Predictions,
    kind: BatteryType,
    model: RapidModel,
    rows: tuple[Evidence, ...],
    degrees: float | None,
    responses: int,
) -> Measurement:
    value, scale, moved = float(found.value[0]), float(found.scale[0]), float(found.visit[0])
    own = model.reference
    shown = model.bound(CLAIM).shown
    conditions = Conditions(
        temperature_celsius=own.temperature_celsius,
        temperature_place="reference",
        rate_per_hour=own.rate_per_hour,
        direction="discharge",
        soc_basis="full_charge",
        upper_cutoff_volt=own.upper_cutoff_volt,
        lower_cutoff_volt=own.lower_cutoff_volt,
        denominator=Denominator("rated_capacity", known_or(kind.rated_capacity_ah, 0.0), "Ah", "maker"),
    )
    told: dict[str, Scalar] = {
        "model": model.id, "temperature": round(degrees or 0.0, 2), "responses": responses,
        "distance": round(float(found.distance[0]), 3),
    }  # fmt: skip
    return Measurement(
        quantity=QUANTITY,
        value=value,
        unit="1",
        quantiles=_quantiles(model, found),
        conditions=conditions,
        method=f"rapid.{model.protocol.kind}",
        method_version=VERSION,
        components=(
            ErrorComponent("prediction", scale, "normal", model.id),
            ErrorComponent("visit", moved, "normal", "second visits of calibrated cells", "rapid visit"),
        ),
        evidence=rows,
        findings=tuple(_findings(value, model, told, shown=shown)),
        validation=Validation("validated" if shown else "unvalidated", model.origin.cells, model.id),
    )


def _findings(value: float, model: RapidModel, told: dict[str, Scalar], *, shown: bool) -> Iterator[Finding]:
    yield Finding("rapid_predicted", "note", model.id, told)
    if not shown:
        assumed: dict[str, Scalar] = {"cells": model.origin.cells, "least": least_cells(CLAIM)}
        yield Finding("rapid_interval_assumed", "warning", model.id, assumed)
    if not model.health_low <= value <= model.health_high:
        values = {"got": round(value, 4), "low": model.health_low, "high": model.health_high}
        yield Finding("rapid_outside_calibrated_health", "warning", model.id, values)


def _quantiles(model: RapidModel, found: Predictions) -> tuple[Quantile, ...]:
    """Return the quantiles on both sides that the calibration has bounds for, and the median."""
    value = float(found.value[0])
    ends = {0.5: value}
    for each in model.bounds:
        half = float(found.half_width(model, each.probability)[0])
        ends[(1 - each.probability) / 2] = value - half
        ends[(1 + each.probability) / 2] = value + half
    return tuple(Quantile(round(at, 6), end) for at, end in sorted(ends.items()))
