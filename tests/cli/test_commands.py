"""The other commands, and what happens when somebody presses Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import polars as pl
import pytest

from hwan.cli import main
from hwan.cli._work import over

HWAN = (sys.executable, "-c", "import sys; from hwan.cli import main; sys.exit(main())")


def test_formats(call):
    names = {each["name"] for each in call("formats", "--json").document["formats"]}
    assert {"neware-ndax", "bdf-csv", "csv:ampworks"} <= names
    assert "neware-ndax" in call("formats").out


@pytest.mark.parametrize("command", ["steps", "cycles"])
def test_tables(call, files, command):
    answer = call(command, files / "good.bdf.csv", files / "empty.csv", "--json")
    assert answer.code == 3
    (recording,) = answer.document["recordings"]
    assert len(recording[command]) >= 1
    assert "null" not in answer.out
    assert "good.bdf.csv" in call(command, files / "good.bdf.csv", "--lang", "ko").out


def test_read(call, files):
    answer = call("read", files / "good.bdf.parquet", "--json")
    (recording,) = answer.document["recordings"]
    assert answer.code == 0
    assert recording["rows"] > 2000
    assert {"voltage_volt", "current_ampere"} <= set(recording["columns"])


def test_read_explains_itself(call, files):
    answer = call("read", files / "good.bdf.csv", files / "picture.ndax", "--explain")
    assert answer.code == 0
    assert "bdf-csv" in answer.out
    document = call("read", files / "good.bdf.csv", "--explain", "--json").document
    confidences = {each["reader"]: each["confidence"] for each in document["explained"][0]["recognitions"]}
    assert confidences["bdf-csv"] == "certain"
    assert confidences["neware-ndax"] == "no"


def test_a_users_mapping(call, files, tmp_path):
    table = tmp_path / "own.csv"
    table.write_text("erste;zweite;dritte\n0;3,7;0\n10;3,8;1\n20;3,9;1\n", encoding="utf-8")
    mapping = tmp_path / "own.toml"
    mapping.write_text(
        'id = "own"\ntitle = "Own"\ndelimiter = ";"\ndecimal = ","\nheader = { line = 1 }\n'
        '[columns.erste]\nto = "test_time_second"\n[columns.zweite]\nto = "voltage_volt"\n'
        '[columns.dritte]\nto = "current_ampere"\n',
        encoding="utf-8",
    )
    assert call("read", table).code == 3
    answer = call("read", table, "--mapping", mapping, "--json")
    assert answer.code == 0, answer.out
    assert answer.document["recordings"][0]["rows"] == 3


@pytest.mark.parametrize("language", ["en", "ko"])
def test_report(call, files, good_call, tmp_path, language):
    page = tmp_path / "page.html"
    answer = call("report", files / "good.bdf.csv", files / "empty.csv", *good_call, "-o", page, "--lang", language)
    assert answer.code == 3
    text = page.read_text(encoding="utf-8")
    assert f'lang="{language}"' in text
    assert "good.bdf.csv" in text
    assert "empty.csv" in text
    assert str(page) in answer.out.replace("\n", "")


def test_report_without_a_place_is_written_here(call, files, good_call, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    call("report", files / "good.bdf.csv", *good_call)
    assert (tmp_path / "hwan-report.html").is_file()


def test_the_demonstration_without_samples_says_how_to_get_them(call, tmp_path):
    answer = call("demo", "--samples", tmp_path, "--folder", tmp_path, "--json")
    assert answer.code == 3
    assert "make demo" in answer.document["failures"][0]["message"]


def test_the_demonstration(call, tmp_path, samples):
    answer = call("demo", "--samples", samples, "--folder", tmp_path, "--json")
    assert answer.code == 0
    document = answer.document
    (kept,) = document["retained"]
    assert kept["value"] == pytest.approx(0.8738, abs=0.0005)
    pack = document["assessments"][-1]
    assert pack["grade"]["status"] == "graded"
    measured = {each["quantity"]: each["quantiles"] for each in pack["measurements"]}
    truth = document["truth"]
    for quantity in ("capacity", "energy", "state_of_health_capacity"):
        assert measured[quantity][0]["value"] <= truth[quantity] <= measured[quantity][-1]["value"]
    assert (tmp_path / "report-en.html").stat().st_size > 100_000


def test_interrupted_keeps_what_is_done():
    def work(name):
        if name == "second":
            raise KeyboardInterrupt
        return [name]

    done = over(["first", "second", "third"], work, str, "en")
    assert done.results == ["first"]
    assert [each.code for each in done.failures] == ["interrupted"]
    assert done.exit_code(4) == 130


@pytest.mark.parametrize("seconds", [0.05, 0.4, 4])
def test_ctrl_c_ends_with_130_and_one_document(files, seconds):
    """Whether hwan is still loading, or has done some of the files."""
    many = [str(files / "good.bdf.csv")] * 3000
    code = "import sys; from hwan.cli import main; print(file=sys.stderr, flush=True); sys.exit(main())"
    with subprocess.Popen(
        [sys.executable, "-c", code, "evaluate", *many, "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stderr is not None
        running.stderr.readline()  # the interpreter is up, hwan's rooms are not
        time.sleep(seconds)
        os.kill(running.pid, signal.SIGINT)
        out, _ = running.communicate(timeout=120)
    document = json.loads(out)
    assert running.returncode == 130
    assert document["failures"][-1]["code"] == "interrupted"


def test_an_unexpected_fault_is_five_and_one_document(call, files, monkeypatch):
    def broken(*_args, **_named):
        raise ZeroDivisionError("oh")

    monkeypatch.setattr("hwan.cli._evaluate.evaluate", broken)
    answer = call("evaluate", files / "good.bdf.csv", "--json")
    assert answer.code == 5
    assert "ZeroDivisionError" in answer.document["failures"][0]["message"]


def test_progress_goes_to_stderr_only(files):
    done = subprocess.run(
        [*HWAN, "cycles", str(files / "good.bdf.csv"), "--json"], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout)["schema"] == "hwan.cycles/1"


def test_a_closed_pipe_is_no_fault(files):
    command = " ".join(f"'{word}'" for word in (*HWAN, "steps", str(files / "good.bdf.csv"), "--json"))
    done = subprocess.run(f"{command} | head -c 10", shell=True, capture_output=True, text=True, check=False)  # noqa: S602
    assert done.stderr == ""


def test_help_names_every_command(call):
    answer = call("--help")
    assert answer.code == 0
    assert all(name in answer.out for name in ("formats", "read", "steps", "cycles", "evaluate", "report", "demo"))


def test_main_without_words_shows_the_help(capsys):
    assert main([]) == 2
    assert "evaluate" in "".join(capsys.readouterr())


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_spectrum_is_read_and_told_apart_from_a_test_in_time(call, tmp_path, language):
    frame = pl.DataFrame({"frequency_hertz": [1e4, 1e2, 1.0], "real_impedance_ohm": [0.01, 0.02, 0.03]})
    path = tmp_path / "cell.bdf.parquet"
    frame.with_columns(imaginary_impedance_ohm=pl.lit(-0.001)).write_parquet(path)
    answer = call("read", path, "--lang", language)
    assert (answer.code, "1e+04 Hz" in answer.out) == (0, True)
    assert call("read", path, "--json").document["recordings"][0]["time_second"] == "unknown"
    refused = call("steps", path, "--json").document["failures"]
    assert refused[0]["code"] == "spectrum_not_in_time"
