"""Which test comes next: the one whose expected gain in the decision exceeds its cost, both in minutes.

Without any further short test the full one has to decide. A short test saves the full one as often as it
decides; it is worth its own minutes where it does so often enough. What it would say is not known before, but
how often it would decide follows from what is known now and from its half-width (preposterior analysis,
Raiffa and Schlaifer 1961).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hwan.assess._stages import LAST, Stage, Stages
from hwan.core import NextTest, StageChoice, Unknown, is_known
from hwan.health._normal import normal_distribution, normal_quantile

HALF_WIDTH_SIGMA: Final = 1.6448536269514722
GRID: Final = 801
SPAN_SIGMA: Final = 5.0


@dataclass(frozen=True, slots=True)
class Belief:
    """State of health as known so far: mean and standard deviation of a normal law, as fractions."""

    mean: float
    sigma: float

    @classmethod
    def of_interval(cls, low: float, high: float) -> Belief:
        """Return the belief that a central 90 % interval states."""
        return cls((low + high) / 2, (high - low) / 2 / HALF_WIDTH_SIGMA)

    def decided(self, limits: Sequence[float], confidence: float) -> bool:
        """Return whether every limit lies on one side with `confidence`."""
        return all(abs(self.mean - limit) >= normal_quantile(confidence) * self.sigma for limit in limits)


def next_test(
    stages: Stages,
    belief: Belief,
    limits: Sequence[float],
    *,
    confidence: float = 0.95,
    done: Sequence[str] = (),
    gate: bool | Unknown,
    half_widths_points: Mapping[str, float] | None = None,
    graded: bool | None = None,
) -> NextTest:
    """Return the test to run next on one battery.

    Parameters
    ----------
    stages
        The centre's tests.
    belief
        State of health as known so far; before any test that of the population.
    limits
        Limits of the ruleset on the state of health, as fractions.
    confidence
        From which probability on a side is decided.
    done
        Ids of the stages already run.
    gate
        Whether the safety gate is passed; it goes before everything.
    half_widths_points
        Half of the 90 % interval of a stage for this type, where it was calibrated; before that of the file.
    graded
        Whether the battery has a class, where it was graded; else the belief tells.

    Returns
    -------
    NextTest
        Without a stage when the gate stopped the battery or every limit is decided.
    """
    if not is_known(gate):
        return NextTest("gate", "stage_gate_first")
    if not gate:
        return NextTest("", "stage_gate_stopped")
    decided = belief.decided(limits, confidence)
    if graded or (graded is None and decided):
        return NextTest("", "stage_decided")
    if decided:  # the limits are clear, and yet a rule asks for more than a short test gives
        return NextTest(LAST, "stage_rule_asks", (), {"stage": LAST})
    last = stages.named(LAST)
    known = {each.id: _half_width(each, half_widths_points or {}) for each in stages.stages}
    open_stages = [each for each in stages.stages if each.gives == "state_of_health_capacity" and each.id not in done]
    usable = [each for each in open_stages if each.id != LAST and known[each.id] is not None]
    plans = {plan: _expected(plan, last, known, belief, limits, confidence) for plan in _plans(usable)}
    best = min(plans, key=lambda plan: plans[plan])
    chosen = best[0].id if best else LAST
    choices = [_choice(each, plans, known, belief, limits, confidence, chosen) for each in open_stages]
    saved = plans[()] - plans[best]
    reason = "stage_saves_minutes" if best else "stage_full_needed"
    return NextTest(chosen, reason, tuple(choices), {"stage": chosen, "saved_minutes": round(saved, 1)})


Plan = tuple[Stage, ...]
Known = Mapping[str, float | None]


def _half_width(stage: Stage, calibrated: Mapping[str, float]) -> float | None:
    """Return half the interval as a fraction; None for a stage that decides nothing."""
    points = calibrated.get(stage.id, stage.half_width_points)
    return float(points) / 100 if stage.validated and is_known(points) and np.isfinite(points) else None


def _plans(stages: Sequence[Stage]) -> list[Plan]:
    """Return every choice of short stages before the full one, in the order of the file; first the empty one."""
    return [plan for count in range(len(stages) + 1) for plan in combinations(stages, count)]


def _expected(
    plan: Plan, last: Stage, known: Known, belief: Belief, limits: Sequence[float], confidence: float
) -> float:
    """Return the minutes of a plan on average: each stage runs where those before it did not decide."""
    minutes, information, undecided = 0.0, 0.0, 1.0
    for stage in plan:
        minutes += undecided * stage.minutes.total
        information += (HALF_WIDTH_SIGMA / (known[stage.id] or np.inf)) ** 2
        undecided = 1 - _decides(belief, information, limits, confidence)
    return minutes + undecided * last.minutes.total


def _decides(belief: Belief, information: float, limits: Sequence[float], confidence: float) -> float:
    """Return how often a test decides whose own standard deviation is 1/sqrt(information)."""
    after = 1 / np.sqrt(1 / belief.sigma**2 + information)
    spread = np.sqrt(max(belief.sigma**2 - after**2, 1e-18))
    grid = belief.mean + spread * np.linspace(-SPAN_SIGMA, SPAN_SIGMA, GRID)
    far = [np.abs(grid - limit) >= normal_quantile(confidence) * after for limit in limits]
    return float(_masses()[np.logical_and.reduce(far)].sum()) if far else 1.0


@cache
def _masses() -> NDArray[np.float64]:
    """Return the probability of each point of the grid under a standard normal law, shape (GRID,)."""
    return np.diff(normal_distribution(np.linspace(-SPAN_SIGMA, SPAN_SIGMA, GRID + 1)))


def _choice(
    stage: Stage,
    plans: Mapping[Plan, float],
    known: Known,
    belief: Belief,
    limits: Sequence[float],
    confidence: float,
    chosen: str,
) -> StageChoice:
    half = known[stage.id]
    if half is None:
        return StageChoice(stage.id, stage.minutes.total, 0.0, plans[()] + stage.minutes.total, "stage_always_defers")
    decides = _decides(belief, (HALF_WIDTH_SIGMA / half) ** 2, limits, confidence)
    through = [cost for plan, cost in plans.items() if plan and plan[0].id == stage.id]
    expected = min(through) if through else plans[()]
    reason = "stage_chosen" if stage.id == chosen else "stage_costs_more"
    more = {"more_minutes": round(expected - min(plans.values()), 1)}
    return StageChoice(stage.id, stage.minutes.total, decides, expected, reason, more)
