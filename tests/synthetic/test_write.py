from __future__ import annotations

from pathlib import Path

import polars as pl
from polars.testing import assert_frame_equal

from hwan.core import machine_name
from hwan.synthetic import Bms, SyntheticTest, pack_test, write_bdf_csv, write_bdf_parquet


def test_files_come_back_under_their_machine_names(cell: SyntheticTest, pack: SyntheticTest, tmp_path: Path) -> None:
    for number, test in enumerate((cell, pack)):
        csv = pl.read_csv(write_bdf_csv(test, tmp_path / f"{number}.csv"), infer_schema_length=None)
        parquet = pl.read_parquet(write_bdf_parquet(test, tmp_path / f"{number}.parquet"))
        for got in (csv, parquet):
            assert "Voltage / V" in got.columns
            assert_frame_equal(got.rename({name: machine_name(name) or name for name in got.columns}), test.samples)


def test_cells_of_a_pack_keep_their_machine_names(pack: SyntheticTest, tmp_path: Path) -> None:
    header = write_bdf_csv(pack, tmp_path / "pack.csv").read_text(encoding="utf-8").partition("\n")[0]
    assert header.startswith("Test Time / s,Voltage / V,Current / A")
    assert "cell_001_voltage_volt" in header


def test_a_log_is_written_as_the_tester_writes(tmp_path: Path) -> None:
    (log,) = pack_test(1, series=3, bms=Bms(count=1, sampling_second=60.0)).logs
    for got in (
        pl.read_csv(write_bdf_csv(log, tmp_path / "a.csv")),
        pl.read_parquet(write_bdf_parquet(log, tmp_path / "a")),
    ):
        names = {name: machine_name(name) or name for name in got.columns}
        assert_frame_equal(got.rename(names), log.samples.collect())
