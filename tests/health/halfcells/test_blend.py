"""Two materials at one potential."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwan.core import BadDefinition
from hwan.health.halfcells import blended, half_cell

GRAPHITE = half_cell("graphite-ai2020/1")
SILICON = half_cell("silicon-delithiation-verbrugge2016/1")


@given(st.floats(0.01, 0.99))
def test_at_every_potential_the_shares_add_up(share):
    found = blended(GRAPHITE, SILICON, share)
    potential = np.linspace(0.1, 0.8, 200)
    expected = (1 - share) * GRAPHITE.stoichiometry_at(potential) + share * SILICON.stoichiometry_at(potential)
    # Graphite is full of steps of a few millivolts: potentials are compared, not stoichiometries.
    assert np.abs(found.potential_at(expected) - potential).max() < 2e-3


@pytest.mark.parametrize(("share", "alone"), [(0, GRAPHITE), (1, SILICON)])
def test_a_share_of_nothing_is_the_host_and_of_everything_the_other(share, alone):
    inside = np.linspace(0.05, 0.95, 50)
    found = blended(GRAPHITE, SILICON, share)
    np.testing.assert_allclose(found.potential_at(inside), alone.potential_at(inside), atol=1e-3)


def test_silicon_lifts_the_empty_end():
    """Where graphite is nearly empty, at 0.3 V and above, silicon still holds a third of its lithium."""
    found = blended(GRAPHITE, SILICON, 0.2)
    assert float(found.stoichiometry_at(0.4)) > float(GRAPHITE.stoichiometry_at(0.4)) + 0.05


@given(st.floats(0, 1))
def test_the_error_lies_between_those_of_both(share):
    found = blended(GRAPHITE, SILICON, share)
    assert GRAPHITE.error_volt / 2**0.5 - 1e-9 <= found.error_volt <= SILICON.error_volt + 1e-9


def test_a_tenth_of_silicon_brings_a_small_part_of_its_error(straight):
    """Two straight tables of one span: each takes its share everywhere, so errors add by their squared shares."""
    found = blended(straight(error_volt=0.01), straight(error_volt=0.1), 0.1)
    assert found.error_volt == pytest.approx(((0.9 * 0.01) ** 2 + (0.1 * 0.1) ** 2) ** 0.5, rel=1e-3)


def test_sources_and_cautions_of_both_stay():
    found = blended(GRAPHITE, SILICON, 0.1)
    assert GRAPHITE.source in found.source
    assert SILICON.source in found.source
    assert found.direction == "delithiation"
    assert SILICON.caution["ko"] in found.caution["ko"]


def test_a_blend_ends_where_a_table_ends_far_from_empty_or_full(straight):
    short = straight(top=0.8, bottom=0.4, domain_low=0.3, domain_high=0.6)
    found = blended(straight(), short, 0.5)
    assert found.potential_volt[[0, -1]] == pytest.approx([0.8, 0.4], abs=1e-6)


def test_a_table_that_reaches_empty_stands_still(straight):
    """The second is full at 0.5 V and empty at 0.9 V; the host goes on beyond both."""
    found = blended(straight(), straight(top=0.9, bottom=0.5), 0.5)
    assert (found.domain_low, found.domain_high) == pytest.approx((0, 1))
    assert float(found.stoichiometry_at(0.2)) == pytest.approx(0.5 * (0.8 / 0.9) + 0.5)


@pytest.mark.parametrize(
    ("code", "second", "share"),
    [
        ("half_cells_share", SILICON, 10),
        ("half_cells_share", SILICON, -0.1),
        ("half_cells_share", SILICON, float("nan")),
        ("half_cells_blend_sides", half_cell("nmc811-chen2020/1"), 0.1),
    ],
)
def test_what_cannot_be_blended_is_named(code, second, share):
    with pytest.raises(BadDefinition) as told:
        blended(GRAPHITE, second, share)
    assert told.value.code == code
    assert "다음:" in told.value.message("ko")


def test_opposite_directions_are_named(straight):
    with pytest.raises(BadDefinition) as told:
        blended(straight(direction="lithiation"), SILICON, 0.1)
    assert told.value.code == "half_cells_directions"


def test_tables_without_a_common_potential_are_named(straight):
    ends = {"domain_low": 0.3, "domain_high": 0.7}
    with pytest.raises(BadDefinition) as told:
        blended(straight(top=1.9, bottom=1.5, **ends), straight(top=0.5, bottom=0.1, **ends), 0.5)
    assert told.value.code == "half_cells_apart"
