"""Rules and what follows from them: ruleset, grade, route, assessment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from hwan.core.battery import Attachment, Battery, BmsSnapshot, Observation
from hwan.core.findings import Finding, Scalar
from hwan.core.recording import Provenance
from hwan.core.result import CellFigure, CellVerdict, Evidence, Measurement, Refusal
from hwan.core.unknown import UNKNOWN, Unknown

RouteName = Literal["remanufacture", "reuse", "recycle"]
Verdict = Literal["passed", "failed", "uncertain", "not_assessable", "given"]


@dataclass(frozen=True, slots=True)
class Clause:
    """Where a rule or a number comes from, and how far that was checked."""

    source: str
    clause: str | Unknown = UNKNOWN
    read_on: date | Unknown = UNKNOWN
    evidence: Literal["text", "memory", "own"] = "own"
    status: Literal["in force", "planned", "own"] = "own"


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit of the battery. `value` unknown means: the rule exists, its number is not public.

    `basis` says whether `value` is an absolute figure, relative to the rating, or in points;
    `statistic` whether it binds the value, the mean, the maximum or the 95th percentile.
    A `safety` limit is a gate: without its reading nothing may be reused.
    """

    id: str
    kind: Literal["limit"]
    quantity: str
    bound: Literal["at_least", "at_most", "is_true"]
    value: float | Unknown
    unit: str
    origin: Clause
    basis: Literal["absolute", "relative", "points"] = "absolute"
    statistic: Literal["value", "mean", "maximum", "p95"] = "value"
    safety: bool = False


@dataclass(frozen=True, slots=True)
class Requirement:
    """A requirement of the method: `condition` is a field of Conditions, bounded both ways."""

    id: str
    kind: Literal["requirement"]
    quantity: str
    condition: str
    unit: str
    origin: Clause
    minimum: float | Unknown = UNKNOWN
    maximum: float | Unknown = UNKNOWN


@dataclass(frozen=True, slots=True)
class Parameter:
    """A figure that has to be given, without a limit."""

    id: str
    kind: Literal["parameter"]
    quantity: str
    unit: str
    origin: Clause


Rule = Limit | Requirement | Parameter


@dataclass(frozen=True, slots=True)
class GradeClass:
    """One class, best first; a battery is in the first class whose limits it meets."""

    id: str
    route: RouteName
    limits: tuple[str, ...]
    label: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DecisionRule:
    """How an interval meets a limit.

    A side is decided when its probability is at least `confidence`; `risk` says whose error
    that guards against; the grade is shown with `digits` decimals and holds for `validity_days`.
    """

    confidence: float
    risk: Literal["buyer", "seller", "shared"]
    digits: int
    validity_days: int


@dataclass(frozen=True, slots=True)
class Ruleset:
    """A versioned set of rules."""

    id: str
    title: Mapping[str, str]
    issuer: str
    own: bool
    rules: tuple[Rule, ...]
    classes: tuple[GradeClass, ...]
    decision: DecisionRule
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class RuleOutcome:
    """What one rule says of one battery.

    `probability_met` is the probability that the rule is met, from the quantiles of the figure;
    `distance` is figure minus limit, in the rule's unit.
    """

    rule_id: str
    kind: Literal["limit", "requirement", "parameter"]
    verdict: Verdict
    quantity: str
    value: float | bool | Unknown = UNKNOWN
    low: float | Unknown = UNKNOWN
    high: float | Unknown = UNKNOWN
    limit: float | Unknown = UNKNOWN
    unit: str = "1"
    probability_met: float | Unknown = UNKNOWN
    distance: float | Unknown = UNKNOWN
    reason: str = ""
    values: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Grade:
    """The outcome of a ruleset: a class with every reason, or a refusal with what is missing."""

    status: Literal["graded", "undecided", "refused"]
    ruleset_id: str
    ruleset_sha256: str
    grade_class: str | Unknown = UNKNOWN
    probability: float | Unknown = UNKNOWN
    class_probabilities: Mapping[str, float] = field(default_factory=dict)
    outcomes: tuple[RuleOutcome, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    validity_days: int | Unknown = UNKNOWN


@dataclass(frozen=True, slots=True)
class Term:
    """One named amount of a route's value: positive is received, negative is paid."""

    name: str
    low: float
    central: float
    high: float
    unit: str
    source: str
    values: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Alternative:
    """One way a battery can go, as the sum of its terms, or why it may not go there."""

    route: RouteName
    allowed: bool
    reason: str
    terms: tuple[Term, ...] = ()
    low: float | Unknown = UNKNOWN
    central: float | Unknown = UNKNOWN
    high: float | Unknown = UNKNOWN
    unit: str = "USD"


@dataclass(frozen=True, slots=True)
class Route:
    """The chosen way with every alternative's figure, or a refusal."""

    status: Literal["chosen", "leading", "refused"]
    prices_id: str
    choice: RouteName | Unknown = UNKNOWN
    alternatives: tuple[Alternative, ...] = ()
    margin: float | Unknown = UNKNOWN
    switching_price_per_kwh: float | Unknown = UNKNOWN
    refusals: tuple[Refusal, ...] = ()


@dataclass(frozen=True, slots=True)
class StageChoice:
    """One test considered as the next: how often it would decide, and what the way through it costs on average.

    `minutes` are its own, handling included; `expected_minutes` those until a decision when it comes next.
    `reason` is a code of kind ``reason``.
    """

    stage: str
    minutes: float
    decides: float
    expected_minutes: float
    reason: str
    values: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NextTest:
    """The test to run next, no stage where none is needed, with every alternative and its reason."""

    stage: str
    reason: str
    choices: tuple[StageChoice, ...] = ()
    values: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Assessment:
    """Everything said about one battery from its tests, and what was said of it beside them.

    `cell_evidence` names the rows behind the figures of `cells`, by field: the same rows for every cell.
    """

    battery: Battery
    sources: tuple[Provenance, ...]
    measurements: tuple[Measurement, ...]
    refusals: tuple[Refusal, ...]
    grade: Grade
    route: Route
    findings: tuple[Finding, ...] = ()
    cell_verdicts: tuple[CellVerdict, ...] = ()
    cells: tuple[CellFigure, ...] = ()
    cell_evidence: Mapping[str, tuple[Evidence, ...]] = field(default_factory=dict)
    observations: tuple[Observation, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    bms: BmsSnapshot | Unknown = UNKNOWN
    next_test: NextTest | Unknown = UNKNOWN
