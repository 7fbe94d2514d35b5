"""A user's mistake is a wrong call with a sentence that helps, never a fault inside."""

from __future__ import annotations

import pytest

from hwan.cli import _instrument
from hwan.core import UNKNOWN, BadDefinition, Instrument
from hwan.readers import read

WRONG_OPTIONS = [
    (("--rated-capacity-ah", "inf"), "option_not_finite", "--rated-capacity-ah"),
    (("--rated-capacity-ah", "nan"), "usage", "--rated-capacity-ah"),
    (("--rated-energy-wh", "inf"), "option_not_finite", "--rated-energy-wh"),
    (("--upper-voltage-volt", "inf"), "option_not_finite", "--upper-voltage-volt"),
    (("--upper-voltage-volt", "nan"), "usage", "--upper-voltage-volt"),
    (("--lower-voltage-volt", "nan"), "usage", "--lower-voltage-volt"),
    (("--temperature-celsius", "nan"), "option_out_of_range", "--temperature-celsius"),
    (("--temperature-celsius", "inf"), "option_out_of_range", "--temperature-celsius"),
    (("--temperature-celsius", "298"), "option_out_of_range", "-60 … 150 degC"),
    (("--lower-voltage-volt", "4.2", "--upper-voltage-volt", "2.8"), "voltage_window", "--lower-voltage-volt"),
    (("--lower-voltage-volt", "3", "--upper-voltage-volt", "3"), "voltage_window", "--lower-voltage-volt"),
]


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize(("words", "code", "named"), WRONG_OPTIONS)
def test_an_option_that_cannot_be(call, files, words, code, named, language):
    answer = call("evaluate", files / "good.bdf.csv", *words, "--json", "--lang", language)
    (failure,) = answer.document["failures"]
    assert (answer.code, failure["code"]) == (2, code)
    assert named in failure["message"]


INSULATION = '[[observations]]\nquantity = "insulation_resistance"\nunit = "ohm/V"\nvalue = '
WRONG_SHEETS = [
    (INSULATION + '"yes"', "definition_malformed", "observations[0].value"),
    (INSULATION + "nan", "definition_malformed", "observations[0].value"),
    (INSULATION + "-1", "definition_malformed", "≥ 0 ohm/V"),
    (INSULATION.replace("resistance", "resistence") + "900", "unknown_name_near", "insulation_resistance"),
    ("[bms]\nread_at = 2026-11-21", "definition_malformed", "2026-11-21T09:30:00+09:00"),
    ("[bms]\nread_at = 09:30:00", "definition_malformed", "bms.read_at"),
    ("[bms]\nstate_of_health = 78", "definition_malformed", "0.78"),
    ("observations = 'none'", "definition_malformed", "observations"),
]


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize(("content", "code", "named"), WRONG_SHEETS)
def test_a_sheet_that_cannot_be(call, files, tmp_path, content, code, named, language):
    sheet = tmp_path / "sheet.toml"
    sheet.write_text(content, encoding="utf-8")
    answer = call("evaluate", files / "good.bdf.csv", "--sheet", sheet, "--json", "--lang", language)
    (failure,) = answer.document["failures"]
    assert (answer.code, failure["code"]) == (2, code)
    assert named in failure["message"]
    assert str(sheet) in failure["message"]


def test_a_sheet_in_another_encoding_is_told_to_be_saved_as_utf_8(call, files, tmp_path):
    sheet = tmp_path / "sheet.toml"
    sheet.write_bytes('[[observations]]\nobserver = "김"\n'.encode("cp949"))
    answer = call("evaluate", files / "good.bdf.csv", "--sheet", sheet, "--lang", "ko")
    assert answer.code == 2
    assert "UTF-8로 저장" in answer.err.replace("\n", " ")


ACCURACY = '[accuracy]\nid = "c"\nsource = "c"\ncurrent_gain = {}\ncurrent_offset_ampere = 0.001\n'
ACCURACY += "voltage_gain = 1e-4\nvoltage_offset_volt = 1e-4\n"


@pytest.mark.parametrize(
    ("content", "code", "named"),
    [
        ("", "instrument_empty", "tester.toml"),
        ("current_range_ampere = -5", "definition_malformed", "current_range_ampere"),
        ("current_range_ampere = 0", "definition_malformed", "current_range_ampere"),
        ("voltage_range_volt = inf", "definition_malformed", "voltage_range_volt"),
        (ACCURACY.format("nan"), "definition_malformed", "accuracy.current_gain"),
        (ACCURACY.format("inf"), "definition_malformed", "accuracy.current_gain"),
        (ACCURACY.format("-0.001"), "definition_malformed", "accuracy.current_gain"),
    ],
)
def test_a_tester_that_cannot_be(call, files, tmp_path, content, code, named):
    path = tmp_path / "tester.toml"
    path.write_text(content, encoding="utf-8")
    answer = call("evaluate", files / "good.bdf.csv", "--instrument", path, "--json")
    (failure,) = answer.document["failures"]
    assert (answer.code, failure["code"]) == (2, code)
    assert named in failure["message"]


def test_what_is_stated_of_a_tester_stands_over_what_the_file_says(files, tmp_path):
    path = tmp_path / "tester.toml"
    path.write_text('current_range_ampere = 60\nmodel = "B"\n', encoding="utf-8")
    recording = read(files / "good.bdf.csv")
    object.__setattr__(recording, "instrument", Instrument(id="bench 4", model="A", voltage_range_volt=5.0))
    merged = _instrument.stated_over(recording, _instrument.load_instrument(path)).instrument
    assert merged == Instrument(id="bench 4", model="B", voltage_range_volt=5.0, current_range_ampere=60.0)
    assert merged.accuracy is UNKNOWN


def test_the_file_of_a_tester_may_state_its_accuracy_alone(tmp_path):
    path = tmp_path / "tester.toml"
    path.write_text(ACCURACY.format("0"), encoding="utf-8")
    assert _instrument.load_instrument(path).accuracy.current_gain == 0
    path.write_text(ACCURACY.format("1.1"), encoding="utf-8")
    with pytest.raises(BadDefinition, match="0 … 1"):
        _instrument.load_instrument(path)


@pytest.mark.parametrize(
    ("words", "schema"),
    [
        (("--json",), "hwan/1"),
        (("zzz", "--json"), "hwan/1"),
        (("evalute", "--json"), "hwan.evaluate/1"),
        (("reprot", "x", "--json"), "hwan.evaluate/1"),
        (("stesp", "--json"), "hwan.steps/1"),
        (("steps", "--json"), "hwan.steps/1"),
    ],
)
def test_a_call_that_cannot_be_parsed_is_one_document_of_the_nearest_command(call, words, schema):
    answer = call(*words)
    assert answer.code == 2
    assert answer.document["schema"] == schema
    assert ("assessments" in answer.document) == (schema == "hwan.evaluate/1")
    assert [each["code"] for each in answer.document["failures"]] == ["usage"]


@pytest.mark.parametrize(("language", "word"), [("en", "The call is wrong"), ("ko", "명령이 올바르지 않습니다")])
def test_a_wrong_call_is_told_in_the_language_of_the_call(call, language, word):
    assert word in call("evaluate", "--no-such-option", "--lang", language).err


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("name", ["no_voltage.bdf.csv", "headings.bdf.csv", "empty.csv"])
def test_the_file_is_named_once(call, files, name, language):
    answer = call("read", files / name, "--lang", language)
    told = answer.err.replace("\n", "")
    assert answer.code == 3
    assert told.startswith(str(files / name))
    assert told.count(name) == 1


def test_version(call):
    from importlib.metadata import version

    answer = call("--version")
    assert (answer.code, answer.out) == (0, f"hwan {version('hwan')}\n")
