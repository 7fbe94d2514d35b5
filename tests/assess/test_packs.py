"""Packs the whole way: logs and channels through the chain, and what stops a grade."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hwan.assess import evaluate
from hwan.core import Assessment, Observation, from_json, to_json
from hwan.synthetic import Bms, Faults, pack_test

SAFE = (
    Observation("visual_inspection", value=True),
    Observation("insulation_resistance", 900.0, "ohm/V"),
    Observation("cell_voltage_spread", 0.01, "V"),
)
RULES = {"ruleset": "house/1", "prices": "everbatt-2023-kr/1"}


def assessed(made, observations=SAFE, tests=None):
    battery = replace(made.battery, type=replace(made.battery.type, cells_per_module=4))
    return evaluate(tests or [made.test], battery, observations=observations, **RULES)


@pytest.fixture(scope="module")
def made():
    return pack_test(9, series=12, bms=Bms())


@pytest.fixture(scope="module")
def result(made):
    return assessed(made)


def test_a_pack_with_two_logs_is_graded_and_its_cells_are_named(result, made):
    assert result.grade.status == "graded"
    assert [verdict.question for verdict in result.cell_verdicts] == [
        "first_to_empty",
        "first_to_full",
        "highest_resistance",
    ]
    for verdict in result.cell_verdicts:
        assert getattr(made.truth, verdict.question) in verdict.candidates
    assert [cell.cell for cell in result.cells] == list(range(1, 13))
    quantities = {each.quantity for each in result.measurements}
    assert quantities >= {
        "capacity",
        "capacity_after_balancing",
        "capacity_after_replacement",
        "energy_after_balancing",
    }


def test_the_capacity_of_the_string_is_not_that_of_the_mended_pack(result, made):
    figures = {each.quantity: each for each in result.measurements if not each.conditions.replaced_modules}
    low, high = figures["capacity"].interval
    assert low <= made.truth.capacity_ah <= high
    assert figures["capacity_after_balancing"].value >= figures["capacity"].value
    assert figures["capacity_after_balancing"].conditions.intervention == "balanced"


def test_every_source_is_named(result, made):
    assert [source.source_name for source in result.sources] == [
        each.provenance.source_name for each in (made.recording, *made.logs)
    ]


def test_verdicts_and_cells_come_back_from_json(result):
    again = from_json(Assessment, to_json(result))
    assert again.cell_verdicts == result.cell_verdicts
    assert again.cells == result.cells


def test_without_safety_readings_a_pack_is_not_graded(made):
    assert assessed(made, ()).grade.status == "refused"


@pytest.mark.parametrize(
    ("faults", "code"),
    [
        (Faults(truncated_log=True), "cell_log_incomplete"),
        (Faults(absent_cell=7), "cell_unseen"),
        (Faults(stuck_cell=7), "cell_column_stuck"),
    ],
)
def test_what_nobody_saw_stops_the_grade(faults, code):
    found = assessed(pack_test(9, series=12, bms=Bms(), faults=faults))
    assert code in {finding.code for finding in found.findings}
    assert found.grade.status == "refused"
    assert not any(verdict.decided for verdict in found.cell_verdicts)


def test_readings_without_an_answer_are_told_and_cost_no_verdict(result):
    found = assessed(pack_test(9, series=12, bms=Bms(), faults=Faults(sentinel_cell=8)))
    (finding,) = [each for each in found.findings if each.code == "cell_without_answer"]
    assert finding.values["cells"] == "8"
    assert [each.cell for each in found.cell_verdicts] == [each.cell for each in result.cell_verdicts]


def test_the_log_of_another_pack_stops_the_grade(made):
    other = pack_test(10, series=12, bms=Bms())
    mixed = replace(made.test, cell_logs=(made.logs[0], other.logs[1]))
    found = assessed(made, tests=[mixed])
    assert "cell_log_not_aligned" in {finding.code for finding in found.findings}
    assert found.grade.status == "refused"


def test_channels_in_parallel_are_one_battery():
    several = pack_test(9, series=12, channels=2)
    found = assessed(several)
    capacity = next(each for each in found.measurements if each.quantity == "capacity")
    low, high = capacity.interval
    assert low <= several.truth.capacity_ah <= high
    assert "channels_summed" in {finding.code for finding in found.findings}
    assert len(found.cell_verdicts) == 3
