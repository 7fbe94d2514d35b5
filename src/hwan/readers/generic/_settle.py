"""From a draft to a mapping: units, signs and scopes that the headings leave open, settled by the values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from hwan.core import COLUMNS, REQUIRED, Scalar
from hwan.readers._contract import Confidence, Recognition
from hwan.readers.generic._columns import Way
from hwan.readers.generic._layout import PROPOSED
from hwan.readers.generic._mapping import ColumnRule, Mapping, State
from hwan.readers.generic._prove import Floats, Samples, charge, is_unsigned, ratio_of, scope_of, sign_of

_DISCHARGE: Final = (
    "D", "DCH", "DCC", "CCD", "Dis", "DIS", "Discharge", "discharge", "DISCHARGE", "Dchg", "DChg", "CC DChg", "CC_DChg",
    "CC Discharge", "discharge CC", "Entladen", "방전", "放电", "恒流放电", "放電",
)  # fmt: skip
_SPOKEN: Final = {"degC": "temperature_unit_assumed", "ohm": "impedance_unit_assumed", "Hz": "impedance_unit_assumed"}
_FACTORS: Final = (1.0, 1e-3, 1e-6, 1e3)
_TIME_FACTORS: Final = (1.0, 60.0, 3600.0, 1e-3, 86_400.0)
_NEAR: Final = 0.1
_LEAST_FALLS: Final = 2
_LARGEST: Final = 1e12
_INDEX: Final = ("cycle_count", "step_id", "step_count")


@dataclass
class _Work:
    """The mapping as far as it is settled, its samples, and the reasons."""

    mapping: Mapping
    ways: dict[str, Way]
    frame: pl.DataFrame
    why: list[Recognition] = field(default_factory=list)
    assumed: list[str] = field(default_factory=list)

    def say(self, reason: str, values: dict[str, Scalar], confidence: Confidence = "certain") -> None:
        """Note a decision."""
        self.why.append(Recognition(PROPOSED, confidence, reason, values))

    def scale(self, name: str, factor: float) -> None:
        """Multiply a column, and the factor of its rule."""
        heading = next(one for one in self.mapping.columns if self.mapping.columns[one].to == name)
        rule = self.mapping.columns[heading]
        columns = {**self.mapping.columns, heading: replace(rule, factor=rule.factor * factor)}
        self.mapping = replace(self.mapping, columns=columns)
        self.frame = self.frame.with_columns(pl.col(name) * factor)


def settled(draft: Mapping, ways: Sequence[Way], path: Path) -> tuple[Mapping, tuple[Recognition, ...]]:
    """Return the mapping with units, sign and scopes as the values of the file prove or allow them."""
    from hwan.readers.generic._reader import MappedCsv

    draft = _with_time(draft)
    frame = MappedCsv(draft).read(path).frame.lazy().collect()
    draft, frame, of_time = _with_own_time(draft, frame, path)
    work = _Work(draft, {way.rule.to: way for way in ways if way.heading in draft.columns}, frame)
    work.why += of_time
    _settle_clock(work)
    _settle_others(work)
    if set(REQUIRED) <= set(frame.columns):
        _settle_time(work)
        _settle_unit(work, "voltage_volt")
        _settle_unit(work, "current_ampere")
        _settle_sign(work)
        _settle_counters(work)
    return replace(work.mapping, assumed=tuple(work.assumed)), tuple(work.why)


def _with_time(draft: Mapping) -> Mapping:
    """Leave out a state that the draft cannot use; its words are looked at once the rows are read."""
    return replace(draft, state=State())


def _with_own_time(draft: Mapping, frame: pl.DataFrame, path: Path) -> tuple[Mapping, pl.DataFrame, list[Recognition]]:
    """Send a time that starts anew again and again to the step, where a clock gives the time of the test."""
    from hwan.readers.generic._reader import MappedCsv

    heading = next((one for one, rule in draft.columns.items() if rule.to == "test_time_second"), "")
    if not heading or not {"test_time_second", "unix_time_second"} <= set(frame.columns):
        return draft, frame, []
    time = frame["test_time_second"].drop_nulls()
    falls = time.filter(time.diff() < 0)
    if len(falls) < _LEAST_FALLS or float(falls.median() or 0.0) > 0.1 * float(time.max() or 0.0):  # type: ignore[arg-type]
        return draft, frame, []
    taken = any(rule.to == "step_time_second" for rule in draft.columns.values())
    columns = {one: rule for one, rule in draft.columns.items() if one != heading}
    if not taken:
        columns[heading] = replace(draft.columns[heading], to="step_time_second")
    draft = replace(draft, columns=columns)
    said = Recognition(PROPOSED, "certain", "decided_time_of_step", {"heading": heading, "falls": len(falls)})
    return draft, MappedCsv(draft).read(path).frame.lazy().collect(), [said]


def _settle_clock(work: _Work) -> None:
    """Keep the one format of the clock that the rows allow; without it the column is no clock."""
    for heading, rule in work.mapping.columns.items():
        if not rule.datetime:
            continue
        if "unix_time_second" not in work.frame.columns:
            work.say("clock_undecided", {"heading": heading, "formats": rule.datetime}, "likely")


def _settle_others(work: _Work) -> None:
    """Of columns without a unit keep temperature and impedance, aloud; the others are nobody's to guess."""
    for name, way in list(work.ways.items()):
        if not way.unsure or way.meaning.amount or name in REQUIRED:
            continue
        code = _SPOKEN.get(way.unsure, "")
        if code and code not in work.assumed:
            work.assumed.append(code)
        if not code:
            del work.ways[name]
            columns = {heading: rule for heading, rule in work.mapping.columns.items() if heading != way.heading}
            work.mapping = replace(work.mapping, columns=columns)
        reason = "assumed_other_unit" if code else "unit_unsaid"
        work.say(reason, {"heading": way.heading, "unit": way.unsure}, "likely")


def _rows(work: _Work) -> pl.DataFrame:
    """Return the rows whose time, current, voltage and numbers of cycle and step are values that can be."""
    names = [*REQUIRED, *(name for name in _INDEX if name in work.frame.columns)]
    return work.frame.filter(pl.all_horizontal(pl.col(name).cast(pl.Float64).abs() <= _LARGEST for name in names))


def _samples(work: _Work) -> Samples:
    rows = _rows(work)
    of = {name: rows[name].cast(pl.Float64).to_numpy() for name in (*REQUIRED, *_INDEX) if name in rows.columns}
    step = of.get("step_id", of.get("step_count"))
    return Samples(of["test_time_second"], of["current_ampere"], of["voltage_volt"], of.get("cycle_count"), step)


def _settle_time(work: _Work) -> None:
    way = work.ways.get("test_time_second")
    if way is None or not way.unsure:
        return
    frame = work.frame
    values: dict[str, Scalar] = {"heading": way.heading}
    if "unix_time_second" in frame.columns:
        steps = frame.select("unix_time_second", "test_time_second").drop_nulls().select(pl.all().diff()).drop_nulls()
        ratio = ratio_of(steps["unix_time_second"].to_numpy(), steps["test_time_second"].to_numpy())
        factor = _nearest(ratio, _TIME_FACTORS)
        if factor:
            work.scale("test_time_second", factor)
            work.say("decided_time_by_clock", {**values, "factor": factor})
            return
    work.assumed.append("time_unit_assumed")
    work.say("assumed_time_unit", values, "likely")


def _settle_unit(work: _Work, name: str) -> None:
    way = work.ways.get(name)
    if way is None or not way.unsure:
        return
    values: dict[str, Scalar] = {"heading": way.heading}
    if name == "voltage_volt":
        middle = float(_rows(work)[name].cast(pl.Float64).abs().median() or 0.0)  # type: ignore[arg-type]
        factor = 1e-3 if middle > 500 else 1.0
        work.scale(name, factor)
        work.assumed.append("voltage_unit_assumed")
        work.say("assumed_voltage_unit", {**values, "median": middle, "factor": factor}, "likely")
        return
    factor, witness = _current_factor(work)
    if factor:
        work.scale(name, factor)
        work.say("decided_current_by_witness", {**values, "witness": witness, "factor": factor})
    else:
        work.assumed.append("current_unit_assumed")
        work.say("assumed_current_unit", values, "likely")


def _current_factor(work: _Work) -> tuple[float, str]:
    """Return the factor of the current that power or a counter of known unit proves, and which of them."""
    data, frame = _samples(work), work.frame
    power = work.ways.get("power_watt")
    watt = _counter(work, "power_watt") if power and not power.unsure else None
    if power and watt is not None:
        factor = _nearest(ratio_of(watt, data.current * data.volt), _FACTORS)
        if factor:
            return factor, power.heading
    for way in work.ways.values():
        if way.meaning.amount and not way.unsure and way.meaning.dimension == "Ah" and way.rule.to in frame.columns:
            counter = _counter(work, way.rule.to)
            if counter is None:
                continue
            factor = _nearest(ratio_of(np.diff(counter), charge(data)[1:]), _FACTORS)
            if factor:
                return factor, way.heading
    return 0.0, ""


def _nearest(ratio: float, factors: Sequence[float]) -> float:
    if not math.isfinite(ratio) or ratio <= 0:
        return 0.0
    return next((factor for factor in factors if abs(ratio / factor - 1) < _NEAR), 0.0)


def _counter(work: _Work, name: str) -> Floats | None:
    """Return a column in the rows of :func:`_samples`; None when it has gaps there, or is text."""
    if not work.frame.schema[name].is_numeric():
        return None
    values: Floats = _rows(work)[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()
    return values if bool((np.abs(values) <= _LARGEST).all()) else None


def _settle_sign(work: _Work) -> None:
    data = _samples(work)
    state = next((one for one, rule in work.mapping.columns.items() if rule.to == "step_type"), "")
    if state and is_unsigned(data):
        words = work.frame["step_type"].drop_nulls().str.strip_chars().unique().to_list()
        told = tuple(sorted(word for word in words if word in _DISCHARGE))
        if told:
            _turn_by_state(work, state, told)
            data = _samples(work)
    sign, agree, count = sign_of(data)
    values: dict[str, Scalar] = {"agree": agree, "count": count}
    if is_unsigned(data) or sign == 0:
        work.assumed.append("current_sign_unproven")
        work.say("assumed_sign", values, "likely")
        return
    if sign < 0:
        names = [name for name in ("current_ampere", "power_watt") if name in work.frame.columns]
        work.frame = work.frame.with_columns(-pl.col(name) for name in names)
        work.mapping = replace(work.mapping, sign="positive_discharges")
    work.say("decided_sign_positive_charges" if sign > 0 else "decided_sign_positive_discharges", values)


def _turn_by_state(work: _Work, heading: str, words: tuple[str, ...]) -> None:
    work.mapping = replace(work.mapping, state=State(heading, words))
    turned = pl.when(pl.col("step_type").str.strip_chars().is_in(list(words))).then(-pl.col("current_ampere"))
    work.frame = work.frame.with_columns(turned.otherwise(pl.col("current_ampere")).alias("current_ampere"))
    work.say("decided_sign_by_state", {"heading": heading, "states": ", ".join(words)})


def _settle_counters(work: _Work) -> None:
    """Send each counter to the column of its proven scope; one that cannot be proven stays raw."""
    data, unproven = _samples(work), []
    for way in [way for way in work.ways.values() if way.meaning.amount]:
        energy = way.meaning.dimension == "Wh"
        counter = _counter(work, way.rule.to) if way.rule.to in work.frame.columns and not way.unsure else None
        scope = None if counter is None else scope_of(counter, data, way.meaning.amount, energy=energy)
        name = (
            "_".join(filter(None, (scope.since, scope.flow, "energy_wh" if energy else "capacity_ah"))) if scope else ""
        )
        if scope and name in COLUMNS and name not in {rule.to for rule in work.mapping.columns.values()}:
            rule = ColumnRule(name, way.rule.factor * scope.factor, way.rule.offset)
            values: dict[str, Scalar] = {"heading": way.heading, "column": name, "residual": round(scope.residual, 5)}
            work.say("decided_scope", values)
            work.mapping = replace(work.mapping, columns={**work.mapping.columns, way.heading: rule})
            continue
        unproven.append(way.heading)
        work.mapping = replace(
            work.mapping, columns={h: r for h, r in work.mapping.columns.items() if h != way.heading}
        )
    if unproven:
        work.say("scope_undecided", {"headings": ", ".join(unproven)}, "likely")
