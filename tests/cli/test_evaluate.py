"""hwan evaluate: the contract of its document and its exit code, for good and bad input."""

from __future__ import annotations

from dataclasses import fields

import pytest

from hwan.core import Assessment, from_plain

BAD = {
    "cut.bdf.csv": (4, "last_row_cut_short"),
    "empty.csv": (3, "no_bytes"),
    "headings.bdf.csv": (3, "headings_without_rows"),
    "picture.ndax": (3, "format_not_recognised_known"),
    "no_voltage.bdf.csv": (3, "column_without_values"),
    "nowhere.csv": (3, "path_missing"),
    "swapped.bdf.csv": (4, "current_sign_against_voltage"),
    "milliampere.bdf.csv": (4, "current_scale_against_counter"),
    "milliampere_uncounted.bdf.csv": (4, "current_scale_against_rating"),
    "short.bdf.csv": (4, "cutoff_not_reached"),
}


@pytest.mark.parametrize("name", ["good.bdf.csv", "good.bdf.parquet"])
def test_a_good_file_is_graded(call, files, good_call, name):
    answer = call("evaluate", files / name, *good_call, "--sheet", files / "readings.toml", "--json")
    assert answer.code == 0
    document = answer.document
    assert document["schema"] == "hwan.evaluate/1"
    assert set(document) == {"schema", "assessments", "failures"}
    (assessment,) = document["assessments"]
    assert set(assessment) == {each.name for each in fields(Assessment)}
    assert from_plain(Assessment, assessment).grade.status == "graded"
    assert "null" not in answer.out


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_named_in_one_document(call, files, good_call, name):
    code, reason = BAD[name]
    answer = call("evaluate", files / name, *good_call, "--sheet", files / "readings.toml", "--json")
    assert answer.code == code
    document = answer.document
    codes = {each["code"] for each in document["failures"]}
    for assessment in document["assessments"]:
        codes |= {each["code"] for each in (*assessment["findings"], *assessment["refusals"])}
        assert assessment["grade"]["status"] == "refused"
    assert reason in codes
    assert bool(document["failures"]) == (code == 3)


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("name", [name for name, (code, _) in BAD.items() if code == 3])
def test_a_person_is_told_what_and_what_next(call, files, name, language):
    answer = call("evaluate", files / name, "--lang", language)
    assert answer.code == 3
    assert name in answer.err.replace("\n", "")
    assert ("Next" if language == "en" else "다음") in answer.err


def test_one_broken_file_stops_nobody(call, files, good_call):
    three = [files / name for name in ("good.bdf.csv", "empty.csv", "good.bdf.parquet")]
    answer = call("evaluate", *three, *good_call, "--sheet", files / "readings.toml", "--json")
    assert answer.code == 3
    assert [each["battery"]["id"] for each in answer.document["assessments"]] == ["good.bdf.csv", "good.bdf.parquet"]
    assert [each["source"] for each in answer.document["failures"]] == [str(three[1])]


def test_without_rating_and_counter_the_scale_is_unverified(call, files):
    answer = call("evaluate", files / "uncounted.bdf.csv", "--json")
    (assessment,) = answer.document["assessments"]
    assert answer.code == 4
    assert "scale_unverified" in {each["code"] for each in assessment["findings"] if each["severity"] == "stop"}


@pytest.mark.parametrize(
    ("words", "near"),
    [
        (("--ruleset", "hause/1"), "house/1"),
        (("--chemistry", "nmc621"), "nmc622"),
        (("--prices", "everbat-2023-kr/1"), "everbatt"),
    ],
)
def test_an_unknown_name_gets_the_nearest_and_one_document(call, files, words, near):
    answer = call("evaluate", files / "good.bdf.csv", *words, "--json")
    assert answer.code == 2
    assert answer.document["assessments"] == []
    assert near in answer.document["failures"][0]["message"]


@pytest.mark.parametrize(
    "words", [("--rated-capacity-ah", "-3"), ("--no-such-option",), ("--rated-capacity-ah", "many")]
)
def test_a_wrong_call_is_usage_and_one_document(call, files, words):
    answer = call("evaluate", files / "good.bdf.csv", *words, "--json")
    assert answer.code == 2
    assert answer.document["failures"][0]["code"] == "usage"


def test_no_file_is_usage(call):
    assert call("evaluate", "--json").document["failures"][0]["code"] == "usage"


def test_a_malformed_sheet_is_named_before_any_file_is_read(call, files, tmp_path):
    sheet = tmp_path / "sheet.toml"
    sheet.write_text('[[observations]]\nquantity = "visual_inspection"\nvalu = true\n', encoding="utf-8")
    answer = call("evaluate", files / "good.bdf.csv", "--sheet", sheet, "--json")
    assert answer.code == 2
    assert "valu" in answer.document["failures"][0]["message"]


def test_the_same_battery_is_one_assessment(call, files, good_call):
    two = (files / "short.bdf.csv", files / "good.bdf.csv")
    answer = call("evaluate", *two, *good_call, "--same-battery", "--json")
    (assessment,) = answer.document["assessments"]
    assert len(assessment["sources"]) == 2
    assert "capacity" in {each["quantity"] for each in assessment["measurements"]}


@pytest.mark.parametrize(("language", "word"), [("en", "State of health"), ("ko", "잔존수명")])
def test_a_person_sees_the_result_in_both_languages(call, files, good_call, language, word):
    answer = call(
        "evaluate", files / "good.bdf.csv", *good_call, "--sheet", files / "readings.toml", "--lang", language
    )
    assert answer.code == 0
    assert word in answer.out


def test_a_stated_instrument_replaces_the_assumed_class(call, files, good_call, tmp_path):
    tester = tmp_path / "tester.toml"
    tester.write_text(
        'id = "bench 4"\n[accuracy]\nid = "certificate 12"\ncurrent_gain = 1e-4\ncurrent_offset_ampere = 1e-3\n'
        'voltage_gain = 1e-4\nvoltage_offset_volt = 1e-4\nsource = "certificate 12"\n',
        encoding="utf-8",
    )
    widths = []
    for words in ((), ("--instrument", tester)):
        (assessment,) = call("evaluate", files / "good.bdf.csv", *good_call, *words, "--json").document["assessments"]
        found = next(each for each in assessment["measurements"] if each["quantity"] == "capacity")
        widths.append(found["quantiles"][6]["value"] - found["quantiles"][2]["value"])
    assert widths[1] < widths[0] / 3
