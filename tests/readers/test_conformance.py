from __future__ import annotations

import dataclasses
from pathlib import Path

import polars as pl
import pytest

from hwan.core import Finding
from hwan.readers import RawRecording, conformance
from hwan.readers._detect import choose
from hwan.readers._source import open_source
from hwan.readers.bdf import BDF_CSV, BdfCsv

LAB = (
    "ampworks-csv/*.csv", "basytec/*.bdf.csv", "bdf/*", "generic/*", "generic-bad/custom_[gnt]*",
    "generic-bad/custom_missing_cycle.csv", "landt/*.bdf.csv", "neware/*.nda*",
)  # fmt: skip


@pytest.mark.parametrize("name", ["nda", "ndax", "bdf_csv", "bdf_parquet", "seconds_csv"])
def test_built_in_readers_conform_on_tiny_files(name: str, request: pytest.FixtureRequest) -> None:
    path = request.getfixturevalue(name)
    conformance.check(choose(open_source(path)), path)


@pytest.mark.parametrize("pattern", LAB)
def test_built_in_readers_conform_on_the_samples(lab: Path, pattern: str) -> None:
    paths = [path for path in sorted(lab.glob(pattern)) if path.name != "empty.ndax"]
    assert paths
    for path in paths:
        conformance.check(choose(open_source(path)), path)


def _frame(**columns: list[float]) -> pl.DataFrame:
    rows = {"test_time_second": [0.0, 1.0], "voltage_volt": [3.7, 3.8], "current_ampere": [0.0, 1.0]}
    return pl.DataFrame(rows | columns)


def test_the_kit_finds_a_foreign_column() -> None:
    with pytest.raises(AssertionError, match="neither BDF"):
        conformance.check_contract(RawRecording(_frame(Ecell=[1.0, 2.0])))


def test_the_kit_finds_a_missing_required_column() -> None:
    with pytest.raises(AssertionError, match="current_ampere"):
        conformance.check_contract(RawRecording(_frame().drop("current_ampere")))


def test_the_kit_finds_a_wrong_dtype() -> None:
    with pytest.raises(AssertionError, match="cycle_count"):
        conformance.check_contract(RawRecording(_frame(cycle_count=[1.0, 2.5])))


def test_the_kit_finds_metadata_that_are_not_strings() -> None:
    with pytest.raises(AssertionError, match="is int, not a string"):
        conformance.check_contract(RawRecording(_frame(), {"channel": 3}))  # type: ignore[dict-item]


def test_the_kit_finds_a_turned_sign(bdf_csv: Path) -> None:
    raw = BDF_CSV.read(bdf_csv)
    conformance.check_sign(raw)
    turned = dataclasses.replace(raw, frame=raw.frame.with_columns(-pl.col("current_ampere")))
    with pytest.raises(AssertionError, match="positive current does not charge"):
        conformance.check_sign(turned)


def test_the_kit_finds_rows_out_of_order() -> None:
    with pytest.raises(AssertionError, match="order of the source"):
        conformance.check_source_order(RawRecording(_frame(record_index=[2, 1])))


def test_the_kit_finds_a_finding_without_a_sentence() -> None:
    with pytest.raises(AssertionError, match="no whole sentence"):
        conformance.check_findings((Finding("no_such_code", "note"),))
    with pytest.raises(AssertionError, match="no whole sentence"):
        conformance.check_findings((Finding("blank_rows_left_out", "note"),))  # its value is missing


class _Clumsy(BdfCsv):
    def read(self, path: Path, key: str = "") -> RawRecording:
        if b"\x00" in path.read_bytes():
            raise ZeroDivisionError("clumsy")
        return super().read(path, key)


def test_the_kit_finds_an_exception_that_is_not_input_error(bdf_csv: Path) -> None:
    with pytest.raises(AssertionError, match="ZeroDivisionError instead of InputError"):
        conformance.check(_Clumsy(), bdf_csv)
