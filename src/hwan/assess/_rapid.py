"""Rapid evaluation within the chain: what the rapid test tells, beside a full one, and which test comes next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from hwan.assess._next import Belief, next_test
from hwan.assess._stages import Stages
from hwan.core import (
    UNKNOWN,
    Assessment,
    BatteryType,
    Finding,
    Grade,
    Limit,
    Measurement,
    NextTest,
    Observation,
    Recording,
    Refusal,
    Ruleset,
    Scalar,
    Unknown,
    is_known,
)
from hwan.health.rapid import (
    CLAIM,
    FAR,
    FULL_TEST,
    RapidModel,
    Visit,
    chance,
    least_cells,
    rapid_state_of_health,
    series_shifted,
)

PREDICTED: Final = "rapid_predicted"
QUANTITY: Final = "state_of_health_capacity"
UNWITNESSED: Final = "scale_unverified"
FULL_DISCHARGE: Final = "full_charge_rest_discharge"
REPEATS: Final = ("repeat_capacity_test_with_better_instrument", "repeat_with_better_instrument")
NOTHING_KNOWN: Final = 0.75, 0.15
"""Mean and standard deviation of the state of health of used batteries of a type that nobody calibrated: ours."""
METHODS: Final = {"rapid.pulses": "pulse", "rapid.partial": "partial"}
"""Which stage of a centre each rapid method is."""


@dataclass(frozen=True, slots=True)
class Rapid:
    """How a battery is evaluated rapidly: by which models, in which stages, and of which batch it is.

    The first model that answers counts; each is asked. `shifted` when the batteries tested along say that the
    whole series is not as the calibrated ones were: then none is answered rapidly. `visits` is
    what check cells of the series say, by the id of the model; without them it is any later visit.
    """

    models: tuple[RapidModel, ...]
    stages: Stages
    batch: str = ""
    shifted: bool = False
    visits: Mapping[str, Visit] = field(default_factory=dict)


def is_shifted(rapid: Rapid, assessments: Iterable[Assessment]) -> bool:
    """Return whether batteries tested in one series lie further from the calibrated ones than chance explains.

    Where a series is shifted, those that seem near are shifted as well: another temperature, rest or contact
    moves all alike. The series should be tested under the same conditions; each model is asked for its own.
    """
    found: dict[str, list[float]] = {}
    for name, distance in (pair for each in assessments for pair in _distances(each)):
        found.setdefault(name, []).append(distance)
    own = {each.id: each for each in rapid.models}
    return any(name in own and series_shifted(chance(own[name].nearness, far)) for name, far in found.items())


def _distances(assessment: Assessment) -> Iterator[tuple[str, float]]:
    """Yield the model and the distance of a battery's response, answered or refused."""
    told = [each.values for measured in assessment.measurements for each in measured.findings if each.code == PREDICTED]
    told += [each.values for each in assessment.refusals if each.code == FAR]
    for each in told:
        yield str(each["model"]), float(each["distance"])


def rapid_results(
    rapid: Rapid | None, recordings: Iterable[Recording], kind: BatteryType, observations: Sequence[Observation]
) -> tuple[Measurement | Refusal, ...]:
    """Return what each recording tells rapidly: the first answer of any model, else why the first gave none."""
    if rapid is None:
        return ()
    if rapid.shifted:
        values: dict[str, Scalar] = {"count": least_cells(CLAIM)}
        return (Refusal(QUANTITY, "rapid_series_shifted", ("calibrated population",), FULL_TEST, values),)
    degrees = _temperature(observations)
    found: list[Measurement | Refusal] = []
    for recording in recordings:
        answers = [
            rapid_state_of_health(
                recording, kind, model, batch=rapid.batch, temperature_celsius=degrees, visit=rapid.visits.get(model.id)
            )
            for model in rapid.models
        ]
        found += [each for each in answers if isinstance(each, Measurement)][:1] or answers[:1]
    return tuple(found)


def _temperature(observations: Sequence[Observation]) -> float | None:
    """Return the last hand reading of the surface, else of the room, in °C."""
    for quantity in ("surface_temperature", "ambient_temperature"):
        read = [each.value for each in observations if each.quantity == quantity and is_known(each.value)]
        if read:
            return float(read[-1])
    return None


def beside_full_test(measurements: Iterable[Measurement]) -> Iterator[Finding]:
    """Yield how far the rapid answer lies from a full test of the same battery, where there are both."""
    health = [each for each in measurements if each.quantity == QUANTITY]
    rapid = [each for each in health if each.method in METHODS]
    full = [each for each in health if each.method not in METHODS]
    if rapid and full:
        low, high = rapid[-1].interval
        inside = low <= full[-1].value <= high
        points = round(100 * (rapid[-1].value - full[-1].value), 2)
        code = "rapid_agrees_with_full_test" if inside else "rapid_disagrees_with_full_test"
        severity = "note" if inside else "warning"
        yield Finding(code, severity, rapid[-1].method, {"points": points})  # type: ignore[arg-type]


def advised(grade: Grade, measurements: Iterable[Measurement]) -> Grade:
    """Return the grade with the advice that fits a rapid answer: not to repeat it better, but to test fully."""
    methods = {each.method for each in measurements if each.quantity == QUANTITY}
    if not methods or methods - METHODS.keys():
        return grade
    refusals = tuple(
        replace(each, test_needed=FULL_DISCHARGE) if each.test_needed in REPEATS else each for each in grade.refusals
    )
    return replace(grade, refusals=refusals)


def witnessed(findings: Iterable[Finding], quick: Sequence[Measurement | Refusal]) -> tuple[Finding, ...]:
    """Return the findings; the scale of the current is no longer open where calibrated pulses were recognised.

    They have the rates of the protocol and answer like the calibrated cells: with another unit neither would fit.
    """
    if not any(isinstance(each, Measurement) for each in quick):
        return tuple(findings)
    return tuple(replace(each, severity="note") if each.code == UNWITNESSED else each for each in findings)


def planned(
    rapid: Rapid | None, grade: Grade, ruleset: Ruleset, measurements: Sequence[Measurement]
) -> NextTest | Unknown:
    """Return which test comes next under the ruleset, unknown where nothing was asked for rapidly."""
    if rapid is None:
        return UNKNOWN
    health = [each for each in measurements if each.quantity == QUANTITY]
    limits = [
        each.value
        for each in ruleset.rules
        if isinstance(each, Limit) and each.quantity == QUANTITY and is_known(each.value)
    ]
    return next_test(
        rapid.stages,
        Belief.of_interval(*health[-1].interval) if health else _population(rapid),
        limits,
        confidence=ruleset.decision.confidence,
        done=_done(rapid, health),
        gate=_gate(grade, ruleset),
        graded=grade.status == "graded" if health else None,
        half_widths_points={
            METHODS[f"rapid.{each.protocol.kind}"]: 100 * each.card["later_half_width"]
            for each in rapid.models
            if "later_half_width" in each.card
        },
    )


def _population(rapid: Rapid) -> Belief:
    """Return what is known before any test: the calibrated batteries of this type, else nearly nothing."""
    card = rapid.models[0].card if rapid.models else {}
    mean, sigma = NOTHING_KNOWN
    return Belief(card.get("health_mean", mean), card.get("health_sigma", sigma))


def _done(rapid: Rapid, health: Sequence[Measurement]) -> tuple[str, ...]:
    """Return the stages that ran; a full test leaves none."""
    if any(each.method not in METHODS for each in health):
        return tuple(each.id for each in rapid.stages.stages)
    return tuple(METHODS[each.method] for each in health)


def _gate(grade: Grade, ruleset: Ruleset) -> bool | Unknown:
    """Return whether the safety gate is passed: one item failed stops, one absent leaves it open."""
    safety = {each.id for each in ruleset.rules if isinstance(each, Limit) and each.safety}
    verdicts = [each.verdict for each in grade.outcomes if each.rule_id in safety]
    if "failed" in verdicts:
        return False
    return True if all(each == "passed" for each in verdicts) else UNKNOWN
