"""Slow charges and discharges are found in a recording by themselves."""

from __future__ import annotations

import numpy as np
import pytest

from hwan.core import BatteryType, Refusal
from hwan.health.modes import degradation_modes, slow_curves


@pytest.fixture
def recorded(layered, record):
    """A recording of a rest, a charge, a rest and the discharge back at `hours` each way."""

    def _recorded(hours: float = 25.0):
        curve = layered.curve((0.1, 0.05, 0.05), points=900)
        current = curve.charge_ah[-1] / hours
        time = 3600 * curve.charge_ah / current
        rest = np.arange(0, 3600, 120.0)
        up, down = curve.voltage_volt, curve.voltage_volt[::-1]
        times = np.concatenate((rest, 3600 + time, 3600 + time[-1] + 60 + rest, 7260 + time[-1] + time))
        voltage = np.concatenate((np.full(30, up[0]), up, np.full(30, up[-1]), down))
        amperes = np.concatenate((np.zeros(30), np.full(900, current), np.zeros(30), np.full(900, -current)))
        return record(times, voltage, amperes)

    return _recorded


def test_a_charge_and_a_discharge_are_found_and_agree(recorded, layered):
    curves = slow_curves(recorded(), BatteryType(rated_capacity_ah=2.6))
    assert [each.direction for each in curves] == ["charge", "discharge"]
    assert curves[0].rate_per_hour == pytest.approx(0.031, rel=0.05)
    assert curves[0].evidence[0].first_row > 20
    found = [degradation_modes(each, layered.electrodes(), fresh=[layered.curve(seed=2)]) for each in curves]
    values = [each.loss_of_lithium_inventory.value for each in found]
    assert values == pytest.approx([0.1, 0.1], abs=0.01)
    assert found[0].loss_of_lithium_inventory.evidence == curves[0].evidence


def test_a_pack_is_refused(recorded):
    found = slow_curves(recorded(), BatteryType(series_count=12))
    assert isinstance(found, Refusal)
    assert (found.code, found.values["count"]) == ("modes_not_one_cell", 12)


def test_a_fast_record_has_no_slow_run(recorded):
    found = slow_curves(recorded(2.0), BatteryType(rated_capacity_ah=2.6))
    assert isinstance(found, Refusal)
    assert (found.code, found.test_needed) == ("modes_no_slow_run", "modes_slow_full_charge")
