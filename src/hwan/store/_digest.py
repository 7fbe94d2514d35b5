"""The hash of samples: of their values, bit by bit, whatever file or chunks they stand in."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import polars as pl

BLOCK_ROWS: Final = 1 << 20
"""Rows of one block; the hash does not depend on how the frame is chunked in memory."""


def samples_sha256(samples: pl.DataFrame) -> str:
    """Return the hexadecimal SHA-256 of names, dtypes, order, nulls and little-endian values.

    Negative zero, and each NaN by its bits, count as they are.

    >>> samples_sha256(pl.DataFrame({"a": [0.0]})) == samples_sha256(pl.DataFrame({"a": [-0.0]}))
    False
    """
    digest = hashlib.sha256(repr((samples.height, [(n, str(d)) for n, d in samples.schema.items()])).encode())
    for column in samples.iter_columns():
        for start in range(0, len(column), BLOCK_ROWS):
            for part in _parts(column.slice(start, BLOCK_ROWS)):
                digest.update(part)
    return digest.hexdigest()


def _parts(column: pl.Series) -> Iterator[Any]:
    """Yield the bytes of one block: which rows are null, then the values."""
    yield np.packbits(column.is_null().to_numpy()).data
    if column.dtype == pl.String:
        words = column.fill_null("")
        yield _numbers(words.str.len_bytes())
        yield words.str.join("").item().encode()
    elif column.dtype.is_integer() or column.dtype.is_float():
        yield _numbers(column.fill_null(strategy="zero"))
    elif column.dtype in (pl.Boolean, pl.Date, pl.Datetime, pl.Duration, pl.Time):
        yield _numbers(column.to_physical().cast(pl.Int64).fill_null(strategy="zero"))
    else:
        yield repr(column.to_list()).encode()


def _numbers(column: pl.Series) -> Any:
    values = np.ascontiguousarray(column.to_numpy())
    return values.astype(values.dtype.newbyteorder("<"), copy=False).view(np.uint8).data
