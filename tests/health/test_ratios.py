from __future__ import annotations

from dataclasses import replace

import pytest

from hwan.core import BatteryType, ErrorComponent, Measurement, Refusal
from hwan.health import analyse, capacity_of, efficiencies, energy_of, largest_discharge_of, retained, state_of_health
from hwan.health._capacity import VALIDATION
from hwan.synthetic import cell_test

CYCLE = ((5, 7200), (0, 600), (-5, 7200), (0, 600))


@pytest.fixture(scope="module")
def analysis(cell):
    return analyse(cell.recording)


def test_capacity_and_energy_have_each_their_own_state_of_health(cell, analysis, kind):
    charge, energy = capacity_of(analysis, kind), energy_of(analysis, kind)
    of_charge, of_energy = state_of_health(charge, kind), state_of_health(energy, kind)
    assert isinstance(of_charge, Measurement)
    assert isinstance(of_energy, Measurement)
    assert (of_charge.quantity, of_energy.quantity) == ("state_of_health_capacity", "state_of_health_energy")
    assert of_charge.value == pytest.approx(cell.truth.state_of_health, rel=3e-3)
    assert of_energy.value == pytest.approx(cell.truth.state_of_health_energy, rel=3e-3)
    assert of_charge.conditions.denominator.value == kind.rated_capacity_ah
    assert of_energy.conditions.denominator.unit == "Wh"
    assert of_charge.evidence == charge.evidence
    assert of_charge.unit == "1"


def test_without_a_rating_or_a_capacity_it_is_refused(analysis, kind):
    refused = state_of_health(capacity_of(analysis, kind), BatteryType())
    assert isinstance(refused, Refusal)
    assert (refused.code, refused.missing) == ("rating_unknown", ("rated capacity",))
    none = state_of_health(Refusal("energy", "no_rest_recorded"), kind)
    assert isinstance(none, Refusal)
    assert (none.quantity, none.code) == ("state_of_health_energy", "no_rest_recorded")


def test_what_is_retained_is_better_known_by_one_instrument_than_by_two():
    fresh, aged = cell_test(7), cell_test(8)
    one, two = (capacity_of(analyse(test.recording), test.battery.type) for test in (aged, fresh))
    assert isinstance(one, Measurement)
    assert isinstance(two, Measurement)
    same = replace(two, components=tuple(_of(part, "synthetic-7", "synthetic-8") for part in two.components))
    apart, together = retained(one, two), retained(one, same)
    assert apart.value == together.value == one.value / two.value
    assert apart.quantity == "retained_capacity"
    assert together.interval[1] - together.interval[0] < apart.interval[1] - apart.interval[0]
    assert retained(one, one).interval[0] == pytest.approx(1, abs=5e-4)


def _of(part: ErrorComponent, old: str, new: str) -> ErrorComponent:
    return replace(part, shared_key=part.shared_key.replace(old, new))


def test_different_quantities_are_not_compared(analysis, kind):
    charge, energy = capacity_of(analysis, kind), energy_of(analysis, kind)
    with pytest.raises(ValueError, match="cannot compare capacity in Ah with energy in Wh"):
        retained(charge, energy)


def test_efficiencies_of_the_last_complete_cycle(record, walk):
    recording = record(*walk((0, 60), *CYCLE * 2, soc=0.0, every=10))
    coulombic, energy = efficiencies(recording)
    assert isinstance(coulombic, Measurement)
    assert isinstance(energy, Measurement)
    assert coulombic.value == pytest.approx(1, abs=1e-9)
    assert energy.value == pytest.approx((3.5 - 0.05) / (3.5 + 0.05), rel=1e-3)
    assert coulombic.evidence[0].first_row > 1000
    assert coulombic.validation == energy.validation == VALIDATION


def test_the_current_gain_cancels_and_its_offset_does_not(record, walk):
    coulombic, energy = efficiencies(record(*walk((0, 60), *CYCLE, soc=0.0, every=10)))
    assert isinstance(coulombic, Measurement)
    assert isinstance(energy, Measurement)
    for efficiency in (coulombic, energy):
        effect = {part.name: part.effect for part in efficiency.components if part.shared_key}
        assert effect["current_gain"] == pytest.approx(0, abs=1e-12)
        assert abs(effect["current_offset"]) > 1e-5
    assert {part.name for part in energy.components} >= {"voltage_gain", "voltage_offset"}


@pytest.mark.parametrize("parts", [CYCLE[:2], CYCLE[2:], ((0, 60),)])
def test_without_a_complete_cycle_both_are_refused(record, walk, parts):
    for result in efficiencies(record(*walk(*parts, soc=0.5))):
        assert isinstance(result, Refusal)
        assert (result.code, result.test_needed) == ("no_complete_cycle", "full_cycle")


def test_a_lower_bound_has_no_state_of_health(cell):
    bound = next(iter(largest_discharge_of(analyse(cell.recording), cell.battery.type)))
    with pytest.raises(ValueError, match="discharged_charge"):
        state_of_health(bound, cell.battery.type)


def test_a_lower_bound_says_so(cell):
    bound = next(iter(largest_discharge_of(analyse(cell.recording), cell.battery.type)))
    assert bound.method == "discharged.deepest"
    assert bound.validation.status == "unvalidated"
    assert not {each.name for each in bound.components} & {"window", "voltage_gain", "voltage_offset"}


def test_an_efficiency_above_one_is_told(record, walk):
    cycle = ((5, 6000), (0, 60), (-5, 6100), (0, 60))
    coulombic, _ = efficiencies(record(*walk((-5, 3600), *cycle, soc=0.55)))
    assert coulombic.value == pytest.approx(61 / 60, abs=0.001)
    assert [each.code for each in coulombic.findings] == ["efficiency_above_one"]
