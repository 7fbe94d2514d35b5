"""A ruleset applied to one battery."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hwan.core import UNKNOWN, Finding, Grade, Limit, Measurement, Observation, Refusal, RuleOutcome, Ruleset, is_known
from hwan.grading._case import Case
from hwan.grading._classes import class_probabilities
from hwan.grading._outcomes import ROUNDING, outcome
from hwan.grading._refusals import from_findings, from_outcomes, spanned, without_classes


def grade(
    measurements: Iterable[Measurement],
    observations: Iterable[Observation],
    ruleset: Ruleset,
    *,
    findings: Iterable[Finding] = (),
    refusals: Iterable[Refusal] = (),
) -> Grade:
    """Grade one battery.

    Assumes measurements in the order of their tests. Of several of one quantity the last that meets
    the requirements of the method is graded, else the last. At the safety gate every reading counts.

    Parameters
    ----------
    measurements
        Figures with their quantiles and conditions.
    observations
        Hand readings, each in the unit of its rule; nothing is converted.
    ruleset
        From :func:`load_ruleset`.
    findings
        Of the recordings; one of severity ``stop`` refuses the grade. Those of the measurements that
        the ruleset names are added.
    refusals
        Of the figures that could not be measured; carried into the grade where the ruleset wants them.

    Returns
    -------
    Grade
        ``graded`` when one class has at least the probability that the ruleset asks for;
        ``undecided`` when none has, with the test that would decide; ``refused`` when something is
        missing, with every reason; by a ruleset without classes it always is. A failed safety item puts
        the battery into the last class whatever else is missing (reason
        ``safety_gate_failed`` in its outcome): no probability is stated then, since hand readings carry none.

    Notes
    -----
    Probabilities do not go beyond the outermost stored quantile. A class between two limits therefore
    needs quantiles outside the ruleset's confidence on both sides: for 0.95, 0.025 and 0.975 or wider.
    A side is decided only at the confidence of that side, whichever risk the ruleset states.
    """
    case = Case(tuple(measurements), tuple(observations), ruleset)
    outcomes = tuple(outcome(rule, case) for rule in ruleset.rules)
    if any(entry.reason == "safety_gate_failed" for entry in outcomes):
        return _graded(ruleset, outcomes, ruleset.classes[-1].id, {})
    stopped = from_findings([*findings, *_own_findings(case)])
    reasons = _distinct([*without_classes(ruleset), *stopped, *from_outcomes(outcomes, refusals)])
    if reasons:
        return Grade("refused", ruleset.id, ruleset.sha256, outcomes=outcomes, refusals=reasons)
    return _decided(ruleset, outcomes)


def _own_findings(case: Case) -> list[Finding]:
    """Return the findings of the measurements that the ruleset looks at."""
    quantities = dict.fromkeys(rule.quantity for rule in case.ruleset.rules)
    chosen = (case.measurement(quantity) for quantity in quantities)
    return [finding for entry in chosen if entry is not None for finding in entry.findings]


def _distinct(refusals: Iterable[Refusal]) -> tuple[Refusal, ...]:
    kept: list[Refusal] = []
    for entry in refusals:
        if entry not in kept:
            kept.append(entry)
    return tuple(kept)


def _decided(ruleset: Ruleset, outcomes: tuple[RuleOutcome, ...]) -> Grade:
    probabilities = class_probabilities(ruleset, _met(ruleset, outcomes))
    top = max(probabilities, key=lambda name: probabilities[name])
    probability = probabilities[top]
    if probability >= ruleset.decision.confidence - ROUNDING:
        return _graded(ruleset, outcomes, top, probabilities)
    return Grade(
        "undecided",
        ruleset.id,
        ruleset.sha256,
        probability=probability,
        class_probabilities=probabilities,
        outcomes=outcomes,
        refusals=tuple(spanned(outcomes, ruleset, top, probability)),
    )


def _met(ruleset: Ruleset, outcomes: Iterable[RuleOutcome]) -> dict[str, float]:
    """Return the probability that each limit is met; a hand reading meets it or does not."""
    limits = {rule.id for rule in ruleset.rules if isinstance(rule, Limit)}
    return {entry.rule_id: _probability(entry) for entry in outcomes if entry.rule_id in limits}


def _probability(entry: RuleOutcome) -> float:
    return entry.probability_met if is_known(entry.probability_met) else float(entry.verdict == "passed")


def _graded(
    ruleset: Ruleset, outcomes: tuple[RuleOutcome, ...], name: str, probabilities: Mapping[str, float]
) -> Grade:
    return Grade(
        "graded",
        ruleset.id,
        ruleset.sha256,
        grade_class=name,
        probability=probabilities.get(name, UNKNOWN),
        class_probabilities=probabilities,
        outcomes=outcomes,
        validity_days=ruleset.decision.validity_days,
    )
