from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwan.core import ColumnProblem, DamagedFile, Finding, NothingInside
from hwan.readers._door import pass_door

INFINITE = float("inf")
NAN = float("nan")


def _frame(rows: int = 4, **columns: Any) -> pl.DataFrame:
    plain = {
        "test_time_second": [float(row) for row in range(rows)],
        "voltage_volt": [3.7 + 0.01 * row for row in range(rows)],
        "current_ampere": [1.0] * rows,
    }
    return pl.DataFrame(plain | columns)


def _door(**columns: Any) -> tuple[pl.DataFrame, dict[str, Finding]]:
    frame, findings, _ = pass_door(_frame(**columns), "sample")
    return frame, {finding.code: finding for finding in findings}


def test_a_good_frame_passes_untouched() -> None:
    frame, findings = _door()
    assert frame.equals(_frame())
    assert findings == {}


def test_a_lazy_frame_is_collected_and_its_failure_named() -> None:
    assert pass_door(_frame().lazy(), "sample")[0].equals(_frame())
    with pytest.raises(DamagedFile, match="cannot be read"):
        pass_door(_frame().lazy().select("absent"), "sample")


def test_missing_columns_are_named_with_those_found() -> None:
    with pytest.raises(ColumnProblem) as caught:
        pass_door(_frame().rename({"voltage_volt": "raw_u"}), "sample")
    assert caught.value.values["missing"] == "voltage_volt"
    assert "raw_u" in str(caught.value)


def test_no_rows() -> None:
    with pytest.raises(NothingInside, match="no rows"):
        pass_door(_frame(0), "sample")


@pytest.mark.parametrize("bad", [None, NAN, INFINITE, -INFINITE])
def test_values_missing_are_counted_and_kept_as_null(bad: float | None) -> None:
    frame, findings = _door(voltage_volt=[3.7, bad, 3.8, bad])
    found = findings["values_missing"]
    assert (found.severity, found.values["count"], found.values["rows"]) == ("warning", 2, "2, 4")
    assert frame["voltage_volt"].to_list() == [3.7, None, 3.8, None]


@pytest.mark.parametrize("bad", [None, NAN, 999_999.0])
def test_a_required_column_without_values_is_an_error(bad: float | None) -> None:
    with pytest.raises(ColumnProblem, match="voltage_volt"):
        _door(voltage_volt=pl.Series([bad] * 4, dtype=pl.Float64))


def test_values_of_optional_columns_that_are_not_finite() -> None:
    frame, findings = _door(power_watt=[1.0, NAN, INFINITE, 2.0])
    assert findings["values_not_finite"].values["rows"] == "2, 3"
    assert frame["power_watt"].to_list() == [1.0, None, None, 2.0]


def test_great_values_are_no_infinite_values() -> None:
    frame, findings = _door(power_watt=[1e308, 1e308, 1e308, 1.0])
    assert findings == {}
    assert frame["power_watt"].null_count() == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [("ambient_temperature_celsius", -999_999.0), ("current_ampere", 999_999.0), ("cell_002_voltage_volt", 65_535.0)],
)
def test_sentinels_become_null(name: str, value: float) -> None:
    frame, findings = _door(**{name: [1.0, value, value, 2.0]})
    found = findings["sentinel_values"].values
    assert (found["column"], found["value"], found["count"], found["rows"]) == (name, value, 2, "2, 3")
    assert frame[name].to_list() == [1.0, None, None, 2.0]


def test_clocks_that_run_backwards_are_evidence_and_stay() -> None:
    times = {"test_time_second": [0.0, 2.0, 1.0, 3.0], "unix_time_second": [10.0, 9.0, 11.0, 5.0]}
    frame, findings = _door(**times)
    assert findings["test_time_runs_backwards"].values["rows"] == "3"
    assert findings["clock_runs_backwards"].values["rows"] == "2, 4"
    assert frame["test_time_second"].to_list() == times["test_time_second"]


def test_many_rows_are_cut_with_an_ellipsis() -> None:
    volts = [None if row % 2 else 3.7 for row in range(40)]
    _, findings, _ = pass_door(_frame(40, voltage_volt=volts), "sample")
    assert findings[0].values == {"columns": "voltage_volt", "count": 20, "rows": "2, 4, 6, 8, 10, …"}


@pytest.mark.parametrize("dead", [[0.0] * 4, [999_999.0] * 4, [None] * 4])
def test_a_dead_temperature_column_is_set_aside(dead: list[float | None]) -> None:
    frame, findings = _door(temperature_t1_celsius=pl.Series(dead, dtype=pl.Float64))
    assert findings["temperature_column_dead"].values["columns"] == "temperature_t1_celsius"
    assert "raw_temperature_t1_celsius" in frame.columns


def test_a_constant_temperature_is_alive() -> None:
    assert _door(ambient_temperature_celsius=[25.0] * 4)[1] == {}


def test_absent_cells_are_set_aside() -> None:
    frame, findings = _door(cell_001_voltage_volt=[3.7] * 4, cell_002_voltage_volt=[0.0] * 4)
    assert findings["cell_absent"].values == {"columns": "cell_002_voltage_volt", "count": 1}
    assert frame.columns[3:] == ["cell_001_voltage_volt", "raw_cell_002_voltage_volt"]


def test_unknown_columns_are_kept_raw() -> None:
    frame, findings = _door(Ecell=[1.0] * 4, raw_ecell=[2.0] * 4)
    assert findings["columns_kept_raw"].values["columns"] == "Ecell"
    assert frame["raw_ecell_2"].to_list() == [1.0] * 4


def test_dtypes_become_the_declared_ones_and_float32_stays() -> None:
    columns = {
        "cycle_count": pl.Series([1, 1, 2, 2], dtype=pl.UInt8),
        "power_watt": pl.Series([1.0] * 4, dtype=pl.Float32),
    }
    frame, _ = _door(**columns)
    assert frame.schema["cycle_count"] == pl.Int64
    assert frame.schema["power_watt"] == pl.Float32


def test_text_in_a_numeric_column_is_an_error() -> None:
    with pytest.raises(ColumnProblem, match="declared kind"):
        _door(power_watt=["a"] * 4)


def test_skipped_cycles_and_a_current_of_zero_are_noted() -> None:
    _, findings = _door(cycle_count=[1, 1, 3, 3], current_ampere=[0.0] * 4)
    assert findings["cycle_numbers_skip"].values["rows"] == "3"
    assert findings["current_always_zero"].severity == "note"


@settings(deadline=None)
@given(st.lists(st.one_of(st.none(), st.floats(-5, 5), st.sampled_from([NAN, INFINITE, 1e6])), min_size=1, max_size=30))
def test_the_door_keeps_every_row_and_every_good_value(values: list[float | None]) -> None:
    good = [value if value is not None and abs(value) < 2000 else None for value in values]
    times = {"test_time_second": [float(row) for row in range(len(values))], "current_ampere": [1.0] * len(values)}
    frame = pl.DataFrame(times | {"voltage_volt": pl.Series(values, dtype=pl.Float64)})
    if all(value is None for value in good):
        with pytest.raises(ColumnProblem):
            pass_door(frame, "sample")
    else:
        assert pass_door(frame, "sample")[0]["voltage_volt"].to_list() == good


def test_values_taken_out_are_marked_as_ranges_of_rows():
    temperature = [25.0] * 40
    temperature[3:5] = [9_999.0] * 2
    temperature[9] = 9_999.0
    *_, marks = pass_door(_frame(40, surface_temperature_celsius=temperature), "sample")
    assert [(each.column, each.kind, each.first_row, each.last_row) for each in marks] == [
        ("surface_temperature_celsius", "repaired", 3, 4),
        ("surface_temperature_celsius", "repaired", 9, 9),
    ]
