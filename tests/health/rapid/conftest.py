from __future__ import annotations

from datetime import date

import pytest
from tests.health.rapid.pulses import table

from hwan.health.rapid import About, Calibrated, Origin, Population, Reference, calibrate

ABOUT = About(
    "synthetic-20/1", Population("lfp", 20.0, "synthetic cells", ("spring",)), Reference(1.0, 25.0, 3.65, 2.5),
    20.0, 30.0,    Origin("synthetic", "Apache-2.0", date(2026, 11, 22), 40, 240),
)  # fmt: skip


@pytest.fixture(scope="session")
def calibrated() -> Calibrated:
    return calibrate(table(), ABOUT)
