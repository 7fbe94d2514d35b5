from __future__ import annotations

import pytest

from hwan.core import Recording
from hwan.health import cycles, steps
from hwan.synthetic import cell_test, write_bdf_parquet


@pytest.fixture
def parts(tmp_path):
    """One capacity test, written in two files."""
    test = cell_test(5)
    whole, half = test.samples, test.samples.height // 2

    def written(name, frame):
        return write_bdf_parquet(Recording(test.recording.provenance, frame.lazy()), tmp_path / name)

    return test, [written("a.bdf.parquet", whole.head(half)), written("b.bdf.parquet", whole.slice(half))]


def test_a_test_in_two_files_is_one_battery_with_one_capacity(parts, call):
    test, files = parts
    kind = test.battery.type
    options = ["--rated-capacity-ah", "50", "--upper-voltage-volt", str(kind.upper_voltage_volt)]
    options += ["--lower-voltage-volt", str(kind.lower_voltage_volt), "--json"]
    done = call("evaluate", *files, "--continued", *options)
    (assessment,) = done.document["assessments"]
    capacity = [each["value"] for each in assessment["measurements"] if each["quantity"] == "capacity"]
    assert capacity == [pytest.approx(test.truth.capacity_ah, rel=3e-3)]


@pytest.mark.parametrize("command", ["steps", "cycles"])
def test_tables_are_those_of_the_whole_test(parts, call, command):
    test, files = parts
    (found,) = call(command, *files, "--continued", "--json").document["recordings"]
    whole = {"steps": steps, "cycles": cycles}[command](test.recording)
    assert [each["first_row"] for each in found[command]] == whole["first_row"].to_list()
    assert found["provenance"]["source_name"] == "a.bdf.parquet + b.bdf.parquet"
    assert len(call(command, *files, "--json").document["recordings"]) == 2


def test_what_is_read_and_exported_is_the_joined_test(parts, call, tmp_path):
    test, files = parts
    (found,) = call("read", *files, "--continued", "--json").document["recordings"]
    assert found["rows"] == test.samples.height
    assert [each["code"] for each in found["findings"]].count("continued_part") == 2
    (export,) = call("export", *files, "--continued", "--to", tmp_path / "out", "--json").document["exports"]
    assert export["rows"] == test.samples.height


@pytest.mark.parametrize("command", ["read", "steps", "cycles", "export"])
def test_files_that_are_no_parts_are_one_failure(parts, call, tmp_path, command):
    where = ("--to", tmp_path / "out") if command == "export" else ()
    answer = call(command, parts[1][0], parts[1][0], "--continued", *where, "--json")
    (failure,) = answer.document["failures"]
    assert (answer.code, failure["code"][:10]) == (2, "continued_")
    assert failure["source"] == f"{parts[1][0]}, {parts[1][0]}"
