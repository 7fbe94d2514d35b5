"""Every pulse of a recording: resistance at stated times, circuit, and power, each at its state of charge."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from hwan.core import (
    UNKNOWN,
    BatteryType,
    Conditions,
    ErrorComponent,
    Finding,
    Measurement,
    Recording,
    Refusal,
    Unknown,
    Validation,
    is_known,
    known_or,
)
from hwan.health._analysis import Analysis, analyse
from hwan.health._noise import undithered
from hwan.health._steps import PULSE_LONGEST_SECOND
from hwan.health.profiles import cell_voltage_refusal
from hwan.health.pulses._batch import LEAST_PULSE_SAMPLES
from hwan.health.pulses._figures import Source
from hwan.health.pulses._find import Pulse, pulses_of
from hwan.health.pulses._power import POWER_SECOND, PowerLimits, limits_of, power_of
from hwan.health.pulses._reading import filter_of, resistance
from hwan.health.pulses._response import Background
from hwan.health.pulses._soc import ChargeCourse, charge_course_of
from hwan.health.pulses._two_rc import TwoRc, fitted_circuit

QUANTITY: Final = "pulse_map"
VERSION: Final = "1"
TIMES_SECOND: Final = (0.1, 1.0, 2.0, 10.0, 18.0, 30.0)
AGAINST: Final = 0.5
"""With more than this share of its pulses against the current, the current of a recording has the wrong sign."""
RESTED_WIDTHS: Final = 60.0
"""After a rest of so many widths the voltage stands still for a pulse; before that its drift is fitted as well."""
NEAR: Final = 0.02
"""A pulse that ends so near to a stated time has no time of its own."""
DIGITS: Final = 1e-9
STRUCTURED: Final = 4.0
"""Residuals that raise the variances by more than this factor are told: two pairs do not describe this cell."""
VALIDATION: Final = Validation("synthetic", 16, "pulses of a simulated cell, R within 1 %: bench/pulses.py")


@dataclass(frozen=True, slots=True)
class MappedPulse:
    """One pulse of a recording with what it tells.

    Parameters
    ----------
    number
        From 1, in the order of the test.
    state_of_charge, soc_basis
        Before the pulse, and what it rests on.
    charge_ah
        Net charge since the recording began.
    rest_after_second
        0 where another current or the end of the file follows.
    resistances
        At each time the record can tell.
    circuit
        Series resistance and pairs.
    power
        For 10 s, in the pulse's direction.
    shape
        The samples behind the fit.
    """

    number: int
    direction: str
    current_ampere: float
    width_second: float
    state_of_charge: float | Unknown
    soc_basis: str | Unknown
    charge_ah: float
    rest_voltage_volt: float
    temperature_celsius: float | Unknown
    rest_before_second: float
    rest_after_second: float
    first_row: int
    last_row: int
    resistances: tuple[Measurement, ...]
    circuit: TwoRc | Refusal
    power: Measurement | Refusal
    shape: Pulse
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class PulseMap:
    """All pulses of a recording, in the order of the test."""

    recording_id: str
    pulses: tuple[MappedPulse, ...]
    soc_basis: str | Unknown
    findings: tuple[Finding, ...]


def pulse_map(
    recording: Recording,
    kind: BatteryType = BatteryType(),  # noqa: B008 (frozen)
    *,
    times_second: tuple[float, ...] | None = None,
    longest_second: float = PULSE_LONGEST_SECOND,
    initial_state_of_charge: float | None = None,
    charge_limit_ampere: float | None = None,
    discharge_limit_ampere: float | None = None,
) -> PulseMap | Refusal:
    """Return resistance, circuit and 10 s power of every pulse of a recording of one cell.

    Assumes pulses of constant current after a rest, as in a hybrid pulse power characterisation; names and numbers
    of steps are not needed. A discharge and a charge pulse of one level are two pulses.

    Parameters
    ----------
    recording
        Samples with positive current charging.
    kind
        Chemistry, which tells a cell from a module; rated capacity in Ah, for the state of charge; voltage limits
        in V, for the power.
    times_second
        When R is told, in s after the current began; by default :data:`TIMES_SECOND` and the end of each pulse.
    longest_second
        A constant current after a rest and not longer than this is a pulse.
    initial_state_of_charge
        At the first sample, as a fraction; needs the rated capacity.
    charge_limit_ampere, discharge_limit_ampere
        Largest current that is allowed, as a size.

    Returns
    -------
    PulseMap
        Resistances by the curve through each pulse where it follows the samples, else off the samples (the method
        says which). Each carries time, current, direction, state of charge and temperature in its Conditions.
    Refusal
        When there is no pulse, the current has the wrong sign, or the voltage is not one cell's.

    Notes
    -----
    Valid at the pulse's own current, temperature and rest; nothing is converted. Power beyond twice the pulse's
    current says so in a finding.
    """
    analysis = analyse(recording, kind)
    series = known_or(kind.series_count, 1)
    if series > 1:
        return Refusal(QUANTITY, "pulses_cells_in_series", ("cell voltage",), "cell_columns", {"count": series})
    refusal = cell_voltage_refusal(kind.chemistry, analysis.data.voltage_volt, QUANTITY)
    if refusal is not None:
        return refusal
    found = tuple(pulses_of(analysis, longest_second))
    if not found:
        return _none_found(analysis, longest_second)
    course = charge_course_of(analysis, kind, initial_state_of_charge)
    limits = limits_of(kind, charge_limit_ampere, discharge_limit_ampere)
    mapped = tuple(
        _mapped(analysis, pulse, number, course, times_second, limits) for number, pulse in enumerate(found, 1)
    )
    against = sum(isinstance(each.circuit, Refusal) and each.circuit.code == "pulse_against_current" for each in mapped)
    if against > AGAINST * len(mapped):
        return Refusal(QUANTITY, "pulses_against_current", ("sign",), "mend_the_sign",
                       {"against": against, "pulses": len(mapped)})  # fmt: skip
    return PulseMap(recording.id, mapped, course.basis, (*analysis.findings, *course.findings))


def _none_found(analysis: Analysis, longest_second: float) -> Refusal:
    """Return why there is no pulse: the shortest current in the record is told, to show a clock in milliseconds."""
    active = analysis.steps.filter(analysis.steps["direction"] != "none")["duration_second"]
    shortest = float(active.min()) if len(active) else 0.0  # type: ignore[arg-type]
    values = {"longest": longest_second, "shortest": shortest, "currents": len(active)}
    return Refusal(QUANTITY, "no_pulse_found", ("pulse after a rest",), "pulse_after_rest", values)


def _mapped(
    analysis: Analysis,
    pulse: Pulse,
    number: int,
    course: ChargeCourse,
    times: tuple[float, ...] | None,
    limits: PowerLimits,
) -> MappedPulse:
    source = _source(analysis, pulse, course)
    wanted = (*TIMES_SECOND, *_own_end(pulse)) if times is None else times
    resistances = _resistances(analysis, pulse, source, (*wanted, POWER_SECOND))
    circuit = _circuit(pulse, source)
    ten = next((each for each in resistances if each.conditions.pulse_time_second == POWER_SECOND), None)
    before, row = pulse.edge.before_sample, analysis.data.row
    return MappedPulse(
        number=number,
        direction=pulse.edge.direction,
        current_ampere=pulse.current_ampere,
        width_second=pulse.width_second,
        state_of_charge=source.conditions.state_of_charge,
        soc_basis=source.conditions.soc_basis,
        charge_ah=float(course.charge_ah[before]),
        rest_voltage_volt=pulse.rest_voltage_volt,
        temperature_celsius=source.conditions.temperature_celsius,
        rest_before_second=pulse.rest_before_second,
        rest_after_second=pulse.rest_after_second,
        first_row=int(row[before]),
        last_row=int(row[pulse.last_sample]),
        resistances=tuple(each for each in resistances if each.conditions.pulse_time_second in wanted),
        circuit=circuit,
        power=power_of(analysis, ten, pulse, limits),
        shape=pulse,
        findings=_findings(circuit),
    )


def _own_end(pulse: Pulse) -> tuple[float, ...]:
    """Return the last time at which a pulse tells its resistance, in three digits; none where a usual one is there."""
    since = pulse.time_second[(pulse.time_second >= 0) & (pulse.time_second < pulse.width_second)]
    if not len(since) or not since[-1] > 0:
        return ()
    size = 10.0 ** (np.floor(np.log10(since[-1])) - 2)
    last = float(f"{np.floor(since[-1] / size * (1 + DIGITS)) * size:.3g}")
    return () if any(abs(last / time - 1) < NEAR for time in TIMES_SECOND) else (last,)


def _source(analysis: Analysis, pulse: Pulse, course: ChargeCourse) -> Source:
    edge, accuracy = pulse.edge, analysis.accuracy
    temperature = analysis.temperature(edge.first_sample, pulse.last_sample)
    soc = course.at(edge.before_sample)
    conditions = Conditions(
        temperature_celsius=UNKNOWN if temperature is None else temperature,
        temperature_place=UNKNOWN if temperature is None else analysis.data.temperature_place,
        current_ampere=pulse.current_ampere,
        direction="charge" if edge.direction == "charge" else "discharge",
        soc_basis=course.basis if is_known(soc) else UNKNOWN,
        state_of_charge=soc,
        rest_before_second=pulse.rest_before_second,
    )
    reached = max(abs(float(pulse.response_volt.min())), abs(float(pulse.response_volt.max())), 1e-300)
    rounding = undithered(analysis.data.voltage_volt[edge.first_sample : pulse.last_sample + 1]) / reached
    gains = (
        analysis.shared("voltage_gain", accuracy.voltage_gain),
        analysis.shared("current_gain", -accuracy.current_gain),
        ErrorComponent("resolution", rounding, "uniform", "the record itself"),
    )
    evidence = analysis.evidence(edge.before_sample, pulse.last_sample)
    return Source(conditions, evidence, gains, edge.start_half_width_second)


def _resistances(analysis: Analysis, pulse: Pulse, source: Source, times: tuple[float, ...]) -> tuple[Measurement, ...]:
    curve = filter_of(analysis, pulse)
    told = ((time, resistance(analysis, pulse, curve, time)) for time in sorted(set(times)))
    return tuple(
        Measurement(
            quantity="dc_resistance",
            value=found[0].value,
            unit="ohm",
            quantiles=found[0].quantiles(),
            conditions=replace(source.conditions, pulse_time_second=time),
            method=found[1],
            method_version=VERSION,
            components=found[0].components,
            evidence=source.evidence,
            validation=VALIDATION,
        )
        for time, found in told
        if found is not None
    )


def _circuit(pulse: Pulse, source: Source) -> TwoRc | Refusal:
    if not pulse.steady:
        return Refusal("pulse_circuit", "pulse_current_varies", ("constant current",), "pulse_of_constant_current",
                       {"ampere": pulse.current_ampere}, source.evidence)  # fmt: skip
    if not pulse.width_second > 0:  # a pulse of one row, whose clock stood still
        samples = {"samples": len(pulse.time_second), "least": LEAST_PULSE_SAMPLES}
        return Refusal("pulse_circuit", "pulse_too_few_samples", ("pulse",), "pulse_sampled_finer",
                       samples, source.evidence)  # fmt: skip
    rested = pulse.rest_before_second >= RESTED_WIDTHS * pulse.width_second
    background: Background = "charge" if rested else "drift"
    shape = pulse.time_second, pulse.response_volt, pulse.current_ampere, pulse.width_second
    return fitted_circuit(*shape, background, max(pulse.rest_before_second, pulse.width_second / 10), source)


def _findings(circuit: TwoRc | Refusal) -> tuple[Finding, ...]:
    if isinstance(circuit, Refusal) or circuit.inflation <= STRUCTURED:
        return ()
    values = {"residual_millivolt": 1e3 * circuit.noise_volt, "inflation": circuit.inflation}
    return (Finding("pulse_residuals_structured", "note", "circuit", values),)
