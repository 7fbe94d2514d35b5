"""The mapping: which heading is which BDF column, in which unit and sign; checked when it is loaded."""

from __future__ import annotations

import codecs
import hashlib
import re
from collections import abc
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final, Literal
from zoneinfo import ZoneInfo

from hwan.core import COLUMNS, BadDefinition, Scalar, UnknownName, machine_name, parse_toml, read_toml, to_json

Sign = Literal["positive_charges", "positive_discharges"]
_DURATION_TARGETS: Final = ("test_time_second", "step_time_second", "unix_time_second")


@dataclass(frozen=True, slots=True)
class ColumnRule:
    """One heading: value × `factor` + `offset` is the BDF column `to`, in its unit.

    Parameters
    ----------
    to
        BDF machine name or preferred label, wide cell column, or ``raw_…``.
    datetime
        Format of a date and time (strftime letters), for ``unix_time_second``; read in `zone`.
    duration
        True for a time written as ``[days-]hours:minutes:seconds``.
    """

    to: str
    factor: float = 1.0
    offset: float = 0.0
    datetime: str = ""
    zone: str = "UTC"
    duration: bool = False


@dataclass(frozen=True, slots=True)
class Header:
    """Where the headings stand: on line `line` (1-based), or on the first line that fits `pattern`.

    With neither, on the first line that has all of the mapping's `recognise` headings.
    """

    line: int = 0
    pattern: str = ""


@dataclass(frozen=True, slots=True)
class Mapping:
    """How to read one dialect of delimited text.

    Parameters
    ----------
    columns
        Source heading → rule. Headings without a rule are kept as ``raw_*``.
    sign
        ``positive_discharges`` turns the signs of current and power; counters are not touched,
        give theirs a `factor` of -1 where they count the other way.
    recognise
        Headings that must all be present for the file to be taken as this dialect.
    source
        Who says that the dialect is like this.
    """

    id: str
    title: str
    columns: abc.Mapping[str, ColumnRule]
    recognise: tuple[str, ...] = ()
    encoding: str = "utf-8"
    delimiter: str = ","
    decimal: Literal[".", ","] = "."
    header: Header = Header()
    null_tokens: tuple[str, ...] = ()
    sign: Sign = "positive_charges"
    suffixes: tuple[str, ...] = (".csv",)
    source: str = ""

    @property
    def sha256(self) -> str:
        """Hash of what the mapping says; comments and order of keys in its file do not count."""
        return hashlib.sha256(to_json(self).encode()).hexdigest()

    def target(self, heading: str) -> str:
        """Return the machine name to which `heading` goes."""
        return machine_name(self.columns[heading].to) or self.columns[heading].to


def load_mapping(path: Path | str) -> Mapping:
    """Return the mapping in a TOML file, or the shipped one of that id.

    Raises
    ------
    BadDefinition
        Names the file and what does not fit.
    UnknownName
        Neither a file nor a shipped id; or a rule names a column that does not exist.
    """
    shipped = shipped_mappings()
    if str(path) in shipped:
        return shipped[str(path)]
    if not Path(path).suffix and not Path(path).exists():
        raise UnknownName("mapping", str(path), shipped)
    return checked(read_toml(Path(path), Mapping), str(path))


@cache
def shipped_mappings() -> dict[str, Mapping]:
    """Return the mappings that come with the package, by id."""
    folder = resources.files("hwan.readers.generic") / "mappings"
    found = [
        checked(parse_toml(file.read_text(encoding="utf-8"), Mapping, file.name), file.name)
        for file in sorted(folder.iterdir(), key=lambda entry: entry.name)
        if file.name.endswith(".toml")
    ]
    return {mapping.id: mapping for mapping in found}


def checked(mapping: Mapping, source: str) -> Mapping:
    """Return `mapping`, or say which of its entries cannot be meant."""
    _check_dialect(mapping, source)
    for heading, rule in mapping.columns.items():
        _check_rule(heading, rule, source)
    targets = [mapping.target(heading) for heading in mapping.columns]
    twice = sorted({name for name in targets if targets.count(name) > 1})
    if twice:
        raise _bad("mapping_target_twice", source, got=", ".join(twice))
    return mapping


def _check_dialect(mapping: Mapping, source: str) -> None:
    if not mapping.id.strip() or not mapping.columns:
        raise _bad("mapping_without_columns", source)
    if len(mapping.delimiter) != 1 or mapping.delimiter in ('"', mapping.decimal, "\n", "\r"):
        raise _bad("mapping_delimiter", source, got=mapping.delimiter, decimal=mapping.decimal)
    if not (mapping.recognise or mapping.header.line > 0 or mapping.header.pattern):
        raise _bad("mapping_header_missing", source)
    try:
        codecs.lookup(mapping.encoding).name.encode()
        re.compile(mapping.header.pattern)
    except LookupError as error:
        raise _bad("mapping_encoding", source, got=mapping.encoding) from error
    except re.error as error:
        raise _bad("mapping_pattern", source, got=mapping.header.pattern, detail=str(error)) from error


def _check_rule(heading: str, rule: ColumnRule, source: str) -> None:
    name = machine_name(rule.to)
    if name is None:
        raise UnknownName("column", rule.to, COLUMNS)
    if rule.factor == 0 or not all(abs(value) < float("inf") for value in (rule.factor, rule.offset)):
        raise _bad("mapping_factor", source, heading=heading, got=rule.factor)
    if (rule.datetime and name != "unix_time_second") or (rule.duration and name not in _DURATION_TARGETS):
        raise _bad("mapping_time_target", source, heading=heading, got=name)
    if rule.datetime:
        try:
            ZoneInfo(rule.zone)
        except (ValueError, OSError, LookupError) as error:
            raise _bad("mapping_zone", source, heading=heading, got=rule.zone) from error


def _bad(code: str, source: str, **values: Scalar) -> BadDefinition:
    return BadDefinition(code, source=source, **values)
