"""What Arbin's files share: headings to BDF, the executed steps, and the scope of the counters.

The counters run until the schedule resets them, and it may do so never, at each cycle or at each step.
Which, the readings tell: a scope is taken when they fall there and nowhere else, and when what they gain
is ∫I·dt; else it is BDF's scope of the operator's reset, of which nothing is claimed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from hwan.core import Finding, Mark
from hwan.readers._arrange import Target, raw_free
from hwan.readers._marks import whole_column

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

# Headings without units, blanks and underscores, in small letters: releases write them with either.
NAMES: Final[Mapping[str, str]] = {
    "datapoint": "record_index",
    "testtime": "test_time_second",
    "datetime": "unix_time_second",
    "steptime": "step_time_second",
    "stepindex": "step_id",
    "stepid": "step_id",
    "cycleindex": "cycle_count",
    "cycleid": "cycle_count",
    "current": "current_ampere",
    "voltage": "voltage_volt",
    "power": "power_watt",
    "chargecapacity": "schedule_charging_capacity_ah",
    "dischargecapacity": "schedule_discharging_capacity_ah",
    "chargeenergy": "schedule_charging_energy_wh",
    "dischargeenergy": "schedule_discharging_energy_wh",
    "internalresistance": "internal_resistance_ohm",
    "temperature": "temperature_t1_celsius",
    **{f"auxtemperature{n}": f"temperature_t{n}_celsius" for n in range(1, 6)},
}
_UNITS: Final[Mapping[str, tuple[str, float]]] = {
    "s": ("_second", 1.0), "sec": ("_second", 1.0), "min": ("_second", 60.0), "h": ("_second", 3600.0),
    "A": ("_ampere", 1.0), "mA": ("_ampere", 1e-3), "V": ("_volt", 1.0), "mV": ("_volt", 1e-3),
    "W": ("_watt", 1.0), "mW": ("_watt", 1e-3), "Ah": ("_ah", 1.0), "mAh": ("_ah", 1e-3),
    "Wh": ("_wh", 1.0), "mWh": ("_wh", 1e-3), "Ohm": ("_ohm", 1.0), "mOhm": ("_ohm", 1e-3),
    "C": ("_celsius", 1.0), "°C": ("_celsius", 1.0), "℃": ("_celsius", 1.0),
}  # fmt: skip
_WITH_UNIT: Final = re.compile(r"(.*?)\s*[(\[]([^()\[\]]*)[)\]]\s*")
AGREEMENT: Final = 0.01
"""Part of the throughput by which a counter and ∫I·dt may differ."""
_STEP_CLOCK_SLACK_SECOND: Final = 1.0
_NEAR_ZERO: Final = 0.02
_SCOPED: Final = "schedule_"
_SCOPE_CODES: Final[Mapping[str, str]] = {
    "": "counter_scope_test",
    "cycle_": "counter_scope_cycle",
    "step_": "counter_scope_step",
    _SCOPED: "counter_scope_open",
}


def targets_of(headings: Sequence[str]) -> tuple[list[Target], list[str]]:
    """Return where each column goes, and the headings that BDF does not have."""
    targets: list[Target] = []
    raw: list[str] = []
    taken: set[str] = set()
    for heading in headings:
        name, factor = meaning_of(heading)
        if name is None or name in taken:
            raw.append(heading)
            name, factor = raw_free(heading, taken), 1.0
        taken.add(name)
        targets.append(Target(heading, name, factor))
    return targets, raw


def meaning_of(heading: str) -> tuple[str | None, float]:
    """Return the BDF column that a heading means and the factor to its unit; None for a heading or unit of others.

    >>> meaning_of("Test Time (s)"), meaning_of("Current(mA)"), meaning_of("Voltage(K)")
    (('test_time_second', 1.0), ('current_ampere', 0.001), (None, 1.0))
    """
    match = _WITH_UNIT.fullmatch(heading)
    plain, unit = (match[1], match[2].strip()) if match else (heading, "")
    name = NAMES.get(re.sub(r"[\s_]", "", plain).lower())
    if name is None or not unit:
        return name, 1.0
    suffix, factor = _UNITS.get(unit, ("", 1.0))
    return (name, factor) if suffix and name.endswith(suffix) else (None, 1.0)


def with_steps(frame: pl.DataFrame) -> tuple[pl.DataFrame, list[Finding], tuple[Mark, ...]]:
    """Add the number of the executed step: the programme's step changes, or its clock starts again.

    It was not measured, and its values carry the mark of that.
    """
    clock, step = frame.get_column("step_time_second", default=None), frame.get_column("step_id", default=None)
    if clock is None or step is None or step.null_count() == len(step):
        return frame, [], ()
    passed = pl.col("test_time_second").diff() - pl.col("step_time_second").diff()
    begins = (
        (pl.col("step_id").diff() != 0) | (pl.col("step_time_second").diff() < 0) | (passed > _STEP_CLOCK_SLACK_SECOND)
    )
    counted = frame.with_columns((begins.fill_null(value=False).cum_sum() + 1).cast(pl.Int64).alias("step_count"))
    steps = int(counted["step_count"][-1])
    told = Finding("step_count_derived", "note", "column step_count", {"steps": steps})
    return counted, [told], (whole_column("step_count", "derived", counted.height),)


def with_scopes(frame: pl.DataFrame) -> tuple[pl.DataFrame, list[Finding]]:
    """Rename the counters to the scope that their readings and ∫I·dt prove; charge decides for energy too."""
    names = [f"{_SCOPED}{flow}_capacity_ah" for flow in ("charging", "discharging")]
    if not set(names) <= set(frame.columns):
        return frame, []
    readings = [frame[name].fill_null(0.0).to_numpy() for name in names]
    moved = _integrals(frame)
    scope, residual = _scope(frame, readings, moved)
    if scope is None:
        return frame, []
    renamed = {name: scope + name.removeprefix(_SCOPED) for name in frame.columns if name.startswith(_SCOPED)}
    values = {"residual_percent": round(100 * residual, 3)}
    return frame.rename(renamed), [Finding(_SCOPE_CODES[scope], "note", "columns", values)]


def _integrals(frame: pl.DataFrame) -> tuple[float, float]:
    """Return the charge put in and taken out in Ah: trapezoid in a step, the new current across its start."""
    time, current = (frame[name].fill_null(0.0).to_numpy() for name in ("test_time_second", "current_ampere"))
    hours = np.maximum(np.diff(time), 0.0) / 3600.0
    inside = _changes(frame, "step_count") == 0
    mean = np.where(inside, (current[1:] + current[:-1]) / 2, current[1:])
    added = mean * hours
    return float(added[added > 0].sum()), float(-added[added < 0].sum())


def _changes(frame: pl.DataFrame, name: str) -> NDArray[np.int64]:
    if name not in frame.columns:
        return np.zeros(max(frame.height - 1, 0), np.int64)
    return np.diff(frame[name].fill_null(0).to_numpy().astype(np.int64))


def _scope(frame: pl.DataFrame, readings: Sequence[Floats], moved: tuple[float, float]) -> tuple[str | None, float]:
    """Return the scope's prefix and how far gains and integrals differ; None where nothing moved."""
    if frame.height < 2 or sum(moved) <= 0 or not any(reading.any() for reading in readings):
        return None, 0.0
    falls = [np.diff(reading) < 0 for reading in readings]
    gained = [float(np.where(fall, reading[1:], np.diff(reading)).sum()) for fall, reading in
              zip(falls, readings, strict=True)]  # fmt: skip
    residual = sum(abs(gain - amount) for gain, amount in zip(gained, moved, strict=True)) / sum(moved)
    if residual > AGREEMENT:
        return _SCOPED, residual
    if not any(fall.any() for fall in falls):
        return "", residual
    for name, prefix in (("cycle_count", "cycle_"), ("step_count", "step_")):
        at = _changes(frame, name) != 0
        if all(_resets_at(reading, fall, at) for reading, fall in zip(readings, falls, strict=True)):
            return prefix, residual
    return _SCOPED, residual


def _resets_at(reading: Floats, falls: Bools, at: Bools) -> bool:
    """Whether a counter falls at these rows only, and is near zero after each of them."""
    if falls[~at].any():
        return False
    before, after = reading[:-1][at], reading[1:][at]
    return bool((after <= np.maximum(_NEAR_ZERO * before, _NEAR_ZERO * reading.max(initial=0.0))).all())
