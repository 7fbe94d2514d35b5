"""What calibrates a model, and every way in which a table cannot."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from hwan.core import BadDefinition
from hwan.health.rapid._protocol import PULSES_5_SECOND
from hwan.health.rapid._table import calibration_table

U = PULSES_5_SECOND.names


def table(cells: int = 12, rows: int = 4) -> pl.DataFrame:
    rng = np.random.default_rng(2)
    count = cells * rows
    volts = {name: 3.7 + rng.normal(0, 0.05, count) for name in U}
    names = np.repeat([f"c{number:02}" for number in range(cells)], rows)
    return pl.DataFrame({"cell": names, "soh": np.repeat(rng.uniform(0.6, 0.95, cells), rows), "pulse_s": 5, **volts})


def refused(frame: pl.DataFrame) -> BadDefinition:
    with pytest.raises(BadDefinition) as caught:
        calibration_table(frame, PULSES_5_SECOND, "pulses.csv")
    for language in ("en", "ko"):
        told = caught.value.message(language)
        assert "pulses.csv" in told
        assert "{" not in told
    return caught.value


def test_a_sound_table_is_kept_whole() -> None:
    found = calibration_table(table(), PULSES_5_SECOND, "pulses.csv")
    assert found.values.shape == (48, 21)
    assert len(np.unique(found.cells)) == 12
    assert found.findings == ()


def test_labels_may_stand_as_capacity_and_rating() -> None:
    frame = table().with_columns(q_ah=pl.col("soh") * 10, q_nominal_ah=pl.lit(10.0)).drop("soh")
    found = calibration_table(frame, PULSES_5_SECOND, "pulses.csv")
    np.testing.assert_allclose(found.state_of_health, table()["soh"].to_numpy())


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (table().drop("U7"), "calibration_columns_missing"),
        (table().drop("cell"), "calibration_columns_missing"),
        (table().drop("soh"), "calibration_columns_missing"),
        (table().with_columns(soh=-pl.col("soh")), "calibration_labels_impossible"),
        (table().with_columns(soh=100 * pl.col("soh")), "calibration_labels_percent"),
        (table().with_columns(soh=pl.lit(None, dtype=pl.Float64)), "calibration_labels_missing"),
        (table().with_columns(pulse_s=pl.lit(3)), "calibration_width"),
        (table().with_columns(pulse_ms=pl.lit(30)), "calibration_width"),
        (table().with_columns(chemistry=pl.Series(["lfp"] * 20 + ["lmo"] * 28)), "calibration_mixed"),
        (table().with_columns(q_nominal_ah=pl.Series([20.0] * 20 + [68.0] * 28)), "calibration_mixed"),
        (table(cells=2, rows=15), "calibration_too_small"),
        (table(cells=4, rows=2), "calibration_too_small"),
    ],
)
def test_what_cannot_calibrate_is_refused(frame: pl.DataFrame, code: str) -> None:
    assert refused(frame).code == code


def test_one_response_under_two_names_is_found() -> None:
    """The same cell on both sides of a fold would make any model look right."""
    frame = table()
    twin = frame.filter(pl.col("cell") == "c03").with_columns(cell=pl.lit("c99"))
    error = refused(pl.concat([frame, twin]))
    assert (error.code, error.values["cells"]) == ("calibration_cells_doubled", "c03, c99")


def test_rows_that_cannot_be_used_are_left_out_and_told() -> None:
    frame = table().with_columns(U3=pl.when(pl.int_range(pl.len()) == 5).then(None).otherwise(pl.col("U3")))
    found = calibration_table(frame, PULSES_5_SECOND, "pulses.csv")
    assert len(found.cells) == 47
    assert [(each.code, each.values["rows"]) for each in found.findings] == [("calibration_rows_left_out", "6")]


def test_few_cells_get_an_assumed_interval_and_no_claim() -> None:
    found = calibration_table(table(cells=8), PULSES_5_SECOND, "pulses.csv")
    assert [each.code for each in found.findings] == ["calibration_interval_assumed"]


def test_a_known_state_of_charge_is_no_input() -> None:
    frame = table().with_columns(soc_nominal_pct=pl.lit(50.0))
    found = calibration_table(frame, PULSES_5_SECOND, "pulses.csv")
    assert [each.code for each in found.findings] == ["calibration_soc_not_used"]
    np.testing.assert_array_equal(found.values, calibration_table(table(), PULSES_5_SECOND, "x").values)
