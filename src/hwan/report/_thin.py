"""Fewer points, same picture: MinMaxLTTB with the extremes always kept."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from hwan import core

MOST_POINTS: Final = 900
Curve = tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]


def curve(frame: pl.DataFrame, x: str, y: str, most: int = MOST_POINTS) -> Curve:
    """Return at most about `most` points of `y` over `x`; rows without a number are left out.

    The first, the last, the lowest and the highest point are always among them.
    """
    pair = frame.select(pl.col(x, y).cast(pl.Float64)).filter(pl.all_horizontal(pl.all().is_finite()))
    xs, ys = pair[x].to_numpy(), pair[y].to_numpy()
    rows = thinned(xs, ys, most)
    return xs[rows], ys[rows]


def thinned(xs: npt.NDArray[np.float64], ys: npt.NDArray[np.float64], most: int) -> npt.NDArray[np.int64]:
    """Return the rows to keep, ascending."""
    if len(ys) <= most:
        return np.arange(len(ys))
    kept = _minmax_lttb(xs, ys, most - 4)
    corners = np.array([0, len(ys) - 1, ys.argmin(), ys.argmax()])
    return np.unique(np.concatenate([kept.astype(np.int64), corners]))


def _minmax_lttb(xs: npt.NDArray[np.float64], ys: npt.NDArray[np.float64], most: int) -> npt.NDArray[np.uint64]:
    try:
        from tsdownsample import MinMaxLTTBDownsampler
    except ImportError as error:
        raise core.MissingExtra("tsdownsample", "report") from error
    sampler = MinMaxLTTBDownsampler()  # type: ignore[no-untyped-call]
    ys = np.ascontiguousarray(ys)
    if np.all(np.diff(xs) >= 0):
        return np.asarray(sampler.downsample(np.ascontiguousarray(xs), ys, n_out=most))
    return np.asarray(sampler.downsample(ys, n_out=most))  # a clock that runs backward: by row instead
