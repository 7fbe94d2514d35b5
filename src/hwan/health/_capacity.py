"""Capacity and discharged energy, or their lower bounds where no capacity test was made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from hwan.core import (
    UNKNOWN,
    BatteryType,
    Conditions,
    Finding,
    Measurement,
    Recording,
    Refusal,
    Unknown,
    Validation,
    is_known,
)
from hwan.health._analysis import Analysis, analyse, charge_figure, disagreement, energy_figure
from hwan.health._counter import SECONDS_PER_HOUR
from hwan.health._discharge import (
    Discharge,
    Run,
    cutoffs_are_stated,
    deciding_voltage,
    deepest_discharge,
    discharges,
    end_current,
)
from hwan.health._signals import Floats
from hwan.health._uncertainty import Figure, merged
from hwan.health._window import window

METHOD_COUNTED: Final = "capacity.counter"
METHOD_INTEGRATED: Final = "capacity.integral"
METHOD_LOWER_BOUND: Final = "discharged.deepest"
VERSION: Final = "1"
VALIDATION: Final = Validation("synthetic", 2000, "90 % interval on synthetic cells: bench/intervals.py")
COARSE: Final = 0.1
"""Two samples further apart than this part of a run's span say nothing of where between them a cut-off lies."""
TEST_NEEDED: Final = "full_charge_rest_discharge"
_MISSING: Final = {
    "no_full_charge_recorded": "full charge",
    "charge_not_finished": "end of charge at a low current",
    "discharge_interrupted": "uninterrupted discharge",
    "no_rest_recorded": "rest after the charge",
    "cutoff_not_reached": "discharge to the cut-off",
}


@dataclass(frozen=True, slots=True)
class Discharged:
    """One discharge with its charge and energy as positive figures."""

    found: Discharge
    charge: Figure
    energy: Figure
    lower_cutoff_volt: float
    counted: bool


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
    return capacity_of(analyse(recording, kind), kind)


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
    """Return charge and energy of the deepest discharge: lower bounds of capacity and energy.

    The deepest discharge is the largest net charge taken out between two moments, whatever rests,
    interruptions or pulses lie between them.
    """
    run = deepest_discharge(analysis.steps)
    if run is None:
        return ()
    result = discharged(analysis, Discharge(run, None, 0.0, "no_full_charge_recorded"), kind)
    charge = _measurement(analysis, kind, "discharged_charge", result.charge, "Ah", result)
    if result.energy.value <= 0:
        return (charge,)  # a cell against itself, around 0 V, delivers no energy
    return (charge, _measurement(analysis, kind, "discharged_energy", result.energy, "Wh", result))


def discharged(analysis: Analysis, found: Discharge, kind: BatteryType) -> Discharged:
    """Return charge and energy of one discharge, of a capacity test down to the stated cut-off.

    Only a capacity test has cut-offs, so only its sources of error have a window.
    """
    run = found.run
    steps = analysis.steps.slice(run.first_step, run.last_step - run.first_step + 1)
    counted = steps["counter_charge_ah"].null_count() == 0
    counted_energy = steps["counter_energy_wh"].null_count() == 0
    beyond_ah, beyond_wh, cutoff = _beyond_cutoff(analysis, run, kind)
    charge_ah = run.charge_ah - beyond_ah
    column = "counter_energy_wh" if counted_energy else "energy_wh"
    energy_wh = float(steps[column].sum()) - beyond_wh
    first, last = run.first_sample, run.last_sample
    charge = charge_figure(analysis, first, last, charge_ah, disagreement(steps, "charge_ah")).scaled(-1.0)
    energy = energy_figure(analysis, first, last, charge_ah, energy_wh, disagreement(steps, "energy_wh")).scaled(-1.0)
    moved = () if found.lacking else window(analysis, found)
    moved_wh = () if found.lacking else window(analysis, found, in_wh=True)
    return Discharged(
        found,
        Figure(charge.value, merged((*charge.components, *moved))),
        Figure(energy.value, merged((*energy.components, *moved_wh))),
        cutoff,
        counted,
    )


def _beyond_cutoff(analysis: Analysis, run: Run, kind: BatteryType) -> tuple[float, float, float]:
    """Return charge in Ah and energy in Wh of the samples beyond the cut-off, negative, and the cut-off in V.

    A tester sees the cut-off only with its next sample, and some go on below the stated one. In a
    constant-voltage phase the voltage stays around the cut-off and nothing is beyond it.
    """
    data, last, cutoff = analysis.data, run.last_sample, kind.lower_voltage_volt
    held = analysis.steps["kind"][run.last_step] == "cv"
    volts = deciding_voltage(analysis, kind, run)
    above = np.flatnonzero(volts >= cutoff) if is_known(cutoff) else np.empty(0, dtype=np.int64)
    if held or not is_known(cutoff) or not len(above) or above[-1] == len(volts) - 1:
        return 0.0, 0.0, float(data.voltage_volt[last])
    inside = int(above[-1])
    if volts[inside] - volts[inside + 1] > COARSE * np.ptp(volts):
        return 0.0, 0.0, float(data.voltage_volt[last])  # two points of a whole step show no course
    share = float((volts[inside] - cutoff) / (volts[inside] - volts[inside + 1]))
    first = run.first_sample + inside + 1
    interval = np.diff(data.time_second[first - 1 : last + 1])
    interval[0] *= 1 - share
    current, power = data.current_ampere, data.voltage_volt * data.current_ampere
    return _flow(current, interval, first, last), _flow(power, interval, first, last), cutoff


def _flow(rate: Floats, interval: Floats, first: int, last: int) -> float:
    """Return ∫rate·dt in rate·h over samples first..last; each rate holds since the sample before."""
    return float(rate[first : last + 1] @ interval) / SECONDS_PER_HOUR


def _measurement(
    analysis: Analysis, kind: BatteryType, quantity: str, figure: Figure, unit: str, result: Discharged
) -> Measurement:
    run = result.found.run
    findings: tuple[Finding, ...] = ()
    if not result.found.lacking and not cutoffs_are_stated(kind):
        findings = (Finding("cutoffs_from_record", "stop", analysis.recording.provenance.source_name),)
    return Measurement(
        quantity=quantity,
        value=figure.value,
        unit=unit,
        quantiles=figure.quantiles(),
        conditions=_conditions(analysis, kind, result),
        method=_method(result),
        method_version=VERSION,
        components=figure.components,
        evidence=analysis.evidence(run.first_sample, run.last_sample),
        findings=findings,
        validation=Validation() if result.found.lacking else VALIDATION,
    )


def _method(result: Discharged) -> str:
    if result.found.lacking:
        return METHOD_LOWER_BOUND
    return METHOD_COUNTED if result.counted else METHOD_INTEGRATED


def _conditions(analysis: Analysis, kind: BatteryType, result: Discharged) -> Conditions:
    run, charge = result.found.run, result.found.charged_by
    temperature = analysis.temperature(run.first_sample, run.last_sample)
    current = _mean_current(analysis, run)
    rated = kind.rated_capacity_ah
    full = charge is not None and result.found.lacking in ("", "no_rest_recorded", "cutoff_not_reached")
    return Conditions(
        temperature_celsius=UNKNOWN if temperature is None else temperature,
        temperature_place=UNKNOWN if temperature is None else analysis.data.temperature_place,
        rate_per_hour=-current / rated if is_known(rated) and is_known(current) else UNKNOWN,
        current_ampere=current,
        direction="discharge",
        soc_basis="full_charge" if full else UNKNOWN,
        rest_before_second=result.found.rest_second if charge else UNKNOWN,
        upper_cutoff_volt=charge.end_voltage_volt if charge else UNKNOWN,
        lower_cutoff_volt=result.lower_cutoff_volt,
        end_of_charge_current_ampere=_last_current(analysis, charge) if charge else UNKNOWN,
    )


def _mean_current(analysis: Analysis, run: Run) -> float | Unknown:
    """Return the mean current of a discharge in A, negative; unknown where something else lies inside it."""
    directions = analysis.steps["direction"][run.first_step : run.last_step + 1]
    if run.seconds <= 0 or not (directions == "discharge").all():
        return UNKNOWN
    return run.charge_ah / run.seconds * SECONDS_PER_HOUR


def _last_current(analysis: Analysis, run: Run) -> float:
    return float(analysis.data.current_ampere[run.last_sample])


def _refused(analysis: Analysis, kind: BatteryType, quantity: str) -> Refusal:
    """Return the refusal of the largest discharge: the nearest thing to a capacity test."""
    found = discharges(analysis, kind)
    if not found:
        return Refusal(quantity, "no_discharge_recorded", ("discharge",), TEST_NEEDED)
    largest = min(found, key=lambda each: each.run.charge_ah)
    run = largest.run
    charged_to = end_current(analysis, largest.charged_by) if largest.charged_by else 0.0
    values = {
        "end_voltage_volt": round(run.end_voltage_volt, 4),
        "discharged_ah": round(-run.charge_ah, 6),
        "end_current_ampere": charged_to,
    }
    evidence = analysis.evidence(run.first_sample, run.last_sample)
    return Refusal(quantity, largest.lacking, (_MISSING[largest.lacking],), TEST_NEEDED, values, evidence)
