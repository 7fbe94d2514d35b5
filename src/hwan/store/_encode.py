"""How each column is stored: the smallest of the encodings that were proven to give it back bit by bit.

A float column is *scaled* where every value is k / 10^d for an integer k: it is stored as k, delta-encoded,
and d stands in the metadata of the field.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import polars as pl

from hwan.store._arrow import arrow, parquet

Encoding = Literal["DELTA_BINARY_PACKED", "BYTE_STREAM_SPLIT", "DICTIONARY", "PLAIN"]
MOST_DECIMALS: Final = 12
MOST_SCALED: Final = 2**53
"""Beyond it an integer is no longer exact as a float."""
DECIMALS: Final = b"hwan.decimals"
SINGLE: Final = b"hwan.float32"
PROBE_ROWS: Final = 1_000
SAMPLE_ROWS: Final = 32_768
ROW_GROUP: Final = 1 << 20
ZSTD_LEVEL: Final = 5


@dataclass(frozen=True, slots=True)
class Stored:
    """One column as it is written: its values, how they are encoded, and its decimals where it is scaled."""

    values: pl.Series
    encoding: Encoding
    decimals: int | None = None
    single: bool = False


def scaled(name: str, decimals: int, dtype: pl.DataType | type[pl.DataType]) -> pl.Expr:
    """Return the expression that gives a scaled column back.

    Two columns are divided: by a number alone polars multiplies with its reciprocal, which is rounded.
    """
    whole = pl.col(name)
    divisor = pl.lit(float(10**decimals)) + whole * 0
    return (whole.cast(pl.Float64) / divisor).cast(dtype).alias(name)


def decimals_of(column: pl.Series) -> int | None:
    """Return the least d for which every value is k / 10^d, proven on all of them; None where there is none.

    >>> decimals_of(pl.Series([3.7, 3.65, None])), decimals_of(pl.Series([1 / 3])), decimals_of(pl.Series([-0.0]))
    (2, None, None)
    """
    step = max(1, len(column) // PROBE_ROWS)
    probe = column.gather_every(step)
    for decimals in range(MOST_DECIMALS + 1):
        if _is_scaled(probe, decimals) and _is_scaled(column, decimals):
            return decimals
    return None


def whole_numbers(column: pl.Series, decimals: int) -> pl.Series:
    """Return k of a column that is k / 10^decimals."""
    return (column.cast(pl.Float64) * float(10**decimals)).round(0).cast(pl.Int64, strict=False)


def _is_scaled(column: pl.Series, decimals: int) -> bool:
    largest = (column.cast(pl.Float64).abs() * float(10**decimals)).max()
    if largest is not None and not largest < MOST_SCALED:  # type: ignore[operator]
        return False
    back = whole_numbers(column, decimals).to_frame().select(scaled(column.name, decimals, column.dtype))
    return _same_bits(back.to_series(), column)


def _same_bits(one: pl.Series, other: pl.Series) -> bool:
    kind = pl.Int32 if other.dtype == pl.Float32 else pl.Int64
    return bool(one.reinterpret(dtype=kind).eq_missing(other.reinterpret(dtype=kind)).all())


def stored_columns(samples: pl.DataFrame) -> list[Stored]:
    """Return how each column of `samples` is stored."""
    return [_smallest(list(_candidates(column))) for column in samples.iter_columns()]


def _candidates(column: pl.Series) -> Iterator[Stored]:
    dtype = column.dtype
    if dtype in (pl.Float32, pl.Float64):
        decimals = decimals_of(column)
        if decimals is not None:
            single, whole = dtype == pl.Float32, whole_numbers(column, decimals)
            yield Stored(whole, "DELTA_BINARY_PACKED", decimals, single)
            yield Stored(whole, "DICTIONARY", decimals, single)
        yield Stored(column, "BYTE_STREAM_SPLIT")
        yield Stored(column, "DICTIONARY")
    elif dtype in (pl.Int32, pl.Int64, pl.Datetime, pl.Duration):
        yield Stored(column, "DELTA_BINARY_PACKED")
        yield Stored(column, "DICTIONARY")
    elif dtype in (pl.String, pl.Categorical):
        yield Stored(column, "DICTIONARY")
    else:
        yield Stored(column, "PLAIN")


def _smallest(candidates: Sequence[Stored]) -> Stored:
    return candidates[0] if len(candidates) == 1 else min(candidates, key=_bytes_of_sample)


def _bytes_of_sample(stored: Stored) -> int:
    """Return the size of the first, middle and last rows in this encoding."""
    rows = len(stored.values)
    starts = {0, max(0, rows // 2 - SAMPLE_ROWS // 2), max(0, rows - SAMPLE_ROWS)}
    parts = [stored.values.slice(start, SAMPLE_ROWS) for start in sorted(starts)]
    sample = Stored(pl.concat(parts), stored.encoding, stored.decimals, stored.single)
    sink = arrow().BufferOutputStream()
    write_table([sample], {}, sink)
    return int(sink.tell())


def write_table(columns: Sequence[Stored], metadata: Mapping[bytes, bytes], sink: Any) -> None:
    """Write columns as one Parquet file to an open file or stream."""
    pyarrow = arrow()
    table = pl.DataFrame([each.values for each in columns]).to_arrow()
    fields = [field.with_metadata(_field_metadata(each)) for field, each in zip(table.schema, columns, strict=True)]
    table = table.cast(pyarrow.schema(fields))
    named = {each.values.name: each.encoding for each in columns if each.encoding != "DICTIONARY"}
    settings = {
        "compression": "zstd",
        "compression_level": ZSTD_LEVEL,
        "use_dictionary": [each.values.name for each in columns if each.encoding == "DICTIONARY"],
        "column_encoding": named or None,
        "write_statistics": False,  # unproven bytes that a filter would believe
        "write_page_checksum": True,
    }
    with parquet().ParquetWriter(sink, table.schema, **settings) as writer:
        writer.write_table(table, row_group_size=ROW_GROUP)
        writer.add_key_value_metadata(dict(metadata))


def _field_metadata(stored: Stored) -> dict[bytes, bytes]:
    if stored.decimals is None:
        return {}
    return {DECIMALS: str(stored.decimals).encode(), SINGLE: str(int(stored.single)).encode()}
