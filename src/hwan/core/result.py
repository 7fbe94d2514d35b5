"""Outcomes of a method: a measurement with everything that makes it evidence, or a refusal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from hwan.core.findings import Finding, Scalar
from hwan.core.unknown import UNKNOWN, Unknown

Direction = Literal["charge", "discharge"]
Distribution = Literal["uniform", "normal"]
Intervention = Literal["balanced", "replaced", "replaced_and_balanced"]
CellQuestion = Literal["first_to_empty", "first_to_full", "highest_resistance"]
ValidationStatus = Literal["validated", "synthetic", "unvalidated"]


@dataclass(frozen=True, slots=True)
class Denominator:
    """What a ratio was divided by, and whose figure that is."""

    quantity: str
    value: float
    unit: str
    whose: str


@dataclass(frozen=True, slots=True)
class Conditions:
    """Under what a figure was obtained. Nothing is converted between conditions without a relation."""

    temperature_celsius: float | Unknown = UNKNOWN
    temperature_place: str | Unknown = UNKNOWN
    rate_per_hour: float | Unknown = UNKNOWN
    current_ampere: float | Unknown = UNKNOWN
    direction: Direction | Unknown = UNKNOWN
    soc_basis: str | Unknown = UNKNOWN
    state_of_charge: float | Unknown = UNKNOWN
    rest_before_second: float | Unknown = UNKNOWN
    upper_cutoff_volt: float | Unknown = UNKNOWN
    lower_cutoff_volt: float | Unknown = UNKNOWN
    end_of_charge_current_ampere: float | Unknown = UNKNOWN
    pulse_time_second: float | Unknown = UNKNOWN
    denominator: Denominator | Unknown = UNKNOWN
    intervention: Intervention | Unknown = UNKNOWN
    replaced_modules: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ErrorComponent:
    """One stated source of error, in the unit of the measurement.

    Components with the same `shared_key` are one and the same draw (the gain of one instrument),
    so that `effect` keeps its sign and adds up, or cancels, across figures.

    Parameters
    ----------
    name
        For example ``current_gain``, ``voltage_offset``, ``noise``, ``sampling``, ``window``.
    effect
        Change of the figure for +1 of the underlying draw: half-width of a ``uniform`` draw on
        [-1, 1], standard deviation of a ``normal`` one. Signed.
    shared_key
        Identity of the draw, for example ``instrument bts-36 current_gain``; empty: this figure's own.
    source
        Where the size comes from: the instrument class, or the data themselves.
    """

    name: str
    effect: float
    distribution: Distribution
    source: str
    shared_key: str = ""


@dataclass(frozen=True, slots=True)
class Quantile:
    """The value below which the figure lies with `probability`."""

    probability: float
    value: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """Rows of a recording that a figure rests on, first and last included."""

    recording_id: str
    first_row: int
    last_row: int


@dataclass(frozen=True, slots=True)
class Validation:
    """Whether a method was proven, on how many cells, or only on synthetic ones."""

    status: ValidationStatus = "unvalidated"
    cells: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True)
class Measurement:
    """A figure with its interval, conditions, method and evidence."""

    quantity: str
    value: float
    unit: str
    quantiles: tuple[Quantile, ...]
    conditions: Conditions
    method: str
    method_version: str
    components: tuple[ErrorComponent, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    findings: tuple[Finding, ...] = ()
    validation: Validation = Validation()

    def quantile(self, probability: float) -> float:
        """Return the value below which the figure lies with one of the stored probabilities.

        Raises
        ------
        KeyError
            When that probability was not stored.
        """
        for entry in self.quantiles:
            if abs(entry.probability - probability) < 1e-9:
                return entry.value
        raise KeyError(probability)

    @property
    def interval(self) -> tuple[float, float]:
        """The central 90 % interval, in `unit`."""
        return self.quantile(0.05), self.quantile(0.95)


@dataclass(frozen=True, slots=True)
class Refusal:
    """The honest opposite of a measurement: what is missing, and which test would give it.

    `code` names the reason in the language files (kind ``refusal``), `test_needed` the test that
    would lift it (kind ``test``).
    """

    quantity: str
    code: str
    missing: tuple[str, ...] = ()
    test_needed: str | Unknown = UNKNOWN
    values: Mapping[str, Scalar] = field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class CellVerdict:
    """Which cell of a series string is the one, and whether the record can tell it from the next.

    Parameters
    ----------
    question
        Three questions with three answers: a pack may have three weakest cells.
    cell
        1-based number of the cell, or of the group of parallel cells, in the order of the columns.
    margin
        How far it is ahead of the runner-up, in V or ohm.
    probability
        That this cell is truly the one, of all cells that were seen.
    decided
        Whether that is almost certain and no cell was unseen.
    candidates
        The cell and every other that the interval cannot exclude, the likeliest first.
    """

    question: CellQuestion
    cell: int
    margin: Measurement
    probability: float
    decided: bool
    candidates: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CellFigure:
    """What one test of a pack shows of one cell, or group of parallel cells.

    `capacity_low_ah` is what the cell gave in this test: a bound that no model enters. The central and
    the upper figure place it on the curves of the cells that did meet their limits; unknown where its
    voltage lies outside what those curves observed. All voltages are those of its tap.
    """

    cell: int
    end_of_charge_volt: float | Unknown = UNKNOWN
    rest_volt: float | Unknown = UNKNOWN
    end_of_discharge_volt: float | Unknown = UNKNOWN
    resistance_ohm: float | Unknown = UNKNOWN
    capacity_low_ah: float | Unknown = UNKNOWN
    capacity_ah: float | Unknown = UNKNOWN
    capacity_high_ah: float | Unknown = UNKNOWN
