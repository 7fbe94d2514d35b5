"""State of charge at each pulse: counted charge from a point that is known, with what it rests on said beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from hwan.core import UNKNOWN, BatteryType, Finding, Unknown, is_known
from hwan.health._analysis import Analysis
from hwan.health._discharge import CUTOFF_TOLERANCE, FULL_RATE_PER_HOUR, discharges, runs
from hwan.health._levenberg import Floats
from hwan.health._resistance import charge_course

MARGIN: Final = 0.05
"""A state of charge further than this outside 0 to 1 proves that the start or the rating is not what was taken."""
BASES: Final = ("capacity_test", "stated_start_and_rating", "full_charge_and_rating", "assumed_full_and_rating")


@dataclass(frozen=True, slots=True)
class ChargeCourse:
    """Net charge over a recording, and the state of charge that it means.

    Parameters
    ----------
    charge_ah
        Since the first sample, shape (samples,).
    soc
        State of charge as a fraction, shape (samples,); None where nothing known anchors it.
    basis
        One of :data:`BASES`.
    """

    charge_ah: Floats
    soc: Floats | None = None
    basis: str | Unknown = UNKNOWN
    findings: tuple[Finding, ...] = ()

    def at(self, sample: int) -> float | Unknown:
        """Return the state of charge at a sample."""
        return UNKNOWN if self.soc is None else float(self.soc[sample])


def charge_course_of(
    analysis: Analysis, kind: BatteryType, initial_state_of_charge: float | None = None
) -> ChargeCourse:
    """Return the state of charge over a recording.

    By the capacity test in it; else by the rating from the stated start, from a full charge in it, or from its
    fullest point taken for full, which a finding says.
    """
    course = charge_course(analysis)
    tests = [each for each in discharges(analysis, kind) if not each.lacking]
    if tests and initial_state_of_charge is None:
        run = tests[-1].run
        return _possible(course, (course - course[run.last_sample]) / -run.charge_ah, "capacity_test")
    if not is_known(kind.rated_capacity_ah):
        return ChargeCourse(course)
    rated = kind.rated_capacity_ah
    if initial_state_of_charge is not None:
        return _possible(course, initial_state_of_charge + course / rated, "stated_start_and_rating")
    full = _full_sample(analysis, kind)
    if full is not None:
        return _possible(course, 1 + (course - course[full]) / rated, "full_charge_and_rating")
    assumed = Finding("pulse_start_assumed_full", "warning", "state of charge", {"rated_ah": float(rated)})
    return _possible(course, 1 + (course - course.max()) / rated, "assumed_full_and_rating", assumed)


def _full_sample(analysis: Analysis, kind: BatteryType) -> int | None:
    """Return the sample at which the last full charge ended: at the stated upper voltage, and at a low current."""
    if not is_known(kind.upper_voltage_volt) or not is_known(kind.rated_capacity_ah):
        return None
    least, most = kind.upper_voltage_volt * (1 - CUTOFF_TOLERANCE), FULL_RATE_PER_HOUR * kind.rated_capacity_ah
    current = analysis.data.current_ampere
    charges = [run for run in runs(analysis.steps) if run.direction == "charge"]
    ends = [run.last_sample for run in charges if run.end_voltage_volt >= least]
    full = [end for end in ends if abs(current[end]) <= most]
    return full[-1] if full else None


def _possible(course: Floats, soc: Floats, basis: str, *findings: Finding) -> ChargeCourse:
    """Return the course with its state of charge, without one where it is impossible."""
    low, high = float(np.min(soc)), float(np.max(soc))
    if low < -MARGIN or high > 1 + MARGIN:
        wrong = Finding("pulse_soc_impossible", "warning", "state of charge", {"lowest": low, "highest": high})
        return ChargeCourse(course, findings=(wrong,))
    return ChargeCourse(course, soc, basis, findings)
