"""What a mapping cannot mean, said when it is loaded and not when a file is read."""

from __future__ import annotations

import codecs
import re
from typing import Final
from zoneinfo import ZoneInfo

from hwan.core import COLUMNS, BadDefinition, Scalar, UnknownName, machine_name
from hwan.readers.generic._mapping import AUTO, OR, ColumnRule, Mapping

_DURATION_TARGETS: Final = ("test_time_second", "step_time_second", "unix_time_second")
_MOST_BELOW: Final = 100
_MOST_PATTERN: Final = 500
# What a mapping may say about itself in `assumed`: codes of findings without values.
ASSUMPTIONS: Final = (
    "current_unit_assumed", "voltage_unit_assumed", "time_unit_assumed", "temperature_unit_assumed",
    "impedance_unit_assumed", "current_sign_unproven", "counters_unproven",
)  # fmt: skip


def check(mapping: Mapping, source: str) -> None:
    """Raise for the first entry that does not fit.

    Raises
    ------
    BadDefinition
        Names the file, the entry and what it may be.
    UnknownName
        A column or an assumption that does not exist.
    """
    _check_layout(mapping, source)
    _check_patterns(mapping, source)
    for heading, rule in mapping.columns.items():
        _check_rule(heading, rule, source)
    targets = [mapping.target(heading) for heading, rule in mapping.columns.items() if not rule.alternative]
    twice = sorted({name for name in targets if targets.count(name) > 1})
    if twice:
        raise _bad("mapping_target_twice", source, got=", ".join(twice))
    for code in mapping.assumed:
        if code not in ASSUMPTIONS:
            raise UnknownName("assumption", code, ASSUMPTIONS, source)


def _check_layout(mapping: Mapping, source: str) -> None:
    if not mapping.id.strip() or (not mapping.columns and mapping.holds == "samples"):
        raise _bad("mapping_without_columns", source)
    delimiter, decimal = mapping.delimiter, mapping.decimal
    if delimiter != AUTO and (len(delimiter) != 1 or delimiter in ('"', decimal, "\n", "\r")):
        raise _bad("mapping_delimiter", source, got=delimiter, decimal=decimal)
    if len(mapping.thousands) > 1 or (mapping.thousands and mapping.thousands in ('"', decimal, "-", "+")):
        raise _bad("mapping_thousands", source, got=mapping.thousands, decimal=decimal)
    header = mapping.header
    if mapping.levels and (len(set(mapping.levels)) < 2 or mapping.section.begin or not mapping.recognise):
        raise _bad("mapping_levels", source, got=", ".join(mapping.levels))
    if not (mapping.recognise or header.line > 0 or header.pattern or header.names):
        raise _bad("mapping_header_missing", source)
    if not 0 <= header.below <= _MOST_BELOW or header.line < 0:
        raise _bad("mapping_header_below", source, got=header.below, most=_MOST_BELOW)
    try:
        if mapping.encoding != AUTO:
            codecs.lookup(mapping.encoding).name.encode()
    except LookupError as error:
        raise _bad("mapping_encoding", source, got=mapping.encoding) from error


def _check_patterns(mapping: Mapping, source: str) -> None:
    section = mapping.section
    if section.end and not section.begin:
        raise _bad("mapping_pattern", source, name="section.end", got=section.end, detail="section.begin is missing")
    for name, pattern in {
        "header.pattern": mapping.header.pattern, "section.begin": section.begin, "section.end": section.end,
        "skip": mapping.skip,
    }.items():  # fmt: skip
        try:
            re.compile(pattern)
        except re.error as error:
            raise _bad("mapping_pattern", source, name=name, got=pattern, detail=str(error)) from error
        if len(pattern) > _MOST_PATTERN:
            raise _bad("mapping_pattern", source, name=name, got=pattern[:80], detail=f"> {_MOST_PATTERN}")
    if bool(mapping.state.column) != bool(mapping.state.discharge):
        raise _bad("mapping_state", source, got=mapping.state.column or ", ".join(mapping.state.discharge))


def _check_rule(heading: str, rule: ColumnRule, source: str) -> None:
    name = machine_name(rule.to)
    if name is None:
        raise UnknownName("column", rule.to, COLUMNS)
    if rule.factor == 0 or not all(abs(value) < float("inf") for value in (rule.factor, rule.offset)):
        raise _bad("mapping_factor", source, heading=heading, got=rule.factor)
    if (rule.datetime and name != "unix_time_second") or (rule.duration and name not in _DURATION_TARGETS):
        raise _bad("mapping_time_target", source, heading=heading, got=name)
    if rule.datetime and not all(part.strip() for part in rule.datetime.split(OR)):
        raise _bad("mapping_time_target", source, heading=heading, got=rule.datetime)
    if rule.datetime and rule.zone:
        try:
            ZoneInfo(rule.zone)
        except (ValueError, OSError, LookupError) as error:
            raise _bad("mapping_zone", source, heading=heading, got=rule.zone) from error


def _bad(code: str, source: str, **values: Scalar) -> BadDefinition:
    return BadDefinition(code, source=source, **values)
