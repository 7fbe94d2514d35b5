"""Capacity and discharged energy, or their lower bounds where no capacity test was made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from hwan.core import (
    UNKNOWN,
    BatteryType,
    Conditions,
    ErrorComponent,
    Finding,
    Measurement,
    Recording,
    Refusal,
    Validation,
    is_known,
)
from hwan.health._analysis import Analysis, analyse, charge_figure, energy_figure, noise
from hwan.health._counter import SECONDS_PER_HOUR
from hwan.health._discharge import Discharge, Run, cutoffs_are_stated, discharges
from hwan.health._uncertainty import Figure, merged

METHOD: Final = "capacity.discharge"
VERSION: Final = "1"
VALIDATION: Final = Validation("synthetic", 2000, "coverage of the 90 % interval on synthetic cells: bench/coverage.py")
TEST_NEEDED: Final = "full_charge_rest_discharge"
_MISSING: Final = {
    "no_full_charge_recorded": "full charge",
    "no_rest_recorded": "rest after the charge",
    "cutoff_not_reached": "discharge to the cut-off",
}
SLOPE_FRACTION: Final = 0.02
"""The slope of voltage over charge at a cut-off is taken over this part of the run's voltage span."""


@dataclass(frozen=True, slots=True)
class Discharged:
    """One discharge with its charge and energy as positive figures."""

    found: Discharge
    charge: Figure
    energy: Figure
    lower_cutoff_volt: float


def capacity(recording: Recording, kind: BatteryType = BatteryType()) -> Measurement | Refusal:  # noqa: B008 (frozen)
    """Return the capacity of the last capacity test in a recording.

    Assumes a full charge that ends at the upper cut-off, a rest, and a discharge to the lower
    cut-off, all in this recording. The value is the tester's own counter where its scope is proven
    by ∫I·dt, otherwise ∫I·dt.

    Parameters
    ----------
    recording
        Samples with positive current charging.
    kind
        States the cut-offs in V; without them they must be shown by two runs that end alike.

    Returns
    -------
    Measurement
        Capacity in Ah with quantiles from gain and offset of the instrument (drawn once), noise,
        sampling, and the window: what the voltage error moves at both cut-offs.
    Refusal
        Names what the test lacks: full charge, rest, or cut-off.

    Notes
    -----
    Valid for the rate and temperature in its Conditions only; nothing is converted.
    """
    return capacity_of(analyse(recording), kind)


def capacity_of(analysis: Analysis, kind: BatteryType) -> Measurement | Refusal:
    """Return :func:`capacity` of a recording already prepared."""
    tests = [found for found in discharges(analysis, kind) if not found.lacking]
    if not tests:
        return _refused(analysis, kind, "capacity")
    result = discharged(analysis, tests[-1], kind)
    return _measurement(analysis, kind, "capacity", result.charge, "Ah", result)


def energy_of(analysis: Analysis, kind: BatteryType) -> Measurement | Refusal:
    """Return the energy in Wh that the last capacity test delivered, or why there is none."""
    tests = [found for found in discharges(analysis, kind) if not found.lacking]
    if not tests:
        return _refused(analysis, kind, "energy")
    result = discharged(analysis, tests[-1], kind)
    return _measurement(analysis, kind, "energy", result.energy, "Wh", result)


def largest_discharge_of(analysis: Analysis, kind: BatteryType) -> tuple[Measurement, ...]:
    """Return charge and energy of the largest discharge: lower bounds of capacity and energy."""
    found = discharges(analysis, kind)
    if not found:
        return ()
    result = discharged(analysis, min(found, key=lambda each: each.run.charge_ah), kind)
    return (
        _measurement(analysis, kind, "discharged_charge", result.charge, "Ah", result),
        _measurement(analysis, kind, "discharged_energy", result.energy, "Wh", result),
    )


def discharged(analysis: Analysis, found: Discharge, kind: BatteryType) -> Discharged:
    """Return charge and energy of one discharge down to the stated cut-off."""
    run = found.run
    steps = analysis.steps.slice(run.first_step, run.last_step - run.first_step + 1)
    counted = steps["counter_charge_ah"].null_count() == 0
    counted_energy = steps["counter_energy_wh"].null_count() == 0
    beyond_ah, cutoff = _beyond_cutoff(analysis, run, kind)
    charge_ah = run.charge_ah + beyond_ah
    column = "counter_energy_wh" if counted_energy else "energy_wh"
    energy_wh = float(steps[column].sum()) + beyond_ah * cutoff
    first, last = run.first_sample, run.last_sample
    charge = charge_figure(analysis, first, last, charge_ah, counted=counted).scaled(-1.0)
    energy = energy_figure(analysis, first, last, charge_ah, energy_wh, counted=counted_energy).scaled(-1.0)
    return Discharged(
        found,
        Figure(charge.value, merged((*charge.components, *_window(analysis, found)))),
        Figure(energy.value, merged((*energy.components, *_window(analysis, found, in_wh=True)))),
        cutoff,
    )


def _beyond_cutoff(analysis: Analysis, run: Run, kind: BatteryType) -> tuple[float, float]:
    """Return the charge in Ah to give back for samples beyond the cut-off, and the cut-off in V."""
    voltage, time = analysis.data.voltage_volt, analysis.data.time_second
    cutoff = kind.lower_voltage_volt
    last = run.last_sample
    if not is_known(cutoff) or last == run.first_sample or not voltage[last] < cutoff < voltage[last - 1]:
        return 0.0, float(voltage[last])
    share = (cutoff - voltage[last]) / (voltage[last - 1] - voltage[last])
    seconds = share * (time[last] - time[last - 1])
    return float(-analysis.data.current_ampere[last] * seconds / SECONDS_PER_HOUR), cutoff


def _window(analysis: Analysis, found: Discharge, *, in_wh: bool = False) -> tuple[ErrorComponent, ...]:
    """Return what the voltage error moves at both cut-offs, in Ah, or in Wh at the voltage of each.

    An instrument that reads high ends the discharge later and the charge earlier.
    """
    ends = [(found.run, 1.0), *([(found.charged_by, -1.0)] if found.charged_by else [])]
    parts = [_at_cutoff(analysis, run, sign * (run.end_voltage_volt if in_wh else 1.0)) for run, sign in ends]
    return tuple(component for part in parts for component in part)


def _at_cutoff(analysis: Analysis, run: Run, weight: float) -> tuple[ErrorComponent, ...]:
    slope = weight * _charge_per_volt(analysis, run)
    voltage = analysis.data.voltage_volt[run.first_sample : run.last_sample + 1]
    return (
        analysis.shared("voltage_gain", slope * analysis.accuracy.voltage_gain * run.end_voltage_volt),
        analysis.shared("voltage_offset", slope * analysis.accuracy.voltage_offset_volt),
        ErrorComponent("window", slope * noise(voltage), "normal", "the record itself"),
    )


def _charge_per_volt(analysis: Analysis, run: Run) -> float:
    """Return |dQ/dV| in Ah/V where the run's last constant current meets the cut-off; 0 if it has none.

    The regression runs over the end of the curve, at least five samples of it.
    """
    steps = analysis.steps.slice(run.first_step, run.last_step - run.first_step + 1)
    steady = steps.filter(pl.col("kind") == "cc")
    if not len(steady):
        return 0.0
    first, last = int(steady["first_sample"][-1]), int(steady["last_sample"][-1])
    voltage = analysis.data.voltage_volt[first : last + 1]
    away = np.flatnonzero(np.abs(voltage - voltage[-1]) > SLOPE_FRACTION * np.ptp(voltage))
    begin = max(0, min(int(away[-1]) + 1 if len(away) else 0, len(voltage) - 5))
    volts, seconds = voltage[begin:], analysis.data.time_second[first + begin : last + 1]
    spread = float(np.var(volts))
    if len(volts) < 2 or spread == 0.0:
        return 0.0
    seconds_per_volt = float(np.mean((volts - volts.mean()) * (seconds - seconds.mean()))) / spread
    return abs(seconds_per_volt * float(steady["mean_current_ampere"][-1])) / SECONDS_PER_HOUR


def _measurement(
    analysis: Analysis, kind: BatteryType, quantity: str, figure: Figure, unit: str, result: Discharged
) -> Measurement:
    run = result.found.run
    findings: tuple[Finding, ...] = ()
    if not result.found.lacking and not cutoffs_are_stated(kind):
        findings = (Finding("cutoffs_from_record", "warning", analysis.recording.provenance.source_name),)
    return Measurement(
        quantity=quantity,
        value=figure.value,
        unit=unit,
        quantiles=figure.quantiles(),
        conditions=_conditions(analysis, kind, result),
        method=METHOD,
        method_version=VERSION,
        components=figure.components,
        evidence=analysis.evidence(run.first_sample, run.last_sample),
        findings=findings,
        validation=VALIDATION,
    )


def _conditions(analysis: Analysis, kind: BatteryType, result: Discharged) -> Conditions:
    run, charge = result.found.run, result.found.charged_by
    temperature = analysis.temperature(run.first_sample, run.last_sample)
    current = abs(run.charge_ah) / run.seconds * SECONDS_PER_HOUR if run.seconds else 0.0
    rated = kind.rated_capacity_ah
    full = charge is not None and result.found.lacking in ("", "no_rest_recorded", "cutoff_not_reached")
    return Conditions(
        temperature_celsius=UNKNOWN if temperature is None else temperature,
        temperature_place=UNKNOWN if temperature is None else analysis.data.temperature_place,
        rate_per_hour=current / rated if is_known(rated) else UNKNOWN,
        current_ampere=-current,
        direction="discharge",
        soc_basis="full_charge" if full else UNKNOWN,
        rest_before_second=result.found.rest_second if charge else UNKNOWN,
        upper_cutoff_volt=charge.end_voltage_volt if charge else UNKNOWN,
        lower_cutoff_volt=result.lower_cutoff_volt,
        end_of_charge_current_ampere=_last_current(analysis, charge) if charge else UNKNOWN,
    )


def _last_current(analysis: Analysis, run: Run) -> float:
    return float(analysis.data.current_ampere[run.last_sample])


def _refused(analysis: Analysis, kind: BatteryType, quantity: str) -> Refusal:
    """Return the refusal of the largest discharge: the nearest thing to a capacity test."""
    found = discharges(analysis, kind)
    if not found:
        return Refusal(quantity, "no_discharge_recorded", ("discharge",), TEST_NEEDED)
    largest = min(found, key=lambda each: each.run.charge_ah)
    run = largest.run
    values = {"end_voltage_volt": round(run.end_voltage_volt, 4), "discharged_ah": round(-run.charge_ah, 6)}
    evidence = analysis.evidence(run.first_sample, run.last_sample)
    return Refusal(quantity, largest.lacking, (_MISSING[largest.lacking],), TEST_NEEDED, values, evidence)
