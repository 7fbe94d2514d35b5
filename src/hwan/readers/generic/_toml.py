"""A mapping as TOML that can be read again, corrected and shared."""

from __future__ import annotations

import json
from typing import Any, Final

from hwan.readers.generic._mapping import Mapping, said

_TABLES: Final = ("header", "section", "state")


def mapping_toml(mapping: Mapping) -> str:
    """Return `mapping` as a TOML document; :func:`load_mapping` of it gives an equal mapping.

    >>> from hwan.readers.generic import ColumnRule, Mapping
    >>> print(mapping_toml(Mapping("a", "A", {"V": ColumnRule("voltage_volt")}, ("V",))), end="")
    id = "a"
    title = "A"
    recognise = ["V"]
    <BLANKLINE>
    [columns]
    "V" = { to = "voltage_volt" }
    """
    plain = said(mapping)
    lines = [f"{key} = {_value(value)}" for key, value in plain.items() if key not in (*_TABLES, "columns")]
    for name in _TABLES:
        if name in plain:
            lines += ["", f"[{name}]", *(f"{key} = {_value(value)}" for key, value in plain[name].items())]
    lines += ["", "[columns]"]
    for heading, rule in plain["columns"].items():
        entries = ", ".join(f"{key} = {_value(value)}" for key, value in rule.items())
        lines.append(f"{_text(heading)} = {{ {entries} }}")
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(each) for each in value) + "]"
    return repr(value)


def _text(value: str) -> str:
    # A JSON string is a TOML basic string, but for DEL, which TOML wants written out.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")
