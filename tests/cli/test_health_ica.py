"""``hwan health ica`` on files, as a user calls it."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest
import typer
from tests.health.ica.curves import made

from hwan.cli._health_ica import analyse_capacity
from hwan.core import COLUMNS, UsageError
from hwan.core.language import catalogue

app = typer.Typer()
app.command()(analyse_capacity)
CURVE = made(1200)
KIND = ("--rated-capacity-ah", "4.2", "--chemistry", "nmc622")


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    """Write two slow cycles of a cell, or of a string of cells."""

    def _record(name: str = "cell", cells: int = 1):
        seconds = 3600 * CURVE.charge[-1] / 0.4 / len(CURVE.volt)
        volt, ampere = [], []
        for seed in range(4):
            run = CURVE.noisy(seed) if seed % 2 == 0 else CURVE.noisy(seed)[::-1]
            volt += [run, np.full(40, run[-1])]
            ampere += [np.full(len(run), 0.4 if seed % 2 == 0 else -0.4), np.zeros(40)]
        columns = {
            "voltage_volt": cells * np.concatenate(volt),
            "current_ampere": np.concatenate(ampere),
        }
        columns["test_time_second"] = seconds * np.arange(1, len(columns["voltage_volt"]) + 1)
        path = tmp_path_factory.mktemp("ica") / f"{name}.bdf.csv"
        pl.DataFrame({COLUMNS[key].label: value for key, value in columns.items()}).write_csv(path)
        return path

    return _record


@pytest.fixture
def ica(capsys):
    """Call the command; return its exit code and what it printed."""

    def _call(*words: object) -> tuple[int, str, str]:
        code = app([str(word) for word in words], standalone_mode=False)
        captured = capsys.readouterr()
        return int(code), captured.out, captured.err

    return _call


@pytest.mark.parametrize("language", ["en", "ko"])
def test_curves_are_printed_in_the_users_language(ica, record, language):
    code, out, _ = ica(record(), *KIND, "--lang", language)
    assert code == 0
    assert catalogue(language)["screen"]["ica_column_bandwidth"] in out
    assert "3.9" in out
    assert "{" not in out


def test_the_document_holds_every_curve(ica, record):
    code, out, _ = ica(record(), *KIND, "--json")
    document = json.loads(out)
    assert (code, document["schema"]) == (0, "hwan.health.ica/1")
    (recording,) = document["recordings"]
    assert [curve["conditions"]["direction"] for curve in recording["curves"]] == ["charge", "discharge"] * 2
    for curve in recording["curves"]:
        assert len(curve["peaks"]) == 3
        assert all(peak["bandwidth_volt"] > 0 for peak in curve["peaks"])


def test_one_direction_can_be_asked_for(ica, record):
    _, out, _ = ica(record(), *KIND, "--json", "--direction", "charge")
    (recording,) = json.loads(out)["recordings"]
    assert {curve["conditions"]["direction"] for curve in recording["curves"]} == {"charge"}


def test_points_are_written(ica, record, tmp_path):
    assert ica(record(), *KIND, "--csv", tmp_path / "points.csv")[0] == 0
    points = pl.read_csv(tmp_path / "points.csv")
    assert {"voltage_volt", "incremental_capacity_ah_per_volt", "bandwidth_volt", "cycle_number"} <= set(points.columns)
    assert points["incremental_capacity_ah_per_volt"].to_numpy().max() > 20


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_page_has_both_directions(ica, record, tmp_path, language):
    pytest.importorskip("matplotlib")
    page = tmp_path / "page.html"
    assert ica(record(), *KIND, "--report", page, "--lang", language)[0] == 0
    text = page.read_text(encoding="utf-8")
    assert text.count("<svg") >= 8  # two methods, two directions, each for the wide and for the narrow page
    assert catalogue(language)["ui"]["ica_title"] in text


def test_a_module_is_refused(ica, record):
    code, out, _ = ica(record("module", 10), *KIND)
    assert code == 4
    assert "nmc622" in out


def test_an_output_does_not_replace_the_input(ica, record):
    path = record()
    before = path.read_bytes()
    with pytest.raises(UsageError, match="is an input"):
        ica(path, *KIND, "--csv", path)
    assert path.read_bytes() == before


def test_a_rate_that_cannot_be_is_an_error(ica, record):
    with pytest.raises(UsageError, match="most-rate"):
        ica(record(), "--most-rate", "-1")


def test_a_call_that_finds_nothing_leaves_what_an_earlier_one_wrote(ica, record, tmp_path):
    page, points, empty = tmp_path / "page.html", tmp_path / "points.csv", tmp_path / "empty.csv"
    empty.touch()
    outputs = ("--report", page, "--csv", points)
    assert ica(record(), *KIND, *outputs)[0] == 0
    before = page.read_bytes(), points.read_bytes()
    code, out, _ = ica(empty, *outputs)
    assert code == 3
    assert (page.read_bytes(), points.read_bytes()) == before
    assert f"Left as it was, since this call did not finish: {page}" in " ".join(out.split())


def test_a_current_of_the_wrong_sign_is_refused(ica, record, tmp_path):
    name = COLUMNS["current_ampere"].label
    path = tmp_path / "sign.bdf.csv"
    pl.read_csv(record()).with_columns(-pl.col(name)).write_csv(path)
    code, out, _ = ica(path, *KIND, "--json")
    assert code == 4
    codes = [each["code"] for each in json.loads(out)["recordings"][0]["refusals"]]
    assert codes[0] == "ica_against_current"
