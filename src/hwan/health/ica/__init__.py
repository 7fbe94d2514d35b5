"""Incremental capacity (dQ/dV) and differential voltage (dV/dQ) of slow charges and discharges of a cell."""

from hwan.health.ica._capacity import incremental_capacities, incremental_capacity
from hwan.health.ica._differential import DifferentialVoltage, differential_voltage
from hwan.health.ica._differential_many import differential_voltages
from hwan.health.ica._recording import MOST_RATE_PER_HOUR, differential_voltages_of, incremental_capacities_of
from hwan.health.ica._result import IncrementalCapacity, Peak

__all__ = [
    "MOST_RATE_PER_HOUR",
    "DifferentialVoltage",
    "IncrementalCapacity",
    "Peak",
    "differential_voltage",
    "differential_voltages",
    "differential_voltages_of",
    "incremental_capacities",
    "incremental_capacities_of",
    "incremental_capacity",
]
