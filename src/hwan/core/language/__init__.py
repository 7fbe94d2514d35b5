"""Everything a person reads, in English and Korean.

One TOML file per room and language (``en/readers.toml``, ``ko/readers.toml``), tables by kind::

    [finding]
    auxiliary_data_lost = "Auxiliary data lost: {detail}."

Kinds in use: ``finding``, ``error``, ``refusal``, ``reason``, ``name`` (of quantities, classes,
columns, units, steps), ``term`` (of values of a route), ``method``, ``test``, ``rule``, ``problem`` (of a field of a
definition), ``ui`` (the report) and ``screen`` (the terminal).
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib import resources
from math import ceil, floor, isfinite
from string import Formatter
from typing import Final

LANGUAGES: Final = ("en", "ko")
WORDED: Final = ("kind", "condition", "quantity", "counter", "finding")
"""Placeholders whose value is a code of kind ``name``."""
Catalogue = Mapping[str, Mapping[str, str]]


@cache
def catalogue(language: str) -> Catalogue:
    """Return all sentences of one language as ``{kind: {code: template}}``."""
    folder = resources.files(__package__) / (language if language in LANGUAGES else "en")
    merged: dict[str, dict[str, str]] = {}
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".toml"):
            for kind, entries in tomllib.loads(file.read_text(encoding="utf-8")).items():
                merged.setdefault(kind, {}).update(entries)
    return merged


def text(kind: str, code: str, language: str = "en", values: Mapping[str, object] | None = None) -> str:
    """Render one sentence.

    A code without a template (a plug-in's own) is shown as the code and its values, never dropped.

    >>> text("name", "rest")
    'rest'
    """
    values = {name: _worded(name, value, language) for name, value in (values or {}).items()}
    template = catalogue(language).get(kind, {}).get(code)
    if template is None:
        return f"{code} {dict(values)}" if values else code
    try:
        return _SENTENCES.vformat(template, (), values)
    except (KeyError, ValueError, IndexError):
        return f"{template} {dict(values)}"


def _worded(name: str, value: object, language: str) -> object:
    """Return the word of the language for a value that is itself a code, such as a quantity."""
    if name in WORDED and isinstance(value, str):
        return catalogue(language).get("name", {}).get(value, value)
    return value


class _Sentences(Formatter):
    """Numbers without a format of their own are written with four significant digits."""

    def format_field(self, value: object, format_spec: str) -> str:
        if isinstance(value, float) and not format_spec:
            return format_number(value, 4)
        return format(value, format_spec)


_SENTENCES: Final = _Sentences()


def format_date(day: date, language: str = "en") -> str:
    """Write a date as the language does.

    >>> format_date(date(2026, 3, 1)), format_date(date(2026, 3, 1), "ko")
    ('1 March 2026', '2026년 3월 1일')
    """
    if language == "ko":
        return f"{day.year}년 {day.month}월 {day.day}일"
    return f"{day.day} {day:%B} {day.year}"


def format_number(value: float, digits: int = 3) -> str:
    """Write a number with `digits` significant digits, thousands grouped; both languages agree on this.

    >>> format_number(12345.678), format_number(0.0220557, 4), format_number(-2.0)
    ('12,346', '0.02206', '-2.00')
    """
    if value == 0 or not isfinite(value):
        return f"{value:g}"
    whole = len(str(abs(int(value)))) if abs(value) >= 1 else 0
    if whole >= digits:
        return f"{value:,.0f}"
    if whole:
        return f"{value:,.{digits - whole}f}"
    return f"{value:.{digits}g}"


def format_percent(fraction: float, digits: int = 1) -> str:
    """Write a fraction as per cent; per cent exists on screen only.

    >>> format_percent(0.8736)
    '87.4 %'
    """
    return f"{fraction * 100:.{digits}f} %"


def format_probability(probability: float) -> str:
    """Write a probability without claiming more than is stored: quantiles end at 0.005 and 0.995.

    >>> format_probability(0.995), format_probability(0.9772), format_probability(0.005)
    ('≥ 99.5 %', '97.7 %', '≤ 0.5 %')
    """
    tenths = round(probability * 1000, 6)
    if tenths >= 990:
        return f"≥ {min(floor(tenths), 999) / 10:.1f} %"
    return f"≤ {max(ceil(tenths), 1) / 10:.1f} %" if tenths <= 10 else format_percent(probability)
