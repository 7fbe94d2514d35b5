"""hwan export: files of the Battery Data Format, one document, over nobody's file."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
import typer

import hwan
from hwan.cli import _export
from hwan.core import UsageError

app = typer.Typer()
app.command("export")(_export.export)


@pytest.fixture
def call(capsys):
    def _call(*words):
        code = typer.main.get_command(app).main([str(word) for word in words], standalone_mode=False)
        written = capsys.readouterr()
        return code, written.out, written.err

    return _call


def document(answer):
    code, out, _ = answer
    parsed = json.loads(out)
    assert parsed.keys() == {"schema", "exports", "failures"}
    assert parsed["schema"] == "hwan.export/1"
    return code, parsed


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_file_comes_back(call, files, tmp_path, form):
    words = ("--to", tmp_path / "out", "--format", form, "--institution", "UCam", "--cell", "A1")
    code, told = document(call(files / "good.bdf.csv", *words, "--json"))
    assert (code, told["failures"]) == (0, [])
    (each,) = told["exports"]
    path = tmp_path / "out" / f"UCam__A1__unknown_001.bdf.{form}"
    assert [file["path"] for file in each["files"]] == [str(path)]
    first = hwan.read(files / "good.bdf.csv")
    assert each["recording_id"] == first.id
    assert hwan.read(path).samples.collect().equals(first.samples.collect(), null_equal=True)
    assert Path(each["metadata"]).is_file()


def test_tables(call, files, tmp_path):
    code, told = document(call(files / "good.bdf.csv", "--to", tmp_path, "--tables", "--json"))
    assert code == 0
    steps = next(file["path"] for file in told["exports"][0]["files"] if file["holds"] == "steps")
    assert steps.endswith("_001.steps.bdf.parquet")
    assert pl.read_parquet(steps).height == hwan.steps(hwan.read(files / "good.bdf.csv")).height


def test_a_spectrum_has_no_tables(call, tmp_path):
    frame = {"Frequency / Hz": [1e3, 1.0], "Real Impedance / ohm": [0.1, 0.2], "Imaginary Impedance / ohm": [-0.1, 0.0]}
    pl.DataFrame(frame).write_csv(tmp_path / "eis.bdf.csv")
    code, told = document(call(tmp_path / "eis.bdf.csv", "--to", tmp_path / "out", "--tables", "--json"))
    assert code == 0
    assert [file["holds"] for file in told["exports"][0]["files"]] == ["samples"]


@pytest.mark.parametrize(("language", "word"), [("en", "metadata:"), ("ko", "메타데이터:")])
def test_what_a_person_reads(call, files, tmp_path, language, word):
    code, out, err = call(files / "good.bdf.csv", "--to", tmp_path, "--lang", language)
    assert (code, err) == (0, "")
    assert "unknown__good__unknown_001.bdf.parquet" in out
    assert word in out


def test_what_is_not_carried_is_told(call, tmp_path):
    frame = {"Test Time / s": [0.0, 1.0], "Voltage / V": [3.5, 3.6], "Current / A": [1.0, 1.0], "Aux [bar]": [1.5, 2.5]}
    pl.DataFrame(frame).write_csv(tmp_path / "own.csv")
    code, out, _ = call(tmp_path / "own.csv", "--to", tmp_path / "out")
    assert code == 0
    assert "raw_aux_bar" in out


def test_a_broken_file_stops_nobody(call, files, tmp_path):
    good = [files / "good.bdf.csv", files / "short.bdf.csv"]
    code, told = document(call(good[0], files / "empty.csv", good[1], "--to", tmp_path, "--json"))
    assert (code, len(told["exports"])) == (3, 2)
    assert [(Path(each["source"]).name, each["code"]) for each in told["failures"]] == [("empty.csv", "no_bytes")]


def test_nothing_is_replaced_unasked(call, files, tmp_path):
    words = (files / "good.bdf.csv", "--to", tmp_path, "--json")
    _, first = document(call(*words))
    code, told = document(call(*words))
    assert (code, told["exports"], [each["code"] for each in told["failures"]]) == (2, [], ["export_exists"])
    assert document(call(*words, "--overwrite"))[1]["exports"] == first["exports"]
    assert len(list(tmp_path.iterdir())) == 2


def test_an_interruption_keeps_what_is_done(call, files, tmp_path, monkeypatch):
    real = _export.export_bdf

    def second_stops(recording, folder, **named):
        if recording.provenance.source_name == "short.bdf.csv":
            raise KeyboardInterrupt
        return real(recording, folder, **named)

    monkeypatch.setattr(_export, "export_bdf", second_stops)
    paths = (files / "good.bdf.csv", files / "short.bdf.csv", files / "uncounted.bdf.csv")
    code, told = document(call(*paths, "--to", tmp_path, "--json"))
    assert (code, [each["code"] for each in told["failures"]]) == (130, ["interrupted"])
    assert [each["source"] for each in told["exports"]] == ["good.bdf.csv"]


def test_a_mapping_that_is_not_there_is_a_wrong_call(call, files, tmp_path):
    with pytest.raises(UsageError):
        call(files / "good.bdf.csv", "--to", tmp_path / "out", "--mapping", "none")
    assert not (tmp_path / "out").exists()
