"""The chain: measurements, grade and route of synthetic batteries with known truth."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from hwan.assess import evaluate
from hwan.core import (
    UNKNOWN,
    Assessment,
    BmsSnapshot,
    Observation,
    Test,
    UnknownName,
    UsageError,
    from_json,
    to_json,
)
from hwan.synthetic import Faults, cell_test, pack_test

SAFE = (
    Observation("visual_inspection", value=True),
    Observation("insulation_resistance", 900.0, "ohm/V"),
    Observation("cell_voltage_spread", 0.01, "V"),
)
RULES = {"ruleset": "house/1", "prices": "everbatt-2023-kr/1"}


@pytest.fixture(scope="module")
def assessed(pack):
    return evaluate([pack.recording], pack.battery, observations=SAFE, **RULES)


def value(assessment, quantity):
    return next(each for each in assessment.measurements if each.quantity == quantity)


def test_a_pack_goes_the_whole_way(assessed, pack):
    low, high = value(assessed, "capacity").interval
    assert low <= pack.truth.capacity_ah <= high
    assert assessed.grade.status == "graded"
    assert assessed.route.choice == assessed.grade.grade_class
    assert assessed.findings == ()
    assert {each.route for each in assessed.route.alternatives} == {"remanufacture", "reuse", "recycle"}


def test_an_assessment_comes_back_from_json(assessed):
    document = to_json(assessed)
    assert from_json(Assessment, document) == assessed
    assert "null" not in document


def test_without_safety_readings_there_is_no_grade_and_no_route(pack):
    result = evaluate([pack.recording], pack.battery, **RULES)
    assert result.grade.status == result.route.status == "refused"
    assert {each.code for each in result.grade.refusals} == {"safety_item_absent"}


def test_a_cell_is_not_routed(cell):
    result = evaluate([cell.recording], cell.battery, observations=SAFE, **RULES)
    assert result.grade.status == "graded"
    assert [each.code for each in result.route.refusals] == ["level_is_cell"]


@pytest.mark.parametrize(
    ("faults", "code"),
    [
        (Faults(current_sign_swapped=True), "current_sign_against_voltage"),
        (Faults(current_in_milliampere=True), "current_scale_against_counter"),
        (Faults(current_in_milliampere=True, counters_in_milliampere_hour=True), "current_scale_against_rating"),
    ],
)
def test_a_record_that_cannot_be_is_not_graded(faults, code):
    test = cell_test(3, faults=faults)
    result = evaluate([test.recording], test.battery, observations=SAFE, **RULES)
    assert code in {each.code for each in result.findings if each.severity == "stop"}
    assert result.grade.status == "refused"


def test_truncated_is_a_lower_bound():
    test = cell_test(3, faults=Faults(truncated=True))
    result = evaluate([test.recording], test.battery, observations=SAFE, **RULES)
    assert value(result, "discharged_charge").value < test.truth.capacity_ah
    assert "cutoff_not_reached" in {each.code for each in result.refusals}
    assert result.grade.status == "refused"


def test_a_stated_temperature_stands_in_and_says_so(cell):
    columns = ("surface_temperature_celsius", "ambient_temperature_celsius")
    bare = replace(cell.recording, samples=cell.recording.samples.drop(columns))
    refused = evaluate([bare], cell.battery, observations=SAFE, **RULES)
    stated = (*SAFE, Observation("ambient_temperature", 25.0, "degC"))
    graded = evaluate([bare], cell.battery, observations=stated, **RULES)
    assert "conditions_do_not_match" in {each.code for each in refused.grade.refusals}
    assert graded.grade.status == "graded"
    assert value(graded, "capacity").conditions.temperature_place == "stated_by_the_user"


@pytest.mark.parametrize(("claim", "severity"), [(0.99, "warning"), (None, "note")])
def test_the_bms_is_compared_and_never_believed(cell, claim, severity):
    claimed = claim or cell.truth.state_of_health + 0.01
    result = evaluate([cell.recording], cell.battery, bms=BmsSnapshot(state_of_health=claimed), **RULES)
    found = [each for each in result.findings if each.code == "bms_against_measurement"]
    assert [each.severity for each in found] == [severity]
    assert value(result, "state_of_health_capacity").value < claimed


def test_recordings_of_one_test_are_one_battery(cell):
    both = evaluate([Test((cell.recording, cell.recording))], cell.battery, **RULES)
    assert len(both.sources) == 2
    assert value(both, "capacity") == value(evaluate([cell.recording], cell.battery, **RULES), "capacity")


def test_a_refusal_stands_only_where_no_recording_answers(cell):
    half = cell_test(7, faults=Faults(truncated=True))
    result = evaluate([half.recording, cell.recording], cell.battery, **RULES)
    assert "capacity" not in {each.quantity for each in result.refusals}


def test_an_unknown_ruleset_is_told():
    test = pack_test(1, series=2)
    with pytest.raises(UnknownName, match="house/1"):
        evaluate([test.recording], test.battery, ruleset="hose/1", prices="everbatt-2023-kr/1")


@pytest.mark.parametrize(
    "wrong",
    [
        {"observations": [Observation("insulation_resistence", 900.0, "ohm/V")]},
        {"observations": [Observation("cell_voltage_spread", -5.0, "V")]},
        {"bms": BmsSnapshot(state_of_health=78.0)},
    ],
)
def test_a_reading_that_cannot_be_is_refused(cell, wrong):
    with pytest.raises(UsageError):
        evaluate([cell.recording], cell.battery, **wrong, **RULES)


def test_a_wrong_rating_stops(cell):
    small = replace(cell.battery, type=replace(cell.battery.type, rated_capacity_ah=cell.truth.capacity_ah / 1.2))
    result = evaluate([cell.recording], small, observations=SAFE, **RULES)
    assert "rating_implausible" in {each.code for each in result.findings if each.severity == "stop"}
    assert result.grade.status == "refused"


def test_cutoffs_that_nobody_stated_stop(cell):
    unstated = replace(cell.battery.type, upper_voltage_volt=UNKNOWN, lower_voltage_volt=UNKNOWN)
    twice = pl.concat([cell.samples, cell.samples.with_columns(pl.col("test_time_second") + 60_000)], how="vertical")
    twice = twice.with_columns(step_count=pl.col("step_id").rle_id().cast(pl.Int64))
    recording = replace(cell.recording, samples=twice.lazy())
    result = evaluate([recording], replace(cell.battery, type=unstated), observations=SAFE, **RULES)
    assert value(result, "capacity").value > 0
    assert "cutoffs_from_record" in {each.code for each in result.findings if each.severity == "stop"}
    assert result.grade.status == "refused"


def test_a_spread_in_the_record_counts_at_the_gate(pack):
    shifted = pack.recording.samples.with_columns(
        pl.col("cell_001_voltage_volt") + 0.2, voltage_volt=pl.col("voltage_volt") + 0.2
    )
    result = evaluate([replace(pack.recording, samples=shifted)], pack.battery, observations=SAFE, **RULES)
    assert result.grade.grade_class == "recycle"
