"""Truth: what an ideal instrument would have obtained on the same cells under the same protocol.

The ideal run has no errors, no noise, no rounding, no sampling and no tick: its steps end at the very
instant of their limits and its figures are read off the exact states. Definitions, all of that run:

capacity_ah, energy_wh
    Charge and energy taken out by the discharge, from the end of the rest after the full charge to the
    instant at which the true voltage of the battery, or of any of its cells, is the lower cut-off.
pulse resistances
    ``|V(t) - V(0-)| / |I|`` at `t` after the pulse began, with V(0-) the voltage at the end of the rest
    before it; the drift of the open-circuit voltage by the pulse's own charge is inside, as in any
    instrument's figure.
rest_end_voltages_volt
    Voltage at the last instant of each rest.
cell_capacities_ah
    Capacity of each cell tested alone, with this same definition; of a cell test that is capacity_ah.
cell_resistances_ohm
    Resistance of each cell at the end of the discharge pulse.
state_of_health, state_of_health_energy
    capacity_ah and energy_wh over their ratings: two quantities.
first_to_full, first_to_empty, highest_resistance
    1-based number of the cell that is at its limit at the end of the charge, that ends the discharge,
    and whose resistance is greatest.
spreads
    Standard deviation over mean (population, n in the denominator) of cell_capacities_ah and of
    cell_resistances_ohm; highest less lowest cell voltage at the end of the rest after the full charge.

The cells have no side reactions and no self-discharge: their coulombic efficiency is 1 by construction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np

from hwan.synthetic._cells import Cells
from hwan.synthetic._ocv import Array
from hwan.synthetic._programme import Programme
from hwan.synthetic._run import Run, run
from hwan.synthetic._tester import Tester, errors_of

K = TypeVar("K")
PULSE_SECONDS: Final = (0.1, 1.0, 2.0, 5.0, 10.0, 18.0, 30.0)


@dataclass(frozen=True, slots=True)
class Truth:
    """What is true of one battery; the module's docstring defines each figure.

    The two mappings of resistances go from the time in the pulse (s) to ohm; `cell_contents_ah` is the
    charge between states of charge 0 and 1, which no test between finite currents takes out whole.
    """

    capacity_ah: float
    energy_wh: float
    state_of_health: float
    state_of_health_energy: float
    discharge_resistances_ohm: Mapping[float, float]
    charge_resistances_ohm: Mapping[float, float]
    rest_end_voltages_volt: Mapping[str, float]
    initial_soc: float
    cell_capacities_ah: tuple[float, ...]
    cell_contents_ah: tuple[float, ...]
    cell_resistances_ohm: tuple[float, ...]
    first_to_full: int
    first_to_empty: int
    highest_resistance: int
    capacity_spread: float
    resistance_spread: float
    voltage_spread_volt: float
    coulombic_efficiency: float = 1.0


def ideal_run(cells: Cells, programme: Programme, rated_capacity_ah: float) -> Run:
    """Run `programme` on `cells` (strings, series) with a perfect tester."""
    perfect = errors_of([Tester.perfect()] * cells.shape[0], cells.shape[1])
    return run(cells, perfect, programme.steps(), rated_capacity_ah, 0.0)


def truths(cells: Cells, programme: Programme, rated_capacity_ah: float, rated_energy_wh: float) -> list[Truth]:
    """Return the truth of each string of `cells`, in order; ratings are those of one string."""
    ideal = ideal_run(cells, programme, rated_capacity_ah)
    alone = _capacities_alone(ideal, programme, rated_capacity_ah)
    figures = _Figures.of(ideal, alone)
    return [figures.truth(row, rated_capacity_ah, rated_energy_wh) for row in range(cells.shape[0])]


def _capacities_alone(ideal: Run, programme: Programme, rated_capacity_ah: float) -> Array:
    if ideal.cells.shape[1] == 1:
        return -ideal.at_end("discharge").charge_ah[:, None]
    single = ideal_run(ideal.cells.reshape(-1, 1), programme, rated_capacity_ah)
    return -single.at_end("discharge").charge_ah.reshape(ideal.cells.shape)


@dataclass(frozen=True, slots=True)
class _Figures:
    """Figures of all strings at once; cells in (strings, series), times and rests by name."""

    cells: Cells
    capacity: Array
    energy: Array
    discharge: Mapping[float, Array]
    charge: Mapping[float, Array]
    rests: Mapping[str, Array]
    alone: Array
    resistance: Array
    full: Array
    empty: Array
    rested: Array

    @classmethod
    def of(cls, ideal: Run, alone: Array) -> _Figures:
        window, end = ideal.cells.open_circuit, ideal.at_end("discharge")
        return cls(
            ideal.cells,
            -end.charge_ah,
            -end.energy_wh,
            _by_time(ideal, "rest_half", "discharge_pulse"),
            _by_time(ideal, "rest_discharge_pulse", "charge_pulse"),
            {name: ideal.at_end(name).voltage for name in _rests(ideal)},
            alone,
            _cell_resistances(ideal),
            (ideal.at_end("hold").cell_voltage - window.upper_volt).argmax(axis=1) + 1.0,
            (window.lower_volt - end.cell_voltage).argmax(axis=1) + 1.0,
            ideal.at_end("rest_full").cell_voltage,
        )

    def truth(self, row: int, rated_capacity_ah: float, rated_energy_wh: float) -> Truth:
        capacity, energy = float(self.capacity[row]), float(self.energy[row])
        return Truth(
            capacity_ah=capacity,
            energy_wh=energy,
            state_of_health=capacity / rated_capacity_ah,
            state_of_health_energy=energy / rated_energy_wh,
            discharge_resistances_ohm=_picked(self.discharge, row),
            charge_resistances_ohm=_picked(self.charge, row),
            rest_end_voltages_volt=_picked(self.rests, row),
            initial_soc=float(self.cells.initial_soc[row].mean()),
            cell_capacities_ah=tuple(self.alone[row].tolist()),
            cell_contents_ah=tuple(self.cells.charge_content_ah[row].tolist()),
            cell_resistances_ohm=tuple(self.resistance[row].tolist()),
            first_to_full=int(self.full[row]),
            first_to_empty=int(self.empty[row]),
            highest_resistance=int(self.resistance[row].argmax()) + 1,
            capacity_spread=_relative_spread(self.alone[row]),
            resistance_spread=_relative_spread(self.resistance[row]),
            voltage_spread_volt=float(np.ptp(self.rested[row])),
        )


def _by_time(ideal: Run, rest: str, pulse: str) -> Mapping[float, Array]:
    segment, before = ideal.segment(pulse), ideal.at_end(rest).voltage
    length = float(segment.duration[0])
    times = sorted({*(t for t in PULSE_SECONDS if t < length), length})
    found = {}
    for time in times:
        now = segment.at(ideal.rows, np.full(len(ideal.rows), time))
        found[time] = np.abs((now.voltage - before) / now.current)
    return found


def _cell_resistances(ideal: Run) -> Array:
    before, after = ideal.at_end("rest_half"), ideal.at_end("discharge_pulse")
    return np.abs((after.cell_voltage - before.cell_voltage) / after.current[:, None])


def _rests(ideal: Run) -> Sequence[str]:
    return [step.name for step in ideal.steps if step.word == "Rest"]


def _picked(figures: Mapping[K, Array], row: int) -> dict[K, float]:
    return {key: float(values[row]) for key, values in figures.items()}


def _relative_spread(values: Array) -> float:
    return float(values.std() / values.mean())
