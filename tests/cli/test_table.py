"""A table of batteries: each row its own battery, wrong rows told by their cells, the others evaluated."""

from __future__ import annotations

import shutil

import pytest

from hwan.cli import _cells, _table
from hwan.cli._battery import Stated
from hwan.cli._table import load_table
from hwan.core import BadDefinition, UsageError

HEADINGS = "battery,files,chemistry,rated_capacity_ah,level,upper_voltage_volt,lower_voltage_volt\n"
GOOD = "good.bdf.csv,nmc622,50,cell,4.2,2.8\n"


@pytest.fixture
def folder(files, tmp_path):
    for name in ("good.bdf.csv", "short.bdf.csv", "empty.csv", "readings.toml"):
        shutil.copy(files / name, tmp_path / name)
    return tmp_path


@pytest.fixture
def table(folder):
    def _table(content, encoding="utf-8"):
        path = folder / "table.csv"
        path.write_bytes(content.encode(encoding))
        return path

    return _table


def test_each_row_is_a_battery_in_the_order_of_the_table(call, table):
    path = table(f"{HEADINGS}p-2,{GOOD}p-10,empty.csv\np-1,{GOOD}p-3,{GOOD.replace('50', '5o')}")
    answer = call("evaluate", "--batteries", path, "--json")
    document = answer.document
    assert answer.code == 2
    assert [each["battery"]["id"] for each in document["assessments"]] == ["p-2", "p-1"]
    assert [(each["source"], each["code"]) for each in document["failures"]] == [
        ("p-10", "no_bytes"),
        ("p-3", "table_row"),
    ]
    assert "D5 rated_capacity_ah" in document["failures"][1]["message"]
    kind = document["assessments"][0]["battery"]["type"]
    assert (kind["chemistry"], kind["rated_capacity_ah"], kind["rated_energy_wh"]) == ("nmc622", 50, "unknown")


def test_every_column(table, folder):
    (folder / "bms.toml").write_text("state_of_health = 0.9", encoding="utf-8")
    (folder / "tester.toml").write_text("model = 'B'", encoding="utf-8")
    values = {
        "battery": "p-1", "files": "short.bdf.csv;good.bdf.csv", "cell_logs": "empty.csv", "chemistry": "LFP",
        "rated_capacity_ah": "50", "rated_energy_wh": "182.5", "level": "pack", "upper_voltage_volt": "400",
        "lower_voltage_volt": "300", "series_count": "96", "parallel_count": "2", "cells_per_module": "12",
        "mass_kg": "250.5", "maker": "M, Inc.", "model": "X", "temperature_celsius": "-5", "sheet": "readings.toml",
        "bms": "bms.toml", "instrument": "tester.toml", "channels_in_parallel": "yes",
        "batch": "B1",
    }  # fmt: skip
    assert set(values) == set(_cells.COLUMNS)
    cells = ",".join(f'"{value}"' for value in values.values())
    (job,) = load_table(table(",".join(values) + "\n" + cells), Stated())
    assert (job.name, [path.name for path in job.files]) == ("p-1", ["short.bdf.csv", "good.bdf.csv"])
    assert job.about == Stated(
        "lfp", 50, 182.5, "pack", 400, 300, 96, 2, 12, 250.5, "M, Inc.", "X", -5, folder / "readings.toml",
        folder / "bms.toml", folder / "tester.toml", (folder / "empty.csv",), True, batch="B1",
    )  # fmt: skip
    battery = job.known().battery(job.name)
    assert (battery.type.mass_kg, battery.type.cells_per_module, battery.level) == (250.5, 12, "pack")


def test_an_empty_cell_is_as_the_options_say_and_a_full_one_over_them(call, table):
    path = table("battery,files,rated_capacity_ah\na,good.bdf.csv,\nb,good.bdf.csv,60\n")
    words = ("--rated-capacity-ah", 50, "--chemistry", "nmc622")
    found = call("evaluate", "--batteries", path, *words, "--json").document["assessments"]
    kinds = [each["battery"]["type"] for each in found]
    assert [kind["rated_capacity_ah"] for kind in kinds] == [50, 60]
    assert {kind["chemistry"] for kind in kinds} == {"nmc622"}


@pytest.mark.parametrize("sign", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_tables_as_spreadsheets_save_them(table, sign, encoding, end):
    rows = [("배터리", "파일", "정격 용량 (Ah)", "제조사"), ("팩-1", '"short.bdf.csv;good.bdf.csv"', "50", "우리회사")]
    (job,) = load_table(table(end.join(sign.join(row) for row in rows) + end * 2, encoding), Stated())
    assert (job.name, len(job.files)) == ("팩-1", 2)
    assert job.about == Stated(rated_capacity_ah=50, maker="우리회사")


def test_every_korean_heading_means_one_column():
    headings = [heading for column in _cells.COLUMNS.values() for heading in column.korean]
    assert len(headings) == len(set(headings))
    assert all(_cells.column_named(column.korean[0]) == name for name, column in _cells.COLUMNS.items())


def test_globs_come_in_the_order_of_their_numbers(table, folder):
    (folder / "t").mkdir()
    for number in (10, 9, 1):
        shutil.copy(folder / "good.bdf.csv", folder / "t" / f"cycle {number}.csv")
    (job,) = load_table(table("battery,files\na,t/*.csv; good.bdf.csv"), Stated())
    assert [path.name for path in job.files] == ["cycle 1.csv", "cycle 9.csv", "cycle 10.csv", "good.bdf.csv"]
    (job,) = load_table(table(f"battery,files\na,{folder}/t/*9.csv"), Stated())
    assert [path.name for path in job.files] == ["cycle 9.csv"]


def test_a_name_with_brackets_is_a_name(table, folder):
    shutil.copy(folder / "good.bdf.csv", folder / "cell [1].csv")
    (job,) = load_table(table("battery,files\na,cell [1].csv"), Stated())
    assert job.files == (folder / "cell [1].csv",)


WRONG_CELLS = [
    ("a,gone.csv", "B2 files"),
    ("a,*.gone", "'*.gone'"),
    ("a,**x", "B2 files"),
    ("a,good.bdf.csv;good.bdf.csv", "good.bdf.csv"),
    ("a,", "B2 files"),
    (",good.bdf.csv", "A2 battery"),
    ("a,good.bdf.csv,nmc621", "nmc622"),
    ("a,good.bdf.csv,,nan", "D2 rated_capacity_ah"),
    ("a,good.bdf.csv,,1_000", "D2 rated_capacity_ah"),
    ('a,good.bdf.csv,,"3,7"', "3.65"),
    ("a,good.bdf.csv,,0", "D2 rated_capacity_ah"),
    ("a,good.bdf.csv,,1e999", "D2 rated_capacity_ah"),
    ("a,good.bdf.csv,,,cells", "E2 level"),
    ("a,good.bdf.csv,,,,-1", "≥ 0 V"),
    ("a,good.bdf.csv,,,,2.8,4.2", "2.8"),
    ("a,good.bdf.csv,,,,,,more", "H2"),
    (f"{'a' * 201},good.bdf.csv", "200"),
]


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize(("row", "named"), WRONG_CELLS)
def test_a_cell_that_cannot_be(call, table, row, named, language):
    path = table(HEADINGS + row)
    answer = call("evaluate", "--batteries", path, "--json", "--lang", language)
    (failure,) = answer.document["failures"]
    assert (answer.code, failure["code"]) == (2, "table_row")
    assert named in failure["message"]
    assert str(path) in failure["message"]
    assert ("line 2" if language == "en" else "2행") in failure["message"]
    assert "{" not in failure["message"]


MORE = [("series_count", "0"), ("series_count", "96.5"), ("mass_kg", "-1"), ("temperature_celsius", "298"),
        ("channels_in_parallel", "maybe"), ("sheet", "gone.toml"), ("bms", "."), ("cell_logs", "gone.csv")]  # fmt: skip


@pytest.mark.parametrize(("column", "cell"), MORE)
def test_a_cell_of_the_other_columns_that_cannot_be(table, column, cell):
    (job,) = load_table(table(f"battery,files,{column}\na,good.bdf.csv,{cell}"), Stated())
    with pytest.raises(UsageError, match=f"C2 {column}"):
        job.known()


def test_logs_beside_several_tests_ask_which(table):
    content = "battery,files,cell_logs,channels_in_parallel\n"
    content += "a,good.bdf.csv;short.bdf.csv,good.bdf.csv,no\nb,good.bdf.csv;short.bdf.csv,good.bdf.csv,yes"
    wrong, right = load_table(table(content), Stated())
    assert isinstance(right.about, Stated)
    with pytest.raises(BadDefinition, match="C2 cell_logs"):
        wrong.known()


def test_all_that_is_wrong_in_a_row_is_told_at_once(table):
    (job,) = load_table(table(HEADINGS + "a,gone.csv,lead,x,box"), Stated())
    with pytest.raises(BadDefinition) as caught:
        job.known()
    assert all(cell in str(caught.value) for cell in ("B2", "C2", "D2", "E2"))


def test_an_id_twice_names_the_first_line(table):
    first, _, again = load_table(table("battery,files\na,good.bdf.csv\n\nb,good.bdf.csv\na,short.bdf.csv"), Stated())
    assert isinstance(first.about, Stated)
    with pytest.raises(BadDefinition, match="A5 battery: 'a' stands on line 2"):
        again.known()


def test_lines_are_counted_through_cells_of_several_lines(table):
    path = table('battery,files,maker\na,good.bdf.csv,"two\nlines"\nb,gone.csv,')
    *_, wrong = load_table(path, Stated())
    with pytest.raises(BadDefinition, match="line 4: B4 files"):
        wrong.known()


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize(
    ("content", "code", "named"),
    [
        ("battery,files,rated_capacty_ah\na,good.bdf.csv,5", "table_headings", "rated_capacity_ah"),
        ("battery,files,xyzzy\na,good.bdf.csv,5", "table_headings", "C1 'xyzzy'"),
        ("battery,battery,files\na,b,good.bdf.csv", "table_headings", "battery"),
        ("battery,배터리,files\na,b,good.bdf.csv", "table_headings", "battery"),
        ("battery\na", "table_headings", "files"),
        ("", "table_headings", "battery"),
        ("battery,files\n\n", "batteries_missing", "table.csv"),
        ('battery,files\n"a"b,good.bdf.csv', "table_malformed", "2"),
        ("battery,files\n\0", "table_not_text", "UTF-8"),
    ],
)
def test_a_table_that_cannot_be_stops_the_call(call, table, content, code, named, language):
    answer = call("evaluate", "--batteries", table(content), "--json", "--lang", language)
    (failure,) = answer.document["failures"]
    assert (answer.code, failure["code"]) == (2, code)
    assert named in failure["message"]
    assert answer.document["assessments"] == []


@pytest.mark.parametrize("content", [b"\xff\xfeb\0", b"PK\x03\x04\0\0", b"\xff\xff\xff"])
def test_what_is_no_text_is_told_to_be_saved_as_csv(folder, content):
    path = folder / "table.csv"
    path.write_bytes(content)
    with pytest.raises(BadDefinition, match="CSV"):
        load_table(path, Stated())


def test_a_table_is_bounded(table, monkeypatch):
    path = table("battery,files\na,good.bdf.csv\nb,good.bdf.csv")
    monkeypatch.setattr(_table, "MOST_ROWS", 1)
    with pytest.raises(BadDefinition, match="more than 1 rows"):
        load_table(path, Stated())
    monkeypatch.setattr(_table, "MOST_BYTES", 10)
    with pytest.raises(BadDefinition, match="10"):
        load_table(path, Stated())
    monkeypatch.undo()
    monkeypatch.setattr(_cells, "MOST_FILES", 1)
    (job,) = load_table(table("battery,files\na,*.csv"), Stated())
    with pytest.raises(BadDefinition, match="more than 1 files"):
        job.known()


def test_a_table_that_is_not_there(call, folder):
    answer = call("evaluate", "--batteries", folder / "none.csv", "--json")
    assert (answer.code, answer.document["failures"][0]["code"]) == (2, "definition_unreadable")


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize(
    "words",
    [("good.bdf.csv",), ("--sheet", "readings.toml"), ("--bms", "x"), ("--cells-log", "x"), ("--same-battery",)],
)
def test_what_speaks_of_one_battery_is_an_error_beside_a_table(call, table, words, language):
    path = table(f"{HEADINGS}a,{GOOD}")
    answer = call("evaluate", *words, "--batteries", path, "--json", "--lang", language)
    (failure,) = answer.document["failures"]
    assert (answer.code, failure["code"]) == (2, "options_beside_table")
    assert (words[0] if words[0].startswith("--") else "FILE") in failure["message"]


def test_a_sheet_that_cannot_be_is_a_failure_of_its_row(call, table, folder):
    (folder / "bad.toml").write_text("observations = 1", encoding="utf-8")
    path = table("battery,files,sheet\na,good.bdf.csv,bad.toml\nb,good.bdf.csv,readings.toml")
    document = call("evaluate", "--batteries", path, "--json").document
    assert [each["battery"]["id"] for each in document["assessments"]] == ["b"]
    (failure,) = document["failures"]
    assert (failure["source"], failure["code"]) == ("a", "definition_malformed")
    assert "bad.toml" in failure["message"]


def test_a_report_of_a_table_replaces_none_of_its_files(call, table, folder):
    path = table(f"{HEADINGS}a,{GOOD}")
    for place in (path, folder / "good.bdf.csv"):
        before = place.read_bytes()
        assert call("report", "--batteries", path, "-o", place).code == 2
        assert place.read_bytes() == before
    page = folder / "page.html"
    assert call("report", "--batteries", path, "-o", page).code == 4
    assert 'id="a"' in page.read_text(encoding="utf-8") or ">a<" in page.read_text(encoding="utf-8")


def test_ctrl_c_keeps_the_rows_that_are_done(call, table, monkeypatch):
    from hwan.cli import _evaluate

    real = _evaluate.evaluate

    def second_interrupted(tests, battery, **named):
        if battery.id == "b":
            raise KeyboardInterrupt
        return real(tests, battery, **named)

    monkeypatch.setattr(_evaluate, "evaluate", second_interrupted)
    path = table(f"{HEADINGS}a,{GOOD}b,{GOOD}c,{GOOD}")
    answer = call("evaluate", "--batteries", path, "--json")
    assert answer.code == 130
    assert [each["battery"]["id"] for each in answer.document["assessments"]] == ["a"]
    assert [(each["source"], each["code"]) for each in answer.document["failures"]] == [("b", "interrupted")]
