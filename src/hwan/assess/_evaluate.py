"""The chain as one pure function: recordings to measurements, grade and route."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from hwan.assess._observed import with_self_discharge
from hwan.assess._rapid import Rapid, advised, beside_full_test, planned, rapid_results, witnessed
from hwan.core import (
    UNKNOWN,
    Assessment,
    Attachment,
    Battery,
    BatteryType,
    BmsSnapshot,
    Finding,
    Measurement,
    Observation,
    Provenance,
    Recording,
    Refusal,
    Ruleset,
    Scalar,
    Severity,
    Test,
    Unknown,
    check_claims,
    check_observations,
    is_known,
    stops,
)
from hwan.grading import grade, load_ruleset
from hwan.health import (
    Analysis,
    PackResults,
    analyse,
    capacity_of,
    efficiencies_of,
    energy_of,
    joined,
    largest_discharge_of,
    pack_of,
    plausibility_of,
    resistances_of,
    spread_of,
    state_of_health,
)
from hwan.routing import Prices, load_prices, route

HEALTH = ("state_of_health_capacity", "state_of_health_energy")
HEALTH_SEEN = 1.05
"""Fresh cells may hold this much more than their rating..."""
HEALTH_MOST = 1.15
"""...but no used battery holds this much."""
BMS_DIFFERENCE = 0.05
"""A BMS's state of health further than this from the measured one is a finding."""


def evaluate(
    tests: Iterable[Test | Recording],
    battery: Battery,
    *,
    observations: Sequence[Observation] = (),
    bms: BmsSnapshot | None = None,
    attachments: Sequence[Attachment] = (),
    ruleset: Ruleset | str | Path,
    prices: Prices | str | Path,
    rapid: Rapid | None = None,
) -> Assessment:
    """Assess one battery from its tests.

    Parameters
    ----------
    tests
        Tests or single recordings of this one battery, oldest first; of several values of one
        quantity the last counts.
    battery
        What is known of it; everything may be unknown.
    observations
        Hand readings, among them the safety items that a ruleset asks for.
    bms
        What the BMS claims; compared, never used as a result.
    attachments
        Photos and documents, by their hashes; kept beside the readings.
    ruleset, prices
        The rule and the price list in force: objects, ids of packaged ones, or paths of your own.
    rapid
        Evaluate rapidly as well: from the models of the battery's type, and tell which test comes next. A full
        test in the recordings supersedes the rapid answer, and says how far off it was.

    Returns
    -------
    hwan.core.Assessment
        Measurements and refusals, the grade with every reason, the route with every alternative.

    Raises
    ------
    hwan.core.UsageError
        When a ruleset or price list is unknown or malformed, or a hand reading or BMS value cannot be.
    hwan.core.InputError
        When a recording has nothing to compute on.
    """
    check_observations(observations, battery.id)
    observations = with_self_discharge(tuple(observations))
    if bms is not None:
        check_claims(bms, battery.id)
    rules = ruleset if isinstance(ruleset, Ruleset) else load_ruleset(ruleset)
    amounts = prices if isinstance(prices, Prices) else load_prices(prices)
    tests = tuple(tests)
    recordings = tuple(_recordings(tests))
    quick = rapid_results(rapid, recordings, battery.type, observations)
    results, findings, pack = _measured(recordings, battery.type)
    measured = _with_stated_temperature((*results, *pack.measurements), observations)
    measurements = (*(each for each in quick if isinstance(each, Measurement)), *measured)
    refusals = (*(each for each in (*quick, *results) if isinstance(each, Refusal)), *pack.refusals)
    refusals = _unanswered(refusals, measurements)
    findings += (*_of_measurements(measurements), *_rating_findings(measurements), *_bms_findings(bms, measurements))
    findings += tuple(beside_full_test(measurements))
    findings = witnessed(findings, quick)
    graded = advised(grade(measurements, observations, rules, findings=findings, refusals=refusals), measurements)
    return Assessment(
        battery=battery,
        sources=tuple(_sources(tests)),
        measurements=measurements,
        refusals=refusals,
        grade=graded,
        route=route(graded, battery, measurements, amounts, classes=rules.classes),
        findings=findings,
        cell_verdicts=pack.verdicts,
        cells=pack.cells,
        cell_evidence=pack.cell_evidence,
        observations=tuple(observations),
        attachments=tuple(attachments),
        bms=UNKNOWN if bms is None else bms,
        next_test=planned(rapid, graded, rules, measurements),
    )


def _unanswered(refusals: tuple[Refusal, ...], measurements: Sequence[Measurement]) -> tuple[Refusal, ...]:
    """Return the refusals of what no recording and no rapid test answered; why no model answered is always told."""
    answered = {each.quantity for each in measurements}
    return tuple(each for each in refusals if each.quantity not in answered or each.code.startswith("rapid_"))


def _recordings(tests: Iterable[Test | Recording]) -> Iterable[Recording]:
    for test in tests:
        yield from joined(test) if isinstance(test, Test) else (test,)


def _sources(tests: Iterable[Test | Recording]) -> Iterable[Provenance]:
    """Return where every recording came from, also of channels and logs that were joined."""
    for test in tests:
        parts = (*test.recordings, *test.cell_logs) if isinstance(test, Test) else (test,)
        yield from (part.provenance for part in parts)


Results = tuple[Measurement | Refusal, ...]


def _measured(recordings: Sequence[Recording], kind: BatteryType) -> tuple[Results, tuple[Finding, ...], PackResults]:
    """Return results and findings of all recordings, and the cells of the last that shows them.

    A refusal stands only where no recording answers.
    """
    results: Results = ()
    pack = PackResults()
    findings: tuple[Finding, ...] = ()
    for recording in recordings:
        analysis = analyse(recording, kind)
        implausible = plausibility_of(analysis, kind)
        results += _methods(analysis, kind, implausible)
        cells = pack_of(analysis, kind)
        pack = cells if cells.cells else pack
        findings += (*recording.findings, *analysis.findings, *implausible, *cells.findings)
    answered = {result.quantity for result in results if isinstance(result, Measurement)}
    kept = tuple(each for each in results if isinstance(each, Measurement) or each.quantity not in answered)
    return kept, findings, pack


def _methods(analysis: Analysis, kind: BatteryType, implausible: Sequence[Finding]) -> Results:
    charge, energy = capacity_of(analysis, kind), energy_of(analysis, kind)
    bounds = largest_discharge_of(analysis, kind) if isinstance(charge, Refusal) else ()
    if stops(implausible):
        health: Results = tuple(_not_believed(name, stops(implausible)[0]) for name in HEALTH)
    else:
        health = (state_of_health(charge, kind), state_of_health(energy, kind))
    spread = spread_of(analysis)
    more = (*efficiencies_of(analysis), *resistances_of(analysis, kind), *((spread,) if spread else ()))
    return (charge, energy, *bounds, *health, *more)


def _not_believed(quantity: str, finding: Finding) -> Refusal:
    """Return the refusal of a ratio to the rating when the record's scale or sign cannot be right."""
    return Refusal(
        quantity, "record_not_plausible", ("a plausible record",), "mend_the_record", {"finding": finding.code}
    )


def _with_stated_temperature(results: Results, observations: Sequence[Observation]) -> tuple[Measurement, ...]:
    """Return the measurements; where no temperature was recorded, a stated one stands in and says so."""
    measured = tuple(result for result in results if isinstance(result, Measurement))
    stated = [each.value for each in observations if each.quantity == "ambient_temperature"]
    if not stated or isinstance(stated[-1], bool | Unknown):
        return measured
    return tuple(_at(each, stated[-1]) for each in measured)


def _at(measured: Measurement, temperature_celsius: float) -> Measurement:
    if is_known(measured.conditions.temperature_celsius):
        return measured
    conditions = replace(
        measured.conditions, temperature_celsius=temperature_celsius, temperature_place="stated_by_the_user"
    )
    return replace(measured, conditions=conditions)


def _of_measurements(measurements: Sequence[Measurement]) -> tuple[Finding, ...]:
    """Return what was noticed about single figures, each once: it concerns the whole assessment."""
    found: list[Finding] = []
    for finding in (finding for measured in measurements for finding in measured.findings):
        if finding not in found:
            found.append(finding)
    return tuple(found)


def _rating_findings(measurements: Sequence[Measurement]) -> tuple[Finding, ...]:
    """Doubt a used battery far above its rating: the rating is wrong, or the record."""
    measured = [each.value for each in measurements if each.quantity == "state_of_health_capacity"]
    if not measured or measured[-1] <= HEALTH_SEEN:
        return ()
    values: dict[str, Scalar] = {"health": measured[-1], "limit": HEALTH_SEEN}
    severity: Severity = "stop" if measured[-1] > HEALTH_MOST else "warning"
    return (Finding("rating_implausible", severity, "rating", values),)


def _bms_findings(bms: BmsSnapshot | None, measurements: Sequence[Measurement]) -> tuple[Finding, ...]:
    """Compare the BMS's claim with the measured state of health."""
    measured = [each for each in measurements if each.quantity == "state_of_health_capacity"]
    if bms is None or not measured or not is_known(bms.state_of_health):
        return ()
    difference = bms.state_of_health - measured[-1].value
    values: dict[str, Scalar] = {
        "claimed": bms.state_of_health,
        "measured": measured[-1].value,
        "points": 100 * difference,
    }
    severity: Severity = "warning" if abs(difference) > BMS_DIFFERENCE else "note"
    return (Finding("bms_against_measurement", severity, "bms", values),)
