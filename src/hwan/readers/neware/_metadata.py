"""What a Neware file says about itself: flattened, bounded, and the instrument read out of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from hwan.core import UNKNOWN, Finding, Instrument, Unknown
from hwan.readers._detail import detail_of
from hwan.readers.neware._archive import bound_tags
from hwan.readers.neware._header import bound_told
from hwan.readers.neware._remarks import Heard, remarks

MOST_ENTRIES: Final = 2000
LONGEST_VALUE: Final = 1000
DEEPEST: Final = 12
_INFO: Final = "TestInfo.TestInfo."


@dataclass(frozen=True, slots=True)
class Told:
    """Metadata, the instrument, and how many samples the file declares."""

    metadata: Mapping[str, str] = field(default_factory=dict)
    instrument: Instrument = field(default_factory=lambda: Instrument(maker="Neware"))
    samples: int | None = None
    findings: tuple[Finding, ...] = ()


def told_by(file: Path, ear: AbstractContextManager[Heard] | None = None) -> Told:
    """Return what the file says, with remarks; metadata that cannot be read are a finding, the data stay.

    `ear` hears the remarks instead of an own one, as only one thread can listen at a time.
    """
    from fastnda import read_metadata  # type: ignore[import-untyped]

    try:
        (bound_tags if file.suffix.lower() == ".ndax" else bound_told)(file)
        with ear or remarks() as heard:
            plain: Mapping[str, Any] = read_metadata(file)
    except Exception as error:  # foreign XML: anything may be raised, and no sample may be lost for it
        values = {"detail": detail_of(error)}
        return Told(findings=(Finding("metadata_unreadable", "warning", "file", values),))
    metadata, findings = _bounded(plain)
    return Told(metadata, instrument_of(metadata), _whole(metadata, "num_datapoints"), (*heard.findings(), *findings))


def _bounded(plain: Mapping[str, Any]) -> tuple[dict[str, str], tuple[Finding, ...]]:
    metadata: dict[str, str] = {}
    left_out = shortened = 0
    for key, value in _flat(plain, "", DEEPEST):
        if len(metadata) >= MOST_ENTRIES:
            left_out += 1
        elif value:
            shortened += len(value) > LONGEST_VALUE
            metadata[key[:200]] = value[:LONGEST_VALUE]
    if not (left_out or shortened):
        return metadata, ()
    return metadata, (Finding("metadata_shortened", "note", "file", {"left_out": left_out, "shortened": shortened}),)


def _flat(value: Any, path: str, depth: int) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict | list) and depth:
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in pairs:
            yield from _flat(inner, f"{path}.{key}" if path else str(key), depth - 1)
    elif value is not None:
        yield path, str(value).strip()


def instrument_of(metadata: Mapping[str, str]) -> Instrument:
    """Return the channel: Neware states ranges in mA and V, device, unit and channel by number."""
    milliampere = _number(metadata, "CurrRange")
    return Instrument(
        id=_channel(metadata),
        maker="Neware",
        model=_model(metadata),
        current_range_ampere=milliampere if isinstance(milliampere, Unknown) else milliampere / 1000,
        voltage_range_volt=_number(metadata, "VoltRange"),
    )


def _channel(metadata: Mapping[str, str]) -> str | Unknown:
    parts = {"device": "DevID", "unit": "UnitID", "channel": "ChlID"}
    said = [f"{word} {metadata[_INFO + key]}" for word, key in parts.items() if _INFO + key in metadata]
    return " ".join(said) or metadata.get("device_ip") or UNKNOWN


def _model(metadata: Mapping[str, str]) -> str | Unknown:
    kind = metadata.get(_INFO + "DevType")
    return f"device type {kind}" if kind else metadata.get("server_version") or metadata.get("bts_version") or UNKNOWN


def _number(metadata: Mapping[str, str], name: str) -> float | Unknown:
    try:
        value = float(metadata[_INFO + name])
    except (KeyError, ValueError):
        return UNKNOWN
    return value if 0 < value < 1e9 else UNKNOWN


def _whole(metadata: Mapping[str, str], name: str) -> int | None:
    text = metadata.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 12 else None
