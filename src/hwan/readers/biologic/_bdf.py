"""From BioLogic's headings to BDF, the same for the binary and the text files.

Current: ``I`` is what flowed when the row was written and belongs to the voltage beside it; ``<I>`` is the
mean since the row before. Where both are there ``I`` is taken. Some techniques store neither, only the
charge of each interval, ``dq``: its quotient by the interval is the mean current, which is what the
tester's own power column is made of. A positive current charges in all of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from hwan.core import COLUMNS, Finding, Mark
from hwan.readers._arrange import Target, arrange, raw_free
from hwan.readers._marks import whole_column
from hwan.readers.biologic._ids import OPEN_CIRCUIT
from hwan.readers.biologic._scopes import COUNTERS, Floats, Flows, scope_of, turned

VOLTAGES: Final = ("Ewe/V", "Ecell/V", "<Ewe>/V", "<Ecell>/V")
CURRENTS: Final = {"I/mA": 1e-3, "<I>/mA": 1e-3, "I/A": 1.0, "<I>/A": 1.0}
TIME: Final = "time/s"
_CHARGE: Final = "dq/mA.h"
_OTHERS: Final = {
    TIME: ("test_time_second", 1.0),
    "Ns": ("step_id", 1.0),
    "cycle number": ("cycle_count", 1.0),
    "step time/s": ("step_time_second", 1.0),
    "P/W": ("power_watt", 1.0),
    "freq/Hz": ("frequency_hertz", 1.0),
    "Re(Z)/Ohm": ("real_impedance_ohm", 1.0),
    "-Im(Z)/Ohm": ("imaginary_impedance_ohm", -1.0),
    "|Z|/Ohm": ("absolute_impedance_ohm", 1.0),
    "Phase(Z)/deg": ("phase_degree", 1.0),
}
_TEMPERATURE: Final = re.compile(r"(?:Temperature|T)/[^A-Za-z]{0,3}C\b.*")
_MILLIAMPERE_HOUR: Final = 3.6  # mAh in one interval, over seconds, gives A
_KEPT_NAMES: Final = ("unix_time_second",)

NUMBERS: Final = frozenset({*VOLTAGES, *CURRENTS, *COUNTERS, *_OTHERS, _CHARGE})
"""Headings under which only numbers may stand."""
_ORDER: Final = {name: number for number, name in enumerate(COLUMNS)}
# Signs that tell two headings apart and that no column name may hold.
_SPELT: Final = (
    (re.compile(r"<([^<>]*)>"), r"mean \1"), (re.compile(r"\|([^|]*)\|"), r"abs \1"),
    (re.compile(r"^-(?=\w)"), "minus "), (re.compile("[µμ]"), "u"), (re.compile("°"), "deg"),
    (re.compile(r"^dQ(?=/)"), "delta Q"),
)  # fmt: skip

Found = list[Finding]


@dataclass(frozen=True, slots=True)
class _Choice:
    """Which heading goes where, and columns that had to be computed."""

    targets: dict[str, Target]
    computed: list[pl.Series]


def to_bdf(frame: pl.DataFrame) -> tuple[pl.DataFrame, Found, tuple[Mark, ...]]:
    """Return the frame in names and units of BDF, findings, and which columns were derived.

    What BDF does not have is kept as ``raw_*``.
    """
    choice = _Choice({}, [])
    findings = [*_voltage(frame, choice), *_current(frame, choice), *_rest_of_names(frame, choice)]
    findings += _counters(frame, choice)
    frame = frame.with_columns(choice.computed) if choice.computed else frame
    taken = {target.name for target in choice.targets.values()} | set(_KEPT_NAMES)
    raw = [heading for heading in frame.columns if heading not in choice.targets and heading not in _KEPT_NAMES]
    kept = [Target(name, name) for name in _KEPT_NAMES if name in frame.columns]
    others = [Target(heading, raw_free(_spelt(heading), taken)) for heading in raw]
    known = sorted((*choice.targets.values(), *kept), key=lambda target: _ORDER[target.name])
    arranged, found = arrange(frame, [*known, *others])
    if raw:
        found.append(Finding("columns_kept_raw", "note", "columns", {"columns": ", ".join(raw)[:1000]}))
    marks = tuple(whole_column(column.name, "derived", frame.height) for column in choice.computed)
    return arranged, [*findings, *found], marks


def _spelt(heading: str) -> str:
    """Return a heading in words, so that its raw name is its own.

    >>> _spelt("|Ece|/V"), _spelt("<Ece>/V"), _spelt("Cs/µF")
    ('abs Ece/V', 'mean Ece/V', 'Cs/uF')
    """
    for sign, words in _SPELT:
        heading = sign.sub(words, heading)
    return heading


def _put(choice: _Choice, heading: str, name: str, factor: float = 1.0) -> None:
    choice.targets[heading] = Target(heading, name, factor)


def _compute(choice: _Choice, name: str, values: np.ndarray) -> None:
    choice.computed.append(pl.Series(name, values))
    _put(choice, name, name)


def _voltage(frame: pl.DataFrame, choice: _Choice) -> Found:
    heading = next((name for name in VOLTAGES if name in frame.columns), None)
    if heading is None:
        return []
    _put(choice, heading, "voltage_volt")
    counter = next((name for name in ("Ece/V", "<Ece>/V") if name in frame.columns), None)
    if counter is None:
        return []
    values = {"heading": heading, "counter": counter}
    return [Finding("voltage_of_working_electrode", "note", "column voltage_volt", values)]


def _current(frame: pl.DataFrame, choice: _Choice) -> Found:
    found = [name for name in CURRENTS if name in frame.columns]
    if found:
        _put(choice, found[0], "current_ampere", CURRENTS[found[0]])
        values = {"heading": found[0], "others": ", ".join(found[1:])}
        return [Finding("current_chosen", "note", "column current_ampere", values)] if found[1:] else []
    if _CHARGE in frame.columns and TIME in frame.columns:
        _compute(choice, "current_ampere", _current_of_charge(frame))
        return [Finding("current_from_charge", "note", "column current_ampere", {"heading": _CHARGE})]
    if "mode" in frame.columns and TIME in frame.columns and (frame["mode"] == OPEN_CIRCUIT).all():
        _compute(choice, "current_ampere", np.zeros(frame.height))
        return [Finding("current_zero_in_open_circuit", "note", "column current_ampere", {"rows": frame.height})]
    return []


def _current_of_charge(frame: pl.DataFrame) -> Floats:
    """Return the mean current of each interval in A; the first row has one only when it is at rest."""
    time, charge = _floats(frame[TIME]), _floats(frame[_CHARGE])
    current = np.empty(frame.height)
    at_rest = charge[0] == 0 and ("mode" not in frame.columns or frame["mode"][0] == OPEN_CIRCUIT)
    current[0] = 0.0 if at_rest else np.nan
    with np.errstate(all="ignore"):
        np.divide(charge[1:] * _MILLIAMPERE_HOUR, np.diff(time), out=current[1:])
    return current


def _floats(column: pl.Series) -> Floats:
    return (column if column.dtype == pl.Float64 else column.cast(pl.Float64)).to_numpy()


def _rest_of_names(frame: pl.DataFrame, choice: _Choice) -> Found:
    for heading, (name, factor) in _OTHERS.items():
        # A column that holds nothing is no spectrum and no count.
        if heading in frame.columns and frame[heading].null_count() < frame.height:
            _put(choice, heading, name, factor)
    findings = []
    if "Ns" in frame.columns and frame.schema["Ns"].is_numeric():
        _compute(choice, "step_count", _executed(frame["Ns"].to_numpy()))
        findings.append(Finding("steps_counted", "note", "column step_count", {"heading": "Ns"}))
    sensor = next((heading for heading in frame.columns if _TEMPERATURE.fullmatch(heading)), None)
    if sensor is not None and frame.schema[sensor].is_numeric():
        _put(choice, sensor, "temperature_t1_celsius")
        findings.append(Finding("sensors_numbered", "note", "columns", {"pairs": f"{sensor} → temperature_t1_celsius"}))
    return findings


def _executed(numbers: np.ndarray) -> np.ndarray:
    """Return 1, 2, 3 … for the steps as they were executed: a new one wherever the sequence number changes."""
    begins = np.concatenate([[0], 1 + np.flatnonzero(numbers[1:] != numbers[:-1])])
    return np.repeat(np.arange(1, len(begins) + 1), np.diff(begins, append=len(numbers)))


def _counters(frame: pl.DataFrame, choice: _Choice) -> Found:
    """Give the counters the scope that the integral of the current shows; the others stay raw."""
    present = [name for name in COUNTERS if name in frame.columns and frame.schema[name].is_numeric()]
    flows = _flows(frame, choice) if present else None
    if flows is None:
        return []
    proven, unproven = [], []
    for heading in present:
        counter = COUNTERS[heading]
        values = _floats(frame[heading])
        factor = counter.factor * turned(values, counter)
        with np.errstate(all="ignore"):  # damaged values are infinite, and agree with nothing
            fits = scope_of(values * factor, counter, flows)
        if fits is None:
            unproven.append(heading)
        else:
            _put(choice, heading, counter.name(fits[0]), factor)
            proven.append(f"{heading} → {counter.name(fits[0])} ({fits[1]:.2%})")
    pairs = {"counters_proven": proven, "counters_without_scope": unproven}
    return [Finding(code, "note", "columns", {"columns": ", ".join(some)}) for code, some in pairs.items() if some]


def _flows(frame: pl.DataFrame, choice: _Choice) -> Flows | None:
    by_name = {target.name: target for target in choice.targets.values()}
    if TIME not in frame.columns or not {"voltage_volt", "current_ampere"} <= set(by_name):
        return None
    numbers = {
        scope: frame[heading].to_numpy()
        for scope, heading in (("cycle_", "cycle number"), ("step_", "Ns"))
        if heading in frame.columns
    }
    voltage = frame[by_name["voltage_volt"].column].to_numpy()
    return Flows(_charge_ah(frame, by_name["current_ampere"]), voltage, numbers)


def _charge_ah(frame: pl.DataFrame, current: Target) -> Floats:
    if _CHARGE in frame.columns:
        charge: Floats = _floats(frame[_CHARGE]) * 1e-3
        return charge
    if current.column not in frame.columns:  # open circuit throughout
        return np.zeros(frame.height)
    ampere = _floats(frame[current.column]) * current.factor
    moved = np.zeros(frame.height)
    with np.errstate(all="ignore"):
        moved[1:] = (ampere[1:] + ampere[:-1]) * np.diff(_floats(frame[TIME])) / 7200.0
    return moved
