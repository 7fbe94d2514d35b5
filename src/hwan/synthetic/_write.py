"""Write a synthetic test, a recording or a log to a file as a tester would: BDF labels in the header."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from hwan.core import COLUMNS, Recording
from hwan.synthetic._batch import SyntheticTest


def write_bdf_csv(test: SyntheticTest | Recording, path: Path) -> Path:
    """Write the samples as CSV with BDF's preferred labels; wide cell columns keep their machine names."""
    _labelled(test).write_csv(path)
    return path


def write_bdf_parquet(test: SyntheticTest | Recording, path: Path) -> Path:
    """Write the samples as Parquet with BDF's preferred labels; wide cell columns keep their machine names."""
    _labelled(test).write_parquet(path)
    return path


def _labelled(test: SyntheticTest | Recording) -> pl.DataFrame:
    samples = test.samples if isinstance(test, SyntheticTest) else test.samples.collect()
    return samples.rename({name: COLUMNS[name].label for name in samples.columns if name in COLUMNS})
