from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import NormalDist

import pytest

from hwan.core import Battery, BatteryType, Conditions, Evidence, Grade, Measurement, Quantile
from hwan.routing import Prices, load_prices

PROBABILITIES = (0.005, 0.05, 0.5, 0.95, 0.995)


def _health(
    value: float, spread: float = 0.01, quantity: str = "state_of_health_capacity", row: int = 0
) -> Measurement:
    shape = NormalDist()
    quantiles = tuple(Quantile(p, value + spread * shape.inv_cdf(p)) for p in PROBABILITIES)
    return Measurement(
        quantity, value, "1", quantiles, Conditions(), "test", "1", evidence=(Evidence("recording", row, row + 9),)
    )


def _pack(chemistry: str = "nmc622", **changes: object) -> Battery:
    kind = BatteryType(chemistry, rated_energy_wh=64_000.0)
    level = changes.pop("level", "pack")
    return Battery("pack-1", replace(kind, **changes), level)


@pytest.fixture(scope="session")
def prices() -> Prices:
    return load_prices("everbatt-2023-kr/1")


@pytest.fixture(scope="session")
def prices_text() -> str:
    import hwan.routing

    return (Path(hwan.routing.__file__).parent / "prices" / "everbatt-2023-kr-1.toml").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def health() -> Callable[..., Measurement]:
    return _health


@pytest.fixture(scope="session")
def pack() -> Callable[..., Battery]:
    return _pack


@pytest.fixture(scope="session")
def graded() -> Callable[[str], Grade]:
    return lambda name: Grade("graded", "house/1", "0" * 64, grade_class=name, probability=0.99, validity_days=90)
