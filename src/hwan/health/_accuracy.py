"""The limits of error of the instrument that made a recording."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any, Final

import numpy as np

from hwan.core import AccuracyClass, Finding, Recording, Scalar, TapAccuracy, is_known, known_or
from hwan.health._signals import Signals

ASSUMED: Final = "assumed/0.1"
TAPS: Final = "assumed/bms-taps"


@cache
def _classes() -> dict[str, dict[str, Any]]:
    document = resources.files(__package__).joinpath("instruments.toml").read_text(encoding="utf-8")
    return {entry["id"]: entry for entry in tomllib.loads(document)["class"]}


def accuracy_class(name: str) -> dict[str, Any]:
    """Return a packaged accuracy class as it stands in ``instruments.toml``."""
    return _classes()[name]


def accuracy_of(recording: Recording, data: Signals) -> tuple[AccuracyClass, tuple[Finding, ...]]:
    """Return the stated accuracy class, or the assumed one with a finding that says so.

    Where the range is unknown it is taken as the largest value seen: the smallest range that could
    have measured it.
    """
    instrument = recording.instrument
    if is_known(instrument.accuracy):
        return instrument.accuracy, ()
    entry = accuracy_class(ASSUMED)
    current_range = known_or(instrument.current_range_ampere, float(np.max(np.abs(data.current_ampere))))
    voltage_range = known_or(instrument.voltage_range_volt, float(np.max(np.abs(data.voltage_volt))))
    assumed = AccuracyClass(
        id=entry["id"],
        current_gain=entry["current_gain"],
        current_offset_ampere=entry["current_offset_of_range"] * current_range,
        voltage_gain=entry["voltage_gain"],
        voltage_offset_volt=entry["voltage_offset_of_range"] * voltage_range,
        source=entry["source"],
        assumed=True,
    )
    values: dict[str, Scalar] = {
        "id": ASSUMED,
        "current_range_ampere": current_range,
        "voltage_range_volt": voltage_range,
    }
    return assumed, (Finding("accuracy_assumed", "warning", "instrument", values),)


def taps_of(recording: Recording) -> TapAccuracy:
    """Return the stated limits of error of the cell taps, or the assumed ones."""
    if is_known(recording.instrument.taps):
        return recording.instrument.taps
    entry = accuracy_class(TAPS)
    return TapAccuracy(TAPS, entry["voltage_gain"], entry["voltage_offset_volt"], entry["source"])


def instrument_key(recording: Recording) -> str:
    """Return the identity under which draws of this instrument are shared between figures."""
    instrument = recording.instrument
    return f"instrument {known_or(instrument.id, recording.id)}"
