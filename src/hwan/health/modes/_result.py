"""What is handed out: figures or refusals, and the fit behind them."""

from __future__ import annotations

from dataclasses import dataclass, field

from hwan.core import Finding, Measurement, Refusal
from hwan.health.modes._curve import Floats


@dataclass(frozen=True, slots=True, eq=False)
class Balance:
    """Where the electrodes of a cell stand on its charge axis: the fit behind the figures.

    Parameters
    ----------
    charge_ah, voltage_volt
        The curve as it was fitted: charging, from 0 Ah, shape (n,).
    model_volt, negative_volt, positive_volt
        Voltage and potentials of the fit at these points, with the tables' fitted errors taken out, V.
    negative_first, negative_last, positive_first, positive_last
        Stoichiometries at the curve's low and high end.
    residual_volt, residual_limit_volt, noise_volt
        Root mean square residual, the largest that noise and stated errors of the tables explain, and the noise
        measured in the curve.
    table_ratio
        Squared errors of the tables as the fit found them, over those stated; 1 where no more than stated.
    starts_agreeing, starts
        How many of the starts ended within 5 % of the best residual.
    """

    charge_ah: Floats = field(repr=False)
    voltage_volt: Floats = field(repr=False)
    model_volt: Floats = field(repr=False)
    negative_volt: Floats = field(repr=False)
    positive_volt: Floats = field(repr=False)
    negative_first: float
    negative_last: float
    positive_first: float
    positive_last: float
    residual_volt: float
    residual_limit_volt: float
    noise_volt: float
    table_ratio: float
    starts_agreeing: int
    starts: int


@dataclass(frozen=True, slots=True, eq=False)
class DegradationModes:
    """Electrode capacities and lithium inventory of a cell, and what it lost of them.

    Each figure is a measurement, or a refusal that names the test which would give it. Losses are fractions of the
    fresh state, capacities and inventory are in Ah.
    """

    loss_of_lithium_inventory: Measurement | Refusal
    loss_of_active_material_negative: Measurement | Refusal
    loss_of_active_material_positive: Measurement | Refusal
    lithium_inventory: Measurement | Refusal
    negative_electrode_capacity: Measurement | Refusal
    positive_electrode_capacity: Measurement | Refusal
    silicon_share: Measurement | Refusal
    balance: Balance
    findings: tuple[Finding, ...] = ()
