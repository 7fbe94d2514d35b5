"""Half-cells of a shape that is simple enough to know the answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from hwan.health.halfcells import HalfCell


@pytest.fixture(scope="session")
def straight() -> Callable[..., HalfCell]:
    """Make a half-cell whose potential falls on a straight line."""

    def _straight(top: float = 1.0, bottom: float = 0.1, **changed: Any) -> HalfCell:
        low, high, rows = changed.get("domain_low", 0.0), changed.get("domain_high", 1.0), 101
        fields = {
            "id": "straight/1",
            "electrode": "negative",
            "chemistry": "made",
            "direction": "mean",
            "stoichiometry": np.linspace(low, high, rows),
            "potential_volt": np.linspace(top, bottom, rows),
            "domain_low": low,
            "domain_high": high,
            "error_volt": 0.005,
        }
        return HalfCell(**(fields | changed))

    return _straight
