"""Electrode balance and degradation modes: what a cell's electrodes hold, and what was lost of them."""

from hwan.health.modes._curve import Curve, averaged, without_drop
from hwan.health.modes._electrodes import Electrodes
from hwan.health.modes._modes import degradation_modes, degradation_modes_batch
from hwan.health.modes._problem import Design
from hwan.health.modes._recording import slow_curves
from hwan.health.modes._result import Balance, DegradationModes

__all__ = [
    "Balance", "Curve", "DegradationModes", "Design", "Electrodes", "averaged", "degradation_modes",
    "degradation_modes_batch", "slow_curves", "without_drop",
]  # fmt: skip
