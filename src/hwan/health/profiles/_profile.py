"""What a chemistry's file says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from hwan.core import UNKNOWN, Unknown

METHODS: Final = ("capacity", "resistance", "ica", "modes", "impedance", "pulses", "rapid")
"""The methods that a profile speaks of, each exactly once."""
Status = Literal["applies", "describes", "refused"]

REASONS: Final = (
    "profile_chemistry_unknown",
    "profile_no_half_cells",
    "profile_dissolved_phase",
    "profile_solid_electrolyte",
    "profile_not_calibrated",
    "profile_not_validated",
)
"""Why a method is refused: codes of kind ``refusal``."""
CAUTIONS: Final = (
    "profile_borrowed_graphite",
    "profile_one_pair_only",
    "profile_table_offset",
    "profile_blend",
    "profile_flat_curve",
    "profile_shuttle",
    "profile_by_plateau",
    "profile_pressure",
    "profile_peaks_not_named",
    "profile_arcs_not_named",
    "profile_grain_boundaries",
    "profile_calibrated_types_only",
    "profile_state_the_window",
)
"""What to beware of where a method answers or describes: codes of kind ``reason``."""
TESTS: Final = (
    "state_the_chemistry",
    "two_half_cell_curves",
    "sulfur_cell_measurements",
    "solid_cell_measurements",
    "full_test_of_the_type",
    "validation_on_the_chemistry",
)
"""What would lift a refusal: codes of kind ``test``."""


@dataclass(frozen=True, slots=True)
class VoltageWindow:
    """Voltages of one cell, V.

    Parameters
    ----------
    lower_volt, upper_volt
        Cut-offs of a full test, where the maker of the cell states no other.
    lowest_volt, highest_volt
        Outside of these a voltage is not that of one cell, however it was abused.
    source
        Whose window it is; unknown where there is no public number.
    note
        What is to be said of it, by language.
    """

    lower_volt: float | Unknown
    upper_volt: float | Unknown
    lowest_volt: float
    highest_volt: float
    source: str | Unknown = UNKNOWN
    note: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FullTestPlan:
    """The test that gives every method what it needs; rates are currents over the rating, per hour.

    Parameters
    ----------
    rate_per_hour
        Of the discharge that measures the capacity.
    end_of_charge_per_hour
        At which the charge at the upper cut-off ends.
    rest_minute
        After the charge, and after the discharge.
    slow_rate_per_hour
        At most this for incremental capacity and degradation modes.
    temperature_celsius
        Of the cell.
    pulse_per_hour, pulse_second, pulse_rest_minute
        Pulses for resistance: current, length, and the rest before.
    source
        Whose plan it is; unknown where it is nobody's standard.
    note
        What is to be said of it, by language.
    """

    rate_per_hour: float
    end_of_charge_per_hour: float
    rest_minute: float
    slow_rate_per_hour: float
    temperature_celsius: float
    pulse_per_hour: float
    pulse_second: float
    pulse_rest_minute: float
    source: str | Unknown = UNKNOWN
    note: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HalfCellPair:
    """Two half-cells that make one cell: ids, or paths beside the profile's file."""

    negative: str
    positive: str


@dataclass(frozen=True, slots=True)
class MethodEntry:
    """Whether one method answers for the chemistry.

    Parameters
    ----------
    status
        ``applies``; ``describes``: figures without the names that other chemistries give them; ``refused``.
    reason
        One of :data:`REASONS` where it is refused, one of :data:`CAUTIONS` where it describes, either none or a
        caution where it applies.
    lifted_by
        One of :data:`TESTS`, where it is refused.
    """

    status: Status
    reason: str | Unknown = UNKNOWN
    lifted_by: str | Unknown = UNKNOWN


@dataclass(frozen=True, slots=True)
class Profile:
    """One chemistry: window, test plan, half-cells, and what answers for it."""

    id: str
    version: str
    title: Mapping[str, str]
    window: VoltageWindow
    plan: FullTestPlan
    methods: Mapping[str, MethodEntry]
    half_cells: tuple[HalfCellPair, ...] = ()
    sha256: str = ""

    def of(self, method: str) -> MethodEntry:
        """Return the entry of one of :data:`METHODS`."""
        return self.methods[method]
