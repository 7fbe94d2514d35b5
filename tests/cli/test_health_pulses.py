"""hwan health pulses: what is printed, written and refused, in both languages."""

from __future__ import annotations

import csv
import json
import re
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest
import typer
from typer.testing import CliRunner

from hwan.cli._health_pulses import map_pulses
from hwan.core import COLUMNS, UsageError
from hwan.core.language import text

LIMITS = ("--upper-voltage-volt", "4.2", "--lower-voltage-volt", "2.8")
RATED = ("--rated-capacity-ah", "10", "--chemistry", "nmc811")


def columns(sign: float = 1.0, cells: int = 1) -> dict[str, np.ndarray]:
    """Two pulses of a cell of 10 mohm and two pairs, after rests; 0.2 mV of noise."""
    parts = [(0.0, 60.0), (-10.0, 12.0), (0.0, 60.0), (7.5, 12.0), (0.0, 60.0)]
    time, current, volt, began = [], [], [], 0.0
    for ampere, seconds in parts:
        inside = np.append(np.arange(0, seconds, 0.1), seconds)
        time.append(began + inside)
        current.append(np.full(len(inside), ampere))
        began += seconds
    t, i = np.concatenate(time), np.concatenate(current)
    volt = 3.7 + 0.01 * i
    for begin, end, ampere in ((60.0, 72.0, -10.0), (132.0, 144.0, 7.5)):
        for ohm, tau in ((0.004, 1.5), (0.006, 15.0)):
            on, off = (np.exp(-np.maximum(t - edge, 0) / tau) for edge in (begin, end))
            volt = volt + ampere * ohm * (off - on)
    noise = np.random.default_rng(1).normal(0, 2e-4, len(t))
    return {"test_time_second": t, "voltage_volt": cells * (volt + noise), "current_ampere": sign * i}


@pytest.fixture
def made(tmp_path):
    def _made(name: str = "pulses", **options: float):
        path = tmp_path / f"{name}.bdf.csv"
        pl.DataFrame({COLUMNS[key].label: values for key, values in columns(**options).items()}).write_csv(path)
        return path

    return _made


@pytest.fixture
def ask():
    """Call the command by itself, as the program does, with its exit code as result."""
    app = typer.Typer()
    left: list[int] = []

    @app.callback()
    def _program() -> None:
        """Make the command one of several."""

    app.command("pulses")(map_pulses)
    app.command("other")(lambda: None)

    def _ask(*words: object):
        found = typer.main.get_command(app)
        runner = CliRunner()

        def run() -> None:
            left.append(found.main(["pulses", *map(str, words)], standalone_mode=False) or 0)

        shell = typer.Typer()
        shell.command()(run)
        result = runner.invoke(shell, [])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return SimpleNamespace(code=left[-1], out=result.stdout, err=result.stderr)

    return _ask


def test_the_document_has_every_pulse_with_its_conditions(ask, made):
    answer = ask(made(), *RATED, *LIMITS, "--json")
    assert answer.code == 0
    document = json.loads(answer.out)
    assert document["schema"] == "hwan.health.pulses/1"
    (recording,) = document["recordings"]
    first, second = recording["pulses"]
    assert (first["direction"], second["direction"]) == ("discharge", "charge")
    assert first["circuit"]["figures"][0]["value"] == pytest.approx(0.010, rel=0.02)
    told = {each["conditions"]["pulse_time_second"]: each for each in first["resistances"]}
    assert told[1.0]["value"] == pytest.approx(0.01 + 0.004 * (1 - np.exp(-1 / 1.5)) + 0.006 * (1 - np.exp(-1 / 15)),
                                               rel=0.02)  # fmt: skip
    assert told[1.0]["conditions"]["direction"] == "discharge"
    assert told[1.0]["conditions"]["soc_basis"] == "assumed_full_and_rating"
    assert second["power"]["unit"] == "W"


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_person_reads_a_row_per_pulse(ask, made, language, monkeypatch):
    monkeypatch.setenv("COLUMNS", "170")
    answer = ask(made(), *RATED, *LIMITS, "--lang", language)
    assert answer.code == 0
    assert ("discharge" if language == "en" else "방전") in answer.out
    assert re.search(r"\d+\.\d+ \[\d+\.\d+, \d+\.\d+\] mΩ", answer.out)
    assert "{" not in answer.out


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_narrow_screen_has_values_alone_and_whole_cells(ask, made, monkeypatch, language):
    monkeypatch.setenv("COLUMNS", "80")
    told = ask(made(), *RATED, *LIMITS, "--lang", language).out
    assert "] mΩ" not in told
    (heading,) = [line for line in told.splitlines() if "R(10 s)" in line]
    assert all(name in heading for name in ("R(0.1 s)", "SOC", text("ui", "pulses_column_power", language)))
    assert max(map(len, told.splitlines())) <= 80


def test_a_string_is_no_cell(ask, made):
    answer = ask(made(), *RATED, "--series-count", 4, "--json")
    assert answer.code == 4
    assert json.loads(answer.out)["recordings"][0]["refusals"][0]["code"] == "pulses_cells_in_series"


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_page_has_three_pictures_and_every_word(ask, made, tmp_path, language):
    page = tmp_path / "pulses.html"
    answer = ask(made(), *RATED, *LIMITS, "--report", page, "--lang", language)
    assert answer.code == 0
    written = page.read_text(encoding="utf-8")
    for name in ("map", "fit", "power"):
        assert f'id="r1-{name}-title"' in written
    assert not re.search(r"pulses_[a-z]", written)


def test_the_table_has_one_row_per_pulse_and_time(ask, made, tmp_path):
    path = tmp_path / "points.csv"
    ask(made(), *RATED, *LIMITS, "--csv", path, "--json")
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    assert {row["pulse"] for row in rows} == {"1", "2"}
    assert {"resistance_ohm", "r0_ohm", "tau2_second_low", "power_watt", "source"} <= set(rows[0])
    assert {float(row["pulse_time_second"]) for row in rows} >= {0.1, 1.0, 10.0}


def test_an_output_over_its_input_is_refused(ask, made):
    path = made()
    before = path.read_bytes()
    with pytest.raises(UsageError, match="is an input"):
        ask(path, "--csv", path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("options", "code"), [({"sign": -1.0}, "pulses_against_current"), ({"cells": 12}, "voltage_of_many_cells")]
)
@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_refusal_is_said_with_its_next_test_and_its_code(ask, made, options, code, language):
    path = made("bad", **options)
    answer = ask(path, *RATED, "--lang", language)
    assert answer.code == 4
    assert "→" in answer.out
    (recording,) = json.loads(ask(path, *RATED, "--json").out)["recordings"]
    assert [each["code"] for each in recording["refusals"]] == [code]


def test_a_broken_file_stops_no_other(ask, made, tmp_path):
    broken = tmp_path / "broken.csv"
    broken.write_bytes(b"")
    answer = ask(broken, made(), "--json")
    document = json.loads(answer.out)
    assert answer.code == 3
    assert len(document["recordings"]) == len(document["failures"]) == 1


def test_real_pulses(ask, lab_data, tmp_path):
    path = lab_data / "testers" / "ampworks-csv" / "hppc_discharge.csv"
    answer = ask(path, "--json", "--report", tmp_path / "page.html")
    (recording,) = json.loads(answer.out)["recordings"]
    assert answer.code == 0
    assert [each["direction"] for each in recording["pulses"]] == ["discharge", "charge"] * 9
