"""Signs that are not in the column itself: from a column of states, from the frequency; and what was assumed."""

from __future__ import annotations

from collections.abc import Mapping as AbstractMapping
from typing import Final

import polars as pl

from hwan.core import SPECTRUM, Finding, Scalar
from hwan.readers.generic._mapping import Mapping
from hwan.readers.generic._prove import imaginary_sign

_STOPPING: Final = ("current_unit_assumed",)
_OF_IMPEDANCE: Final = (*SPECTRUM, "absolute_impedance_ohm", "phase_degree")


def by_state(
    frame: pl.DataFrame, rules: AbstractMapping[str, str], mapping: Mapping
) -> tuple[pl.DataFrame, list[Finding]]:
    """Turn the current where the state says discharge, when it is written without a sign."""
    state = next((column for column, heading in rules.items() if heading == mapping.state.column), None)
    current = next((column for column, heading in rules.items() if mapping.target(heading) == "current_ampere"), None)
    if state is None or current is None:
        return frame, []
    words = frame[state].unique().drop_nulls()
    meant = words.filter(words.cast(pl.String).str.strip_chars().is_in(list(mapping.state.discharge)))
    discharging = frame[state].is_in(meant.to_list())
    part = frame[current].filter(discharging)
    if part.len() == 0 or (part < 0).any() or not (part > 0).any():
        return frame, []
    turned = pl.when(discharging).then(-pl.col(current)).otherwise(pl.col(current)).alias(current)
    values: dict[str, Scalar] = {
        "count": part.len(), "heading": mapping.state.column, "states": ", ".join(mapping.state.discharge),
    }  # fmt: skip
    return frame.with_columns(turned), [Finding("sign_by_state", "note", "column current_ampere", values)]


def without_zero_frequency(frame: pl.DataFrame) -> tuple[pl.DataFrame, list[Finding]]:
    """Empty the impedance of rows without a frequency: none was measured there; and ask for its sign."""
    if not set(SPECTRUM) <= set(frame.columns):
        return frame, []
    measured = pl.col("frequency_hertz") > 0
    names = [name for name in _OF_IMPEDANCE if name in frame.columns and frame.schema[name].is_numeric()]
    findings: list[Finding] = []
    count = frame.select((~measured).sum()).item()
    if count:
        frame = frame.with_columns(pl.when(measured).then(pl.col(name)).alias(name) for name in names)
        findings.append(Finding("rows_without_impedance", "note", "column frequency_hertz", {"count": count}))
    return frame, [*findings, *_turned(frame)]


def _turned(frame: pl.DataFrame) -> list[Finding]:
    spectrum = frame.select(SPECTRUM).drop_nulls().cast(pl.Float64)
    if spectrum.height and imaginary_sign(*(spectrum[name].to_numpy() for name in SPECTRUM)) < 0:
        return [Finding("imaginary_sign_contradicted", "warning", "column imaginary_impedance_ohm")]
    return []


def assumptions(frame: pl.DataFrame, mapping: Mapping) -> list[Finding]:
    """Return what the mapping assumes; an assumed unit of the current refuses a grade."""
    return [
        Finding(code, "stop" if code in _STOPPING else "warning", "mapping", {"mapping": mapping.id})
        for code in mapping.assumed
        if frame.width
    ]
