"""The tester that a user states, over what the file says of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Final

from hwan.core import BadDefinition, Instrument, Problem, Quantity, Recording, is_known, outside, read_toml

RANGES: Final = {
    "current_range_ampere": Quantity("A", 1e-6, 100_000),
    "voltage_range_volt": Quantity("V", 1e-6, 2_000),
}
ACCURACY: Final = {
    "current_gain": Quantity("1", 0, 1),
    "voltage_gain": Quantity("1", 0, 1),
    "current_offset_ampere": Quantity("A", 0, 100_000),
    "voltage_offset_volt": Quantity("V", 0, 2_000),
}
"""Half-widths are never negative, and no tester is worse than this."""


def load_instrument(path: Path) -> Instrument:
    """Read what a user states of the tester.

    Raises
    ------
    hwan.core.BadDefinition
        When the file states nothing, or a figure that no tester has.
    """
    instrument = read_toml(path, Instrument)
    if instrument == Instrument():
        raise BadDefinition("instrument_empty", source=str(path))
    found = tuple(_problems(instrument))
    if found:
        raise BadDefinition("definition_malformed", *found, source=str(path))
    return instrument


def _problems(instrument: Instrument) -> Iterator[Problem]:
    given = {name: getattr(instrument, name) for name in RANGES}
    if is_known(instrument.accuracy):
        given |= {f"accuracy.{name}": value for name, value in asdict(instrument.accuracy).items() if name in ACCURACY}
    if is_known(instrument.taps):
        given |= {f"taps.{name}": value for name, value in asdict(instrument.taps).items() if name in ACCURACY}
    for field, value in given.items():
        quantity = {**RANGES, **ACCURACY}[field.rpartition(".")[2]]
        if is_known(value) and not quantity.holds(value):
            yield outside(field, value, quantity)


def stated_over(recording: Recording, stated: Instrument) -> Recording:
    """Return the recording with what is stated of its tester; what is not stated stays as the file has it."""
    given = {each.name: getattr(stated, each.name) for each in fields(stated)}
    known = {name: value for name, value in given.items() if is_known(value)}
    return replace(recording, instrument=replace(recording.instrument, **known))
