from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import NormalDist

import pytest

from hwan.core import Clause, Conditions, DecisionRule, GradeClass, Limit, Measurement, Observation, Quantile, Ruleset
from hwan.grading import load_ruleset

PROBABILITIES = (0.005, 0.025, 0.05, 0.25, 0.5, 0.75, 0.95, 0.975, 0.995)
AS_REQUIRED = Conditions(temperature_celsius=25.0, rate_per_hour=1 / 3, rest_before_second=1800.0)
BOTH = {"en": "text", "ko": "글"}


def _measured(
    value: float,
    spread: float = 0.005,
    quantity: str = "state_of_health_capacity",
    unit: str = "1",
    **changes: object,
) -> Measurement:
    shape = NormalDist()
    quantiles = tuple(Quantile(p, value + spread * shape.inv_cdf(p)) for p in PROBABILITIES)
    made = Measurement(quantity, value, unit, quantiles, AS_REQUIRED, "test", "1")
    return replace(made, **changes)


def _battery(health: float, spread: float = 0.005, **changes: object) -> list[Measurement]:
    resistance = _measured(0.05, 0.001, "dc_resistance", "ohm")
    energy = _measured(50_000.0, 200.0, "energy", "Wh")
    return [_measured(health, spread, **changes), resistance, energy]


def _limit(name: str, quantity: str, number: object, **changes: object) -> Limit:
    made = Limit(name, "limit", quantity, "at_least", number, "1", Clause("test"))
    return replace(made, **changes)


def _ruleset(rules: list[object], classes: list[tuple[str, str, tuple[str, ...]]]) -> Ruleset:
    made = tuple(GradeClass(name, way, limits, BOTH) for name, way, limits in classes)
    return Ruleset("test/1", BOTH, "test", True, tuple(rules), made, DecisionRule(0.95, "shared", 3, 30))


@pytest.fixture(scope="session")
def house() -> Ruleset:
    return load_ruleset("house/1")


@pytest.fixture(scope="session")
def house_text() -> str:
    import hwan.grading

    return (Path(hwan.grading.__file__).parent / "rulesets" / "house-1.toml").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def gate() -> tuple[Observation, ...]:
    return (
        Observation("visual_inspection", True),
        Observation("insulation_resistance", 2_000.0, "ohm/V"),
        Observation("cell_voltage_spread", 0.01, "V"),
    )


@pytest.fixture(scope="session")
def measured() -> Callable[..., Measurement]:
    return _measured


@pytest.fixture(scope="session")
def battery() -> Callable[..., list[Measurement]]:
    return _battery


@pytest.fixture(scope="session")
def limit() -> Callable[..., Limit]:
    return _limit


@pytest.fixture(scope="session")
def ruleset() -> Callable[..., Ruleset]:
    return _ruleset
