"""The packaged tables: what each must say of itself, and that they are the published curves."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from hwan.core import LANGUAGES, is_known
from hwan.health.halfcells import check_pair, half_cell, half_cells

PLAN = Path(__file__).parents[3] / "tools" / "half_cells.toml"
TRUTH = {
    ("Chen2020", "negative"): "graphite-siox-chen2020/1",
    ("Chen2020", "positive"): "nmc811-chen2020/1",
    ("Prada2013", "negative"): "graphite-siox-chen2020/1",
    ("Prada2013", "positive"): "lfp-afshar2017/1",
    ("Mohtat2020", "negative"): "graphite-mohtat2020/1",
    ("Mohtat2020", "positive"): "nmc532-mohtat2020/1",
    ("Chayambuka2022", "negative"): "hard-carbon-chayambuka2022/1",
    ("Chayambuka2022", "positive"): "nvpf-chayambuka2022/1",
}
TOLERANCE_VOLT = 2e-4


@pytest.mark.parametrize("name", half_cells())
def test_a_table_says_what_it_is(name):
    found = half_cell(name)
    assert found.id == name
    assert found.source
    assert "BSD-3-Clause" in found.licence
    assert is_known(found.doi)
    assert re.fullmatch(r"10\.\d{4,}/\S+", found.doi)
    assert len(found.sha256) == 64
    assert 0.005 <= found.error_volt <= 0.125
    for said in (found.title, found.domain_reason, found.error_reason):
        assert all(said.get(language) for language in LANGUAGES)
    assert set(found.caution) in (set(), set(LANGUAGES))


@pytest.mark.parametrize("name", half_cells())
def test_a_table_falls_and_cannot_be_written_to(name):
    found = half_cell(name)
    climb = found.potential_volt - np.minimum.accumulate(found.potential_volt)
    assert climb.max() < 0.005
    with pytest.raises(ValueError, match="read-only"):
        found.potential_volt[0] = 0.0


def test_the_tool_and_the_tables_are_of_one_mind():
    plan = tomllib.loads(PLAN.read_text(encoding="utf-8"))
    assert {entry["id"] for entry in plan["table"]} == set(half_cells())
    for entry in plan["table"]:
        found = half_cell(entry["id"])
        assert (found.domain_low, found.domain_high) == (entry["domain"]["low"], entry["domain"]["high"])
        assert (found.error_volt, found.doi) == (entry["error_volt"], entry["doi"])


def test_published_formulas_digit_by_digit():
    """LFP of Afshar et al. (2017) and NMC532 of Mohtat et al. (2020), computed here from the papers' formulas."""
    y = np.array([0.001, 0.01, 0.3, 0.9, 0.995])
    lfp = 3.4077 - 0.020269 * y + 0.5 * np.exp(-150 * y) - 0.9 * np.exp(-30 * (1 - y))
    powers = 4.3452 - 1.6518 * y + 1.6225 * y**2 - 2.0843 * y**3 + 3.5146 * y**4 - 2.2166 * y**5
    nmc = powers - 0.5623e-4 * np.exp(109.451 * y - 100.006)
    assert np.abs(half_cell("lfp-afshar2017/1").potential_at(y) - lfp).max() < TOLERANCE_VOLT
    assert np.abs(half_cell("nmc532-mohtat2020/1").potential_at(y) - nmc).max() < TOLERANCE_VOLT


@pytest.mark.parametrize(("set_name", "electrode"), TRUTH)
def test_the_tables_are_the_curves_of_the_truth_data(lab_data, set_name, electrode):
    frame = pl.read_parquet(lab_data / "truth" / "ocp_tables.parquet")
    rows = frame.filter((pl.col("set") == set_name) & (pl.col("electrode") == electrode))
    found = half_cell(TRUTH[set_name, electrode])
    apart = np.abs(found.potential_at(rows["sto"].to_numpy()) - rows["U_V"].to_numpy())
    assert np.isfinite(apart).all(), "the domain holds all of the truth's table"
    if (set_name, electrode) == ("Chayambuka2022", "positive"):
        # Corners of its polyline, 112 V per unit at 0.979, lie between the rows of both tables.
        assert np.quantile(apart, 0.99) < TOLERANCE_VOLT
        assert apart.max() < 2.5e-3
    else:
        assert apart.max() < TOLERANCE_VOLT


def test_silicon_has_both_directions_and_their_mean():
    x = np.linspace(0.01, 0.99, 99)
    names = ("lithiation", "mean", "delithiation")
    enters, mean, leaves = (half_cell(f"silicon-{name}-verbrugge2016/1").potential_at(x) for name in names)
    assert (enters < leaves).all()
    np.testing.assert_allclose(mean, (enters + leaves) / 2, atol=TOLERANCE_VOLT)


def test_negative_and_positive_tables_make_a_cell():
    check_pair(half_cell("graphite-mohtat2020/1"), half_cell("nmc532-mohtat2020/1"))
