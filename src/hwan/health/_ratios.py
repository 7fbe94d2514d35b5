"""States of health, efficiencies and comparisons: ratios in which shared errors cancel."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import polars as pl

from hwan.core import (
    UNKNOWN,
    BatteryType,
    Conditions,
    Denominator,
    Finding,
    Measurement,
    Recording,
    Refusal,
    Unknown,
    is_known,
)
from hwan.health._analysis import Analysis, analyse, charge_figure, disagreement, energy_figure
from hwan.health._capacity import VALIDATION
from hwan.health._uncertainty import Figure

VERSION: Final = "1"


def state_of_health(measured: Measurement | Refusal, kind: BatteryType) -> Measurement | Refusal:
    """Return capacity over rated capacity, or energy over rated energy: two different quantities.

    Parameters
    ----------
    measured
        Capacity in Ah or energy in Wh, or why there is none.
    kind
        The type with its ratings, which are taken as exact.

    Returns
    -------
    Measurement
        ``state_of_health_capacity`` or ``state_of_health_energy``, a fraction.
    Refusal
        When nothing was measured, or the rating is unknown.

    Raises
    ------
    ValueError
        When `measured` is neither a capacity nor an energy: a lower bound has no state of health.
    """
    if measured.quantity not in ("capacity", "energy"):
        raise ValueError(f"expected a capacity or an energy, got {measured.quantity}")
    name = "capacity" if measured.quantity == "capacity" else "energy"
    quantity = f"state_of_health_{name}"
    if isinstance(measured, Refusal):
        return replace(measured, quantity=quantity)
    rated: float | Unknown = kind.rated_capacity_ah if name == "capacity" else kind.rated_energy_wh
    if not is_known(rated):
        return Refusal(quantity, "rating_unknown", (f"rated {name}",), "state_the_rating")
    whose = "maker" if is_known(kind.maker) else "stated"
    denominator = Denominator(f"rated_{name}", rated, measured.unit, whose)
    figure = Figure(measured.value, measured.components).scaled(1 / rated)
    return replace(
        measured,
        quantity=quantity,
        value=figure.value,
        unit="1",
        quantiles=figure.quantiles(),
        components=figure.components,
        conditions=replace(measured.conditions, denominator=denominator),
        method=f"{quantity}.ratio",
    )


def retained(aged: Measurement, fresh: Measurement) -> Measurement:
    """Return the fraction of `fresh` that `aged` still is.

    Both must be the same quantity under like conditions; draws of one and the same instrument
    cancel, of two instruments do not.

    Raises
    ------
    ValueError
        When the two are different quantities.
    """
    if (aged.quantity, aged.unit) != (fresh.quantity, fresh.unit):
        raise ValueError(f"cannot compare {aged.quantity} in {aged.unit} with {fresh.quantity} in {fresh.unit}")
    figure = Figure(aged.value, aged.components).over(Figure(fresh.value, fresh.components))
    denominator = Denominator(fresh.quantity, fresh.value, fresh.unit, "fresh cell")
    return replace(
        aged,
        quantity=f"retained_{aged.quantity}",
        value=figure.value,
        unit="1",
        quantiles=figure.quantiles(),
        components=figure.components,
        conditions=replace(aged.conditions, denominator=denominator),
        evidence=(*aged.evidence, *fresh.evidence),
        method="retained.ratio",
    )


def efficiencies(recording: Recording) -> tuple[Measurement | Refusal, Measurement | Refusal]:
    """Return coulombic and energy efficiency of the last complete cycle, as fractions.

    Assumes a cycle from empty through a charge to a discharge that ends at the same cut-off. The
    current gain cancels; the current offset does not.
    """
    return efficiencies_of(analyse(recording))


def efficiencies_of(analysis: Analysis) -> tuple[Measurement | Refusal, Measurement | Refusal]:
    """Return :func:`efficiencies` of a recording already prepared."""
    complete = analysis.cycles.filter(pl.col("complete"))
    if not len(complete):
        names = ("coulombic_efficiency", "energy_efficiency")
        coulombic, energy = (Refusal(name, "no_complete_cycle", ("cycle",), "full_cycle") for name in names)
        return coulombic, energy
    row = complete.row(-1, named=True)
    steps = analysis.steps.filter(pl.col("first_row").is_between(row["first_row"], row["last_row"]))
    flows = [_flow(analysis, steps, direction) for direction in ("discharge", "charge")]
    (charge_out, energy_out), (charge_in, energy_in) = flows
    evidence = (int(steps["first_sample"][0]), int(steps["last_sample"][-1]))
    return (
        _efficiency(analysis, "coulombic_efficiency", charge_out.over(charge_in), evidence),
        _efficiency(analysis, "energy_efficiency", energy_out.over(energy_in), evidence),
    )


def _flow(analysis: Analysis, steps: pl.DataFrame, direction: str) -> tuple[Figure, Figure]:
    """Return charge and energy that flowed in one direction, both positive."""
    charge, energy = Figure(0.0), Figure(0.0)
    for number in range(len(steps)):
        step = steps[number]
        if step["direction"].item() != direction:
            continue
        first, last = step["first_sample"].item(), step["last_sample"].item()
        amount, work = (step.select(pl.coalesce(f"counter_{name}", name)).item() for name in ("charge_ah", "energy_wh"))
        doubts = [disagreement(step, name) for name in ("charge_ah", "energy_wh")]
        charge = _sum(charge, charge_figure(analysis, first, last, amount, doubts[0]))
        energy = _sum(energy, energy_figure(analysis, first, last, amount, work, doubts[1]))
    sign = 1.0 if direction == "charge" else -1.0
    return charge.scaled(sign), energy.scaled(sign)


def _sum(one: Figure, other: Figure) -> Figure:
    return Figure(one.value + other.value, (*one.components, *other.components))


def _efficiency(analysis: Analysis, quantity: str, figure: Figure, samples: tuple[int, int]) -> Measurement:
    temperature = analysis.temperature(*samples)
    quantiles = figure.quantiles()
    lowest = next(each.value for each in quantiles if each.probability == 0.05)
    above = Finding("efficiency_above_one", "warning", quantity, {"quantity": quantity, "lowest": lowest})
    return Measurement(
        quantity=quantity,
        value=figure.value,
        unit="1",
        quantiles=quantiles,
        findings=(above,) if lowest > 1 else (),
        conditions=Conditions(temperature_celsius=UNKNOWN if temperature is None else temperature),
        method="efficiency.last_complete_cycle",
        method_version=VERSION,
        components=figure.components,
        evidence=analysis.evidence(*samples),
        validation=VALIDATION,
    )
