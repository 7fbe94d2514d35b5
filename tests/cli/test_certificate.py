"""hwan certificate: a PDF and a page per battery, in names of their own, over no input."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwan import report
from hwan.cli._certificate import outputs, places_of, safe_name
from hwan.cli._evaluate import Job
from hwan.core import MissingExtra, NothingInside


@pytest.fixture
def own(files, tmp_path) -> Path:
    return Path(shutil.copy(files / "good.bdf.csv", tmp_path / "good.bdf.csv"))


@pytest.mark.parametrize(("language", "word"), [("en", "Certificate:"), ("ko", "성능평가서:")])
def test_one_battery(call, own, files, good_call, tmp_path, language, word):
    words = (*good_call, "--sheet", files / "readings.toml", "--out", tmp_path / "c", "--issuer", "Centre 7")
    answer = call("certificate", own, *words, "--lang", language)
    assert answer.code == 0
    pdf, page = (tmp_path / "c" / f"good.bdf.csv-{language}.{suffix}" for suffix in ("pdf", "html"))
    assert pdf.read_bytes().startswith(b"%PDF-")
    assert "Centre 7" in page.read_text(encoding="utf-8")
    assert word in answer.out
    assert str(pdf) in answer.out
    assert sorted(each.name for each in pdf.parent.iterdir()) == sorted([pdf.name, page.name])


def test_the_document_says_where_each_is(call, own, files, tmp_path):
    answer = call("certificate", own, files / "empty.csv", "--out", tmp_path / "c", "--json")
    document = answer.document
    assert answer.code == 3
    assert set(document) == {"schema", "assessments", "certificates", "failures"}
    assert document["schema"] == "hwan.certificate/1"
    (written,) = document["certificates"]
    assert written["battery"] == "good.bdf.csv"
    assert Path(written["pdf"]).is_file()
    assert written["sha256"] in Path(written["html"]).read_text(encoding="utf-8").replace(" ", "")
    assert [each["code"] for each in document["failures"]] == ["no_bytes"]


def test_without_a_place_they_are_written_here(call, own, monkeypatch):
    monkeypatch.chdir(own.parent)
    assert call("certificate", own).code == 4
    assert (own.parent / "certificates" / "good.bdf.csv-en.pdf").is_file()


def test_a_table_gives_one_per_row(call, own, tmp_path):
    table = tmp_path / "table.csv"
    table.write_text(f"battery,files\npack/1,{own.name}\npack_1,{own.name}\nc,gone.csv\n", encoding="utf-8")
    document = call("certificate", "--batteries", table, "--out", tmp_path / "c", "--json").document
    assert [each["battery"] for each in document["certificates"]] == ["pack/1", "pack_1"]
    assert len({each["pdf"] for each in document["certificates"]}) == 2
    assert all(Path(each["pdf"]).parent == tmp_path / "c" for each in document["certificates"])
    assert [each["code"] for each in document["failures"]] == ["table_row"]


@pytest.mark.parametrize("name", ["good.bdf.csv-en.pdf", "good.bdf.csv-en.html"])
@pytest.mark.parametrize("language", ["en", "ko"])
def test_an_input_is_never_replaced(call, own, name, language):
    sheet = own.with_name(name)
    sheet.write_text("", encoding="utf-8")
    answer = call("certificate", own, "--sheet", sheet, "--out", own.parent, "--json")
    (failure,) = answer.document["failures"]
    assert (answer.code, failure["code"]) == (2, "output_is_input")
    assert sheet.read_text(encoding="utf-8") == ""


def test_a_file_of_a_row_is_never_replaced(call, own, tmp_path):
    sheet = tmp_path / "a-en.html"
    sheet.write_text("", encoding="utf-8")
    table = tmp_path / "table.csv"
    table.write_text(f"battery,files,sheet\na,{own.name},{sheet.name}\n", encoding="utf-8")
    answer = call("certificate", "--batteries", table, "--out", tmp_path, "--json")
    assert [each["code"] for each in answer.document["failures"]] == ["output_is_input"]


def test_an_older_certificate_that_the_sheet_holds_is_never_replaced(call, own, tmp_path):
    (tmp_path / "a-en.pdf").write_bytes(b"of last year")
    (tmp_path / "a.toml").write_text('[[photos]]\nfile = "a-en.pdf"\n', encoding="utf-8")
    table = tmp_path / "table.csv"
    table.write_text(f"battery,files,sheet\na,{own.name},a.toml\nb,{own.name},\n", encoding="utf-8")
    document = call("certificate", "--batteries", table, "--out", tmp_path, "--json").document
    assert [(each["source"], each["code"]) for each in document["failures"]] == [("a", "output_is_input")]
    assert [each["battery"] for each in document["certificates"]] == ["b"]
    assert len(document["assessments"]) == 2
    assert (tmp_path / "a-en.pdf").read_bytes() == b"of last year"


def test_a_place_that_cannot_be_written_keeps_the_results(call, own):
    answer = call("certificate", own, "--out", own, "--json")
    assert answer.code == 2
    assert [each["code"] for each in answer.document["failures"]] == ["output_not_writable"]
    assert len(answer.document["assessments"]) == 1
    assert answer.document["certificates"] == []


def test_a_certificate_that_cannot_be_made_stops_no_other(call, own, files, tmp_path, monkeypatch):
    real = report.certificate

    def first_fails(entry, **named):
        if entry.assessment.battery.id == "short.bdf.csv":
            raise MissingExtra("typst", "report")
        return real(entry, **named)

    monkeypatch.setattr(report, "certificate", first_fails)
    document = call("certificate", files / "short.bdf.csv", own, "--out", tmp_path / "c", "--json").document
    assert [each["battery"]["id"] for each in document["assessments"]] == ["short.bdf.csv", "good.bdf.csv"]
    assert [each["battery"] for each in document["certificates"]] == ["good.bdf.csv"]
    assert [each["code"] for each in document["failures"]] == ["missing_extra"]


def test_a_wrong_call_is_one_document(call):
    answer = call("certificate", "--json")
    assert (answer.code, answer.document["schema"]) == (2, "hwan.certificate/1")
    assert answer.document["assessments"] == []


def _job(name):
    return Job(name, name, (), NothingInside("no_bytes", source=name))


def test_batteries_of_one_name_have_files_of_their_own():
    places = places_of([_job("x.csv"), _job("x.csv"), _job("X.csv"), _job("x.csv-en-2")], Path("c"), "en")
    assert [place.name for place in places] == ["x.csv-en", "x.csv-en-2", "X.csv-en-3", "x.csv-en-2-en"]
    assert [path.name for path in outputs(places[0])] == ["x.csv-en.pdf", "x.csv-en.html"]


@given(st.text(st.characters(codec=None), max_size=300))
def test_every_id_has_a_safe_name(battery_id):
    name = safe_name(battery_id)
    assert name
    assert not set('/\\:*?"<>|\0\n') & set(name)
    assert not name.startswith(".")
    assert len(f".{name}-en-99999.html.4194304.part".encode()) <= 255
    assert safe_name(battery_id) == name


@given(st.text(max_size=80), st.text(max_size=80))
def test_two_ids_have_two_names(one, other):
    assert (safe_name(one) == safe_name(other)) == (one == other)
