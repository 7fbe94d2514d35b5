from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from hwan.health import analyse, spread_of


def test_the_spread_is_that_of_the_cells_at_the_end_of_the_longest_rest(pack):
    found = spread_of(analyse(pack.recording))
    taps = pack.samples.filter(step_count=8).select(pl.col("^cell_.*_voltage_volt$")).row(-1)
    assert found.value == pytest.approx(max(taps) - min(taps))
    assert found.conditions.rest_before_second == pytest.approx(3600, rel=0.01)
    low, high = found.interval
    assert high - low == pytest.approx(4 * 0.0005 * (1 - 0.1**0.5), rel=0.01)  # the sum of two equal uniform draws


def test_without_all_cells_there_is_no_spread(pack, cell):
    part = pack.recording.samples.drop("cell_001_voltage_volt", "cell_002_voltage_volt")
    assert spread_of(analyse(replace(pack.recording, samples=part))) is None
    assert spread_of(analyse(cell.recording)) is None
