"""hwan calibrate: from tables and from tester files to a model and a page, and every way it can be called wrongly."""

from __future__ import annotations

import json
import shutil
from html.parser import HTMLParser

import polars as pl
import pytest

from hwan.cli import _calibrate, _calibrate_table, main
from hwan.core import text
from hwan.health.rapid import load_model
from hwan.synthetic import cell_test, write_bdf_csv, write_bdf_parquet

KIND = ("--chemistry", "lmo", "--rated-capacity-ah", "10", "--id", "my/1")


@pytest.fixture
def run(call, tmp_path):
    """Calls without fitting: what is wrong must be told before."""

    def _run(*words):
        return call("calibrate", *words, *KIND, "--out", tmp_path / "model.json", "--json")

    return _run


def code_of(answer):
    (failure,) = answer.document["failures"]
    return failure["code"]


def test_the_model_is_what_was_asked_for(own_model):
    model = load_model(own_model)
    own = model.population
    assert (model.id, own.chemistry, own.rated_capacity_ah, own.batches) == ("own/1", "lmo", 10.0, ("B1", "B2"))
    assert (model.origin.cells, model.origin.rows) == (12, 48)
    assert model.protocol.rates_per_hour == (0.5, -0.5, 1.0, -1.0, 1.5)
    assert [each.probability for each in model.bounds if each.shown] == [0.5, 0.9]
    assert model.card["mean_absolute_error"] < 0.3 * model.card["mean_predictor_error"]


def test_the_page_stands_alone_and_names_the_model_file(own_model):
    page = (own_model.parent / "page.html").read_text(encoding="utf-8")
    HTMLParser().feed(page)
    assert load_model(own_model).sha256 in page
    assert "http" not in page.replace("http-equiv", "").replace("http://www.w3.org", "")
    assert text("ui", "calibration_predicted_title") in page
    assert text("ui", "calibration_full_only") in page


def test_the_same_table_gives_the_same_model_and_a_second_run_replaces_it(call, own_model, responses, tmp_path):
    """Also as a csv that a Korean spreadsheet saved: other order of columns, semicolons, cp949."""
    frame = responses.select(reversed(responses.columns)).with_columns(pl.lit("비고").alias("메모"))
    (tmp_path / "표.csv").write_bytes(frame.write_csv(separator=";").encode("cp949"))
    out = tmp_path / "again.json"
    out.write_text("{}", encoding="utf-8")
    words = ("--chemistry", "lmo", "--rated-capacity-ah", 10, "--id", "own/1", "--batch", "B1", "--batch", "B2")
    answer = call("calibrate", tmp_path / "표.csv", *words, "--out", out, "--json")
    assert answer.code == 0
    first, second = (json.loads(path.read_text(encoding="utf-8")) for path in (own_model, out))
    assert {**first, "origin": 0} == {**second, "origin": 0}
    told = answer.document["model"]
    assert told["sha256"] == load_model(out).sha256
    assert told["card"] == second["card"]
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".part"] == []


@pytest.fixture(scope="module")
def tester_files(tmp_path_factory):
    """Cells with a full test at C/3, then a discharge and a charge pulse of 10 s; two files that have not both."""
    folder = tmp_path_factory.mktemp("cells")
    for seed in range(21):
        write_bdf_parquet(cell_test(seed), folder / f"c{seed:02}.bdf.parquet")
    short = cell_test(30).samples.filter(pl.col("step_count") >= 7)
    shutil.copy(folder / "c00.bdf.parquet", folder / "whole.bdf.parquet")
    short.write_csv(folder / "pulses-only.bdf.csv")
    write_bdf_csv(cell_test(31), folder / "swapped.bdf.csv")
    return folder


OWN_PULSES = (
    *("--width-second", 10, "--rest-second", 60, "--rates=-1,0.75", "--reference-rate", "0.3333"),
    *("--chemistry", "nmc622", "--rated-capacity-ah", 50, "--id", "cells/1"),
    *("--upper-voltage-volt", 4.2, "--lower-voltage-volt", 2.8),
)


def test_tester_files_calibrate_and_evaluate(call, tester_files, tmp_path):
    """A cell never calibrated is answered by the model; a file without a full test stops nobody."""
    files = sorted(tester_files.glob("c*.bdf.parquet"))
    out, page = tmp_path / "cells.json", tmp_path / "page.html"
    words = (*OWN_PULSES, "--report", page, "--lang", "ko", "--out", out)
    answer = call("calibrate", *files, tester_files / "pulses-only.bdf.csv", *words)
    assert answer.code == 3
    assert "pulses-only" in answer.err
    assert text("screen", "calibrated_coverage", "ko") in answer.out
    model = load_model(out)
    assert (model.origin.cells, model.origin.rows) == (21, 21)
    assert text("ui", "calibration_title", "ko") in page.read_text(encoding="utf-8")
    new = cell_test(40)
    path = write_bdf_csv(new, tmp_path / "new.bdf.csv")
    kind = ("--chemistry", "nmc622", "--rated-capacity-ah", 50, "--rapid-model", out)
    (assessment,) = call("evaluate", path, *kind, "--json").document["assessments"]
    (told,) = [each for each in assessment["measurements"] if each["method"] == "rapid.pulses"]
    assert abs(told["quantiles"][4]["value"] - new.truth.state_of_health) < 0.15


def test_cells_that_lack_a_test_are_named_and_too_few_are_refused(call, tester_files, tmp_path):
    names = {"full": "pulses-only.bdf.csv", "a": "c01.bdf.parquet", "b": "absent.parquet"}
    table = tester_files / "cells.csv"
    table.write_text("battery,files\n" + "".join(f"{a},{b}\n" for a, b in names.items()), encoding="utf-8")
    out = tmp_path / "x.json"
    answer = call("calibrate", "--batteries", table, *OWN_PULSES, "--out", out, "--json")
    assert answer.code == 2
    assert [each["code"] for each in answer.document["failures"]] == ["calibration_too_small"]
    words = (*OWN_PULSES, "--width-second", 7)
    answer = call("calibrate", tester_files / "c01.bdf.parquet", *words, "--out", out, "--json")
    assert code_of(answer) == "calibrate_rapid_test_missing"
    answer = call(
        "calibrate", tester_files / "c01.bdf.parquet", *OWN_PULSES, "--reference-rate", 1, "--out", out, "--json"
    )
    assert code_of(answer) == "calibrate_full_test_rate"
    words = (*OWN_PULSES, "--temperature-range", "0:10")
    answer = call("calibrate", tester_files / "c01.bdf.parquet", *words, "--out", out, "--json")
    assert code_of(answer) == "calibrate_temperature_outside"
    assert not out.exists()


# Tables that cannot be -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("empty.csv", b"", "no_bytes"),
        ("headings.csv", b"cell,soh,U1,U2\n", "calibrate_table_empty"),
        ("columns.csv", b"cell,soh,U1\na,0.9,3.7\n", "calibration_columns_missing"),
        ("ragged.csv", b"cell,soh,U1\na,0.9,3.7,1,2,3\nb\n", "calibrate_table_damaged"),
        ("broken.parquet", b"PAR1" + bytes(60) + b"PAR1", "table_unreadable"),
    ],
)
def test_tables_that_cannot_be_are_told(run, tmp_path, name, content, code):
    (tmp_path / name).write_bytes(content)
    answer = run(tmp_path / name)
    assert answer.code in (2, 3)
    assert answer.document["failures"][0]["code"] == code
    assert not (tmp_path / "model.json").exists()


def test_a_huge_table_is_refused_before_it_is_read(run, responses, tmp_path, monkeypatch):
    responses.write_csv(tmp_path / "t.csv")
    monkeypatch.setattr(_calibrate_table, "MOST_BYTES", 1000)
    assert code_of(run(tmp_path / "t.csv")) == "definition_too_large"
    monkeypatch.undo()
    pl.DataFrame({"cell": ["a"] * 200_001, "soh": [0.9] * 200_001}).write_parquet(tmp_path / "t.parquet")
    assert code_of(run(tmp_path / "t.parquet")) == "calibration_too_large"


def test_a_damaged_parquet_is_told(run, responses, tmp_path):
    path = tmp_path / "t.parquet"
    responses.write_parquet(path)
    content = bytearray(path.read_bytes())
    content[200:1200] = bytes(1000)
    path.write_bytes(content)
    assert code_of(run(path)) == "calibrate_table_damaged"


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("chemistry", "LFP", "calibrate_other_type"),
        ("q_nominal_ah", 35.0, "calibrate_other_type"),
        ("pulse_s", 3.0, "calibration_width"),
        ("pulse_ms", 3000.0, "calibration_width"),
        ("soh", 88.0, "calibration_labels_percent"),
    ],
)
def test_a_table_of_something_else_is_refused(run, responses, tmp_path, column, value, code):
    responses.with_columns(pl.lit(value).alias(column)).write_parquet(tmp_path / "t.parquet")
    assert code_of(run(tmp_path / "t.parquet")) == code


# Calls that cannot be --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--chemistry", "unknown"), "calibrate_chemistry_unknown"),
        (("--id", "no slash"), "calibrate_id"),
        (("--id", "pulsebat-lmo10/1"), "calibrate_id"),
        (("--rates", "a,b"), "calibrate_numbers"),
        (("--rates", "1,2"), "calibrate_rates"),
        (("--rates", "1,-0"), "calibrate_rates"),
        (("--rates", "nan,-1"), "calibrate_numbers"),
        (("--voltages", "4,3.9"), "calibrate_voltages_without_partial"),
        (("--partial", "discharge"), "calibrate_voltages"),
        (("--partial", "discharge", "--voltages", "3.9,4.0"), "calibrate_voltages"),
        (("--temperature-range", "30:20"), "calibrate_temperatures"),
        (("--temperature-range", "warm"), "calibrate_numbers"),
        (("--checks", "checks.csv"), "calibrate_without_report"),
        (("--ruleset", "house-rapid/1"), "calibrate_without_report"),
        (("--report", "page.html", "--ruleset", "nobody/1"), "unknown_name"),
        (("--report", "page.html", "--stages", "nobody/1"), "unknown_name"),
    ],
)
def test_wrong_options_are_told(call, responses, tmp_path, monkeypatch, words, code):
    monkeypatch.chdir(tmp_path)
    responses.write_csv("t.csv")
    answer = call("calibrate", "t.csv", *KIND, "--out", "model.json", "--json", *words)
    assert answer.code == 2
    assert code_of(answer).startswith(code)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["t.csv"]


def test_which_cells_are_meant_has_to_be_clear(run, responses, tmp_path):
    responses.write_csv(tmp_path / "t.csv")
    responses.write_csv(tmp_path / "u.csv")
    assert code_of(run()) == "calibrate_no_cells"
    assert code_of(run(tmp_path / "t.csv", tmp_path / "u.csv")) == "calibrate_table_alone"
    assert code_of(run(tmp_path / "t.csv", "--batteries", tmp_path / "u.csv")) == "options_beside_table"


def test_no_output_replaces_an_input_or_the_other_output(call, responses, tmp_path):
    table = tmp_path / "t.csv"
    responses.write_csv(table)
    before = table.read_bytes()
    for out, page in ((table, tmp_path / "p.html"), (tmp_path / "m.json", table), (tmp_path / "m", tmp_path / "m")):
        answer = call("calibrate", table, *KIND, "--out", out, "--report", page, "--json")
        assert code_of(answer) == "output_is_input"
    assert table.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["t.csv"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("day,cell\n", "checks_columns"),
        ("", "checks_columns"),
        ("date,cell,predicted,reference\n", "checks_missing"),
        ("date,cell,predicted,reference\n2026-11-22,a,85,0.9\nsoon,a,0.8,0.8\n", "checks_malformed"),
    ],
)
def test_check_cells_that_cannot_be_are_told_before_the_fit(call, responses, tmp_path, content, code):
    responses.write_csv(tmp_path / "t.csv")
    (tmp_path / "checks.csv").write_text(content, encoding="utf-8")
    words = ("--report", tmp_path / "p.html", "--checks", tmp_path / "checks.csv", "--out", tmp_path / "m.json")
    answer = call("calibrate", tmp_path / "t.csv", *KIND, *words, "--json")
    assert (answer.code, code_of(answer)) == (2, code)


def test_an_interrupted_fit_leaves_nothing_behind(responses, tmp_path, monkeypatch, capsys):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(_calibrate, "_fitted", interrupted)
    responses.write_csv(tmp_path / "t.csv")
    words = ("--out", tmp_path / "m.json", "--report", tmp_path / "p.html")
    assert main([str(word) for word in ("calibrate", tmp_path / "t.csv", *KIND, *words)]) == 130
    assert [path.name for path in tmp_path.iterdir()] == ["t.csv"]


def test_interrupted_while_reading_nothing_is_fitted(call, tester_files, tmp_path, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("hwan.cli._battery.Request.test", interrupted)
    answer = call("calibrate", tester_files / "c01.bdf.parquet", *OWN_PULSES, "--out", tmp_path / "m.json", "--json")
    assert (answer.code, code_of(answer)) == (130, "interrupted")
    assert not (tmp_path / "m.json").exists()
