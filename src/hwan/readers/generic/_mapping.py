"""The mapping: which heading is which BDF column, in which unit and sign, and how the text is laid out."""

from __future__ import annotations

import hashlib
import json
from collections import abc
from dataclasses import MISSING, dataclass, fields
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final, Literal

from hwan.core import UnknownName, machine_name, parse_toml, read_toml, to_plain
from hwan.readers._contract import Proof

Sign = Literal["positive_charges", "positive_discharges"]
Holds = Literal["samples", "cycles"]
AUTO: Final = "auto"
OR: Final = " | "


@dataclass(frozen=True, slots=True)
class ColumnRule:
    """One heading: value × `factor` + `offset` is the BDF column `to`, in its unit.

    Parameters
    ----------
    to
        BDF machine name or preferred label, wide cell column, or ``raw_…``.
    datetime
        Format of a date and time (strftime letters), for ``unix_time_second``; read in `zone`.
        Several formats are separated by `` | ``: the one that all cells fit is taken; where day and
        month can be either, the order that keeps pace with the test time, else the column stays raw.
    zone
        IANA name; empty when the file does not say: read as UTC, with a finding.
    duration
        True for a time written as ``[days-]hours:minutes:seconds``, ``1d 02:03:04``.
    alternative
        True when another heading may name the same column: the first one present is taken.
    """

    to: str
    factor: float = 1.0
    offset: float = 0.0
    datetime: str = ""
    zone: str = "UTC"
    duration: bool = False
    alternative: bool = False


@dataclass(frozen=True, slots=True)
class Header:
    """Where the headings stand: on line `line` (1-based), or on the first line that fits `pattern`.

    With neither, on the first line that has all of the mapping's `recognise` headings.

    Parameters
    ----------
    below
        Lines between the headings and the first row, such as a line of units.
    names
        Headings in their order, where the file has none or they cannot be split. With neither `line`
        nor `pattern`, rows begin on the first line.
    """

    line: int = 0
    pattern: str = ""
    below: int = 0
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """Blocks of a file that hold rows: each from a line that fits `begin` up to one that fits `end`.

    Several blocks are several recordings, whose keys are ``1``, ``2``, ….
    """

    begin: str = ""
    end: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """A column whose word gives the sign of a current that is written without one.

    In rows whose `column` is in `discharge` the current is turned, when it is nowhere negative there.
    """

    column: str = ""
    discharge: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mapping:
    """How to read one dialect of delimited text.

    Parameters
    ----------
    columns
        Source heading → rule. Headings without a rule are kept as ``raw_*``.
    recognise
        Headings that must all be present for the file to be taken as this dialect.
    encoding, delimiter, decimal
        ``auto`` lets the bytes of each file decide. A delimiter of one blank means runs of blanks or tabs.
    thousands
        Separator of groups of three digits; empty when there is none.
    levels
        First headings of nested levels, outermost first, such as cycle, step, record: each level has its own
        line of headings and stands one empty cell further to the right. Rows of the last are the samples;
        of the others, the cells that `columns` or `state` name go with each sample.
    skip
        Lines that fit this pattern are no rows.
    sign
        ``positive_discharges`` turns the signs of current and power; counters are not touched,
        give theirs a `factor` of -1 where they count the other way.
    state
        Column whose word gives the sign of a current that is written without one.
    assumed
        What nobody has proven, as codes of findings: each reading carries them.
    holds
        ``cycles`` names a table of cycles, which has no samples: it is refused by its `title`.
    source
        Who says that the dialect is like this.
    """

    id: str
    title: str
    columns: abc.Mapping[str, ColumnRule]
    recognise: tuple[str, ...] = ()
    encoding: str = "utf-8"
    delimiter: str = ","
    decimal: Literal[".", ",", "auto"] = "."
    thousands: str = ""
    header: Header = Header()
    section: Section = Section()
    levels: tuple[str, ...] = ()
    skip: str = ""
    null_tokens: tuple[str, ...] = ()
    sign: Sign = "positive_charges"
    state: State = State()
    assumed: tuple[str, ...] = ()
    holds: Holds = "samples"
    suffixes: tuple[str, ...] = (".csv",)
    proof: Proof = "unproven"
    source: str = ""

    @property
    def sha256(self) -> str:
        """Hash of what the mapping says; comments and order of keys in its file do not count."""
        return hashlib.sha256(json.dumps(said(self), ensure_ascii=False, sort_keys=True).encode()).hexdigest()

    def target(self, heading: str) -> str:
        """Return the machine name to which `heading` goes."""
        return machine_name(self.columns[heading].to) or self.columns[heading].to


def said(noun: Any) -> dict[str, Any]:
    """Return the fields of a mapping, or of a part of it, that differ from their defaults, as plain values.

    A field that a later version adds does not change the hash of a mapping that does not use it.
    """
    given: dict[str, Any] = {}
    for field in fields(noun):
        value = getattr(noun, field.name)
        if field.default is not MISSING and value == field.default:
            continue
        if field.name == "columns":
            given["columns"] = {heading: said(rule) for heading, rule in value.items()}
        else:
            given[field.name] = said(value) if hasattr(value, "__dataclass_fields__") else to_plain(value)
    return given


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
    from hwan.readers.generic._checks import check

    check(mapping, source)
    return mapping
