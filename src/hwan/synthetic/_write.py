"""Write a synthetic test to a file as a tester would: Battery Data Format labels in the header."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from hwan.core import COLUMNS
from hwan.synthetic._batch import SyntheticTest


def write_bdf_csv(test: SyntheticTest, path: Path) -> Path:
    """Write the samples as CSV with BDF's preferred labels; wide cell columns keep their machine names."""
    _labelled(test).write_csv(path)
    return path


def write_bdf_parquet(test: SyntheticTest, path: Path) -> Path:
    """Write the samples as Parquet with BDF's preferred labels; wide cell columns keep their machine names."""
    _labelled(test).write_parquet(path)
    return path


def _labelled(test: SyntheticTest) -> pl.DataFrame:
    samples = test.samples
    return samples.rename({name: COLUMNS[name].label for name in samples.columns if name in COLUMNS})
