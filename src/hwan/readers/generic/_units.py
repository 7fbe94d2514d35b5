"""Words and units of headings: what a column measures, and the factor to BDF's unit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_PREFIXES: Final = {"n": 1e-9, "µ": 1e-6, "u": 1e-6, "m": 1e-3, "": 1.0, "k": 1e3, "M": 1e6}
_BASES: Final = {
    "V": ("V", 1.0), "A": ("A", 1.0), "W": ("W", 1.0), "Ah": ("Ah", 1.0), "Wh": ("Wh", 1.0), "Hz": ("Hz", 1.0),
    "ohm": ("ohm", 1.0), "Ohm": ("ohm", 1.0), "Ohms": ("ohm", 1.0), "ohms": ("ohm", 1.0), "Ω": ("ohm", 1.0),
    "As": ("Ah", 1 / 3600), "C": ("Ah", 1 / 3600), "Ws": ("Wh", 1 / 3600), "J": ("Wh", 1 / 3600),
}  # fmt: skip
_TIMES: Final = {
    "s": 1.0, "sec": 1.0, "secs": 1.0, "second": 1.0, "seconds": 1.0, "초": 1.0, "秒": 1.0, "ms": 1e-3,
    "msec": 1e-3, "min": 60.0, "mins": 60.0, "minute": 60.0, "minutes": 60.0, "분": 60.0, "h": 3600.0,
    "hr": 3600.0, "hrs": 3600.0, "hour": 3600.0, "hours": 3600.0, "시간": 3600.0, "d": 86_400.0, "days": 86_400.0,
}  # fmt: skip
_CELSIUS: Final = ("°C", "degC", "deg C", "℃", "C", "�C", "ºC", "celsius")
_DEGREES: Final = ("deg", "°", "degree", "degrees", "�")
_BRACKETED: Final = re.compile(r"(.*?)\s*[(\[{]\s*([^()\[\]{}]*?)\s*[)\]}]\s*(.*)")
_SLASHED: Final = re.compile(r"(.*?)\s*/\s*([^/\s]+)")
_TAILED: Final = re.compile(r"(.*\S)[_\s]+(\S+)")
_MOST_HEADING: Final = 200


@dataclass(frozen=True, slots=True)
class Unit:
    """A dimension, named by BDF's unit, and the way to it: value × factor + offset."""

    dimension: str
    factor: float
    offset: float = 0.0


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading cut into its words (lower case, without signs) and its units as written."""

    words: str
    unit: str = ""


def units_of(text: str) -> tuple[Unit, ...]:
    """Return what a unit as written can mean; ``C`` is degrees Celsius or coulombs.

    >>> [unit.dimension for unit in units_of("mAh")], [unit.factor for unit in units_of("min")]
    (['Ah'], [60.0])
    """
    text = (
        re.sub(r"\s+vs\b.*$", "", text.strip())
        .replace("μ", "µ")
        .replace(".h", "h")
        .replace("·h", "h")
        .replace("*h", "h")
    )
    found = []
    if text in _CELSIUS:
        found.append(Unit("degC", 1.0))
    if text == "K":
        found.append(Unit("degC", 1.0, -273.15))
    if text in _DEGREES:
        found.append(Unit("deg", 1.0))
    if text.lower() in _TIMES:
        found.append(Unit("s", _TIMES[text.lower()]))
    for prefix, factor in _PREFIXES.items():
        base = text.removeprefix(prefix)
        if text.startswith(prefix) and base in _BASES and not (prefix and base == "C"):
            dimension, scale = _BASES[base]
            found.append(Unit(dimension, factor * scale))
    return tuple(found)


def is_unit(cell: str) -> bool:
    """Say whether a cell of a line under the headings is a unit, or nothing.

    >>> is_unit("[mA]"), is_unit("Voltage"), is_unit("#")
    (True, False, True)
    """
    bare = cell.strip().strip("[](){}").strip()
    return bare in ("", "#", "-", "1", "%", "bits", "V vs. Ref.", "hh:mm:ss", "h:m:s") or bool(units_of(bare))


def cut(heading: str) -> Heading:
    """Cut a heading into words and unit.

    >>> cut("Chg. Cap.(mAh)"), cut("Voltage / mV"), cut("voltage_V")
    (Heading(words='chg cap', unit='mAh'), Heading(words='voltage', unit='mV'), Heading(words='voltage', unit='V'))
    """
    heading = heading.strip()[:_MOST_HEADING]
    bracketed = _BRACKETED.fullmatch(heading)
    if bracketed and units_of(bracketed[2]):
        return Heading(words_of(f"{bracketed[1]} {bracketed[3]}"), bracketed[2])
    for pattern in (_SLASHED, _TAILED):
        match = pattern.fullmatch(heading)
        if match and units_of(match[2]):
            return Heading(words_of(match[1]), match[2])
    if bracketed and not bracketed[3]:
        return Heading(words_of(bracketed[1]), bracketed[2])
    return Heading(words_of(heading))


def words_of(text: str) -> str:
    """Return the words of a heading in lower case, signs as blanks, camel case cut.

    >>> words_of("TestTime"), words_of("Amp-hr"), words_of("I[A]")
    ('test time', 'amp hr', 'i a')
    """
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    text = text.replace("''", "imag").replace('"', "imag").replace("'", "real").replace("|", " abs ")
    minus = "minus " if re.match(r"\s*-\s*[A-Za-z]", text) else ""
    return minus + re.sub(r"(?:[^\w°]|_)+", " ", text.lower()).strip()
