"""Rapid evaluation within the chain: alone, beside a full test, in a series that was tested otherwise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.health.rapid.conftest import ABOUT
from tests.health.rapid.pulses import table
from tests.health.rapid.test_evaluate import recording

import hwan
from hwan import core
from hwan.assess import Rapid, is_shifted, load_stages
from hwan.health.rapid import PULSES_5_SECOND, calibrate, corrected
from hwan.routing import load_prices

BATTERY = core.Battery("a", core.BatteryType("lfp", 20.0, upper_voltage_volt=4.3, lower_voltage_volt=2.5), "cell")
SAFE = tuple(
    core.Observation(quantity, value, unit)
    for quantity, value, unit in (
        ("visual_inspection", True, "1"),
        ("insulation_resistance", 1800.0, "ohm/V"),
        ("cell_voltage_spread", 0.01, "V"),
    )
)  # fmt: skip
Asked = Callable[..., core.Assessment]


@pytest.fixture(scope="module")
def rapid() -> Rapid:
    return Rapid((calibrate(table(cells=30, visits=3), ABOUT).model,), load_stages("house-stages/1"))


def made(volts: np.ndarray) -> core.Recording:
    def record(time: Any, voltage: Any, current: Any, **columns: Any) -> core.Recording:
        named = {"test_time_second": time, "voltage_volt": voltage, "current_ampere": current, **columns}
        digest = f"{abs(hash(tuple(voltage))):064x}"
        return core.Recording(core.Provenance("made", "made.csv", digest, 1, "tests", "1"), pl.DataFrame(named).lazy())

    return recording(record, volts, surface_temperature_celsius=25.0)


def asked(rapid: Rapid, volts: np.ndarray, observations: tuple[core.Observation, ...] = SAFE) -> core.Assessment:
    return hwan.evaluate(
        [made(volts)], BATTERY, observations=observations, ruleset="house-rapid/1",
        prices=load_prices("everbatt-2023-kr/1"), rapid=rapid,
    )  # fmt: skip


def of_health(health: float) -> np.ndarray:
    new = table(cells=60, visits=1, seed=21)
    return np.array(new.values[int(np.argmin(np.abs(new.state_of_health - health)))])


def test_pulses_answer_and_a_class_ends_the_testing(rapid: Rapid) -> None:
    found = asked(rapid, of_health(0.70))
    (health,) = (each for each in found.measurements if each.quantity == "state_of_health_capacity")
    assert health.method == "rapid.pulses"
    assert {each.code for each in found.findings if each.severity == "stop"} == set()
    assert isinstance(found.next_test, core.NextTest)
    assert (found.grade.status == "graded") == (found.next_test.reason == "stage_decided")


def test_near_a_limit_the_full_test_comes_next(rapid: Rapid) -> None:
    found = asked(rapid, of_health(0.80))
    assert found.grade.status in ("undecided", "refused")  # refused where the interval is hardly a measurement
    assert {each.test_needed for each in found.grade.refusals} == {"full_charge_rest_discharge"}
    assert isinstance(found.next_test, core.NextTest)
    assert found.next_test.stage == "full"
    assert {each.stage for each in found.next_test.choices} == {"relaxation", "partial", "full"}


def test_nothing_is_graded_without_the_safety_items(rapid: Rapid) -> None:
    found = asked(rapid, of_health(0.70), ())
    assert found.grade.status == "refused"
    assert isinstance(found.next_test, core.NextTest)
    assert (found.next_test.stage, found.next_test.reason) == ("gate", "stage_gate_first")


def test_a_failed_safety_item_ends_every_test(rapid: Rapid) -> None:
    failed = (replace(SAFE[0], value=False), *SAFE[1:])
    found = asked(rapid, of_health(0.70), failed)
    assert isinstance(found.next_test, core.NextTest)
    assert (found.next_test.stage, found.next_test.reason) == ("", "stage_gate_stopped")


def test_a_series_that_was_tested_otherwise_is_noticed_and_not_answered(rapid: Rapid) -> None:
    new = table(cells=24, visits=1, seed=22)
    plain = [asked(rapid, volts) for volts in new.values[:8]]
    assert not is_shifted(rapid, plain)
    moved = new.values[:8].copy()
    for number, rate in enumerate(PULSES_5_SECOND.rates_per_hour):  # a worse contact
        moved[:, 1 + 4 * number : 3 + 4 * number] += 0.04 * rate
    assert is_shifted(rapid, [asked(rapid, volts) for volts in moved])
    again = asked(replace(rapid, shifted=True), new.values[0])
    assert "rapid_series_shifted" in {each.code for each in again.refusals}
    assert not [each for each in again.measurements if each.quantity == "state_of_health_capacity"]


def test_overpotentials_of_a_later_visit_stay_inside_the_interval(rapid: Rapid) -> None:
    new = table(cells=24, visits=1, seed=23)
    inside = []
    for volts, truth in zip(corrected(new.values, 0.93, PULSES_5_SECOND), new.state_of_health, strict=True):
        found = [each for each in asked(rapid, volts).measurements if each.quantity == "state_of_health_capacity"]
        inside += [each.interval[0] <= truth <= each.interval[1] for each in found]
    assert len(inside) >= 16
    assert np.mean(inside) >= 0.8


def test_a_full_test_supersedes_the_rapid_answer_and_says_how_far_off_it_was(lab_data) -> None:
    from hwan.health.rapid import load_model

    path = next((lab_data / "retired" / "cycler_raw" / "nebula").glob("NMC_C_21*"))
    kind = core.BatteryType("nmc622", 21.0, upper_voltage_volt=4.2, lower_voltage_volt=2.7)
    own = Rapid((load_model("pulsebat-nmc21/1"),), load_stages("house-stages/1"))
    found = hwan.evaluate(
        [hwan.read(path)], core.Battery("a", kind, "cell"), ruleset="house-rapid/1",
        prices=load_prices("everbatt-2023-kr/1"), rapid=own,
    )  # fmt: skip
    methods = [each.method for each in found.measurements if each.quantity == "state_of_health_capacity"]
    assert methods == ["rapid.pulses", "state_of_health_capacity.ratio"]
    assert "rapid_agrees_with_full_test" in {each.code for each in found.findings}
