"""The columns are BDF's, all of them."""

from __future__ import annotations

import polars as pl

from hwan.core import BY_LABEL, COLUMNS, REQUIRED, machine_name, raw_name


def test_all_labels_of_the_ontology(lab_data):
    lines = (lab_data / "bdf" / "labels.tsv").read_text(encoding="utf-8").splitlines()
    pairs = dict(line.split("\t") for line in lines if "\t" in line and not line.startswith(("#", "preferred_label")))
    assert {column.label: column.name for column in COLUMNS.values()} == pairs


def test_a_column_says_what_it_is():
    for column in COLUMNS.values():
        assert column.definition.endswith(".")
        assert column.minimum < column.maximum
        assert column.dtype in (pl.Float64, pl.Int64, pl.String)


def test_label_and_name_lead_to_the_same_column():
    assert all(machine_name(label) == machine_name(column.name) for label, column in BY_LABEL.items())


def test_required_columns():
    assert REQUIRED == ("test_time_second", "voltage_volt", "current_ampere")


def test_an_unknown_heading_is_kept_raw():
    assert machine_name("Druck [bar]") is None
    assert raw_name("Druck [bar]") == "raw_druck_bar"
    assert raw_name("???") == "raw_column"
