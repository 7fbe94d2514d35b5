"""What an .mpr says beside its samples: the texts of the settings and of the log, and when it began.

Only places that agree with the heads of text exports are read: texts by their own length before them,
numbers where the unit cannot be another. The parameters of the technique stay unread, and that is said.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from hwan.core import UNKNOWN, Finding, Instrument, Unknown
from hwan.readers.biologic._modules import Module, Stored

# Of each technique a file was at hand whose name says it; others are given by their number.
_TECHNIQUES: Final = {4: "GCPL", 11: "OCV", 29: "PEIS", 127: "MB"}
# Places of texts in the settings: one byte of length, then the letters.
_TEXTS: Final = {7: "comments", 286: "electrode_material", 448: "electrolyte", 533: "reference_electrode"}
_NUMBERS: Final = {271: "molecular_weight_gram_per_mole", 275: "ion_atomic_weight_gram_per_mole"}
# The operator may choose the unit of these, and where the choice is stored is not known.
_AS_ENTERED: Final = {263: "active_mass", 588: "characteristic_mass", 604: "battery_capacity"}
_LOG_TEXTS: Final = {
    951: "software_version", 958: "server_firmware_version", 965: "interpreter_firmware_version", 975: "device_serial",
}  # fmt: skip
_LOG_FILE_NAME: Final = 593
_LOG_STARTED: Final = 585
_DAY_ZERO: Final = datetime(1899, 12, 30, tzinfo=UTC)
# Years 2000 to 2100, in days since then; the company is not older and the century not longer.
_DAYS: Final = (36_526.0, 73_050.0)
MOST_LOOPS: Final = 200
_MOST_BYTES: Final = 1 << 16


def metadata_of(stored: Stored, found: Sequence[Module]) -> tuple[dict[str, str], tuple[Finding, ...]]:
    """Return what the modules say, as strings, and how many bytes of the settings stay unread."""
    said = {f"module.{one.name}": f"version {one.version}, {one.date}, {one.length} bytes" for one in found}
    findings: list[Finding] = []
    for one in found:
        if one.name not in _PARTS:
            continue
        said |= _PARTS[one.name](stored.at(one.begin, min(one.length, _MOST_BYTES)))
        if one.name == "VMP Set":
            said["settings.bytes"] = str(one.length)
            findings.append(Finding("mpr_settings_unread", "note", "settings", {"bytes": one.length}))
    return said, tuple(findings)


def started_at(stored: Stored, found: Sequence[Module]) -> datetime | Unknown:
    """Return when the test began by the clock of the tester's computer, its zone taken as UTC."""
    for one in found:
        if one.name != "VMP LOG" or one.length < _LOG_STARTED + 8:
            continue
        said = stored.at(one.begin + _LOG_STARTED, 8)
        days = struct.unpack("<d", said)[0] if len(said) == 8 else 0.0
        if _DAYS[0] <= days <= _DAYS[1]:
            return _DAY_ZERO + timedelta(seconds=round(days * 86_400, 3))
    return UNKNOWN


def instrument_of(metadata: dict[str, str]) -> Instrument:
    """Return the device; its model is not in the file, its serial number is."""
    return Instrument(id=metadata.get("log.device_serial") or UNKNOWN, maker="BioLogic")


def _settings(part: bytes) -> dict[str, str]:
    code = part[0] if part else 0
    said = {"settings.technique": _TECHNIQUES.get(code, f"technique {code}")}
    said |= {f"settings.{name}": _text(part, at) for at, name in _TEXTS.items()}
    said |= {f"settings.{name}": _number(part, at) for at, name in _NUMBERS.items()}
    said |= {f"settings.{name}_as_entered": _number(part, at) for at, name in _AS_ENTERED.items()}
    return {key: value for key, value in said.items() if value}


def _log(part: bytes) -> dict[str, str]:
    said = {f"log.{name}": _text(part, at) for at, name in _LOG_TEXTS.items()}
    # The folders above the file name belong to the computer and its user, not to the test.
    said["log.file_name"] = _text(part, _LOG_FILE_NAME).replace("\\", "/").rsplit("/", 1)[-1]
    return {key: value for key, value in said.items() if value}


def _loops(part: bytes) -> dict[str, str]:
    """Return the rows at which a loop of the technique begins, the row after the last one at the end."""
    count = min(int.from_bytes(part[:4], "little"), MOST_LOOPS, len(part) // 4 - 1)
    if count < 1:
        return {}
    rows = struct.unpack_from(f"<{count}I", part, 4)
    return {"loop.first_rows": ", ".join(str(row) for row in rows)}


_PARTS: Final = {"VMP Set": _settings, "VMP LOG": _log, "VMP loop": _loops}


def _text(part: bytes, at: int) -> str:
    letters = part[at + 1 : at + 1 + part[at]] if at < len(part) else b""
    text = letters.decode("cp1252", errors="replace").strip()
    return text if all(letter.isprintable() or letter in "\r\n\t" for letter in text) else ""


def _number(part: bytes, at: int) -> str:
    if at + 4 > len(part):
        return ""
    (value,) = struct.unpack_from("<f", part, at)
    return f"{value:.7g}" if 0 < value < 1e9 else ""
