"""Pulses: resistance at stated times, series resistance and resistor-capacitor pairs, pulse maps, and 10 s power."""

from hwan.health.pulses._curve import Curve
from hwan.health.pulses._find import Pulse
from hwan.health.pulses._map import TIMES_SECOND, MappedPulse, PulseMap, pulse_map
from hwan.health.pulses._power import POWER_SECOND, PowerLimits
from hwan.health.pulses._response import BACKGROUNDS, Background
from hwan.health.pulses._tables import (
    circuit_table,
    power_table,
    pulse_resistance_tables,
    pulse_resistances,
    resistance_table,
)
from hwan.health.pulses._two_rc import TwoRc, fit_two_rc, fit_two_rcs

__all__ = [
    "BACKGROUNDS",
    "POWER_SECOND",
    "TIMES_SECOND",
    "Background",
    "Curve",
    "MappedPulse",
    "PowerLimits",
    "Pulse",
    "PulseMap",
    "TwoRc",
    "circuit_table",
    "fit_two_rc",
    "fit_two_rcs",
    "power_table",
    "pulse_map",
    "pulse_resistance_tables",
    "pulse_resistances",
    "resistance_table",
]
