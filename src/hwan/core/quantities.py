"""The quantities that rules and hand readings speak of: unit, and the range outside which a figure is a slip.

The ranges are ours: wide enough for every real pack, narrow enough to catch a wrong unit or a lost decimal point.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from math import inf
from typing import Final

from hwan.core.battery import BmsSnapshot, Observation
from hwan.core.converter import written
from hwan.core.errors import BadDefinition, Problem, UnknownName
from hwan.core.unknown import Unknown


@dataclass(frozen=True, slots=True)
class Quantity:
    """One quantity: its unit and possible range; `truth` where it is passed or failed."""

    unit: str = "1"
    minimum: float = 0.0
    maximum: float = inf
    truth: bool = False

    @property
    def expected(self) -> str:
        """What a value must be, in signs that every language shares.

        >>> Quantity("degC", -60, 150).expected, Quantity("V").expected, Quantity(truth=True).expected
        ('-60 … 150 degC', '≥ 0 V', 'true, false')
        """
        if self.truth:
            return "true, false"
        unit = "" if self.unit == "1" else f" {self.unit}"
        return f"≥ {self.minimum:g}{unit}" if self.maximum == inf else f"{self.minimum:g} … {self.maximum:g}{unit}"

    def holds(self, value: float) -> bool:
        """Return whether a figure can be one of this quantity."""
        return self.minimum <= value <= self.maximum


FRACTION: Final = Quantity("1", 0, 1.5)
TEMPERATURE: Final = Quantity("degC", -60, 150)
OBSERVED: Final = {
    "visual_inspection": Quantity(maximum=1, truth=True),
    "insulation_resistance": Quantity("ohm/V"),
    "cell_voltage_spread": Quantity("V", 0, 2_000),
    "surface_temperature": TEMPERATURE,
    "ambient_temperature": TEMPERATURE,
    "self_discharge": Quantity("mV/day"),
    "open_circuit_voltage": Quantity("V", 0, 2_000),
    "functional_safety_review": Quantity(maximum=1, truth=True),
    "bms_check": Quantity(maximum=1, truth=True),
    "history_review": Quantity(maximum=1, truth=True),
    "calendar_life_check": Quantity(maximum=1, truth=True),
    "polarity_check": Quantity(maximum=1, truth=True),
}
"""What a person reads by hand."""
MEASURED: Final = {
    "state_of_health_capacity": FRACTION,
    "state_of_health_energy": FRACTION,
    "capacity": Quantity("Ah"),
    "energy": Quantity("Wh"),
    "dc_resistance": Quantity("ohm"),
    "power_capability": Quantity("W"),
    "coulombic_efficiency": FRACTION,
    "energy_efficiency": FRACTION,
}
"""What a test gives, and a ruleset may bind."""
CLAIMED: Final = {
    "state_of_health": FRACTION,
    "state_of_charge": FRACTION,
    "charge_throughput_ah": Quantity("Ah"),
    "energy_throughput_wh": Quantity("Wh"),
    "minimum_cell_voltage_volt": Quantity("V", 0, 10),
    "maximum_cell_voltage_volt": Quantity("V", 0, 10),
}
"""What a battery management system claims."""


def check_observations(observations: Sequence[Observation], source: str) -> None:
    """Raise when a hand reading has an unknown name, another unit, or a value that cannot be.

    Raises
    ------
    UnknownName
        With the nearest quantity.
    BadDefinition
        Names each reading, what it holds and what was expected.
    """
    for index, each in enumerate(observations):
        if each.quantity not in OBSERVED:
            raise UnknownName("quantity", each.quantity, OBSERVED, f"{source}, observations[{index}]")
    found = tuple(_observed(observations))
    if found:
        raise BadDefinition("definition_malformed", *found, source=source)


def _observed(observations: Sequence[Observation]) -> Iterator[Problem]:
    for index, each in enumerate(observations):
        if isinstance(each.value, Unknown):
            continue
        quantity, field = OBSERVED[each.quantity], f"observations[{index}] {each.quantity}"
        if isinstance(each.value, bool) != quantity.truth or not quantity.holds(each.value):
            yield outside(f"{field}, value", each.value, quantity)
        if each.unit != quantity.unit:
            yield "other_unit", {"field": f"{field}, unit", "got": written(each.unit), "expected": quantity.unit}


def check_claims(claims: BmsSnapshot, source: str) -> None:
    """Raise when a value of a battery management system cannot be; a percentage is told how to be a fraction."""
    values = {name: getattr(claims, name) for name in (each.name for each in fields(claims)) if name in CLAIMED}
    known = {name: value for name, value in values.items() if not isinstance(value, Unknown)}
    wrong = [name for name, value in known.items() if not CLAIMED[name].holds(value)]
    if wrong:
        found = (outside(f"bms.{name}", known[name], CLAIMED[name]) for name in wrong)
        raise BadDefinition("definition_malformed", *found, source=source)


def outside(field: str, got: float, quantity: Quantity) -> Problem:
    """Return the problem of a value that cannot be one of `quantity`."""
    values = {"field": field, "got": written(got), "expected": quantity.expected}
    if quantity == FRACTION and quantity.holds(got / 100):
        return "percentage", {**values, "fraction": f"{got / 100:g}"}
    return "out_of_range", values
