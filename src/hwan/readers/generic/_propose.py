"""A mapping for a text file that no reader knows: every decision with its reason, assumptions named."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from hwan.core import REQUIRED, SPECTRUM, ColumnProblem, DamagedFile, FormatNotRecognised, Scalar, needed
from hwan.readers._contract import Confidence, Recognition
from hwan.readers._encoding import encoding_of
from hwan.readers._table import LONGEST_LINE, utf8_of
from hwan.readers.generic._columns import Way, ways_of
from hwan.readers.generic._layout import PROPOSED, Layout, layout_of
from hwan.readers.generic._mapping import ColumnRule, Header, Mapping, State, checked
from hwan.readers.generic._settle import settled

MOST_LINES: Final = 20_000
_CYCLES: Final = frozenset({"cycle_count", "charging", "discharging", "capacity"})


@dataclass(frozen=True, slots=True)
class Proposal:
    """A mapping that reads the file, and why it says what it says.

    `why` holds one :class:`Recognition` per decision: *certain* when the file proves it, *likely* when
    it is assumed.
    """

    mapping: Mapping
    why: tuple[Recognition, ...]


def propose_mapping(path: Path | str) -> Proposal:
    """Return a mapping for a delimited text file, decided by its bytes and values.

    Encoding, delimiter, decimal sign, headings, units, order of day and month, sign of the current and
    scope of counters are each decided by the file, with the reason. What the file cannot prove is assumed
    and named in the mapping's `assumed`; readings then carry it as a finding.

    Raises
    ------
    FormatNotRecognised
        It is no table, has no headings, or is a table of cycles.
    ColumnProblem
        No heading names a column that a recording needs.
    DamagedFile
        The text cannot be decoded.
    """
    path = Path(path)
    layout, why = _layout(path)
    ways, of_columns = ways_of(layout)
    _refuse_cycles(path, layout, ways)
    _require(path, layout, ways)
    draft = _draft(path, layout, ways, why[0])
    mapping, of_values = settled(draft, ways, path)
    mapping = checked(replace(mapping, recognise=_recognise(mapping)), path.name)
    return Proposal(mapping, (*why, *of_columns, *of_values))


def _layout(path: Path) -> tuple[Layout, tuple[Recognition, ...]]:
    with path.open("rb") as file:
        encoding = encoding_of(file.read())
    text = utf8_of(path, encoding.name)
    if b"\x00" in text[:LONGEST_LINE]:
        raise FormatNotRecognised("text_without_table", source=path.name)
    lines = text[:LONGEST_LINE].decode("utf-8", errors="replace").split("\n")[:MOST_LINES]
    layout = layout_of([line.rstrip("\r") for line in lines])
    if layout is None:
        raise FormatNotRecognised("text_without_table", source=path.name)
    if layout.header < 0:
        first = " | ".join(layout.rows[0])[:200]
        raise FormatNotRecognised("text_without_headings", source=path.name, first=first, cells=len(layout.rows[0]))
    return layout, (_why(encoding.reason, encoding.values), *layout.why)


def _why(reason: str, values: dict[str, Scalar], confidence: Confidence = "certain") -> Recognition:
    return Recognition(PROPOSED, confidence, reason, values)


def _refuse_cycles(path: Path, layout: Layout, ways: tuple[Way, ...]) -> None:
    """Refuse a table with one row per cycle: it has counters and no signals."""
    found = {way.meaning.to for way in ways}
    if "cycle_count" in found and len(found & _CYCLES) > 1 and not found & {"voltage_volt", "current_ampere"}:
        raise FormatNotRecognised("table_of_cycles", source=path.name, title=", ".join(layout.headings)[:200])


def _require(path: Path, layout: Layout, ways: tuple[Way, ...]) -> None:
    found = {way.meaning.to for way in ways}
    if "minus_imaginary_impedance_ohm" in found:
        found.add("imaginary_impedance_ohm")
    missing = [name for name in needed(found) if name not in found]
    if "test_time_second" in missing and "unix_time_second" in found:
        missing.remove("test_time_second")
    if not found & {*REQUIRED, *SPECTRUM}:
        raise FormatNotRecognised("text_without_table", source=path.name)
    if missing:
        headings = ", ".join(layout.headings)[:1000]
        raise ColumnProblem("columns_missing", source=path.name, missing=", ".join(missing), found=headings)


def _draft(path: Path, layout: Layout, ways: tuple[Way, ...], encoding: Recognition) -> Mapping:
    columns: dict[str, ColumnRule] = {way.heading: way.rule for way in ways}
    if not columns:
        raise DamagedFile("headings_not_found", source=path.name, wanted="voltage", mapping="proposed")
    return Mapping(
        id="proposed",
        title=f"Proposed for {path.name}",
        columns=columns,
        recognise=tuple(columns),
        encoding=str(encoding.values["encoding"]),
        delimiter=layout.delimiter,
        decimal="," if layout.decimal == "," else ".",
        header=_header(layout),
        null_tokens=_null_tokens(layout),
        state=next((State(way.heading, ("D",)) for way in ways if way.meaning.to == "step_type"), State()),
        suffixes=(path.suffix.lower() or ".txt",),
        source="decided by the file itself",
    )


def _header(layout: Layout) -> Header:
    """Find the headings again by their words; by their line where they repeat or a sign of a comment precedes them."""
    repeats = len(set(layout.headings)) < len([heading for heading in layout.headings if heading])
    names = layout.headings if layout.marked else ()
    return Header(line=layout.header + 1 if repeats or layout.marked else 0, below=layout.below, names=names)


def _null_tokens(layout: Layout) -> tuple[str, ...]:
    known = ("NaN", "nan", "N/A", "NA", "n/a", "--", "-", "---", "null", "NULL", "None", "#N/A")
    given = {cell for row in layout.rows for cell in row}
    return tuple(token for token in known if token in given)


def _recognise(mapping: Mapping) -> tuple[str, ...]:
    """Return the headings by which to know the file again: those of the columns that it cannot be without."""
    vital = {*REQUIRED, *SPECTRUM}
    return tuple(heading for heading in mapping.columns if mapping.target(heading) in vital) or tuple(mapping.columns)
