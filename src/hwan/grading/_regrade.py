"""A stored assessment graded again: by its own ruleset, to prove it, or by another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hwan.core import OBSERVED, Assessment, Grade, Observation, Ruleset
from hwan.grading._grade import grade

Check = Literal["reproduced", "not_reproduced", "other_file"]


@dataclass(frozen=True, slots=True)
class Regrade:
    """A grade and what another ruleset makes of the same figures.

    `check` says whether the stored grade comes out again, with `old`: ``reproduced`` equal in every
    field; ``other_file`` when it was made by a file of another SHA-256, so that nothing is claimed.
    `not_stored` are the hand readings that `new` asks for and nobody took.
    """

    battery: str
    old: Grade
    new: Grade
    check: Check
    not_stored: tuple[str, ...] = ()

    @property
    def changes(self) -> bool:
        """Whether the battery comes into another class, or gains or loses its grade."""
        return (self.old.status, self.old.grade_class) != (self.new.status, self.new.grade_class)


def regrade(assessment: Assessment, old: Ruleset, new: Ruleset) -> Regrade:
    """Grade the stored figures of an assessment by `new`, after proving its stored grade with `old`.

    An assessment keeps its measurements, findings, refusals and hand readings whole. A reading that
    only `new` asks for and nobody took is absent, which is never taken as safe.

    Parameters
    ----------
    assessment
        As ``hwan evaluate --json`` saved it.
    old
        The ruleset that it was graded by; recognised by its SHA-256.
    new
        The ruleset to grade by now.
    """
    given = assessment.observations
    kept = {each.quantity for each in given} | {each.quantity for each in assessment.measurements}
    wanted = dict.fromkeys(rule.quantity for rule in new.rules if rule.quantity in OBSERVED)
    return Regrade(
        battery=assessment.battery.id,
        old=assessment.grade,
        new=_again(assessment, given, new),
        check=_check(assessment, given, old),
        not_stored=tuple(name for name in wanted if name not in kept),
    )


def _again(assessment: Assessment, given: tuple[Observation, ...], ruleset: Ruleset) -> Grade:
    findings, refusals = assessment.findings, assessment.refusals
    return grade(assessment.measurements, given, ruleset, findings=findings, refusals=refusals)


def _check(assessment: Assessment, given: tuple[Observation, ...], old: Ruleset) -> Check:
    if assessment.grade.ruleset_sha256 != old.sha256:
        return "other_file"
    return "reproduced" if _again(assessment, given, old) == assessment.grade else "not_reproduced"
