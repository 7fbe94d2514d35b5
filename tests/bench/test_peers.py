"""What the scoreboard and the speeds beside peers are built on: who is asked, how, and when two readings agree."""

from __future__ import annotations

import importlib
import math
import sys
from pathlib import Path

import polars as pl
import pytest

from hwan.readers import read

BENCH = Path(__file__).parents[2] / "bench"


@pytest.fixture(autouse=True)
def bench_on_path(monkeypatch):
    monkeypatch.syspath_prepend(BENCH / "peers")
    monkeypatch.syspath_prepend(BENCH)


def bench(name):
    return importlib.import_module(name)


SPECTRUM = {"points": 3, "values": [[1000.0, 10.0, 0.1], [5.0, 6.0, 20.0], [-1.0, -2.0, -30.0]]}


def answer(rows=3, volts=(3.0, 3.5, 4.0), spectrum=None):
    return {"rows": rows, "volts": list(volts), "spectrum": spectrum or {}}


@pytest.mark.parametrize(
    ("theirs", "agrees"),
    [
        (answer(), True),
        (answer(volts=(3.0001, 3.5, 4.0)), True),
        (answer(volts=(3.1, 3.5, 4.0)), False),
        (answer(volts=(3000.0, 3500.0, 4000.0)), False),
        (answer(rows=4), False),
        (answer(volts=()), False),
        ({"error": "not read"}, False),
    ],
)
def test_tables_agree_by_rows_and_voltages(theirs, agrees):
    assert bench("peers.worker").like(theirs, answer()) is agrees


def changed(place, row, factor):
    values = [list(each) for each in SPECTRUM["values"]]
    values[place][row] *= factor
    return SPECTRUM | {"values": values}


@pytest.mark.parametrize(
    ("theirs", "agrees"),
    [
        (SPECTRUM, True),
        (changed(1, 2, 1.0005), True),
        (changed(2, 0, -1), False),
        (changed(0, 1, 1.01), False),
        (SPECTRUM | {"points": 2}, False),
        ({}, False),
    ],
)
def test_spectra_agree_by_frequency_and_impedance_not_by_voltages(theirs, agrees):
    like = bench("peers.worker").like
    assert like(answer(rows=812, volts=(), spectrum=theirs), answer(spectrum=SPECTRUM)) is agrees


def test_a_runner_takes_the_sign_of_the_imaginary_part_from_its_name():
    runner = bench("runner")
    parts = {"freq/Hz": [0.0, 100.0, 1.0], "Re(Z)/Ohm": [9.0, 1.0, 2.0]}
    expected = {"points": 2, "values": [[100.0, 1.0, 1.0], [1.0, 2.0, 2.0], [-3.0, -4.0, -4.0]]}
    for name, sign in (("-Im(Z)/Ohm", 1), ("Im(Z)/Ohm", -1)):
        frame = parts | {name: [8.0, sign * 3.0, sign * 4.0]}
        told = runner.spectrum(frame, list(frame))
        assert told["points"] == expected["points"]
        assert [told["values"][0][0], told["values"][1][0], told["values"][2][0]] == [100.0, 1.0, -3.0]
    assert runner.spectrum(parts, list(parts)) == {}


def test_a_worker_answers_each_question_and_tells_why_it_cannot(tmp_path):
    path = tmp_path / "cell.bdf.csv"
    pl.DataFrame(
        {"Test Time / s": [0.0, 1.0, 2.0], "Voltage / V": [3.0, 3.1, 3.2], "Current / A": [0.0] * 3}
    ).write_csv(path)
    worker = bench("peers.worker").Worker
    for reader in ("hwan", "polars"):
        with worker(sys.executable, reader, path) as asked:
            first, second = asked.ask(), asked.ask()
        assert (first["rows"], first["volts"], first["spectrum"]) == (3, [3.0, 3.1, 3.2], {})
        assert second["seconds"] > 0
        assert second["peak_mb"] > 10
    with worker(sys.executable, "hwan", tmp_path / "absent.csv") as asked:
        assert asked.ask()["error"].startswith("InputError: ")
    with worker(sys.executable, "nobody", path) as asked:
        assert asked.ask() == {"error": "ended without an answer"}


def test_a_python_of_another_version_is_looked_for_and_tried(monkeypatch, tmp_path):
    environments = bench("peers.environments")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("PYENV_ROOT", raising=False)
    here = "{}.{}".format(*sys.version_info[:2])
    assert environments.interpreter(here) == ""
    monkeypatch.setenv(f"HWAN_PYTHON_{here.replace('.', '_')}", sys.executable)
    assert environments.interpreter(here) == sys.executable
    monkeypatch.setenv("HWAN_PYTHON_9_9", sys.executable)
    assert environments.interpreter("9.9") == ""


def test_pyenv_is_searched(monkeypatch, tmp_path):
    here = "{}.{}".format(*sys.version_info[:2])
    python = tmp_path / "pyenv/versions" / f"{here}.99" / "bin/python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    assert bench("peers.environments").interpreter(here) == str(python)


def test_what_is_missing_is_said_in_words(monkeypatch, tmp_path):
    environments = bench("peers.environments")
    monkeypatch.setattr(environments, "HOME", tmp_path)
    monkeypatch.setattr(environments, "interpreter", lambda _: "")
    assert environments.environment("cellpy") == environments.Environment(missing="no Python 3.13")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "apt-get install mdbtools" in environments.lacking("batterydf", ".RES")
    assert environments.lacking("batterydf", ".mpr") == environments.lacking("hwan", ".res") == ""


@pytest.mark.parametrize(
    ("name", "file", "claimed"),
    [
        ("galvani", "arbin/a.RES", True), ("galvani", "arbin/a.csv", False), ("pyprobe", "pec/a.csv", False),
        ("impedance", "eis-gamry/a.DTA", True), ("impedance", "biologic/a.mpr", False), ("hwan", "x/a.any", True),
        ("cellpy", "maccor/a.041", True), ("cellpy", "novonix/a.csv", False), ("cellpy", "pec/a.csv", True),
    ],
)  # fmt: skip
def test_which_reader_claims_which_file(name, file, claimed):
    assert bench("peers.readers").claims(name, Path(file)) is claimed


def test_cellpy_is_told_the_instrument():
    choices = bench("peers.readers").cellpy_choices
    assert choices(Path("galv-suite/arbin.csv")) == [{"instrument": "arbin_sql_csv"}]
    assert choices(Path("landt/a.bdf.csv")) == [{"instrument": "batmo_bdf"}]
    assert choices(Path("maccor/large.txt"))[-1] == {"instrument": "maccor_txt", "model": "one", "skiprows": 1}


def test_speeds_are_medians_of_rounds_in_turn():
    speed = bench("peers_speed")
    rounds = [
        ({"seconds": 1.0, "processor": 2.0, "peak_mb": 100.0}, {"seconds": theirs, "processor": 4.0, "peak_mb": 50.0})
        for theirs in (3.0, 300.0, 5.0)
    ]
    assert speed.compared(rounds) == speed.Compared(5.0, 2.0, 100.0, 50.0)


def test_a_large_mpr_is_read_as_written(tmp_path, lab_data, monkeypatch):
    speed = bench("peers_speed")
    monkeypatch.setattr(speed, "LAB_MPR", lab_data / "testers/biologic/jdb11-4.mpr")
    assert read(speed.mpr(tmp_path, 5000)).samples.collect().height == 5000
    monkeypatch.setattr(speed, "LAB_MPR", tmp_path / "absent.mpr")
    assert speed.mpr(tmp_path, 5000) is None


def test_the_texts_measured_are_read_as_written(tmp_path):
    speed = bench("peers_speed")
    for form in ("Maccor text", "PEC csv", "Arbin csv", "BDF csv"):
        frame = read(speed.FILES[form](tmp_path, 5000)).samples.collect()
        assert frame.height == 5000
    arbin = read(tmp_path / "arbin/large.csv").samples.collect()
    assert arbin["current_ampere"].unique().sort().to_list() == [-1.0, 0.0, 1.0]
    assert math.isclose(arbin["test_time_second"][-1], 4999.0003)


def test_old_workbooks_are_among_the_samples_to_be_damaged(tmp_path):
    for name in ("testers/neware/a.ndax", "testers/truth/b.csv", "retired/cycler_raw/nebula/c.xlsx", "retired/d.csv"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    found = dict(bench("mutations").files(tmp_path))
    assert found == {
        "neware/a.ndax": tmp_path / "testers/neware/a.ndax",
        "nebula/c.xlsx": tmp_path / "retired/cycler_raw/nebula/c.xlsx",
    }
