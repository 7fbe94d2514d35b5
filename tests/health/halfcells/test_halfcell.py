"""What a half-cell must hold to, and what is said where it does not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwan.core import BadDefinition, UnknownName
from hwan.health.halfcells import check_pair, half_cell

GRID = np.linspace(0, 1, 101)


@pytest.mark.parametrize(
    ("code", "changed"),
    [
        ("half_cell_shape", {"potential_volt": np.linspace(1, 0.1, 100)}),
        ("half_cell_shape", {"stoichiometry": np.zeros((2, 2)), "potential_volt": np.zeros((2, 2))}),
        ("half_cell_not_finite", {"potential_volt": np.where(GRID > 0.5, np.nan, 1 - GRID)}),
        ("half_cell_domain", {"domain_low": 0.5, "domain_high": 1.5, "stoichiometry": np.linspace(0.5, 1.5, 101)}),
        ("half_cell_domain", {"domain_low": 1.0, "domain_high": 0.0, "stoichiometry": 1 - GRID}),
        ("half_cell_grid", {"stoichiometry": GRID**2}),
        ("half_cell_rises", {"potential_volt": np.linspace(0.1, 1.0, 101)}),
        ("half_cell_range", {"potential_volt": np.linspace(1000, 100, 101)}),
        ("half_cell_range", {"potential_volt": np.linspace(1, -0.2, 101)}),
        ("half_cell_negative_high", {"potential_volt": np.linspace(4.3, 3.5, 101)}),
        ("half_cell_positive_low", {"electrode": "positive"}),
        ("half_cell_error", {"error_volt": 0.0}),
        ("half_cell_error", {"error_volt": 5.0}),
        ("half_cell_error", {"error_volt": float("nan")}),
    ],
)
def test_what_cannot_be_a_half_cell_is_named(straight, code, changed):
    with pytest.raises(BadDefinition) as told:
        straight(**changed)
    assert told.value.code == code
    for language, following in (("en", "Next:"), ("ko", "다음:")):
        assert following in told.value.message(language)
        assert "{" not in told.value.message(language)


def test_scatter_on_a_plateau_is_kept_and_a_turned_axis_is_not(straight):
    wavy = np.linspace(1, 0.9, 101) + 0.005 * np.sin(40 * GRID)
    assert (straight(potential_volt=wavy).potential_volt == wavy).all()
    with pytest.raises(BadDefinition, match="delithiated"):
        straight(potential_volt=wavy[::-1])


def test_nothing_is_extrapolated(straight):
    cell = straight(domain_low=0.2, domain_high=0.8)
    assert np.isnan(cell.potential_at(np.array([0.1, 0.9]))).all()
    assert np.isnan(cell.stoichiometry_at(np.array([0.05, 1.5]))).all()
    assert cell.step == pytest.approx(0.006)


@given(st.floats(0, 1))
def test_stoichiometry_and_potential_undo_each_other(place):
    cell = half_cell("nmc811-chen2020/1")
    stoichiometry = 0.2 + 0.8 * place
    assert float(cell.stoichiometry_at(cell.potential_at(stoichiometry))) == pytest.approx(stoichiometry, abs=1e-9)


def test_swapped_electrodes_are_named(straight):
    negative, positive = half_cell("graphite-mohtat2020/1"), half_cell("nmc532-mohtat2020/1")
    check_pair(negative, positive)
    with pytest.raises(BadDefinition, match="negative first"):
        check_pair(positive, negative)
    with pytest.raises(BadDefinition, match="negative first"):
        check_pair(negative, negative)
    high = straight(top=1.99, bottom=1.95)
    low = straight(electrode="positive", top=1.9, bottom=1.8)
    with pytest.raises(BadDefinition) as told:
        check_pair(high, low)
    assert told.value.code == "half_cells_swapped"


def test_an_unknown_name_gets_the_nearest():
    with pytest.raises(UnknownName, match="Did you mean 'nmc811-chen2020/1'"):
        half_cell("nmc811-chen2020")


def test_a_table_of_ones_own_in_json(tmp_path, straight):
    path = tmp_path / "mine.json"
    fields = (
        '"id": "mine/1", "version": "1", "title": {}, "electrode": "negative", "chemistry": "mine", '
        '"direction": "mean", "source": "us", "licence": "own", "error_volt": 0.01, '
        '"domain": {"low": 0.1, "high": 0.9, "reason": {}}'
    )
    path.write_text(f'{{{fields}, "potential_volt": [0.9, 0.5, 0.1]}}', encoding="utf-8")
    found = half_cell(path)
    assert found.potential_at(0.3) == pytest.approx(0.7)
    assert found.sha256
    path.write_text(f'{{{fields}, "potential_volt": [0.9]}}', encoding="utf-8")
    with pytest.raises(BadDefinition) as told:
        half_cell(path)
    assert told.value.code == "half_cell_rows"
    path.write_text(f'{{{fields}, "potential_volt": [0.9, "x"]}}', encoding="utf-8")
    with pytest.raises(BadDefinition, match=r"potential_volt\[1\] is 'x'"):
        half_cell(path)
