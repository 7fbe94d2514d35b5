"""The test that comes next is the one that saves most minutes until a decision."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwan.assess._next import Belief, next_test
from hwan.assess._stages import load_stages
from hwan.core import LANGUAGES, UNKNOWN, BadDefinition, text

STAGES = load_stages("house-stages/1")
LIMITS = (0.8, 0.6)
POPULATION = Belief(0.75, 0.10)


def test_the_safety_gate_goes_before_everything() -> None:
    assert next_test(STAGES, POPULATION, LIMITS, gate=UNKNOWN).stage == "gate"
    stopped = next_test(STAGES, POPULATION, LIMITS, gate=False)
    assert (stopped.stage, stopped.reason) == ("", "stage_gate_stopped")


def test_a_pulse_is_tried_first_where_it_often_decides() -> None:
    found = next_test(STAGES, POPULATION, LIMITS, gate=True, half_widths_points={"pulse": 3.0})
    assert (found.stage, found.reason) == ("pulse", "stage_saves_minutes")
    chosen = next(each for each in found.choices if each.stage == "pulse")
    # By hand: 28 min for all, 488 more for those it leaves undecided.
    assert chosen.expected_minutes == pytest.approx(28 + (1 - chosen.decides) * 488, abs=0.1)


def test_a_pulse_that_seldom_decides_is_left_out() -> None:
    near = Belief(0.80, 0.03)
    found = next_test(STAGES, near, LIMITS, gate=True, half_widths_points={"pulse": 6.0})
    assert (found.stage, found.reason) == ("full", "stage_full_needed")


def test_nothing_is_tested_once_every_limit_is_decided() -> None:
    assert next_test(STAGES, Belief(0.90, 0.02), LIMITS, gate=True).reason == "stage_decided"


def test_a_partial_test_follows_an_undecided_pulse() -> None:
    after = Belief.of_interval(0.77, 0.85)
    halves = {"pulse": 4.0, "partial": 1.0}
    found = next_test(STAGES, after, LIMITS, gate=True, done=("pulse",), half_widths_points=halves)
    assert found.stage == "partial"
    assert {each.stage for each in found.choices} == {"relaxation", "partial", "full"}


def test_methods_without_validation_never_decide() -> None:
    found = next_test(STAGES, POPULATION, LIMITS, gate=True, half_widths_points={"relaxation": 0.5, "pulse": 3.0})
    relaxation = next(each for each in found.choices if each.stage == "relaxation")
    assert (relaxation.decides, relaxation.reason) == (0.0, "stage_always_defers")


@given(st.floats(0.5, 1.0), st.floats(0.005, 0.15), st.floats(0.3, 12.0), st.floats(0.3, 12.0))
def test_the_chosen_way_never_costs_more_than_the_full_test(mean, sigma, pulse, partial) -> None:
    halves = {"pulse": pulse, "partial": partial}
    found = next_test(STAGES, Belief(mean, sigma), LIMITS, gate=True, half_widths_points=halves)
    costs = {each.stage: each.expected_minutes for each in found.choices}
    if found.stage:
        assert costs[found.stage] <= costs["full"] + 1e-9
        assert costs[found.stage] == min(costs.values())
    for language in LANGUAGES:
        for each in (found, *found.choices):
            assert text("reason", each.reason, language, each.values)


def test_a_file_without_a_full_test_is_refused(tmp_path) -> None:
    path = tmp_path / "stages.toml"
    path.write_text(
        'id = "mine/1"\nissuer = "me"\ntitle = {en = "a", ko = "가"}\n[[stages]]\nid = "pulse"\n'
        'gives = "state_of_health_capacity"\n'
        "minutes = {connect = 1, soak = 0, set_charge = 0, rest = 0, test = 1, disconnect = 1}\n"
        'half_width_points = 3\nvalidated = true\nsource = "me"\n',
        encoding="utf-8",
    )
    with pytest.raises(BadDefinition, match="no stage named full"):
        load_stages(path)
