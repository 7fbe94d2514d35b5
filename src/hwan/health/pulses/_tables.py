"""The pulse map as tables: one row per pulse and time, and one per pulse for circuits and powers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import polars as pl

from hwan.core import BatteryType, Measurement, Recording, Refusal, known_or
from hwan.health.pulses._map import MappedPulse, PulseMap, pulse_map
from hwan.health.pulses._power import BY_CURRENT
from hwan.health.pulses._two_rc import COLUMNS, TwoRc

_PULSE: Final = {
    "recording_id": pl.String, "pulse": pl.Int64, "direction": pl.String, "state_of_charge": pl.Float64,
    "soc_basis": pl.String, "current_ampere": pl.Float64, "temperature_celsius": pl.Float64,
    "pulse_width_second": pl.Float64, "rest_before_second": pl.Float64, "rest_after_second": pl.Float64,
    "rest_voltage_volt": pl.Float64, "first_row": pl.Int64, "last_row": pl.Int64,
}  # fmt: skip
_RESISTANCE: Final = {
    "pulse_time_second": pl.Float64, "resistance_ohm": pl.Float64, "resistance_ohm_low": pl.Float64,
    "resistance_ohm_high": pl.Float64, "method": pl.String, "refusal_code": pl.String,
}  # fmt: skip
_CIRCUIT: Final = {
    "pairs": pl.Int64, **{f"{name}{end}": pl.Float64 for name in COLUMNS for end in ("", "_low", "_high")},
    "r0_time_second": pl.Float64, "noise_volt": pl.Float64, "inflation": pl.Float64, "refusal_code": pl.String,
}  # fmt: skip
_POWER: Final = {
    "power_watt": pl.Float64, "power_watt_low": pl.Float64, "power_watt_high": pl.Float64,
    "limit_current_ampere": pl.Float64, "limit": pl.String, "refusal_code": pl.String,
}  # fmt: skip


def resistance_table(found: PulseMap) -> pl.DataFrame:
    """Return one row per pulse and time: conditions, resistance in ohm with its 90 % interval, and method."""
    rows = [_pulse(found, each) | _resistance(measured) for each in found.pulses for measured in each.resistances]
    return pl.DataFrame(rows, schema=_PULSE | _RESISTANCE)


def circuit_table(found: PulseMap) -> pl.DataFrame:
    """Return one row per pulse: conditions, and the columns of :func:`fit_two_rcs`; a bound has its ``_low`` only."""
    return pl.DataFrame([_pulse(found, each) | _circuit(each.circuit) for each in found.pulses],
                        schema=_PULSE | _CIRCUIT)  # fmt: skip


def power_table(found: PulseMap) -> pl.DataFrame:
    """Return one row per pulse: conditions, power for 10 s in W, and which limit binds (voltage or current)."""
    return pl.DataFrame([_pulse(found, each) | _power(each.power) for each in found.pulses], schema=_PULSE | _POWER)


def pulse_resistances(
    recording: Recording,
    kind: BatteryType = BatteryType(),  # noqa: B008 (frozen)
    *,
    times_second: tuple[float, ...] | None = None,
    **options: Any,
) -> pl.DataFrame:
    """Return the resistance of every pulse of a recording at stated times, as a table.

    Parameters
    ----------
    recording, kind, times_second
        As in :func:`pulse_map`; further options are handed to it.

    Returns
    -------
    polars.DataFrame
        One row per pulse and time; a single row with ``refusal_code`` where there is no map.
    """
    return pulse_resistance_tables([recording], kind, times_second=times_second, **options)


def pulse_resistance_tables(
    recordings: Iterable[Recording],
    kind: BatteryType = BatteryType(),  # noqa: B008 (frozen)
    *,
    times_second: tuple[float, ...] | None = None,
    **options: Any,
) -> pl.DataFrame:
    """Return :func:`pulse_resistances` of many recordings of one type, one below the other."""
    parts = []
    for recording in recordings:
        found = pulse_map(recording, kind, times_second=times_second, **options)
        if isinstance(found, Refusal):
            row = {"recording_id": recording.id, "refusal_code": found.code}
            parts.append(pl.DataFrame([row], schema=_PULSE | _RESISTANCE))
        else:
            parts.append(resistance_table(found))
    return pl.concat(parts) if parts else pl.DataFrame(schema=_PULSE | _RESISTANCE)


def _pulse(found: PulseMap, each: MappedPulse) -> dict[str, Any]:
    return {
        "recording_id": found.recording_id,
        "pulse": each.number,
        "direction": each.direction,
        "state_of_charge": known_or(each.state_of_charge, None),
        "soc_basis": known_or(each.soc_basis, None),
        "current_ampere": each.current_ampere,
        "temperature_celsius": known_or(each.temperature_celsius, None),
        "pulse_width_second": each.width_second,
        "rest_before_second": each.rest_before_second,
        "rest_after_second": each.rest_after_second,
        "rest_voltage_volt": each.rest_voltage_volt,
        "first_row": each.first_row,
        "last_row": each.last_row,
    }


def _resistance(measured: Measurement) -> dict[str, Any]:
    low, high = measured.interval
    return {
        "pulse_time_second": measured.conditions.pulse_time_second,
        "resistance_ohm": measured.value,
        "resistance_ohm_low": low,
        "resistance_ohm_high": high,
        "method": measured.method,
    }


def _circuit(circuit: TwoRc | Refusal) -> dict[str, Any]:
    if isinstance(circuit, Refusal):
        return {"refusal_code": circuit.code}
    row: dict[str, Any] = {
        "pairs": circuit.pairs,
        "r0_time_second": circuit.sampling_second,
        "noise_volt": circuit.noise_volt,
        "inflation": circuit.inflation,
    }
    for name, figure in zip(COLUMNS, circuit.figures, strict=True):
        if isinstance(figure, Measurement):
            row |= {name: figure.value, f"{name}_low": figure.interval[0], f"{name}_high": figure.interval[1]}
        else:
            row[f"{name}_low"] = figure.values.get("low")
    return row


def _power(power: Measurement | Refusal) -> dict[str, Any]:
    if isinstance(power, Refusal):
        return {"refusal_code": power.code}
    low, high = power.interval
    return {
        "power_watt": power.value,
        "power_watt_low": low,
        "power_watt_high": high,
        "limit_current_ampere": power.conditions.current_ampere,
        "limit": "current" if power.method == BY_CURRENT else "voltage",
    }
