"""Cell columns: which show a cell, and their voltages at chosen rows of a long record."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from hwan.core import UNKNOWN
from hwan.health._cells import Cells, Columns, DoubtedCells, cell_columns, cell_voltages, cells_of, extremes

ROWS = 100
RISING = np.linspace(3.5, 3.7, ROWS)


def frame(**changed):
    """Twelve cells that rise from 3.5 V by 0.2 V, each a millivolt above the one before."""
    columns = {f"cell_{number:03d}_voltage_volt": RISING + number / 1000 for number in range(1, 13)} | changed
    total = sum(np.asarray(values, dtype=float) for name, values in columns.items() if name.startswith("cell"))
    return pl.DataFrame({"voltage_volt": total, **{name: pl.Series(values) for name, values in columns.items()}})


def found_in(made, series=UNKNOWN, voltage=None):
    columns = cell_columns(made.lazy(), set(made.columns))
    made = made if voltage is None else made.with_columns(voltage_volt=pl.Series(voltage))
    return cells_of(made.select("voltage_volt", *extremes(columns)), columns, series)


PACK = frame()["voltage_volt"].to_numpy()


def test_all_cells_are_seen_with_their_extremes():
    cells = found_in(frame())
    assert isinstance(cells, Cells)
    assert cells.numbers == tuple(range(1, 13))
    assert (cells.unseen, cells.stuck, cells.no_answer) == ((), (), {})
    assert cells.count == 12
    assert cells.highest_volt == pytest.approx(RISING + 0.012)
    assert cells.lowest_volt == pytest.approx(RISING + 0.001)


def test_without_cell_columns_there_is_nothing():
    made = frame().select("voltage_volt")
    assert cell_columns(made.lazy(), {"voltage_volt", "cell_001_temperature_celsius"}) is None
    assert extremes(None) == extremes(Columns((), (), (1,), {})) == []
    assert cells_of(made, None, 12) is None


def test_a_column_that_stands_still_is_stuck_and_its_cell_unseen():
    cells = found_in(frame(cell_004_voltage_volt=np.full(ROWS, 3.6)), voltage=PACK)
    assert isinstance(cells, Cells)
    assert cells.stuck == cells.unseen == (4,)
    assert 4 not in cells.numbers
    assert cells.count == 12


def test_columns_that_all_stand_still_are_a_battery_at_rest():
    cells = found_in(frame(**{f"cell_{number:03d}_voltage_volt": np.full(ROWS, 3.6) for number in range(1, 13)}))
    assert isinstance(cells, Cells)
    assert cells.stuck == ()


@pytest.mark.parametrize("absent", [[None] * ROWS, [float("nan")] * ROWS, [3.6] * 70 + [None] * 30])
def test_a_cell_that_is_silent_too_often_is_unseen(absent):
    cells = found_in(frame(cell_012_voltage_volt=pl.Series(absent, dtype=pl.Float64)), voltage=PACK)
    assert isinstance(cells, Cells)
    assert cells.unseen == (12,)


def test_a_number_without_a_column_and_a_cell_that_the_type_knows_of_are_unseen():
    assert found_in(frame().drop("cell_005_voltage_volt"), voltage=PACK).unseen == (5,)
    made = frame().drop("cell_012_voltage_volt")
    assert found_in(made, 12, PACK).unseen == (12,)
    assert isinstance(found_in(made, UNKNOWN, PACK), DoubtedCells)  # eleven cells for the voltage of twelve


def test_readings_that_no_cell_has_are_left_out_and_counted():
    told = RISING + 0.003
    told[[3, 50, 51]] = 65.535
    cells = found_in(frame(cell_003_voltage_volt=told), voltage=PACK)
    assert isinstance(cells, Cells)
    assert cells.no_answer == {3: 3}
    assert cells.highest_volt.max() == pytest.approx(3.712)


def test_a_column_that_reads_so_most_of_the_time_is_no_silent_cell_but_something_else():
    told = np.where(np.arange(ROWS) % 3, RISING, 65.535)
    cells = found_in(frame(cell_003_voltage_volt=told), voltage=PACK)
    assert isinstance(cells, DoubtedCells)
    assert cells.highest > 5


def test_too_few_cells_seen_are_doubted():
    nothing = pl.Series([None] * ROWS, dtype=pl.Float64)
    cells = found_in(frame(cell_001_voltage_volt=nothing, cell_002_voltage_volt=nothing), voltage=PACK)
    assert isinstance(cells, DoubtedCells)
    assert (cells.count, cells.share) == (10, pytest.approx(10 / 12, rel=0.01))


@pytest.mark.parametrize("rows", [1, ROWS])
def test_rows_of_zeros_before_a_log_wakes_are_no_division_by_zero(rows):
    asleep = np.arange(ROWS) < rows
    made = frame(**{f"cell_{number:03d}_voltage_volt": np.where(asleep, 0.0, RISING) for number in range(1, 13)})
    assert isinstance(found_in(made), Cells if rows == 1 else DoubtedCells)


def test_two_cells_one_of_them_stuck_are_doubted():
    made = pl.DataFrame({
        "voltage_volt": 2 * RISING, "cell_001_voltage_volt": RISING, "cell_002_voltage_volt": np.full(ROWS, 3.6),
    })  # fmt: skip
    assert isinstance(found_in(made), DoubtedCells)


def test_voltages_are_those_of_the_rows_asked_for():
    told = frame(cell_002_voltage_volt=pl.Series([65.535, None, *RISING[2:]], dtype=pl.Float64))
    volts = cell_voltages(told.lazy(), (1, 2), np.array([0, 1, 7, 99]))
    assert volts[:, 0] == pytest.approx(RISING[[0, 1, 7, 99]] + 0.001)
    assert np.isnan(volts[:2, 1]).all()
    assert volts[2:, 1] == pytest.approx(RISING[[7, 99]])


def test_of_a_long_record_only_the_part_asked_for_is_read():
    """A source that fails wherever another row is touched."""

    def read(part: pl.DataFrame) -> pl.DataFrame:
        assert part["row"].min() >= 40
        assert part["row"].max() <= 60
        return part.select(pl.col("row") / 100 + 3)

    rows = pl.DataFrame({"row": np.arange(1000)}).lazy()
    cell = pl.struct("row").map_batches(
        lambda column: read(column.struct.unnest()).to_series(), return_dtype=pl.Float64, is_elementwise=True
    )
    source = rows.with_columns(cell_001_voltage_volt=cell)
    assert cell_voltages(source, (1,), np.array([40, 60]))[:, 0] == pytest.approx([3.4, 3.6])


def test_what_is_asked_of_the_columns_stays_lazy():
    columns = cell_columns(frame().lazy(), set(frame().columns))
    assert all(isinstance(each, pl.Expr) for each in extremes(columns))
