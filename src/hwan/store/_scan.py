"""From a file of the store back to samples, lazily, and to a recording."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from hwan.core import Recording
from hwan.store._encode import DECIMALS, SINGLE, scaled
from hwan.store._footer import Footer, footer_in, read_parquet_footer


def scan(path: Path) -> pl.LazyFrame:
    """Return the samples as they were added, lazily; raises as :func:`hwan.store._footer.read_footer`."""
    return _lazy(path, read_parquet_footer(path))


def recording_in(path: Path) -> Recording:
    """Return the recording that a file holds; raises as :func:`hwan.store._footer.read_footer`."""
    metadata = read_parquet_footer(path)
    return _recording(footer_in(metadata, path), _lazy(path, metadata))


def _lazy(path: Path, metadata: Any) -> pl.LazyFrame:
    given_back = [
        scaled(field.name, int(field.metadata[DECIMALS]), pl.Float32 if field.metadata[SINGLE] == b"1" else pl.Float64)
        for field in metadata.schema.to_arrow_schema()
        if DECIMALS in (field.metadata or {})
    ]
    return pl.scan_parquet(path, glob=False).with_columns(given_back)


def _recording(footer: Footer, samples: pl.LazyFrame) -> Recording:
    return Recording(
        provenance=footer.provenance,
        samples=samples,
        instrument=footer.instrument,
        metadata=dict(footer.metadata),
        findings=footer.findings,
        marks=footer.marks,
        started_at=footer.started_at,
    )
