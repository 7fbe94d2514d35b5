"""The two lists on screen and as documents."""

from __future__ import annotations

import json

import polars as pl
import pytest

from hwan.cli._health_profiles import (
    half_cell_rows,
    list_half_cells,
    list_profiles,
    profile_rows,
    refusal_rows,
)
from hwan.cli._options import Language
from hwan.core import LANGUAGES, UsageError
from hwan.health.halfcells import half_cell, half_cells
from hwan.health.profiles import METHODS, applicable, profiles


@pytest.fixture(autouse=True)
def _wide(monkeypatch):
    monkeypatch.setenv("COLUMNS", "400")


@pytest.mark.parametrize("language", LANGUAGES)
def test_rows_are_of_one_width_and_said_in_words(language):
    for heading, rows in (profile_rows(language), refusal_rows(language), half_cell_rows(language)):
        assert {len(row) for row in rows} == {len(heading)}
        assert not [cell for row in (heading, *rows) for cell in row if "{" in cell or "_" in cell]


def test_every_chemistry_and_every_refusal_has_its_row():
    assert [row[0] for row in profile_rows("en")[1]] == list(profiles())
    refused = [name for name in profiles() for method in METHODS if applicable(name, method)]
    assert [row[0] for row in refusal_rows("en")[1]] == refused


def test_the_lists_print(capsys):
    assert list_profiles() == 0
    assert list_half_cells() == 0
    printed = capsys.readouterr().out
    assert all(name in printed for name in (*profiles(), *half_cells()))
    assert "BSD-3-Clause" in printed


@pytest.mark.parametrize(("lang", "said"), [(Language.en, "refused"), (Language.ko, "거절")])
def test_one_chemistry_says_what_would_lift_its_refusals(capsys, lang, said):
    assert list_profiles("li-s", lang=lang) == 0
    printed = capsys.readouterr().out
    assert said in printed
    assert "→" in printed
    assert "1.7" in printed


def test_a_file_of_ones_own(capsys, lmfp):
    assert list_profiles(str(lmfp())) == 0
    assert "lmfp-half.toml" in capsys.readouterr().out


def test_documents(capsys):
    assert list_profiles("solid-state", json=True) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "hwan.health.profiles/1"
    (told,) = document["profiles"]
    assert told["window"]["lower_volt"] == "unknown"
    assert {each["quantity"] for each in told["refusals"]} == {"method_modes", "method_rapid"}
    assert document["failures"] == []
    list_half_cells(json=True)
    told = json.loads(capsys.readouterr().out)["half_cells"]
    assert [each["id"] for each in told] == list(half_cells())
    assert "potential_volt" not in told[0]


def test_one_half_cell_with_its_table(capsys, tmp_path):
    path = tmp_path / "nmc.csv"
    assert list_half_cells("nmc811-chen2020/1", path, lang=Language.ko) == 0
    assert "주의:" in capsys.readouterr().out
    table = pl.read_csv(path)
    assert table.columns == ["stoichiometry", "potential_volt"]
    assert table["potential_volt"].to_list() == half_cell("nmc811-chen2020/1").potential_volt.tolist()
    list_half_cells("nmc811-chen2020/1", json=True)
    (told,) = json.loads(capsys.readouterr().out)["half_cells"]
    assert len(told["potential_volt"]) == len(table)


def test_a_table_needs_a_name(tmp_path):
    with pytest.raises(UsageError, match="name one"):
        list_half_cells(None, tmp_path / "all.csv")
