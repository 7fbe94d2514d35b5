from __future__ import annotations

import pytest

from hwan.core import BatteryType, Measurement
from hwan.health import capacity

WINDOW = BatteryType(upper_voltage_volt=4.01, lower_voltage_volt=3.0, rated_capacity_ah=10.0)


def test_a_voltage_offset_moves_both_cutoffs_by_the_slope_of_the_curve(record, walk):
    """The made cell has 10 Ah per volt: an offset gains that at one end and loses it at the other."""
    result = capacity(record(*walk((1, 18000), (0, 600), (-5, 6840), (0, 600), soc=0.5, every=10)), WINDOW)
    assert isinstance(result, Measurement)
    effect = {part.name: part.effect for part in result.components}
    assert effect["voltage_offset"] == pytest.approx(0.0, abs=1e-4)
    assert effect["voltage_gain"] == pytest.approx(10 * 0.0005 * (3.0 - 4.01), rel=0.02)
