"""Chemistries as data: the window of a cell, the test it needs, its half-cells, and which methods answer for it.

A laboratory adds its own chemistry as a TOML file (docs/chemistries.md); wherever a chemistry's id is taken here,
the path of such a file is taken too.
"""

from hwan.health.profiles._applicable import applicable, cell_voltage_refusal
from hwan.health.profiles._load import check_profile, profile, profiles
from hwan.health.profiles._profile import METHODS, FullTestPlan, HalfCellPair, MethodEntry, Profile, VoltageWindow

__all__ = [
    "METHODS",
    "HalfCellPair",
    "MethodEntry",
    "Profile",
    "FullTestPlan",
    "VoltageWindow",
    "applicable",
    "cell_voltage_refusal",
    "check_profile",
    "profile",
    "profiles",
]
