"""Many rows times a matrix, on one core."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
TILE_PRODUCTS: Final = 200_000
"""Multiplications below which OpenBLAS stays in one thread."""
MOST_ROWS: Final = 512


def product(rows: Floats, matrix: Floats) -> Floats:
    """Return ``rows @ matrix``, shape (rows,) or (rows, columns), computed in tiles.

    A tile is too small for the linear algebra library to start threads for it: between products of some
    thousand rows they wait busily, which costs more than they save, most of all where other work has the cores.
    The last tile is filled up, so that a row's figures do not depend on how many rows are asked.

    >>> product(np.ones((3, 2)), np.array([[1.0, 2.0], [3.0, 4.0]])).tolist()
    [[4.0, 6.0], [4.0, 6.0], [4.0, 6.0]]
    """
    tile = min(MOST_ROWS, max(2, TILE_PRODUCTS // max(matrix.size, 1)))
    filled = np.zeros((-(-len(rows) // tile) * tile, rows.shape[1]))
    filled[: len(rows)] = rows
    tiles = filled.reshape(-1, tile, rows.shape[1]) @ matrix
    found: Floats = tiles.reshape(len(filled), *matrix.shape[1:])[: len(rows)]
    return found
