"""Products in tiles."""

from __future__ import annotations

import numpy as np
import pytest

from hwan.health._products import MOST_ROWS, product


@pytest.mark.parametrize("rows", [0, 1, MOST_ROWS - 1, MOST_ROWS, 3 * MOST_ROWS + 5])
@pytest.mark.parametrize("columns", [(), (4,), (500,)])
def test_a_product_in_tiles_is_the_product(rows: int, columns: tuple[int, ...]) -> None:
    chance = np.random.default_rng(rows)
    left, right = chance.normal(size=(rows, 3)), chance.normal(size=(3, *columns))
    np.testing.assert_allclose(product(left, right), left @ right, rtol=1e-13, atol=1e-14)


def test_a_row_does_not_depend_on_its_neighbours() -> None:
    chance = np.random.default_rng(0)
    left, right = chance.normal(size=(700, 30)), chance.normal(size=(30, 16))
    np.testing.assert_array_equal(product(left[611:612], right), product(left, right)[611:612])
