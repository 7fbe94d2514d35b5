"""Every Neware file of the lab through the command: evaluated, or named with its code."""

from __future__ import annotations

import pytest

STOPPED = {"Unit27_Example_Corrupt.ndax": "auxiliary_data_lost"}
WITHOUT_CHARGE = {"21_10_7_85.ndax", "Unit27_Example_Corrupt.ndax", "filetype14-0.ndax", "interp-test.ndax"}


@pytest.fixture(scope="module")
def neware(lab_data):
    return sorted((lab_data / "testers" / "neware").glob("*.nda*"))


def test_every_file_is_evaluated_or_named(call, neware):
    answer = call("evaluate", *neware, "--json")
    assert answer.code == 3
    document = answer.document
    assert len(document["assessments"]) == len(neware) - 1
    assert [each["code"] for each in document["failures"]] == ["test_without_samples"]
    for assessment in document["assessments"]:
        name = assessment["battery"]["id"]
        assert assessment["grade"]["status"] == "refused"
        assert assessment["measurements"] or assessment["refusals"]
        assert bool(assessment["measurements"]) != (name in WITHOUT_CHARGE) or name == "SIM.nda"


def test_the_corrupt_file_keeps_its_rows_and_gets_no_grade(call, neware):
    corrupt = next(path for path in neware if "Corrupt" in path.name)
    read = call("read", corrupt, "--json").document["recordings"][0]
    assert read["rows"] == 301
    answer = call("evaluate", corrupt, "--json")
    assert answer.code == 4
    (assessment,) = answer.document["assessments"]
    assert "auxiliary_data_lost" in {each["code"] for each in assessment["findings"] if each["severity"] == "stop"}
    codes = {each["code"] for each in assessment["grade"]["refusals"]}
    assert "finding_stops_grade" in codes


def test_the_empty_file_says_what_is_empty(call, neware):
    empty = next(path for path in neware if path.name == "empty.ndax")
    answer = call("evaluate", empty)
    assert answer.code == 3
    assert "no samples" in answer.err
