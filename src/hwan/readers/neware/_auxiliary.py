"""Numbers of auxiliary rows that repeat: fastnda joins by them, and every repetition multiplies the samples."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hwan.readers._zip import bound
from hwan.readers.neware._archive import SAMPLES
from hwan.readers.neware._remarks import remarks

if TYPE_CHECKING:
    import polars as pl

MOST_TIMES: Final = 4
_CHANNEL: Final = re.compile(r"_\d+\.ndc")


def bound_join(path: Path) -> None:
    """Refuse an archive whose auxiliary rows would make many samples of each one.

    A few kilobytes in which 10,000 samples and 10,000 auxiliary rows have one number would become 10⁸ rows.

    Raises
    ------
    DamagedFile
        With how many times the samples would be, and the limit.
    """
    import polars as pl

    with zipfile.ZipFile(path) as archive, remarks():
        channels = [name for name in archive.namelist() if _CHANNEL.search(name)]
        try:
            numbers = [_numbers(archive, name) for name in channels]
            repeated = [one for one in numbers if one.n_unique() < len(one)]
            if not repeated:
                return
            samples = _numbers(archive, SAMPLES)
        except (Exception, pl.exceptions.PanicException):  # fastnda trips here, too, and its error is told
            return
    bound(path, "ratio", _rows(samples, repeated) // max(len(samples), 1), MOST_TIMES)


def _numbers(archive: zipfile.ZipFile, name: str) -> pl.Series:
    import polars as pl
    from fastnda.ndax import read_ndc  # type: ignore[import-untyped]

    return read_ndc(archive.read(name))["index"].cast(pl.Int64)  # type: ignore[no-any-return]


def _rows(samples: pl.Series, channels: list[pl.Series]) -> int:
    """Return how many rows there are when the channels are joined to the samples by their numbers."""
    import polars as pl

    counts = samples.value_counts(name="rows").cast({"rows": pl.Float64})  # a product beyond any whole number
    for channel in channels:
        counts = counts.join(channel.value_counts(name="times"), on="index", how="left").select(
            "index", pl.col("rows") * pl.col("times").fill_null(1)
        )
    return int(min(counts["rows"].sum(), 1e18))
