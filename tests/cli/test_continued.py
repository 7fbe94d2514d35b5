from __future__ import annotations

import pytest

from hwan.core import Recording
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
