"""A lab's own table: whatever way it is written, one half-cell; what is ambiguous is asked for, never guessed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwan.core import BadDefinition
from hwan.health.halfcells import HalfCell, LabHalfCell, LabTable, half_cell, half_cell_from_table

X = np.linspace(0.02, 0.98, 500)
U = half_cell("lfp-afshar2017/1").potential_at(X)
ABOUT = """
id = "lmfp-mine/1"
electrode = "positive"
chemistry = "lmfp"
direction = "{direction}"
error_volt = 0.003
source = "our laboratory, C/30"
{more}
[table]
axis = "{axis}"
{table}
"""
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path) -> Write:
    def _write(csv: str, axis="stoichiometry", direction="lithiation", table="", more="") -> Path:
        (tmp_path / "mine.csv").write_text(csv, encoding="utf-8")
        path = tmp_path / "mine.toml"
        table = table if "file =" in table else f'file = "mine.csv"\n{table}'
        path.write_text(ABOUT.format(direction=direction, axis=axis, table=table, more=more), encoding="utf-8")
        return path

    return _write


def rows(axis: np.ndarray, potential: np.ndarray, heading: str = "sto,U", between: str = ",") -> str:
    return "\n".join([heading, *(f"{a:.9f}{between}{u:.9f}" for a, u in zip(axis, potential, strict=True))])


def same(found: HalfCell, atol: float = 2e-4) -> bool:
    inside = (found.domain_low, found.domain_high) == pytest.approx((0.02, 0.98), abs=1e-8)
    return inside and np.abs(found.potential_at(X[1:-1]) - U[1:-1]).max() < atol


def test_a_table_over_stoichiometry(write):
    found = half_cell(write(rows(X, U)))
    assert same(found)
    assert (found.id, found.licence, found.measured_low) == ("lmfp-mine/1", "own", pytest.approx(0.02))


def test_rows_in_any_order_and_a_remark(write):
    order = np.random.default_rng(3).permutation(len(X))
    assert same(half_cell(write("# made in November\n" + rows(X[order], U[order]))))


def test_a_table_over_lithium_taken_out(write):
    assert same(half_cell(write(rows(1 - X, U, "SOC,OCV"), axis="delithiated")))


def test_decimal_commas(write):
    csv = rows(X, U, "stoichiometry;potential_volt", ";").replace(".", ",")
    assert same(half_cell(write(csv)))


ENDS = "stoichiometry_at_highest_potential = 0.02\nstoichiometry_at_lowest_potential = 0.98"


@pytest.mark.parametrize(
    ("direction", "turn", "sign"),
    [("lithiation", False, 1), ("lithiation", False, -1), ("delithiation", True, 1), ("delithiation", True, -1)],
)
def test_a_run_over_charge_is_turned_by_its_potential(write, direction, turn, sign):
    """Either direction, and either sign of the counter, is one half-cell."""
    x, u = (X[::-1], U[::-1]) if turn else (X, U)
    charge = sign * 2.5 * np.abs(x - x[0])
    found = half_cell(write(rows(charge, u, "Ah,U_V"), axis="charge_ah", direction=direction, table=ENDS))
    assert same(found)


def test_the_ends_of_a_run_are_demanded(write):
    path = write(rows(X, U, "charge_ah,u"), axis="charge_ah")
    with pytest.raises(BadDefinition, match="stoichiometry_at_highest_potential is"):
        half_cell(path)


def test_a_direction_against_the_potential_is_named(write):
    path = write(rows(X, U, "charge_ah,u"), axis="charge_ah", direction="delithiation", table=ENDS)
    with pytest.raises(BadDefinition) as told:
        half_cell(path)
    assert told.value.code == "half_cell_direction"
    assert told.value.values["expected"] == "lithiation"


def test_an_axis_that_counts_the_other_way_is_named(write):
    with pytest.raises(BadDefinition) as told:
        half_cell(write(rows(1 - X, U)))
    assert told.value.code == "half_cell_axis_reversed"


def test_a_positive_electrode_said_to_be_negative_is_named(write):
    path = write(rows(X, U))
    path.write_text(path.read_text(encoding="utf-8").replace('"positive"', '"negative"'), encoding="utf-8")
    with pytest.raises(BadDefinition) as told:
        half_cell(path)
    assert told.value.code == "half_cell_negative_high"


def test_millivolts_are_named(write):
    with pytest.raises(BadDefinition, match="V, not mV"):
        half_cell(write(rows(X, U * 1000)))


def test_charge_and_discharge_in_one_table_are_told_apart(write):
    both = np.r_[X, X[::-1]]
    loop = np.r_[U - 0.02, U[::-1] + 0.02]
    with pytest.raises(BadDefinition) as told:
        half_cell(write(rows(both, loop)))
    assert told.value.code == "half_cell_scatter"
    assert 15 < told.value.values["scatter_mv"] < 25


@pytest.mark.parametrize(
    ("code", "csv"),
    [
        ("half_cell_column", rows(X, U, "lithium,U")),
        ("half_cell_column", rows(X, U, "sto,E_we")),
        ("half_cell_few_rows", rows(X[:5], U[:5])),
        ("half_cell_axis_still", rows(0 * X + 0.5, U)),
        ("half_cell_domain", rows(X * 2, U)),
        ("half_cell_csv", ""),
        ("half_cell_no_number", rows(X, U) + "\n0.5,3.4 V"),
        ("half_cell_half_row", rows(X, U) + "\n0.5,"),
    ],
)
def test_a_table_that_cannot_be_read_is_named(write, code, csv):
    with pytest.raises(BadDefinition) as told:
        half_cell(write(csv))
    assert told.value.code == code
    assert "다음:" in told.value.message("ko")


def test_whole_numbers_before_fractions_and_empty_rows(write):
    csv = "sto,U\n" + "0,4\n" * 200 + rows(X, U).split("\n", 1)[1] + "\n,\n"
    with pytest.raises(BadDefinition, match="RMS"):
        half_cell(write(csv.replace("0,4\n", "0.5,4\n")))
    assert half_cell(write(csv)).domain_low == 0


@given(content=st.binary(max_size=300))
def test_bytes_of_any_kind_are_a_table_or_an_error_of_ours(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("bytes") / "any.csv"
    path.write_bytes(content)
    with pytest.raises(BadDefinition):
        half_cell_from_table(lab(), path)


def test_a_bare_table_is_asked_for_its_meaning(tmp_path):
    with pytest.raises(BadDefinition, match="TOML beside it"):
        half_cell(tmp_path / "mine.csv")


def test_a_missing_file_is_named(write):
    with pytest.raises(BadDefinition) as told:
        half_cell(write(rows(X, U), table='file = "nowhere.csv"'))
    assert told.value.code == "definition_unreadable"


def test_a_misspelt_field_is_named(write):
    with pytest.raises(BadDefinition, match="temperture_celsius is not a field"):
        half_cell(write(rows(X, U), more="temperture_celsius = 25"))


def test_own_headings(write):
    table = 'axis_column = "lithium"\npotential_column = "E_we"'
    assert same(half_cell(write(rows(X, U, "lithium,E_we"), table=table)))


def lab(**table: object) -> LabHalfCell:
    return LabHalfCell("mine/1", "positive", "lfp", "lithiation", 0.003, "us", LabTable("stoichiometry", **table))


def test_a_frame_in_place_of_a_file():
    frame = pl.DataFrame({"sto": X, "U": U})
    assert same(half_cell_from_table(lab(), frame))
    with pytest.raises(BadDefinition) as told:
        half_cell_from_table(lab())
    assert told.value.code == "half_cell_no_table"


@given(st.integers(0, 2**32 - 1))
def test_noise_below_the_stated_error_leaves_the_curve(seed):
    noise = np.random.default_rng(seed).normal(0, 1e-3, len(X))
    found = half_cell_from_table(lab(), pl.DataFrame({"sto": X, "U": U + noise}))
    flat = (X > 0.1) & (X < 0.85)
    assert np.sqrt(np.mean((found.potential_at(X[flat]) - U[flat]) ** 2)) < 7e-4
    assert (np.diff(found.potential_volt) <= 0).all()
