"""The next step fits the fault: a decimal comma, a unit in the cells, a column in another unit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwan import readers
from hwan.core import ColumnProblem, DamagedFile, machine_name
from hwan.readers._detail import MOST_LETTERS
from hwan.readers._door import pass_door
from hwan.readers.bdf._names import _UNITS, plan

Write = Callable[[str, str | bytes], Path]
HEADINGS = "Test Time / s;Voltage / V;Current / A\n"


def _refused(path: Path) -> ColumnProblem:
    with pytest.raises(ColumnProblem) as caught:
        readers.read(path)
    return caught.value


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_decimal_comma_throughout_asks_for_a_mapping(write: Write, language: str) -> None:
    rows = "".join(f"{second};3,7{second};{second},0\n" for second in range(9))
    error = _refused(write("comma.csv", HEADINGS + rows))
    assert (error.code, error.values["count"], error.values["column"]) == ("column_decimal_comma", 9, "Voltage / V")
    assert 'decimal = ","' in error.message(language)


@pytest.mark.parametrize("cell", ["322.5 V", "322.5V", "322,5 V", "-1e2 mV"])
def test_a_unit_in_all_cells_is_named(write: Write, cell: str) -> None:
    error = _refused(write("unit.csv", HEADINGS + f"0;{cell};1\n" * 20))
    assert (error.code, error.values["unit"]) == ("column_with_unit", cell.lstrip("-0123456789.,e ").strip())
    assert error.values["line"] == 2
    assert "mend the cell" not in error.message()


@pytest.mark.parametrize("cell", ["3,7", "3.7 V", "oops"])
def test_one_bad_cell_among_good_ones_is_to_be_mended(write: Write, cell: str) -> None:
    error = _refused(write("one.csv", HEADINGS + "0;3.7;1\n" * 20 + f"9;{cell};1\n"))
    assert (error.code, error.values["line"], error.values["count"]) == ("cell_not_a_number", 22, 1)


def _frame(volts: list[float]) -> pl.DataFrame:
    rows = [float(row) for row in range(len(volts))]
    return pl.DataFrame({"test_time_second": rows, "voltage_volt": volts, "current_ampere": [1.0] * len(volts)})


@pytest.mark.parametrize(("scale", "factor"), [(1e3, 1e-3), (1e6, 1e-6)])
@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_column_in_another_unit_is_refused_with_its_factor(scale: float, factor: float, language: str) -> None:
    with pytest.raises(ColumnProblem) as caught:
        pass_door(_frame([(3.2 + 0.01 * row) * scale for row in range(40)]), "sample")
    values = caught.value.values
    assert (caught.value.code, values["count"], values["rows"], values["factor"]) == (
        "column_unit_suspect", 40, 40, factor,
    )  # fmt: skip
    assert (values["low"], values["high"]) == (pytest.approx(3.2 * scale), pytest.approx(3.59 * scale))
    assert f"factor = {factor:g}" in caught.value.message(language)


def test_sentinels_are_still_nulled_however_many() -> None:
    frame, findings, _ = pass_door(_frame([3.7] * 5 + [999_999.0] * 5), "sample")
    assert frame["voltage_volt"].null_count() == 5
    assert [finding.code for finding in findings] == ["sentinel_values", "values_missing"]


@pytest.mark.parametrize(
    ("heading", "name", "factor"),
    [
        ("Current / mA", "current_ampere", 1e-3),
        ("Voltage / mV", "voltage_volt", 1e-3),
        ("Test Time / min", "test_time_second", 60.0),
        ("Test Time / h", "test_time_second", 3600.0),
        ("Step Time / ms", "step_time_second", 1e-3),
        ("Charging Capacity / mAh", "charging_capacity_ah", 1e-3),
        ("Net Energy / kWh", "net_energy_wh", 1e3),
        ("Ambient Temperature / °C", "ambient_temperature_celsius", 1.0),
    ],
)
def test_a_label_in_another_unit_is_converted_and_said(heading: str, name: str, factor: float) -> None:
    way = plan(["c0"], [heading])
    assert (way.targets[0].name, way.targets[0].factor) == (name, factor)
    assert [(one.code, one.severity, one.values["factor"]) for one in way.findings] == [
        ("unit_converted", "note", factor)
    ]


def test_a_file_in_milli_units_gives_the_same_samples(write: Write) -> None:
    base = readers.read(write("si.csv", "Test Time / s,Voltage / V,Current / A\n0,3.5,0\n60,3.6,0.5\n"))
    milli = readers.read(write("milli.csv", "Test Time / min,Voltage / mV,Current / mA\n0,3500,0\n1,3600,500\n"))
    assert milli.samples.collect().equals(base.samples.collect())


def test_the_label_in_its_own_unit_wins_whatever_the_order() -> None:
    way = plan(["c0", "c1"], ["Voltage / mV", "Voltage / V"])
    assert [target.name for target in way.targets] == ["raw_voltage_mv", "voltage_volt"]
    assert [finding.code for finding in way.findings] == ["columns_kept_raw"]


@given(st.sampled_from(sorted(_UNITS)), st.text(max_size=12))
def test_only_labels_of_bdf_are_converted(unit: str, title: str) -> None:
    for other in _UNITS[unit]:
        target = plan(["c0"], [f"{title} / {other}"]).targets[0]
        if not target.name.startswith("raw_") and machine_name(f"{title} / {other}") is None:
            assert target.name in {machine_name(f"{title.strip()} / {each}") for each in _UNITS} | {"unix_time_second"}


@pytest.mark.parametrize("language", ["en", "ko"])
def test_words_of_the_table_library_stay_in_the_values(language: str) -> None:
    with pytest.raises(DamagedFile) as caught:
        pass_door(_frame([3.7]).lazy().select("voltage_volt", pl.col("absent")), "sample")
    detail = str(caught.value.values["detail"])
    assert "ColumnNotFoundError" in detail
    assert "absent" not in caught.value.message(language)
    assert len(detail) <= MOST_LETTERS
    assert "\n" not in detail
