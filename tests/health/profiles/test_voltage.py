"""A module's voltage is not a cell's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwan.core import LANGUAGES, is_known, text
from hwan.health.profiles import cell_voltage_refusal, profile, profiles

WITH_WINDOW = [name for name in profiles() if is_known(profile(name).window.lower_volt)]


@pytest.mark.parametrize("name", WITH_WINDOW)
def test_a_cell_passes_and_two_in_series_do_not(name):
    window = profile(name).window
    run = np.linspace(window.lower_volt, window.upper_volt, 1000)
    assert cell_voltage_refusal(name, run, "incremental_capacity") is None
    refusal = cell_voltage_refusal(name, 2 * run, "incremental_capacity")
    assert (refusal.code, refusal.values["cells"], refusal.quantity) == (
        "voltage_of_many_cells", 2, "incremental_capacity",
    )  # fmt: skip


@given(st.sampled_from(WITH_WINDOW), st.integers(2, 120))
def test_the_cells_in_series_are_counted(name, cells):
    window = profile(name).window
    run = cells * np.linspace(window.lower_volt, window.upper_volt, 500)
    assert cell_voltage_refusal(name, run, "capacity").values["cells"] == cells


def test_a_spike_and_a_gap_make_no_module():
    run = np.linspace(2.5, 3.65, 2000)
    run[7], run[9] = 65.5, np.nan
    assert cell_voltage_refusal("lfp", run, "capacity") is None


def test_a_voltage_below_every_cell_is_refused():
    refusal = cell_voltage_refusal("lfp", np.full(100, 0.0033), "capacity")
    assert refusal.code == "voltage_below_cell"
    for language in LANGUAGES:
        assert "{" not in text("refusal", refusal.code, language, refusal.values)


def test_without_a_chemistry_a_pack_is_still_told():
    assert cell_voltage_refusal("unknown", [3.3, 3.4], "capacity") is None
    assert cell_voltage_refusal("unknown", [330.0, 340.0], "capacity").values["cells"] > 50


def test_no_voltage_is_judged_by_others():
    assert cell_voltage_refusal("lfp", [np.nan], "capacity") is None
