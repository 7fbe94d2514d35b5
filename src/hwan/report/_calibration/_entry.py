"""What the page about a calibration is made from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from hwan import core
from hwan.assess import Stages
from hwan.health.rapid import Calibrated, CalibrationTable

QUANTITY: Final = "state_of_health_capacity"


@dataclass(frozen=True, slots=True)
class Check:
    """A check cell: state of health (1) by the rapid test of that day, and by its full test."""

    at: datetime
    cell: str
    predicted: float
    reference: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """A calibration on the page.

    Parameters
    ----------
    found
        The model, and how it did on each row of the table with that row's cell left out.
    table
        What was calibrated with.
    ruleset
        Whose limits on the state of health are looked at.
    stages
        Minutes of the centre's tests.
    checks
        Check cells for the control chart, in the order of time.
    """

    found: Calibrated
    table: CalibrationTable
    ruleset: core.Ruleset
    stages: Stages
    checks: tuple[Check, ...] = ()

    @property
    def limits(self) -> tuple[float, ...]:
        """Limits of the ruleset on the state of health, highest first."""
        rules = [each for each in self.ruleset.rules if isinstance(each, core.Limit) and each.quantity == QUANTITY]
        return tuple(sorted((float(each.value) for each in rules if core.is_known(each.value)), reverse=True))

    @property
    def minutes(self) -> dict[str, float] | None:
        """Minutes of the rapid and of the full test, None where the stages do not have this rapid test."""
        name = {"pulses": "pulse", "partial": "partial"}[self.found.model.protocol.kind]
        known = {each.id: each.minutes.total for each in self.stages.stages}
        return {"rapid": known[name], "full": known["full"]} if {name, "full"} <= set(known) else None
